package relay

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/retry"
)

// What only waits until nothing can be under way any more has asked the platform nothing.
func TestWaitingForTheSettleTimeSaysNothingAboutThePlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Relay{cfg: &config.Config{}}
		r.cfg.Delivery.Breaker = config.Breaker{Failures: 2, OpenFor: config.Duration(time.Minute)}
		g := newGate(r)
		attempt := func(err error) {
			_, _ = g.breaker.Execute(func() (struct{}, error) { return struct{}{}, err })
		}
		for range 5 {
			attempt(errSettling)
		}
		if got := g.breaker.State(); got != gobreaker.StateClosed {
			t.Errorf("the breaker is %s after five that only waited", got)
		}
		for range 2 {
			attempt(retry.Because(errors.New("503"), retry.Unavailable))
		}
		if got := g.breaker.State(); got != gobreaker.StateOpen {
			t.Fatalf("the breaker is %s after two failures", got)
		}
		<-time.After(time.Minute + time.Second)
		attempt(errSettling)
		if got := g.breaker.State(); got != gobreaker.StateHalfOpen {
			t.Errorf("the breaker is %s after its trial only waited", got)
		}
		attempt(nil)
		if got := g.breaker.State(); got != gobreaker.StateClosed {
			t.Errorf("the breaker is %s after a trial that worked", got)
		}
	})
}
