package store

import (
	"context"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Birth decides complaints in the transaction that keeps them, where a decision looks at nothing but the complaint itself. What can
// be forwarded at once is claimed with it.
type Birth struct {
	// Judge says where a complaint goes; it is pure. One at which it panics stays undecided.
	Judge func(complaint.Complaint) Decision
	// Reserve says, before each transaction, what may be claimed in it. What is to be kept waits for it.
	Reserve func(context.Context) Appetite
	// Decided is told after each transaction what it decided, and what was reserved: nothing was decided in one that failed. It does
	// not wait for anything, or what is to be kept next waits too.
	Decided func(decided []Decided, reserved Appetite)
}

// births are the decisions that are made as complaints are kept, while somebody asks for it.
type births struct {
	sync.RWMutex
	by     *Birth
	claims claims
}

// DecideAtBirth has complaints decided as they are kept, until the function it returns is called: after that nothing more is told to
// b.Decided. The last caller's is used.
func (s *Store) DecideAtBirth(b *Birth) (stop func()) {
	s.births.Lock()
	defer s.births.Unlock()
	s.births.by = b
	return func() {
		s.births.Lock()
		defer s.births.Unlock()
		if s.births.by == b {
			s.births.by = nil
		}
	}
}

// inBirth is inWriter for what keeps complaints.
func (s *Store) inBirth(ctx context.Context, f func(*writer) error) error {
	s.births.RLock()
	defer s.births.RUnlock()
	by := s.births.by
	if by == nil {
		return s.inWriter(ctx, f)
	}
	s.births.claims.Lock()
	defer s.births.claims.Unlock()
	var reserved Appetite
	if s.unclaimSoon(ctx, &s.births.claims) == nil { // else the database is in trouble yet: nothing more is claimed
		reserved = by.Reserve(ctx)
	}
	var decided []Decided
	defer func() { by.Decided(decided, reserved) }()
	var born *newborn
	_, err := s.claimIn(ctx, &s.births.claims, reserved.Lease, func(w *writer) ([]complaint.Ref, error) {
		born = &newborn{by: by, appetite: reserved}
		w.born = born
		err := f(w)
		return firstDecided(born.decided), err
	})
	if err == nil {
		decided = born.decided
	}
	return err
}

// unclaimSoon is unclaim for who has more important things to do.
func (s *Store) unclaimSoon(ctx context.Context, c *claims) error {
	brief, cancel := context.WithTimeout(ctx, unclaimPatience)
	defer cancel()
	_, err := s.unclaim(brief, c)
	return err
}

// unclaimPatience is how long what comes in waits for claims to be taken back.
const unclaimPatience = 250 * time.Millisecond

// newborn is what one transaction decides of what it keeps.
type newborn struct {
	by       *Birth
	appetite Appetite
	decided  []Decided
}

// deliveryRow is a new complaint's delivery.
type deliveryRow struct {
	Ref        string `db:"ref"`
	State      State  `db:"state"`
	Urgency    int64  `db:"urgency"`
	ReceivedAt int64  `db:"received_at"`
	Lease      int64  `db:"lease"` // milliseconds
	Tries      int64  `db:"tries"`
	Step       string `db:"step"`
	DecidedAt  int64  `db:"decided_at"`
	Agency     string `db:"agency"`
	Category   string `db:"to_category"`
	Location   string `db:"location"`
	HandOver   string `db:"hand_over"`
	Rule       int64  `db:"rule"`
	Why        string `db:"why"`

	decided *Decided // what was decided about it; nil: nothing yet
}

// delivery is the row of a new complaint's delivery.
func (w *writer) delivery(r *row, c complaint.Complaint) *deliveryRow {
	d := &deliveryRow{Ref: r.Ref, State: New, Urgency: r.Urgency, ReceivedAt: r.ReceivedAt}
	if w.born == nil {
		return d
	}
	u := &undecided{Complaint: c, accepted: fromMilli(r.ReceivedAt)}
	if u.judge(w.born.by.Judge); u.err != nil { // whoever decides what is left holds it for a person
		return d
	}
	to := &Decided{Ref: u.Ref, Rule: u.decision.Rule}
	d.decided = to
	d.State, d.DecidedAt, d.Agency, d.Category, d.Location = Ready, w.now, u.decision.Agency, u.decision.Category, u.decision.Location
	d.HandOver, d.Rule, d.Why = u.decision.HandOver, int64(u.decision.Rule), u.decision.Why
	if w.born.appetite.Most > 0 {
		w.born.appetite.Most--
		to.Work = w.handedOver(u)
		to.Work.Begun = w.born.appetite.begin(c)
		d.State, d.Lease, d.Tries, d.Step = Leased, w.born.appetite.Lease.Milliseconds(), 1, to.Work.Begun
	}
	return d
}
