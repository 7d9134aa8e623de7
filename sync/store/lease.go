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
	now := s.now()
	n, err := run(ctx, s.write, s.q.TakeLease, args{
		"name": name, "owner": s.owner, "now": milli(now), "until": milli(now.Add(lease)), "dead": dead,
	})
	if err != nil {
		return false, fmt.Errorf("take the lease %s: %w", name, err)
	}
	return n == 1, nil
}

// DropLease gives one lease back.
func (s *Store) DropLease(ctx context.Context, name string) error {
	_, err := run(ctx, s.write, s.q.DropLease, args{"name": name, "owner": s.owner})
	return err
}

// DropLeases gives back every lease of this gateway.
func (s *Store) DropLeases(ctx context.Context) error {
	_, err := run(ctx, s.write, s.q.DropLeases, args{"owner": s.owner})
	return err
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
	_, err := run(ctx, s.write, s.q.SetControl, args{"name": pauseControl, "value": p.Why, "until": milli(p.Until), "now": milli(s.now())})
	return err
}

// Resume ends a pause.
func (s *Store) Resume(ctx context.Context) error {
	_, err := run(ctx, s.write, s.q.DropControl, args{"name": pauseControl})
	return err
}

// Paused returns the pause in force, or nil.
func (s *Store) Paused(ctx context.Context) (*Pause, error) {
	c, err := one[control](ctx, s.read, s.q.ReadControl, args{"name": pauseControl})
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
	if _, err := run(ctx, s.write, s.q.InsertControl, args{"name": name, "value": rand.Text() + rand.Text(), "now": milli(s.now())}); err != nil {
		return "", fmt.Errorf("make the hash secret: %w", err)
	}
	c, err := one[control](ctx, s.write, s.q.ReadControl, args{"name": name})
	return c.Value, err
}
