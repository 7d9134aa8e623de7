package relay_test

import (
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// losesAnAnswer has complaints decided and claimed as they are kept, and the answer to the commit of one of them lost: nobody works
// on it. It returns a second way to the database.
func losesAnAnswer(t *testing.T, sweep time.Duration) (*rig, *store.Store) {
	t.Helper()
	dsn := storetest.StartPostgres(t).Database(t)
	line, through := storetest.Sever(t, dsn)
	r := newRig(t, t.TempDir())
	r.dsn, r.sweep, r.cfg.Dedup.Mode = through, sweep, "off"
	r.start()
	beside, err := store.Open(t.Context(), store.Options{DSN: dsn, Owner: "beside/1"})
	r.must(err)
	t.Cleanup(func() { _ = beside.Close() })
	for n := range 50 { // the commit that the line breaks may be another one
		line.Arm()
		if _, err := r.relay.TakeIn(t.Context(), "portal", []complaint.Complaint{report(n)}); err != nil {
			return r, beside
		}
	}
	t.Fatal("no answer was lost")
	return nil, nil
}

// What was claimed by a commit whose answer was lost goes out long before its lease has run out, though nothing more comes in; and as
// what was never tried, not as a request whose answer is unknown.
func TestAClaimWhoseAnswerWasLostGoesOutSoon(t *testing.T) {
	r, beside := losesAnAnswer(t, time.Second)
	defer r.halt()
	for began := time.Now(); ; <-time.After(20 * time.Millisecond) {
		ledger, err := beside.Audit(t.Context())
		r.must(err)
		if ledger.Waiting == 0 && ledger.Accepted > 0 {
			break
		}
		if time.Since(began) > r.cfg.Delivery.Lease.D()/2 {
			t.Fatalf("still %+v\n%s", ledger, r.log.String())
		}
	}
	if n := r.sim.Stats().Calls[simulator.CallSearch]; n != 0 {
		t.Errorf("looked up %d times", n)
	}
}

// A gateway that stops before that takes it back as it stops.
func TestAClaimWhoseAnswerWasLostIsTakenBackAtTheEnd(t *testing.T) {
	r, beside := losesAnAnswer(t, time.Hour)
	var claimed int
	r.must(beside.Handle().Get(&claimed, "SELECT count(*) FROM delivery WHERE state = 'leased' AND sent_at > 0"))
	if claimed == 0 {
		t.Fatal("the commit was not carried out")
	}
	r.halt()
	r.must(beside.Handle().Get(&claimed, "SELECT count(*) FROM delivery WHERE attempts > 0 OR sent_at > 0"))
	if claimed > 0 {
		t.Errorf("%d seem to have been sent", claimed)
	}
}
