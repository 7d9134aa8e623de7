package relay_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// A decision waits for room to forward, but never for long: an urgent complaint behind hundreds that are not decided yet goes
// before them.
func TestWhatIsUrgentOvertakesWhatIsNotDecidedYet(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Rate, r.cfg.National.Concurrency = 20, 4
		r.start()
		many := make([]complaint.Complaint, 600)
		for i := range many {
			many[i] = report(i)
		}
		many[599].Class = complaint.Supervised
		refs := r.takeIn(many...)
		urgent := refs[599]
		began := time.Now()
		r.until(urgent, store.Done)
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("it waited for %s", took)
		}
		at := slices.IndexFunc(r.sim.Complaints(), func(c simulator.Complaint) bool { return strings.Contains(c.Content, string(urgent)) })
		if at < 0 || at > 120 {
			t.Errorf("it came to the platform as number %d of %d", at, len(refs))
		}
	})
}
