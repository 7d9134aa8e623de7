package relay_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// asks is a complaint about an earlier one.
func asks() complaint.Complaint {
	return complaint.Complaint{SourceID: "asks", Text: "Kapan lampu jalan di Ranai diperbaiki? NIK saya 2103121205900003", Reporter: complaint.Reporter{Name: "Siti Contoh"}}
}

// followed takes in a complaint and, while forwarding is paused, one that is linked as a follow-up of it.
func (r *rig) followed(later complaint.Complaint) (primary, ref complaint.Ref) {
	r.Helper()
	primary = r.takeIn(report(1))[0]
	r.until(primary, store.Done)
	return primary, r.follows(primary, later)
}

func (r *rig) follows(primary complaint.Ref, later complaint.Complaint) complaint.Ref {
	r.Helper()
	r.must(r.store.SetPause(r.Context(), store.Pause{Why: "a test"}))
	pass(6 * time.Second) // whoever looked before the pause
	ref := r.takeIn(later)[0]
	r.until(ref, store.Ready)
	storetest.LinkAsFollowUp(r.T, r.store, ref, primary)
	r.must(r.store.Resume(r.Context()))
	return ref
}

// toldAs lets time pass until the follow-up is in one of the states. m may have the gateway die meanwhile.
func (r *rig) toldAs(m *meddler, ref complaint.Ref, states ...store.State) store.FollowUpSeen {
	r.Helper()
	var seen *store.FollowUpSeen
	for began := time.Now(); time.Since(began) < 6*time.Hour; pass(2 * time.Second) {
		if m != nil && m.buried() {
			r.crash()
			r.start()
			continue
		}
		seen = r.story(ref).FollowUp
		for _, s := range states {
			if seen != nil && seen.State == s {
				return *seen
			}
		}
	}
	r.Fatalf("after six hours it is %+v, want one of %v\n%s", seen, states, r.log.String())
	return store.FollowUpSeen{}
}

// joined is what the primary's ticket has with the follow-up's reference.
func (r *rig) joined(primary, ref complaint.Ref) []simulator.FollowUp {
	r.Helper()
	tickets := r.sim.ByMarker(string(primary))
	if len(tickets) != 1 {
		r.Fatalf("the primary is %d times at the platform", len(tickets))
	}
	var found []simulator.FollowUp
	for _, f := range r.sim.FollowUps(tickets[0].ID) {
		if strings.HasSuffix(f.Text, "[Ref "+string(ref)+"]") {
			found = append(found, f)
		}
	}
	return found
}

func (r *rig) joinedOnce(primary, ref complaint.Ref) simulator.FollowUp {
	r.Helper()
	found := r.joined(primary, ref)
	if len(found) != 1 || r.atPlatform(ref) != 0 {
		r.Fatalf("it is told %d times on the ticket, and has %d of its own", len(found), r.atPlatform(ref))
	}
	r.balanced()
	return found[0]
}

// A platform that is slow takes longer for one request than a lease is long.
func TestAFollowUpThatTakesLongerThanItsLeaseIsToldAtTheFirstTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Timeout, r.cfg.Delivery.Settle = config.Duration(2*time.Minute), config.Duration(5*time.Minute)
		r.start()
		primary, ref := r.followed(asks())
		r.must(r.sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: 70 * time.Second, Max: 70 * time.Second}}))
		pass(3 * time.Minute)
		if seen := r.toldAs(nil, ref, store.Done); seen.Attempts != 1 {
			t.Errorf("it is %+v", seen)
		}
		r.joinedOnce(primary, ref)
	})
}

func TestAFollowUpJoinsTheTicketOfItsPrimaryWithoutWhoSaidIt(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		later := asks()
		later.Anonymous, later.Secret = true, true
		later.Attachments = []complaint.Attachment{r.put("gelap.jpg", "foto gelap")}
		primary, ref := r.followed(later)
		r.toldAs(nil, ref, store.Done)
		got := r.joinedOnce(primary, ref)
		if !got.Secret || len(got.Attachments) != 1 || string(got.Attachments[0].Content) != "foto gelap" {
			t.Errorf("it arrived as %+v", got)
		}
		if !strings.Contains(got.Text, "Kapan lampu jalan") || strings.Contains(got.Text, "2103121205900003") || strings.Contains(got.Text, "Siti") {
			t.Errorf("it says %q", got.Text)
		}
		r.until(ref, store.Linked)
		r.metric(`follow_up_attempts_total{reason="success"}`, 1)
		pass(10 * time.Second)
		r.metric(`follow_ups{state="done"}`, 1)
	})
}

