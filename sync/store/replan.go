package store

import (
	"context"
	"database/sql/driver"
	"time"
)

// plansLive is how long PostgreSQL's plans are kept. Those that it makes while a table is empty may go through the whole of it, and
// it keeps them until autovacuum comes by, which may be a minute or, on a busy server, an hour. To make all of them anew takes it
// thirty milliseconds.
const plansLive = 10 * time.Second

// pqConn is what a connection of lib/pq can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// replanning is a connection whose plans do not grow old.
type replanning struct {
	pqConn
	wire  *wire
	since time.Time
}

// ResetSession implements driver.SessionResetter: database/sql calls it before a connection is used again. Where it fails for another
// reason than a lost connection, the old plans serve once more.
func (r *replanning) ResetSession(ctx context.Context) error {
	if err := r.pqConn.ResetSession(ctx); err != nil || time.Since(r.since) < plansLive {
		return err
	}
	_, err := r.ExecContext(ctx, "DISCARD PLANS", nil)
	if err == nil {
		r.since = time.Now()
	}
	return err
}
