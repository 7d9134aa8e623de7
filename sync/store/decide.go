package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// Decision is what was decided about one complaint before its duplicates are looked for: where it goes when it goes.
type Decision struct {
	Agency   string
	Category string
	Location string
	Rule     int
	Why      string

	// Keys are what the same matter would share with this one. A complaint with a key in common, told at most Window
	// before or after, is its primary. No keys: it is nobody's duplicate.
	Keys   []string
	Window time.Duration
	Kind   string
	// Explain words the link: which key the two share, and how far apart they were told.
	Explain func(key string, apart time.Duration) string

	Tell bool // its channel can be told a status
}

// Decided is what became of one complaint.
type Decided struct {
	Ref     complaint.Ref
	Primary complaint.Ref // empty: it goes on alone
	Kind    string
	Rule    int   // of Decision.Rule
	Held    error // it cannot be decided, and a person must look
}

// Decide takes up to most undecided complaints, oldest first, asks judge about each, and in one transaction records the
// routing and either readies the delivery or links it to its primary. judge is pure. Gateways that decide about the same
// keys at the same time wait for each other, so two copies never miss each other.
func (s *Store) Decide(ctx context.Context, most int, judge func(complaint.Complaint) Decision) ([]Decided, error) {
	var decided []Decided
	err := s.inWriter(ctx, func(w *writer) error {
		rows, err := all[row](ctx, w.tx, s.q.PickUndecided, args{"most": most})
		if err != nil {
			return fmt.Errorf("pick: %w", err)
		}
		var cases []undecided
		for _, r := range rows {
			u, err := s.judged(r, judge)
			if err == nil {
				cases = append(cases, u)
				continue
			}
			if err := w.setAsideUndecided(ctx, r.Ref, err); err != nil {
				return err
			}
			decided = append(decided, Decided{Ref: complaint.Ref(r.Ref), Held: err})
		}
		if err := w.lockKeys(ctx, cases); err != nil {
			return err
		}
		more, err := w.decideAll(ctx, cases)
		decided = append(decided, more...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("decide: %w", err)
	}
	return decided, nil
}

type undecided struct {
	complaint.Complaint
	decision Decision
}

// judged reads a complaint and asks judge about it; a judge that panics is an error.
func (s *Store) judged(r row, judge func(complaint.Complaint) Decision) (u undecided, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = retry.PanicError(p, debug.Stack())
		}
	}()
	c, err := s.fromRow(r)
	if err != nil {
		return undecided{}, err
	}
	return undecided{c, judge(c)}, nil
}

// setAsideUndecided holds one complaint that cannot be read or judged, so that it stops no other.
func (w *writer) setAsideUndecided(ctx context.Context, ref string, why error) error {
	detail := []rune("it cannot be decided: " + why.Error())
	_, err := w.run(ctx, w.s.q.SettleDecision, args{
		"refs": []string{ref}, "state": Held, "reason": retry.Of(why).Reason, "detail": string(detail[:min(len(detail), 500)]),
	})
	return err
}

// lockKeys serialises the decision with every other gateway that looks at one of the same keys, until the transaction
// ends. Sorted, so that nobody waits in a circle. SQLite's one writer is serial by itself.
func (w *writer) lockKeys(ctx context.Context, cases []undecided) error {
	if w.s.dialect != postgres {
		return nil
	}
	var keys []string
	for _, u := range cases {
		keys = append(keys, u.decision.Keys...)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if _, err := w.tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key); err != nil {
			return fmt.Errorf("lock a key: %w", err)
		}
	}
	return nil
}

// decideAll records the routing of all, links the duplicates one by one in the order they came, and readies the rest.
func (w *writer) decideAll(ctx context.Context, cases []undecided) ([]Decided, error) {
	if len(cases) == 0 {
		return nil, nil
	}
	if err := w.recordRoutes(ctx, cases); err != nil {
		return nil, fmt.Errorf("record the routing: %w", err)
	}
	var (
		decided []Decided
		ready   []complaint.Ref
	)
	for _, u := range cases {
		d, err := w.decide(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("decide %s: %w", u.Ref, err)
		}
		if d.Primary == "" {
			ready = append(ready, u.Ref)
		}
		d.Rule = u.decision.Rule
		decided = append(decided, d)
	}
	if len(ready) == 0 {
		return decided, nil
	}
	return decided, w.settleDecision(ctx, Ready, ready...)
}

