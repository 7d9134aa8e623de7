package relay_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

func (r *rig) logged(words string) int { return strings.Count(r.log.String(), words) }

func TestAFailingPlatformIsTriedWithOneRealDeliveryAMinuteAndOneLogLine(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Concurrency = 8
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable})
		r.start()
		var refs []complaint.Ref
		for n := range 40 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		pass(30 * time.Second) // the first failures
		creates := func() int { return r.sim.Stats().Calls[simulator.CallCreate] }
		first := creates()
		for minute := range 20 {
			before := creates()
			pass(time.Minute)
			if tried := creates() - before; tried > 1 {
				t.Errorf("minute %d: %d deliveries were tried at once", minute, tried)
			}
		}
		if n := creates() - first; n < 19 || n > 21 {
			t.Errorf("%d deliveries in twenty minutes, want one a minute", n)
		}
		r.metric(`forwarding_paused{reason="breaker"}`, 1)
		if paused, on := r.logged("forwarding is paused"), r.logged("forwarding goes on"); paused != 1 || on != 0 {
			t.Errorf("%d lines that it is paused, %d that it goes on:\n%s", paused, on, r.log.String())
		}
		r.faults()
		pass(2 * time.Minute)
		for _, ref := range refs {
			if story := r.story(ref); story.State != store.Done {
				t.Errorf("two minutes after the platform is back %s is %s until %s", ref, story.State, story.DueAt)
			}
		}
		if on := r.logged("forwarding goes on"); on != 1 {
			t.Errorf("%d lines that it goes on:\n%s", on, r.log.String())
		}
		r.metric(`forwarding_paused{reason="breaker"}`, 0)
	})
}

// A certificate or an address is mended by a reload or a new start: nobody sees then that the platform works again.
func TestAfterARestartWhatWaitsOutAPauseIsTriedAtOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable})
		r.start()
		var refs []complaint.Ref
		for n := range 10 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		pass(3 * time.Hour)
		r.halt()
		r.faults()
		r.start()
		pass(time.Minute)
		for _, ref := range refs {
			if story := r.story(ref); story.State != store.Done {
				t.Errorf("a minute after the restart %s is %s until %s", ref, story.State, story.DueAt)
			}
		}
	})
}

// Who is refused and asks with each complaint that comes in is locked out.
func TestRefusedCredentialsAreTriedNoMoreOftenHoweverMuchComesIn(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(
			simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unauthorized},
			simulator.Rule{Call: simulator.CallInstitutions, Fault: simulator.Unauthorized},
		)
		r.start()
		first := r.cfg.Delivery.Backoff.First.D()
		const in = 200
		for n := range in {
			r.takeIn(report(n))
			pass(10 * first / in)
		}
		if probes := r.sim.Stats().Calls[simulator.CallInstitutions]; probes < 9 || probes > 11 {
			t.Errorf("%d probes in ten times %s", probes, first)
		}
	})
}

func TestA403DeniesLikeA401AndTheProbeObeysAPlatformThatWantsTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(
			simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Forbidden},
			simulator.Rule{Call: simulator.CallInstitutions, Fault: simulator.Throttle, RetryAfter: time.Hour},
		)
		r.start()
		ref := r.takeIn(report(1))[0]
		pass(50 * time.Minute)
		if probes := r.sim.Stats().Calls[simulator.CallInstitutions]; probes != 1 {
			t.Errorf("%d probes of a platform that asked for an hour", probes)
		}
		if n := r.logged("refuses our credentials"); n != 1 {
			t.Errorf("%d alarms:\n%s", n, r.log.String())
		}
		r.metric(`forwarding_paused{reason="sign_in"}`, 1)
		r.faults()
		r.until(ref, store.Done)
		if n := r.logged("forwarding goes on"); n != 1 {
			t.Errorf("%d lines that it goes on:\n%s", n, r.log.String())
		}
	})
}

func TestAPauseForTwoHoursEndsByItself(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		began := time.Now()
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "pemeliharaan", Until: began.Add(2 * time.Hour)}))
		pass(10 * time.Second)
		ref := r.takeIn(report(1))[0]
		pass(2*time.Hour - 20*time.Second)
		if state := r.story(ref).State; state != store.Ready {
			t.Errorf("paused, it is %s", state)
		}
		r.metric(`forwarding_paused{reason="operator"}`, 1)
		r.until(ref, store.Done)
		if late := time.Since(began) - 2*time.Hour; late > 15*time.Second {
			t.Errorf("it went on %s after the pause had ended", late)
		}
		if n := strings.Count(r.log.String(), "\n"); n != 2 {
			t.Errorf("%d log lines about one pause:\n%s", n, r.log.String())
		}
	})
}