// From the citizen's words to the ticket, nothing in between made by the test.
func TestWhoQuotesTheReferenceOfAComplaintIsHeardOnItsTicket(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		primary := r.takeIn(report(1))[0]
		r.until(primary, store.Done)
		ref := r.takeIn(complaint.Complaint{SourceID: "asks", Text: "Kapan laporan " + string(primary) + " ditindaklanjuti?"})[0]
		if story := r.until(ref, store.Linked, store.Held, store.Done); story.State != store.Linked || story.Primary != primary {
			t.Fatalf("it is %s, linked to %q", story.State, story.Primary)
		}
		r.toldAs(nil, ref, store.Done)
		if got := r.joinedOnce(primary, ref); !strings.Contains(got.Text, "Kapan laporan "+string(primary)) {
			t.Errorf("it says %q", got.Text)
		}
	})
}

// A reference stands in public lists: who writes it down is not known to be who filed that complaint.
func TestWhoQuotesTheReferenceOfAnothersComplaintHearsNothingOfIt(t *testing.T) {
	for phone, hears := range map[string]bool{"": false, "081270004411": true} {
		t.Run("phone "+phone, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				first := report(1)
				first.Reporter.Phone = "081270004411"
				primary := r.takeIn(first)[0]
				r.until(primary, store.Done)
				asks := complaint.Complaint{SourceID: "asks", Text: "Kapan laporan " + string(primary) + " ditindaklanjuti?"}
				asks.Reporter.Phone = phone
				ref := r.takeIn(asks)[0]
				r.toldAs(nil, ref, store.Done)
				if heard := r.channel.heard("asks"); (len(heard) > 0) != hears {
					t.Errorf("who gave the phone %q heard %v", phone, heard)
				}
				change, err := r.relay.LastChange(r.Context(), "portal", ref)
				r.must(err)
				if (change.TrackingID != "" || change.Status != complaint.Received) != hears {
					t.Errorf("who gave the phone %q reads %+v", phone, change)
				}
				r.balanced()
			})
		})
	}
}

// The words of one citizen are not told to the other, in whichever order the platform is asked.
func TestAFollowUpIsToldToNoReporter(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		primary, ref := r.followed(asks())
		r.toldAs(nil, ref, store.Done)
		r.must(r.sim.AddFollowUp(r.sim.ByMarker(string(primary))[0].ID, simulator.FollowUp{Text: "<p>Petugas datang besok.</p>"}))
		pass(time.Hour)
		r.channel.mu.Lock()
		defer r.channel.mu.Unlock()
		heard := map[string]int{}
		for _, change := range r.channel.told {
			if strings.Contains(change.Note, "Kapan lampu") {
				t.Errorf("%s was told %q", change.SourceID, change.Note)
			}
			if strings.Contains(change.Note, "besok") {
				heard[change.SourceID]++
			}
		}
		if heard["1"] != 1 || heard["asks"] > 1 {
			t.Errorf("the answer was heard %v times", heard)
		}
	})
}

func TestAFollowUpWaitsUntilItsPrimaryIsAtThePlatform(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable})
		r.start()
		primary := r.takeIn(report(1))[0]
		ref := r.follows(primary, asks())
		pass(10 * time.Minute)
		if seen := r.toldAs(nil, ref, store.Ready); seen.Attempts != 0 {
			t.Errorf("without a ticket it was tried: %+v", seen)
		}
		r.faults()
		r.toldAs(nil, ref, store.Done)
		r.joinedOnce(primary, ref)
	})
}

