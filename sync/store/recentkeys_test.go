package store_test

import (
	"database/sql"
	"testing"

	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func TestWhatIsSentAgainIsAnsweredFromMemoryOnEachStore(t *testing.T) {
	overStores(t, func(t *testing.T, dsn string) {
		s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
		first, err := s.Keep(t.Context(), lamp("1"))
		must(t, err)
		s.StopKeeping()
		if again, err := s.Keep(t.Context(), lamp("1")); err != nil || !again[0].Known || again[0].Ref != first[0].Ref {
			t.Errorf("sent again it is %+v, %v; want %s, known", again, err, first[0].Ref)
		}
	})
}

// Behind a new connection there may be an older database: what was known in the one before is asked for anew.
func TestWhatWasKnownIsForgottenWithTheConnection(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	line, through := storetest.Sever(t, dsn)
	s := opener(through)(t, store.Options{Owner: "natuna/1"})
	if _, err := s.Keep(t.Context(), lamp("1")); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.Keep(t.Context(), lamp("1")); err != nil || !kept[0].Known {
		t.Fatalf("sent again it is %+v, %v", kept, err)
	}
	older, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	if _, err := older.ExecContext(t.Context(), "TRUNCATE complaint, delivery"); err != nil {
		t.Fatal(err)
	}
	line.Cut()
	if _, err := s.Keep(t.Context(), lamp("2")); err != nil { // on a new connection
		t.Fatal(err)
	}
	if kept, err := s.Keep(t.Context(), lamp("1")); err != nil || kept[0].Known {
		t.Errorf("in the older database it is %+v, %v; want that it is kept", kept, err)
	}
}
