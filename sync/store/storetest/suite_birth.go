package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// births are the promises about what is decided as it is kept, and about requests whose start is recorded with the claim.
func births() []promise {
	return []promise{
		{"what is compared with nothing can be decided as it is kept, and claimed", decidedAsKept},
		{"what cannot be judged as it is kept waits for its decision", unjudgedAsKept},
		{"what a poll reads again takes no room from what is new", readAgainTakesNoRoom},
		{"what is not kept is decided and claimed by nobody", notKeptNotDecided},
		{"what an operator has decided anew is claimed under its own number", decidedAnew},
		{"a request's start can be recorded with the decision, or with the first claim", begunWithItsClaim},
		{"what is begun with its claim goes out before the rest", begunGoesFirst},
	}
}

// birth notes what a store says of what it decides as it keeps it.
type birth struct {
	appetite store.Appetite
	judge    func(complaint.Complaint) store.Decision
	decided  []store.Decided
	returned []store.Appetite
}

func (b *birth) begin(w world) (stop func()) {
	return w.DecideAtBirth(&store.Birth{
		Judge:   b.judge,
		Reserve: func(context.Context) store.Appetite { return b.appetite },
		Decided: func(decided []store.Decided, reserved store.Appetite) {
			b.decided, b.returned = append(b.decided, decided...), append(b.returned, reserved)
		},
	})
}

func create(complaint.Complaint) string { return national.StepCreate }

func decidedAsKept(t *testing.T, h Harness) {
	w := begin(t, h)
	b := &birth{appetite: store.Appetite{Most: 2, Begin: 1, Lease: 30 * time.Second, First: create}, judge: judge}
	stop := b.begin(w)
	kept := w.keep(report(1), report(2), report(3), report(1))
	if len(b.decided) != 3 || len(b.returned) != 1 || !kept[0].Decided || !kept[3].Known {
		t.Fatalf("kept %+v, decided %+v, of %+v", kept, b.decided, b.returned)
	}
	works := map[complaint.Ref]*store.Work{}
	for _, d := range b.decided {
		works[d.Ref] = d.Work
	}
	first, second := works[kept[0].Ref], works[kept[1].Ref]
	if first == nil || second == nil || works[kept[2].Ref] != nil || first.Job.Complaint.Text != report(1).Text || first.Job.Agency != "21030" ||
		first.Begun != national.StepCreate || second.Begun != "" || first.Attempts != 1 || first.Fence != 1 {
		t.Fatalf("claimed %+v and %+v", first, second)
	}
	w.state(kept[0].Ref, store.Leased)
	if story := w.state(kept[2].Ref, store.Ready); story.Agency != "21030" || story.Attempts != 0 {
		t.Errorf("the one for which there is no room: %+v", story)
	}
	if undecided := w.decideAll(judge); len(undecided) != 0 {
		t.Errorf("decided once more: %+v", undecided)
	}
	w.must(w.Settle(t.Context(), second.Claim, store.Settlement{State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: "7"}}))
	w.clock.Advance(time.Minute) // the gateway died
	if n, err := w.Rescue(t.Context(), ""); n != 1 || err != nil {
		t.Errorf("rescued %d, %v", n, err)
	}
	if story := w.state(kept[0].Ref, store.Unknown); story.SentAt.IsZero() {
		t.Error("its request may have gone out, and nobody knows")
	}
	stop()
	w.state(w.keep(report(4))[0].Ref, store.New)
	if len(b.returned) != 1 {
		t.Errorf("told of %+v after it was to stop", b.returned)
	}
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Waiting: 3})
}

func unjudgedAsKept(t *testing.T, h Harness) {
	w := begin(t, h)
	b := &birth{appetite: store.Appetite{Most: 5, Lease: time.Minute}, judge: func(c complaint.Complaint) store.Decision {
		if c.SourceID == "2" {
			var rules []store.Decision
			return rules[0] // a fault of ours
		}
		return judge(c)
	}}
	defer b.begin(w)()
	kept := w.keep(report(1), report(2))
	w.state(kept[0].Ref, store.Leased)
	w.state(kept[1].Ref, store.New)
	if len(b.decided) != 1 || kept[1].Decided {
		t.Errorf("decided %+v, kept %+v", b.decided, kept)
	}
}

func readAgainTakesNoRoom(t *testing.T, h Harness) {
	w := begin(t, h)
	w.keep(report(1), report(2))
	asked := 0
	b := &birth{appetite: store.Appetite{Most: 1, Lease: time.Minute}, judge: func(c complaint.Complaint) store.Decision {
		asked++
		return judge(c)
	}}
	defer b.begin(w)()
	kept, err := w.Keep(t.Context(), store.Page{
		Source: "portal", Complaints: []complaint.Complaint{report(1), report(2), report(3)}, Cursor: &store.CursorMove{To: "3"},
	})
	w.must(err)
	if asked != 1 || !kept[0].Known || !kept[1].Known || !kept[2].Decided {
		t.Errorf("asked about %d, kept %+v", asked, kept)
	}
	w.state(kept[2].Ref, store.Leased)
}

