package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

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
	if u.decision.Kind == string(dedup.FollowUp) {
		if err := w.followUp(ctx, u.Ref, found.primary); err != nil {
			return err
		}
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
