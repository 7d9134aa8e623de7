package relay_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

func TestAComplaintTravelsAndItsAnswerComesBack(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		if r.relay.Ready() == false {
			pass(time.Millisecond)
		}
		ref := r.takeIn(report(1))[0]
		story := r.until(ref, store.Done)
		if n := r.atPlatform(ref); n != 1 || story.NationalID == "" {
			t.Fatalf("%d complaints at the platform, id %q", n, story.NationalID)
		}
		id := r.sim.ByMarker(string(ref))[0].ID
		for _, status := range []string{simulator.StatusDisposed, simulator.StatusWorking, simulator.StatusDone} {
			r.must(r.sim.SetStatus(id, status, "<p>Sudah <b>ditangani</b></p>"))
			pass(6 * time.Minute)
		}
		want := []complaint.Status{complaint.Forwarded, complaint.Disposed, complaint.InProgress, complaint.Done}
		if got := slices.Compact(r.channel.heard("1")); !slices.Equal(got, want) {
			t.Errorf("the channel heard %v, want %v", got, want)
		}
		if last := r.channel.told[len(r.channel.told)-1]; strings.Contains(last.Note, "<") || !strings.Contains(last.Note, "ditangani") || last.Ref != ref {
			t.Errorf("the last news was %+v", last)
		}
		asked := r.sim.Stats().Calls[simulator.CallStatus]
		pass(20 * time.Minute)
		if more := r.sim.Stats().Calls[simulator.CallStatus]; more != asked {
			t.Errorf("a closed complaint was asked about %d times more", more-asked)
		}
		if !r.relay.Ready() {
			t.Error("a working gateway is not ready")
		}
	})
}

func TestOldComplaintsAreAskedAboutRarely(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Sync = config.Sync{Fresh: config.Duration(2 * time.Second), Old: config.Duration(72 * time.Second)}
		r.start()
		r.until(r.takeIn(report(1))[0], store.Done)
		asked := func(d time.Duration) int {
			before := r.sim.Stats().Calls[simulator.CallStatus]
			pass(d)
			return r.sim.Stats().Calls[simulator.CallStatus] - before
		}
		if n := asked(24 * time.Second); n < 8 || n > 14 {
			t.Errorf("a fresh complaint was asked about %d times in 24 seconds, want about 12", n)
		}
		pass(12 * time.Minute)
		if n := asked(12 * time.Minute); n < 8 || n > 12 {
			t.Errorf("an old complaint was asked about %d times in twelve minutes, want about 10", n)
		}
	})
}

// The database is away when an answer is to be recorded, and when the question is to be postponed.
func TestAQuestionWhoseAnswerCannotBeRecordedIsAskedAgainBeforeItsHoldHasPassed(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Sync = config.Sync{Fresh: config.Duration(2 * time.Second), Old: config.Duration(30 * time.Second)}
		rename := func(from, to string) {
			_, err := r.store.Handle().Exec("ALTER TABLE " + from + " RENAME TO " + to)
			r.must(err)
		}
		var away sync.Once
		r.at = func(p relay.Point) {
			if p != relay.BeforeSync {
				return
			}
			away.Do(func() {
				rename("ticket", "gone")
				time.AfterFunc(5*time.Second, func() { rename("gone", "ticket") })
			})
		}
		r.start()
		r.takeIn(report(1))
		pass(10 * time.Second)
		before := r.sim.Stats().Calls[simulator.CallStatus]
		pass(time.Minute)
		if after := r.sim.Stats().Calls[simulator.CallStatus]; before != 1 || after == before {
			t.Errorf("asked %d times until the database was back, and %d times in the minute after", before, after-before)
		}
	})
}

func TestAResubmissionIsLinkedAndHearsTheSame(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		first := report(1)
		first.Reporter.Phone = "0812-0000-0001"
		ref := r.takeIn(first)[0]
		r.until(ref, store.Done)
		again := first
		again.SourceID, again.Reporter.Phone, again.Text = "2", "+62 81200000001", strings.ToUpper(first.Text)+"!!"
		copied := r.takeIn(again)[0]
		story := r.until(copied, store.Linked)
		if story.Primary != ref || !strings.Contains(story.LinkWhy, "same reporter") {
			t.Errorf("linked to %s because %q", story.Primary, story.LinkWhy)
		}
		other := first
		other.SourceID, other.Reporter.Phone = "3", "0812-0000-0002"
		r.until(r.takeIn(other)[0], store.Done)
		later := first // a reminder; five weeks later it would be a trouble that came back
		later.SourceID, later.ReportedAt = "4", time.Now().Add(61*time.Minute)
		r.until(r.takeIn(later)[0], store.Linked)
		back := first
		back.SourceID, back.ReportedAt = "5", time.Now().Add(35*24*time.Hour)
		r.until(r.takeIn(back)[0], store.Done)

		r.must(r.sim.SetStatus(r.sim.ByMarker(string(ref))[0].ID, simulator.StatusDone, "selesai"))
		pass(4 * time.Hour)
		for _, id := range []string{"1", "2", "4"} {
			if heard := r.channel.heard(id); !slices.Contains(heard, complaint.Forwarded) || !slices.Contains(heard, complaint.Done) {
				t.Errorf("complaint %s heard %v", id, heard)
			}
		}
		if ledger := r.balanced(); ledger.Linked != 2 || ledger.Delivered != 3 {
			t.Errorf("ledger %+v", ledger)
		}
	})
}

