package store

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// saying is a page of complaints that say this.
func saying(texts ...string) Page {
	p := Page{Source: "portal"}
	for i, text := range texts {
		p.Complaints = append(p.Complaints, complaint.Complaint{SourceID: string(rune('1' + i)), Text: text, Class: complaint.Ordinary})
	}
	return p
}

func openSQLite(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestWhatIsSentAgainIsAnsweredWithoutATransaction(t *testing.T) {
	s := openSQLite(t)
	first, err := s.Keep(t.Context(), saying("Lampu jalan mati", "Sampah menumpuk"))
	if err != nil {
		t.Fatal(err)
	}
	s.keeps.close() // from now on every transaction fails
	again, err := s.Keep(t.Context(), saying("Lampu jalan mati", "Sampah menumpuk"))
	if err != nil || len(again) != 2 || again[0] != (Kept{Ref: first[0].Ref, Known: true}) || again[1] != (Kept{Ref: first[1].Ref, Known: true}) {
		t.Errorf("sent again they are %+v, %v; want known %+v", again, err, first)
	}
}

func TestWhatIsNotTheSameIsNotAnsweredFromMemory(t *testing.T) {
	with := func(change func(*Page)) Page {
		p := saying("Lampu jalan mati")
		change(&p)
		return p
	}
	for name, p := range map[string]Page{
		"one that says something else":  saying("Lampu jalan mati lagi"),
		"one that is new":               saying("Lampu jalan mati", "Sampah menumpuk"),
		"one of another channel":        with(func(p *Page) { p.Source = "loket" }),
		"a cursor that moves":           with(func(p *Page) { p.Cursor = &CursorMove{To: "2"} }),
		"a message":                     with(func(p *Page) { p.Messages = []connectors.Message{{ID: "m", Sender: "s"}} }),
		"a refusal":                     with(func(p *Page) { p.Refusals = []Refusal{{SourceID: "9"}} }),
		"one whose id may be another's": with(func(p *Page) { p.SameID = func(complaint.Complaint) Refusal { return Refusal{} } }),
		"one that is kept beside":       with(func(p *Page) { p.Beside = true }),
		"nothing":                       saying(),
	} {
		s := openSQLite(t)
		if _, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err != nil {
			t.Fatal(err)
		}
		s.keeps.close()
		if kept, err := s.Keep(t.Context(), p); err == nil {
			t.Errorf("%s was answered without a transaction: %+v", name, kept)
		}
	}
}

// Memory alone tells nobody that a complaint is safe: when the database fails, is another, or has not answered for a while, it is asked.
func TestADatabaseOfWhichNothingIsKnownIsAsked(t *testing.T) {
	for name, happens := range map[string]func(t *testing.T, s *Store){
		"a transaction fails": func(t *testing.T, s *Store) {
			if kept, err := s.Keep(t.Context(), saying("Jalan berlubang")); err == nil {
				t.Fatalf("it is kept: %+v", kept)
			}
		},
		"it is another":                   func(_ *testing.T, s *Store) { s.keys.forget() },
		"it has not answered for a while": func(_ *testing.T, s *Store) { s.keys.answered = s.keys.answered.Add(-answersFor) },
	} {
		s := openSQLite(t)
		if _, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err != nil {
			t.Fatal(err)
		}
		s.keeps.close()
		if _, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err != nil {
			t.Fatal(err)
		}
		happens(t, s)
		if kept, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err == nil {
			t.Errorf("%s: answered from memory: %+v", name, kept)
		}
	}
}

// A sender that does not wait for its answer says nothing about the database.
func TestWhoDoesNotWaitMakesNobodyForget(t *testing.T) {
	s := openSQLite(t)
	if _, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	var err error
	for n := 0; err == nil; n++ { // now and then one is answered before anybody sees that it has left
		_, err = s.Keep(gone, saying("Jalan berlubang "+strconv.Itoa(n)))
	}
	s.keeps.close()
	if _, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err != nil {
		t.Errorf("it is forgotten: %v", err)
	}
}

// What was kept in a database that is another by now is not remembered.
func TestWhatWasKeptInAnotherDatabaseIsNotKeptInMind(t *testing.T) {
	s := openSQLite(t)
	stop := s.DecideAtBirth(&Birth{
		Judge: func(complaint.Complaint) Decision {
			s.keys.forget()
			return Decision{}
		},
		Reserve: func(context.Context) Appetite { return Appetite{} }, Decided: func([]Decided, Appetite) {},
	})
	defer stop()
	if _, err := s.Keep(t.Context(), saying("Lampu jalan mati")); err != nil {
		t.Fatal(err)
	}
	s.keys.answered = time.Now()
	if _, known := s.keys.get(sourceKey{"portal", "1"}); known {
		t.Error("it is remembered")
	}
}

func TestSoManyKeysAreKeptInMind(t *testing.T) {
	keys := recentKeys{at: lately[sourceKey, keptKey]{most: mostYoungKeys}}
	for n := range 3*mostYoungKeys + 1 {
		keys.put(0, sourceKey{"portal", string(rune(n))}, keptKey{})
	}
	if held := len(keys.at.young) + len(keys.at.old); held > 2*mostYoungKeys {
		t.Errorf("it holds %d, want at most %d", held, 2*mostYoungKeys)
	}
	keys.answered = time.Now()
	if _, ok := keys.get(sourceKey{"portal", string(rune(2*mostYoungKeys + 1))}); !ok {
		t.Error("a recent one is gone")
	}
}

// An id may be a piece of a row of a megabyte, which is not kept for its sake.
func TestAKeyKeepsNoRowInMind(t *testing.T) {
	keys := recentKeys{at: lately[sourceKey, keptKey]{most: mostYoungKeys}}
	row := strings.Repeat("1,Lampu jalan mati\n", 1000)
	keys.put(0, sourceKey{"portal", row[:1]}, keptKey{})
	for key := range keys.at.young {
		if sameMemory(key.id, row) {
			t.Error("the whole row is kept")
		}
	}
}

func sameMemory(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) }
