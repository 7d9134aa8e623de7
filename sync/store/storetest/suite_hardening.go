package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func renewsOnlyNamed(t *testing.T, h Harness) {
	w := begin(t, h)
	w.keep(report(1), report(2))
	w.decideAll(judge)
	got := w.claim(2)
	for range 3 {
		w.clock.Advance(20 * time.Second)
		w.must(w.Renew(t.Context(), []complaint.Ref{got[0].Ref}, nil, 30*time.Second))
	}
	if n, err := w.Rescue(t.Context(), ""); err != nil || n != 1 {
		t.Errorf("rescued %d, %v: a lease nobody works on must run out", n, err)
	}
	w.state(got[0].Ref, store.Leased)
	w.state(got[1].Ref, store.Ready)
	w.must(w.Settle(t.Context(), got[0], store.Settlement{State: store.Ready, Due: w.clock.Now()}))
}

func retriesSafely(t *testing.T, h Harness) {
	w := begin(t, h)
	undecided := w.keep(report(1))[0].Ref
	w.must(w.Drop(t.Context(), undecided, "percobaan"))
	w.must(w.Retry(t.Context(), undecided))
	w.state(undecided, store.New)
	w.decideAll(judge)

	c := w.claim(1)[0]
	w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
	w.must(w.Settle(t.Context(), c, store.Settlement{State: store.Unknown, Open: true, Due: w.clock.Now(), Reason: retry.Timeout}))
	w.must(w.Drop(t.Context(), c.Ref, "percobaan"))
	w.must(w.Retry(t.Context(), c.Ref))
	if again := w.claim(1)[0]; again.SentAt.IsZero() {
		t.Error("dropped and retried, an open outcome would be sent again without a look")
	}
}

// A rule named an agency that the platform does not know. It is mended, and what died of it is put back: it goes where it should, also
// when its words are compared once more.
func retriesElsewhere(t *testing.T, h Harness) {
	w := begin(t, h)
	for n, to := range []store.Settlement{
		{State: store.Dead, Reason: retry.Rejected}, {State: store.Held, Reason: retry.Rejected}, {State: store.Held, Open: true, Reason: retry.CannotTell},
	} {
		ref := w.keep(report(n + 1))[0].Ref
		w.decideAll(judgeByText)
		c := w.claim(1)[0]
		w.must(w.Begin(t.Context(), c, national.Step{Name: national.StepCreate}))
		w.must(w.Settle(t.Context(), c, to))
		w.must(w.Retry(t.Context(), ref))
		w.decideAll(func(c complaint.Complaint) store.Decision {
			d := judgeByText(c)
			d.Agency = "21034"
			return d
		})
		want := "21034"
		if to.Open {
			want = "21030" // it may be there
		}
		works := w.claimWork(1)
		if len(works) != 1 || works[0].Ref != ref || works[0].Job.Agency != want || works[0].SentAt.IsZero() == to.Open {
			t.Fatalf("%s (open: %t) and put back: %+v, want it for %s", to.State, to.Open, works, want)
		}
		w.must(w.Settle(t.Context(), works[0].Claim, store.Settlement{State: store.Done, Ticket: national.Ticket{ID: fmt.Sprint(700 + n)}}))
	}
}

func retriesNews(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	n := w.news()[0]
	w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Dead, Reason: retry.Rejected}))
	w.must(w.Retry(t.Context(), ref))
	if told := w.tellAll(); len(told) != 1 {
		t.Errorf("told %+v", told)
	}
	w.state(ref, store.Done)
	if err := w.Retry(t.Context(), ref); err == nil {
		t.Error("a delivered complaint without lost news was retried")
	}
}

func newsInOrderOfTheirNumbers(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.tellAll()
	w.observe(ref, national.State{Status: complaint.Disposed, Raw: "Terdisposisi"})
	w.clock.Advance(-time.Minute)
	w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses"})
	w.clock.Advance(time.Hour)
	told := w.tellAll()
	if len(told) != 2 || told[0].Status != complaint.Disposed || told[1].Status != complaint.InProgress {
		t.Errorf("after the clock stepped back: told %+v", told)
	}
}

