package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// What was claimed by a commit whose answer was lost is worked on by nobody. It is taken back before anything more is claimed, as if
// nothing had happened to it: least of all may its request seem to have gone out.
func TestAClaimWhoseAnswerWasLostIsTakenBack(t *testing.T) {
	server := storetest.StartPostgres(t)
	appetite := hungry()
	for name, c := range map[string]struct {
		before, claim func(t *testing.T, s *store.Store) error
	}{
		"decided": {
			func(t *testing.T, s *store.Store) error { _, err := s.Keep(t.Context(), lamp("1")); return err },
			func(t *testing.T, s *store.Store) error {
				_, err := s.Decide(t.Context(), 5, decide, appetite)
				return err
			},
		},
		"due": {
			func(t *testing.T, s *store.Store) error {
				if _, err := s.Keep(t.Context(), lamp("1")); err != nil {
					return err
				}
				_, err := s.Decide(t.Context(), 5, decide, store.Appetite{})
				return err
			},
			func(t *testing.T, s *store.Store) error {
				_, err := s.ClaimDue(t.Context(), appetite, store.Turn{})
				return err
			},
		},
		"kept": {
			func(t *testing.T, s *store.Store) error {
				t.Cleanup(s.DecideAtBirth(&store.Birth{
					Judge: decide, Reserve: func(context.Context) store.Appetite { return appetite },
					Decided: func(decided []store.Decided, _ store.Appetite) {
						if len(decided) > 0 {
							t.Errorf("told of %+v, of which nobody knows whether it was committed", decided)
						}
					},
				}))
				return nil
			},
			func(t *testing.T, s *store.Store) error { _, err := s.Keep(t.Context(), lamp("1")); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			line, dsn := storetest.Sever(t, server.Database(t))
			s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
			if err := c.before(t, s); err != nil {
				t.Fatal(err)
			}
			line.Arm()
			if err := c.claim(t, s); err == nil {
				t.Fatal("the commit's answer was not lost")
			}
			if lay := lies(t, s); lay.State != "leased" || lay.SentAt == 0 {
				t.Fatalf("the commit was not carried out: %+v", lay)
			}
			if err := c.claim(t, s); err != nil {
				t.Fatal(err)
			}
			want := placed{State: "ready"}
			if name == "due" {
				want = placed{State: "leased", Attempts: 1}
			}
			if lay := lies(t, s); lay != want {
				t.Errorf("it lies as %+v, want %+v", lay, want)
			}
		})
	}
}

// What comes in is kept though a claim cannot be taken back just now.
func TestWhatComesInDoesNotWaitForAClaimToBeTakenBack(t *testing.T) {
	server := storetest.StartPostgres(t)
	line, dsn := storetest.Sever(t, server.Database(t))
	s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
	t.Cleanup(s.DecideAtBirth(&store.Birth{
		Judge: decide, Reserve: func(context.Context) store.Appetite { return hungry() }, Decided: func([]store.Decided, store.Appetite) {},
	}))
	line.Arm()
	if _, err := s.Keep(t.Context(), lamp("1")); err == nil {
		t.Fatal("the commit's answer was not lost")
	}
	other, err := s.Handle().BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	if _, err := other.ExecContext(t.Context(), "SELECT 1 FROM delivery FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	if err := keepWithin(t, s, "2", 5*time.Second); err != nil {
		t.Error(err)
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if taken, err := s.TakeBack(t.Context()); err != nil || taken != 1 {
		t.Error(taken, err)
	}
}

// placed is how the one delivery lies in the queue.
type placed struct {
	State    string
	SentAt   int64 `db:"sent_at"`
	Attempts int
}

func lies(t *testing.T, s *store.Store) (p placed) {
	t.Helper()
	if err := s.Handle().Get(&p, "SELECT state, sent_at, attempts FROM delivery"); err != nil {
		t.Fatal(err)
	}
	return p
}

func decide(complaint.Complaint) store.Decision { return store.Decision{Agency: "21030"} }

// hungry is a gateway that can send at once whatever there is.
func hungry() store.Appetite {
	return store.Appetite{Most: 5, Begin: 5, Lease: time.Minute, First: func(complaint.Complaint) string { return national.StepCreate }}
}

// What was claimed in a transaction that was not committed may be somebody's by now: another gateway's, whose request is open, or this
// one's other loop's. Nothing of that is taken back.
func TestWhatOthersClaimedIsNotTakenBack(t *testing.T) {
	server := storetest.StartPostgres(t)
	line, through := storetest.Sever(t, server.Database(t))
	line.BeforeCommit = true
	a := opener(through)(t, store.Options{Owner: "natuna/a"})
	b := opener(through)(t, store.Options{Owner: "natuna/b"})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lose := func(id string) {
		t.Helper()
		_, err := a.Keep(t.Context(), lamp(id))
		must(err)
		line.Arm()
		if _, err := a.Decide(t.Context(), 5, decide, hungry()); err == nil {
			t.Fatal("the commit was not lost")
		}
	}
	lose("1")
	theirs := decidesIt(t, b, hungry())
	must(b.Settle(t.Context(), theirs.Work.Claim, store.Settlement{State: store.Unknown, Open: true, Due: time.Now().Add(time.Hour), Reason: retry.Timeout}))
	before := lies(t, b)
	_, err := a.Decide(t.Context(), 5, decide, hungry())
	must(err)
	if lay := lies(t, b); lay != before || lay.SentAt == 0 {
		t.Errorf("another's open request lay as %+v and lies as %+v", before, lay)
	}
	must(b.ResolveSent(t.Context(), theirs.Ref, national.Ticket{ID: "7"}, time.Now()))
	lose("2")
	decidesIt(t, b, store.Appetite{})
	ours, err := a.ClaimDue(t.Context(), hungry(), store.Turn{})
	if err != nil || len(ours) != 1 {
		t.Fatalf("claimed %+v, %v", ours, err)
	}
	before = lies(t, a)
	_, err = a.Decide(t.Context(), 5, decide, hungry())
	must(err)
	if lay := lies(t, a); lay != before || lay.State != "leased" {
		t.Errorf("what our own forwarder claimed lay as %+v and lies as %+v", before, lay)
	}
}

// decidesIt decides the one complaint there is as soon as whoever lost it is gone from the database.
func decidesIt(t *testing.T, s *store.Store, appetite store.Appetite) store.Decided {
	t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		decided, err := s.Decide(t.Context(), 5, decide, appetite)
		if err != nil {
			t.Fatal(err)
		}
		if len(decided) == 1 {
			return decided[0]
		}
	}
	t.Fatal("it is still locked")
	return store.Decided{}
}

