package storetest

import (
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func wrongClocks() []promise {
	return []promise{
		{"what a clock that was ahead put off is brought back", broughtBack},
		{"what is put off as long as anything is stays put off", putOffStays},
		{"what is decided once the clock is right again is due", decidedOnceRight},
		{"what a clock that was ahead accepted can be brought forward, once", hurriedOnceRight},
		{"an open request a clock that was ahead dated grows old from the next look", openOnceRight},
		{"a sender a clock that was ahead heard is looked at as if it were now", talkOnceRight},
	}
}

const year = 365 * 24 * time.Hour

var furthest = store.Furthest{Try: 24 * time.Hour, Talk: 24 * time.Hour, Review: 4 * time.Hour, Ask: 24 * time.Hour, Slack: time.Hour}

func (w world) bringBack(want store.BroughtBack) {
	w.Helper()
	got, err := w.BringBack(w.Context(), []string{"portal"}, furthest)
	w.must(err)
	if got != want {
		w.Errorf("brought back %+v, want %+v", got, want)
	}
}

// failure is the settlement of what failed just now.
func (w world) failure() store.Settlement {
	return store.Settlement{State: store.Ready, Due: w.clock.Now().Add(30 * time.Second), Reason: retry.Timeout}
}

// busy leaves one of everything waiting, and returns the delivery.
func (w world) busy() complaint.Ref {
	w.Helper()
	earlier, _ := w.followed(nil)
	w.deliver(earlier, "700") // and its status is asked for in five minutes
	f := w.followUp()
	w.must(w.SettleFollowUp(w.Context(), f.Claim, w.failure()))
	for _, n := range w.news() {
		w.must(w.SettleNews(w.Context(), n, w.failure()))
	}
	asked := &asking{answer: alike(dedup.Review, dedup.SameIncident)}
	first := w.keep(report(2))[0].Ref
	w.decideAll(asked.judge)
	w.deliver(first, "701")
	w.state(w.keep(copyOf(2, "kedua"))[0].Ref, store.New)
	w.decideAll(asked.judge)
	ref := w.keep(report(3))[0].Ref
	w.decideAll(judge)
	w.must(w.Settle(w.Context(), w.claim(1)[0], w.failure()))
	w.hears(said("1", "siti", "Lampu mati"))
	return ref
}

func broughtBack(t *testing.T, h Harness) {
	w := begin(t, h)
	w.clock.Advance(year)
	ref := w.busy()
	w.clock.Advance(time.Hour - year) // somebody sets it right
	waiting := func() [5]int {
		asked, err := w.ClaimSync(t.Context(), 10, time.Minute)
		w.must(err)
		return [5]int{len(w.claim(10)), len(w.followUps()), len(w.news()), len(w.talks()), len(asked)}
	}
	if due := waiting(); due != [5]int{} {
		t.Fatalf("before the look %v are due", due)
	}
	w.bringBack(store.BroughtBack{Deliveries: 1, FollowUps: 1, News: 3, Talks: 1, Reviews: 1, Questions: 2})
	w.bringBack(store.BroughtBack{})
	if due, want := waiting(), [5]int{1, 1, 3, 1, 2}; due != want {
		t.Errorf("%v are due, want %v", due, want)
	}
	w.state(ref, store.Leased)
	w.clock.Advance(furthest.Review - time.Second)
	for _, want := range []int{0, 1} {
		if n, err := w.ReleaseReviews(t.Context()); err != nil || n != want {
			t.Errorf("%d went on that waited for a person, %v; want %d", n, err, want)
		}
		w.clock.Advance(time.Second)
	}
}

func putOffStays(t *testing.T, h Harness) {
	w := begin(t, h)
	w.busy()
	c := w.keep(report(4))[0].Ref
	w.decideAll(judge)
	for _, claimed := range w.claim(10) {
		if to := w.failure(); claimed.Ref == c {
			to.Due = w.clock.Now().Add(furthest.Try)
			w.must(w.Settle(t.Context(), claimed, to))
		}
	}
	w.clock.Advance(-furthest.Slack) // another gateway's clock is behind
	w.bringBack(store.BroughtBack{})
	w.clock.Advance(-time.Second)
	w.bringBack(store.BroughtBack{Deliveries: 1, Reviews: 1})
}

func decidedOnceRight(t *testing.T, h Harness) {
	w := begin(t, h)
	w.clock.Advance(time.Hour) // too little for a look to find
	refs := []complaint.Ref{w.keep(report(1))[0].Ref}
	w.clock.Advance(-time.Hour)
	for n := range 2 {
		w.clock.Advance(time.Second)
		refs = append(refs, w.keep(report(n + 2))[0].Ref)
	}
	w.clock.Advance(time.Second)
	w.decideAll(judge)
	got := w.claim(10)
	if len(got) != 3 || got[0].Ref != refs[0] && got[2].Ref != refs[0] {
		t.Errorf("claimed %+v, want %v", got, refs)
	}
}

func hurriedOnceRight(t *testing.T, h Harness) {
	w := begin(t, h)
	w.clock.Advance(year)
	w.keep(report(1))
	w.decideAll(judge)
	w.must(w.Settle(t.Context(), w.claim(1)[0], w.failure()))
	w.clock.Advance(-year)
	for _, want := range []int{1, 0} {
		if n, err := w.Hurry(t.Context(), []retry.Reason{retry.Timeout}); err != nil || n != want {
			t.Errorf("brought %d forward, %v; want %d", n, err, want)
		}
	}
	if got := w.claim(10); len(got) != 1 {
		t.Errorf("%d are due, want 1", len(got))
	}
}

func openOnceRight(t *testing.T, h Harness) {
	w := begin(t, h)
	w.clock.Advance(year)
	w.keep(report(1))
	w.decideAll(judge)
	open := func() store.Settlement {
		return store.Settlement{State: store.Unknown, Open: true, Due: w.clock.Now(), Reason: retry.Timeout}
	}
	c := w.claim(1)[0]
	w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(t.Context(), c, open()))
	w.clock.Advance(-year)
	w.bringBack(store.BroughtBack{Deliveries: 1})
	for _, old := range []time.Duration{0, 10 * time.Minute} {
		c = w.claim(1)[0]
		if c.OpenFor != old || c.SentAt.IsZero() {
			t.Errorf("its request is open for %s, want %s", c.OpenFor, old)
		}
		var first int64
		w.must(w.Handle().GetContext(t.Context(), &first, "SELECT first_attempt_at FROM delivery"))
		if first > w.clock.Now().UnixMilli() {
			t.Error("it was first tried in a time to come")
		}
		w.must(w.Settle(t.Context(), c, open()))
		w.clock.Advance(10 * time.Minute)
	}
}

