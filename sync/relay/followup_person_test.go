package relay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func TestAFollowUpOfAClosedComplaintIsForwardedByItself(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		primary := r.takeIn(report(1))[0]
		r.until(primary, store.Done)
		r.must(r.sim.SetStatus(r.sim.ByMarker(string(primary))[0].ID, simulator.StatusDone, ""))
		pass(time.Hour) // until it is asked about
		ref := r.follows(primary, asks())
		r.until(ref, store.Done)
		if n := len(r.joined(primary, ref)); n != 0 || r.atPlatform(ref) != 1 {
			t.Fatalf("it is told %d times on the closed ticket, and has %d of its own", n, r.atPlatform(ref))
		}
		closed := r.sim.ByMarker(string(primary))[0]
		if text := r.sim.ByMarker(string(ref))[0].Content; !strings.Contains(text, "nomor laporan "+closed.TrackingID+".") {
			t.Errorf("it does not name the closed one, %s: %q", closed.TrackingID, text)
		}
		r.balanced()
	})
}

func TestWithoutTheAbilityAFollowUpIsHeldForAPerson(t *testing.T) {
	bubble(t, func(r *rig) {
		r.wrap = func(p national.Platform) national.Platform {
			p.FollowUps = nil
			return p
		}
		r.start()
		primary, ref := r.followed(asks())
		seen := r.toldAs(nil, ref, store.Held, store.Dead)
		if seen.State != store.Held || !strings.Contains(seen.Detail, "takes no follow-ups") || !seen.SentAt.IsZero() {
			t.Errorf("it is %+v", seen)
		}
		if !strings.Contains(r.log.String(), "takes no follow-ups") {
			t.Error("nobody was told at the start")
		}
		r.balanced()
		r.halt()
		r.wrap = nil
		r.start()
		r.must(r.store.Retry(r.Context(), ref))
		r.toldAs(nil, ref, store.Done)
		r.joinedOnce(primary, ref)
	})
}

// shortened shows follow-ups cut off, so that nobody can tell whose they are.
type shortened struct{ national.FollowUpper }

func (s shortened) FindFollowUp(ctx context.Context, f national.FollowUp) error {
	if err := s.FollowUpper.FindFollowUp(ctx, f); err != nil && !errors.Is(err, national.ErrAbsent) {
		return err
	}
	return retry.Never(errors.New("the platform shows follow-ups shortened"))
}

func TestAFollowUpNobodyCanFindIsResolvedByAPerson(t *testing.T) {
	for _, carried := range []bool{true, false} {
		t.Run(fmt.Sprint("carried out: ", carried), func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.wrap = func(p national.Platform) national.Platform {
					p.FollowUps = shortened{p.FollowUps}
					return p
				}
				fault := simulator.CloseBefore
				if carried {
					fault = simulator.CloseAfter
				}
				r.start()
				r.faults(simulator.Rule{Call: simulator.CallFollowUp, Fault: fault, Next: 1})
				primary, ref := r.followed(asks())
				if seen := r.toldAs(nil, ref, store.Held); seen.SentAt.IsZero() || seen.Reason != string(retry.CannotTell) {
					t.Errorf("it is %+v", seen)
				}
				if carried {
					id := r.sim.ByMarker(string(primary))[0].ID
					r.must(r.store.ResolveSent(r.Context(), ref, national.Ticket{ID: id}, time.Now()))
				} else {
					r.must(r.store.ResolveNotSent(r.Context(), ref, 0))
				}
				r.toldAs(nil, ref, store.Done)
				r.joinedOnce(primary, ref)
			})
		})
	}
}

func TestAPauseHoldsFollowUpsToo(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		primary, ref := r.followed(asks())
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "a test"}))
		pass(time.Second) // told already, or not any more
		before := r.story(ref).FollowUp
		pass(10 * time.Minute)
		if after := r.story(ref).FollowUp; *after != *before || before.State != store.Ready {
			t.Errorf("paused it went from %+v to %+v", before, after)
		}
		r.must(r.store.Resume(r.Context()))
		r.toldAs(nil, ref, store.Done)
		r.joinedOnce(primary, ref)
	})
}

// While the gate is closed nothing is added, and nothing of it is lost or counted as an attempt.
func TestFollowUpsWaitWhileCredentialsAreRefused(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.faults(simulator.Rule{Call: simulator.CallFollowUp, Fault: simulator.Unauthorized}, simulator.Rule{Call: simulator.CallInstitutions, Fault: simulator.Unauthorized})
		primary, ref := r.followed(asks())
		pass(30 * time.Minute)
		if n := r.sim.Stats().Calls[simulator.CallFollowUp]; n != 1 {
			t.Errorf("it was sent %d times while the credentials were refused", n)
		}
		r.faults()
		r.toldAs(nil, ref, store.Done)
		r.joinedOnce(primary, ref)
	})
}

// listed makes a complaint at the platform one that is known by its tracking id alone, as an official list does.
func (r *rig) listed(ref complaint.Ref, status complaint.Status) {
	r.Helper()
	r.must(storetest.Sabotage(r.T, r.store, "UPDATE ticket SET national_id = '', tracking_id = '7212345', sync_at = 0, status = '"+string(status)+"' WHERE ref = '"+string(ref)+"'"))
}

func TestAFollowUpOfWhatIsKnownByItsTrackingIDAloneWaitsForAPerson(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.MaxAttempts = 1 // the reason is the ticket, not how often it was tried
		r.start()
		primary := r.takeIn(report(1))[0]
		r.until(primary, store.Done)
		r.listed(primary, complaint.InProgress)
		ref := r.follows(primary, asks())
		seen := r.toldAs(nil, ref, store.Held)
		if !strings.Contains(seen.Detail, "7212345") || !strings.Contains(seen.Detail, "by hand") || seen.Reason != string(retry.CannotTell) || seen.Attempts != 1 || !seen.SentAt.IsZero() {
			t.Errorf("it is %+v", seen)
		}
		r.must(r.store.ResolveSent(r.Context(), ref, national.Ticket{ID: "7212345"}, time.Now()))
		r.toldAs(nil, ref, store.Done)
		if n := r.sim.Stats().Calls[simulator.CallFollowUp]; n != 0 {
			t.Errorf("the platform was asked %d times about a ticket without an id", n)
		}
		r.balanced()
	})
}

func TestAFollowUpOfAClosedComplaintKnownByItsTrackingIDAloneGoesAlone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		primary := r.takeIn(report(1))[0]
		r.until(primary, store.Done)
		r.listed(primary, complaint.Done)
		ref := r.follows(primary, asks())
		r.until(ref, store.Done)
		if story := r.story(ref); story.Earlier != primary || story.Primary != "" || r.atPlatform(ref) != 1 {
			t.Errorf("it is %+v", story)
		}
		r.balanced()
	})
}