// slowly has commits that claim wait for what it returns.
func slowly(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	return slowlyAfter(t, s, "UPDATE ON delivery", "WHEN (NEW.state = 'leased')")
}

// slowlyAfter has commits wait that did something to rows, of which a condition holds.
func slowlyAfter(t *testing.T, s *store.Store, something, condition string) (release func()) {
	t.Helper()
	for _, statement := range []string{
		`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER slow AFTER ` + something + ` DEFERRABLE INITIALLY DEFERRED FOR EACH ROW ` + condition + ` EXECUTE FUNCTION slow()`,
	} {
		if err := storetest.Sabotage(t, s, statement); err != nil {
			t.Fatal(err)
		}
	}
	slow, err := s.Handle().BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.ExecContext(t.Context(), "SELECT pg_advisory_xact_lock(7)"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := slow.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// A commit that nobody waits for any longer may still be carried out. What it claims is taken back once it has ended, and until then
// nothing more is claimed by that loop.
func TestAClaimOfALateCommitIsTakenBack(t *testing.T) {
	s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{Owner: "natuna/1"})
	if _, err := s.Keep(t.Context(), lamp("1")); err != nil {
		t.Fatal(err)
	}
	release := slowly(t, s)
	stopping, cancel := context.WithCancel(t.Context())
	late := make(chan error, 1)
	go func() {
		_, err := s.Decide(stopping, 5, decide, hungry())
		late <- err
	}()
	storetest.WaitUntilBlocked(t, s)
	cancel()
	if err := <-late; !errors.Is(err, context.Canceled) {
		t.Fatalf("the commit was not late: %v", err)
	}
	if _, err := s.Decide(t.Context(), 5, decide, hungry()); !errors.Is(err, store.ErrUnderWay) {
		t.Errorf("while it is not known what was claimed: %v", err)
	}
	release()
	if taken, err := s.TakeBack(t.Context()); err != nil || taken != 1 {
		t.Fatal(taken, err)
	}
	if lay := lies(t, s); lay != (placed{State: "ready"}) {
		t.Errorf("it lies as %+v", lay)
	}
}

// The connection breaks while a commit is under way, and the server, which does not notice, carries it out later. What it claims is
// taken back then.
func TestAClaimOfACommitWithoutAClientIsTakenBack(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	line, through := storetest.Sever(t, dsn)
	s, beside := opener(through)(t, store.Options{Owner: "natuna/1"}), opener(dsn)(t, store.Options{Owner: "beside/1"})
	if _, err := s.Keep(t.Context(), lamp("1")); err != nil {
		t.Fatal(err)
	}
	release := slowly(t, beside)
	broken := make(chan error, 1)
	go func() {
		_, err := s.Decide(t.Context(), 5, decide, hungry())
		broken <- err
	}()
	storetest.WaitUntilBlocked(t, beside)
	line.Cut()
	if err := <-broken; err == nil {
		t.Fatal("the commit was answered")
	}
	if taken, err := s.TakeBack(t.Context()); err != nil || taken != 0 {
		t.Fatalf("before the commit was carried out: took back %d, %v", taken, err)
	}
	release()
	for began := time.Now(); lies(t, beside).State != "leased"; {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("the server did not carry it out: %+v", lies(t, beside))
		}
	}
	if taken, err := s.TakeBack(t.Context()); err != nil || taken != 1 {
		t.Errorf("took back %d, %v", taken, err)
	}
	if lay := lies(t, beside); lay != (placed{State: "ready"}) {
		t.Errorf("it lies as %+v", lay)
	}
}

// What was claimed and could not be read is worked on by nobody, and its neighbours neither.
func TestAClaimThatCannotBeReadIsTakenBack(t *testing.T) {
	dsn := "sqlite:" + t.TempDir() + "/natuna.db"
	s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
	if _, err := s.Keep(t.Context(), lamp("1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opener(dsn)(t, store.Options{Owner: "natuna/2"}) // which has not got it in mind
	if _, err := s.Decide(t.Context(), 5, decide, store.Appetite{}); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"ALTER TABLE complaint RENAME TO gone", "ALTER TABLE gone RENAME TO complaint"} {
		if err := storetest.Sabotage(t, s, statement); err != nil {
			t.Fatal(err)
		}
		if works, err := s.ClaimDue(t.Context(), hungry(), store.Turn{}); (err == nil) != (len(works) == 1) {
			t.Errorf("after %s: claimed %+v, %v", statement, works, err)
		}
	}
	if lay := lies(t, s); lay != (placed{State: "leased", Attempts: 1}) {
		t.Errorf("it lies as %+v", lay)
	}
}
