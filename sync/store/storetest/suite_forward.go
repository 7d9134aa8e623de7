package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func decideLinks(t *testing.T, h Harness) {
	w := begin(t, h)
	told := func(id string, at time.Duration) complaint.Complaint {
		c := report(1)
		c.SourceID, c.ReportedAt = id, w.clock.Now().Add(at)
		return c
	}
	first := w.keep(told("a", 0))[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	second := w.keep(told("b", 30*time.Minute))[0].Ref
	third := w.keep(told("c", 80*time.Minute))[0].Ref // an hour after the second, not the first
	alone := w.keep(told("d", 5*time.Hour))[0].Ref
	w.decideAll(judgeByText)
	for _, ref := range []complaint.Ref{second, third} {
		if story := w.state(ref, store.Linked); story.Primary != first || story.LinkWhy == "" {
			t.Errorf("%s is linked to %s because %q", ref, story.Primary, story.LinkWhy)
		}
	}
	w.state(alone, store.Ready)
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Linked: 2, Waiting: 1})

	told4 := map[complaint.Ref]complaint.Status{}
	for range 2 {
		for _, n := range w.news() {
			told4[n.Ref] = n.Change.Status
			w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Done, Reason: retry.Success}))
		}
	}
	for _, ref := range []complaint.Ref{first, second, third} {
		if told4[ref] != complaint.Forwarded {
			t.Errorf("%s was told %q", ref, told4[ref])
		}
	}
}

func (w world) news() []store.News {
	w.Helper()
	news, err := w.ClaimNews(w.Context(), "portal", 10, 30*time.Second)
	w.must(err)
	return news
}

func deadPrimaryFreesLinked(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	copied := report(1)
	copied.SourceID = "copy"
	second := w.keep(copied)[0].Ref
	w.decideAll(judgeByText)
	w.state(second, store.Linked)
	claim := w.claim(1)[0]
	w.must(w.Settle(t.Context(), claim, store.Settlement{State: store.Dead, Reason: retry.Rejected, Detail: "422"}))
	w.state(first, store.Dead)
	w.state(second, store.Ready)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 1, Dead: 1})
}

func claims(t *testing.T, h Harness) {
	w := begin(t, h)
	w.keep(report(1), report(2))
	w.clock.Advance(time.Second)
	urgent := report(3)
	urgent.Class = complaint.Supervised
	urgentRef := w.keep(urgent)[0].Ref
	w.decideAll(judge)

	got := w.claim(2)
	if len(got) != 2 || got[0].Attempts != 1 {
		t.Fatalf("claimed %+v", got)
	}
	if !slices.ContainsFunc(got, func(c store.Claim) bool { return c.Ref == urgentRef }) {
		t.Error("the most urgent class did not go first")
	}
	if rest := w.claim(10); len(rest) != 1 {
		t.Errorf("claimed %d of one that is left", len(rest))
	}
	w.must(w.Settle(t.Context(), got[0], store.Settlement{State: store.Ready, Due: w.clock.Now().Add(time.Minute), Reason: retry.Refused}))
	if early := w.claim(10); len(early) != 0 {
		t.Error("a delivery was claimed before it is due")
	}
	w.clock.Advance(time.Minute)
	if late := w.claim(10); len(late) != 1 || late[0].Attempts != 2 || late[0].Fence <= got[0].Fence {
		t.Errorf("claimed %+v", late)
	}
	if story := w.state(got[0].Ref, store.Leased); len(story.Attempted) != 1 || story.Attempted[0].Reason != string(retry.Refused) {
		t.Errorf("history %+v", story.Attempted)
	}
}

func lostLease(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	w.decideAll(judge)
	old := w.claim(1)[0]
	w.clock.Advance(time.Minute) // frozen past its lease
	if n, err := w.Rescue(t.Context(), ""); err != nil || n != 1 {
		t.Fatalf("rescued %d, %v", n, err)
	}
	current := w.claim(1)[0]
	create := national.Step{Name: national.StepCreate}
	for name, err := range map[string]error{
		"begin":     w.Begin(t.Context(), old, create),
		"step done": w.stepDone(old, create, "9", national.Ticket{ID: "9"}),
		"settle":    w.Settle(t.Context(), old, store.Settlement{State: store.Done, Reason: retry.Success}),
	} {
		if !errors.Is(err, store.ErrLost) {
			t.Errorf("%s with a lost lease: %v", name, err)
		}
	}
	if story := w.state(ref, store.Leased); story.NationalID != "" || len(story.Steps) != 0 {
		t.Errorf("a lost lease left %+v", story)
	}
	w.must(w.Begin(t.Context(), current, create))
}

