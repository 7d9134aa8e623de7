package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// LinkedAs is what an operator's link came to.
type LinkedAs struct {
	Primary complaint.Ref // who stands for it: the one that was named, or that one's primary
	Ticket  bool          // it has a ticket of its own, which stays: its channel hears the primary's answers too
}

// Link links a complaint to another by an operator's order. One that is not yet at the platform is held back; one that is
// keeps its ticket and is linked for its answers alone. Whatever was linked to it is linked to the primary.
func (s *Store) Link(ctx context.Context, ref, to complaint.Ref, o Order) (LinkedAs, error) {
	var as LinkedAs
	if _, err := s.Story(ctx, to); err != nil {
		return as, err
	}
	err := s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		var err error
		if as, err = w.linkByHand(ctx, ref, to, o); err != nil {
			return err
		}
		m := Matter{Earlier: to, Kind: dedup.SameIncident, Score: 1, Why: "an operator linked them: " + o.Why, WhyID: "ditautkan petugas: " + o.Why}
		if err := w.link(ctx, linking{ref: ref, primary: as.Primary, matter: m, by: o.By}); err != nil {
			return err
		}
		if err := w.closeReview(ctx, ref, Same, o.By); err != nil {
			return err
		}
		return w.label(ctx, ref, m, Same, o.By)
	})
	return as, err
}

// linkByHand makes a complaint ready to be linked.
func (w *writer) linkByHand(ctx context.Context, ref, to complaint.Ref, o Order) (LinkedAs, error) {
	through, err := w.bondOf(ctx, to)
	as := LinkedAs{Primary: through.primary}
	if err != nil {
		return as, err
	}
	if as.Primary == ref {
		return as, fmt.Errorf("%s stands for %s already: to turn the two round, unlink %s first", ref, to, to)
	}
	if through.followsUp {
		return as, through.hasNoTicket(to, ref)
	}
	before, err := w.primaryOf(ctx, ref)
	if err != nil {
		return as, err
	}
	if before == as.Primary {
		return as, fmt.Errorf("%s is linked to %s already", ref, before)
	}
	if before != ref {
		if err := w.cut(ctx, []complaint.Ref{ref}, before, o.By, "linked to "+string(as.Primary)+": "+o.Why); err != nil {
			return as, err
		}
		if err := w.letGo(ctx, ref, ""); err != nil { // for a moment: it is held back again below
			return as, err
		}
	}
	if _, err := one[string](ctx, w.tx, w.s.q.NamedTicket, args{"ref": ref}); err == nil {
		as.Ticket = true
		return as, w.mustStand(ctx, as.Primary)
	} else if !errors.Is(err, sql.ErrNoRows) {
		return as, err
	}
	return as, w.holdBack(ctx, ref, as.Primary)
}

// holdBack keeps a complaint from being forwarded, because a primary stands for it.
func (w *writer) holdBack(ctx context.Context, ref, primary complaint.Ref) error {
	n, err := w.run(ctx, w.s.q.HoldBack, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("hold %s back: %w", ref, err)
	}
	if n == 0 {
		return fmt.Errorf("%s may be on its way to the platform just now, or its outcome is unknown: wait, or see queue resolve; then try again", ref)
	}
	return w.mustStand(ctx, primary)
}

func (w *writer) mustStand(ctx context.Context, primary complaint.Ref) error {
	stands, err := w.stands(ctx, primary)
	if err == nil && !stands {
		err = fmt.Errorf("%s cannot stand for another: it was refused, closed unheard, or is linked itself; see queue show", primary)
	}
	return err
}

// Unlink undoes a link. What was held back is forwarded; what has a ticket of its own keeps it. It is never linked to the
// same primary again but by an order. Whatever was linked because it repeats this one stays linked to it. It returns the primary.
func (s *Store) Unlink(ctx context.Context, ref complaint.Ref, o Order) (complaint.Ref, error) {
	var primary complaint.Ref
	err := s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		was, err := one[linkRow](ctx, w.tx, s.q.ReadLink, args{"ref": ref})
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s is linked to nothing; see duplicates list --links", ref)
		}
		if err != nil {
			return fmt.Errorf("read the link of %s: %w", ref, err)
		}
		primary = complaint.Ref(was.PrimaryRef)
		along, err := w.linkedThrough(ctx, ref, primary)
		if err != nil {
			return err
		}
		if err := w.cut(ctx, []complaint.Ref{ref}, primary, o.By, o.Why); err != nil {
			return err
		}
		if err := w.label(ctx, ref, was.matter(), Different, o.By); err != nil {
			return err
		}
		if err := w.letGo(ctx, ref, "an operator undid its link to "+string(primary)); err != nil || len(along) == 0 {
			return err
		}
		if err := w.moveLinks(ctx, along, primary, ref); err != nil {
			return err
		}
		return w.catchUp(ctx, refsIn(along), ref)
	})
	return primary, err
}

// linkedThrough are the complaints that are linked to a primary only because they repeat one that is, or one of themselves.
func (w *writer) linkedThrough(ctx context.Context, ref, primary complaint.Ref) ([]follower, error) {
	followers, err := w.linkedTo(ctx, primary)
	var through []follower
	along := map[string]bool{string(ref): true}
	for before := -1; before < len(through); {
		before = len(through)
		for _, f := range followers {
			if along[f.Matched] && !along[f.Ref] {
				along[f.Ref], through = true, append(through, f)
			}
		}
	}
	return through, err
}
