package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// ErrTaken means that the platform gave an id that another complaint has already: nothing was changed.
var ErrTaken = errors.New("the platform gave it an id that another complaint has")

// Claim is a delivery this gateway holds until its lease ends. Fence is the lease's number: whatever is written with an
// old one changes nothing.
type Claim struct {
	Ref        complaint.Ref
	Fence      int64
	Attempts   int // this one included
	AcceptedAt time.Time
	SentAt     time.Time     // not zero: a request went out then whose outcome is open; look it up before anything else
	Step       string        // whose request that was
	OpenFor    time.Duration // by the database's clock, when it was claimed
	ClaimedAt  time.Time
}

// Job is what a claim is about.
type Job struct {
	Complaint complaint.Complaint
	Agency    string
	Category  string
	Location  string
	HandOver  string
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
	SyncAt  time.Time // when its status is first asked for
	Writers []string  // sources that can be told a status
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

// Settlement ends a claim.
type Settlement struct {
	State     State     // Ready, Unknown, Held, Done or Dead
	Open      bool      // with Unknown and Held: the outcome of a request is still open
	Due       time.Time // with Ready and Unknown: not before
	Reason    retry.Reason
	Detail    string // for an operator; no personal data
	Uncounted bool   // the attempt is taken back: we stopped, nobody failed
	// Ticket is what the last step made, with Done: recorded in the same transaction. Empty: it was recorded before.
	Ticket national.Ticket
	News   Forwarded
}

// Settle ends a claim: the delivery's state, the attempt's history and, with Done, the ticket, its first event and what
// the channels are to be told, in one transaction. ErrLost: somebody else holds it now, and nothing was changed.
func (s *Store) Settle(ctx context.Context, c Claim, to Settlement) error {
	return s.step(ctx, &stepJob{claim: c, settle: &to})
}

func (w *writer) settleAll(ctx context.Context, jobs []*stepJob) error {
	done := pick(jobs, func(j *stepJob) bool { return j.settle.State == Done })
	if err := w.finishAll(ctx, done); err != nil {
		return err
	}
	if err := w.settleOpen(ctx, pick(jobs, func(j *stepJob) bool { return j.settle.State != Done })); err != nil {
		return err
	}
	return w.writeHistory(ctx, jobs)
}

// finishAll ends deliveries that are done: their tickets are made, and they leave the table.
func (w *writer) finishAll(ctx context.Context, jobs []*stepJob) error {
	named := pick(jobs, func(j *stepJob) bool { return j.settle.Ticket != (national.Ticket{}) })
	err := w.nameAll(ctx, named, func(j *stepJob) naming { return naming{j.settle.Ticket, j.settle.News} })
	if err != nil {
		return err
	}
	jobs = pick(jobs, func(j *stepJob) bool { return j.err == nil })
	if len(jobs) == 0 {
		return nil
	}
	_, err = w.stillOurs(ctx, w.s.q.Finish, jobs, held(jobs))
	return err
}

type naming struct {
	ticket national.Ticket
	news   Forwarded
}

// nameAll records that the platform has these complaints. The routing comes with the delivery's own row, which stays locked.
func (w *writer) nameAll(ctx context.Context, jobs []*stepJob, of func(*stepJob) naming) error {
	if len(jobs) == 0 {
		return nil
	}
	rows, writers := held(jobs), []string(nil)
	ids, tracking, sync := make([]string, len(jobs)), make([]string, len(jobs)), make([]int64, len(jobs))
	for i, job := range jobs {
		n := of(job)
		ids[i], tracking[i], sync[i], writers = n.ticket.ID, n.ticket.TrackingID, milli(n.news.SyncAt), n.news.Writers
	}
	rows["national_id"], rows["tracking_id"], rows["sync_at"] = ids, tracking, sync
	named, err := w.stillOurs(ctx, w.s.q.InsertTickets, jobs, rows)
	if err != nil {
		return err
	}
	if err := w.explainLost(ctx, pick(jobs, func(j *stepJob) bool { return j.err != nil })); err != nil || len(named) == 0 {
		return err
	}
	return w.tellForwarded(ctx, named, writers)
}

// explainLost tells those whose id is another's from those whose lease was lost.
func (w *writer) explainLost(ctx context.Context, jobs []*stepJob) error {
	if len(jobs) == 0 {
		return nil
	}
	mine, err := w.stillOurs(ctx, w.s.q.ReadMine, jobs, held(jobs))
	for _, job := range mine {
		job.err = ErrTaken
	}
	return err
}

func (w *writer) tellForwarded(ctx context.Context, jobs []*stepJob, writers []string) error {
	refs := make([]string, len(jobs))
	for i, job := range jobs {
		refs[i] = string(job.claim.Ref)
	}
	if _, err := w.run(ctx, w.s.q.InsertForwarded, args{"refs": refs}); err != nil {
		return err
	}
	if len(writers) == 0 {
		return nil
	}
	_, err := w.run(ctx, w.s.q.TellForwarded, args{"refs": refs, "writers": writers})
	return err
}

// settleOpen ends claims on deliveries that are not done.
func (w *writer) settleOpen(ctx context.Context, jobs []*stepJob) error {
	if len(jobs) == 0 {
		return nil
	}
	rows := make([]args, len(jobs))
	for i, job := range jobs {
		to := job.settle
		rows[i] = args{
			"ref": string(job.claim.Ref), "fence": job.claim.Fence, "state": string(to.State), "due": milli(to.Due),
			"reason": string(to.Reason), "detail": to.Detail, "uncounted": bit(to.Uncounted), "open": bit(to.Open),
		}
	}
	ours, err := w.stillOurs(ctx, w.s.q.Settle, jobs, columnsOf(w.s.q.Settle, rows))
	if err != nil {
		return err
	}
	for _, job := range ours {
		if job.settle.State != Dead {
			continue
		}
		if err := w.freeLinked(ctx, job.claim.Ref); err != nil {
			return err
		}
	}
	return nil
}

// writeHistory keeps each attempt that ended; one that succeeded at once is told by its ticket.
func (w *writer) writeHistory(ctx context.Context, jobs []*stepJob) error {
	var rows []args
	for _, job := range jobs {
		to := job.settle
		if job.err != nil || to.Uncounted || to.State == Done && job.claim.Attempts <= 1 {
			continue
		}
		rows = append(rows, args{
			"ref": string(job.claim.Ref), "fence": job.claim.Fence, "started_at": milli(job.claim.ClaimedAt),
			"reason": string(to.Reason), "detail": to.Detail,
		})
	}
	return w.insertSet(ctx, w.s.q.InsertAttempts, rows)
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
		var refs []string
		err := s.inWriter(ctx, func(w *writer) (err error) {
			refs, err = all[string](ctx, w.tx, s.q.RescueExpired, args{"now": w.now, "dead": dead, "most": 500})
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
	n, err := one[int64](ctx, s.read, s.q.DueSoon, args{})
	return fromMilli(n), err
}

// Renew lengthens the leases of deliveries that somebody in this gateway works on. A lease nobody names runs out.
func (s *Store) Renew(ctx context.Context, refs []complaint.Ref, lease time.Duration) error {
	if len(refs) == 0 {
		return nil
	}
	return s.inWriter(ctx, func(w *writer) error {
		_, err := w.run(ctx, s.q.RenewLeases, args{"refs": refs, "owner": s.owner, "lease": lease.Milliseconds()})
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
