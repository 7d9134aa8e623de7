package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// Turn says whose turn it is among what is due. Whoever's it is, the most urgent class goes first. The zero Turn is that of
// the longest due; with Since it is that of what was accepted since then, the last first, so that a long backlog does not
// starve what comes in meanwhile.
type Turn struct{ Since time.Time }

type claimedRow struct {
	Ref        string
	Fence      int64
	Attempts   int
	AcceptedAt int64 `db:"accepted_at"`
	FirstAt    int64 `db:"first_attempt_at"`
	SentAt     int64 `db:"sent_at"`
	Step       string
	Agency     string
	Category   string
	Location   string
	HandOver   string `db:"hand_over"`
	EarlierRef string `db:"earlier_ref"`
	OpenFor    int64  `db:"open_for"`
	Begun      string `db:"-"`
}

// urgencies is how many classes complaint.Class.Urgency tells apart.
func urgencies() int64 { return int64(len(complaint.Classes())) }

// Appetite is how many deliveries this gateway claims at once, and for how long.
type Appetite struct {
	Most  int
	Lease time.Duration
	// Begin is of how many of them, never claimed before, the request can go out right now: that it does is recorded with the claim
	// (Claim.Begun).
	Begin int
	// First is the step with which a complaint's submission surely begins; empty: it is not known.
	First func(complaint.Complaint) string
}

// begin is the step that is begun with a claim; empty: none.
func (a *Appetite) begin(c complaint.Complaint) string {
	if a.Begin == 0 || a.First == nil {
		return ""
	}
	step := a.First(c)
	if step != "" {
		a.Begin--
	}
	return step
}

