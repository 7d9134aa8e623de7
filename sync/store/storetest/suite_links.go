package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func unlinkAfterForwarding(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	second := w.keep(copyOf(1, "b"))[0].Ref
	w.decideAll(judgeByText)
	w.state(second, store.Linked)
	w.says(first, national.Event{Key: "d", Status: complaint.Disposed, Raw: "Terdisposisi"})

	primary, err := w.Unlink(t.Context(), second, store.Order{By: "budi", Why: "rumah lain"})
	w.must(err)
	if primary != first {
		t.Errorf("it was linked to %s, want %s", primary, first)
	}
	w.state(second, store.Ready)
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Waiting: 1})
	if heard := w.hear(); fmt.Sprint(heard[second]) != "[]" {
		t.Errorf("the second's channel heard %v of a complaint that is not its own", heard[second])
	}
	w.deliver(second, "701")
	w.says(first, national.Event{Key: "p", Status: complaint.InProgress, Raw: "Dalam Proses"})
	if heard := w.hear(); fmt.Sprint(heard[second]) != "[1 forwarded]" {
		t.Errorf("the second's channel heard %v, want that its own is forwarded", heard[second])
	}
	bonds, err := w.Bonds(t.Context(), second)
	w.must(err)
	if len(bonds.Undone) != 1 || bonds.Undone[0].Primary != first || bonds.Undone[0].UndoneBy != "budi" || bonds.Undone[0].UndoneWhy != "rumah lain" || bonds.Link != nil {
		t.Errorf("history %+v", bonds)
	}
	labels, err := w.Labels(t.Context(), time.Time{}, 10)
	if err != nil || len(labels) != 1 || labels[0].Same {
		t.Errorf("labels %+v, %v: an undone link says that both differ", labels, err)
	}
	if _, err := w.Unlink(t.Context(), second, store.Order{}); err == nil || !strings.Contains(err.Error(), "linked to nothing") {
		t.Errorf("unlinked twice: %v", err)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 2})
}

func neverLinkedAgain(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), copyOf(1, "b"))
	first, second := kept[0].Ref, kept[1].Ref
	_, err := w.Link(t.Context(), second, first, store.Order{By: "budi", Why: "sama"}) // before anybody decided about it
	w.must(err)
	w.state(second, store.Linked)
	_, err = w.Unlink(t.Context(), second, store.Order{By: "budi"})
	w.must(err)
	w.state(second, store.New)
	w.decideAll(judgeByText)
	w.state(second, store.Ready)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2})
}

// threeCopies are a complaint and three copies that are linked to it.
func (w world) threeCopies() []complaint.Ref {
	w.Helper()
	refs := []complaint.Ref{w.keep(report(1))[0].Ref}
	for _, id := range []string{"b", "c", "d"} {
		w.clock.Advance(time.Second)
		refs = append(refs, w.keep(copyOf(1, id))[0].Ref)
	}
	w.decideAll(judgeByText)
	w.ledger(store.Ledger{Accepted: 4, Linked: 3, Waiting: 1})
	return refs
}

func refusedPrimary(t *testing.T, h Harness) {
	w := begin(t, h)
	refs := w.threeCopies()
	claim := w.claim(1)[0]
	w.must(w.Settle(t.Context(), claim, store.Settlement{State: store.Dead, Reason: retry.Rejected, Detail: "422"}))
	w.state(refs[0], store.Dead)
	w.ledger(store.Ledger{Accepted: 4, Linked: 2, Waiting: 1, Dead: 1})
	w.deliver(refs[1], "701")
	for _, ref := range refs[2:] {
		if story := w.state(ref, store.Linked); story.Primary != refs[1] {
			t.Errorf("%s is linked to %s, want the oldest of the rest, %s", ref, story.Primary, refs[1])
		}
	}
	heard := w.hear()
	for _, ref := range refs[1:] {
		if fmt.Sprint(heard[ref]) != "[1 forwarded]" {
			t.Errorf("%s heard %v", ref, heard[ref])
		}
	}
	w.must(w.Retry(t.Context(), refs[0])) // the refused one goes on by itself
	w.decideAll(judge)
	w.deliver(refs[0], "700")
	w.ledger(store.Ledger{Accepted: 4, Delivered: 2, Linked: 2})
}

