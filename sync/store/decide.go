package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// Decision is what was decided about one complaint before its duplicates are looked for: where it goes when it goes.
type Decision struct {
	Agency   string
	Category string
	Location string
	HandOver string
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
	Work    *Work // it is claimed for this gateway already: nobody else was waiting
}

// Appetite is how many decided complaints this gateway can forward at once, and for how long it claims them.
type Appetite struct {
	Most  int
	Lease time.Duration
}

// Decide takes up to most undecided complaints, oldest first, asks judge about each, and in one transaction records the
// routing and either readies the delivery or links it to its primary. The first of the ready ones are claimed for this
// gateway in the same transaction, as many as its appetite. judge is pure. Gateways that decide about the same keys at the
// same time wait for each other, so two copies never miss each other.
func (s *Store) Decide(ctx context.Context, most int, judge func(complaint.Complaint) Decision, appetite Appetite) ([]Decided, error) {
	var decided []Decided
	err := s.inWriter(ctx, func(w *writer) error {
		decided = nil
		cases, err := w.pickUndecided(ctx, most)
		if err != nil || len(cases) == 0 {
			return err
		}
		for _, u := range cases {
			u.judge(judge)
		}
		if err := w.lockKeys(ctx, cases); err != nil {
			return err
		}
		if err := w.findDuplicates(ctx, cases); err != nil {
			return err
		}
		decided, err = w.settleDecisions(ctx, cases, appetite)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("decide: %w", err)
	}
	return decided, nil
}

type undecided struct {
	complaint.Complaint
	accepted time.Time
	decision Decision
	err      error // it cannot be read or judged
	found    match
}

// pickUndecided takes the oldest undecided complaints and reads them.
func (w *writer) pickUndecided(ctx context.Context, most int) ([]*undecided, error) {
	picked, err := all[struct {
		Ref        string
		AcceptedAt int64 `db:"accepted_at"`
	}](ctx, w.tx, w.s.q.PickUndecided, args{"most": most})
	if err != nil {
		return nil, fmt.Errorf("pick: %w", err)
	}
	cases, refs := make([]*undecided, len(picked)), make([]complaint.Ref, len(picked))
	for i, p := range picked {
		refs[i] = complaint.Ref(p.Ref)
		cases[i] = &undecided{accepted: fromMilli(p.AcceptedAt)}
	}
	found, err := w.s.complaints(ctx, w.tx, refs)
	for i, ref := range refs {
		cases[i].Complaint, cases[i].err = found[ref].Complaint, found[ref].err
		cases[i].Ref = ref
	}
	return cases, err
}

// judge asks judge about a complaint; one that panics is an error.
func (u *undecided) judge(judge func(complaint.Complaint) Decision) {
	if u.err != nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			u.err = retry.PanicError(p, debug.Stack())
		}
	}()
	u.decision = judge(u.Complaint)
}

