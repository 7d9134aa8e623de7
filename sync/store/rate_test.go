package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/pace"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func TestAGatewayAloneKeepsItsPaceItself(t *testing.T) {
	s := opener("sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))(t, store.Options{Owner: "natuna/1"})
	if s.Pace("lapor") != nil {
		t.Error("SQLite is asked for turns")
	}
}

// Turns are handed out once, however many gateways ask at the same time, by the database's clock and not by theirs.
func TestGatewaysTakeTurnsFromOneScheduleOnTheDatabasesClock(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	const gateways, each, rate = 4, 25, 1000
	var (
		mu     sync.Mutex
		firsts []time.Time
		all    sync.WaitGroup
	)
	for n := range gateways {
		clock := func() time.Time { return time.Now().Add(time.Duration(n) * time.Hour) } // theirs are wrong
		p := opener(dsn)(t, store.Options{Owner: fmt.Sprintf("natuna-%d/1", n), Now: clock}).Pace("lapor")
		all.Go(func() {
			for range each {
				err := p.Change(t.Context(), func(now time.Time, s *pace.State) {
					turns := s.Reserve(now, rate, 10)
					mu.Lock()
					defer mu.Unlock()
					firsts = append(firsts, turns.First)
					if off := time.Since(now); off > time.Minute || off < -time.Minute {
						t.Errorf("the schedule's clock is off by %s", off)
					}
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	slices.SortFunc(firsts, time.Time.Compare)
	for i := 1; i < len(firsts); i++ {
		if apart := firsts[i].Sub(firsts[i-1]); apart < 9*time.Millisecond {
			t.Fatalf("two batches of ten turns at 1000/s are %s apart", apart)
		}
	}
	if len(firsts) != gateways*each {
		t.Errorf("%d batches were handed out, want %d", len(firsts), gateways*each)
	}
}

func TestWhatOneGatewayIsToldHoldsForTheOthersAndOverARestart(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
	change := func(p *store.Pace, f func(now time.Time, s *pace.State)) {
		t.Helper()
		if err := p.Change(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	change(s.Pace("lapor"), func(now time.Time, s *pace.State) { s.Slow(now, 100, time.Hour) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	other := opener(dsn)(t, store.Options{Owner: "midai/1"})
	change(other.Pace("lapor"), func(now time.Time, s *pace.State) {
		if got := s.Reserve(now, 100, 1); got.Count != 0 || got.First.Sub(now) < 59*time.Minute {
			t.Errorf("another gateway is given %+v at %s", got, now)
		}
		if s.Rate(100) != 50 {
			t.Errorf("the rate is %v", s.Rate(100))
		}
	})
	change(other.Pace("open311"), func(now time.Time, s *pace.State) {
		if got := s.Reserve(now, 100, 1); got.Count != 1 || s.Rate(100) != 100 {
			t.Errorf("another platform is given %+v", got)
		}
	})
}

func TestWhatWaitsForThePlatformComesAtOnceOldestFirst(t *testing.T) {
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "natuna.db") },
		"postgres": func(t *testing.T) string { return storetest.StartPostgres(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			clock := storetest.NewClock()
			hurries(t, opener(dsn(t))(t, store.Options{Owner: "natuna/1", Now: clock.Now, LeasesByNow: true}), clock)
		})
	}
}

func hurries(t *testing.T, s *store.Store, clock *storetest.Clock) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const many = 5
	var refs []complaint.Ref
	for n := range many {
		c := complaint.Complaint{SourceID: fmt.Sprint(n), Text: "Jalan rusak di Ranai", Class: complaint.Ordinary}
		kept, err := s.Keep(t.Context(), store.Page{Source: "portal", Complaints: []complaint.Complaint{c}})
		must(err)
		refs = append(refs, kept[0].Ref)
		clock.Advance(time.Second)
	}
	_, err := s.Decide(t.Context(), many, func(complaint.Complaint) store.Decision { return store.Decision{Agency: "21030"} }, store.Appetite{})
	must(err)
	claims, err := s.ClaimDue(t.Context(), store.Appetite{Most: many, Lease: time.Minute}, store.Turn{})
	must(err)
	for i, c := range claims { // the oldest waits the longest; the last one waits because it was throttled
		reason := retry.Refused
		if c.Ref == refs[many-1] {
			reason = retry.Throttled
		}
		due := clock.Now().Add(time.Duration(many-i) * time.Hour)
		must(s.Settle(t.Context(), c.Claim, store.Settlement{State: store.Ready, Reason: reason, Due: due}))
	}
	hurried, err := s.Hurry(t.Context(), []retry.Reason{retry.Refused, retry.DNS})
	must(err)
	if hurried != many-1 {
		t.Errorf("%d were brought forward, want %d", hurried, many-1)
	}
	for _, want := range refs[:many-1] {
		next, err := s.ClaimDue(t.Context(), store.Appetite{Most: 1, Lease: time.Minute}, store.Turn{})
		must(err)
		if len(next) != 1 || next[0].Ref != want {
			t.Fatalf("next comes %v, want %s", next, want)
		}
	}
	if rest, err := s.ClaimDue(t.Context(), store.Appetite{Most: 1, Lease: time.Minute}, store.Turn{}); err != nil || len(rest) != 0 {
		t.Errorf("what the platform asked time for came too: %v, %v", rest, err)
	}
	if again, err := s.Hurry(t.Context(), []retry.Reason{retry.Refused}); err != nil || again != 0 {
		t.Errorf("a second time %d were brought forward (%v)", again, err)
	}
}