func archivedPrimary(t *testing.T, h Harness) {
	w := begin(t, h)
	refs := w.threeCopies()
	w.deliver(refs[0], "700")
	w.says(refs[0], national.Event{Key: "d", Status: complaint.Disposed, Raw: "Terdisposisi"})
	for _, ref := range refs {
		if heard := w.hear()[ref]; len(heard) != 0 && fmt.Sprint(heard) != "[1 forwarded 2 disposed]" {
			t.Errorf("%s heard %v", ref, heard)
		}
	}
	w.says(refs[0], national.Event{Key: "a", Status: complaint.Archived, Raw: "Diarsipkan"})
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Linked: 2, Waiting: 1})
	if heard := w.hear(); fmt.Sprint(heard) != fmt.Sprint(map[complaint.Ref][]string{refs[0]: {"3 archived"}}) {
		t.Errorf("heard %v; only the first's own channel hears that it is archived", heard)
	}
	w.deliver(refs[1], "701")
	w.says(refs[1], national.Event{Key: "d", Status: complaint.Disposed, Raw: "Terdisposisi"})
	heard := w.hear()
	for _, ref := range refs[1:] {
		if fmt.Sprint(heard[ref]) != "[3 forwarded 4 disposed]" {
			t.Errorf("%s heard %v: the numbers rise with each thing that is told", ref, heard[ref])
		}
	}
	if change, seq, err := w.LastChange(t.Context(), "portal", refs[2]); err != nil || seq != 4 || change.Status != complaint.Disposed {
		t.Errorf("stands at %d %+v, %v", seq, change, err)
	}
	w.ledger(store.Ledger{Accepted: 4, Delivered: 2, Linked: 2})
}

func notTheirAuthority(t *testing.T, h Harness) {
	w := begin(t, h)
	refs := w.threeCopies()
	w.deliver(refs[0], "700")
	w.says(refs[0], national.Event{Key: "c", Status: complaint.Closed, Raw: "Ditutup oleh Admin", Text: "Bukan kewenangan kami."})
	w.state(refs[1], store.Ready)
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Linked: 2, Waiting: 1})
}

// The agency said why in its note alone: nothing is linked to it any more, by whom and however.
func notTheirAuthorityStandsForNobody(t *testing.T, h Harness) {
	w := begin(t, h)
	first, reviewed := w.reviewed()
	w.deliver(first, "700")
	w.says(first, national.Event{Key: "c", Status: complaint.Closed, Raw: "Ditutup oleh Admin", Text: "Bukan kewenangan kami."})
	w.says(first, national.Event{Key: "n", Status: complaint.Closed, Raw: "Ditutup oleh Admin", Text: "Salam dari Ranai."})
	if _, err := w.DecideReview(t.Context(), reviewed, true, store.Order{By: "budi"}); err == nil || !strings.Contains(err.Error(), "closed unheard") {
		t.Errorf("a person's answer to a review: %v", err)
	}
	w.state(reviewed, store.Held)
	other := w.keep(report(2))[0].Ref
	w.decideAll(judgeByText)
	if _, err := w.Link(t.Context(), other, first, store.Order{By: "budi"}); err == nil || !strings.Contains(err.Error(), "closed unheard") {
		t.Errorf("an order: %v", err)
	}
	w.state(other, store.Ready)
	again := w.keep(copyOf(1, "lagi"))[0].Ref
	a := &asking{answer: func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
		if !slices.ContainsFunc(among, func(e dedup.Earlier) bool { return e.Ref == first }) {
			return dedup.Verdict{Answer: dedup.New}
		}
		return dedup.Verdict{Answer: dedup.Link, Kind: dedup.Resubmission, Earlier: first, Score: 1}
	}}
	w.decideAll(a.judge)
	w.state(again, store.Ready)
	added, as := w.filed("9", "siti", "sudah ada?", func(f *store.Filing) { f.About, f.Own = first, true })
	if as != store.MessageJoined {
		t.Errorf("what is added to it is %s", as)
	}
	w.state(added, store.New)
}

// Closed because it was answered, it stands for who tells the same.
func closedWithAnAnswerStands(t *testing.T, h Harness) {
	w := begin(t, h)
	first, second := w.reviewed()
	w.deliver(first, "700")
	w.says(first, national.Event{Key: "c", Status: complaint.Closed, Raw: "Ditutup oleh Admin", Text: "Lampu sudah diganti."})
	w.says(first, national.Event{Key: "n", Status: complaint.Closed, Raw: "Ditutup oleh Admin", Text: "Tiang di seberang bukan kewenangan kami."})
	if primary, err := w.DecideReview(t.Context(), second, true, store.Order{By: "budi"}); err != nil || primary != first {
		t.Errorf("linked to %q, %v", primary, err)
	}
	w.state(second, store.Linked)
}

// What a channel may have heard, though its answer was lost, keeps its number: other news under it would pass for a repeat.
func triedNumberStays(t *testing.T, h Harness) {
	w := begin(t, h)
	refs := w.threeCopies()
	w.deliver(refs[0], "700")
	for _, n := range w.news() {
		w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Ready, Due: w.clock.Now()}))
	}
	w.says(refs[0], national.Event{Key: "a", Status: complaint.Archived, Raw: "Diarsipkan"})
	w.deliver(refs[1], "701")
	for _, n := range w.news() {
		if n.Ref == refs[1] && (n.About != refs[1] || n.Told != 2) {
			t.Errorf("its own news is told as number %d about %s, after number 1 was tried of %s", n.Told, n.About, refs[0])
		}
	}
}

