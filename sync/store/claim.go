package store

import (
	"context"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// Turn says who goes first among what is due.
type Turn int

// The turns. Whichever it is, the most urgent class goes first.
const (
	OldestFirst Turn = iota // the longest due first
	NewestFirst             // the last due first, so that a long backlog does not starve what comes in meanwhile
)

type claimedRow struct {
	Ref        string
	Fence      int64
	Attempts   int
	AcceptedAt int64 `db:"accepted_at"`
	SentAt     int64 `db:"sent_at"`
	Step       string
	Agency     string
	Category   string
	Location   string
	HandOver   string `db:"hand_over"`
	OpenFor    int64  `db:"open_for"`
}

// urgencies is how many classes complaint.Class.Urgency tells apart.
func urgencies() int64 { return int64(len(complaint.Classes())) }

// ClaimDue takes up to most deliveries that are due for the length of a lease, which runs by the database's own clock. The
// attempt is counted now, before it is made.
func (s *Store) ClaimDue(ctx context.Context, most int, lease time.Duration, turn Turn) ([]Work, error) {
	var rows []claimedRow
	now := s.now()
	q := s.q.ClaimOldest
	if turn == NewestFirst {
		q = s.q.ClaimNewest
	}
	err := s.inWriter(ctx, func(w *writer) error {
		rows = nil
		for urgency := int64(0); urgency < urgencies() && len(rows) < most; urgency++ {
			more, err := all[claimedRow](ctx, w.tx, q, args{
				"urgency": urgency, "most": most - len(rows), "owner": s.owner, "now": w.now, "lease": lease.Milliseconds(),
			})
			if err != nil {
				return err
			}
			rows = append(rows, more...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	works := make([]Work, len(rows))
	for i, r := range rows {
		works[i] = Work{
			Claim: Claim{
				Ref: complaint.Ref(r.Ref), Fence: r.Fence, Attempts: r.Attempts, AcceptedAt: fromMilli(r.AcceptedAt), SentAt: fromMilli(r.SentAt),
				Step: r.Step, OpenFor: time.Duration(r.OpenFor) * time.Millisecond, ClaimedAt: now,
			},
			Job: Job{Agency: r.Agency, Category: r.Category, Location: r.Location, HandOver: r.HandOver, Done: map[string]string{}},
		}
	}
	return works, s.readJobs(ctx, works)
}

// readJobs reads what claims are about. One that cannot be read fails alone, in its Err.
func (s *Store) readJobs(ctx context.Context, works []Work) error {
	if len(works) == 0 {
		return nil
	}
	at, refs := make(map[string]*Work, len(works)), make([]string, len(works))
	for i := range works {
		refs[i] = string(works[i].Ref)
		at[refs[i]], works[i].Err = &works[i], ErrNotFound
	}
	rows, err := all[row](ctx, s.read, s.q.ReadComplaints, args{"refs": refs})
	if err != nil {
		return fmt.Errorf("read what is to be forwarded: %w", err)
	}
	for _, r := range rows {
		work := at[r.Ref]
		work.Job.Complaint, work.Err = s.fromRow(r)
	}
	return s.readProgress(ctx, refs, at)
}

// readProgress reads how far earlier attempts got.
func (s *Store) readProgress(ctx context.Context, refs []string, at map[string]*Work) error {
	steps, err := all[struct{ Ref, Name, Result string }](ctx, s.read, s.q.ReadSteps, args{"refs": refs})
	if err != nil {
		return fmt.Errorf("read the steps: %w", err)
	}
	for _, step := range steps {
		at[step.Ref].Job.Done[step.Name] = step.Result
	}
	tickets, err := all[struct {
		Ref        string
		NationalID string `db:"national_id"`
		TrackingID string `db:"tracking_id"`
	}](ctx, s.read, s.q.ReadTickets, args{"refs": refs})
	if err != nil {
		return fmt.Errorf("read the tickets: %w", err)
	}
	for _, t := range tickets {
		job := &at[t.Ref].Job
		job.Ticket = national.Ticket{ID: t.NationalID, TrackingID: t.TrackingID}
		job.Done[national.StepCreate] = job.Ticket.Record()
	}
	return nil
}
