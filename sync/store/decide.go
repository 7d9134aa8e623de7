package store

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

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

// OldestUndecided is when the oldest complaint that still waits for its decision was accepted; zero when none waits.
func (s *Store) OldestUndecided(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.read, s.q.OldestUndecided, args{})
	return fromMilli(n), err
}