func answeredPrimary(t *testing.T, h Harness) {
	w := begin(t, h)
	refs := w.threeCopies()
	w.deliver(refs[0], "700")
	w.says(refs[0], national.Event{Key: "s", Status: complaint.Done, Raw: "Selesai", Text: "Lampu sudah diganti."})
	heard := w.hear()
	for _, ref := range refs {
		if fmt.Sprint(heard[ref]) != "[1 forwarded 2 done]" {
			t.Errorf("%s heard %v", ref, heard[ref])
		}
	}
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Linked: 3})
}

func chainOfFive(t *testing.T, h Harness) {
	w := begin(t, h)
	var refs []complaint.Ref
	for n := range 6 {
		refs = append(refs, w.keep(report(n))[0].Ref)
		w.clock.Advance(time.Second)
	}
	w.decideAll(judgeByText)
	for n := 4; n >= 0; n-- { // the last to the one before it, and so on: a chain, if links had links
		as, err := w.Link(t.Context(), refs[n+1], refs[n], store.Order{By: "budi", Why: "sama"})
		w.must(err)
		if as.Primary != refs[n] || as.Ticket {
			t.Errorf("linked as %+v", as)
		}
		w.ledger(store.Ledger{Accepted: 6, Linked: int64(5 - n), Waiting: int64(1 + n)})
	}
	for _, ref := range refs[1:] {
		if story := w.state(ref, store.Linked); story.Primary != refs[0] {
			t.Errorf("%s is linked to %s, want %s", ref, story.Primary, refs[0])
		}
	}
	w.deliver(refs[0], "700")
	heard := w.hear()
	for _, ref := range refs {
		if fmt.Sprint(heard[ref]) != "[1 forwarded]" {
			t.Errorf("%s heard %v", ref, heard[ref])
		}
	}
	w.says(refs[0], national.Event{Key: "a", Status: complaint.Archived, Raw: "Diarsipkan"})
	_, err := w.Unlink(t.Context(), refs[3], store.Order{By: "budi"})
	w.must(err)
	w.state(refs[1], store.Ready)
	w.state(refs[3], store.Ready)
	w.ledger(store.Ledger{Accepted: 6, Delivered: 1, Linked: 3, Waiting: 2})
}

func linkDelivered(t *testing.T, h Harness) {
	w := begin(t, h)
	var refs []complaint.Ref
	for n, id := range []string{"700", "701"} {
		refs = append(refs, w.keep(report(n))[0].Ref)
		w.decideAll(judgeByText)
		w.deliver(refs[n], id)
	}
	first, second := refs[0], refs[1]
	as, err := w.Link(t.Context(), second, first, store.Order{By: "budi", Why: "tiang yang sama"})
	w.must(err)
	if !as.Ticket || as.Primary != first {
		t.Errorf("linked as %+v", as)
	}
	w.hear()
	w.says(first, national.Event{Key: "s", Status: complaint.Done, Raw: "Selesai", Text: "Sudah."})
	w.says(second, national.Event{Key: "d", Status: complaint.Disposed, Raw: "Terdisposisi"})
	if heard := w.hear(); fmt.Sprint(heard[second]) != "[3 done 4 disposed]" || fmt.Sprint(heard[first]) != "[2 done]" {
		t.Errorf("heard %v; want the primary's answer and its own", heard)
	}
	if story := w.state(second, store.Done); story.NationalID != "701" || story.Status != complaint.Disposed {
		t.Errorf("its own ticket: %+v", story)
	}
	w.ledger(store.Ledger{Accepted: 2, Delivered: 2})
	_, err = w.Unlink(t.Context(), second, store.Order{By: "budi"})
	w.must(err)
	w.state(second, store.Done)
	w.ledger(store.Ledger{Accepted: 2, Delivered: 2})
}

func refusedLinks(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), report(2), report(3), report(4))
	a, b, c, d := kept[0].Ref, kept[1].Ref, kept[2].Ref, kept[3].Ref
	w.decideAll(judgeByText)
	_, err := w.Link(t.Context(), b, a, store.Order{})
	w.must(err)
	w.must(w.Drop(t.Context(), d, "percobaan"))
	for _, claim := range w.claim(10) {
		if claim.Ref == c {
			w.must(w.Begin(t.Context(), claim, national.Step{Name: national.StepCreate}))
		}
	}
	for _, refused := range []struct {
		ref, to complaint.Ref
		words   string
	}{
		{a, a, "stands for"}, {a, b, "stands for"}, {b, a, "already"}, {c, a, "on its way"}, {b, d, "cannot stand"},
		{b, "SP-000000000000000", "no such complaint"},
	} {
		if _, err := w.Link(t.Context(), refused.ref, refused.to, store.Order{}); err == nil || !strings.Contains(err.Error(), refused.words) {
			t.Errorf("%s to %s: %v; want %q", refused.ref, refused.to, err, refused.words)
		}
	}
	if story := w.state(b, store.Linked); story.Primary != a {
		t.Errorf("what was refused changed the link to %s", story.Primary)
	}
	w.ledger(store.Ledger{Accepted: 4, Linked: 1, Waiting: 2, Dead: 1})
}
