package relay_test

import (
	"errors"
	"fmt"
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
		set := r.clock()
		set(365 * 24 * time.Hour)
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
		set(0)
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

// A clock that is set two months on makes nothing two months old: what fails once more is tried again. Nor do two months in which the
// gateway was off, which is the same when it was started the next time.
func TestAClockThatIsSetOnGivesNothingUp(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		t.Run(fmt.Sprint("stopped ", stopped), func(t *testing.T) {
			bubble(t, func(r *rig) {
				set := r.clock()
				setOn := func(months time.Duration) {
					if stopped {
						r.halt()
						defer r.start()
					}
					set(months * 30 * 24 * time.Hour)
				}
				r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable, Next: 3})
				r.channel.refuse["1"] = errors.New("bukan hari ini")
				r.start()
				ref := r.takeIn(report(1))[0]
				r.failedOnce(ref)
				setOn(2)
				if story := r.until(ref, store.Done, store.Dead); story.State != store.Done {
					t.Fatalf("it is %s (%s: %s)", story.State, story.Reason, story.Detail)
				}
				pass(time.Minute) // the portal refuses the news
				setOn(4)
				pass(10 * time.Minute)
				r.channel.mu.Lock()
				delete(r.channel.refuse, "1")
				r.channel.mu.Unlock()
				pass(30 * time.Minute)
				if heard, want := r.channel.heard("1"), []complaint.Status{complaint.Forwarded}; !slices.Equal(heard, want) {
					t.Errorf("the portal heard %v, want %v", heard, want)
				}
			})
		})
	}
}

// failedOnce waits for a first attempt that fails.
func (r *rig) failedOnce(ref complaint.Ref) {
	r.Helper()
	pass(5 * time.Second)
	if story := r.story(ref); story.State != store.Ready || story.Attempts != 1 {
		r.Fatalf("it is %s after %d attempts (%s)", story.State, story.Attempts, story.Reason)
	}
}

// A clock that is set on by days does not make a question old, also when the gateway was stopped meanwhile: who said hello is
// asked once the channel can be spoken on.
func TestAClockThatIsSetOnSilencesNoQuestion(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		t.Run(fmt.Sprint("stopped ", stopped), func(t *testing.T) {
			bubble(t, func(r *rig) {
				c, set := newChat(r), r.clock()
				c.refuse = retry.Because(errors.New("the gateway of the operator is down"), retry.Unavailable)
				r.start()
				r.hears(says("b1", budi, "halo"))
				pass(3 * time.Minute)
				if stopped {
					r.halt()
				}
				set(3 * 24 * time.Hour)
				if stopped {
					r.start()
				}
				pass(10 * time.Minute)
				c.mu.Lock()
				c.refuse = nil
				c.mu.Unlock()
				pass(2 * time.Hour)
				if told := c.heard(budi); len(told) != 1 {
					t.Errorf("he was told %q, want one question", told)
				}
				r.balanced()
			})
		})
	}
}

// Nor does it cost the photo that cannot be had just then.
func TestAClockThatIsSetOnCostsNoPhoto(t *testing.T) {
	bubble(t, func(r *rig) {
		c, set := newChat(r), r.clock()
		c.missing["foto"] = errors.New("not just now")
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), shows("m2", siti, "foto"))
		pass(2 * time.Minute)
		set(3 * 24 * time.Hour)
		pass(2 * time.Minute)
		c.mu.Lock()
		delete(c.missing, "foto")
		c.mu.Unlock()
		pass(15 * time.Minute)
		if got := r.ticket(r.filedOne().Ref); len(got.Attachments) != 1 {
			t.Errorf("it arrived with %d files as %q", len(got.Attachments), got.Content)
		}
		r.balanced()
	})
}

// clock gives the gateway a clock of its own, and returns what sets it, by so much from the right time.
func (r *rig) clock() (set func(time.Duration)) {
	var off atomic.Int64
	r.now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
	return func(by time.Duration) { off.Store(int64(by)) }
}
