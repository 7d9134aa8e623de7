package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// ErrTaken means that the platform gave an id that another complaint has already: nothing was changed.
var ErrTaken = errors.New("the platform gave it an id that another complaint has")

// Claim is a delivery this gateway holds until its lease ends. Fence is the lease's number: whatever is written with an
// old one changes nothing.
type Claim struct {
	Ref        complaint.Ref
	Fence      int64
	Attempts   int // this one included, since it was first sent on its way or last put back by a person
	AcceptedAt time.Time
	TriedAt    time.Time     // when the first of the attempts began
	SentAt     time.Time     // not zero: a request went out then whose outcome is open; look it up before anything else
	Step       string        // whose request that was
	OpenFor    time.Duration // by the database's clock, when it was claimed
	ClaimedAt  time.Time
	// Begun is the step whose start was recorded with the claim: it need not be recorded again if its request goes out now. Empty: none.
	Begun string
}

// Job is what a claim is about.
type Job struct {
	Complaint complaint.Complaint
	Agency    string
	Category  string
	Location  string
	HandOver  string
	Earlier   string            // of a trouble that came back: the tracking id of its earlier ticket, when known
	Ticket    national.Ticket   // of an earlier attempt that got that far
	Done      map[string]string // results of the steps that succeeded
}

// Work is a claim with what it is about. Err is set where that cannot be read.
type Work struct {
	Claim
	Job Job
	Err error
}

// Begin records that a step's request is about to go out. It is durable when Begin returns nil; only then may the
// request be made. Unless the step is harmless, the delivery's outcome is open from here on.
func (s *Store) Begin(ctx context.Context, c Claim, step national.Step) error {
	return s.step(ctx, &stepJob{claim: c, begin: &step})
}

// Forwarded is what follows when the platform has a complaint.
type Forwarded struct {
	SyncAt time.Time // when its status is first asked for
}

// StepDone records a step's success and its result. With the create step's ticket its ids, its first event and what the
// channels are to be told are recorded in the same transaction: from here on the complaint cannot be sent again.
func (s *Store) StepDone(ctx context.Context, c Claim, step Succeeded) error {
	return s.step(ctx, &stepJob{claim: c, done: &step})
}

// Succeeded is a step that succeeded.
type Succeeded struct {
	national.Step
	Began  time.Time
	Result string
	Ticket national.Ticket // of the create step
	News   Forwarded
}

// Rescue returns deliveries to the queue whose lease has run out, and, with dead set ("name/%"), those of that gateway's
// earlier runs. One whose request may have gone out becomes unknown.
func (s *Store) Rescue(ctx context.Context, dead string) (int, error) {
	rescued := 0
	for {
		var refs []string
		err := s.inWriter(ctx, func(w *writer) (err error) {
			if refs, err = all[string](ctx, w.tx, s.q.PickExpired, args{"now": w.now, "dead": dead, "most": 500}); err != nil || len(refs) == 0 {
				return err
			}
			if _, err := w.run(ctx, s.q.InsertCrashes, args{"refs": refs}); err != nil {
				return err
			}
			_, err = w.run(ctx, s.q.Rescue, args{"refs": refs})
			return err
		})
		rescued += len(refs)
		if err != nil || len(refs) < 500 {
			return rescued, err
		}
	}
}

// NextDue is when the next delivery is due; zero when none waits.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.look, s.q.DueSoon, args{})
	return fromMilli(n), err
}

// Renew lengthens the leases of deliveries and of follow-ups that somebody in this gateway works on. A lease nobody names runs out.
func (s *Store) Renew(ctx context.Context, deliveries, followUps []complaint.Ref, lease time.Duration) error {
	return errors.Join(s.renew(ctx, s.q.RenewLeases, deliveries, lease), s.renew(ctx, s.q.RenewFollowUps, followUps, lease))
}

func (s *Store) renew(ctx context.Context, q *query, refs []complaint.Ref, lease time.Duration) error {
	if len(refs) == 0 {
		return nil
	}
	return s.inWriter(ctx, func(w *writer) error {
		_, err := w.run(ctx, q, args{"refs": refs, "owner": s.owner, "lease": lease.Milliseconds()})
		return err
	})
}

// decided says whether a delivery has been routed.
func (w *writer) decided(ctx context.Context, ref complaint.Ref) (bool, error) {
	at, err := one[int64](ctx, w.tx, w.s.q.IsDecided, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read whether %s is decided: %w", ref, err)
	}
	return at > 0, nil
}
