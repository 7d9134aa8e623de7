package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// linking is a link that is to be made.
type linking struct {
	ref     complaint.Ref
	primary complaint.Ref // who stands for it
	matter  Matter
	by      string // who links; empty: the gateway itself
	quiet   bool   // its channel hears nothing of the primary
}

// link links a complaint to a primary that stands, moves to it whatever was linked to the complaint and can be, and lets the
// channels hear what the primary's was told last. Before it the primary is locked.
func (w *writer) link(ctx context.Context, l linking) error {
	if l.ref == l.primary { // nobody would forward either
		return fmt.Errorf("%s cannot stand for itself", l.ref)
	}
	followers, err := w.bringAlong(ctx, l)
	if err != nil {
		return err
	}
	_, err = w.run(ctx, w.s.q.InsertLink, args{
		"ref": l.ref, "primary_ref": l.primary, "matched_ref": l.matter.Earlier, "kind": string(l.matter.Kind), "score": l.matter.Score,
		"why": l.matter.Why, "why_id": l.matter.WhyID, "evidence": l.matter.evidence(), "by": l.by,
		"quiet": bit(l.quiet),
	})
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if l.matter.Kind == dedup.FollowUp {
		if err := w.followUp(ctx, l.ref, l.primary); err != nil {
			return err
		}
	}
	told := []complaint.Ref{l.ref}
	if len(followers) > 0 {
		told = append(told, refsIn(followers)...)
		if err := w.moveLinks(ctx, followers, l.ref, l.primary); err != nil {
			return err
		}
	}
	return w.catchUp(ctx, told, l.primary)
}

// bringAlong are those whom the primary of a complaint that is to be linked stands for too. Of a follow-up only what adds to it is
// told there, as quietly; who tells the same matter is forwarded, for a follow-up gets no ticket that could stand for them.
func (w *writer) bringAlong(ctx context.Context, l linking) ([]follower, error) {
	followers, err := w.linkedTo(ctx, l.ref)
	if err != nil || l.matter.Kind != dedup.FollowUp || len(followers) == 0 {
		return followers, err
	}
	if slices.ContainsFunc(followers, func(f follower) bool { return !f.followsUp() }) {
		return nil, w.promote(ctx, l.ref, "it is told on the ticket of "+string(l.primary))
	}
	if !l.quiet {
		return followers, nil
	}
	if _, err := w.run(ctx, w.s.q.HushLinks, args{"refs": refsIn(followers)}); err != nil {
		return nil, fmt.Errorf("link quietly what adds to %s: %w", l.ref, err)
	}
	return followers, nil
}

// catchUp tells the channels of linked complaints what the primary's was told last, if anything.
func (w *writer) catchUp(ctx context.Context, linked []complaint.Ref, primary complaint.Ref) error {
	if _, err := w.run(ctx, w.s.q.CatchUpLinked, args{"linked": linked, "ref": primary}); err != nil {
		return fmt.Errorf("let the linked catch up: %w", err)
	}
	return nil
}

// moveLinks has another primary stand for some complaints. What waits to be told of the old one is told no more, and what a
// follow-up says is told on the new one's ticket, whether or not the old one's has it.
func (w *writer) moveLinks(ctx context.Context, followers []follower, from, to complaint.Ref) error {
	refs := refsIn(followers)
	if _, err := w.run(ctx, w.s.q.KeepUnlinked, args{"refs": refs, "by": "", "why": "another complaint stands for both: " + string(to)}); err != nil {
		return fmt.Errorf("keep the links as they were: %w", err)
	}
	if err := w.forgetNews(ctx, refs, from); err != nil {
		return err
	}
	if _, err := w.run(ctx, w.s.q.MoveLinks, args{"refs": refs, "primary_ref": to}); err != nil {
		return fmt.Errorf("move the links: %w", err)
	}
	for _, f := range followers {
		if !f.followsUp() {
			continue
		}
		if err := w.followUp(ctx, complaint.Ref(f.Ref), to); err != nil {
			return err
		}
	}
	return nil
}

