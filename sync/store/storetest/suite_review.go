package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// reviewed keeps and decides a complaint and a second one that a person is asked about.
func (w world) reviewed() (first, second complaint.Ref) {
	w.Helper()
	a := &asking{answer: alike(dedup.Review, dedup.SameIncident)}
	first = w.keep(report(1))[0].Ref
	w.decideAll(a.judge)
	second = w.keep(copyOf(1, "kedua"))[0].Ref
	w.decideAll(a.judge)
	if story := w.state(second, store.Held); story.Reason != string(retry.Review) {
		w.Errorf("held because of %s", story.Reason)
	}
	return first, second
}

func reviewGoesOn(t *testing.T, h Harness) {
	w := begin(t, h)
	first, second := w.reviewed()
	w.ledger(store.Ledger{Accepted: 2, Waiting: 1, Held: 1, Reviews: 1})
	asked, err := w.Reviews(t.Context(), 10)
	w.must(err)
	if len(asked) != 1 || asked[0].Ref != second || asked[0].Earlier != first || asked[0].Score != 0.7 || asked[0].Why == "" || asked[0].WhyID == "" ||
		len(asked[0].For) != 1 || len(asked[0].Against) != 1 || asked[0].Against[0].Amount != 60 {
		t.Errorf("asked %+v", asked)
	}
	w.clock.Advance(4*time.Hour - time.Second)
	if n, err := w.ReleaseReviews(t.Context()); err != nil || n != 0 {
		t.Errorf("%d went on before their time, %v", n, err)
	}
	w.clock.Advance(time.Second)
	if n, err := w.ReleaseReviews(t.Context()); err != nil || n != 1 {
		t.Errorf("%d went on, %v; want 1", n, err)
	}
	w.state(second, store.Ready)
	w.deliver(second, "702")
	bonds, err := w.Bonds(t.Context(), second)
	w.must(err)
	if len(bonds.Reviews) != 1 || bonds.Reviews[0].Decision != store.Undecided {
		t.Errorf("its review: %+v", bonds.Reviews)
	}
	if labels, err := w.Labels(t.Context(), time.Time{}, 10); err != nil || len(labels) != 0 {
		t.Errorf("%d labels of a review nobody decided, %v", len(labels), err)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Waiting: 1})
}

func reviewDecided(t *testing.T, h Harness) {
	w := begin(t, h)
	first, second := w.reviewed()
	behind := w.keep(copyOf(1, "di belakang"))[0].Ref // linked to the one that waits
	a := &asking{answer: func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
		return dedup.Verdict{Answer: dedup.Link, Kind: dedup.Resubmission, Earlier: second, Score: 1}
	}}
	w.decideAll(a.judge)
	if story := w.state(behind, store.Linked); story.Primary != second {
		t.Errorf("%s is linked to %s", behind, story.Primary)
	}
	primary, err := w.DecideReview(t.Context(), second, true, store.Order{By: "budi"})
	w.must(err)
	if primary != first {
		t.Errorf("linked to %s, want %s", primary, first)
	}
	for _, ref := range []complaint.Ref{second, behind} {
		if story := w.state(ref, store.Linked); story.Primary != first {
			t.Errorf("%s is linked to %s, want %s", ref, story.Primary, first)
		}
	}
	w.ledger(store.Ledger{Accepted: 3, Linked: 2, Waiting: 1})
	if _, err := w.DecideReview(t.Context(), second, true, store.Order{}); err == nil || !strings.Contains(err.Error(), "waits for no review") {
		t.Errorf("decided twice: %v", err)
	}

	a.answer = alike(dedup.Review, dedup.SameIncident)
	other := w.keep(copyOf(1, "lain"))[0].Ref
	w.decideAll(a.judge)
	if primary, err := w.DecideReview(t.Context(), other, false, store.Order{By: "budi"}); err != nil || primary != "" {
		t.Errorf("another matter is linked to %q, %v", primary, err)
	}
	w.state(other, store.Ready)
	labels, err := w.Labels(t.Context(), time.Time{}, 10)
	w.must(err)
	if len(labels) != 2 || !labels[0].Same || labels[1].Same || labels[0].Later.Ref != second || labels[0].Earlier.Text != report(1).Text {
		t.Errorf("labels %+v", labels)
	}
	w.ledger(store.Ledger{Accepted: 4, Linked: 2, Waiting: 2})
}

func everyLinkReviewed(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), copyOf(1, "b"))
	w.decideAll(func(c complaint.Complaint) store.Decision {
		d := judgeByText(c)
		d.By.ReviewAll = true
		return d
	})
	w.state(kept[1].Ref, store.Held)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 1, Held: 1, Reviews: 1})
}
