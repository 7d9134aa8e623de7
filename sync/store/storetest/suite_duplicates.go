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
		{"who is decided anew is compared with once", comparedOnce},
		{"what the platform ended is compared as closed, with its tracking id", closedIsSaid},
		{"complaints of one batch find each other in order", batchFinds},
		{"a review waits, then goes on as new", reviewGoesOn},
		{"a person's answer to a review links or lets go", reviewDecided},
		{"with every link reviewed nothing is linked unasked", everyLinkReviewed},
		{"unlinking after the primary was forwarded forwards what was held back", unlinkAfterForwarding},
		{"what was unlinked is never linked to the same primary by itself", neverLinkedAgain},
		{"what stands for another before it is decided is never linked to itself", neverLinkedToItself},
		{"who repeats what is unlinked stays with it", repeatsOfTheUnlinked},
		{"who was parted from another is not linked the other way round either", partedBothWays},
		{"news that is under way when its link is undone is not told again", newsOfAnUndoneLink},
		{"who is linked again hears what was under way when the link was undone", linkedAgainHears},
		{"a primary that is disowned by its words alone lets the others go", disownedByWordsAlone},
		{"a refused primary's place is taken by the oldest", refusedPrimary},
		{"an archived primary's place is taken by the oldest, and the numbers told rise", archivedPrimary},
		{"a follow-up takes nobody's place, and is told on the next ticket", followUpIsNoHeir},
		{"follow-ups behind which nobody waits go alone and point back", followUpsWithoutHeir},
		{"what is being told while another takes the place is told there too", followUpMovedWhileTold},
		{"what a person finds on the old ticket is told on the next too", followUpFoundAndMoved},
		{"who closes a complaint as another's authority frees the next", notTheirAuthority},
		{"what was closed as another's authority stands for nobody", notTheirAuthorityStandsForNobody},
		{"what was closed with an answer stands for others", closedWithAnAnswerStands},
		{"a number that was tried is not told under again", triedNumberStays},
		{"an answered primary stays the primary", answeredPrimary},
		{"a chain of five has one primary", chainOfFive},
		{"what is at the platform is linked for its answers alone", linkDelivered},
		{"an operator's link that cannot be is refused", refusedLinks},
		{"a recurrence points back to the earlier ticket", recurrencePointsBack},
		{"nobody's ticket says that there was a secret one", secretIsNotPointedBackTo},
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
	newest := slices.Clone(refs[len(refs)-dedup.MostCandidates:])
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
			want = append([]complaint.Ref{a.among[0]}, newest[:dedup.MostCandidates-1]...)
		}
		if !slices.Equal(a.among, want) {
			t.Errorf("restarted %v: compared with %d, %v; want the newest, %v", restarted, len(a.among), a.among, want)
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
	if len(a.among) != dedup.MostCandidates || a.among[0] != old {
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

// Who is decided anew is in the index, and in the batch of who repeats it.
func comparedOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	a := &asking{}
	first := w.keep(report(1))[0].Ref
	w.decideAll(a.judge)
	w.must(w.Drop(t.Context(), first, "percobaan"))
	w.keep(copyOf(1, "lagi"))
	w.must(w.Retry(t.Context(), first))
	w.decideAll(a.judge)
	if !slices.Equal(a.among, []complaint.Ref{first}) {
		t.Errorf("compared with %v, want %s, once", a.among, first)
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

func secretIsNotPointedBackTo(t *testing.T, h Harness) {
	w := begin(t, h)
	secret := report(1)
	secret.Secret = true
	first := w.keep(secret)[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	again := w.keep(copyOf(1, "lagi"))[0].Ref
	a := &asking{answer: alike(dedup.New, dedup.Recurrence)}
	decided, err := w.Decide(t.Context(), 10, a.judge, store.Appetite{Most: 1, Lease: time.Minute})
	w.must(err)
	if len(decided) != 1 || decided[0].Kind != dedup.Recurrence || decided[0].Work == nil || decided[0].Work.Job.Earlier != "" {
		t.Errorf("handed over %+v", decided)
	}
	w.must(w.Settle(t.Context(), decided[0].Work.Claim, store.Settlement{State: store.Ready, Due: w.clock.Now()}))
	if works := w.claimWork(10); len(works) != 1 || works[0].Ref != again || works[0].Job.Earlier != "" {
		t.Errorf("claimed %+v", works)
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
		State: national.State{Status: e.Status, Raw: e.Raw, Events: []national.Event{e}},
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
