package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// duplicates are the promises about who stands for whom.
func duplicates() []promise {
	return []promise{
		{"candidates are bounded, the newest first, also after a restart", candidatesBounded},
		{"what shares more is compared first", weightierFirst},
		{"beyond the window nothing is a candidate, nor is what was refused", notCandidates},
		{"what the platform ended is compared as closed, with its tracking id", closedIsSaid},
		{"complaints of one batch find each other in order", batchFinds},
		{"a review waits, then goes on as new", reviewGoesOn},
		{"a person's answer to a review links or lets go", reviewDecided},
		{"with every link reviewed nothing is linked unasked", everyLinkReviewed},
		{"unlinking after the primary was forwarded forwards what was held back", unlinkAfterForwarding},
		{"what was unlinked is never linked to the same primary by itself", neverLinkedAgain},
		{"a refused primary's place is taken by the oldest", refusedPrimary},
		{"an archived primary's place is taken by the oldest, and the numbers told rise", archivedPrimary},
		{"who closes a complaint as another's authority frees the next", notTheirAuthority},
		{"an answered primary stays the primary", answeredPrimary},
		{"a chain of five has one primary", chainOfFive},
		{"what is at the platform is linked for its answers alone", linkDelivered},
		{"an operator's link that cannot be is refused", refusedLinks},
		{"a recurrence points back to the earlier ticket", recurrencePointsBack},
		{"old prints leave the index with their keys", printsExpire},
		{"one model is in use, and there is a way back", modelsSwitch},
		{"the audit finds a review nobody is asked for, and a chain", auditFindsDuplicates},
	}
}

// copyOf is a complaint in the same words as report(n), told later through the same channel.
func copyOf(n int, id string) complaint.Complaint {
	c := report(n)
	c.SourceID = id
	return c
}

// asking judges by a function and remembers who was compared last.
type asking struct {
	mu     sync.Mutex
	among  []complaint.Ref
	answer func(later dedup.Print, among []dedup.Earlier) dedup.Verdict
	keys   func(complaint.Complaint) []string
}

func (a *asking) judge(c complaint.Complaint) store.Decision {
	d := comparedBy(c, func(later dedup.Print, among []dedup.Earlier) dedup.Verdict {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.among = nil
		for _, e := range among {
			a.among = append(a.among, e.Ref)
		}
		if a.answer == nil {
			return dedup.Verdict{Answer: dedup.New}
		}
		return a.answer(later, among)
	})
	if a.keys != nil {
		d.Print.Reporters = a.keys(c)
	}
	return d
}

// alike answers the same of whatever is compared first.
func alike(answer dedup.Answer, kind dedup.Kind) func(dedup.Print, []dedup.Earlier) dedup.Verdict {
	return func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
		return dedup.Verdict{
			Answer: answer, Kind: kind, Earlier: among[0].Ref, Score: 0.7,
			For: []dedup.Evidence{{Code: "words"}}, Against: []dedup.Evidence{{Code: "time", Amount: 60}},
		}
	}
}

func candidatesBounded(t *testing.T, h Harness) {
	w := begin(t, h)
	a := &asking{keys: func(complaint.Complaint) []string { return []string{"desa sungai ulu"} }}
	var refs []complaint.Ref
	for batch := range 2 {
		for n := range 50 {
			c := report(100*batch + n)
			c.ReportedAt = w.clock.Now()
			refs = append(refs, w.keep(c)[0].Ref)
			w.clock.Advance(time.Second)
		}
		w.decideAll(a.judge)
	}
	newest := slices.Clone(refs[len(refs)-32:])
	slices.Reverse(newest)
	for n, restarted := range []bool{false, true} {
		if restarted {
			w.must(w.Close())
			w = open(t, h, w.clock, "natuna/2")
		}
		w.keep(report(1000 + n))
		w.decideAll(a.judge)
		want := newest
		if restarted && len(a.among) > 0 { // the one before it is the newest now
			want = append([]complaint.Ref{a.among[0]}, newest[:31]...)
		}
		if !slices.Equal(a.among, want) {
			t.Errorf("restarted %v: compared with %d, %v; want the newest 32, %v", restarted, len(a.among), a.among, want)
		}
	}
}

func weightierFirst(t *testing.T, h Harness) {
	w := begin(t, h)
	a := &asking{keys: func(c complaint.Complaint) []string {
		if c.SourceID == "lama" || c.SourceID == "baru" {
			return []string{"jalan sudirman", "desa ranai"}
		}
		return []string{"desa ranai"}
	}}
	old := w.keep(copyOf(1, "lama"))[0].Ref
	for n := range 40 {
		w.clock.Advance(time.Second)
		w.keep(report(10 + n))
	}
	w.decideAll(a.judge)
	w.clock.Advance(time.Second)
	w.keep(copyOf(1, "baru"))
	w.decideAll(a.judge)
	if len(a.among) != 32 || a.among[0] != old {
		t.Errorf("compared with %v; want first %s, which shares two keys", a.among, old)
	}
}

