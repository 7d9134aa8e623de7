package relay

import (
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
	r := &Relay{cfg: &config.Config{Delivery: config.Delivery{Settle: config.Duration(time.Minute)}}}
	fresh := &attempt{r: r, claim: store.Claim{Begun: create.Name}, begun: time.Now()}
	if !fresh.hasBegun(create) || fresh.hasBegun(create) {
		t.Error("it stands for none, or for two")
	}
	old := &attempt{r: r, claim: store.Claim{Begun: create.Name}, begun: time.Now().Add(-time.Second - time.Millisecond)}
	if old.hasBegun(create) {
		t.Error("it stands for a request that had to wait")
	}
	r.cfg.Delivery.Settle = config.Duration(400 * time.Millisecond)
	late := &attempt{r: r, claim: store.Claim{Begun: create.Name}, begun: time.Now().Add(-150 * time.Millisecond)}
	if late.hasBegun(create) {
		t.Error("it stands for a request whose time is nearly over")
	}
	r.cfg.Delivery.Settle = config.Duration(time.Minute)
	other := &attempt{r: r, claim: store.Claim{Begun: create.Name}, begun: time.Now()}
	if other.hasBegun(national.Step{Name: "upload"}) || other.hasBegun(create) {
		t.Error("it stands for another step, or for its own after that")
	}
}

// What is recorded to go out is what goes out within a moment.
func TestNoMoreIsBegunThanGoesOutInAMoment(t *testing.T) {
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

// Nothing is recorded to go out behind requests that take longer than a moment.
func TestNoMoreIsBegunThanThePlatformAnswersInAMoment(t *testing.T) {
	d := idleDispatcher(t)
	for range 200 {
		d.took(10 * time.Millisecond)
	}
	if n := d.soon(); n < 20 || n > 28 {
		t.Errorf("of requests of 10 ms, four at once: %d, want 4 now and 20 in 50 ms", n)
	}
	for range 200 {
		d.took(time.Second)
	}
	if n := d.soon(); n != 4 {
		t.Errorf("of requests of a second, four at once: %d, want 4", n)
	}
	leave, err := d.enter()
	if err != nil {
		t.Fatal(err)
	}
	if n := d.soon(); n != 3 {
		t.Errorf("with one under way: %d, want 3", n)
	}
	leave()
}

// A backlog that is over in a moment is waited for, so that what is decided meanwhile does not add to it for ever; one that lasts is
// not.
func TestABacklogIsWaitedForWhileItIsYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := idleDispatcher(t)
		if !d.await(t.Context(), d.decides, roomSoon) {
			t.Error("there is room and no backlog, and it is waited for")
		}
		d.setBacklog(true)
		began := time.Now()
		time.AfterFunc(roomSoon/2, func() { d.setBacklog(false) })
		if !d.await(t.Context(), d.decides, roomSoon) || time.Since(began) != roomSoon/2 {
			t.Errorf("a young backlog was over after %s, waited for %s", roomSoon/2, time.Since(began))
		}
		d.setBacklog(true)
		began = time.Now()
		if d.await(t.Context(), d.decides, roomSoon) || time.Since(began) != roomSoon {
			t.Errorf("a young backlog that stays was waited for for %s", time.Since(began))
		}
		<-time.After(lasting)
		began = time.Now()
		if d.await(t.Context(), d.decides, roomSoon) || time.Since(began) != 0 {
			t.Errorf("a backlog that lasts was waited for for %s", time.Since(began))
		}
	})
}
