package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
	driver "modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

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

// finishAll ends deliveries that are done: they leave the table, and the tickets of those that have none yet are made.
func (w *writer) finishAll(ctx context.Context, jobs []*stepJob) error {
	if len(jobs) == 0 {
		return nil
	}
	gone, routes, err := w.mine(ctx, w.s.q.Finish, jobs, args{})
	if err != nil {
		return err
	}
	var named []naming
	for i, job := range gone {
		w.s.recent.drop(job.claim.Ref)
		if job.settle.Ticket != (national.Ticket{}) {
			named = append(named, naming{routes[i], job.settle.Ticket, job.settle.News})
		}
	}
	return w.nameAll(ctx, named)
}

// routed is what a delivery says about its ticket.
type routed struct {
	Ref       string
	Fence     int64
	Agency    string
	Category  string
	Location  string
	HandOver  string `db:"hand_over"`
	Rule      int64
	Why       string
	DecidedAt int64 `db:"decided_at"`
	Attempts  int64
}

// mine runs a query over the deliveries of some jobs that returns those this gateway holds, and sorts out the jobs by it;
// the others are lost.
func (w *writer) mine(ctx context.Context, q *query, jobs []*stepJob, a args) ([]*stepJob, []routed, error) {
	refs := make([]complaint.Ref, len(jobs))
	for i, job := range jobs {
		refs[i] = job.claim.Ref
	}
	a["refs"], a["owner"], a["now"] = refs, w.s.owner, w.now
	rows, err := all[routed](ctx, w.tx, q, a)
	if err != nil {
		return nil, nil, err
	}
	found := make(map[string]routed, len(rows))
	for _, r := range rows {
		found[r.Ref] = r
	}
	var (
		ours   []*stepJob
		routes []routed
	)
	for _, job := range jobs {
		r, ok := found[string(job.claim.Ref)]
		if ok && r.Fence != job.claim.Fence { // ours again under a later claim: nothing may be changed by the earlier one
			return nil, nil, ErrLost
		}
		if job.err = nil; !ok {
			job.err = ErrLost
			continue
		}
		ours, routes = append(ours, job), append(routes, r)
	}
	return ours, routes, nil
}

// naming is a delivery the platform has now.
type naming struct {
	route  routed
	ticket national.Ticket
	news   Forwarded
}

// ticketRow is a new ticket.
type ticketRow struct {
	Ref        string `db:"ref"`
	Agency     string `db:"agency"`
	Category   string `db:"category"`
	Location   string `db:"location"`
	HandOver   string `db:"hand_over"`
	Rule       int64  `db:"rule"`
	Why        string `db:"why"`
	DecidedAt  int64  `db:"decided_at"`
	Attempts   int64  `db:"attempts"`
	NationalID string `db:"national_id"`
	TrackingID string `db:"tracking_id"`
	SyncAt     int64  `db:"sync_at"`
}

// nameAll records that the platform has these complaints. An id that another complaint has already fails the transaction;
// alone, the job is ErrTaken and changes nothing.
func (w *writer) nameAll(ctx context.Context, named []naming) error {
	if len(named) == 0 {
		return nil
	}
	rows, refs := make([]*ticketRow, len(named)), make([]string, len(named))
	for i, n := range named {
		refs[i] = n.route.Ref
		rows[i] = &ticketRow{
			Ref: n.route.Ref, Agency: n.route.Agency, Category: n.route.Category, Location: n.route.Location,
			HandOver: n.route.HandOver, Rule: n.route.Rule, Why: n.route.Why, DecidedAt: n.route.DecidedAt,
			Attempts: n.route.Attempts, NationalID: n.ticket.ID, TrackingID: n.ticket.TrackingID, SyncAt: milli(n.news.SyncAt),
		}
	}
	if err := insertSet(ctx, w, w.s.q.InsertTickets, rows); err != nil {
		if taken(err) {
			err = fmt.Errorf("%w: %w", ErrTaken, err)
		}
		return err
	}
	return w.tellForwarded(ctx, refs)
}

// taken says whether a statement failed because a unique value is there already.
func taken(err error) bool {
	var (
		server *pq.Error
		file   *driver.Error
	)
	switch {
	case errors.As(err, &server):
		return server.Code == "23505"
	case errors.As(err, &file):
		return file.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || file.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

func (w *writer) tellForwarded(ctx context.Context, refs []string) error {
	_, err := w.run(ctx, w.s.q.TellForwarded, args{"refs": refs})
	return err
}

// settleOpen ends claims on deliveries that are not done, one by one: they are few.
func (w *writer) settleOpen(ctx context.Context, jobs []*stepJob) error {
	for _, job := range jobs {
		to := job.settle
		n, err := w.run(ctx, w.s.q.Settle, args{
			"ref": job.claim.Ref, "fence": job.claim.Fence, "owner": w.s.owner, "state": to.State, "due": milli(to.Due),
			"reason": to.Reason, "detail": to.Detail, "uncounted": bit(to.Uncounted), "open": bit(to.Open),
		})
		if err != nil {
			return err
		}
		if job.err = nil; n == 0 {
			job.err = ErrLost
			continue
		}
		if to.State != Dead {
			continue
		}
		if err := w.promote(ctx, job.claim.Ref, "the platform refused it"); err != nil {
			return err
		}
	}
	return nil
}

// attemptRow is an attempt that ended.
type attemptRow struct {
	Ref       string `db:"ref"`
	Fence     int64  `db:"fence"`
	StartedAt int64  `db:"started_at"`
	Reason    string `db:"reason"`
	Detail    string `db:"detail"`
}

// writeHistory keeps each attempt that ended; one that succeeded at once is told by its ticket.
func (w *writer) writeHistory(ctx context.Context, jobs []*stepJob) error {
	var rows []*attemptRow
	for _, job := range jobs {
		to := job.settle
		if job.err != nil || to.Uncounted || to.State == Done && job.claim.Attempts <= 1 {
			continue
		}
		rows = append(rows, &attemptRow{string(job.claim.Ref), job.claim.Fence, milli(job.claim.ClaimedAt), string(to.Reason), to.Detail})
	}
	return insertSet(ctx, w, w.s.q.InsertAttempts, rows)
}
