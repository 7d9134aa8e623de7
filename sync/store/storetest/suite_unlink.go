package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// An operator was quicker than the decision, and said it the other way round.
func neverLinkedToItself(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	second := w.keep(copyOf(1, "b"))[0].Ref
	_, err := w.Link(t.Context(), first, second, store.Order{By: "budi", Why: "sama"})
	w.must(err)
	w.decideAll(judgeByText)
	w.state(first, store.Linked)
	w.state(second, store.Ready)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 1, Linked: 1})
}

// The second was linked to the first by mistake; the third repeats the second, the fourth the third, and the fifth the first.
func repeatsOfTheUnlinked(t *testing.T, h Harness) {
	w := begin(t, h)
	var refs []complaint.Ref
	repeats := map[int]int{1: 0, 2: 1, 3: 2, 4: 0}
	for n := range 5 {
		refs = append(refs, w.keep(report(n))[0].Ref)
		a := &asking{answer: func(dedup.Print, []dedup.Earlier) dedup.Verdict { return dedup.Verdict{Answer: dedup.New} }}
		w.decideAll(a.judge)
		if n > 0 {
			_, err := w.Link(t.Context(), refs[n], refs[repeats[n]], store.Order{By: "budi"})
			w.must(err)
		}
	}
	w.deliver(refs[0], "700")
	w.hear()
	_, err := w.Unlink(t.Context(), refs[1], store.Order{By: "budi", Why: "rumah lain"})
	w.must(err)
	for n, primary := range map[int]complaint.Ref{2: refs[1], 3: refs[1], 4: refs[0]} {
		if story := w.state(refs[n], store.Linked); story.Primary != primary {
			t.Errorf("complaint %d is linked to %s, want %s", n, story.Primary, primary)
		}
	}
	w.says(refs[0], national.Event{Key: "s", Status: complaint.Done, Raw: "Selesai"})
	if heard := w.hear(); len(heard[refs[0]]) != 1 || len(heard[refs[4]]) != 1 || len(heard[refs[2]])+len(heard[refs[3]]) != 0 {
		t.Errorf("of the first is heard %v", heard)
	}
	w.deliver(refs[1], "701")
	if heard := w.hear(); len(heard[refs[1]]) != 1 || len(heard[refs[2]]) != 1 || len(heard[refs[3]]) != 1 {
		t.Errorf("of the second is heard %v", heard)
	}
	w.ledger(store.Ledger{Accepted: 5, Delivered: 2, Linked: 3})
}

func partedBothWays(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	second := w.keep(copyOf(1, "b"))[0].Ref
	_, err := w.Link(t.Context(), first, second, store.Order{By: "budi", Why: "sama"})
	w.must(err)
	_, err = w.Unlink(t.Context(), first, store.Order{By: "budi", Why: "rumah lain"})
	w.must(err)
	w.decideAll(judgeByText)
	w.state(first, store.Ready)
	w.state(second, store.Ready)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2})
}

// The channel may have heard it or not; it is told no more either way, whether the telling fails or the gateway dies.
func newsOfAnUndoneLink(t *testing.T, h Harness) {
	for _, fails := range []bool{true, false} {
		w := begin(t, h)
		n := map[bool]int{true: 1, false: 2}[fails]
		first := w.keep(report(n))[0].Ref
		w.decideAll(judgeByText)
		second := w.keep(copyOf(n, fmt.Sprint("copy ", n)))[0].Ref
		w.decideAll(judgeByText)
		w.state(second, store.Linked)
		w.deliver(first, fmt.Sprint(700+n))
		news := w.news()
		if len(news) != 2 {
			t.Fatalf("%d are told, want both", len(news))
		}
		_, err := w.Unlink(t.Context(), second, store.Order{By: "budi", Why: "rumah lain"})
		w.must(err)
		if fails {
			for _, one := range news {
				w.must(w.SettleNews(t.Context(), one, store.Settlement{State: store.Ready, Reason: retry.Unavailable, Due: w.clock.Now()}))
			}
		} else {
			w.clock.Advance(time.Minute) // past the leases
			w.must(w.RescueNews(t.Context(), ""))
		}
		again := w.news()
		if len(again) != 1 || again[0].Ref != first {
			t.Errorf("told again (a failure: %t): %+v", fails, again)
		}
		for _, one := range again {
			w.must(w.SettleNews(t.Context(), one, store.Settlement{State: store.Done, Reason: retry.Success}))
		}
		w.deliver(second, fmt.Sprint(800+n))
		w.tellAll()
		w.must(w.Close())
	}
}

func linkedAgainHears(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	waits, under := w.keep(copyOf(1, "b"))[0].Ref, w.keep(copyOf(1, "c"))[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	fail := func(n store.News) {
		w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Ready, Reason: retry.Unavailable, Due: w.clock.Now().Add(time.Hour)}))
	}
	order := store.Order{By: "budi"}
	unlink := func(ref complaint.Ref) {
		_, err := w.Unlink(t.Context(), ref, order)
		w.must(err)
	}
	for _, n := range w.news() {
		switch n.Ref {
		case waits:
			fail(n)
			unlink(waits)
		case under:
			unlink(under)
			fail(n)
		default:
			w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Done, Reason: retry.Success}))
		}
	}
	if news := w.news(); len(news) != 0 {
		t.Errorf("told again while nothing is linked: %+v", news)
	}
	for _, ref := range []complaint.Ref{waits, under} {
		_, err := w.Link(t.Context(), ref, first, order)
		w.must(err)
	}
	told := map[complaint.Ref]int64{}
	for _, n := range w.news() {
		told[n.Ref] = n.Told
	}
	if len(told) != 2 || told[waits] != 2 || told[under] != 2 {
		t.Errorf("told under %v; both anew, under a number of its own", told)
	}
}

func disownedByWordsAlone(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	second := w.keep(copyOf(1, "b"))[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	w.observe(first, national.State{Status: complaint.Other, Raw: "Menunggu Telaah"})
	w.state(second, store.Linked)
	w.observe(first, national.State{Status: complaint.Other, Raw: "Bukan Kewenangan"})
	w.state(second, store.Ready)
}