// forgetNews tells no more of what waits to be told of a primary. What was tried may have been heard: its number stays taken,
// so that no other news is told under it, which a channel would take for a repeat.
func (w *writer) forgetNews(ctx context.Context, refs []complaint.Ref, about complaint.Ref) error {
	for _, q := range []*query{w.s.q.ForgetTriedNews, w.s.q.ForgetNews} {
		if _, err := w.run(ctx, q, args{"refs": refs, "about": about}); err != nil {
			return fmt.Errorf("forget what is not told yet: %w", err)
		}
	}
	return nil
}

// cut undoes links, keeps them as history, and forgets what is not told yet of the primary.
func (w *writer) cut(ctx context.Context, refs []complaint.Ref, primary complaint.Ref, by, why string) error {
	if _, err := w.run(ctx, w.s.q.KeepUnlinked, args{"refs": refs, "by": by, "why": why}); err != nil {
		return fmt.Errorf("keep the link as history: %w", err)
	}
	if err := w.forgetNews(ctx, refs, primary); err != nil {
		return err
	}
	if _, err := w.run(ctx, w.s.q.DeleteLinks, args{"refs": refs}); err != nil {
		return fmt.Errorf("undo the link: %w", err)
	}
	return nil
}

// follower is a complaint that is linked. One that waits has no ticket of its own; the channel of a quiet one hears nothing
// of its primary.
type follower struct {
	Ref     string
	Matched string `db:"matched_ref"` // whose words it repeats
	Kind    string
	Waits   int64
	Quiet   int64
}

func (f follower) followsUp() bool { return dedup.Kind(f.Kind) == dedup.FollowUp }

func (w *writer) linkedTo(ctx context.Context, primary complaint.Ref) ([]follower, error) {
	followers, err := all[follower](ctx, w.tx, w.s.q.LinkedTo, args{"ref": primary})
	if err != nil {
		return nil, fmt.Errorf("read what is linked to %s: %w", primary, err)
	}
	return followers, nil
}

func refsIn(followers []follower) []complaint.Ref {
	refs := make([]complaint.Ref, len(followers))
	for i, f := range followers {
		refs[i] = complaint.Ref(f.Ref)
	}
	return refs
}

// promote has the oldest complaint that waits behind a primary take its place, when that one is refused or closed unheard:
// it is forwarded, and the others are linked to it. A follow-up takes nobody's place, for it says nothing by itself: where
// none but follow-ups wait each goes on alone. So does a quiet one at any rate: it added to that primary and to no other.
// Nobody stays unheard behind a refusal.
func (w *writer) promote(ctx context.Context, primary complaint.Ref, why string) error {
	followers, err := w.linkedTo(ctx, primary)
	if err != nil || len(followers) == 0 {
		return err
	}
	heir := heirAmong(followers)
	var freed, alone []complaint.Ref
	var moved []follower
	for _, f := range followers {
		switch ref := complaint.Ref(f.Ref); {
		case f.Waits == 0, ref == heir: // it has a ticket of its own, or is to have one
			freed = append(freed, ref)
		case f.Quiet == 1, heir == "":
			alone = append(alone, ref)
		default:
			moved = append(moved, f)
		}
	}
	if len(freed) > 0 {
		if err := w.cut(ctx, freed, primary, "", why); err != nil {
			return err
		}
	}
	if len(moved) > 0 {
		if err := w.moveLinks(ctx, moved, primary, heir); err != nil {
			return err
		}
	}
	for _, ref := range alone {
		if err := w.goAlone(ctx, ref, "nobody answers for its primary "+string(primary)+" any more: "+why); err != nil {
			return err
		}
	}
	if heir == "" {
		return nil
	}
	return w.letGo(ctx, heir, "it takes the place of its primary "+string(primary)+": "+why)
}