// ClaimDue takes deliveries that are due for the length of a lease, which runs by the database's own clock. The
// attempt is counted now, before it is made. While earlier claims whose commit's answer was lost cannot be taken back it claims
// nothing and returns an error.
func (s *Store) ClaimDue(ctx context.Context, appetite Appetite, turn Turn) ([]Work, error) {
	s.claiming.Lock()
	defer s.claiming.Unlock()
	if _, err := s.unclaim(ctx, &s.claiming); err != nil {
		return nil, err
	}
	var rows []claimedRow
	now := s.now()
	done, err := s.claimIn(ctx, &s.claiming, appetite.Lease, func(w *writer) ([]complaint.Ref, error) {
		rows = nil
		refs, err := w.pickDue(ctx, appetite.Most, turn)
		if err != nil || len(refs) == 0 {
			return nil, err
		}
		rows, err = w.claim(ctx, refs, appetite)
		return firstClaims(rows), err
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	works, err := s.worksOf(ctx, rows, now)
	if err != nil { // nobody works on them
		s.claiming.note(done, err)
	}
	return works, err
}

// worksOf is what was claimed, with what it is about.
func (s *Store) worksOf(ctx context.Context, rows []claimedRow, now time.Time) ([]Work, error) {
	works := make([]Work, len(rows))
	var again []complaint.Ref
	for i, r := range rows {
		if r.EarlierRef != "" {
			again = append(again, complaint.Ref(r.Ref))
		}
		works[i] = Work{
			Claim: Claim{
				Ref: complaint.Ref(r.Ref), Fence: r.Fence, Attempts: r.Attempts, AcceptedAt: fromMilli(r.AcceptedAt), TriedAt: fromMilli(r.FirstAt),
				SentAt: fromMilli(r.SentAt), Step: r.Step, OpenFor: time.Duration(r.OpenFor) * time.Millisecond, ClaimedAt: now, Begun: r.Begun,
			},
			Job: Job{Agency: r.Agency, Category: r.Category, Location: r.Location, HandOver: r.HandOver, Done: map[string]string{}},
		}
	}
	if len(again) > 0 {
		tickets, err := s.earlierTickets(ctx, s.look, again)
		if err != nil {
			return nil, fmt.Errorf("claim: %w", err)
		}
		for i := range works {
			works[i].Job.Earlier = tickets[works[i].Ref]
		}
	}
	if err := s.readJobs(ctx, works); err != nil {
		return nil, err
	}
	return works, nil
}

// untried is how late a delivery or a follow-up may be tried for the wait to count towards how long it is tried for. Where nobody tried it
// for longer, the gateway was off, or its clock wrong, or the platform away from all: none of which is to be held against it.
const untried = time.Hour

// claim claims what was picked. What this gateway took in a moment ago and nobody tried may be begun with it.
func (w *writer) claim(ctx context.Context, refs []string, appetite Appetite) ([]claimedRow, error) {
	groups := map[string][]string{}
	for _, ref := range refs {
		step := ""
		if c, ok := w.s.recent.get(complaint.Ref(ref)); ok {
			step = appetite.begin(c)
		}
		groups[step] = append(groups[step], ref)
	}
	var claimed []claimedRow
	for _, step := range slices.Backward(slices.Sorted(maps.Keys(groups))) { // what is begun goes out first
		refs := groups[step]
		rows, err := all[claimedRow](ctx, w.tx, w.s.q.Claim, args{
			"refs": refs, "owner": w.s.owner, "now": w.now, "lease": appetite.Lease.Milliseconds(), "step": step,
			"untried": untried.Milliseconds(),
		})
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if r := &rows[i]; step != "" && r.Fence == 1 {
				r.Begun, r.Step, r.SentAt, r.OpenFor = step, "", 0, 0
			}
		}
		claimed = append(claimed, rows...)
	}
	return claimed, nil
}

// pickDue finds what is due, class by class, and locks it.
func (w *writer) pickDue(ctx context.Context, most int, turn Turn) ([]string, error) {
	q := w.s.q.PickOldest
	if !turn.Since.IsZero() {
		q = w.s.q.PickNewest
	}
	var refs []string
	for urgency := int64(0); urgency < urgencies() && len(refs) < most; urgency++ {
		more, err := all[string](ctx, w.tx, q, args{"urgency": urgency, "most": most - len(refs), "now": w.now, "since": milli(turn.Since)})
		if err != nil {
			return nil, err
		}
		refs = append(refs, more...)
	}
	return refs, nil
}

// readJobs reads what claims are about. One that cannot be read fails alone, in its Err.
func (s *Store) readJobs(ctx context.Context, works []Work) error {
	if len(works) == 0 {
		return nil
	}
	at, refs := make(map[string]*Work, len(works)), make([]string, len(works))
	for i := range works {
		refs[i] = string(works[i].Ref)
		at[refs[i]] = &works[i]
	}
	found, err := s.complaints(ctx, s.look, refsOf(works))
	if err != nil {
		return err
	}
	fresh := true
	for i := range works {
		read := found[works[i].Ref]
		works[i].Job.Complaint, works[i].Err = read.Complaint, read.err
		fresh = fresh && works[i].Fence == 1 // never claimed before: nothing was done for it
	}
	if fresh {
		return nil
	}
	return s.readProgress(ctx, refs, at)
}

func refsOf(works []Work) []complaint.Ref {
	refs := make([]complaint.Ref, len(works))
	for i := range works {
		refs[i] = works[i].Ref
	}
	return refs
}

// readComplaint is a complaint, or why it cannot be read.
type readComplaint struct {
	complaint.Complaint
	err error
}

// complaints returns complaints by their references: those taken in a moment ago from memory, the others as they lie in
// the database. One that cannot be read fails alone.
func (s *Store) complaints(ctx context.Context, db sqlx.ExtContext, refs []complaint.Ref) (map[complaint.Ref]readComplaint, error) {
	found := make(map[complaint.Ref]readComplaint, len(refs))
	var missing []complaint.Ref
	for _, ref := range refs {
		c, ok := s.recent.get(ref)
		if !ok {
			missing = append(missing, ref)
		}
		found[ref] = readComplaint{c, notRead(ok)}
	}
	if len(missing) == 0 {
		return found, nil
	}
	rows, err := all[row](ctx, db, s.q.ReadComplaints, args{"refs": missing})
	if err != nil {
		return nil, fmt.Errorf("read complaints: %w", err)
	}
	for _, r := range rows {
		c, err := s.fromRow(r)
		found[complaint.Ref(r.Ref)] = readComplaint{c, err}
	}
	return found, nil
}

func notRead(ok bool) error {
	if ok {
		return nil
	}
	return ErrNotFound
}

// readProgress reads how far earlier attempts got.
func (s *Store) readProgress(ctx context.Context, refs []string, at map[string]*Work) error {
	steps, err := all[struct{ Ref, Name, Result string }](ctx, s.look, s.q.ReadSteps, args{"refs": refs})
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
	}](ctx, s.look, s.q.ReadTickets, args{"refs": refs})
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
