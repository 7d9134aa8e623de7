package relay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// listener is a channel that is told statuses, and answers all of them alike.
type listener struct {
	mu     sync.Mutex
	answer error
	tried  int
	told   []connectors.StatusChange
}

func (l *listener) WriteStatus(_ context.Context, change connectors.StatusChange) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried++
	if l.answer == nil {
		l.told = append(l.told, change)
	}
	return l.answer
}

func (l *listener) answers(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = err
}

func (l *listener) counts() (tried, told int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tried, len(l.told)
}

// listens adds a channel to the gateway, and lets it send so many complaints that the platform takes.
func (r *rig) listens(name string, rate float64, l *listener) {
	r.extra = append(r.extra, relay.Channel{Name: name, Rate: rate, Connector: connectors.Connector{WriteStatus: l}})
}

func (r *rig) sends(name string, n int) {
	r.Helper()
	var complaints []complaint.Complaint
	for i := range n {
		c := report(i)
		c.Text += " menurut warga di " + name
		complaints = append(complaints, c)
	}
	kept, err := r.relay.TakeIn(r.Context(), name, complaints)
	r.must(err)
	for _, k := range kept {
		r.until(k.Ref, store.Done, store.Linked)
	}
}

func away() error { return retry.FromTransport(errors.New("the channel is away"), false) }

func TestAChannelThatIsAwayIsTriedOnceInAWhileHoweverMuchWaits(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Breaker = config.Breaker{Failures: 5, OpenFor: config.Duration(time.Minute)}
		mati := &listener{answer: away()}
		r.listens("mati", 0, mati)
		r.start()
		r.sends("mati", 60)
		pass(time.Hour)
		tried, told := mati.counts()
		if most := 5 + 3 + 60 + 5; tried > most || tried < 40 || told != 0 {
			t.Errorf("a channel that is away was tried %d times in an hour, want 40 to %d", tried, most)
		}
		if lines := strings.Count(r.log.String(), "connector=mati"); lines != 1 {
			t.Errorf("%d lines about one trouble:\n%s", lines, r.log.String())
		}
		r.metric(`connector_failing{ability="write_back",connector="mati"}`, 1)

		mati.answers(nil)
		pass(2 * time.Minute)
		if _, told := mati.counts(); told != 60 {
			t.Errorf("two minutes after the channel is back %d of 60 things are told", told)
		}
		if lines := strings.Count(r.log.String(), "connector=mati"); lines != 2 {
			t.Errorf("%d lines about a trouble and its end:\n%s", lines, r.log.String())
		}
		r.metric(`connector_failing{ability="write_back",connector="mati"}`, 0)
	})
}

func TestWhatWasToldInVainWaitsNoLongerThanItsChannelIsAway(t *testing.T) {
	bubble(t, func(r *rig) {
		mati := &listener{answer: away()}
		r.listens("mati", 0, mati)
		r.start()
		r.sends("mati", 1)
		pass(3 * time.Hour) // its own pause is hours by now
		mati.answers(nil)
		r.sends("mati", 2)
		pass(time.Minute)
		if _, told := mati.counts(); told != 2 {
			t.Errorf("a minute after the channel took something again, %d of 2 things are told", told)
		}
	})
}

func TestAChannelsRefusedCredentialsLeaveItAloneToo(t *testing.T) {
	bubble(t, func(r *rig) {
		mati := &listener{answer: retry.Denied(errors.New("401"))}
		r.listens("mati", 0, mati)
		r.start()
		r.sends("mati", 100)
		pass(30 * time.Minute)
		if tried, _ := mati.counts(); tried > 5+3+31 {
			t.Errorf("a channel that refuses our credentials was tried %d times in half an hour", tried)
		}
	})
}

func TestAChannelThatWantsTimeGetsItAsAWhole(t *testing.T) {
	bubble(t, func(r *rig) {
		ramai, tenang := &listener{answer: retry.After(errors.New("429"), 10*time.Minute)}, &listener{}
		r.listens("ramai", 0, ramai)
		r.listens("tenang", 0, tenang)
		r.start()
		r.sends("ramai", 50)
		r.sends("tenang", 50)
		pass(5 * time.Minute)
		if tried, _ := ramai.counts(); tried > 4 {
			t.Errorf("a channel that asked for ten minutes was told something %d times in five", tried)
		}
		if _, told := tenang.counts(); told != 50 {
			t.Errorf("its neighbour heard %d of 50 things", told)
		}
		ramai.answers(nil)
		pass(12 * time.Minute)
		if _, told := ramai.counts(); told != 50 {
			t.Errorf("after its time a channel heard %d of 50 things", told)
		}
	})
}

