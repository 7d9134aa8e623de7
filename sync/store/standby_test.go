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

// A server that is there and answers nothing keeps nobody waiting for ever: whoever sends is told so, and sends again. When it goes on
// everything does, and nothing is there twice.
func TestAServerThatHangsIsNotWaitedForForEver(t *testing.T) {
	server := storetest.StartPostgres(t)
	s := opener(server.Database(t))(t, store.Options{Owner: "natuna/1"})
	must(t, s.Listen(t.Context(), []string{"portal"}, nil))
	claims := claimAll(t, s, 1)
	s.WaitFor(200 * time.Millisecond)
	thaw := server.Freeze()
	defer thaw()
	const most = 12 * time.Second // a group's, and one answer's
	for name, ask := range map[string]func() error{
		"keeping":  func() error { _, err := s.Keep(context.Background(), lamp("new")); return err },
		"settling": func() error { return s.Settle(context.Background(), claims[0], done(1)) },
		"claiming": func() error { _, err := s.ClaimDue(context.Background(), hungry(), store.Turn{}); return err },
		"renewing": func() error {
			_, err := s.TakeLease(context.Background(), "poll portal", "", time.Minute)
			return err
		},
	} {
		ended := make(chan error, 1)
		go func() { ended <- ask() }()
		select {
		case err := <-ended:
			if err == nil {
				t.Errorf("%s: answered by a server that answers nothing", name)
			}
		case <-time.After(most):
			t.Errorf("%s is not answered for %s", name, most)
		}
	}
	thaw()
	s.WaitFor(5 * time.Second)
	if _, err := s.Keep(t.Context(), lamp("new")); err != nil {
		t.Error(err)
	}
	if err := s.Settle(t.Context(), claims[0], done(1)); err != nil {
		t.Error(err)
	}
	if l, err := s.Audit(t.Context()); err != nil || !l.Balanced || l.Accepted != 2 || l.Delivered != 1 {
		t.Errorf("the ledger is %+v, %v", l, err)
	}
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
