package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func judgeFollowUp(c complaint.Complaint) store.Decision {
	return comparedBy(c, alike(dedup.Link, dedup.FollowUp))
}

// followed keeps a complaint and a follow-up of it, which is linked.
func (w world) followed(edit func(*complaint.Complaint)) (earlier, later complaint.Ref) {
	w.Helper()
	earlier = w.keep(report(1))[0].Ref
	asks := report(1)
	asks.SourceID = "asks"
	if edit != nil {
		edit(&asks)
	}
	later = w.keep(asks)[0].Ref
	w.decideAll(judgeFollowUp)
	w.state(later, store.Linked)
	return earlier, later
}

func (w world) followUps() []store.FollowUp {
	w.Helper()
	claimed, err := w.ClaimFollowUps(w.Context(), 10, 30*time.Second)
	w.must(err)
	for _, f := range claimed {
		w.must(f.Err)
	}
	return claimed
}

// followUp claims the one that is due.
func (w world) followUp() store.FollowUp {
	w.Helper()
	claimed := w.followUps()
	if len(claimed) != 1 {
		w.Fatalf("%d follow-ups are due, want 1", len(claimed))
	}
	return claimed[0]
}

func (w world) told(ref complaint.Ref, want store.State) store.FollowUpSeen {
	w.Helper()
	story, err := w.Story(w.Context(), ref)
	w.must(err)
	if story.FollowUp == nil || story.FollowUp.State != want {
		w.Fatalf("as a follow-up %s is %+v, want it %s", ref, story.FollowUp, want)
	}
	return *story.FollowUp
}

func followUpWaitsForItsTicket(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(func(c *complaint.Complaint) { c.Secret = true })
	w.told(later, store.Ready)
	if early := w.followUps(); len(early) != 0 {
		t.Fatalf("claimed before its primary has a ticket: %+v", early)
	}
	w.deliver(earlier, "700")
	f := w.followUp()
	if f.Ref != later || f.About != earlier || f.Ticket.ID != "700" || f.Agency != "21030" || !f.Secret || f.Complaint.SourceID != "asks" || f.Attempts != 1 {
		t.Errorf("claimed %+v", f)
	}
	if again := w.followUps(); len(again) != 0 {
		t.Errorf("claimed twice: %+v", again)
	}
	w.must(w.BeginFollowUp(t.Context(), f.Claim))
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Done, Reason: retry.Success}))
	if seen := w.told(later, store.Done); seen.About != earlier || !seen.SentAt.IsZero() {
		t.Errorf("it is %+v", seen)
	}
	if again := w.followUps(); len(again) != 0 {
		t.Errorf("told and claimed again: %+v", again)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Linked: 1})
}

func followUpOfASecretOneIsSecret(t *testing.T, h Harness) {
	w := begin(t, h)
	hidden := report(1)
	hidden.Secret = true
	earlier := w.keep(hidden)[0].Ref
	asks := report(1)
	asks.SourceID = "asks"
	w.keep(asks)
	w.decideAll(judgeFollowUp)
	w.deliver(earlier, "700")
	if f := w.followUp(); !f.Secret {
		t.Error("what is said about a secret complaint is public")
	}
}

// A follow-up whose lease ran out is another's: whoever held it can begin and record nothing.
func followUpLease(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	frozen := w.followUp()
	w.clock.Advance(time.Minute)
	w.must(w.RescueFollowUps(t.Context(), ""))
	if seen := w.told(later, store.Ready); seen.Reason != string(retry.Crashed) {
		t.Errorf("not begun, it is %+v", seen)
	}
	for _, err := range []error{
		w.BeginFollowUp(t.Context(), frozen.Claim), w.GoAlone(t.Context(), frozen.Claim),
		w.SettleFollowUp(t.Context(), frozen.Claim, store.Settlement{State: store.Dead}),
	} {
		if !errors.Is(err, store.ErrLost) {
			t.Errorf("after its lease: %v", err)
		}
	}
	f := w.followUp()
	w.must(w.BeginFollowUp(t.Context(), f.Claim))
	w.clock.Advance(time.Minute)
	w.must(w.RescueFollowUps(t.Context(), ""))
	w.told(later, store.Unknown)
	if f = w.followUp(); f.SentAt.IsZero() || f.OpenFor < time.Minute {
		t.Errorf("begun and lost, it is claimed as %+v", f.Claim)
	}
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Unknown, Open: true, Due: w.clock.Now().Add(time.Hour), Uncounted: true}))
	if early := w.followUps(); len(early) != 0 {
		t.Error("claimed before it is due")
	}
	w.clock.Advance(time.Hour)
	if f = w.followUp(); f.SentAt.IsZero() || f.Attempts != 3 {
		t.Errorf("it is claimed as %+v", f.Claim)
	}
}