func TestAThrottledPlatformIsAskedLessAndThenTheWholeRateAgain(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Rate, r.cfg.National.Concurrency = 4, 4
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Throttle, RetryAfter: 2 * time.Minute, Skip: 20, Next: 1})
		r.start()
		var many []complaint.Complaint
		for n := range 400 {
			many = append(many, report(n))
		}
		r.takeIn(many...)
		pass(30 * time.Second)
		r.metric(`forwarding_paused{reason="throttled"}`, 1)
		r.metric(`platform_rate{}`, 2)
		held := len(r.sim.Complaints())
		pass(90 * time.Second)
		if n := len(r.sim.Complaints()) - held; n > 0 {
			t.Errorf("%d complaints were sent while the platform wanted time", n)
		}
		pass(2 * time.Minute)
		r.metric(`platform_rate{}`, 4)
		if less, again := r.logged("asked less often"), r.logged("configured rate again"); less != 1 || again != 1 {
			t.Errorf("%d lines that it is asked less, %d that it is not any more:\n%s", less, again, r.log.String())
		}
	})
}

func TestAnAttemptAndItsTimeAreWrittenBeforeItIsMade(t *testing.T) {
	bubble(t, func(r *rig) {
		m := &meddler{path: "/complaints/complaint", meet: dying(false, 0), left: 1, reached: map[string]int{}}
		r.between = func(base http.RoundTripper) http.RoundTripper {
			m.base = base
			return m
		}
		r.start()
		ref := r.takeIn(report(1))[0]
		for !m.buried() {
			pass(time.Second)
		}
		story := r.story(ref)
		if story.Attempts != 1 || story.State != store.Leased || story.SentAt.IsZero() || len(story.Attempted) != 0 {
			t.Errorf("during the attempt it is %s, with %d attempts, sent at %s", story.State, story.Attempts, story.SentAt)
		}
		var first int64
		r.must(r.store.Handle().GetContext(r.Context(), &first, "SELECT first_attempt_at FROM delivery"))
		if at := time.UnixMilli(first); at.Before(story.AcceptedAt) || at.After(time.Now()) {
			t.Errorf("the first attempt is said to be at %s", at)
		}
		r.crash()
		r.start()
		if story := r.until(ref, store.Done); story.Attempts < 2 {
			t.Errorf("after a death and a success %d attempts are counted", story.Attempts)
		}
	})
}

// sick is a platform whose code fails on some complaints, in the middle of a step.
type sick struct{ national.Submitter }

func (s sick) Submit(ctx context.Context, sub national.Submission, j national.Journal) (national.Ticket, error) {
	if !strings.Contains(sub.Complaint.Text, "beracun") {
		return s.Submitter.Submit(ctx, sub, j)
	}
	_, err := j.Do(ctx, national.Step{Name: national.StepCreate}, func(context.Context) (string, error) {
		var nothing map[string]int
		nothing["x"] = 1
		return "", errors.New("not reached")
	})
	return national.Ticket{}, err
}

func TestPoisonedComplaintsAreContainedCountedAndBlockNobody(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Concurrency = 2
		r.cfg.Dedup.Mode = "off" // they are told in the same words
		r.cfg.Delivery.Backoff.Max = config.Duration(time.Minute)
		r.wrap = func(p national.Platform) national.Platform {
			p.Submit = sick{p.Submit}
			return p
		}
		r.start()
		var poison, fine []complaint.Ref
		for n := range 30 {
			c := report(n)
			if n < 8 { // more than there are workers, and more than the breaker takes
				c.Text = "Air beracun di Midai"
				c.Class = complaint.Supervised
			}
			refs := r.takeIn(c)
			if n < 8 {
				poison = append(poison, refs...)
			} else {
				fine = append(fine, refs...)
			}
		}
		pass(30 * time.Second)
		for _, ref := range fine {
			if state := r.story(ref).State; state != store.Done {
				t.Errorf("%s is %s behind poisoned ones", ref, state)
			}
		}
		attempts := 0
		for _, ref := range poison {
			story := r.until(ref, store.Held)
			attempts += story.Attempts
			if story.Attempts > 12 { // five that fail, and the lookups between them
				t.Errorf("a poisoned complaint was tried %d times", story.Attempts)
			}
		}
		r.metric(`forwarding_paused{reason="breaker"}`, 0)
		pass(time.Minute)
		r.metric(`deliveries{state="held"}`, 8)
		if ledger := r.balanced(); ledger.Held != 8 || ledger.Delivered != 22 {
			t.Errorf("ledger %+v after %d attempts", ledger, attempts)
		}
	})
}
