package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// TakeLease makes this gateway the owner of a name, such as "poll:portal", until the lease ends, or lengthens the lease
// it has. It returns false while another gateway owns it. dead ("name/%") names owners whose leases count as ended.
func (s *Store) TakeLease(ctx context.Context, name, dead string, lease time.Duration) (bool, error) {
	var n int64
	err := s.inWriter(ctx, func(w *writer) (err error) {
		n, err = w.run(ctx, s.q.TakeLease, args{"name": name, "owner": s.owner, "lease": lease.Milliseconds(), "dead": dead})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take the lease %s: %w", name, err)
	}
	return n == 1, nil
}

// DropLease gives one lease back.
func (s *Store) DropLease(ctx context.Context, name string) error {
	return s.order(ctx, s.q.DropLease, args{"name": name, "owner": s.owner})
}

// DropLeases gives back every lease of this gateway.
func (s *Store) DropLeases(ctx context.Context) error {
	return s.order(ctx, s.q.DropLeases, args{"owner": s.owner})
}

// order runs one change in a transaction of its own. Outside of one the driver may carry it out twice when the connection
// breaks.
func (s *Store) order(ctx context.Context, q *query, a args) error {
	return s.inWriter(ctx, func(w *writer) error {
		_, err := w.run(ctx, q, a)
		return err
	})
}

// Pause is an operator's order to forward nothing, with his reason. A zero Until has no end.
type Pause struct {
	Why   string
	Until time.Time
}

const pauseControl = "pause"

type control struct {
	Value string
	Until int64
}

// SetPause stops every gateway on this database from forwarding. Intake goes on.
func (s *Store) SetPause(ctx context.Context, p Pause) error {
	return s.order(ctx, s.q.SetControl, args{"name": pauseControl, "value": p.Why, "until": milli(p.Until)})
}

// Resume ends a pause.
func (s *Store) Resume(ctx context.Context) error {
	return s.order(ctx, s.q.DropControl, args{"name": pauseControl})
}

// Paused returns the pause in force, or nil.
func (s *Store) Paused(ctx context.Context) (*Pause, error) {
	c, err := one[control](ctx, s.look, s.q.ReadControl, args{"name": pauseControl})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pause: %w", err)
	}
	if c.Until != 0 && c.Until <= milli(s.now()) {
		return nil, nil
	}
	return &Pause{c.Value, fromMilli(c.Until)}, nil
}

// HashSecret is a secret of this database's own, made at its first use: keyed hashes are made with it where the region
// has no privacy.key, so that they at least cannot be compared with anybody else's.
func (s *Store) HashSecret(ctx context.Context) (string, error) {
	const name = "hash secret"
	c, err := one[control](ctx, s.read, s.q.ReadControl, args{"name": name})
	if !errors.Is(err, sql.ErrNoRows) {
		return c.Value, err
	}
	if err := s.order(ctx, s.q.InsertControl, args{"name": name, "value": rand.Text() + rand.Text()}); err != nil {
		return "", fmt.Errorf("make the hash secret: %w", err)
	}
	c, err = one[control](ctx, s.write, s.q.ReadControl, args{"name": name})
	return c.Value, err
}
