package relay

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

// A start that was recorded with the claim stands for one request that goes out at once, and for no other.
func TestARecordedStartStandsForOneRequestOnly(t *testing.T) {
	create := national.Step{Name: national.StepCreate}
	stands := func(a *attempt, step national.Step) bool {
		_, ok := a.recordedWithClaim(step)
		return ok
	}
	r := &Relay{cfg: &config.Config{Delivery: config.Delivery{Settle: config.Duration(time.Minute)}}}
	fresh := &attempt{r: r, claim: store.Claim{Begun: create.Name}, claiming: time.Now()}
	if !stands(fresh, create) || stands(fresh, create) {
		t.Error("it stands for none, or for two")
	}
	old := &attempt{r: r, claim: store.Claim{Begun: create.Name}, claiming: time.Now().Add(-time.Second - time.Millisecond)}
	if stands(old, create) {
		t.Error("it stands for a request that had to wait")
	}
	r.cfg.Delivery.Settle = config.Duration(400 * time.Millisecond)
	late := &attempt{r: r, claim: store.Claim{Begun: create.Name}, claiming: time.Now().Add(-150 * time.Millisecond)}
	if stands(late, create) {
		t.Error("it stands for a request whose time is nearly over")
	}
	r.cfg.Delivery.Settle = config.Duration(time.Minute)
	other := &attempt{r: r, claim: store.Claim{Begun: create.Name}, claiming: time.Now()}
	if stands(other, national.Step{Name: "upload"}) || stands(other, create) {
		t.Error("it stands for another step, or for its own after that")
	}
}

// What is recorded to go out is what goes out within a moment.
func TestNoMoreIsBegunThanGoesOutInAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for rate, want := range map[float64]int{5: 0, 100: 5, 2000: 100} {
			if n := NewLimiter(rate).soon(); n != want {
				t.Errorf("at %v a second: %d, want %d", rate, n, want)
			}
		}
		slowed := NewLimiter(2000)
		slowed.Hold(50 * time.Millisecond)
		if n := slowed.soon(); n != 0 {
			t.Errorf("while the platform wants time: %d", n)
		}
		if err := slowed.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := slowed.soon(); n == 0 || n > 50 {
			t.Errorf("at half of 2000 a second: %d, want no more than 50", n)
		}
		if n := NewLimiter(2000).Succeed(slowed).soon(); n == 0 || n > 50 {
			t.Errorf("at half of 2000 a second, after a reload: %d, want no more than 50", n)
		}
	})
}

// idleDispatcher has nothing to do, and four requests at once to do it with.
func idleDispatcher(t *testing.T) *dispatcher {
	t.Helper()
	r := &Relay{cfg: &config.Config{National: config.National{Rate: 1e6, Concurrency: 4}}, limiter: NewLimiter(1e6), now: time.Now}
	r.gate = newGate(r)
	d := r.newDispatcher(t.Context(), t.Context())
	t.Cleanup(d.finish)
	return d
}

// Nothing is recorded to go out behind requests that take longer than a moment, nor ahead of what waits.
func TestNoMoreIsBegunThanThePlatformAnswersInAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := idleDispatcher(t)
		soon := func(want int, when string) {
			t.Helper()
			if n := d.soon(); n != want {
				t.Errorf("%s: %d, want %d", when, n, want)
			}
		}
		soon(4, "before any was answered, four at once")
		d.slotHeld(10 * time.Millisecond)
		soon(24, "of requests of 10 ms: 4 now and 20 in 50 ms")
		leave := make([]func(time.Duration), cap(d.slots))
		for i := range leave {
			var err error
			if leave[i], err = d.enter(); err != nil {
				t.Fatal(err)
			}
		}
		soon(20, "with four under way")
		var waiting sync.WaitGroup
		for range 18 {
			waiting.Go(func() {
				if leave, err := d.enter(); err == nil {
					leave(0)
				}
			})
		}
		synctest.Wait()
		soon(2, "with 18 waiting")
		for _, leave := range leave {
			leave(0)
		}
		waiting.Wait()
		for range 400 {
			d.slotHeld(time.Second)
		}
		soon(4, "of requests of a second")
	})
}

// What it takes to record that a request goes out is none of the platform's time: were it counted, less and less would be recorded with
// its claim, and more and more take that time.
func TestRecordingDoesNotMakeThePlatformSeemSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := idleDispatcher(t)
		d.r.at, d.r.cfg.Delivery.Settle = func(Point) {}, config.Duration(time.Minute)
		a := &attempt{r: d.r, begin: func(context.Context, national.Step) error {
			sleep(t.Context(), 90*time.Millisecond, nil)
			return nil
		}}
		err := d.r.attempt(d, a, func(ctx context.Context) error {
			_, _, err := a.take(ctx, national.Step{Name: national.StepCreate}, func(context.Context) (string, error) {
				sleep(t.Context(), 10*time.Millisecond, nil)
				return "", nil
			})
			return err
		})
		if n := d.soon(); err != nil || n != 24 {
			t.Errorf("%d, %v; want 24: 4 now and 20 in 50 ms, of requests of 10 ms", n, err)
		}
	})
}

// A backlog that is over in a moment is waited for, so that what is decided meanwhile does not add to it for ever; one that lasts is
// not.
func TestABacklogIsWaitedForWhileItIsYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := idleDispatcher(t)
		if !d.await(t.Context(), d.decides, decidePatience) {
			t.Error("there is room and no backlog, and it is waited for")
		}
		d.setBacklog(true)
		began := time.Now()
		time.AfterFunc(decidePatience/2, func() { d.setBacklog(false) })
		if !d.await(t.Context(), d.decides, decidePatience) || time.Since(began) != decidePatience/2 {
			t.Errorf("a young backlog was over after %s, waited for %s", decidePatience/2, time.Since(began))
		}
		d.setBacklog(true)
		began = time.Now()
		if d.await(t.Context(), d.decides, decidePatience) || time.Since(began) != decidePatience {
			t.Errorf("a young backlog that stays was waited for for %s", time.Since(began))
		}
		<-time.After(lasting)
		began = time.Now()
		if d.await(t.Context(), d.decides, decidePatience) || time.Since(began) != 0 {
			t.Errorf("a backlog that lasts was waited for for %s", time.Since(began))
		}
	})
}
