package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// unknown takes one complaint to where nobody knows whether the platform has it.
func (w world) unknown(n int, state store.State) store.Whereabouts {
	w.Helper()
	ref := w.keep(report(n))[0].Ref
	w.decideAll(judge)
	c := w.claim(1)[0]
	w.must(w.Begin(w.Context(), c, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(w.Context(), c, store.Settlement{State: state, Open: true, Due: w.clock.Now().Add(time.Hour), Reason: retry.CannotTell}))
	return w.whereabouts(ref)
}

func (w world) whereabouts(ref complaint.Ref) store.Whereabouts {
	w.Helper()
	for after := complaint.Ref(""); ; {
		found, err := w.Whereabouts(w.Context(), after, 2)
		w.must(err)
		for _, one := range found {
			if one.Ref == ref {
				return one
			}
		}
		if len(found) < 2 {
			w.Fatalf("%s is nowhere", ref)
		}
		after = found[1].Ref
	}
}

func (w world) list(raw string, status complaint.Status) store.Found {
	at := w.clock.Now()
	return store.Found{
		TrackingID: "7654321", Agency: "Dinas Perhubungan",
		Said: national.Event{Key: "list " + raw, At: at, Status: status, Raw: raw, To: "Dinas Perhubungan"},
	}
}

func listedIsDone(t *testing.T, h Harness) {
	w := begin(t, h)
	was := w.unknown(1, store.Held)
	if was.State != store.Held || was.SentAt.IsZero() || was.AtPlatform() {
		t.Fatalf("it is %+v", was)
	}
	w.must(w.ResolveListed(t.Context(), was, w.list("Dalam Proses", complaint.InProgress)))
	story := w.state(was.Ref, store.Done)
	if story.TrackingID != "7654321" || story.NationalID != "" || story.Status != complaint.InProgress || len(story.Events) != 2 || story.Steps[0].State != "done" {
		t.Errorf("got %+v", story)
	}
	w.clock.Advance(365 * 24 * time.Hour)
	asked, err := w.ClaimSync(t.Context(), 10, time.Minute)
	if err != nil || len(asked) != 0 {
		t.Errorf("the platform is asked about %+v, %v", asked, err)
	}
	if told := w.tellAll(); len(told) != 2 || told[0].Status != complaint.Forwarded || told[1].Status != complaint.InProgress {
		t.Errorf("the channel was told %+v", told)
	}
	if err := w.ResolveListed(t.Context(), was, w.list("Selesai", complaint.Done)); !errors.Is(err, store.ErrMoved) {
		t.Errorf("once more it says %v", err)
	}
	if err := w.Drop(t.Context(), was.Ref, "salah"); err == nil {
		t.Error("what the platform has was dropped")
	}
	w.ledger(store.Ledger{Accepted: 1, Delivered: 1})
}

func unlistedIsReady(t *testing.T, h Harness) {
	w := begin(t, h)
	was := w.unknown(1, store.Unknown)
	w.must(w.ResolveUnlisted(t.Context(), was, "tidak ada"))
	if story := w.state(was.Ref, store.Ready); !story.SentAt.IsZero() || len(story.Steps) != 0 {
		t.Errorf("got %+v", story)
	}
	c := w.claim(1)[0]
	if c.Ref != was.Ref || !c.SentAt.IsZero() {
		t.Errorf("claimed %+v", c)
	}
	if err := w.ResolveUnlisted(t.Context(), was, "tidak ada"); !errors.Is(err, store.ErrMoved) {
		t.Errorf("of one being sent it says %v", err)
	}
	w.clock.Advance(time.Second)
	w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Unknown, Open: true, Due: w.clock.Now(), Reason: retry.Timeout}))
	if err := w.ResolveUnlisted(t.Context(), was, "tidak ada"); !errors.Is(err, store.ErrMoved) {
		t.Errorf("of one that was sent again it says %v", err)
	}
	w.state(was.Ref, store.Unknown)

	there := w.handingOver(2)
	if err := w.ResolveUnlisted(t.Context(), there, "tidak ada"); !errors.Is(err, store.ErrMoved) {
		t.Errorf("of one that is there it says %v", err)
	}
	if err := w.ResolveListed(t.Context(), there, w.list("Selesai", complaint.Done)); !errors.Is(err, store.ErrMoved) {
		t.Errorf("of one that is there it says %v", err)
	}
	w.state(there.Ref, store.Held)
}

