package store

import (
	"context"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// Claim is a delivery this gateway holds until its lease ends. Fence is the lease's number: whatever is written with an
// old one changes nothing.
type Claim struct {
	Ref        complaint.Ref
	Fence      int64
	Attempts   int // this one included
	AcceptedAt time.Time
	SentAt     time.Time // not zero: a request went out then whose outcome is open; look it up before anything else
	ClaimedAt  time.Time
}

// ClaimDue takes up to most deliveries that are due, the most urgent class and the longest due first, for the length of
// a lease. The attempt is counted now, before it is made.
func (s *Store) ClaimDue(ctx context.Context, most int, lease time.Duration) ([]Claim, error) {
	type claimed struct {
		Ref        string
		Fence      int64
		Attempts   int
		AcceptedAt int64 `db:"accepted_at"`
		SentAt     int64 `db:"sent_at"`
	}
	now := s.now()
	rows, err := all[claimed](ctx, s.write, s.q.ClaimDue, args{
		"most": most, "owner": s.owner, "now": milli(now), "until": milli(now.Add(lease)),
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	claims := make([]Claim, len(rows))
	for i, r := range rows {
		claims[i] = Claim{complaint.Ref(r.Ref), r.Fence, r.Attempts, fromMilli(r.AcceptedAt), fromMilli(r.SentAt), now}
	}
	return claims, nil
}

// Renew lengthens the leases of deliveries that somebody in this gateway works on. A lease nobody names runs out.
func (s *Store) Renew(ctx context.Context, refs []complaint.Ref, lease time.Duration) error {
	if len(refs) == 0 {
		return nil
	}
	now := s.now()
	_, err := run(ctx, s.write, s.q.RenewLeases, args{"refs": refs, "owner": s.owner, "now": milli(now), "until": milli(now.Add(lease))})
	return err
}

// Job is what a claim is about.
type Job struct {
	Complaint complaint.Complaint
	Agency    string
	Category  string
	Location  string
	Ticket    national.Ticket   // of an earlier attempt that got that far
	Done      map[string]string // results of the steps that succeeded
}

// Job reads what a claim is about.
func (s *Store) Job(ctx context.Context, ref complaint.Ref) (Job, error) {
	type jobRow struct {
		row
		Agency           string `db:"agency"`
		NationalCategory string `db:"national_category"`
		Location         string `db:"location"`
		NationalID       string `db:"national_id"`
		TrackingID       string `db:"tracking_id"`
	}
	r, err := one[jobRow](ctx, s.read, s.q.ReadJob, args{"ref": ref})
	if err != nil {
		return Job{}, fmt.Errorf("read %s: %w", ref, notFound(err))
	}
	c, err := s.fromRow(r.row)
	if err != nil {
		return Job{}, err
	}
	job := Job{
		Complaint: c, Agency: r.Agency, Category: r.NationalCategory, Location: r.Location,
		Ticket: national.Ticket{ID: r.NationalID, TrackingID: r.TrackingID}, Done: map[string]string{},
	}
	type stepRow struct{ Name, State, Result string }
	steps, err := all[stepRow](ctx, s.read, s.q.ReadSteps, args{"ref": ref})
	for _, step := range steps {
		if step.State == "done" {
			job.Done[step.Name] = step.Result
		}
	}
	return job, err
}

// Begin records that a step's request is about to go out. It is durable when Begin returns nil; only then may the
// request be made. Unless the step is harmless, the delivery's outcome is open from here on.
func (s *Store) Begin(ctx context.Context, c Claim, step national.Step) error {
	return s.step(ctx, c.Ref, func(ctx context.Context, w *writer) error {
		if err := w.must(ctx, s.q.MarkSent, args{"harmless": bit(step.Harmless), "ref": c.Ref, "owner": s.owner, "fence": c.Fence}); err != nil {
			return err
		}
		_, err := w.run(ctx, s.q.OpenStep, args{"ref": c.Ref, "name": step.Name})
		return err
	})
}

// StepDone records a step's success and its result. With the create step the ticket's ids are recorded in the same
// transaction: from here on the complaint cannot be sent again.
func (s *Store) StepDone(ctx context.Context, c Claim, step national.Step, result string, ticket national.Ticket) error {
	return s.step(ctx, c.Ref, func(ctx context.Context, w *writer) error {
		if err := w.must(ctx, s.q.ClearSent, args{"ref": c.Ref, "owner": s.owner, "fence": c.Fence}); err != nil {
			return err
		}
		if ticket.ID != "" {
			if err := w.must(ctx, s.q.NameTicket, args{"ref": c.Ref, "national_id": ticket.ID, "tracking_id": ticket.TrackingID}); err != nil {
				return err
			}
		}
		if _, err := w.run(ctx, s.q.OpenStep, args{"ref": c.Ref, "name": step.Name}); err != nil {
			return err
		}
		_, err := w.run(ctx, s.q.EndStep, args{"ref": c.Ref, "name": step.Name, "state": "done", "result": result})
		return err
	})
}

// Settlement ends a claim.
type Settlement struct {
	State     State     // Ready, Unknown, Held, Done or Dead
	Open      bool      // with Unknown and Held: the outcome of a request is still open
	Due       time.Time // with Ready and Unknown: not before
	Reason    retry.Reason
	Detail    string // for an operator; no personal data
	Uncounted bool   // the attempt is taken back: we stopped, nobody failed
	SyncAt    time.Time
	Writers   []string // sources that can be told a status
}

// Settle ends a claim: the delivery's state, the attempt's history and, with Done, the ticket, its first event and what
// the channels are to be told, in one transaction. ErrLost: somebody else holds it now, and nothing was changed.
func (s *Store) Settle(ctx context.Context, c Claim, to Settlement) error {
	return s.step(ctx, c.Ref, func(ctx context.Context, w *writer) error {
		if err := w.must(ctx, s.q.Settle, args{
			"ref": c.Ref, "owner": s.owner, "fence": c.Fence, "state": to.State, "due": milli(to.Due),
			"reason": to.Reason, "detail": to.Detail, "uncounted": bit(to.Uncounted), "open": bit(to.Open),
		}); err != nil {
			return err
		}
		if err := w.writeHistory(ctx, c, to); err != nil {
			return err
		}
		switch to.State {
		case Done:
			return w.forwarded(ctx, c.Ref, to)
		case Dead:
			return w.freeLinked(ctx, c.Ref)
		}
		return nil
	})
}

func (w *writer) writeHistory(ctx context.Context, c Claim, to Settlement) error {
	if !to.Open {
		if _, err := w.run(ctx, w.s.q.FailSteps, args{"ref": c.Ref}); err != nil {
			return err
		}
	}
	if to.Uncounted {
		return nil
	}
	_, err := w.run(ctx, w.s.q.InsertAttempt, args{
		"ref": c.Ref, "fence": c.Fence, "started": milli(c.ClaimedAt), "reason": to.Reason, "detail": to.Detail,
	})
	return err
}

func (w *writer) forwarded(ctx context.Context, ref complaint.Ref, to Settlement) error {
	n, err := w.run(ctx, w.s.q.Forwarded, args{"ref": ref, "sync_at": milli(to.SyncAt)})
	if err != nil || n == 0 {
		return err
	}
	return w.record(ctx, ref, Observation{
		State:  national.State{Status: complaint.Forwarded, Events: []national.Event{{Key: "forwarded", Status: complaint.Forwarded, At: fromMilli(w.now)}}},
		SyncAt: to.SyncAt, Writers: to.Writers,
	})
}

// freeLinked lets the complaints go on alone that a dead one stood for: nobody stays unheard behind a refusal.
func (w *writer) freeLinked(ctx context.Context, primary complaint.Ref) error {
	if _, err := w.run(ctx, w.s.q.FreeLinked, args{"ref": primary}); err != nil {
		return err
	}
	_, err := w.run(ctx, w.s.q.DeleteLinks, args{"ref": primary})
	return err
}

// Rescue returns deliveries to the queue whose lease has run out, and, with dead set ("name/%"), those of that gateway's
// earlier runs. One whose request may have gone out becomes unknown.
func (s *Store) Rescue(ctx context.Context, dead string) (int, error) {
	rescued := 0
	for {
		refs, err := all[string](ctx, s.write, s.q.RescueExpired, args{"now": milli(s.now()), "dead": dead, "most": 500})
		rescued += len(refs)
		if err != nil || len(refs) < 500 {
			return rescued, err
		}
	}
}

// NextDue is when the next delivery is due; zero when none waits.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.read, s.q.DueSoon, args{})
	return fromMilli(n), err
}
