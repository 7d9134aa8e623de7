package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// Clock is a clock that tests turn by hand.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock starts at a Tuesday morning in Ranai.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance turns the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Harness opens one database; a second Open of the same test opens the same database again.
type Harness struct {
	Open    func(t *testing.T, o store.Options) *store.Store
	Gateway int // how many gateways may share the database at once
}

// Run runs the suite. fresh gives each test a database of its own.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"what is kept is there after reopening", keepSurvives},
		{"a known complaint is answered with its reference and stored once", keepOnce},
		{"changed content is a revision and forwarded once", keepRevision},
		{"a page and its cursor are one transaction", cursorIsAtomic},
		{"a refusal is recorded once", refusalOnce},
		{"many at once are each kept once", keepConcurrently},
		{"a decision routes and readies", decideRoutes},
		{"a resubmission is linked and its channel catches up", decideLinks},
		{"a dead primary frees the linked", deadPrimaryFreesLinked},
		{"a claim is exclusive, ordered and counted before the attempt", claims},
		{"a lost lease settles nothing", lostLease},
		{"a crash with a request under way becomes unknown, without one ready", rescues},
		{"a step that succeeded is remembered", stepsSurvive},
		{"a release is not an attempt", releaseUncounted},
		{"events are recorded once and told in order", eventsOnce},
		{"events out of order say nothing twice", unorderedEvents},
		{"a channel that cannot be told is kept no news for", untellableSource},
		{"an illegal move is recorded and told to nobody", illegalMove},
		{"a final status is never asked about again", finalIsFinal},
		{"a named lease has one owner and moves", namedLease},
		{"a pause ends at its time", pauseEnds},
		{"an operator's orders keep the ledger", operatorOrders},
		{"the audit finds what a sum would hide", auditFinds},
		{"another source reads nothing", lastChangeIsPrivate},
		{"a lease nobody works on runs out", renewsOnlyNamed},
		{"what an operator retries is looked up or decided first", retriesSafely},
		{"news that was given up can be retried", retriesNews},
		{"news is told in order when the clock steps back", newsInOrderOfTheirNumbers},
		{"a complaint that cannot be read or judged stops no other", unreadableStopsNobody},
		{"a primary that dies meanwhile gets no duplicate", dyingPrimary},
		{"a database that takes nothing answers everybody soon", busyDatabase},
		{"personal data is sealed at rest", sealsPersonalData},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

func report(n int) complaint.Complaint {
	return complaint.Complaint{SourceID: fmt.Sprint(n), Title: "Lampu jalan", Text: fmt.Sprintf("Lampu jalan nomor %d di Ranai mati", n), Class: complaint.Ordinary}
}

func judge(c complaint.Complaint) store.Decision {
	return store.Decision{Agency: "21030", Category: "15", Rule: -1, Why: "fallback: no rule matched", Tell: c.Source == "portal"}
}

func judgeByText(c complaint.Complaint) store.Decision {
	d := judge(c)
	d.Keys, d.Window, d.Kind = []string{"text " + c.Text}, time.Hour, "resubmission"
	d.Explain = func(_ string, apart time.Duration) string { return "same words, " + apart.String() + " apart" }
	return d
}

type world struct {
	*testing.T
	*store.Store
	clock *Clock
}

func open(t *testing.T, h Harness, clock *Clock, owner string) world {
	t.Helper()
	return world{t, h.Open(t, store.Options{Owner: owner, Now: clock.Now}), clock}
}

func begin(t *testing.T, h Harness) world { return open(t, h, NewClock(), "natuna/1") }

func (w world) keep(complaints ...complaint.Complaint) []store.Kept {
	w.Helper()
	kept, err := w.Keep(w.Context(), store.Page{Source: "portal", Complaints: complaints})
	if err != nil {
		w.Fatal(err)
	}
	return kept
}

func (w world) decideAll(judge func(complaint.Complaint) store.Decision) []store.Decided {
	w.Helper()
	decided, err := w.Decide(w.Context(), 100, judge)
	if err != nil {
		w.Fatal(err)
	}
	return decided
}

