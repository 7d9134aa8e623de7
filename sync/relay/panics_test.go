package relay_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
)

// However often something fails between what is claimed and its start, there is room for others afterwards, and who was claimed goes
// on when the lease has run out.
func TestAPanicKeepsNobodysRoom(t *testing.T) {
	for _, mode := range []string{"off", "link"} {
		for _, point := range []relay.Point{relay.BeforeDecide, relay.AfterClaim, relay.AfterDecide} {
			t.Run(fmt.Sprint(mode, " ", point), func(t *testing.T) {
				bubble(t, func(r *rig) {
					const panics, complaints = 60, 70
					left := panics
					r.cfg.Dedup.Mode = mode
					r.cfg.National.Rate = 8 // there is room for few
					r.at = func(p relay.Point) {
						if p == point && left > 0 {
							left--
							panic(errors.New("one bad job"))
						}
					}
					r.start()
					for n := range complaints {
						_, _ = r.relay.TakeIn(r.Context(), "portal", []complaint.Complaint{report(n)}) // what panics as it is kept is kept all the same
						pass(6 * time.Second)
					}
					pass(10 * time.Minute)
					if l := r.balanced(); l.Waiting > 0 || l.Accepted != complaints {
						r.Errorf("%d of %d wait yet, %d panics after they came in", l.Waiting, l.Accepted, panics-left)
					}
					if left > 0 {
						r.Errorf("%d panics fewer than there should be", left)
					}
				})
			})
		}
	}
}
