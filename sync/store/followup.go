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

// FollowUp is a complaint that is to be told the platform on an earlier one's ticket, held by this gateway until its lease
// ends. Err is set where it cannot be read. Ticket has no ID where the earlier one is known by its tracking id alone.
type FollowUp struct {
	Claim
	Complaint complaint.Complaint
	About     complaint.Ref // the earlier one
	Ticket    national.Ticket
	Agency    string // that has the ticket, as far as we sent it there
	Status    complaint.Status
	Secret    bool // one of the two is
	Err       error
}

// followUp has a complaint told on its primary's ticket. It belongs into the transaction that links it as a follow-up.
func (w *writer) followUp(ctx context.Context, ref, primary complaint.Ref) error {
	if _, err := w.run(ctx, w.s.q.InsertFollowUp, args{"ref": ref, "primary_ref": primary}); err != nil {
		return fmt.Errorf("have %s told as a follow-up: %w", ref, err)
	}
	return nil
}

type followUpRow struct {
	Ref      string
	About    string `db:"primary_ref"`
	Fence    int64
	Attempts int
	FirstAt  int64 `db:"first_attempt_at"`
	SentAt   int64 `db:"sent_at"`
	OpenFor  int64 `db:"open_for"`
}

// ClaimFollowUps takes up to most follow-ups that are due and whose ticket is there, for the length of a lease. The attempt
// is counted now, before it is made.
func (s *Store) ClaimFollowUps(ctx context.Context, most int, lease time.Duration) ([]FollowUp, error) {
	now := s.now()
	due, err := one[int64](ctx, s.look, s.q.FollowUpsDue, args{"now": milli(now)})
	if err != nil || due == 0 {
		return nil, err
	}
	var rows []followUpRow
	err = s.inWriter(ctx, func(w *writer) error {
		rows = nil
		refs, err := all[string](ctx, w.tx, s.q.PickFollowUps, args{"now": w.now, "most": most})
		if err != nil || len(refs) == 0 {
			return err
		}
		rows, err = all[followUpRow](ctx, w.tx, s.q.ClaimFollowUps, args{
			"refs": refs, "owner": s.owner, "now": w.now, "lease": lease.Milliseconds(), "untried": untried.Milliseconds(),
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim follow-ups: %w", err)
	}
	return s.readFollowUps(ctx, rows, now)
}

// readFollowUps reads what claims are about. One that cannot be read fails alone, in its Err.
func (s *Store) readFollowUps(ctx context.Context, rows []followUpRow, claimed time.Time) ([]FollowUp, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var refs, about []complaint.Ref
	for _, r := range rows {
		refs, about = append(refs, complaint.Ref(r.Ref)), append(about, complaint.Ref(r.About))
	}
	found, err := s.complaints(ctx, s.look, refs)
	if err != nil {
		return nil, err
	}
	tickets, err := s.followUpTickets(ctx, about)
	if err != nil {
		return nil, err
	}
	out := make([]FollowUp, len(rows))
	for i, r := range rows {
		read, at := found[refs[i]], tickets[about[i]]
		f := &out[i]
		*f = at
		f.Complaint, f.About, f.Secret, f.Err = read.Complaint, about[i], at.Secret || read.Secret, read.err
		f.Claim = Claim{
			Ref: refs[i], Fence: r.Fence, Attempts: r.Attempts, TriedAt: fromMilli(r.FirstAt), SentAt: fromMilli(r.SentAt),
			OpenFor: time.Duration(r.OpenFor) * time.Millisecond, ClaimedAt: claimed,
		}
		if f.Err == nil && f.Ticket == (national.Ticket{}) {
			f.Err = fmt.Errorf("%s has no ticket any more", f.About)
		}
	}
	return out, nil
}

// followUpTickets reads what follow-ups are told on.
func (s *Store) followUpTickets(ctx context.Context, about []complaint.Ref) (map[complaint.Ref]FollowUp, error) {
	rows, err := all[struct {
		Ref, Agency, Status string
		NationalID          string `db:"national_id"`
		TrackingID          string `db:"tracking_id"`
		HandOver            string `db:"hand_over"`
		Secret              int64
	}](ctx, s.look, s.q.ReadFollowUpTickets, args{"refs": about})
	if err != nil {
		return nil, fmt.Errorf("read the tickets of follow-ups: %w", err)
	}
	tickets := make(map[complaint.Ref]FollowUp, len(rows))
	for _, r := range rows {
		f := FollowUp{
			Ticket: national.Ticket{ID: r.NationalID, TrackingID: r.TrackingID}, Agency: r.Agency, Status: complaint.Status(r.Status), Secret: r.Secret == 1,
		}
		if r.HandOver != "" {
			f.Agency = r.HandOver
		}
		tickets[complaint.Ref(r.Ref)] = f
	}
	return tickets, nil
}

// BeginFollowUp records that the request is about to go out. It is durable when BeginFollowUp returns nil; only then may it
// be made, and its outcome is open from here on. ErrLost: somebody else holds it now, or its link was undone or moved.
func (s *Store) BeginFollowUp(ctx context.Context, c Claim) error {
	return s.change(ctx, c.Ref, func(ctx context.Context, w *writer) error {
		return w.must(ctx, s.q.BeginFollowUp, args{"ref": c.Ref, "fence": c.Fence, "owner": s.owner})
	})
}

// SettleFollowUp ends a claim. ErrLost: somebody else holds it now, and nothing was changed.
func (s *Store) SettleFollowUp(ctx context.Context, c Claim, to Settlement) error {
	return s.change(ctx, c.Ref, func(ctx context.Context, w *writer) error {
		err := w.must(ctx, s.q.SettleFollowUp, args{
			"ref": c.Ref, "fence": c.Fence, "owner": s.owner, "state": to.State, "due": milli(to.Due), "reason": to.Reason,
			"detail": to.Detail, "uncounted": bit(to.Uncounted), "open": bit(to.Open),
		})
		if err != nil || to.Open || to.State == Ready {
			return err
		}
		return w.tellMoved(ctx, c.Ref)
	})
}

// tellMoved has a follow-up that is over about one primary told on the ticket of the one its link was moved to meanwhile.
func (w *writer) tellMoved(ctx context.Context, ref complaint.Ref) error {
	primary, err := one[complaint.Ref](ctx, w.tx, w.s.q.MovedFollowUp, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what stands for %s: %w", ref, err)
	}
	return w.followUp(ctx, ref, primary)
}

// GoAlone undoes the link of a follow-up whose primary is closed at the platform: the complaint is forwarded by itself.
// ErrLost: somebody else holds the follow-up now, or another primary stands for it, and nothing was changed.
func (s *Store) GoAlone(ctx context.Context, c Claim) error {
	return s.change(ctx, c.Ref, func(ctx context.Context, w *writer) error {
		if err := w.must(ctx, s.q.DropFollowUp, args{"ref": c.Ref, "fence": c.Fence, "owner": s.owner}); err != nil {
			return err
		}
		return w.goAlone(ctx, c.Ref, "the complaint it is about is closed, so it goes on alone")
	})
}

// goAlone has a follow-up forwarded by itself. It points back to what it is about, so that somebody reads it; to what somebody
// else named by its reference it points back nowhere: that ticket's number is its reporter's own.
func (w *writer) goAlone(ctx context.Context, ref complaint.Ref, why string) error {
	was, err := one[linkRow](ctx, w.tx, w.s.q.ReadLink, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read the link of %s: %w", ref, err)
	}
	if err := w.cut(ctx, []complaint.Ref{ref}, complaint.Ref(was.PrimaryRef), "", why); err != nil {
		return err
	}
	if err := w.letGo(ctx, ref, why); err != nil {
		return err
	}
	m := was.matter()
	if was.Quiet == 1 {
		through, err := w.bondOf(ctx, m.Earlier)
		if err != nil {
			return err
		}
		if through.followsUp { // it has no ticket either
			m.Earlier = through.primary
		}
		if own, err := w.ofOneSender(ctx, ref, m.Earlier); err != nil || !own {
			return err
		}
	} else { // the words it was found by may be another follow-up's, which has no ticket
		m.Earlier = complaint.Ref(was.PrimaryRef)
	}
	return w.pointBack(ctx, ref, m)
}

// ofOneSender says whether two complaints came from one sender of one channel.
func (w *writer) ofOneSender(ctx context.Context, a, b complaint.Ref) (bool, error) {
	found, err := w.s.complaints(ctx, w.tx, []complaint.Ref{a, b})
	return err == nil && found[a].err == nil && found[b].sentBy(found[a].Source, found[a].Reporter.Account), err
}

// pointBack has a complaint that goes on by itself name the ticket of the one it was linked to.
func (w *writer) pointBack(ctx context.Context, ref complaint.Ref, m Matter) error {
	if err := insertSet(ctx, w, w.s.q.InsertRecurrences, []*recurrenceRow{recurrence(ref, m)}); err != nil {
		return fmt.Errorf("note what %s points back to: %w", ref, err)
	}
	if _, err := w.run(ctx, w.s.q.PointBack, args{"ref": ref, "earlier_ref": m.Earlier}); err != nil {
		return fmt.Errorf("have %s point back: %w", ref, err)
	}
	return nil
}

// RescueFollowUps returns follow-ups to the queue whose lease has run out, or that an earlier run of the gateway named by
// dead held, and forgets those whose link was undone: these are forwarded by themselves.
func (s *Store) RescueFollowUps(ctx context.Context, dead string) error {
	return s.inWriter(ctx, func(w *writer) error {
		if _, err := w.run(ctx, s.q.RescueFollowUps, args{"dead": dead}); err != nil {
			return err
		}
		_, err := w.run(ctx, s.q.ClearFollowUps, args{})
		return err
	})
}

// resolveFollowUp records what a person found out about a follow-up's open outcome, or that they added one by hand that could
// not be told, and says whether there is one. With an id it must be that of the ticket it was sent to; where that one's id is
// not known, its tracking id.
func (w *writer) resolveFollowUp(ctx context.Context, ref complaint.Ref, to State, id string) (bool, error) {
	reason := retry.Reason("")
	if to == Done {
		reason = retry.Success
	}
	n, err := w.run(ctx, w.s.q.ResolveFollowUp, args{"ref": ref, "state": to, "reason": reason, "national_id": id})
	if err != nil || n == 0 || to != Done {
		return n > 0, err
	}
	return true, w.tellMoved(ctx, ref)
}

// FollowUpSeen is how far telling a follow-up has got.
type FollowUpSeen struct {
	Ref      complaint.Ref `json:"ref"`
	About    complaint.Ref `json:"about"`
	State    State         `json:"state"`
	Attempts int           `json:"attempts"`
	Reason   string        `json:"reason,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	SentAt   time.Time     `json:"sent_at,omitzero"` // an open outcome
	Changed  time.Time     `json:"changed"`
}

type followUpSeenRow struct {
	Ref                   string
	About                 string `db:"primary_ref"`
	State, Reason, Detail string
	Attempts              int
	SentAt                int64 `db:"sent_at"`
	ChangedAt             int64 `db:"changed_at"`
}

func (r followUpSeenRow) seen() FollowUpSeen {
	return FollowUpSeen{
		complaint.Ref(r.Ref), complaint.Ref(r.About), State(r.State), r.Attempts, r.Reason, r.Detail, fromMilli(r.SentAt), fromMilli(r.ChangedAt),
	}
}

// FollowUps returns the follow-ups the platform has not been told yet, or refused, oldest first.
func (s *Store) FollowUps(ctx context.Context, most int) ([]FollowUpSeen, error) {
	rows, err := all[followUpSeenRow](ctx, s.read, s.q.ListFollowUps, args{"most": most})
	out := make([]FollowUpSeen, len(rows))
	for i, r := range rows {
		out[i] = r.seen()
	}
	return out, err
}

// tellFollowUp adds to a story how far telling it as a follow-up has got.
func (s *Store) tellFollowUp(ctx context.Context, ref complaint.Ref, story *Story) error {
	r, err := one[followUpSeenRow](ctx, s.read, s.q.ShowFollowUp, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read how far it was told as a follow-up: %w", err)
	}
	seen := r.seen()
	story.FollowUp = &seen
	return nil
}
