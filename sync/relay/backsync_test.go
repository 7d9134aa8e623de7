package relay_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// A platform that answers a question with 503 and says for how long is asked nothing in that time, by nobody.
func TestA503ThatSaysHowLongHoldsEverybody(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Call: simulator.CallStatus, Fault: simulator.Unavailable, RetryAfter: 10 * time.Minute, Next: 1})
		r.start()
		r.until(r.takeIn(report(1))[0], store.Done)
		pass(6 * time.Minute) // it is asked about after five
		if n := r.sim.Stats().Calls[simulator.CallStatus]; n != 1 {
			t.Fatalf("asked %d times", n)
		}
		ref := r.takeIn(report(2))[0]
		pass(8 * time.Minute)
		if n := r.atPlatform(ref); n != 0 {
			t.Error("it was sent in the time that the platform asked for")
		}
		r.until(ref, store.Done)
	})
}

// What the platform keeps from us, such as a ticket that has gone to another authority, pauses nobody as long as our credentials are
// not known to be refused.
func TestTicketsThatAreKeptFromUsPauseNobody(t *testing.T) {
	kept := simulator.Rule{Call: simulator.CallStatus, Fault: simulator.Forbidden}
	for name, faults := range map[string][]simulator.Rule{
		"the probe signs in":  {kept},
		"the probe is broken": {kept, {Call: simulator.CallInstitutions, Fault: simulator.BadGatewayBefore}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				for n := range 20 {
					r.until(r.takeIn(report(n))[0], store.Done)
				}
				r.faults(faults...)
				for n := range 60 {
					ref := r.takeIn(report(100 + n))[0]
					pass(10 * time.Second)
					if state := r.story(ref).State; state != store.Done {
						t.Fatalf("complaint %d is %s after ten seconds", n, state)
					}
					pass(50 * time.Second)
				}
				if n := r.sim.Stats().Calls[simulator.CallStatus]; n < 100 {
					t.Errorf("asked %d times about 80 tickets in an hour", n)
				}
				if n := r.logged("refuses our credentials"); n != 0 {
					t.Errorf("%d alarms:\n%s", n, r.log.String())
				}
			})
		})
	}
}

// Where nothing is forwarded, questions are the first that refused credentials are seen by.
func TestQuestionsThatAreRefusedWithTheProbePauseEverything(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		for n := range 20 {
			r.until(r.takeIn(report(n))[0], store.Done)
		}
		r.faults(simulator.Rule{Fault: simulator.Unauthorized})
		pass(time.Hour)
		if n := r.sim.Stats().Calls[simulator.CallStatus]; n > 20 {
			t.Errorf("with refused credentials %d questions were asked", n)
		}
		if n := r.logged("refuses our credentials"); n != 1 {
			t.Errorf("%d alarms:\n%s", n, r.log.String())
		}
		r.metric(`forwarding_paused{reason="sign_in"}`, 1)
		r.faults()
		r.until(r.takeIn(report(100))[0], store.Done)
		if n := r.logged("forwarding goes on"); n != 1 {
			t.Errorf("%d lines that it goes on:\n%s", n, r.log.String())
		}
	})
}

// A gateway that is frozen between the platform's answer and its record tells nobody what is no longer so: the one that
// asked meanwhile knows more.
func TestAnAnswerThatWasFrozenIsNoNews(t *testing.T) {
	bubble(t, func(r *rig) {
		says := national.State{Status: complaint.InProgress, Raw: "Dalam Proses"}
		r.wrap = func(p national.Platform) national.Platform {
			p.Status = platformSays(func() national.State { return says })
			return p
		}
		frozen := 0
		r.at = func(p relay.Point) {
			if p != relay.BeforeSync || frozen > 0 {
				return
			}
			frozen++
			<-time.After(6 * time.Minute)
			says = national.State{Status: complaint.Postponed, Raw: "Tertunda"}
			asked, err := r.store.ClaimSync(r.Context(), 1, time.Minute) // as another gateway does
			r.must(err)
			r.must(r.store.Record(r.Context(), asked[0].Ref, store.Observation{
				State: says, SyncAt: time.Now().Add(time.Hour), Held: asked[0].Until,
			}))
		}
		r.start()
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Done)
		pass(45 * time.Minute)
		if story := r.story(ref); frozen != 1 || story.Status != complaint.Postponed || story.StatusRaw != "Tertunda" {
			t.Errorf("frozen %d times, it is %s (%s)", frozen, story.Status, story.StatusRaw)
		}
		if told, want := r.channel.heard("1"), []complaint.Status{complaint.Forwarded, complaint.Postponed}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

type platformSays func() national.State

func (says platformSays) Status(context.Context, string) (national.State, error) { return says(), nil }
