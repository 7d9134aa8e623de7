package storetest

import (
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// patience are the promises about what an age and a number of attempts are counted from.
func patience() []promise {
	return []promise{
		{"attempts are counted from the first, whatever they end with", countedFromTheFirst},
		{"time in which it was due and nobody tried it does not count", untriedDoesNotCount},
		{"what waited behind another or for a person is tried as if for the first time", triedAfresh},
		{"what is dropped keeps its attempts", droppedKeepsAttempts},
		{"a follow-up that a person puts back is tried as if for the first time", followUpAfresh},
		{"news that a person puts back is as old as that", newsAfresh},
	}
}

// tries claims one complaint, and gives back whatever else is due.
func (w world) tries(ref complaint.Ref) store.Claim {
	w.Helper()
	var found store.Claim
	for _, c := range w.claim(100) {
		if c.Ref == ref {
			found = c
			continue
		}
		w.must(w.Settle(w.Context(), c, store.Settlement{State: store.Ready, Due: w.clock.Now(), Uncounted: true}))
	}
	if found.Ref == "" {
		w.Fatalf("%s cannot be claimed", ref)
	}
	return found
}

// failed has a complaint of its own tried twice in an hour, in vain.
func (w world) failed(n int) complaint.Ref {
	w.Helper()
	ref := w.keep(report(n))[0].Ref
	w.decideAll(judge)
	for range 2 {
		w.must(w.Settle(w.Context(), w.tries(ref), store.Settlement{State: store.Ready, Due: w.clock.Now(), Reason: retry.Unavailable}))
		w.clock.Advance(time.Hour)
	}
	return ref
}

func countedFromTheFirst(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	w.clock.Advance(40 * 24 * time.Hour) // paused, say
	decided, err := w.Decide(t.Context(), 10, judge, store.Appetite{Most: 1, Lease: time.Minute})
	w.must(err)
	first := w.clock.Now()
	c := decided[0].Work.Claim
	for n := 1; ; n++ {
		if c.Ref != ref || c.Attempts != n || !c.TriedAt.Equal(first) || !c.AcceptedAt.Before(first) {
			t.Errorf("attempt %d is %+v, want it counted from %s", n, c, first)
		}
		if n == 3 {
			break
		}
		w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Ready, Due: w.clock.Now(), Reason: retry.Unavailable}))
		w.clock.Advance(time.Hour)
		c = w.tries(ref)
	}
}