// heirAmong is the oldest that waits with a matter of its own to tell; empty: none does.
func heirAmong(followers []follower) complaint.Ref {
	for _, f := range followers {
		if f.Waits == 1 && f.Quiet == 0 && !f.followsUp() {
			return complaint.Ref(f.Ref)
		}
	}
	return ""
}

// letGo sends a complaint that was held back on its way.
func (w *writer) letGo(ctx context.Context, ref complaint.Ref, detail string) error {
	if _, err := w.run(ctx, w.s.q.LetGo, args{"ref": ref, "detail": detail}); err != nil {
		return fmt.Errorf("let %s go on: %w", ref, err)
	}
	return nil
}

// bond is how a complaint is linked, if it is.
type bond struct {
	primary   complaint.Ref // who stands for it: itself where it is not linked
	followsUp bool          // it is told on the primary's ticket, and has none that could stand for others
	quiet     bool          // its channel hears nothing of the primary, nor does who is linked through it
}

// bondOf reads how a complaint is linked that another is to be linked through.
func (w *writer) bondOf(ctx context.Context, ref complaint.Ref) (bond, error) {
	l, err := one[linkRow](ctx, w.tx, w.s.q.ReadLink, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) {
		return bond{primary: ref}, nil
	}
	if err != nil {
		return bond{}, fmt.Errorf("read the link of %s: %w", ref, err)
	}
	return bond{complaint.Ref(l.PrimaryRef), dedup.Kind(l.Kind) == dedup.FollowUp, l.Quiet == 1}, nil
}

// bears says whether what is related like that to the complaint can be linked to its primary. What is added to a complaint may
// tell another matter besides, so that who tells the same as it does has not told what its primary does.
func (b bond) bears(kind dedup.Kind) bool { return !b.followsUp || kind == dedup.FollowUp }

// hasNoTicket tells an operator why a complaint cannot stand for another, and what can be done.
func (b bond) hasNoTicket(ref, other complaint.Ref) error {
	return fmt.Errorf("%s adds to %s and has no ticket of its own that could stand for %s: unlink %s first, so that it has one, or link %s to %s if it is about that",
		ref, b.primary, other, ref, other, b.primary)
}

// primaryOf is the complaint that stands for another: itself where it is not linked.
func (w *writer) primaryOf(ctx context.Context, ref complaint.Ref) (complaint.Ref, error) {
	primary, err := one[string](ctx, w.tx, w.s.q.PrimaryOf, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) {
		return ref, nil
	}
	if err != nil {
		return "", fmt.Errorf("read the primary of %s: %w", ref, err)
	}
	return complaint.Ref(primary), nil
}

// stands locks a primary until the decision is written, and says whether it can stand for another: one that is refused at
// this moment, closed unheard or linked itself, cannot; and one about which news is being written tells it to the linked one too.
func (w *writer) stands(ctx context.Context, primary complaint.Ref) (bool, error) {
	state, err := one[string](ctx, w.tx, w.s.q.LockDelivery, args{"ref": primary})
	if err == nil && (State(state) == Dead || State(state) == Linked) {
		return false, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	ticket, known := one[ticketState](ctx, w.tx, w.s.q.LockKnown, args{"ref": primary})
	if known != nil && !errors.Is(known, sql.ErrNoRows) {
		return false, known
	}
	if known == nil {
		if unheard, err := w.endedUnheard(ctx, primary, ticket); err != nil || unheard {
			return false, err
		}
	}
	return err == nil || known == nil, nil
}

// endedUnheard says of a locked ticket whether the platform ended it unheard. Why it was closed stands in the note of the event
// that closed it, which is read now: before the lock somebody may have been writing it.
func (w *writer) endedUnheard(ctx context.Context, ref complaint.Ref, t ticketState) (bool, error) {
	if complaint.Status(t.Status) != complaint.Closed {
		return t.unheard(""), nil
	}
	note, err := one[string](ctx, w.tx, w.s.q.MovingNote, args{"ref": ref, "status": t.Status})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read why %s was closed: %w", ref, err)
	}
	return t.unheard(note), nil
}