func notCandidates(t *testing.T, h Harness) {
	w := begin(t, h)
	a := &asking{}
	early := report(1)
	early.ReportedAt = w.clock.Now().Add(-25 * time.Hour)
	w.keep(early)
	w.decideAll(a.judge)
	refused := w.keep(copyOf(1, "ditolak"))[0].Ref
	w.decideAll(a.judge)
	w.must(w.Drop(t.Context(), refused, "percobaan"))
	fine := w.keep(copyOf(1, "baik"))[0].Ref
	w.decideAll(a.judge)
	w.keep(copyOf(1, "akhir"))
	w.decideAll(a.judge)
	if !slices.Equal(a.among, []complaint.Ref{fine}) {
		t.Errorf("compared with %v, want %s alone: one is too old, one refused", a.among, fine)
	}
}

func closedIsSaid(t *testing.T, h Harness) {
	w := begin(t, h)
	var seen []dedup.Earlier
	a := &asking{answer: func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
		seen = among
		return dedup.Verdict{Answer: dedup.New}
	}}
	for n, status := range complaint.Statuses() {
		if status == complaint.Received || status == complaint.Forwarded {
			continue
		}
		first := w.keep(report(n))[0].Ref
		w.decideAll(judgeByText)
		w.deliver(first, string(status))
		w.must(w.Record(t.Context(), first, store.Observation{State: national.State{TrackingID: "8211034"}}))
		w.says(first, national.Event{Key: "s", Status: status, Raw: string(status)})
		again := w.keep(copyOf(n, string(status)))[0].Ref
		w.decideAll(func(c complaint.Complaint) store.Decision {
			d := a.judge(c)
			if n%2 == 0 {
				d.Print.Tracks = []string{"8211034"}
			}
			return d
		})
		if len(seen) != 1 || seen[0].Ref != first || seen[0].Closed.IsZero() == status.Final() || n%2 == 0 && seen[0].Track != "8211034" {
			t.Errorf("%s: compared with %+v", status, seen)
		}
		w.must(w.Drop(t.Context(), again, "percobaan"))
	}
}

func batchFinds(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), copyOf(1, "b"), report(2), copyOf(1, "c"))
	w.decideAll(judgeByText)
	for _, k := range []store.Kept{kept[1], kept[3]} {
		if story := w.state(k.Ref, store.Linked); story.Primary != kept[0].Ref {
			t.Errorf("%s is linked to %s, want the first, %s", k.Ref, story.Primary, kept[0].Ref)
		}
	}
	w.ledger(store.Ledger{Accepted: 4, Linked: 2, Waiting: 2})
}

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
	primary, err := w.DecideReview(t.Context(), second, true, store.Order{By: "budi", Writers: []string{"portal"}})
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
	as, err := w.Link(t.Context(), second, first, store.Order{By: "budi", Why: "tiang yang sama", Writers: []string{"portal"}})
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

func recurrencePointsBack(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	w.must(w.Record(t.Context(), first, store.Observation{State: national.State{TrackingID: "8211034"}}))
	a := &asking{answer: alike(dedup.New, dedup.Recurrence)}
	atOnce := w.keep(copyOf(1, "lagi"))[0].Ref
	decided, err := w.Decide(t.Context(), 10, a.judge, store.Appetite{Most: 1, Lease: time.Minute})
	w.must(err)
	if len(decided) != 1 || decided[0].Work == nil || decided[0].Work.Job.Earlier != "8211034" || decided[0].Kind != dedup.Recurrence {
		t.Errorf("handed over %+v", decided)
	}
	later := w.keep(copyOf(1, "lagi dan lagi"))[0].Ref
	a.answer = func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
		return dedup.Verdict{Answer: dedup.New, Kind: dedup.Recurrence, Earlier: first, Score: 0.8}
	}
	w.decideAll(a.judge)
	works := w.claimWork(10)
	if len(works) != 1 || works[0].Ref != later || works[0].Job.Earlier != "8211034" {
		t.Errorf("claimed %+v", works)
	}
	if bonds, err := w.Bonds(t.Context(), atOnce); err != nil || bonds.Recurrence == nil || bonds.Recurrence.Earlier != first {
		t.Errorf("points back to %+v, %v", bonds.Recurrence, err)
	}
	w.ledger(store.Ledger{Accepted: 3, Delivered: 1, Waiting: 2})
}

