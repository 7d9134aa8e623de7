package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// While the synchronous standby is away nothing is acknowledged, however long it takes: what the first server alone has is gone with
// it. Once it is back what came in meanwhile is there, once. A gateway that is told to stop does not wait for it.
func TestNothingIsAcknowledgedThatTheStandbyDoesNotHave(t *testing.T) {
	primary := storetest.StartPostgres(t)
	standby := primary.StartStandby(t)
	dsn := primary.Database(t)
	s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
	second, err := store.Open(t.Context(), store.Options{DSN: dsn, Owner: "natuna/2"})
	if err != nil {
		t.Fatal(err)
	}
	standby.Stop()
	for _, patience := range []time.Duration{14 * time.Second, time.Second} { // longer than a group may take; and again, as a sender does
		if err := keepWithin(t, s, "1", patience); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("without the standby a complaint was kept, or refused: %v", err)
		}
	}
	if err := keepWithin(t, second, "2", time.Second); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("without the standby a complaint was kept, or refused: %v", err)
	}
	began := time.Now()
	leasing, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := second.TakeLease(leasing, "poll portal", "", time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("a lease was taken after %v, %v", time.Since(began), err)
	}
	if err := second.Close(); err == nil || !strings.Contains(err.Error(), "does not answer") || time.Since(began) > 20*time.Second {
		t.Errorf("stopped after %v with %v", time.Since(began), err)
	}
	standby.Start(t)
	kept, err := s.Keep(t.Context(), lamp("1"))
	if err != nil || len(kept) != 1 || !kept[0].Known {
		t.Errorf("with the standby again: %+v, %v", kept, err)
	}
	if l, err := s.Audit(t.Context()); err != nil || l.Accepted != 2 {
		t.Errorf("the ledger is %+v, %v", l, err)
	}
}

func lamp(id string) store.Page {
	return store.Page{Source: "portal", Complaints: []complaint.Complaint{{SourceID: id, Title: "Lampu", Text: "Lampu jalan di Ranai mati", Class: complaint.Ordinary}}}
}

func keepWithin(t *testing.T, s *store.Store, id string, patience time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := s.Keep(ctx, lamp(id))
	return err
}

// After a server was started again every connection that lay idle is broken: that fails nobody.
func TestConnectionsThatBrokeWhileNobodyUsedThemFailNobody(t *testing.T) {
	server := storetest.StartPostgres(t)
	s := opener(server.Database(t))(t, store.Options{Owner: "natuna/1"})
	failed := make(chan error, 12)
	for range cap(failed) {
		go func() { failed <- s.Listen(t.Context(), []string{"portal"}, nil) }()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	server.Kill()
	server.Start(t)
	if err := s.Listen(t.Context(), []string{"portal"}, nil); err != nil {
		t.Errorf("the first transaction after it: %v", err)
	}
}
