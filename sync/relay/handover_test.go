package relay_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// handing has every complaint handed over.
type handing struct{ national.Submitter }

func (h handing) Submit(ctx context.Context, s national.Submission, j national.Journal) (national.Ticket, error) {
	s.HandOver = "21999"
	return h.Submitter.Submit(ctx, s, j)
}

func handsOver(p national.Platform) national.Platform {
	p.Submit = handing{p.Submit}
	return p
}

// Each way in which the hand-over can fail, met once: the complaint is there once and handed over once, and nothing calls
// it failed, with and without a look-up.
func TestEachFaultOfAHandOverEndsHandedOverOnce(t *testing.T) {
	for _, fault := range simulator.KnownFaults() {
		if fault == simulator.Refuse {
			continue // see TestARefusedHandOverIsForAPerson
		}
		for _, lookup := range []string{"search", "none"} {
			t.Run(fmt.Sprintf("%s, lookup %s", fault, lookup), func(t *testing.T) {
				bubble(t, func(r *rig) {
					r.lookup, r.wrap = lookup, handsOver
					rule := simulator.Rule{Call: simulator.CallReject, Fault: fault, Next: 1}
					if fault == simulator.Slow || fault == simulator.Late {
						rule.Delay = 30 * time.Second
					}
					r.faults(rule)
					r.start()
					ref := r.takeIn(report(1))[0]
					r.until(ref, store.Done)
					r.sim.Wait()
					r.handedOver(r.sim.ByMarker(string(ref)))
					r.balanced()
				})
			})
		}
	}
}

// handedOver asserts that there is one complaint and that it was handed over once: its arrival and that are its events.
func (r *rig) handedOver(got []simulator.Complaint) {
	r.Helper()
	if len(got) != 1 || got[0].Holder.ID != "21999" || got[0].Events != 2 {
		r.Errorf("at the platform: %+v", got)
	}
}

// The platform has answered with its number when the database fails, and a hand-over is still to come: nobody has to look
// the number up.
func TestANumberThatCannotBeRecordedAtOnceIsNotForgotten(t *testing.T) {
	bubble(t, func(r *rig) {
		r.lookup, r.wrap = "none", handsOver
		r.at = func(p relay.Point) {
			if p != "create:answer" {
				return
			}
			rename := func(from, to string) {
				_, err := r.store.Handle().Exec("ALTER TABLE " + from + " RENAME TO " + to)
				r.must(err)
			}
			rename("ticket", "gone")
			time.AfterFunc(5*time.Second, func() { rename("gone", "ticket") })
		}
		r.start()
		ref := r.takeIn(report(1))[0]
		pass(20 * time.Second)
		r.until(ref, store.Done, store.Held)
		r.sim.Wait()
		r.handedOver(r.sim.ByMarker(string(ref)))
		if story := r.story(ref); story.State != store.Done {
			t.Errorf("it is %s: %s", story.State, story.Detail)
		}
		r.balanced()
	})
}

// A delivery is taken over while its answer comes: what it says is recorded all the same, and nobody has to look for it.
func TestANumberWhoseDeliveryWasTakenOverIsNotForgotten(t *testing.T) {
	for name, handOver := range map[string]string{"created": "", "created and to be handed over": "21999"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.lookup, r.cfg.Routing.Fallback.HandOver = "none", handOver
				r.at = func(p relay.Point) {
					if p != "create:answer" {
						return
					}
					_, err := r.store.Handle().Exec("UPDATE delivery SET lease_until = 1")
					r.must(err)
					_, err = r.store.Rescue(r.Context(), "") // unless the sweep did just now
					r.must(err)
					var taken int
					r.must(r.store.Handle().Get(&taken, "SELECT count(*) FROM delivery WHERE state <> 'leased' OR fence > 1"))
					if taken != 1 {
						r.Errorf("%d were taken over", taken)
					}
				}
				r.start()
				ref := r.takeIn(report(1))[0]
				pass(20 * time.Second)
				story := r.story(ref)
				if n := r.atPlatform(ref); story.State != store.Done || n != 1 || story.NationalID != r.sim.ByMarker(string(ref))[0].ID {
					t.Errorf("it is %s (%s), %d times at the platform, known as %q", story.State, story.Detail, n, story.NationalID)
				}
				if handOver != "" {
					r.sim.Wait()
					r.handedOver(r.sim.ByMarker(string(ref)))
				}
				r.balanced()
			})
		})
	}
}