func notKeptNotDecided(t *testing.T, h Harness) {
	w := begin(t, h)
	b := &birth{appetite: store.Appetite{Most: 5, Lease: time.Minute}, judge: judge}
	defer b.begin(w)()
	must := func(statement string) { w.must(Sabotage(t, w.Store, statement)) }
	must("ALTER TABLE delivery RENAME TO gone")
	if _, err := w.Keep(t.Context(), store.Page{Source: "portal", Complaints: []complaint.Complaint{report(1)}}); err == nil {
		t.Error("it was kept without a delivery")
	}
	must("ALTER TABLE gone RENAME TO delivery")
	if len(b.decided) != 0 || len(b.returned) == 0 || b.returned[0].Most != 5 {
		t.Errorf("decided %+v, gave back %+v", b.decided, b.returned)
	}
	w.state(w.keep(report(1))[0].Ref, store.Leased)
	w.ledger(store.Ledger{Accepted: 1, Waiting: 1})
}

func begunWithItsClaim(t *testing.T, h Harness) {
	w := begin(t, h)
	appetite := store.Appetite{Most: 1, Begin: 1, Lease: 30 * time.Second, First: create}
	refs := []complaint.Ref{w.keep(report(1))[0].Ref}
	decided, err := w.Decide(t.Context(), 10, judge, appetite)
	w.must(err)
	if len(decided) != 1 || decided[0].Work == nil || decided[0].Work.Begun != national.StepCreate {
		t.Fatalf("decided %+v", decided)
	}
	refs = append(refs, w.keep(report(2))[0].Ref)
	w.decideAll(judge)
	appetite.Most = 5
	works, err := w.ClaimDue(t.Context(), appetite, store.Turn{})
	w.must(err)
	if len(works) != 1 || works[0].Begun != national.StepCreate || !works[0].SentAt.IsZero() || works[0].Step != "" {
		t.Fatalf("claimed %+v", works)
	}
	if story := w.state(refs[1], store.Leased); story.SentAt.IsZero() {
		t.Error("its start is not recorded with the claim")
	}
	w.must(w.Settle(t.Context(), works[0].Claim, store.Settlement{State: store.Ready, Reason: retry.Shutdown, Due: w.clock.Now(), Uncounted: true}))
	if story := w.state(refs[1], store.Ready); !story.SentAt.IsZero() {
		t.Error("it was released unsent, and is taken for sent")
	}
	if works, err = w.ClaimDue(t.Context(), appetite, store.Turn{}); err != nil || len(works) != 1 || works[0].Begun != "" {
		t.Errorf("%v; the second claim, whose steps are not known, is begun: %+v", err, works)
	}
	w.clock.Advance(time.Minute)
	if n, err := w.Rescue(t.Context(), ""); n != 2 || err != nil {
		t.Error(n, err)
	}
	if story := w.state(refs[0], store.Unknown); story.Attempts != 1 || story.SentAt.IsZero() {
		t.Errorf("the first: %s", fmt.Sprintf("%+v", story))
	}
	w.state(refs[1], store.Ready)
}

// begunGoesFirst: what waited longer and is not begun comes after it.
func begunGoesFirst(t *testing.T, h Harness) {
	w := begin(t, h)
	for n := range 3 {
		w.keep(report(n))
		w.decideAll(judge)
		w.clock.Advance(time.Second)
	}
	last := report(2).Text
	works, err := w.ClaimDue(t.Context(), store.Appetite{Most: 3, Begin: 3, Lease: 30 * time.Second, First: func(c complaint.Complaint) string {
		if c.Text != last {
			return ""
		}
		return national.StepCreate
	}}, store.Turn{})
	w.must(err)
	if len(works) != 3 || works[0].Begun == "" || works[0].Job.Complaint.Text != last || works[1].Begun != "" || works[2].Begun != "" {
		t.Errorf("claimed %+v", works)
	}
}

// decidedAnew: a complaint that was claimed before and is decided once more has the next number, and its request is begun apart.
func decidedAnew(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	appetite := store.Appetite{Most: 1, Begin: 1, Lease: time.Minute, First: create}
	decide := func() *store.Work {
		t.Helper()
		decided, err := w.Decide(t.Context(), 10, judge, appetite)
		w.must(err)
		if len(decided) != 1 || decided[0].Work == nil {
			t.Fatalf("decided %+v", decided)
		}
		return decided[0].Work
	}
	w.must(w.Settle(t.Context(), decide().Claim, store.Settlement{State: store.Dead, Reason: retry.Rejected}))
	w.must(w.Retry(t.Context(), ref))
	work := decide()
	if story := w.state(ref, store.Leased); work.Begun != "" || !story.SentAt.IsZero() || work.Attempts != 1 {
		t.Errorf("its second claim is begun, of steps that are not known: %+v", work.Claim)
	}
	w.must(w.Begin(t.Context(), work.Claim, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(t.Context(), work.Claim, store.Settlement{State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: "7"}}))
	w.ledger(store.Ledger{Accepted: 1, Delivered: 1})
}