func talkOnceRight(t *testing.T, h Harness) {
	w := begin(t, h)
	w.clock.Advance(year)
	w.hears(said("1", "siti", "halo"), said("2", "tono", "halo"))
	w.clock.Advance(joining.Within)
	for _, talk := range w.talks() {
		if talk.Sender == "siti" { // she is asked; his file cannot be had
			w.must(w.EndTalk(t.Context(), talk, store.Ending{
				State: store.MessageAsked, IDs: []string{"1"}, AskedAt: w.clock.Now(), Due: w.clock.Now().Add(24 * time.Hour), Within: joining.Within,
			}))
			continue
		}
		w.must(w.PostponeTalk(t.Context(), talk, w.clock.Now().Add(30*time.Second), false))
	}
	w.clock.Advance(-year)
	w.bringBack(store.BroughtBack{Talks: 2})
	talks := w.talks()
	if len(talks) != 2 {
		t.Fatalf("%d senders are due, want 2", len(talks))
	}
	for _, talk := range talks {
		now := w.clock.Now()
		if talk.AskedAt.After(now) || talk.HeardAt.After(now) || talk.Since.After(now) || !talk.TriedAt.Equal(now) {
			t.Errorf("of %s something is still to come: %+v", talk.Sender, talk)
		}
	}
	w.clock.Advance(year) // and ahead once more: a time that was heard then is forgotten with the next word
	w.hears(said("3", "ani", "halo"))
	w.clock.Advance(-year)
	w.hears(said("4", "ani", "lampu mati"))
	w.clock.Advance(joining.Within)
	for _, talk := range w.talks() {
		if talk.Sender == "ani" && talk.HeardAt.After(w.clock.Now()) {
			t.Errorf("she wrote at %s", talk.HeardAt)
		}
	}
}
