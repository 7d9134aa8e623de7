package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// Retry puts a held or dead delivery or follow-up, and news about it that was given up, back into the queue. One whose
// request may have gone out goes back to being looked up, never straight to being sent; one that was never decided is decided, and
// one that was given up, or held, and never was at the platform is decided anew: what routed it may have been mended.
func (s *Store) Retry(ctx context.Context, ref complaint.Ref) error {
	return s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		news, err := w.run(ctx, s.q.RetryWritebacks, args{"ref": ref})
		if err != nil {
			return err
		}
		told, err := w.run(ctx, s.q.RetryFollowUp, args{"ref": ref})
		if err != nil {
			return err
		}
		if err := w.closeReview(ctx, ref, Undecided, ""); err != nil {
			return err
		}
		if _, err := w.run(ctx, s.q.Undecide, args{"ref": ref}); err != nil {
			return err
		}
		to, err := w.back(ctx, ref)
		if err != nil {
			return err
		}
		n, err := w.run(ctx, s.q.OperateDelivery, args{
			"ref": ref, "state": to, "states": []State{Held, Dead, Ready, Unknown}, "keep_sent": 1, "reason": "", "detail": "an operator put it back",
		})
		if err == nil && n+news+told == 0 {
			return fmt.Errorf("%s is neither held, dead nor waiting, and no news about it was given up", ref)
		}
		return err
	})
}

// Drop ends a delivery that is not at the platform, with an operator's reason. Of the complaints it stood for the oldest
// takes its place.
func (s *Store) Drop(ctx context.Context, ref complaint.Ref, reason string) error {
	return s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		id, err := one[string](ctx, w.tx, s.q.NamedTicket, args{"ref": ref})
		if err == nil && id != "" {
			return fmt.Errorf("%s is at the platform as %s and cannot be dropped", ref, id)
		}
		n, err := w.run(ctx, s.q.OperateDelivery, args{
			"ref": ref, "state": Dead, "states": []State{Ready, Unknown, Held, New}, "keep_sent": 1, // a retry looks an open outcome up first
			"reason": retry.Rejected, "detail": "dropped by an operator: " + reason,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%s cannot be dropped in its state; see queue show", ref)
		}
		if err := w.closeReview(ctx, ref, Undecided, ""); err != nil {
			return err
		}
		return w.promote(ctx, ref, "an operator dropped it")
	})
}

// ResolveSent records what a person found out: the platform has it, under this id. Of a delivery that a gateway works on
// just now it changes nothing and says so. One that was to be handed over to another agency goes on with that. Of a follow-up
// the id is that of the ticket it is told on.
func (s *Store) ResolveSent(ctx context.Context, ref complaint.Ref, ticket national.Ticket, syncAt time.Time) error {
	return s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		if told, err := w.resolveFollowUp(ctx, ref, Done, ticket.ID); err != nil || told {
			return err
		}
		if decided, err := w.decided(ctx, ref); err != nil || !decided {
			return cmp.Or(err, fmt.Errorf("%s was never decided, so it cannot be at the platform; see queue show", ref))
		}
		known, err := one[string](ctx, w.tx, s.q.NamedTicket, args{"ref": ref})
		if err == nil && known == ticket.ID { // what is open is a step after it
			ticket = national.Ticket{}
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return w.sentAs(ctx, ref, ticket, Forwarded{SyncAt: syncAt}, "a person found it at the platform; it is still to be handed over")
	})
}

// Recall records the ticket of a delivery that was taken over before it could be recorded: whoever has it now need not find out
// what we know, nor ask a person. Where a ticket is recorded already it changes nothing. Of one that is being worked on just now
// it changes nothing and returns an error.
func (s *Store) Recall(ctx context.Context, ref complaint.Ref, ticket national.Ticket, news Forwarded) error {
	return s.inWriter(ctx, func(w *writer) error {
		_, err := one[string](ctx, w.tx, s.q.NamedTicket, args{"ref": ref})
		if errors.Is(err, sql.ErrNoRows) {
			return w.sentAs(ctx, ref, ticket, news, "its gateway knew that it is at the platform; it is still to be handed over")
		}
		return err
	})
}

