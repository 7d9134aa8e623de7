package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

// writer is an open transaction with its clock read once.
type writer struct {
	tx  *sqlx.Tx
	s   *Store
	now int64

	born *newborn // what is decided as it is kept; nil: nothing is
}

func (s *Store) inWriter(ctx context.Context, f func(*writer) error) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		return f(&writer{tx: tx, s: s, now: milli(s.now())})
	})
}

// run executes a query with the transaction's clock as :now.
func (w *writer) run(ctx context.Context, query *query, a args) (int64, error) {
	a["now"] = w.now
	return run(ctx, w.tx, query, a)
}

// must executes a query that has to change a row; none means that the lease was lost.
func (w *writer) must(ctx context.Context, query *query, a args) error {
	n, err := w.run(ctx, query, a)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