func rescues(t *testing.T, h Harness) {
	clock := NewClock()
	w := open(t, h, clock, "natuna/1")
	w.keep(report(1), report(2), report(3))
	w.decideAll(judge)
	got := w.claim(3)
	w.must(w.Begin(t.Context(), got[0], national.Step{Name: national.StepCreate}))
	w.must(w.Begin(t.Context(), got[1], national.Step{Name: "upload ab", Harmless: true}))
	sent := clock.Now()
	w.must(w.Close())

	w = open(t, h, clock, "natuna/2")
	if n, err := w.Rescue(t.Context(), ""); err != nil || n != 0 {
		t.Errorf("rescued %d before the lease ended, %v", n, err)
	}
	if n, err := w.Rescue(t.Context(), "natuna/%"); err != nil || n != 3 {
		t.Errorf("rescued %d of its own earlier run, %v", n, err)
	}
	if story := w.state(got[0].Ref, store.Unknown); !story.SentAt.Equal(sent) || story.Reason != string(retry.Crashed) {
		t.Errorf("story %+v", story)
	} else if len(story.Attempted) != 1 || story.Attempted[0].Reason != string(retry.Crashed) || story.Attempted[0].Started.IsZero() {
		t.Errorf("the attempt that ended with the gateway is told as %+v", story.Attempted)
	}
	w.state(got[1].Ref, store.Ready)
	w.state(got[2].Ref, store.Ready)
	for _, c := range w.claim(3) {
		if open := !c.SentAt.IsZero(); open != (c.Ref == got[0].Ref) {
			t.Errorf("%s: outcome open %v", c.Ref, open)
		}
	}
	w.ledger(store.Ledger{Accepted: 3, Waiting: 3})
}

func stepsSurvive(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	w.decideAll(judge)
	c := w.claim(1)[0]
	upload, create := national.Step{Name: "upload ab", Harmless: true}, national.Step{Name: national.StepCreate}
	w.must(w.Begin(t.Context(), c, upload))
	w.must(w.stepDone(c, upload, "4199656", national.Ticket{}))
	w.must(w.Begin(t.Context(), c, create))
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Unknown, Open: true, Due: w.clock.Now(), Reason: retry.Timeout}))
	work := w.claimWork(1)[0]
	job := work.Job
	if len(job.Done) != 1 || job.Done["upload ab"] != "4199656" || job.Ticket.ID != "" {
		t.Errorf("job %+v", job)
	}
	if c = work.Claim; c.SentAt.IsZero() || c.Step != national.StepCreate {
		t.Errorf("the open outcome is forgotten: %+v", c)
	}
	w.must(w.stepDone(c, create, `{"id":"77"}`, national.Ticket{ID: "77", TrackingID: "1234567"}))
	if err := w.stepDone(c, create, "", national.Ticket{ID: "78"}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("a second national id was recorded over the first: %v", err)
	}
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Ready, Due: w.clock.Now(), Reason: retry.Timeout}))
	work = w.claimWork(1)[0]
	job, c = work.Job, work.Claim
	if job.Ticket != (national.Ticket{ID: "77", TrackingID: "1234567"}) || job.Done["create"] == "" {
		t.Errorf("job %+v", job)
	}
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Done, Reason: retry.Success}))
	if story := w.state(ref, store.Done); story.NationalID != "77" || len(story.Steps) != 2 {
		t.Errorf("story %+v", story)
	}
}

func releaseUncounted(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	w.decideAll(judge)
	c := w.claim(1)[0]
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Ready, Due: w.clock.Now(), Reason: retry.Shutdown, Uncounted: true}))
	if story := w.state(ref, store.Ready); story.Attempts != 0 || len(story.Attempted) != 0 {
		t.Errorf("a release counts: %+v", story)
	}
}

func operatorOrders(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), report(2), report(3), report(4))
	w.decideAll(judge)
	create := national.Step{Name: national.StepCreate}
	for _, c := range w.claim(4) {
		w.must(w.Begin(t.Context(), c, create))
		w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}))
	}
	w.ledger(store.Ledger{Accepted: 4, Held: 4})
	w.must(w.ResolveSent(t.Context(), kept[0].Ref, national.Ticket{ID: "501"}, w.clock.Now()))
	if err := w.ResolveNotSent(t.Context(), kept[1].Ref, 5*time.Minute); err == nil || !strings.Contains(err.Error(), "in 5m0s") {
		t.Errorf("what may still be carried out was said not to be: %v", err)
	}
	w.state(kept[1].Ref, store.Held)
	w.clock.Advance(5 * time.Minute)
	w.must(w.ResolveNotSent(t.Context(), kept[1].Ref, 5*time.Minute))
	w.must(w.Drop(t.Context(), kept[2].Ref, "percobaan"))
	w.must(w.Retry(t.Context(), kept[3].Ref))
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Waiting: 2, Dead: 1})

	if err := w.Drop(t.Context(), kept[0].Ref, "x"); err == nil {
		t.Error("a delivered complaint was dropped")
	}
	if err := w.ResolveNotSent(t.Context(), kept[0].Ref, 0); err == nil {
		t.Error("a delivered complaint is to be sent again")
	}
	if err := w.Drop(t.Context(), "SP-000000000000000", "x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("dropping nothing: %v", err)
	}
	for _, c := range w.claim(4) {
		if open := !c.SentAt.IsZero(); open != (c.Ref == kept[3].Ref) {
			t.Errorf("%s: outcome open %v: what an operator retries is looked up first, what he resolved is not", c.Ref, open)
		}
	}
	waiting, err := w.List(t.Context(), store.States(), "", 10)
	w.must(err)
	if len(waiting) != 4 || waiting[0].Ref != kept[0].Ref {
		t.Errorf("listed %+v", waiting)
	}
}