func followUpUnlinked(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	f := w.followUp()
	w.must(Sabotage(t, w.Store, "DELETE FROM link"))
	w.must(Sabotage(t, w.Store, "UPDATE delivery SET state = 'ready' WHERE state = 'linked'"))
	if err := w.BeginFollowUp(t.Context(), f.Claim); !errors.Is(err, store.ErrLost) {
		t.Errorf("its link was undone, and it is begun: %v", err)
	}
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Ready}))
	if again := w.followUps(); len(again) != 0 {
		t.Errorf("claimed without a link: %+v", again)
	}
	w.must(w.RescueFollowUps(t.Context(), ""))
	if story := w.state(later, store.Ready); story.FollowUp != nil {
		t.Errorf("it is still to be told as %+v", story.FollowUp)
	}
}

// The next in the chain takes the primary's place: what is not told yet is told on its ticket, what is open is looked for
// where it was sent.
func followUpOfTheNextPrimary(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	next := w.keep(report(2))[0].Ref
	w.decideAll(judge)
	w.deliver(next, "701")
	w.must(Sabotage(t, w.Store, "UPDATE link SET primary_ref = '"+string(next)+"'"))
	f := w.followUp()
	if f.About != next || f.Ticket.ID != "701" {
		t.Errorf("it is told on %s (%s)", f.Ticket.ID, f.About)
	}
	w.must(w.BeginFollowUp(t.Context(), f.Claim))
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Unknown, Open: true}))
	w.must(Sabotage(t, w.Store, "UPDATE link SET primary_ref = '"+string(earlier)+"'"))
	if f = w.followUp(); f.Ticket.ID != "701" {
		t.Errorf("it was sent to 701 and is looked for on %s", f.Ticket.ID)
	}
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Ready}))
	if f = w.followUp(); f.Ticket.ID != "700" || f.Ref != later {
		t.Errorf("absent there, it is told on %s", f.Ticket.ID)
	}
}

func followUpGoesAlone(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	w.must(w.Record(t.Context(), earlier, store.Observation{State: national.State{
		Events: []national.Event{{Key: "1", At: w.clock.Now(), Status: complaint.Done, Raw: "Selesai"}},
	}}))
	f := w.followUp()
	if f.Status != complaint.Done {
		t.Errorf("the ticket is %s", f.Status)
	}
	w.must(w.GoAlone(t.Context(), f.Claim))
	if story := w.state(later, store.Ready); story.Primary != "" || story.FollowUp != nil || story.Detail == "" || story.Agency != "21030" || story.Earlier != earlier {
		t.Errorf("it is %+v", story)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Waiting: 1})
	if work := w.claimWork(1); len(work) != 1 || work[0].Job.Earlier != "700" {
		t.Errorf("it is forwarded as %+v, without the earlier ticket", work)
	}
}

// Nobody decided about what is added in a conversation. The decision keeps what it points back to, where it is the sender's own.
func additionGoesAlone(t *testing.T, h Harness) {
	w := begin(t, h)
	primary, _ := w.filed("1", "siti", "Lampu mati", nil)
	w.decideAll(judge)
	w.deliver(primary, "700")
	hers, _ := w.filed("2", "siti", "sudah ada?", func(f *store.Filing) { f.About, f.Own = primary, true })
	his, _ := w.filed("3", "budi", "di sini juga", func(f *store.Filing) { f.About = primary })
	again, _ := w.filed("4", "siti", "dan lagi", func(f *store.Filing) { f.About, f.Own = primary, true })
	w.must(w.Record(t.Context(), primary, store.Observation{State: national.State{
		TrackingID: "72123", Events: []national.Event{{Key: "1", At: w.clock.Now(), Status: complaint.Done, Raw: "Selesai"}},
	}}))
	for _, f := range w.followUps() {
		w.must(w.GoAlone(t.Context(), f.Claim))
		w.state(f.Ref, store.New)
	}
	judgeAgain := func(c complaint.Complaint) store.Decision {
		d := comparedBy(c, alike(dedup.New, dedup.Recurrence))
		d.Print.Reporters = []string{"all alike"}
		return d
	}
	decided, err := w.Decide(t.Context(), 2, judgeAgain, store.Appetite{Most: 1, Lease: time.Minute})
	w.must(err)
	if len(decided) != 2 || decided[0].Ref != hers || decided[0].Work == nil || decided[0].Work.Job.Earlier != "72123" {
		t.Errorf("handed over as it is decided is %+v, without the earlier ticket", decided)
	}
	w.decideAll(judgeAgain) // judged to be a trouble that came back after another one, it points to what its sender named
	earlier := map[complaint.Ref]complaint.Ref{hers: primary, his: hers, again: primary}
	for ref, want := range earlier {
		if story, err := w.Story(t.Context(), ref); err != nil || story.Primary != "" || story.Earlier != want {
			t.Errorf("%s points back to %s (%v), want %s", ref, story.Earlier, err, want)
		}
	}
	for _, work := range w.claimWork(10) {
		want := map[complaint.Ref]string{again: "72123"}[work.Ref]
		if work.Job.Earlier != want {
			t.Errorf("%s is forwarded with the earlier ticket %q, want %q", work.Ref, work.Job.Earlier, want)
		}
	}
}

