package relay

import (
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// A delivery that was claimed when the platform could not be asked just then, or the gateway stopped, is not overtaken by those
// that came after it.
func TestWhatWasNotTriedKeepsItsPlace(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	r := &Relay{now: func() time.Time { return now }}
	accepted := now.Add(-5 * time.Hour)
	for _, err := range []error{errNotTried, errStopping} {
		to := r.verdict(&attempt{r: r, claim: store.Claim{AcceptedAt: accepted}}, err)
		if to.State != store.Ready || !to.Uncounted || !to.Due.Equal(accepted) {
			t.Errorf("%v: %+v, want it ready, uncounted and due since %s", err, to, accepted)
		}
	}
	ahead := &attempt{r: r, claim: store.Claim{AcceptedAt: now.Add(time.Hour)}} // by a clock that was ahead
	if to := r.verdict(ahead, errNotTried); !to.Due.Equal(now) {
		t.Errorf("accepted ahead of now it is due at %s, want %s", to.Due, now)
	}
}
