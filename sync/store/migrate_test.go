package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// A database of the first version is brought up to date with nothing lost: whatever state a complaint was in, it is in it
// still, and the ledger balances.
func TestADatabaseOfTheFirstVersionKeepsEveryComplaint(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "natuna.db")
		bringsUp(t, goose.DialectSQLite3, "sqlite", "file:"+file, "sqlite:"+file)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.StartPostgres(t).Database(t)
		bringsUp(t, goose.DialectPostgres, "postgres", dsn, dsn)
	})
}

func bringsUp(t *testing.T, dialect goose.Dialect, driver, at, dsn string) {
	t.Helper()
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first, err := goose.NewProvider(dialect, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	states := map[store.State]complaint.Ref{}
	for n, state := range store.States() {
		ref := complaint.Ref(fmt.Sprintf("SP-%015d", n))
		states[state] = ref
		for _, statement := range firstVersion(ref, state) {
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Owner: "natuna/2"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for state, ref := range states {
		story, err := s.Story(t.Context(), ref)
		if err != nil || story.State != state {
			t.Errorf("%s was %s and is %s, %v", ref, state, story.State, err)
		}
		if state == store.Done && (story.NationalID == "" || story.Attempts != 2 || len(story.Events) != 1 || story.Why != "rule 1") {
			t.Errorf("delivered: %+v", story)
		}
		if state == store.Unknown && (story.SentAt.IsZero() || len(story.Steps) != 2) {
			t.Errorf("unknown: %+v", story)
		}
	}
	if l, err := s.Audit(t.Context()); err != nil || !l.Balanced || l.Accepted != int64(len(states)) || l.Delivered != 1 {
		t.Errorf("ledger %+v, %v", l, err)
	}
	works, err := s.ClaimDue(t.Context(), store.Appetite{Most: 10, Lease: time.Minute}, store.Turn{})
	if err != nil || len(works) != 2 {
		t.Fatalf("claimed %+v, %v; want the ready and the unknown one", works, err)
	}
	for _, w := range works {
		if w.Err != nil || w.Job.Agency != "21030" || w.Ref == states[store.Unknown] && (w.Step != "create" || w.Job.Done["upload ab"] != "41") {
			t.Errorf("claimed %+v", w)
		}
	}
}

// firstVersion is one complaint in a state as the first version wrote it.
func firstVersion(ref complaint.Ref, state store.State) []string {
	national, sent, forwarded := "", 0, 0
	if state == store.Done {
		national, forwarded = "77", 5
	}
	if state == store.Unknown {
		sent = 4
	}
	statements := []string{
		"INSERT INTO complaint VALUES ('{ref}', 'portal', '{ref}', 'h', 'Lampu', 'Lampu di Ranai mati', 'ordinary', 0, 0, '{}', '{}', '', 0, 0, 1, 'null', '', '')",
		fmt.Sprintf("INSERT INTO delivery VALUES ('{ref}', '%s', 1, 1, 1, '', 0, 2, 2, 3, %d, 'timeout', 'x', 4)", state, sent),
	}
	if state == store.New {
		return forRef(ref, statements)
	}
	statements = append(statements, fmt.Sprintf(
		"INSERT INTO ticket VALUES ('{ref}', '21030', '15', '', 0, 'rule 1', 2, '%s', '', %d, 'received', '', '', %d, 4, 0, 0)", national, forwarded, min(forwarded, 1)))
	switch state {
	case store.Done:
		statements = append(statements, "INSERT INTO event VALUES ('{ref}', 1, 'forwarded', 5, 5, 'forwarded', '', '', '', 1)")
	case store.Linked:
		statements = append(statements, fmt.Sprintf("INSERT INTO link VALUES ('{ref}', 'SP-%015d', 'resubmission', 'same words', 2)", 1))
	case store.Unknown:
		statements = append(statements, "INSERT INTO step VALUES ('{ref}', 'upload ab', 'done', 3, 3, '41')",
			"INSERT INTO step VALUES ('{ref}', 'create', 'open', 4, 0, '')")
	}
	return forRef(ref, statements)
}

func forRef(ref complaint.Ref, statements []string) []string {
	for i := range statements {
		statements[i] = strings.ReplaceAll(statements[i], "{ref}", string(ref))
	}
	return statements
}

// By whatever key a complaint was found before keys lay in segments, it is found after.
func TestKeysOfEarlierVersionsAreFound(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		sortsKeys(t, opener("sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))(t, store.Options{}))
	})
	t.Run("postgres", func(t *testing.T) {
		sortsKeys(t, opener(storetest.StartPostgres(t).Database(t))(t, store.Options{}))
	})
}

func sortsKeys(t *testing.T, s *store.Store) {
	t.Helper()
	const shared = 30_000 // more than are read at a time
	tx, err := s.Handle().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, text := range []string{
		"CREATE TABLE print_key (key BIGINT NOT NULL, at BIGINT NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (key, at, ref))",
		fmt.Sprintf(`INSERT INTO print_key (key, at, ref)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 7, i, 'SP-' || i FROM n`, shared),
		`INSERT INTO print_key (key, at, ref) VALUES (-9223372036854775808, 1, 'SP-1'), (8, 5, 'SP-5'), (8, 6, 'SP-6'), (9223372036854775807, 2, 'SP-2')`,
	} {
		if _, err := tx.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	if err := store.SortKeys(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n, err := s.KeyEntries(t.Context()); err != nil || n != shared+4 {
		t.Errorf("%d keys, %v; want %d", n, err, shared+4)
	}
	for key, want := range map[int64][]complaint.Ref{
		7: {"SP-30000", "SP-29999", "SP-29998"}, 8: {"SP-6", "SP-5"}, -1 << 63: {"SP-1"}, 1<<63 - 1: {"SP-2"}, 9: nil,
	} {
		if refs, err := s.FoundBy(t.Context(), key, 3); err != nil || !slices.Equal(refs, want) {
			t.Errorf("by %d: %v, %v; want %v", key, refs, err, want)
		}
	}
}

// PostgreSQL keeps blocks in their rows, two on a page, and cleans what comes and goes early.
func TestSegmentsAreKeptInPostgreSQLAsTheyAreRead(t *testing.T) {
	s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{})
	var storage string
	if err := s.Handle().Get(&storage, "SELECT attstorage::text FROM pg_attribute WHERE attrelid = CAST('key_block' AS regclass) AND attname = 'data'"); err != nil || storage != "p" {
		t.Errorf("blocks are stored %q, %v", storage, err)
	}
	for _, table := range []string{"key_segment", "key_block"} {
		var early bool
		err := s.Handle().Get(&early, "SELECT coalesce(CAST(reloptions AS text), '') LIKE '%autovacuum_vacuum_threshold%' FROM pg_class WHERE oid = CAST($1 AS regclass)", table)
		if err != nil || !early {
			t.Errorf("%s is cleaned early: %t, %v", table, early, err)
		}
	}
}