// sentAs ends a delivery that nobody works on with its ticket, or with none where that is recorded. One that is to be handed over,
// and was not known to be there, goes on with that.
func (w *writer) sentAs(ctx context.Context, ref complaint.Ref, ticket national.Ticket, news Forwarded, goesOn string) error {
	states := []State{Held, Unknown, Ready, Dead}
	taken, err := one[struct {
		Fence    int64
		HandOver string `db:"hand_over"`
	}](ctx, w.tx, w.s.q.TakeDelivery, args{"ref": ref, "owner": w.s.owner, "states": states, "now": w.now})
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s is in none of the states %v; see queue show", ref, states)
	}
	if err != nil {
		return err
	}
	found := &stepJob{claim: Claim{Ref: ref, Fence: taken.Fence, Attempts: 1}}
	handsOver := taken.HandOver != "" && ticket != national.Ticket{}
	if handsOver {
		found.done = &Succeeded{Step: national.Step{Name: national.StepCreate}, Began: fromMilli(w.now), Ticket: ticket, News: news}
		err = w.endAll(ctx, []*stepJob{found})
	} else {
		found.settle = &Settlement{State: Done, Ticket: ticket, News: news}
		err = w.finishAll(ctx, []*stepJob{found})
	}
	if errors.Is(err, ErrTaken) {
		return fmt.Errorf("%s has a national id already, or this one is another complaint's; see queue show", ref)
	}
	if err = cmp.Or(err, found.err); err != nil || !handsOver {
		return err
	}
	return w.resolve(ctx, ref, Ready, goesOn, Leased)
}

// ResolveNotSent records that the platform does not have it: it is sent again. Until settle has passed since the request went out
// nobody can know, for it may still be carried out: nothing is changed, and the error says from when on it may be said.
func (s *Store) ResolveNotSent(ctx context.Context, ref complaint.Ref, settle time.Duration) error {
	return s.operate(ctx, ref, func(ctx context.Context, w *writer) error {
		age, err := one[int64](ctx, w.tx, s.q.OpenFor, args{"ref": ref})
		if err != nil {
			return fmt.Errorf("read since when the outcome of %s is open: %w", ref, err)
		}
		if wait := settle - time.Duration(age)*time.Millisecond; wait > 0 {
			return fmt.Errorf("the request of %s may still be carried out: look at the platform again, and say it, in %s (delivery.settle)",
				ref, wait.Round(time.Second))
		}
		if told, err := w.resolveFollowUp(ctx, ref, Ready, ""); err != nil || told {
			return err
		}
		to, err := w.back(ctx, ref)
		if err != nil {
			return err
		}
		return w.resolve(ctx, ref, to, "a person found that the platform does not have it", Held, Unknown)
	})
}

// back is the state to which a delivery goes back: one that was never decided is decided first.
func (w *writer) back(ctx context.Context, ref complaint.Ref) (State, error) {
	decided, err := w.decided(ctx, ref)
	if err != nil || decided {
		return Ready, err
	}
	return New, nil
}

func (w *writer) resolve(ctx context.Context, ref complaint.Ref, to State, detail string, from ...State) error {
	n, err := w.run(ctx, w.s.q.OperateDelivery, args{
		"ref": ref, "state": to, "states": from, "keep_sent": 0, "reason": "", "detail": detail,
	})
	if err == nil && n == 0 {
		return fmt.Errorf("%s is in none of the states %v; see queue show", ref, from)
	}
	return err
}

func (s *Store) operate(ctx context.Context, ref complaint.Ref, change func(context.Context, *writer) error) error {
	if _, err := s.Story(ctx, ref); err != nil {
		return err
	}
	return s.inWriter(ctx, func(w *writer) error { return change(ctx, w) })
}