func printsExpire(t *testing.T, h Harness) {
	w := begin(t, h)
	for n := range 5 {
		w.keep(report(n))
	}
	w.decideAll(judgeByText)
	w.clock.Advance(time.Hour)
	w.keep(report(10))
	w.decideAll(judgeByText)
	if n, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-time.Minute), 3); err != nil || n != 3 {
		t.Errorf("%d expired, %v; want no more than was asked for", n, err)
	}
	if n, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-time.Minute), 100); err != nil || n != 2 {
		t.Errorf("%d expired, %v; want the rest of the old", n, err)
	}
	var keys int
	w.must(w.Handle().Get(&keys, "SELECT count(*) FROM print_key"))
	prints, err := w.Prints(t.Context(), 10)
	if err != nil || len(prints) != 1 || keys != len(prints[0].Keys()) {
		t.Errorf("%d prints and %d keys are left, %v; want the new one's", len(prints), keys, err)
	}
}

func modelsSwitch(t *testing.T, h Harness) {
	w := begin(t, h)
	if m, err := w.ModelInUse(t.Context()); err != nil || m != nil {
		t.Errorf("in use %+v, %v; want the shipped one", m, err)
	}
	var numbers []int64
	for _, json := range []string{`{"a":1}`, `{"a":2}`} {
		n, err := w.SaveModel(t.Context(), json, "percobaan")
		w.must(err)
		numbers = append(numbers, n)
	}
	for _, use := range []int64{numbers[0], numbers[1], numbers[0]} {
		w.clock.Advance(time.Minute)
		w.must(w.UseModel(t.Context(), use))
		if m, err := w.ModelInUse(t.Context()); err != nil || m == nil || m.Number != use || m.JSON != fmt.Sprintf(`{"a":%d}`, use) || !m.UsedAt.Equal(w.clock.Now()) {
			t.Errorf("in use %+v, %v; want %d", m, err, use)
		}
	}
	if err := w.UseModel(t.Context(), 99); err == nil || !strings.Contains(err.Error(), "no model 99") {
		t.Errorf("a model there is not: %v", err)
	}
	if m, err := w.ModelInUse(t.Context()); err != nil || m == nil {
		t.Errorf("a switch that failed left %+v in use, %v", m, err)
	}
	w.must(w.UseModel(t.Context(), 0))
	if m, err := w.ModelInUse(t.Context()); err != nil || m != nil {
		t.Errorf("in use %+v, %v; want the shipped one", m, err)
	}
}

func auditFindsDuplicates(t *testing.T, h Harness) {
	w := begin(t, h)
	_, second := w.reviewed()
	w.exec("UPDATE review SET decision = 'different' WHERE ref = $1", second)
	third := w.keep(report(3))[0].Ref
	w.decideAll(judge)
	w.exec("INSERT INTO link (ref, primary_ref, kind, why, linked_at) VALUES ($1, $2, 'x', 'x', 1)", third, second)
	w.exec("INSERT INTO link (ref, primary_ref, kind, why, linked_at) VALUES ($1, $2, 'x', 'x', 1)", second, "SP-X")
	l, err := w.Audit(t.Context())
	w.must(err)
	if problems := strings.Join(l.Problems, "\n"); l.Balanced || !strings.Contains(problems, "1 complaints are held for a review that nobody is asked for") ||
		!strings.Contains(problems, "1 linked complaints have a primary that is linked itself") {
		t.Errorf("%+v", l)
	}
}

func (w world) exec(text string, values ...any) {
	w.Helper()
	for i, v := range values {
		values[i] = fmt.Sprint(v)
	}
	_, err := w.Handle().Exec(text, values...)
	w.must(err)
}

// says has the platform say one thing more about a complaint.
func (w world) says(ref complaint.Ref, e national.Event) {
	w.Helper()
	e.At = w.clock.Now()
	w.must(w.Record(w.Context(), ref, store.Observation{
		State: national.State{Status: e.Status, Raw: e.Raw, Events: []national.Event{e}}, Writers: []string{"portal"},
	}))
}

// hear tells the portal everything there is to tell, and returns what it heard of each complaint, in order.
func (w world) hear() map[complaint.Ref][]string {
	w.Helper()
	heard := map[complaint.Ref][]string{}
	for {
		news := w.news()
		if len(news) == 0 {
			return heard
		}
		for _, n := range news {
			heard[n.Ref] = append(heard[n.Ref], fmt.Sprint(n.Told, " ", n.Change.Status))
			w.must(w.SettleNews(w.Context(), n, store.Settlement{State: store.Done, Reason: retry.Success}))
		}
	}
}
