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
		for n := range 16 {
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
		for n := range 16 { // and what is added to earlier tickets is taken
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

// withPhoto is a complaint with one photo, which holds these words.
func (r *rig) withPhoto(n int, words string) complaint.Complaint {
	r.Helper()
	c := report(n)
	c.Attachments = []complaint.Attachment{r.put(fmt.Sprintf("foto-%d.jpg", n), words)}
	return c
}

// photos is how many photos a complaint has at the platform, where it must be once, and whether its text says that one is missing.
func (r *rig) photos(ref complaint.Ref) (there int, missing bool) {
	r.Helper()
	got := r.sim.ByMarker(string(ref))
	if len(got) != 1 {
		r.Fatalf("%s is %d times at the platform", ref, len(got))
	}
	return len(got[0].Attachments), strings.Contains(got[0].Content, "1 lampiran tidak dapat dikirim")
}

// One photo at which the platform fails every time, in whichever way, keeps its complaint back for as long as it takes to know
// that it is the photo; then it goes without.
func TestAPhotoAtWhichThePlatformFailsEveryTimeStaysBehind(t *testing.T) {
	for _, fault := range []simulator.Fault{simulator.ServerErrorBefore, simulator.ServerErrorAfter, simulator.Empty} {
		t.Run(string(fault), func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.cfg.Delivery.Backoff.Max = config.Duration(2 * time.Minute)
				r.faults(simulator.Rule{Call: simulator.CallFile, Fault: fault, Word: "rusak"})
				r.start()
				ref := r.takeIn(r.withPhoto(0, "foto rusak"))[0]
				pass(time.Second)
				for n := range 16 {
					other := r.takeIn(r.withPhoto(n+1, fmt.Sprintf("foto nomor %d", n)))[0]
					r.until(other, store.Done)
					if there, missing := r.photos(other); there != 1 || missing {
						t.Errorf("of another one %d photos are there", there)
					}
					if state := r.story(ref).State; n < 6 && state == store.Done {
						r.Fatalf("it went without its photo after %d others", n+1)
					}
					pass(2 * time.Minute)
				}
				story := r.story(ref)
				if there, missing := r.photos(ref); there != 0 || !missing || story.Attempts < mostRefusals || story.Attempts > 2*mostRefusals { // where nobody came between two tries the second does not count
					t.Errorf("after %d attempts it is there with %d photos, its text says so: %t", story.Attempts, there, missing)
				}
				if !strings.Contains(r.log.String(), "goes on without a step that fails again and again") {
					t.Error("nobody is told")
				}
				r.balanced()
			})
		})
	}
}

// While the platform takes nobody's photos nobody loses one, so long as there is time left.
func TestAPlaceForPhotosThatFailsForEverybodyCostsNobodyAPhoto(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Backoff.Max, r.cfg.Delivery.GiveUpAfter = config.Duration(time.Minute), config.Duration(3*time.Hour)
		r.faults(simulator.Rule{Call: simulator.CallFile, Fault: simulator.ServerErrorBefore})
		r.start()
		var refs []complaint.Ref
		for n := range 5 {
			refs = append(refs, r.takeIn(r.withPhoto(n, fmt.Sprintf("foto nomor %d", n)), report(100+n))[0])
			pass(15 * time.Minute)
		}
		for _, ref := range refs {
			if story := r.story(ref); story.State != store.Ready && story.State != store.Leased {
				t.Errorf("after %d attempts it is %s: %s", story.Attempts, story.State, story.Detail)
			}
		}
		if tries := r.sim.Stats().Faults[simulator.ServerErrorBefore]; tries < 5*mostRefusals {
			t.Errorf("the photos were tried %d times", tries)
		}
		r.sim.ClearFaults()
		for _, ref := range refs {
			r.until(ref, store.Done)
			if there, missing := r.photos(ref); there != 1 || missing {
				t.Errorf("%s is there with %d photos", ref, there)
			}
		}
	})
}

const mostRefusals = 8

// When half of its time is over a complaint goes without its photo, whoever is at fault.
func TestAComplaintDoesNotGrowOldForItsPhoto(t *testing.T) {
	for _, fault := range []simulator.Fault{simulator.ServerErrorBefore, simulator.HangBefore} {
		t.Run(string(fault), func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.cfg.Delivery.Backoff.Max, r.cfg.Delivery.GiveUpAfter = config.Duration(time.Minute), config.Duration(40*time.Minute)
				r.faults(simulator.Rule{Call: simulator.CallFile, Fault: fault})
				r.start()
				ref := r.takeIn(r.withPhoto(1, "foto"))[0]
				pass(19 * time.Minute)
				if state := r.story(ref).State; state == store.Done {
					t.Error("it went without its photo before half of its time was over")
				}
				pass(4 * time.Minute)
				if story := r.story(ref); story.State != store.Done {
					r.Fatalf("after half of its time it is %s: %s", story.State, story.Detail)
				}
				if there, missing := r.photos(ref); there != 0 || !missing {
					t.Errorf("it is there with %d photos, its text says so: %t", there, missing)
				}
				r.balanced()
			})
		})
	}
}
