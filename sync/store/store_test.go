package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		return storetest.Harness{Gateway: 1, Open: opener("sqlite:" + filepath.Join(t.TempDir(), "natuna.db"))}
	})
}

func TestPostgres(t *testing.T) {
	server := storetest.StartPostgres(t)
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		return storetest.Harness{Gateway: 2, Open: opener(server.Database(t))}
	})
}

func opener(dsn string) func(*testing.T, store.Options) *store.Store {
	return func(t *testing.T, o store.Options) *store.Store {
		t.Helper()
		o.DSN = dsn
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() }) // a test may have closed it already
		return s
	}
}

func TestOneGatewayPerSQLiteFile(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "natuna 100%?#.db")
	first := opener(dsn)(t, store.Options{Owner: "natuna/1"})
	if _, err := store.Open(t.Context(), store.Options{DSN: dsn, Owner: "natuna/2"}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second gateway: %v", err)
	}
	command, err := store.Open(t.Context(), store.Options{DSN: dsn})
	if err != nil {
		t.Fatalf("a command beside the gateway: %v", err)
	}
	if err := errors.Join(command.Close(), first.Close()); err != nil {
		t.Error(err)
	}
	again := opener(dsn)(t, store.Options{Owner: "natuna/3"})
	if again.Kind() != "sqlite" {
		t.Error(again.Kind())
	}
}

func TestTheDatabaseIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "natuna.db")
	opener("sqlite:"+path)(t, store.Options{Owner: "natuna/1"})
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestGatewaysThatStartTogetherMigrateOnce(t *testing.T) {
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "natuna.db") },
		"postgres": func(t *testing.T) string { return storetest.StartPostgres(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			at := dsn(t)
			errs := make(chan error)
			for range 4 {
				go func() {
					s, err := store.Open(t.Context(), store.Options{DSN: at})
					if err == nil {
						err = s.Close()
					}
					errs <- err
				}()
			}
			for range 4 {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestSQLiteSyncsEachCommitToDisk(t *testing.T) {
	s := opener("sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))(t, store.Options{Owner: "natuna/1"})
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		var got string
		if err := s.Handle().GetContext(t.Context(), &got, "PRAGMA "+pragma); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
}

func TestAPostgresThatAnswersBeforeItIsDurableIsRefused(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	s := opener(dsn)(t, store.Options{})
	var name string
	if err := s.Handle().GetContext(t.Context(), &name, "SELECT current_database()"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Handle().ExecContext(t.Context(), "ALTER DATABASE "+name+" SET synchronous_commit = off"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), store.Options{DSN: dsn}); err == nil || !strings.Contains(err.Error(), "synchronous_commit = off") {
		t.Errorf("opened: %v", err)
	}
}

func TestAnAddressNobodyKnows(t *testing.T) {
	_, err := store.Open(t.Context(), store.Options{DSN: "mysql://x"})
	if err == nil || !strings.Contains(err.Error(), "sqlite:FILE or postgres://") {
		t.Error(err)
	}
}

// A gateway that is frozen in the middle of a transaction holds up nobody for long: its server ends the transaction.
func TestAFrozenTransactionGivesItsLocksBack(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	frozen, other := opener(dsn)(t, store.Options{Owner: "natuna-1/1"}), opener(dsn)(t, store.Options{Owner: "natuna-2/1"})
	if err := other.SetPause(t.Context(), store.Pause{Why: "percobaan"}); err != nil {
		t.Fatal(err)
	}
	tx, err := frozen.Handle().BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // the server ended it
	if _, err := tx.Exec("SELECT * FROM control FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := other.Resume(waiting); err != nil {
		t.Errorf("the other gateway still waits: %v", err)
	}
	if err := tx.Commit(); err == nil {
		t.Error("the frozen transaction was committed after all")
	}
}

// Leases run by no clock that somebody sets: an hour's jump of this machine's takes nothing from who works on it.
func TestAClockThatIsSetTakesNoLease(t *testing.T) {
	overStores(t, func(t *testing.T, dsn string) {
		clock := storetest.NewClock()
		s := opener(dsn)(t, store.Options{Owner: "natuna/1", Now: clock.Now})
		kept := store.Page{Source: "portal", Complaints: []complaint.Complaint{{SourceID: "1", Text: "Lampu di Midai mati", Class: complaint.Ordinary}}}
		if _, err := s.Keep(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		judge := func(complaint.Complaint) store.Decision { return store.Decision{Agency: "21030"} }
		decided, err := s.Decide(t.Context(), 1, judge, store.Appetite{Most: 1, Lease: time.Minute})
		if err != nil || len(decided) != 1 || decided[0].Work == nil {
			t.Fatalf("decided %+v, %v", decided, err)
		}
		clock.Advance(time.Hour)
		if n, err := s.Rescue(t.Context(), ""); err != nil || n != 0 {
			t.Errorf("%d deliveries were taken for abandoned, %v", n, err)
		}
		done := store.Settlement{State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: "7"}}
		if err := s.Settle(t.Context(), decided[0].Work.Claim, done); err != nil {
			t.Errorf("its owner cannot settle it: %v", err)
		}
	})
}

func overStores(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "natuna.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.StartPostgres(t).Database(t)) })
}