func (w *writer) recordRoutes(ctx context.Context, cases []undecided) error {
	tickets := make([]args, len(cases))
	for i, u := range cases {
		d := u.decision
		tickets[i] = args{
			"ref": u.Ref, "agency": d.Agency, "category": d.Category, "location": d.Location, "rule": d.Rule, "why": d.Why, "now": w.now,
		}
	}
	_, err := run(ctx, w.tx, w.s.q.InsertTicket, tickets)
	return err
}

func (w *writer) settleDecision(ctx context.Context, state State, refs ...complaint.Ref) error {
	_, err := w.run(ctx, w.s.q.SettleDecision, args{"refs": refs, "state": state, "reason": "", "detail": ""})
	return err
}

// decide records what a complaint may be found by, and links it when it has a primary.
func (w *writer) decide(ctx context.Context, u undecided) (Decided, error) {
	found, err := w.findPrimary(ctx, u)
	if err != nil {
		return Decided{}, fmt.Errorf("look for a primary: %w", err)
	}
	for _, key := range u.decision.Keys {
		if _, err := w.run(ctx, w.s.q.InsertDedupKey, args{"key": key, "ref": u.Ref, "occurred_at": milli(u.OccurredAt())}); err != nil {
			return Decided{}, fmt.Errorf("record a key: %w", err)
		}
	}
	if found.primary == "" {
		return Decided{Ref: u.Ref}, nil
	}
	return Decided{Ref: u.Ref, Primary: found.primary, Kind: u.decision.Kind}, w.link(ctx, u, found)
}

func (w *writer) link(ctx context.Context, u undecided, found match) error {
	_, err := w.run(ctx, w.s.q.InsertLink, args{
		"ref": u.Ref, "primary_ref": found.primary, "kind": u.decision.Kind, "why": u.decision.Explain(found.key, found.apart),
	})
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if err := w.settleDecision(ctx, Linked, u.Ref); err != nil {
		return err
	}
	if !u.decision.Tell {
		return nil
	}
	_, err = w.run(ctx, w.s.q.CatchUpLinked, args{"linked": u.Ref, "ref": found.primary, "source": u.Source})
	return err
}

// match is the primary that was found; an empty one is none.
type match struct {
	primary complaint.Ref
	key     string
	apart   time.Duration
}

func (w *writer) findPrimary(ctx context.Context, u undecided) (match, error) {
	type told struct {
		Ref        string
		OccurredAt int64 `db:"occurred_at"`
	}
	at, window := milli(u.OccurredAt()), u.decision.Window.Milliseconds()
	for _, key := range u.decision.Keys {
		found, err := one[told](ctx, w.tx, w.s.q.FindPrimary, args{"key": key, "ref": u.Ref, "after": at - window, "before": at + window})
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return match{}, err
		}
		m := match{primary: complaint.Ref(found.Ref), key: key, apart: (time.Duration(at-found.OccurredAt) * time.Millisecond).Abs()}
		primary, err := one[string](ctx, w.tx, w.s.q.PrimaryOf, args{"ref": found.Ref})
		if err == nil { // it is linked itself: its primary stands for both
			m.primary = complaint.Ref(primary)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return match{}, err
		}
		stands, err := w.stands(ctx, m.primary)
		if err != nil || stands {
			return m, err
		}
	}
	return match{}, nil
}

// stands locks a primary until the decision is written, and says whether it can stand for another: one that is refused at
// this moment, or that is linked itself, cannot; and one about which news is being written tells it to the linked one too.
func (w *writer) stands(ctx context.Context, primary complaint.Ref) (bool, error) {
	state, err := one[string](ctx, w.tx, w.s.q.LockPrimary, args{"ref": primary})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return State(state) != Dead && State(state) != Linked, err
}

// OldestUndecided is when the oldest complaint that still waits for its decision was accepted; zero when none waits.
func (s *Store) OldestUndecided(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.read, s.q.OldestUndecided, args{})
	return fromMilli(n), err
}
