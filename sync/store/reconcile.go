package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// Whereabouts is where one complaint stands, as far as a comparison with the platform's own list needs it.
type Whereabouts struct {
	Ref         complaint.Ref
	State       State
	AcceptedAt  time.Time
	SentAt      time.Time // not zero: a request went out then whose outcome is open
	ForwardedAt time.Time
	NationalID  string // what the platform's API wants; empty for one that is known by its tracking id alone
	TrackingID  string
	Status      complaint.Status
	StatusRaw   string
	SyncAt      time.Time // when it is asked about next; zero: never
	SyncedAt    time.Time // when the platform last said where it stands
	SaidAt      time.Time // of the newest thing that was said about it
}

// AtPlatform says whether the platform is known to have it.
func (w Whereabouts) AtPlatform() bool { return w.NationalID != "" || w.TrackingID != "" }

type whereaboutsRow struct {
	Ref, State  string
	AcceptedAt  int64  `db:"accepted_at"`
	SentAt      int64  `db:"sent_at"`
	NationalID  string `db:"national_id"`
	TrackingID  string `db:"tracking_id"`
	ForwardedAt int64  `db:"forwarded_at"`
	Status      string
	StatusRaw   string `db:"status_raw"`
	SyncAt      int64  `db:"sync_at"`
	SyncedAt    int64  `db:"synced_at"`
	SaidAt      int64  `db:"said_at"`
}

func (r whereaboutsRow) whereabouts() Whereabouts {
	return Whereabouts{
		Ref: complaint.Ref(r.Ref), State: State(r.State), AcceptedAt: fromMilli(r.AcceptedAt), SentAt: fromMilli(r.SentAt),
		ForwardedAt: fromMilli(r.ForwardedAt), NationalID: r.NationalID, TrackingID: r.TrackingID,
		Status: complaint.Status(r.Status), StatusRaw: r.StatusRaw,
		SyncAt: fromMilli(r.SyncAt), SyncedAt: fromMilli(r.SyncedAt), SaidAt: fromMilli(r.SaidAt),
	}
}

// Whereabouts returns up to most complaints whose reference sorts after the given one, oldest first.
func (s *Store) Whereabouts(ctx context.Context, after complaint.Ref, most int) ([]Whereabouts, error) {
	rows, err := all[whereaboutsRow](ctx, s.read, s.q.ListWhereabouts, args{"after": after, "most": most})
	if err != nil {
		return nil, fmt.Errorf("read where the complaints are: %w", err)
	}
	found := make([]Whereabouts, len(rows))
	for i, r := range rows {
		found[i] = r.whereabouts()
	}
	return found, nil
}

// ErrMoved means that a delivery is no longer as it was when it was looked at: nothing was changed.
var ErrMoved = errors.New("it has moved on since it was looked at")

// Found is what an official list says of a complaint whose outcome was not known, or of one it has for long.
type Found struct {
	TrackingID string
	Said       national.Event
	Agency     string
}

// ResolveListed records that the platform has a complaint, known by its public tracking id alone. The API's id stays
// unknown, so the platform is never asked about it: only another list says more. It changes nothing and returns ErrMoved
// unless the delivery is as was says: held, unknown, ready or dead, with the same open request.
func (s *Store) ResolveListed(ctx context.Context, was Whereabouts, f Found) error {
	return s.inWriter(ctx, func(w *writer) error {
		fence, err := one[int64](ctx, w.tx, s.q.TakeAsItWas, args{
			"ref": was.Ref, "owner": s.owner, "state": was.State, "sent_at": milli(was.SentAt), "now": w.now,
		})
		if errors.Is(err, sql.ErrNoRows) {
			return ErrMoved
		}
		if err != nil {
			return err
		}
		job := &stepJob{claim: Claim{Ref: was.Ref, Fence: fence, Attempts: 1}, settle: &Settlement{
			State: Done, Ticket: national.Ticket{TrackingID: f.TrackingID},
		}}
		if err := w.finishAll(ctx, []*stepJob{job}); errors.Is(err, ErrTaken) {
			return ErrMoved // it has an id of the platform already
		} else if err != nil || job.err != nil {
			return cmp.Or(err, job.err)
		}
		return w.record(ctx, was.Ref, f.observation())
	})
}