func (w world) claim(most int) []store.Claim {
	w.Helper()
	claims, err := w.ClaimDue(w.Context(), most, 30*time.Second)
	if err != nil {
		w.Fatal(err)
	}
	return claims
}

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w world) state(ref complaint.Ref, want store.State) store.Story {
	w.Helper()
	story, err := w.Story(w.Context(), ref)
	w.must(err)
	if story.State != want {
		w.Errorf("%s is %s (%s: %s), want %s", ref, story.State, story.Reason, story.Detail, want)
	}
	return story
}

func (w world) ledger(want store.Ledger) {
	w.Helper()
	got, err := w.Audit(w.Context())
	w.must(err)
	want.Balanced = true
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("ledger %+v, want %+v", got, want)
	}
}

// deliver takes one complaint all the way to the platform.
func (w world) deliver(ref complaint.Ref, id string) {
	w.Helper()
	for _, c := range w.claim(100) {
		if c.Ref != ref {
			w.must(w.Settle(w.Context(), c, store.Settlement{State: store.Ready, Due: w.clock.Now(), Uncounted: true}))
			continue
		}
		create := national.Step{Name: national.StepCreate}
		w.must(w.Begin(w.Context(), c, create))
		w.must(w.StepDone(w.Context(), c, create, id, national.Ticket{ID: id}))
		w.must(w.Settle(w.Context(), c, store.Settlement{
			State: store.Done, Reason: retry.Success, SyncAt: w.clock.Now().Add(5 * time.Minute), Writers: []string{"portal"},
		}))
		return
	}
	w.Fatalf("%s cannot be claimed", ref)
}

func keepSurvives(t *testing.T, h Harness) {
	clock := NewClock()
	lat, long := 3.94, 108.38
	c := complaint.Complaint{
		SourceID: "A/1", Title: "Air", Text: "Air PDAM di Sedanau keruh ☔ 'sekali'", Class: complaint.Supervised, Anonymous: true, Secret: true,
		Reporter: complaint.Reporter{Name: "Warga Contoh", Phone: "0812 0000 0000"}, Place: complaint.Place{Region: "21.03", Lat: &lat, Long: &long},
		Category: "air", ReportedAt: clock.Now().Add(-time.Hour), Raw: complaint.Payload{Type: "application/octet-stream", Body: []byte{0, 255, 's'}},
		Attachments: []complaint.Attachment{{Name: "keran.jpg", Type: "image/jpeg", Size: 3, SHA256: "ab"}},
	}
	w := open(t, h, clock, "natuna/1")
	ref := w.keep(c)[0].Ref
	w.decideAll(judge)
	w.must(w.Close())

	w = open(t, h, clock, "natuna/2")
	job, err := w.Job(t.Context(), ref)
	w.must(err)
	got := job.Complaint
	c.Ref, c.Source, c.ReceivedAt = ref, "portal", clock.Now()
	if got.ContentHash() != c.ContentHash() || string(got.Raw.Body) != string(c.Raw.Body) || !got.ReceivedAt.Equal(c.ReceivedAt) || got.Ref != ref {
		t.Errorf("got  %+v\nwant %+v", got, c)
	}
	w.ledger(store.Ledger{Accepted: 1, Waiting: 1})
}

func keepOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1), report(2), report(1))
	again := w.keep(report(2), report(1), report(3))
	if first[0].Known || first[1].Known || !first[2].Known || first[2].Ref != first[0].Ref {
		t.Errorf("first page: %+v", first)
	}
	if !again[0].Known || again[0].Ref != first[1].Ref || !again[1].Known || again[1].Ref != first[0].Ref || again[2].Known {
		t.Errorf("second page: %+v", again)
	}
	other, err := w.Keep(t.Context(), store.Page{Source: "desa", Complaints: []complaint.Complaint{report(1)}})
	w.must(err)
	if other[0].Known {
		t.Error("the same id of another source is taken for the same complaint")
	}
	w.ledger(store.Ledger{Accepted: 4, Waiting: 4})
}

