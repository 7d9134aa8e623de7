package relay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// source is a polled channel with numbered complaints; its cursor is the last number read.
type source struct {
	mu     sync.Mutex
	rows   int
	fail   error
	panics bool
	polls  int
}

func (s *source) set(change func(*source)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *source) Poll(_ context.Context, from connectors.Cursor) (connectors.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls++
	if s.panics {
		panic("a connector that fails")
	}
	if s.fail != nil {
		return connectors.Page{}, s.fail
	}
	at, _ := strconv.Atoi(string(from))
	page := connectors.Page{Next: from}
	for ; at < s.rows && len(page.Complaints)+len(page.SetAside) < 3; at++ {
		if at%5 == 4 {
			page.SetAside = append(page.SetAside, connectors.SetAside{Where: fmt.Sprint("row ", at), Reason: connectors.BadField, Detail: "text: is missing"})
			continue
		}
		c := report(at)
		if at%7 == 6 {
			c.Text = "\x00" // unfit, though the connector did not notice
		}
		page.Complaints = append(page.Complaints, c)
	}
	page.Next, page.More = connectors.Cursor(strconv.Itoa(at)), at < s.rows
	return page, nil
}

func TestAPolledChannelIsReadToItsEndAndOnFromThere(t *testing.T) {
	bubble(t, func(r *rig) {
		s := &source{rows: 20}
		r.channel.poller, r.channel.every = s, time.Minute
		r.start()
		pass(10 * time.Second)
		want := store.Ledger{Accepted: 14, Refused: 6}
		if l := r.balanced(); l.Accepted != want.Accepted || l.Refused != want.Refused {
			t.Errorf("ledger %+v, want accepted 14 and refused 6 of 20 rows", l)
		}
		if len(r.channel.acked) != 7 {
			t.Errorf("%d of 7 pages were acknowledged", len(r.channel.acked))
		}
		r.metric(`intake_refused_total{connector="portal",reason="bad_field"}`, 6)
		r.halt()

		s.set(func(s *source) { s.rows = 25 })
		r.start()
		pass(10 * time.Second)
		if l := r.balanced(); l.Accepted+l.Refused != 25 {
			t.Errorf("after a restart: %+v", l)
		}
		acked := len(r.channel.acked)
		pass(10 * time.Minute)
		if len(r.channel.acked) != acked {
			t.Error("a page with nothing new was kept and acknowledged")
		}
	})
}

func TestAnAcknowledgementThatFailedIsMadeAtTheNextPoll(t *testing.T) {
	bubble(t, func(r *rig) {
		s := &source{rows: 3}
		r.channel.poller, r.channel.every, r.channel.deaf = s, time.Minute, 2
		r.start()
		pass(10 * time.Second)
		if len(r.channel.acked) != 0 {
			t.Errorf("acknowledged %v", r.channel.acked)
		}
		s.set(func(s *source) { s.rows = 6 })
		pass(time.Minute) // the second page comes, and the first cannot be marked yet
		pass(time.Minute)
		if !slices.Equal(r.channel.acked, []connectors.Cursor{"3", "6"}) {
			t.Errorf("acknowledged %v", r.channel.acked)
		}
		r.metric(`connector_acknowledge_failures_total{connector="portal"}`, 2)
		pass(10 * time.Minute)
		if len(r.channel.acked) != 2 {
			t.Errorf("acknowledged again: %v", r.channel.acked)
		}
	})
}

func TestAConnectorThatFailsSlowsNoOther(t *testing.T) {
	bubble(t, func(r *rig) {
		bad, hung := &source{panics: true}, make(hanging)
		r.extra = []relay.Channel{
			{Name: "rusak", Every: time.Minute, Connector: connectors.Connector{Poll: bad}},
			{Name: "diam", Every: time.Minute, Connector: connectors.Connector{Poll: hung}},
		}
		good := &source{rows: 3}
		r.channel.poller, r.channel.every = good, time.Minute
		r.start()
		for range 10 {
			pass(time.Minute)
			good.set(func(s *source) { s.rows += 3 })
		}
		pass(time.Minute)
		if l := r.balanced(); l.Accepted+l.Refused < 30 {
			t.Errorf("the good one brought %d", l.Accepted+l.Refused)
		}
		if lines := strings.Count(r.log.String(), "connector=rusak"); lines != 1 {
			t.Errorf("%d lines about one trouble:\n%s", lines, r.log.String())
		}
		bad.set(func(s *source) { s.panics, s.rows = false, 2 })
		pass(10 * time.Minute)
		if !strings.Contains(r.log.String(), "answers again") {
			t.Error("nothing says that it works again")
		}
		if took := r.halt(); took > 20*time.Second {
			t.Errorf("a connector that hangs held the shutdown up for %s", took)
		}
	})
}

