package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// How long the log is left alone between two copies: a slow disk for longer, so that copying takes it a quarter of its time at
// most, but never so long that the log grows past what the writer leaves to us. A copy that hung says nothing of the next.
const (
	checkpointRest     = 25 * time.Millisecond
	checkpointMostRest = 5 * time.Second
)

// checkpointer copies SQLite's log into the database beside the writer. The log begins anew only when all of it is copied; of a
// writer who never rests some is always left, which he copies himself after every 32 MiB, and whoever waits for an
// acknowledgement or a decision waits for that. So the copies are made often: little is left for him. A copy that fails is made
// later: the log holds all of it.
type checkpointer struct {
	read      *sqlx.DB
	committed chan struct{}
	stop      context.CancelFunc
	done      chan struct{}
}

func newCheckpointer(read *sqlx.DB) *checkpointer {
	ctx, stop := context.WithCancel(context.Background())
	c := &checkpointer{read: read, committed: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go c.loop(ctx)
	return c
}

func (c *checkpointer) loop(ctx context.Context) {
	defer close(c.done)
	for {
		var began time.Time
		select {
		case <-c.committed:
			began = time.Now()
			_, _ = c.read.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") // waits for nobody, and nobody for it
		case <-ctx.Done():
			return
		}
		rest := time.NewTimer(restAfter(time.Since(began)))
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
	}
}

// restAfter is how long the log is left alone after a copy that took so long.
func restAfter(copied time.Duration) time.Duration {
	return min(max(checkpointRest, 3*copied), checkpointMostRest)
}

// wrote says that there is something to copy.
func (c *checkpointer) wrote() {
	if c == nil {
		return
	}
	select {
	case c.committed <- struct{}{}:
	default:
	}
}

func (c *checkpointer) close() {
	if c == nil {
		return
	}
	c.stop()
	<-c.done
}
