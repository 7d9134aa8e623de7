package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
)

// stillUndecided is errMeanwhile when an operator has spoken about one of them since they were picked.
func (w *writer) stillUndecided(ctx context.Context, cases []*undecided) error {
	refs := make([]complaint.Ref, len(cases))
	for i, u := range cases {
		refs[i] = u.Ref
	}
	still, err := one[int](ctx, w.tx, w.s.q.StillUndecided, args{"refs": refs})
	if err == nil && still != len(cases) {
		err = fmt.Errorf("%w: %d of %d", errMeanwhile, len(cases)-still, len(cases))
	}
	return err
}

// looker looks things up, in a transaction or outside of any.
type looker struct {
	db sqlx.ExtContext
	s  *Store
}

// noLock is the lock of who has nobody to wait for.
func noLock(context.Context, []*undecided) error { return nil }

// study takes up to most undecided complaints and finds out what can be known of them without writing. lock is asked once their
// keys are known, before anybody is looked for by them.
func (l looker) study(
	ctx context.Context, most int, judge func(complaint.Complaint) Decision, lock func(context.Context, []*undecided) error,
) ([]*undecided, error) {
	cases, err := l.pickUndecided(ctx, most)
	if err != nil || len(cases) == 0 {
		return nil, err
	}
	inParallel(cases, func(u *undecided) { u.judge(judge) })
	printed := withPrints(cases)
	if len(printed) == 0 {
		return cases, nil
	}
	for _, u := range printed {
		u.keys, u.probes = u.decision.Print.Keys(), u.decision.Print.Probes()
	}
	if err := lock(ctx, printed); err != nil {
		return nil, err
	}
	b := newBatch(printed)
	if err := l.findLookalikes(ctx, b); err != nil {
		return nil, err
	}
	for i, u := range printed { // whom a case is compared with is known before anything is decided: those before it
		u.among = b.lookalikes(i)
		b.meet(i)
	}
	inParallel(printed, (*undecided).judgeAmong)
	return cases, nil
}

// withPrints are the cases that are compared with others.
func withPrints(cases []*undecided) []*undecided {
	return slices.DeleteFunc(slices.Clone(cases), func(u *undecided) bool { return u.decision.Print == nil })
}

// pickUndecided takes the oldest undecided complaints and reads them.
func (l looker) pickUndecided(ctx context.Context, most int) ([]*undecided, error) {
	picked, err := all[struct {
		Ref        string
		AcceptedAt int64         `db:"accepted_at"`
		Earlier    complaint.Ref `db:"earlier_ref"`
	}](ctx, l.db, l.s.q.PickUndecided, args{"most": most})
	if err != nil {
		return nil, fmt.Errorf("pick: %w", err)
	}
	cases, refs := make([]*undecided, len(picked)), make([]complaint.Ref, len(picked))
	for i, p := range picked {
		refs[i] = complaint.Ref(p.Ref)
		cases[i] = &undecided{accepted: fromMilli(p.AcceptedAt), earlier: p.Earlier}
	}
	found, err := l.s.complaints(ctx, l.db, refs)
	for i, ref := range refs {
		cases[i].Complaint, cases[i].err = found[ref].Complaint, found[ref].err
		cases[i].Ref = ref
	}
	return cases, err
}