type hanging chan struct{}

func (h hanging) Poll(ctx context.Context, _ connectors.Cursor) (connectors.Page, error) {
	<-ctx.Done()
	return connectors.Page{}, ctx.Err()
}

func TestAChannelThatRefusesIsToldLaterAndInOrder(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Backoff.Max = config.Duration(time.Minute)
		r.channel.refuse["1"] = errors.New("busy")
		r.start()
		refs := r.takeIn(report(1), report(2))
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		for _, status := range []string{simulator.StatusDisposed, simulator.StatusWorking, simulator.StatusDone} {
			for _, ref := range refs {
				r.must(r.sim.SetStatus(r.sim.ByMarker(string(ref))[0].ID, status, ""))
			}
			pass(6 * time.Minute)
		}
		if heard := r.channel.heard("2"); heard[len(heard)-1] != complaint.Done {
			t.Errorf("a neighbour's trouble held news up: %v", heard)
		}
		if heard := r.channel.heard("1"); len(heard) != 0 {
			t.Errorf("heard %v from a channel that refuses", heard)
		}
		r.channel.mu.Lock()
		delete(r.channel.refuse, "1")
		r.channel.mu.Unlock()
		pass(6 * time.Minute)
		want := []complaint.Status{complaint.Forwarded, complaint.Disposed, complaint.InProgress, complaint.Done}
		if heard := slices.Compact(r.channel.heard("1")); !slices.Equal(heard, want) {
			t.Errorf("heard %v, want %v", heard, want)
		}
	})
}

// Another gateway may have told it meanwhile, and what came after it: a channel must not hear the old news last.
func TestAGatewayFrozenPastItsLeaseTellsNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		frozen := false
		r.at = func(p relay.Point) {
			if p == relay.BeforeTell && !frozen {
				frozen = true
				<-time.After(r.cfg.Delivery.Lease.D() + time.Second)
			}
		}
		r.start()
		r.until(r.takeIn(report(1))[0], store.Done)
		pass(3 * r.cfg.Delivery.Lease.D())
		if heard := r.channel.heard("1"); !frozen || !slices.Equal(heard, []complaint.Status{complaint.Forwarded}) {
			t.Errorf("heard %v, frozen: %t", heard, frozen)
		}
	})
}

func TestAChannelsRefusalForGoodIsShownAndPausesNobody(t *testing.T) {
	bubble(t, func(r *rig) {
		r.channel.refuse["1"] = retry.Never(errors.New("410 Gone"))
		r.channel.refuse["2"] = retry.Denied(errors.New("401"))
		r.start()
		refs := r.takeIn(report(1), report(2))
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		pass(time.Minute)
		r.until(r.takeIn(report(3))[0], store.Done) // a channel's 401 is not the platform's
		pass(time.Second)
		untold, err := r.store.NotTold(r.Context(), 10)
		r.must(err)
		if len(untold) != 2 || untold[0].State != store.Dead || untold[1].State != store.Ready {
			t.Errorf("not told: %+v", untold)
		}
		r.metric(`writebacks_total{connector="portal",reason="rejected"}`, 1)
	})
}

func TestTwoGatewaysOnOneSourceReadEachRowOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		s := &source{rows: 50}
		r.channel.poller, r.channel.every = s, time.Second
		r.start()
		// A second poller of the same name, as a gateway has that was frozen past its lease: the cursor moved without it.
		stale := store.Page{Source: "portal", Complaints: []complaint.Complaint{report(1000)}, Cursor: &store.CursorMove{From: "", To: "3"}}
		pass(10 * time.Second)
		if _, err := r.store.Keep(r.Context(), stale); !errors.Is(err, store.ErrLost) {
			t.Errorf("a stale page was kept: %v", err)
		}
		pass(10 * time.Second)
		if l := r.balanced(); l.Accepted+l.Refused != 50 {
			t.Errorf("ledger %+v", l)
		}
	})
}