// ResolveUnlisted records that the platform does not have a complaint whose request was open: it is sent again. It changes
// nothing and returns ErrMoved unless the delivery is as was says, with no id of the platform.
func (s *Store) ResolveUnlisted(ctx context.Context, was Whereabouts, why string) error {
	return s.inWriter(ctx, func(w *writer) error {
		now, err := one[whereaboutsRow](ctx, w.tx, s.q.ReadWhereabouts, args{"ref": was.Ref})
		if err != nil {
			return fmt.Errorf("read %s: %w", was.Ref, notFound(err))
		}
		if was.SentAt.IsZero() || now.whereabouts().AtPlatform() {
			return ErrMoved
		}
		err = w.must(ctx, s.q.ResolveUnlisted, args{"ref": was.Ref, "state": was.State, "sent_at": milli(was.SentAt), "detail": why})
		if errors.Is(err, ErrLost) {
			return ErrMoved
		}
		return err
	})
}

// HoldListed holds what was never sent for a person, because an official list may have it; a review it waits for ends, so that
// nothing sends it by itself. One that a person must decide about already is left as it is. It changes nothing and returns ErrMoved
// where a request went out, or the delivery has ended.
func (s *Store) HoldListed(ctx context.Context, ref complaint.Ref, why string) error {
	return s.inWriter(ctx, func(w *writer) error {
		held, err := w.run(ctx, s.q.HoldListed, args{"ref": ref, "reason": retry.CannotTell, "detail": why})
		if err != nil {
			return fmt.Errorf("hold %s: %w", ref, err)
		}
		if held == 1 {
			return w.closeReview(ctx, ref, Undecided, "")
		}
		now, err := one[whereaboutsRow](ctx, w.tx, s.q.ReadWhereabouts, args{"ref": ref})
		if err != nil {
			return fmt.Errorf("read %s: %w", ref, notFound(err))
		}
		if State(now.State) != Held {
			return ErrMoved
		}
		return nil
	})
}

// RecordListed records what an official list says of a complaint that the platform has, and leaves when it is asked about
// next as it is. The same event again changes nothing. It returns ErrMoved when something newer was said meanwhile.
func (s *Store) RecordListed(ctx context.Context, was Whereabouts, f Found) error {
	return s.inWriter(ctx, func(w *writer) error {
		if _, err := one[ticketState](ctx, w.tx, s.q.LockTicket, args{"ref": was.Ref}); err != nil {
			return fmt.Errorf("read the ticket of %s: %w", was.Ref, notFound(err))
		}
		now, err := one[whereaboutsRow](ctx, w.tx, s.q.ReadWhereabouts, args{"ref": was.Ref})
		if err != nil {
			return fmt.Errorf("read %s: %w", was.Ref, notFound(err))
		}
		if now.SyncedAt != milli(was.SyncedAt) || now.SaidAt != milli(was.SaidAt) || State(now.State) != was.State {
			return ErrMoved
		}
		keys, err := all[string](ctx, w.tx, s.q.EventKeys, args{"ref": was.Ref})
		if err != nil || slices.Contains(keys, f.Said.Key) {
			return err
		}
		o := f.observation()
		o.SyncAt = fromMilli(now.SyncAt)
		return w.record(ctx, was.Ref, o)
	})
}

// observation is what is found as Record takes it. Without a status nothing is said but the tracking id.
func (f Found) observation() Observation {
	o := Observation{State: national.State{TrackingID: f.TrackingID, Agency: f.Agency}}
	if f.Said.Raw != "" {
		o.State.Status, o.State.Raw, o.State.Events = f.Said.Status, f.Said.Raw, []national.Event{f.Said}
	}
	return o
}
