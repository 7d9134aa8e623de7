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

// notTriedYet has what was claimed and not tried be as if nothing had happened to it, also when that was long ago.
func notTriedYet(t *testing.T, h Harness) {
	w := begin(t, h)
	w.keep(report(1))
	w.decideAll(judge)
	c := w.claim(1)[0]
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Ready, Reason: retry.Shutdown, Due: w.clock.Now(), Uncounted: true}))
	w.clock.Advance(30 * 24 * time.Hour)
	if c = w.claim(1)[0]; c.Attempts != 1 || !c.TriedAt.Equal(w.clock.Now()) {
		t.Errorf("its first attempt is number %d, of %s; it is %s", c.Attempts, c.TriedAt, w.clock.Now())
	}
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Ready, Reason: retry.Unavailable, Due: w.clock.Now()}))
	tried := w.clock.Now()
	w.clock.Advance(time.Hour)
	c = w.claim(1)[0]
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Ready, Reason: retry.Shutdown, Due: w.clock.Now(), Uncounted: true}))
	if c = w.claim(1)[0]; c.Attempts != 2 || !c.TriedAt.Equal(tried) {
		t.Errorf("its second attempt is number %d, the first was at %s, not %s", c.Attempts, tried, c.TriedAt)
	}
}

// claimedAsDecided: while nobody waits, what is decided is claimed in the same transaction, with all that is needed to send it.
func claimedAsDecided(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), report(2), report(3))
	decided, err := w.Decide(t.Context(), 10, judge, store.Appetite{Most: 2, Lease: 30 * time.Second})
	w.must(err)
	var works []store.Work
	for _, d := range decided {
		if d.Work != nil {
			works = append(works, *d.Work)
		}
	}
	if len(works) != 2 || works[0].Ref != kept[0].Ref || works[0].Attempts != 1 || works[0].Job.Complaint.Text != report(1).Text || works[0].Job.Agency != "21030" {
		t.Fatalf("handed over %+v", works)
	}
	w.state(kept[1].Ref, store.Leased)
	if rest := w.claim(10); len(rest) != 1 || rest[0].Ref != kept[2].Ref {
		t.Errorf("claimed %+v, want the one nobody had room for", rest)
	}
	w.must(w.Begin(t.Context(), works[0].Claim, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(t.Context(), works[0].Claim, store.Settlement{State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: "7"}}))
	w.clock.Advance(time.Minute) // the other one's gateway died
	if n, err := w.Rescue(t.Context(), ""); err != nil || n != 2 {
		t.Errorf("rescued %d, %v", n, err)
	}
	if story := w.state(kept[1].Ref, store.Ready); story.Attempts != 1 {
		t.Errorf("%d attempts: the claim was not counted before it was made", story.Attempts)
	}
	w.ledger(store.Ledger{Accepted: 3, Delivered: 1, Waiting: 2})
}

// takenID: an id that the platform gave another complaint before is refused, and changes nothing of either.
func takenID(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.delivered()
	story := w.state(first, store.Done)
	other := report(2)
	ref := w.keep(other)[0].Ref
	w.decideAll(judge)
	c := w.claim(1)[0]
	w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
	same := store.Settlement{State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: story.NationalID}}
	if err := w.Settle(t.Context(), c, same); !errors.Is(err, store.ErrTaken) {
		t.Errorf("an id that another complaint has: %v", err)
	}
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}))
	if held := w.state(ref, store.Held); held.SentAt.IsZero() || held.NationalID != "" {
		t.Errorf("held %+v", held)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Held: 1})
}

// newcomersTurn: of what came in since a moment the newest goes first, and what lay there before waits for its own turn.
func newcomersTurn(t *testing.T, h Harness) {
	w := begin(t, h)
	var refs []complaint.Ref
	for n := range 4 {
		refs = append(refs, w.keep(report(n))[0].Ref)
		w.clock.Advance(time.Second)
	}
	w.decideAll(judge)
	since := w.clock.Now().Add(-2 * time.Second)
	for _, want := range []complaint.Ref{refs[3], refs[2]} {
		works, err := w.ClaimDue(t.Context(), store.Appetite{Most: 1, Lease: time.Minute}, store.Turn{Since: since})
		w.must(err)
		if len(works) != 1 || works[0].Ref != want {
			t.Fatalf("claimed %+v, want %s", works, want)
		}
	}
	if works, err := w.ClaimDue(t.Context(), store.Appetite{Most: 5, Lease: time.Minute}, store.Turn{Since: since}); err != nil || len(works) != 0 {
		t.Errorf("the newcomers' turn took %d of the old, %v", len(works), err)
	}
	if old := w.claim(1); old[0].Ref != refs[0] {
		t.Errorf("claimed %s, want the oldest", old[0].Ref)
	}
}
