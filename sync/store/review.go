package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// What a person said of a review, or that nobody said anything.
const (
	Same      = "same"
	Different = "different"
	Undecided = "undecided"
)

// askReview records what a person is asked; the complaint waits for the answer, held.
func (w *writer) askReview(ctx context.Context, ref complaint.Ref, m Matter, until int64) error {
	return w.writeReview(ctx, ref, m, args{"until": until, "decision": "", "by": "", "decided_at": int64(0)})
}

// label records what a person's order says of two complaints, so that the model learns from it.
func (w *writer) label(ctx context.Context, ref complaint.Ref, m Matter, decision, by string) error {
	return w.writeReview(ctx, ref, m, args{"until": w.now, "decision": decision, "by": by, "decided_at": w.now})
}

func (w *writer) writeReview(ctx context.Context, ref complaint.Ref, m Matter, a args) error {
	a["ref"], a["earlier_ref"], a["kind"], a["score"] = ref, m.Earlier, string(m.Kind), m.Score
	a["why"], a["why_id"], a["evidence"] = m.Why, m.WhyID, m.evidence()
	if _, err := w.run(ctx, w.s.q.InsertReview, a); err != nil {
		return fmt.Errorf("record a review: %w", err)
	}
	return nil
}

// closeReview ends the review a complaint waits for, if any.
func (w *writer) closeReview(ctx context.Context, ref complaint.Ref, decision, by string) error {
	if _, err := w.run(ctx, w.s.q.CloseReview, args{"refs": []complaint.Ref{ref}, "decision": decision, "by": by}); err != nil {
		return fmt.Errorf("end the review of %s: %w", ref, err)
	}
	return nil
}

// ReleaseReviews forwards what nobody decided about in time, and returns how many that were. A complaint never waits for us
// longer than was promised.
func (s *Store) ReleaseReviews(ctx context.Context) (int, error) {
	const most = 500
	released := 0
	for {
		var refs []complaint.Ref
		err := s.inWriter(ctx, func(w *writer) (err error) {
			if refs, err = all[complaint.Ref](ctx, w.tx, s.q.PickOverdueReviews, args{"now": w.now, "most": most}); err != nil || len(refs) == 0 {
				return err
			}
			if _, err = w.run(ctx, s.q.CloseReview, args{"refs": refs, "decision": Undecided, "by": ""}); err != nil {
				return err
			}
			_, err = w.run(ctx, s.q.GoOn, args{"refs": refs, "detail": "nobody decided in time whether it is a duplicate: it goes on as new"})
			return err
		})
		if err != nil {
			return released, fmt.Errorf("release reviews: %w", err)
		}
		released += len(refs)
		if len(refs) < most {
			return released, nil
		}
	}
}

// Order is an operator's order about duplicates.
type Order struct {
	By  string // who gives it
	Why string // his reason
}

// DecideReview records what a person says of a complaint that waits for a review: the same matter, and it is linked, or
// another, and it goes on. It returns the complaint that stands for it; empty: none. What it repeats may have become a follow-up
// since: then nobody stands for it, which is an error, and it waits on.
func (s *Store) DecideReview(ctx context.Context, ref complaint.Ref, same bool, o Order) (complaint.Ref, error) {
	var primary complaint.Ref
	err := s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		asked, err := one[matterRow](ctx, w.tx, s.q.OpenReview, args{"ref": ref})
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s waits for no review: see duplicates list --reviews, and queue show for where it is", ref)
		}
		if err != nil {
			return fmt.Errorf("read the review of %s: %w", ref, err)
		}
		if !same {
			return w.goOn(ctx, ref, o)
		}
		m := asked.matter()
		through, err := w.bondOf(ctx, m.Earlier)
		if err != nil {
			return err
		}
		if !through.bears(m.Kind) {
			return through.hasNoTicket(m.Earlier, ref)
		}
		primary = through.primary
		if err := w.holdBack(ctx, ref, primary); err != nil {
			return err
		}
		if err := w.closeReview(ctx, ref, Same, o.By); err != nil {
			return err
		}
		prints := map[complaint.Ref]*dedup.Print{}
		if err := (looker{w.tx, w.s}).readPrints(ctx, []complaint.Ref{ref, m.Earlier}, prints); err != nil {
			return err
		}
		strange := m.isAStrangers(prints[ref], prints[m.Earlier])
		return w.link(ctx, linking{ref: ref, primary: primary, matter: m, by: o.By, quiet: through.quiet || strange})
	})
	return primary, err
}

// goOn ends a review with "another matter".
func (w *writer) goOn(ctx context.Context, ref complaint.Ref, o Order) error {
	if err := w.closeReview(ctx, ref, Different, o.By); err != nil {
		return err
	}
	n, err := w.run(ctx, w.s.q.GoOn, args{"refs": []complaint.Ref{ref}, "detail": "a person found that it is another matter"})
	if err == nil && n == 0 {
		err = fmt.Errorf("%s is not held for a review any more; see queue show", ref)
	}
	return err
}
