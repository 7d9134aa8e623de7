package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
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

	// Print is what it is compared by, and By how. Without them it is compared with nothing, and nothing is with it.
	Print *dedup.Print
	By    *Comparison
}

// Decided is what became of one complaint.
type Decided struct {
	Ref     complaint.Ref
	Primary complaint.Ref // who stands for it; empty: it goes on alone, or a person is asked
	Answer  dedup.Answer  // what the comparison came to; empty without one
	Kind    dedup.Kind    // of the complaint it is about; empty: nothing earlier is related
	Print   *dedup.Print  // of the decision
	Rule    int           // of Decision.Rule
	Held    error         // it cannot be decided, and a person must look
	Work    *Work         // it is claimed for this gateway already: nobody else was waiting
}

// Decide takes up to most undecided complaints, oldest first, asks judge about each, and in one transaction records the
// routing and either readies the delivery, links it to its primary, or holds it until a person has looked. The first of the
// ready ones are claimed for this gateway in the same transaction, as many as its appetite. judge is pure, and asked about several
// at once. Gateways that decide about the same keys at the same time wait for each other, so two copies never miss each other; in one
// gateway one Decide runs at a time. On SQLite, which one gateway has, all that is only looked up and thought over is done before its
// transaction: the one writer goes on meanwhile. While earlier claims whose commit's answer was lost cannot be taken back it decides
// nothing and returns an error.
func (s *Store) Decide(ctx context.Context, most int, judge func(complaint.Complaint) Decision, appetite Appetite) ([]Decided, error) {
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if _, err := s.unclaim(ctx, &s.deciding); err != nil {
		return nil, err
	}
	decided, err := s.decide(ctx, most, judge, appetite)
	if errors.Is(err, errMeanwhile) {
		decided, err = s.decide(ctx, most, judge, appetite)
	}
	if err != nil {
		return nil, fmt.Errorf("decide: %w", err)
	}
	for _, d := range decided {
		if d.Print != nil && d.Held == nil {
			s.prints.put(d.Ref, d.Print)
		}
	}
	return decided, nil
}

func (s *Store) decide(ctx context.Context, most int, judge func(complaint.Complaint) Decision, appetite Appetite) (decided []Decided, err error) {
	var (
		cases []*undecided
		made  *madeKeys
	)
	if s.dialect == sqlite {
		if cases, err = (looker{s.look, s}).study(ctx, most, judge, noLock); err != nil || len(cases) == 0 {
			return nil, err
		}
	}
	_, err = s.claimIn(ctx, &s.deciding, appetite.Lease, func(w *writer) ([]complaint.Ref, error) {
		decided = nil
		if s.dialect == postgres {
			cases, err = (looker{w.tx, s}).study(ctx, most, judge, w.lockKeys)
		} else {
			err = w.stillUndecided(ctx, cases)
		}
		if err != nil || len(cases) == 0 {
			return nil, err
		}
		if made, err = w.compareAll(ctx, cases); err != nil {
			return nil, err
		}
		decided, err = w.settleDecisions(ctx, cases, appetite)
		return firstDecided(decided), err
	})
	if err != nil {
		return nil, err
	}
	if made != nil {
		s.index.make(made.segment, made.groups)
	}
	return decided, nil
}

// errMeanwhile is a decision that an operator's came before.
var errMeanwhile = errors.New("complaints were decided meanwhile")

type undecided struct {
	complaint.Complaint
	accepted time.Time
	earlier  complaint.Ref // what it points back to already: a complaint that was closed before it could be added to
	decision Decision
	err      error // it cannot be read or judged

	keys, probes []dedup.Key
	among        []dedup.Earlier // whom it is compared with, the weightiest first
	verdict      dedup.Verdict
	primary      complaint.Ref // who stands for it
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
	begun                                     string // the step that is begun with the claim; empty: none
	rule                                      int
	decided                                   bool
	earlier                                   complaint.Ref // of a recurrence
}

// outcome is what becomes of a complaint, before anybody claims it.
func (u *undecided) outcome() outcome {
	d := u.decision
	o := outcome{
		state: Ready, agency: d.Agency, category: d.Category, location: d.Location, handOver: d.HandOver, why: d.Why, rule: d.Rule, decided: true,
	}
	switch {
	case u.err != nil: // it stops no other, and a retry decides it
		words := []rune("it cannot be decided: " + u.err.Error())
		return outcome{state: Held, reason: string(retry.Of(u.err).Reason), detail: string(words[:min(len(words), 500)])}
	case u.primary != "":
		o.state = Linked
	case u.verdict.Answer == dedup.Review:
		o.state, o.reason, o.detail = Held, string(retry.Review), "a person says whether it repeats "+string(u.verdict.Earlier)
	case u.verdict.Kind == dedup.Recurrence && u.earlier == "":
		o.earlier = u.verdict.Earlier
	}
	return o
}