// untriedDoesNotCount: the gateway was off, or its clock wrong, or the platform away from everybody.
func untriedDoesNotCount(t *testing.T, h Harness) {
	w := begin(t, h)
	w.clock.Advance(-40 * 24 * time.Hour) // the first of which a clock tells that is behind
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	ref := w.keep(report(3))[0].Ref
	w.decideAll(judge)
	fails := func(due time.Duration) store.Settlement {
		return store.Settlement{State: store.Ready, Due: w.clock.Now().Add(due), Reason: retry.Unavailable}
	}
	first := w.clock.Now()
	tries := func(due time.Duration) {
		t.Helper()
		c, f := w.tries(ref), w.followUp()
		if f.Ref != later || !c.TriedAt.Equal(first) || !f.TriedAt.Equal(first) {
			t.Errorf("at %s it is tried since %s, what is added since %s; want %s", w.clock.Now(), c.TriedAt, f.TriedAt, first)
		}
		w.must(w.Settle(t.Context(), c, fails(due)))
		w.tellFollowUp(f, fails(due))
	}
	tries(6 * time.Hour)
	w.clock.Advance(7 * time.Hour) // an hour late
	tries(6 * time.Hour)
	w.clock.Advance(40 * 24 * time.Hour)
	first = first.Add(40*24*time.Hour - 6*time.Hour)
	tries(6 * time.Hour)
	w.clock.Advance(5 * time.Hour)
	if _, err := w.Hurry(t.Context(), []retry.Reason{retry.Unavailable}); err != nil { // due since it was accepted
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	first = first.Add(6 * time.Hour)
	for n := range 2 { // the second time it was tried half an hour ago
		c := w.tries(ref)
		if !c.TriedAt.Equal(first) {
			t.Errorf("hurried %d it is tried since %s, want %s", n, c.TriedAt, first)
		}
		w.must(w.Settle(t.Context(), c, fails(6*time.Hour)))
		w.clock.Advance(30 * time.Minute)
		if _, err := w.Hurry(t.Context(), []retry.Reason{retry.Unavailable}); err != nil {
			t.Fatal(err)
		}
	}
}

func triedAfresh(t *testing.T, h Harness) {
	open := func(w world, ref complaint.Ref) store.Whereabouts {
		c := w.tries(ref)
		w.must(w.Begin(w.Context(), c, national.Step{Name: national.StepCreate}))
		w.must(w.Settle(w.Context(), c, store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}))
		return w.whereabouts(ref)
	}
	behind := func(w world, ref complaint.Ref) complaint.Ref {
		primary := w.keep(copyOf(100, "primary of "+string(ref)))[0].Ref
		w.decideAll(judge)
		w.deliver(primary, "of "+string(primary))
		_, err := w.Link(w.Context(), ref, primary, store.Order{By: "budi"})
		w.must(err)
		return primary
	}
	w := begin(t, h)
	for n, c := range []struct {
		name string
		wait func(w world, ref complaint.Ref) (goOn func() error)
	}{
		{"given up and retried", func(w world, ref complaint.Ref) func() error {
			w.must(w.Settle(w.Context(), w.tries(ref), store.Settlement{State: store.Dead, Reason: retry.TooMany}))
			return func() error {
				err := w.Retry(w.Context(), ref)
				w.decideAll(judge)
				return err
			}
		}},
		{"found not to be there by a person", func(w world, ref complaint.Ref) func() error {
			open(w, ref)
			return func() error { return w.ResolveNotSent(w.Context(), ref, 0) }
		}},
		{"not in a list", func(w world, ref complaint.Ref) func() error {
			was := open(w, ref)
			return func() error { return w.ResolveUnlisted(w.Context(), was, "the list has it not") }
		}},
		{"unlinked", func(w world, ref complaint.Ref) func() error {
			behind(w, ref)
			return func() error {
				_, err := w.Unlink(w.Context(), ref, store.Order{By: "budi"})
				return err
			}
		}},
		{"in its primary's place", func(w world, ref complaint.Ref) func() error {
			primary := behind(w, ref)
			return func() error {
				w.archive(primary)
				return nil
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.T = t
			ref := w.failed(n)
			goOn := c.wait(w, ref)
			w.clock.Advance(40 * 24 * time.Hour)
			w.must(goOn())
			w.clock.Advance(time.Minute)
			claim := w.tries(ref)
			if claim.Attempts != 1 || !claim.TriedAt.Equal(w.clock.Now()) {
				t.Errorf("at %s it is tried as %+v", w.clock.Now(), claim)
			}
			w.must(w.Settle(t.Context(), claim, store.Settlement{State: store.Dead, Reason: retry.Rejected}))
			if story := w.state(ref, store.Dead); len(story.Attempted) < 3 {
				t.Errorf("its history has %d attempts", len(story.Attempted))
			}
		})
	}
}

func droppedKeepsAttempts(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.failed(1)
	w.must(w.Drop(t.Context(), ref, "percobaan"))
	if story := w.state(ref, store.Dead); story.Attempts != 2 {
		t.Errorf("it was tried %d times", story.Attempts)
	}
}

func followUpAfresh(t *testing.T, h Harness) {
	w := begin(t, h)
	earlier, later := w.followed(nil)
	w.deliver(earlier, "700")
	for _, c := range []struct {
		to   store.Settlement
		goOn func() error
	}{
		{store.Settlement{State: store.Dead, Reason: retry.TooOld}, func() error { return w.Retry(t.Context(), later) }},
		{store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}, func() error { return w.ResolveNotSent(t.Context(), later, 0) }},
	} {
		f := w.followUp()
		if f.Attempts != 1 || !f.TriedAt.Equal(w.clock.Now()) {
			t.Errorf("at %s it is tried as %+v", w.clock.Now(), f.Claim)
		}
		w.tellFollowUp(f, c.to)
		w.clock.Advance(40 * 24 * time.Hour)
		w.must(c.goOn())
		w.clock.Advance(time.Minute)
	}
	if f := w.followUp(); f.Attempts != 1 || !f.TriedAt.Equal(w.clock.Now()) {
		t.Errorf("at %s it is tried as %+v", w.clock.Now(), f.Claim)
	}
}

func newsAfresh(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.must(w.SettleNews(t.Context(), w.news()[0], store.Settlement{State: store.Dead, Reason: retry.TooOld}))
	w.clock.Advance(40 * 24 * time.Hour)
	w.must(w.Retry(t.Context(), ref))
	if n := w.news(); len(n) != 1 || !n[0].Since.Equal(w.clock.Now()) {
		t.Errorf("at %s it is told as %+v", w.clock.Now(), n)
	}
}
