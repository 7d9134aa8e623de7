package relay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// A firewall in front of the platform dislikes the words of one complaint and says 403: others go on, and a person looks at it.
func TestWhatThePlatformRefusesToLetInAloneIsForAPerson(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Backoff.Max = config.Duration(2 * time.Minute)
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Forbidden, Word: "drop table"})
		r.start()
		disliked := report(0)
		disliked.Text = "Warung di Ranai menulis DROP TABLE di dindingnya"
		ref := r.takeIn(disliked)[0]
		for n := range 12 {
			r.until(r.takeIn(report(n + 1))[0], store.Done)
			pass(2 * time.Minute)
		}
		story := r.story(ref)
		if story.State != store.Held || !strings.Contains(story.Detail, "takes others and refuses this one") || !strings.Contains(story.Detail, "403") {
			t.Errorf("it is %s: %s", story.State, story.Detail)
		}
		if r.atPlatform(ref) != 0 {
			t.Error("it is at the platform")
		}
		r.sim.ClearFaults()
		r.must(r.store.Retry(r.Context(), ref))
		r.until(ref, store.Done)
		r.balanced()
	})
}

// While nobody's is taken it is the credentials, however long that lasts: nothing is given up, nor given to a person.
func TestRefusedCredentialsGiveNothingToAPerson(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Backoff.Max = config.Duration(10 * time.Minute)
		r.start()
		primary := r.takeIn(report(1))[0]
		r.until(primary, store.Done)
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Forbidden}) // the probe signs in all the while
		ref := r.takeIn(report(2))[0]
		for n := range 12 { // and what is added to earlier tickets is taken
			pass(15 * time.Minute)
			r.toldAs(nil, r.follows(primary, complaint.Complaint{SourceID: fmt.Sprint("asks ", n), Text: fmt.Sprintf("Kapan lampu nomor %d diperbaiki?", n)}), store.Done)
		}
		if story := r.story(ref); story.State == store.Held || story.State == store.Dead || story.Attempts <= 10 {
			t.Errorf("after %d attempts it is %s: %s", story.Attempts, story.State, story.Detail)
		}
		r.sim.ClearFaults()
		r.until(ref, store.Done)
	})
}