func TestATimeThatOnePersonNeedsIsNotTheChannels(t *testing.T) {
	bubble(t, func(r *rig) {
		r.channel.refuse["1"] = &retry.Error{Verdict: retry.Transient, Reason: retry.Failed, After: time.Hour, Err: errors.New("too many to one person")}
		r.start()
		refs := r.takeIn(report(1), report(2), report(3))
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		pass(time.Minute)
		if one, two, three := len(r.channel.heard("1")), len(r.channel.heard("2")), len(r.channel.heard("3")); one != 0 || two != 1 || three != 1 {
			t.Errorf("told were %d, %d and %d things", one, two, three)
		}
		r.channel.mu.Lock()
		delete(r.channel.refuse, "1")
		r.channel.mu.Unlock()
		pass(30 * time.Minute)
		if len(r.channel.heard("1")) != 0 {
			t.Error("it was told before its time")
		}
		pass(time.Hour)
		if len(r.channel.heard("1")) != 1 {
			t.Error("it was not told after its time")
		}
	})
}

func TestAChannelIsToldNoMoreThanItsRate(t *testing.T) {
	for perMinute, total := range map[float64]int{6: 40, 120: 400} {
		t.Run(fmt.Sprint(perMinute), func(t *testing.T) {
			bubble(t, func(r *rig) {
				pelan, began := &listener{}, time.Now()
				r.listens("pelan", perMinute/60, pelan)
				r.start()
				r.sends("pelan", total)
				pass(3 * time.Minute)
				tried, told := pelan.counts()
				fair := int(time.Since(began).Minutes() * perMinute)
				if told > fair+2 || told < fair*9/10 || tried != told {
					t.Errorf("in %s at %v a minute %d things were told, with %d attempts; want about %d", time.Since(began), perMinute, told, tried, fair)
				}
			})
		})
	}
}

func TestAPanicOfOneTellingHoldsTheOthersUpBriefly(t *testing.T) {
	bubble(t, func(r *rig) {
		good := &listener{}
		r.extra = []relay.Channel{{Name: "separuh", Connector: connectors.Connector{WriteStatus: panicsAt{good, "3"}}}}
		r.start()
		r.sends("separuh", 50)
		pass(time.Minute)
		good.mu.Lock()
		defer good.mu.Unlock()
		if slices.ContainsFunc(good.told, func(c connectors.StatusChange) bool { return c.SourceID == "3" }) || len(good.told) != 49 {
			t.Errorf("%d of 49 things are told beside one that makes the connector fail", len(good.told))
		}
	})
}

type panicsAt struct {
	*listener
	id string
}

func (p panicsAt) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	if change.SourceID == p.id {
		panic("a connector that fails")
	}
	return p.listener.WriteStatus(ctx, change)
}

// hangs is polled and never answers.
type hangs struct{ polls atomic.Int32 }

func (h *hangs) Poll(ctx context.Context, _ connectors.Cursor) (connectors.Page, error) {
	h.polls.Add(1)
	<-ctx.Done()
	return connectors.Page{}, ctx.Err()
}

func TestAPollThatHangsIsCutOffAndTriedAgain(t *testing.T) {
	bubble(t, func(r *rig) {
		hung := &hangs{}
		r.extra = []relay.Channel{{Name: "diam", Every: time.Minute, Connector: connectors.Connector{Poll: hung}}}
		r.start()
		pass(30 * time.Minute)
		r.metric(`connector_failing{ability="poll",connector="diam"}`, 0)
		pass(3 * time.Hour)
		if n := hung.polls.Load(); n < 2 || n > 4 {
			t.Errorf("a channel that hangs was polled %d times in three and a half hours", n)
		}
		r.metric(`connector_failing{ability="poll",connector="diam"}`, 1)
	})
}