func keepRevision(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	edited := report(1)
	edited.Text = "Lampu jalan sudah menyala lagi"
	for range 2 {
		if k := w.keep(edited)[0]; !k.Known || !k.Revised || k.Ref != ref {
			t.Errorf("kept %+v", k)
		}
	}
	if n, err := w.Revisions(t.Context()); err != nil || n != 1 {
		t.Errorf("%d revisions, %v", n, err)
	}
	if story := w.state(ref, store.New); len(story.Revisions) != 1 {
		t.Errorf("the story shows %d revisions", len(story.Revisions))
	}
	w.decideAll(judge)
	if claims := w.claim(10); len(claims) != 1 {
		t.Errorf("%d deliveries of one complaint", len(claims))
	}
}

func cursorIsAtomic(t *testing.T, h Harness) {
	w := begin(t, h)
	page := func(from, to string, n int) store.Page {
		return store.Page{Source: "kantor", Complaints: []complaint.Complaint{report(n)}, Cursor: &store.CursorMove{From: from, To: to}}
	}
	_, err := w.Keep(t.Context(), page("", "a", 1))
	w.must(err)
	_, err = w.Keep(t.Context(), page("a", "b", 2))
	w.must(err)
	if _, err := w.Keep(t.Context(), page("a", "c", 3)); !errors.Is(err, store.ErrLost) {
		t.Errorf("a cursor that stands elsewhere was moved: %v", err)
	}
	if at, err := w.Cursor(t.Context(), "kantor"); err != nil || at != "b" {
		t.Errorf("the cursor stands at %q, %v", at, err)
	}
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2}) // report 3 went with its cursor
}

func refusalOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	refusals := []store.Refusal{
		{SourceID: "9", Where: "aduan.csv row 9", Reason: "bad_field", Detail: "text: is missing", Raw: []byte("9;;\x00")},
		{Where: "aduan.csv row 10", Reason: "bad_field", Detail: "text: is missing", Raw: []byte("9;;\x00")},
	}
	for range 2 {
		_, err := w.Keep(t.Context(), store.Page{Source: "kantor", Refusals: refusals})
		w.must(err)
	}
	w.ledger(store.Ledger{Refused: 2})
	seen, err := w.Refusals(t.Context(), 10)
	w.must(err)
	if len(seen) != 2 || seen[0].Source != "kantor" || seen[0].Reason != "bad_field" {
		t.Errorf("refusals %+v", seen)
	}
}

func keepConcurrently(t *testing.T, h Harness) {
	w := begin(t, h)
	const senders, each = 16, 20
	refs := make([]map[string]complaint.Ref, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			refs[i] = map[string]complaint.Ref{}
			for n := range each {
				kept, err := w.Keep(context.Background(), store.Page{Source: "portal", Complaints: []complaint.Complaint{report(n)}})
				if err != nil {
					t.Error(err)
					return
				}
				refs[i][fmt.Sprint(n)] = kept[0].Ref
			}
		})
	}
	wg.Wait()
	for i := range senders {
		for id, ref := range refs[i] {
			if ref != refs[0][id] {
				t.Fatalf("complaint %s has the references %s and %s", id, ref, refs[0][id])
			}
		}
	}
	w.ledger(store.Ledger{Accepted: each, Waiting: each})
}

func decideRoutes(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	if oldest, err := w.OldestUndecided(t.Context()); err != nil || !oldest.Equal(w.clock.Now()) {
		t.Errorf("oldest undecided %v, %v", oldest, err)
	}
	decided := w.decideAll(judge)
	if len(decided) != 1 || decided[0].Ref != ref || decided[0].Primary != "" {
		t.Errorf("decided %+v", decided)
	}
	if story := w.state(ref, store.Ready); story.Agency != "21030" || story.Category != "15" || story.Why == "" {
		t.Errorf("story %+v", story)
	}
	if again := w.decideAll(judge); len(again) != 0 {
		t.Errorf("decided twice: %+v", again)
	}
}