func mayBeListedIsHeld(t *testing.T, h Harness) {
	w := begin(t, h)
	first, reviewed := w.reviewed()
	undecided := w.keep(report(3))[0].Ref
	for range 2 {
		for _, ref := range []complaint.Ref{first, reviewed, undecided} {
			w.must(w.HoldListed(t.Context(), ref, "the same words as 7654321"))
			if story := w.state(ref, store.Held); story.Reason != string(retry.CannotTell) || story.Detail != "the same words as 7654321" {
				t.Errorf("%s is held as %s: %s", ref, story.Reason, story.Detail)
			}
		}
	}
	w.ledger(store.Ledger{Accepted: 3, Held: 3})
	w.clock.Advance(30 * 24 * time.Hour)
	if n, err := w.ReleaseReviews(t.Context()); err != nil || n != 0 || len(w.claim(10)) != 0 {
		t.Errorf("%d went on by themselves, %v", n, err)
	}
	w.must(w.ResolveSent(t.Context(), first, national.Ticket{ID: "700", TrackingID: "7654321"}, w.clock.Now()))
	w.must(w.ResolveNotSent(t.Context(), reviewed, time.Minute))
	w.must(w.Drop(t.Context(), undecided, "at the platform as 7654322"))
	w.ledger(store.Ledger{Accepted: 3, Delivered: 1, Waiting: 1, Dead: 1})

	c := w.claim(1)[0]
	w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
	for _, gone := range []complaint.Ref{reviewed, first, undecided} {
		if err := w.HoldListed(t.Context(), gone, "the same words"); !errors.Is(err, store.ErrMoved) {
			t.Errorf("of %s it says %v", gone, err)
		}
	}
	w.state(reviewed, store.Leased)
}

// foundIsHandedOver: who finds a complaint at the platform says nothing about the step after it.
func foundIsHandedOver(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	w.decideAll(func(c complaint.Complaint) store.Decision {
		d := judge(c)
		d.HandOver = "21099"
		return d
	})
	c := w.claim(1)[0]
	w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}))
	w.must(w.ResolveSent(t.Context(), ref, national.Ticket{ID: "700", TrackingID: "7000001"}, w.clock.Now()))
	w.state(ref, store.Ready)
	if news := w.news(); len(news) != 1 || news[0].Change.Status != complaint.Forwarded {
		t.Errorf("its channel is told %+v", news)
	}
	works := w.claimWork(1)
	if len(works) != 1 || works[0].Job.HandOver != "21099" || works[0].Job.Ticket.ID != "700" || works[0].Job.Done[national.StepCreate] == "" || !works[0].SentAt.IsZero() {
		t.Fatalf("what is still to be done is %+v", works)
	}
	w.must(w.Settle(t.Context(), works[0].Claim, store.Settlement{State: store.Done, Reason: retry.Success}))
	w.ledger(store.Ledger{Accepted: 1, Delivered: 1})
}

// handingOver takes one complaint to where the platform has it, and nobody knows whether it was handed over.
func (w world) handingOver(n int) store.Whereabouts {
	w.Helper()
	ref := w.keep(report(n))[0].Ref
	w.decideAll(judge)
	for _, c := range w.claim(10) {
		if c.Ref == ref {
			create := national.Step{Name: national.StepCreate}
			w.must(w.Begin(w.Context(), c, create))
			w.must(w.stepDone(c, create, "{}", national.Ticket{ID: "700"}))
			w.must(w.Begin(w.Context(), c, national.Step{Name: national.StepHandOver, Last: true}))
		}
		w.must(w.Settle(w.Context(), c, store.Settlement{State: store.Held, Open: true, Due: w.clock.Now(), Reason: retry.Timeout}))
	}
	return w.whereabouts(ref)
}

func listedStatusOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.tellAll()
	before := w.whereabouts(ref)
	w.clock.Advance(time.Hour)
	found := w.list("Dalam Proses", complaint.InProgress)
	w.must(w.RecordListed(t.Context(), before, found))
	after := w.whereabouts(ref)
	if after.Status != complaint.InProgress || after.StatusRaw != "Dalam Proses" || after.TrackingID != "7654321" || after.NationalID != "700" {
		t.Errorf("got %+v", after)
	}
	if before.SyncAt.IsZero() || !after.SyncAt.Equal(before.SyncAt) {
		t.Errorf("it was to be asked about at %s, now at %s", before.SyncAt, after.SyncAt)
	}
	if err := w.RecordListed(t.Context(), before, found); !errors.Is(err, store.ErrMoved) {
		t.Errorf("what was looked at before says %v", err)
	}
	w.must(w.RecordListed(t.Context(), after, found))
	if told := w.tellAll(); len(told) != 1 || told[0].Status != complaint.InProgress {
		t.Errorf("the channel was told %+v", told)
	}
	if events := w.state(ref, store.Done).Events; len(events) != 2 {
		t.Errorf("%d events", len(events))
	}
	w.must(w.RecordListed(t.Context(), w.whereabouts(ref), w.list("Selesai", complaint.Done)))
	if final := w.whereabouts(ref); final.Status != complaint.Done || !final.SyncAt.IsZero() {
		t.Errorf("got %+v", final)
	}
}
