package relay

import (
	"testing"
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