// A slow platform may still be handing over when its answer is given up: nothing is asked or sent before the settle time.
func TestAHandOverIsNotRepeatedBeforeTheSettleTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.wrap = handsOver
		r.cfg.Delivery.Backoff.First = config.Duration(time.Second)
		r.cfg.National.Timeout = config.Duration(2 * time.Second)
		r.faults(simulator.Rule{Call: simulator.CallReject, Fault: simulator.Late, Delay: 50 * time.Second, Next: 1})
		r.start()
		ref := r.takeIn(report(1))[0]
		pass(40 * time.Second)
		if story := r.story(ref); story.State != store.Unknown || story.NationalID == "" {
			t.Errorf("after 40 seconds it is %s, at the platform as %q", story.State, story.NationalID)
		}
		r.until(ref, store.Done)
		r.handedOver(r.sim.ByMarker(string(ref)))
	})
}

func TestARefusedHandOverIsForAPerson(t *testing.T) {
	bubble(t, func(r *rig) {
		r.wrap = handsOver
		r.faults(simulator.Rule{Call: simulator.CallReject, Fault: simulator.Refuse, Message: "Laporan bukan milik instansi Anda"})
		r.start()
		ref := r.takeIn(report(1))[0]
		story := r.until(ref, store.Held, store.Dead)
		if story.State != store.Held || !strings.Contains(story.Detail, "Laporan bukan milik instansi Anda") || story.NationalID == "" {
			t.Errorf("%s: %s, at the platform as %q", story.State, story.Detail, story.NationalID)
		}
		r.must(r.store.ResolveSent(r.Context(), ref, national.Ticket{ID: story.NationalID}, time.Now()))
		r.balanced()
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("it is %d times at the platform", n)
		}
	})
}

// Put back by a person it is handed over again, and not created.
func TestARefusedHandOverCanBeTriedAgain(t *testing.T) {
	bubble(t, func(r *rig) {
		r.wrap = handsOver
		r.start()
		for i, again := range []func(store.Story) error{
			func(s store.Story) error { return r.store.Retry(r.Context(), s.Ref) },
			func(s store.Story) error { return r.store.ResolveNotSent(r.Context(), s.Ref, 0) },
		} {
			r.faults(simulator.Rule{Call: simulator.CallReject, Fault: simulator.Refuse, Next: 1})
			ref := r.takeIn(report(i))[0]
			r.must(again(r.until(ref, store.Held)))
			r.until(ref, store.Done)
			r.handedOver(r.sim.ByMarker(string(ref)))
		}
	})
}

// A gateway that dies while the hand-over is under way makes no second ticket and hands nothing over twice.
func TestAStopDuringAHandOverDoublesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		r.lookup, r.wrap = "none", handsOver
		r.faults(simulator.Rule{Call: simulator.CallReject, Fault: simulator.HangAfter, Next: 1})
		r.start()
		ref := r.takeIn(report(1))[0]
		pass(5 * time.Second)
		r.halt()
		r.start()
		r.until(ref, store.Done)
		r.handedOver(r.sim.ByMarker(string(ref)))
	})
}

func TestAnUnknownOutcomeSaysWhatElseCanTell(t *testing.T) {
	bubble(t, func(r *rig) {
		r.lookup = "export"
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Next: 1})
		r.start()
		story := r.until(r.takeIn(report(1))[0], store.Held)
		if story.Reason != string(retry.CannotTell) || !strings.Contains(story.Detail, "satupintu import lapor-export FILE.xlsx") {
			t.Errorf("held for %s: %s", story.Reason, story.Detail)
		}
	})
}