func TestIdentityNumbersDoNotTravelInFreeText(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		c := report(1)
		c.Text += " NIK saya 2103014107900001, hubungi 081200000001"
		c.Secret, c.Anonymous = true, true
		c.Title = "NIK saya 2103 0141…"
		c.Text += ", NIK saya 2103 0141 0790 0002"
		ref := r.takeIn(c)[0]
		r.until(ref, store.Done)
		got := r.sim.ByMarker(string(ref))[0]
		if got.Title != "NIK saya [NIK dihapus]…" {
			t.Errorf("sent under %q", got.Title)
		}
		if strings.Contains(got.Content, "2103014107900001") || strings.Contains(got.Content, "081200000001") || !strings.Contains(got.Content, "Ranai mati") {
			t.Errorf("sent: %s", got.Content)
		}
		if !got.Secret || !got.Anonymous {
			t.Error("the flags did not travel")
		}
	})
}

func TestAnUnfitComplaintIsRefusedWithItsField(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		bad := report(2)
		bad.Text = " \x00 "
		_, err := r.relay.TakeIn(r.Context(), "portal", []complaint.Complaint{report(1), bad})
		if err == nil || !strings.Contains(err.Error(), "[1].text: is missing") {
			t.Errorf("the error is %v", err)
		}
		if ledger := r.balanced(); ledger.Accepted != 0 {
			t.Errorf("a part of a refused list was kept: %+v", ledger)
		}
	})
}

func TestABacklogDrainsTheUrgentFirstAtTheRate(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Rate, r.cfg.National.Concurrency = 5, 2
		r.start()
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "pemeliharaan"}))
		pass(10 * time.Second)
		for n := range 40 {
			c := report(n)
			if n >= 35 {
				c.Class = complaint.Supervised
			}
			r.takeIn(c)
		}
		pass(time.Minute)
		if n := len(r.sim.Complaints()); n != 0 {
			t.Fatalf("%d complaints were sent during a pause", n)
		}
		if ledger := r.balanced(); ledger.Waiting != 40 {
			t.Errorf("ledger %+v", ledger)
		}
		r.must(r.store.Resume(r.Context()))
		began := time.Now()
		for len(r.sim.Complaints()) < 40 {
			pass(100 * time.Millisecond)
		}
		if took := time.Since(began); took < 6*time.Second || took > 20*time.Second {
			t.Errorf("40 complaints at 5/s took %s", took)
		}
		first := map[string]bool{}
		for _, c := range r.sim.Complaints()[:7] {
			first[strings.SplitN(c.Content, "\n", 2)[0]] = true
		}
		for n := 35; n < 40; n++ {
			if !first[report(n).Text] {
				t.Errorf("urgent complaint %d was not among the first", n)
			}
		}
	})
}

func TestShutdownIsNoFailureAndLosesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Concurrency, r.cfg.National.Timeout = 2, r.cfg.Delivery.GiveUpAfter // nothing but the shutdown ends a request
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.HangAfter})
		r.start()
		var refs []complaint.Ref
		for n := range 6 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		pass(5 * time.Second)
		if took := r.halt(); took > 20*time.Second {
			t.Errorf("stopping took %s", took)
		}
		r.faults()
		r.start()
		for _, ref := range refs {
			if story := r.until(ref, store.Done); story.Attempts > 3 {
				t.Errorf("%s took %d attempts", ref, story.Attempts)
			}
			if n := r.atPlatform(ref); n != 1 {
				t.Errorf("%s is %d times at the platform", ref, n)
			}
		}
		r.balanced()
	})
}

func TestManyComplaintsMeetEveryFaultAndArriveOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		// Nearly every second call fails: with the pauses of a day the one with the worst luck would need more than a day.
		r.cfg.National.Concurrency, r.cfg.Delivery.Backoff.Max = 8, config.Duration(10*time.Minute)
		var rules []simulator.Rule
		for _, fault := range simulator.KnownFaults() {
			if fault == simulator.Refuse || fault == simulator.Unauthorized || fault == simulator.Forbidden {
				continue
			}
			rules = append(rules, simulator.Rule{Fault: fault, Chance: 0.03, Delay: 3 * time.Second, RetryAfter: 20 * time.Second})
		}
		r.faults(rules...)
		r.start()
		var refs []complaint.Ref
		for n := range 100 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		r.sim.Wait()
		for _, ref := range refs {
			if n := r.atPlatform(ref); n != 1 {
				t.Errorf("%s is %d times at the platform", ref, n)
			}
		}
		if ledger := r.balanced(); ledger.Delivered != 100 {
			t.Errorf("ledger %+v", ledger)
		}
		met := r.sim.Stats().Faults
		for _, fault := range []simulator.Fault{simulator.CloseAfter, simulator.ServerErrorAfter, simulator.HangAfter, simulator.Late} {
			if met[fault] == 0 {
				t.Errorf("no complaint met %s: %v", fault, met)
			}
		}
		if r.sim.Stats().Calls[simulator.CallSearch] == 0 {
			t.Error("nothing was looked up")
		}
		fmt.Fprintln(t.Output(), "faults met:", met)
	})
}