// settleDecisions records the routing and the new state of all.
func (w *writer) settleDecisions(ctx context.Context, cases []*undecided, appetite Appetite) ([]Decided, error) {
	decided, groups := make([]Decided, len(cases)), map[outcome][]complaint.Ref{}
	var again, pointing []*undecided
	works := map[complaint.Ref]*Work{}
	for i, u := range cases {
		to := &decided[i]
		*to = Decided{
			Ref: u.Ref, Primary: u.primary, Answer: u.verdict.Answer, Kind: u.verdict.Kind, Print: u.decision.Print, Rule: u.decision.Rule, Held: u.err,
		}
		o := u.outcome()
		if o.earlier != "" {
			again = append(again, u)
		}
		if o.earlier != "" || u.earlier != "" {
			pointing = append(pointing, u)
		}
		if o.state == Ready && appetite.Most > 0 {
			appetite.Most--
			o.state, to.Work = Leased, w.handedOver(u)
			o.begun = appetite.begin(u.Complaint)
			to.Work.Begun = o.begun
			works[u.Ref] = to.Work
		}
		groups[o] = append(groups[o], u.Ref)
	}
	if err := w.noteRecurrences(ctx, again); err != nil {
		return nil, err
	}
	if err := w.nameEarlier(ctx, pointing, works); err != nil {
		return nil, err
	}
	for o, refs := range groups {
		if err := w.settleDecision(ctx, o, refs, appetite.Lease, works); err != nil {
			return nil, err
		}
	}
	return decided, nil
}

// settleDecision records one outcome of several. What an operator had decided anew was claimed before: its fence is not the first, and
// its request is not begun with this claim.
func (w *writer) settleDecision(ctx context.Context, o outcome, refs []complaint.Ref, lease time.Duration, works map[complaint.Ref]*Work) error {
	a := args{
		"refs": refs, "state": o.state, "reason": o.reason, "detail": o.detail, "decided_at": w.now * bit(o.decided), "agency": o.agency,
		"category": o.category, "location": o.location, "hand_over": o.handOver, "rule": o.rule, "why": o.why, "earlier": o.earlier,
		"owner": w.s.owner, "lease": lease.Milliseconds(), "step": o.begun, "now": w.now,
	}
	settled := 0
	if o.state == Leased {
		claimed, err := all[claimedRow](ctx, w.tx, w.s.q.ClaimDecided, a)
		if err != nil {
			return err
		}
		settled = len(claimed)
		for _, r := range claimed {
			work := works[complaint.Ref(r.Ref)]
			work.Fence, work.Attempts = r.Fence, r.Attempts
			if r.Fence > 1 {
				work.Begun = ""
			}
		}
	} else {
		n, err := w.run(ctx, w.s.q.SettleDecisions, a)
		if err != nil {
			return err
		}
		settled = int(n)
	}
	if settled != len(refs) {
		return fmt.Errorf("%w: %d of %d", errMeanwhile, len(refs)-settled, len(refs))
	}
	return nil
}

// handedOver is the work of a delivery that is claimed as it is decided.
func (w *writer) handedOver(u *undecided) *Work {
	d := u.decision
	return &Work{
		Claim: Claim{Ref: u.Ref, Fence: 1, Attempts: 1, AcceptedAt: u.accepted, TriedAt: fromMilli(w.now), ClaimedAt: fromMilli(w.now)},
		Job:   Job{Complaint: u.Complaint, Agency: d.Agency, Category: d.Category, Location: d.Location, HandOver: d.HandOver, Done: map[string]string{}},
	}
}

// noteRecurrences keeps what complaints about a returned trouble point back to.
func (w *writer) noteRecurrences(ctx context.Context, again []*undecided) error {
	rows := make([]*recurrenceRow, len(again))
	for i, u := range again {
		rows[i] = recurrence(u.Ref, matterOf(u.verdict))
	}
	if err := insertSet(ctx, w, w.s.q.InsertRecurrences, rows); err != nil {
		return fmt.Errorf("note what they point back to: %w", err)
	}
	return nil
}

// nameEarlier tells the works among complaints that point back which ticket that is.
func (w *writer) nameEarlier(ctx context.Context, pointing []*undecided, works map[complaint.Ref]*Work) error {
	if len(pointing) == 0 || len(works) == 0 {
		return nil
	}
	refs := make([]complaint.Ref, len(pointing))
	for i, u := range pointing {
		refs[i] = u.Ref
	}
	tickets, err := w.s.earlierTickets(ctx, w.tx, refs)
	for _, work := range works {
		work.Job.Earlier = tickets[work.Ref]
	}
	return err
}

// recurrenceRow is the row of a complaint that points back to another.
type recurrenceRow struct {
	Ref        string `db:"ref"`
	EarlierRef string `db:"earlier_ref"`
	Score      string `db:"score"`
	Why        string `db:"why"`
	WhyID      string `db:"why_id"`
	Evidence   string `db:"evidence"`
}

func recurrence(ref complaint.Ref, m Matter) *recurrenceRow {
	return &recurrenceRow{string(ref), string(m.Earlier), strconv.FormatFloat(m.Score, 'g', -1, 64), m.Why, m.WhyID, m.evidence()}
}

// earlierTickets are the tracking ids of what recurrences point back to, where the platform has it. Of a secret one nobody
// else's ticket says that it is there.
func (s *Store) earlierTickets(ctx context.Context, db sqlx.ExtContext, refs []complaint.Ref) (map[complaint.Ref]string, error) {
	rows, err := all[struct {
		Ref        complaint.Ref
		TrackingID string `db:"tracking_id"`
	}](ctx, db, s.q.EarlierTickets, args{"refs": refs})
	if err != nil {
		return nil, fmt.Errorf("read the earlier tickets: %w", err)
	}
	tickets := make(map[complaint.Ref]string, len(rows))
	for _, r := range rows {
		tickets[r.Ref] = r.TrackingID
	}
	return tickets, nil
}

// OldestUndecided is when the oldest complaint that still waits for its decision was accepted; zero when none waits.
func (s *Store) OldestUndecided(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.look, s.q.OldestUndecided, args{})
	return fromMilli(n), err
}
