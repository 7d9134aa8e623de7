package relay_test

import (
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// impatient has what fails be given up after twenty minutes.
func (r *rig) impatient() {
	r.cfg.Delivery.GiveUpAfter = config.Duration(20 * time.Minute)
	r.cfg.Delivery.Backoff.First, r.cfg.Delivery.Backoff.Max = config.Duration(10*time.Second), config.Duration(time.Minute)
}

// hiccup has the platform be away for the next request that makes a complaint.
func (r *rig) hiccup() {
	r.Helper()
	r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable, Next: 1})
}

// One that waited long behind another is sent when its turn comes, and so is whoever waits behind it.
func TestWhatWaitedLongBehindAnotherOutlivesAHiccup(t *testing.T) {
	bubble(t, func(r *rig) {
		r.impatient()
		r.start()
		primary := r.takeIn(report(1))[0]
		r.until(primary, store.Done)
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "a test"}))
		pass(6 * time.Second)
		waiting := r.takeIn(report(2), report(3))
		for _, ref := range waiting {
			r.until(ref, store.Ready)
			_, err := r.store.Link(r.Context(), ref, primary, store.Order{By: "budi"})
			r.must(err)
		}
		r.must(r.store.Resume(r.Context()))
		pass(time.Hour)
		r.hiccup()
		r.must(r.store.Record(r.Context(), primary, store.Observation{State: national.State{Events: []national.Event{
			{Key: "a", At: time.Now(), Status: complaint.Archived, Raw: "Diarsipkan"},
		}}}))
		if story := r.until(waiting[0], store.Done, store.Dead); story.State != store.Done || story.Attempts != 2 || r.atPlatform(waiting[0]) != 1 {
			t.Errorf("it is %s after %d attempts (%s: %s)", story.State, story.Attempts, story.Reason, story.Detail)
		}
		if story := r.story(waiting[1]); story.State != store.Linked || story.Primary != waiting[0] {
			t.Errorf("who waits behind it is %s, linked to %q", story.State, story.Primary)
		}
		r.balanced()
	})
}

func TestWhatAPersonFoundNotToBeThereOutlivesAHiccup(t *testing.T) {
	bubble(t, func(r *rig) {
		r.impatient()
		r.lookup = "none"
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.CloseBefore, Next: 1})
		r.start()
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Held)
		pass(time.Hour)
		r.hiccup()
		r.must(r.store.ResolveNotSent(r.Context(), ref))
		r.until(ref, store.Done, store.Dead)
		if story := r.story(ref); story.State != store.Done || r.atPlatform(ref) != 1 {
			t.Errorf("it is %s (%s: %s)", story.State, story.Reason, story.Detail)
		}
	})
}

func TestWhatAPersonRetriesHasItsTimeAndItsAttemptsAgain(t *testing.T) {
	for _, c := range []struct {
		most int
		why  retry.Reason
	}{{0, retry.TooOld}, {3, retry.TooMany}} {
		t.Run(string(c.why), func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.impatient()
				r.cfg.Delivery.MaxAttempts = c.most
				r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable})
				r.start()
				ref := r.takeIn(report(1))[0]
				if story := r.until(ref, store.Dead); story.Reason != string(c.why) {
					t.Fatalf("given up because of %s", story.Reason)
				}
				r.hiccup()
				r.must(r.store.Retry(r.Context(), ref))
				if story := r.until(ref, store.Done, store.Dead); story.State != store.Done || story.Attempts != 2 {
					t.Errorf("put back it is %s after %d attempts (%s)", story.State, story.Attempts, story.Reason)
				}
			})
		})
	}
}