func followUpOrders(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	settle := func(to store.Settlement, begin bool) {
		t.Helper()
		f := w.followUp()
		if begin {
			w.must(w.BeginFollowUp(t.Context(), f.Claim))
		}
		w.must(w.SettleFollowUp(t.Context(), f.Claim, to))
	}
	settle(store.Settlement{State: store.Dead, Reason: retry.Rejected, Detail: "422 Laporan dikunci"}, true)
	if untold, err := w.FollowUps(t.Context(), 10); err != nil || len(untold) != 1 || untold[0].Detail != "422 Laporan dikunci" {
		t.Errorf("the untold are %+v, %v", untold, err)
	}
	w.must(w.Retry(t.Context(), later))
	w.told(later, store.Ready)
	settle(store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}, true)
	w.must(w.Retry(t.Context(), later))
	w.told(later, store.Unknown)
	settle(store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}, false)
	if err := w.ResolveSent(t.Context(), later, national.Ticket{ID: "999"}, w.clock.Now()); err == nil {
		t.Error("it was resolved by an id that is not its ticket's")
	}
	if err := w.ResolveNotSent(t.Context(), later, 5*time.Minute); err == nil {
		t.Error("what may still be carried out was said not to be")
	}
	w.told(later, store.Held)
	w.must(w.ResolveNotSent(t.Context(), later, 0))
	if seen := w.told(later, store.Ready); !seen.SentAt.IsZero() {
		t.Errorf("it is %+v", seen)
	}
	settle(store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}, true)
	w.must(w.ResolveSent(t.Context(), later, national.Ticket{ID: "700"}, w.clock.Now()))
	w.told(later, store.Done)
	if err := w.ResolveNotSent(t.Context(), later, 0); err == nil {
		t.Error("what is told can be resolved to be told again")
	}
	if untold, err := w.FollowUps(t.Context(), 10); err != nil || len(untold) != 0 {
		t.Errorf("the untold are %+v, %v", untold, err)
	}
	if st, err := w.Standing(t.Context()); err != nil || len(st.FollowUps) != 0 {
		t.Errorf("open are %v, %v", st.FollowUps, err)
	}
	if past, err := w.Past(t.Context()); err != nil || past.FollowUps != 1 {
		t.Errorf("over are %+v, %v", past, err)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Linked: 1})
}

// Links that come and go have each matter told once on a ticket, and what a decision links is there after a crash.
func followUpAgain(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	dead := w.claim(10)
	w.must(w.Settle(t.Context(), dead[0], store.Settlement{State: store.Dead, Reason: retry.Rejected}))
	w.state(later, store.Ready)
	w.must(w.RescueFollowUps(t.Context(), ""))
	if story := w.state(later, store.Ready); story.FollowUp != nil {
		t.Errorf("its primary is dead, and it is still to be told as %+v", story.FollowUp)
	}
	w.must(w.Retry(t.Context(), earlier))
	w.decideAll(judge)
	w.deliver(earlier, "700")
	LinkAsFollowUp(t, w.Store, later, earlier)
	w.must(w.Close())
	w = open(t, h, w.clock, "natuna/2")
	if f := w.followUp(); f.Ticket.ID != "700" {
		t.Errorf("after a restart it is told on %q", f.Ticket.ID)
	}
}

// What an official list named has no id that the platform's API takes. It can be read, and a person says what became of it.
func followUpOfAListedOne(t *testing.T, h Harness) {
	w := begin(t, h)
	was := w.unknown(1, store.Held)
	w.must(w.ResolveListed(t.Context(), was, store.Found{TrackingID: "7212345"}))
	asks := w.keep(report(2))[0].Ref
	w.decideAll(judge)
	LinkAsFollowUp(t, w.Store, asks, was.Ref)
	f := w.followUp()
	if f.Ticket != (national.Ticket{TrackingID: "7212345"}) || f.About != was.Ref {
		t.Errorf("claimed %+v", f)
	}
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Held, Reason: retry.CannotTell}))
	if err := w.ResolveNotSent(t.Context(), asks, 0); err == nil {
		t.Error("nothing was sent, and it can be resolved as not sent")
	}
	if err := w.ResolveSent(t.Context(), asks, national.Ticket{ID: "7212346"}, w.clock.Now()); err == nil {
		t.Error("it was resolved by another ticket's number")
	}
	w.told(asks, store.Held)
	w.must(w.ResolveSent(t.Context(), asks, national.Ticket{ID: "7212345"}, w.clock.Now()))
	w.told(asks, store.Done)
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Linked: 1})
}

// A person adds by hand what the platform refuses from us.
func followUpAddedByHand(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	w.tellFollowUp(w.followUp(), store.Settlement{State: store.Dead, Reason: retry.Rejected, Detail: "422"})
	w.must(w.ResolveSent(t.Context(), later, national.Ticket{ID: "700"}, w.clock.Now()))
	w.told(later, store.Done)
}