func unreadableStopsNobody(t *testing.T, h Harness) {
	w := begin(t, h)
	kept := w.keep(report(1), report(2), report(3))
	w.must(Sabotage(t, w.Store, "UPDATE complaint SET place = '{' WHERE source_id = '1'"))
	w.must(w.Close())
	w = open(t, h, w.clock, "natuna/2") // what this run took in, it need not read
	failing := func(c complaint.Complaint) store.Decision {
		if c.SourceID == "2" {
			var nothing map[string]int
			nothing["a judge that fails"] = 1
		}
		return judge(c)
	}
	decided := w.decideAll(failing)
	if len(decided) != 3 || decided[0].Held == nil || decided[1].Held == nil || decided[2].Held != nil {
		t.Errorf("decided %+v", decided)
	}
	w.state(kept[0].Ref, store.Held)
	if story := w.state(kept[1].Ref, store.Held); story.Reason != string(retry.Panicked) {
		t.Errorf("reason %s", story.Reason)
	}
	w.state(kept[2].Ref, store.Ready)
	w.must(w.Retry(t.Context(), kept[1].Ref))
	w.decideAll(failing)
	w.must(w.ResolveNotSent(t.Context(), kept[1].Ref, 0))
	w.state(kept[1].Ref, store.New) // it goes nowhere undecided
	w.decideAll(judge)
	w.state(kept[1].Ref, store.Ready)
	w.ledger(store.Ledger{Accepted: 3, Waiting: 2, Held: 1})
}

// A primary that is refused between the look for it and the link must not get one.
func dyingPrimary(t *testing.T, h Harness) {
	if h.Gateway < 2 {
		return // SQLite has a test of its own: nobody waits there, what was looked at is looked at again
	}
	w := begin(t, h)
	primary := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	copied := report(1)
	copied.SourceID = "copy"
	second := w.keep(copied)[0].Ref

	tx, err := w.Handle().BeginTxx(t.Context(), nil)
	w.must(err)
	_, err = tx.Exec("UPDATE delivery SET state = 'dead' WHERE ref = $1", primary)
	w.must(err)
	done := make(chan error, 1)
	go func() {
		_, err := w.Decide(context.WithoutCancel(t.Context()), 10, judgeByText, store.Appetite{})
		done <- err
	}()
	w.waitUntilBlocked()
	w.must(tx.Commit())
	w.must(<-done)
	w.state(second, store.Ready)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 1, Dead: 1})
}

// Of two that wait for each other the database undoes one: that one is run again, up to four times in all, and nobody hears of it.
func runsAVictimAgain(t *testing.T, h Harness) {
	if h.Gateway < 2 {
		return // SQLite has one writer, which waits for nobody
	}
	w := begin(t, h)
	w.keep(report(1), report(2))
	w.decideAll(judge)
	got := w.claim(2)
	refs := []complaint.Ref{got[0].Ref, got[1].Ref}
	slices.Sort(refs)
	other, err := w.Handle().BeginTxx(t.Context(), nil)
	w.must(err)
	defer func() { _ = other.Rollback() }()
	lock := func(ref complaint.Ref) {
		_, err := other.ExecContext(t.Context(), "SELECT 1 FROM delivery WHERE ref = $1 FOR UPDATE", ref)
		w.must(err)
	}
	_, err = other.ExecContext(t.Context(), "SET LOCAL deadlock_timeout = '60s'") // so that the store is the one undone
	w.must(err)
	lock(refs[1])
	done := make(chan error, 1)
	go func() { done <- w.Renew(t.Context(), refs, nil, time.Minute) }() // it has the first, and waits for the second
	for _, order := range []string{"ROLLBACK TO SAVEPOINT once", "COMMIT"} {
		w.waitUntilBlocked()
		_, err = other.ExecContext(t.Context(), "SAVEPOINT once")
		w.must(err)
		lock(refs[0])
		_, err = other.ExecContext(t.Context(), order)
		w.must(err)
	}
	w.must(<-done)
}

// waitUntilBlocked returns when somebody waits for a lock in the database.
func (w world) waitUntilBlocked() {
	w.Helper()
	WaitUntilBlocked(w.T, w.Store)
}

