package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// checkpointEvery is how often SQLite's log is copied into the database at most. A page that many commits touched meanwhile
// is copied once.
const checkpointEvery = 250 * time.Millisecond

// checkpointer copies SQLite's log into the database beside the writer, who else stops for it after every 32 MiB, and with
// him whoever waits for an acknowledgement or a decision. When the log outgrows 32 MiB all the same, because the writer
// never rests, he finds little left to copy. A copy that fails is made later: the log holds all of it.
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
		select {
		case <-c.committed:
			_, _ = c.read.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") // waits for nobody, and nobody for it
		case <-ctx.Done():
			return
		}
		pause := time.NewTimer(checkpointEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
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