func TestTheBreakerTriesOneAfterAnOutage(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Breaker = config.Breaker{Failures: 3, OpenFor: config.Duration(10 * time.Minute)}
		r.cfg.Delivery.Backoff.First, r.cfg.Delivery.Backoff.Max = config.Duration(time.Second), config.Duration(time.Second)
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable})
		r.start()
		for n := range 20 {
			r.takeIn(report(n))
		}
		pass(9 * time.Minute)
		before := r.sim.Stats().Calls[simulator.CallCreate]
		if before > 8 {
			t.Errorf("%d complaints were tried before the breaker opened", before)
		}
		r.metric(`forwarding_paused{reason="breaker"}`, 1)
		pass(2 * time.Minute)
		if tried := r.sim.Stats().Calls[simulator.CallCreate] - before; tried != 1 {
			t.Errorf("%d complaints tried the platform again at once, want 1", tried)
		}
	})
}

func TestWhatComesWhileAChannelIsOutOfTheConfigurationIsToldWhenItIsBack(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Done)
		pass(time.Minute)
		portal := r.channel
		r.halt()
		r.channel = &channel{name: "kelurahan"}
		r.start()
		for _, status := range []string{simulator.StatusWorking, simulator.StatusDone} {
			r.must(r.sim.SetStatus(r.sim.ByMarker(string(ref))[0].ID, status, "Sudah ditangani"))
			pass(6 * time.Minute)
		}
		r.halt()
		if got := portal.heard("1"); !slices.Equal(got, []complaint.Status{complaint.Forwarded}) {
			t.Fatalf("while it was out the channel heard %v", got)
		}
		r.channel = portal
		r.start()
		pass(time.Minute)
		want := []complaint.Status{complaint.Forwarded, complaint.InProgress, complaint.Done}
		if got := portal.heard("1"); !slices.Equal(got, want) {
			t.Errorf("the channel heard %v, want %v", got, want)
		}
	})
}

func TestASlowChannelIsToldEachThingOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		r.channel.delay = 9 * time.Second
		r.start()
		for n := range 40 {
			r.takeIn(report(n))
		}
		pass(5 * time.Minute)
		r.channel.mu.Lock()
		defer r.channel.mu.Unlock()
		if len(r.channel.told) != 40 {
			t.Errorf("%d tellings of 40 things", len(r.channel.told))
		}
	})
}

func TestAPauseHoldsAlsoAfterRefusedCredentials(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Fault: simulator.Unauthorized})
		r.start()
		r.takeIn(report(1), report(2), report(3))
		pass(time.Minute)
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "pemeliharaan"}))
		r.faults()
		pass(10 * time.Minute)
		if n := len(r.sim.Complaints()); n != 0 {
			t.Errorf("%d complaints were forwarded during a pause", n)
		}
		r.metric(`forwarding_paused{reason="operator"}`, 1)
	})
}

func TestThatAChannelWasFoundEmptyIsKept(t *testing.T) {
	bubble(t, func(r *rig) {
		r.channel.poller, r.channel.every = &source{}, time.Minute
		r.start()
		pass(10 * time.Second)
		if at, err := r.store.Cursor(r.Context(), r.channel.name); err != nil || at != "0" {
			t.Errorf("the cursor of an empty channel is kept as %q, %v: it counts as never read", at, err)
		}
	})
}

// endless is a page that leads nowhere and says that there is more.
type endless struct{ polls int }

func (e *endless) Poll(_ context.Context, from connectors.Cursor) (connectors.Page, error) {
	e.polls++
	return connectors.Page{Next: from, More: true}, nil
}

// What was claimed before it and waits for its turn at a slow rate does not go out either.
func TestAPauseHoldsWhatWaitsForItsTurn(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Rate = 0.1
		r.start()
		for n := range 4 {
			r.takeIn(report(n))
		}
		pass(2 * time.Second)
		before := len(r.sim.Complaints())
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "pemeliharaan"}))
		pass(5 * time.Minute)
		if n := len(r.sim.Complaints()); before != 1 || n != 1 {
			t.Errorf("%d are at the platform before the pause and %d after five minutes of it", before, n)
		}
		r.must(r.store.Resume(r.Context()))
		pass(2 * time.Minute)
		if n := len(r.sim.Complaints()); n != 4 {
			t.Errorf("after the pause %d are at the platform", n)
		}
		r.balanced()
	})
}

func TestAPageThatLeadsNowhereIsTheLast(t *testing.T) {
	bubble(t, func(r *rig) {
		e := &endless{}
		r.channel.poller, r.channel.every = e, time.Minute
		r.start()
		pass(10 * time.Minute)
		if e.polls > 12 {
			t.Errorf("polled %d times in ten minutes", e.polls)
		}
	})
}