// WaitUntilBlocked is waitUntilBlocked for tests outside the suite.
func WaitUntilBlocked(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		var waiting int
		if err := s.Handle().GetContext(ctx, &waiting,
			"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"); err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("nobody waits for the lock")
		}
	}
}

// A database that takes no transaction fails everybody soon, one after the other would take minutes.
func busyDatabase(t *testing.T, h Harness) {
	w := begin(t, h)
	w.keep(report(0))
	release := w.hold()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	errs, began := make(chan error), time.Now()
	for n := range 6 {
		go func() {
			_, err := w.Keep(ctx, store.Page{Source: "portal", Complaints: []complaint.Complaint{report(0), report(n + 1)}})
			errs <- err
		}()
	}
	for range 6 {
		if err := <-errs; err == nil {
			t.Error("kept in a database that takes nothing")
		}
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("six senders were answered after %s", took)
	}
	release()
	for n := range 6 {
		w.keep(report(n + 1))
	}
	w.ledger(store.Ledger{Accepted: 7, Waiting: 7})
}

// hold makes the database take no complaint until the returned function is called.
func (w world) hold() func() {
	w.Helper()
	tx, err := w.Handle().BeginTxx(w.Context(), nil) // on SQLite the one write connection
	w.must(err)
	if w.Kind() == "postgres" {
		_, err = tx.Exec("LOCK TABLE complaint IN ACCESS EXCLUSIVE MODE")
		w.must(err)
	}
	return func() { w.must(tx.Rollback()) }
}

func sealsPersonalData(t *testing.T, h Harness) {
	seal := sealer{}
	s := h.Open(t, store.Options{Owner: "natuna/1", Sealer: seal})
	c := report(1)
	c.Reporter = complaint.Reporter{Name: "Warga Contoh", Phone: "0812 0000 0000"}
	c.Raw = complaint.Payload{Type: "application/json", Body: []byte(`{"nama": "Warga Contoh"}`)}
	kept, err := s.Keep(t.Context(), store.Page{Source: "portal", Complaints: []complaint.Complaint{c}})
	if err != nil {
		t.Fatal(err)
	}
	edited := c
	edited.Reporter.Name = "Warga Contoh Kedua"
	if _, err := s.Keep(t.Context(), store.Page{
		Source: "portal", Complaints: []complaint.Complaint{edited}, Refusals: []store.Refusal{{Where: "row 1", Reason: "bad_field", Raw: []byte("Warga Contoh")}},
	}); err != nil {
		t.Fatal(err)
	}
	var all string
	const everything = `SELECT (SELECT reporter || raw FROM complaint) || (SELECT content FROM revision) || (SELECT raw FROM refusal)`
	if err := s.Handle().GetContext(t.Context(), &all, everything); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(all, "Warga") || strings.Contains(all, "0812") {
		t.Errorf("in the database: %s", all)
	}
	if _, err := s.Decide(t.Context(), 10, judge, store.Appetite{}); err != nil {
		t.Fatal(err)
	}
	works, err := s.ClaimDue(t.Context(), store.Appetite{Most: 1, Lease: time.Minute}, store.Turn{})
	if err != nil || len(works) != 1 || works[0].Err != nil {
		t.Fatalf("%+v, %v", works, err)
	}
	if got := works[0].Job.Complaint; got.Ref != kept[0].Ref || got.Reporter != c.Reporter || string(got.Raw.Body) != string(c.Raw.Body) {
		t.Errorf("%+v", got)
	}
}

// sealer hides by turning bytes, and opens only where it sealed.
type sealer struct{}

func (sealer) Seal(plain []byte, where string) (string, error) {
	return "s1:" + where + "|" + turned(string(plain)), nil
}

func (sealer) Open(sealed, where string) ([]byte, error) {
	text, ours := strings.CutPrefix(sealed, "s1:"+where+"|")
	if !ours {
		return nil, store.ErrNotFound
	}
	return []byte(turned(text)), nil
}

func (sealer) Hash(domain, value string) string { return "h1:" + turned(domain+"|"+value) }

func turned(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= ' ' && r < 0x7f {
			return ' ' + 0x7e - r
		}
		return r
	}, s)
}