// meetsFollowUp sends a follow-up through a mishap and says how it ended: the ticket has it once, or the platform refused it
// for good and it is told once when a person puts it back.
func meetsFollowUp(t *testing.T, path string, m mishap, lookup string) (got outcome) {
	bubble(t, func(r *rig) {
		r.lookup = lookup
		r.cfg.Delivery.Backoff = config.Backoff{First: config.Duration(2 * time.Second), Max: config.Duration(time.Hour), Factor: 2}
		r.cfg.National.Sync = config.Sync{Fresh: config.Duration(48 * time.Hour), Old: config.Duration(48 * time.Hour)} // its questions are not counted
		meddler := &meddler{path: path, meet: m.meet, left: max(1, m.meets), reached: map[string]int{}}
		if m.point != "" {
			meddler.point = relay.Point(stepFollowUp + ":" + m.point)
		}
		r.at = meddler.at
		r.between = func(base http.RoundTripper) http.RoundTripper {
			meddler.base = base
			return meddler
		}
		r.start()
		primary, ref := r.followed(asks())
		synctest.Wait()
		seen := r.toldAs(meddler, ref, store.Done, store.Held, store.Dead)
		pass(5 * time.Second) // what the platform still carries out
		got = outcome{
			state: seen.State, requests: meddler.reached[path], lookups: r.sim.Stats().Calls[simulator.CallFollowUps],
			tickets: len(r.joined(primary, ref)), words: told(store.Story{Entry: store.Entry{State: seen.State, Reason: seen.Reason, Detail: seen.Detail}}),
		}
		if meddler.left > 0 {
			t.Errorf("%d requests more should have met it", meddler.left)
		}
		if seen.State != store.Done {
			if got.tickets != 0 || seen.State != store.Dead || seen.Reason != string(retry.Rejected) {
				t.Errorf("it is told %d times and ended as %+v", got.tickets, seen)
			}
			r.must(r.store.Retry(r.Context(), ref))
			r.toldAs(nil, ref, store.Done)
		}
		r.joinedOnce(primary, ref)
	})
	return got
}

// A slow platform may still be adding it when its answer is given up: absence counts only after the settle time.
func TestAFollowUpIsNotSentAgainBeforeTheSettleTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Backoff.First, r.cfg.National.Timeout = config.Duration(time.Second), config.Duration(2*time.Second)
		r.start()
		r.faults(simulator.Rule{Call: simulator.CallFollowUp, Fault: simulator.Late, Delay: 50 * time.Second, Next: 1})
		primary, ref := r.followed(asks())
		pass(40 * time.Second)
		if seen := r.story(ref).FollowUp; seen.State != store.Unknown && seen.State != store.Leased || seen.SentAt.IsZero() {
			t.Errorf("after 40 seconds it is %+v", seen)
		}
		r.toldAs(nil, ref, store.Done)
		r.joinedOnce(primary, ref)
		if n := r.sim.Stats().Calls[simulator.CallFollowUp]; n != 1 {
			t.Errorf("it was sent %d times", n)
		}
	})
}

func TestAStopWhileAFollowUpIsToldDoublesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.faults(simulator.Rule{Call: simulator.CallFollowUp, Fault: simulator.HangAfter, Next: 1})
		primary, ref := r.followed(asks())
		pass(8 * time.Second)
		if took := r.halt(); took > relay.Grace+5*time.Second {
			t.Errorf("stopping took %s", took)
		}
		r.start()
		r.toldAs(nil, ref, store.Done)
		r.joinedOnce(primary, ref)
	})
}

// Of an anonymous complaint and of a follow-up on another citizen's ticket no file is named as the citizen named it.
func TestNoNameOfAFileReachesThePlatform(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		named := func(c complaint.Complaint) complaint.Complaint {
			c.Anonymous = true
			c.Attachments = []complaint.Attachment{r.put("KTP Siti 2103000000000001.jpg", "foto dari "+c.SourceID)}
			return c
		}
		primary := r.takeIn(named(report(1)))[0]
		r.until(primary, store.Done)
		ref := r.follows(primary, named(asks()))
		r.toldAs(nil, ref, store.Done)
		ticket := r.sim.ByMarker(string(primary))[0]
		files := ticket.Attachments
		for _, said := range r.sim.FollowUps(ticket.ID) {
			files = append(files, said.Attachments...)
		}
		if len(files) != 2 {
			t.Errorf("%d files are there, want 2", len(files))
		}
		for _, file := range files {
			if file.Name != "lampiran-1.jpg" {
				t.Errorf("a file is named %q", file.Name)
			}
		}
	})
}