// lockKeys serialises the decision with every other gateway that looks at one of the same keys, until the transaction
// ends. Sorted, so that nobody waits in a circle. SQLite's one writer is serial by itself.
func (w *writer) lockKeys(ctx context.Context, cases []*undecided) error {
	if w.s.dialect != postgres {
		return nil
	}
	var keys []string
	for _, u := range cases {
		keys = append(keys, u.decision.Keys...)
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	const lock = "SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest(CAST($1 AS text[])) WITH ORDINALITY AS u(k, n) ORDER BY n"
	if _, err := w.tx.ExecContext(ctx, lock, pq.StringArray(slices.Compact(keys))); err != nil {
		return fmt.Errorf("lock the keys: %w", err)
	}
	return nil
}

// findDuplicates finds each complaint's primary and records by what it may be found itself. Those none of whose keys was
// seen before, in the database or earlier in the batch, have none; only the others are looked at one by one.
func (w *writer) findDuplicates(ctx context.Context, cases []*undecided) error {
	seen, err := w.knownKeys(ctx, cases)
	if err != nil {
		return err
	}
	var fresh, met []*undecided
	for _, u := range cases {
		if slices.ContainsFunc(u.decision.Keys, func(key string) bool { return seen[key] }) {
			met = append(met, u)
		} else {
			fresh = append(fresh, u)
		}
		for _, key := range u.decision.Keys {
			seen[key] = true
		}
	}
	if err := w.insertKeys(ctx, fresh); err != nil {
		return err
	}
	for _, u := range met {
		if u.found, err = w.findPrimary(ctx, u); err != nil {
			return fmt.Errorf("look for a primary of %s: %w", u.Ref, err)
		}
		if err := w.insertKeys(ctx, []*undecided{u}); err != nil {
			return err
		}
		if u.found.primary != "" { // at once: the next one in the batch may find this one
			if err := w.link(ctx, u); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) knownKeys(ctx context.Context, cases []*undecided) (map[string]bool, error) {
	var keys []string
	for _, u := range cases {
		keys = append(keys, u.decision.Keys...)
	}
	seen := make(map[string]bool, len(keys))
	if len(keys) == 0 {
		return seen, nil
	}
	known, err := all[string](ctx, w.tx, w.s.q.KnownKeys, args{"keys": keys})
	if err != nil {
		return nil, fmt.Errorf("look for the keys: %w", err)
	}
	for _, key := range known {
		seen[key] = true
	}
	return seen, nil
}

func (w *writer) insertKeys(ctx context.Context, cases []*undecided) error {
	var rows []args
	for _, u := range cases {
		for _, key := range u.decision.Keys {
			rows = append(rows, args{"key": key, "ref": string(u.Ref), "occurred_at": milli(u.OccurredAt())})
		}
	}
	if err := w.insertSet(ctx, w.s.q.InsertDedupKeys, rows); err != nil {
		return fmt.Errorf("record the keys: %w", err)
	}
	return nil
}

// link links a complaint to the primary that was found, and lets its channel hear what that one was told last.
func (w *writer) link(ctx context.Context, u *undecided) error {
	found := u.found
	_, err := w.run(ctx, w.s.q.InsertLink, args{
		"ref": u.Ref, "primary_ref": found.primary, "kind": u.decision.Kind, "why": u.decision.Explain(found.key, found.apart),
	})
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if !u.decision.Tell {
		return nil
	}
	_, err = w.run(ctx, w.s.q.CatchUpLinked, args{"linked": u.Ref, "ref": found.primary, "source": u.Source})
	return err
}

// outcome is what is recorded of a decision; complaints with the same one are recorded together.
type outcome struct {
	state                                     State
	reason, detail                            string
	agency, category, location, handOver, why string
	rule                                      int
	decided                                   bool
}

// settleDecisions records the routing and the new state of all.
func (w *writer) settleDecisions(ctx context.Context, cases []*undecided, appetite Appetite) ([]Decided, error) {
	decided, groups := make([]Decided, len(cases)), map[outcome][]complaint.Ref{}
	for i, u := range cases {
		to := &decided[i]
		*to = Decided{Ref: u.Ref, Primary: u.found.primary, Rule: u.decision.Rule, Held: u.err}
		d := u.decision
		o := outcome{Ready, "", "", d.Agency, d.Category, d.Location, d.HandOver, d.Why, d.Rule, true}
		switch {
		case u.err != nil: // it stops no other, and a retry decides it
			words := []rune("it cannot be decided: " + u.err.Error())
			o = outcome{state: Held, reason: string(retry.Of(u.err).Reason), detail: string(words[:min(len(words), 500)])}
		case to.Primary != "":
			o.state, to.Kind = Linked, d.Kind
		case appetite.Most > 0:
			appetite.Most--
			o.state, to.Work = Leased, w.handedOver(u)
		}
		groups[o] = append(groups[o], u.Ref)
	}
	for o, refs := range groups {
		if err := w.settleDecision(ctx, o, refs, appetite.Lease); err != nil {
			return nil, err
		}
	}
	return decided, nil
}

func (w *writer) settleDecision(ctx context.Context, o outcome, refs []complaint.Ref, lease time.Duration) error {
	q, a := w.s.q.SettleDecisions, args{
		"refs": refs, "state": o.state, "reason": o.reason, "detail": o.detail, "decided_at": w.now * bit(o.decided), "agency": o.agency,
		"category": o.category, "location": o.location, "hand_over": o.handOver, "rule": o.rule, "why": o.why,
		"owner": w.s.owner, "lease": lease.Milliseconds(),
	}
	if o.state == Leased {
		q = w.s.q.ClaimDecided
	}
	n, err := w.run(ctx, q, a)
	if err == nil && int(n) != len(refs) {
		err = fmt.Errorf("%d of %d complaints were decided meanwhile", len(refs)-int(n), len(refs))
	}
	return err
}

// handedOver is the work of a delivery that is claimed as it is decided.
func (w *writer) handedOver(u *undecided) *Work {
	d := u.decision
	return &Work{
		Claim: Claim{Ref: u.Ref, Fence: 1, Attempts: 1, AcceptedAt: u.accepted, ClaimedAt: fromMilli(w.now)},
		Job:   Job{Complaint: u.Complaint, Agency: d.Agency, Category: d.Category, Location: d.Location, HandOver: d.HandOver, Done: map[string]string{}},
	}
}

// match is the primary that was found; an empty one is none.
type match struct {
	primary complaint.Ref
	key     string
	apart   time.Duration
}

func (w *writer) findPrimary(ctx context.Context, u *undecided) (match, error) {
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
	state, err := one[string](ctx, w.tx, w.s.q.LockDelivery, args{"ref": primary})
	if err == nil && (State(state) == Dead || State(state) == Linked) {
		return false, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	_, known := one[string](ctx, w.tx, w.s.q.LockKnown, args{"ref": primary})
	if known != nil && !errors.Is(known, sql.ErrNoRows) {
		return false, known
	}
	return err == nil || known == nil, nil
}

// OldestUndecided is when the oldest complaint that still waits for its decision was accepted; zero when none waits.
func (s *Store) OldestUndecided(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.read, s.q.OldestUndecided, args{})
	return fromMilli(n), err
}
