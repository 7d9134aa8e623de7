package relay_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// Somebody sets the server's clock a year ahead by mistake, and right again: what was taken in and failed meanwhile does not
// wait for that year, nor does its answer.
func TestNobodyWaitsUntilTheTimeAWrongClockShowed(t *testing.T) {
	bubble(t, func(r *rig) {
		var off atomic.Int64
		r.now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		off.Store(int64(365 * 24 * time.Hour))
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable, Next: 1})
		r.channel.refuse["2"] = retry.After(errors.New("bukan hari ini"), time.Second)
		r.start()
		failed := r.takeIn(report(1))[0]
		r.failedOnce(failed)
		told := r.takeIn(report(2))[0]
		r.until(told, store.Done)
		pass(5 * time.Second) // and the portal does not take the news
		r.channel.mu.Lock()
		delete(r.channel.refuse, "2")
		r.channel.mu.Unlock()
		off.Store(0)
		pass(2 * time.Minute)
		for _, ref := range []complaint.Ref{failed, told} {
			if story := r.story(ref); story.State != store.Done {
				t.Errorf("two minutes after the clock is right %s is %s until %s", ref, story.State, story.DueAt)
			}
		}
		r.must(r.sim.SetStatus(r.story(told).NationalID, simulator.StatusWorking, ""))
		pass(10 * time.Minute)
		if heard, want := r.channel.heard("2"), []complaint.Status{complaint.Forwarded, complaint.InProgress}; !slices.Equal(heard, want) {
			t.Errorf("the portal heard %v, want %v", heard, want)
		}
		if n := strings.Count(r.log.String(), "a clock was ahead"); n != 1 {
			t.Errorf("%d lines say that a clock was ahead:\n%s", n, r.log.String())
		}
		r.balanced()
	})
}

// A clock that is set two months on makes nothing two months old: what fails once more is tried again.
func TestAClockThatIsSetOnGivesNothingUp(t *testing.T) {
	bubble(t, func(r *rig) {
		var off atomic.Int64
		r.now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable, Next: 3})
		r.channel.refuse["1"] = errors.New("bukan hari ini")
		r.start()
		ref := r.takeIn(report(1))[0]
		r.failedOnce(ref)
		off.Store(int64(60 * 24 * time.Hour))
		if story := r.until(ref, store.Done, store.Dead); story.State != store.Done {
			t.Fatalf("it is %s (%s: %s)", story.State, story.Reason, story.Detail)
		}
		pass(time.Minute) // the portal refuses the news
		off.Store(int64(120 * 24 * time.Hour))
		pass(10 * time.Minute)
		r.channel.mu.Lock()
		delete(r.channel.refuse, "1")
		r.channel.mu.Unlock()
		pass(30 * time.Minute)
		if heard, want := r.channel.heard("1"), []complaint.Status{complaint.Forwarded}; !slices.Equal(heard, want) {
			t.Errorf("the portal heard %v, want %v", heard, want)
		}
	})
}

// failedOnce waits for a first attempt that fails.
func (r *rig) failedOnce(ref complaint.Ref) {
	r.Helper()
	pass(5 * time.Second)
	if story := r.story(ref); story.State != store.Ready || story.Attempts != 1 {
		r.Fatalf("it is %s after %d attempts (%s)", story.State, story.Attempts, story.Reason)
	}
}
