package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/pace"
)

// Pace is how fast one platform is asked by every gateway on this database together.
type Pace struct {
	s        *Store
	platform string
}

// Pace is the pace of the named platform that all gateways on this database share; nil on SQLite, which has one gateway.
func (s *Store) Pace(platform string) *Pace {
	if s.dialect == sqlite {
		return nil
	}
	return &Pace{s, platform}
}

type rateRow struct {
	NextAt    int64 `db:"next_at"`
	HeldUntil int64 `db:"held_until"`
	Less      int64
	MovedAt   int64 `db:"moved_at"`
	Clock     int64
}

// Change reads the pace, lets change alter it, and writes it, while no other gateway does the same. now is the database's
// time, and so are all times of the state: take only differences of them.
func (p *Pace) Change(ctx context.Context, change func(now time.Time, state *pace.State)) error {
	err := p.s.inTx(ctx, func(tx *sqlx.Tx) error {
		// A pace that is lost with the server is made again: nobody need wait for the disk.
		if _, err := tx.ExecContext(ctx, "SET LOCAL synchronous_commit TO off"); err != nil {
			return err
		}
		row, err := p.lock(ctx, tx)
		if err != nil {
			return err
		}
		state := pace.State{
			Next: fromMicro(row.NextAt), Held: fromMicro(row.HeldUntil), Less: float64(row.Less) / millionths, Moved: fromMicro(row.MovedAt),
		}
		change(fromMicro(row.Clock), &state)
		_, err = run(ctx, tx, p.s.q.WriteRate, args{
			"platform": p.platform, "next_at": micro(state.Next), "held_until": micro(state.Held),
			"less": int64(math.Round(state.Less * millionths)), "moved_at": micro(state.Moved),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the platform's rate: %w", err)
	}
	return nil
}

// lock reads the row, which the first to ask makes.
func (p *Pace) lock(ctx context.Context, tx *sqlx.Tx) (rateRow, error) {
	row, err := one[rateRow](ctx, tx, p.s.q.LockRate, args{"platform": p.platform})
	if !errors.Is(err, sql.ErrNoRows) {
		return row, err
	}
	if _, err := run(ctx, tx, p.s.q.InsertRate, args{"platform": p.platform}); err != nil {
		return row, err
	}
	return one[rateRow](ctx, tx, p.s.q.LockRate, args{"platform": p.platform})
}

const millionths = 1e6

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n)
}
