package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
)

// applyTimeout bounds one group commit: a database that hangs longer answers with an error, and the channel asks again.
const applyTimeout = 10 * time.Second

var errClosed = errors.New("the store is closed")

// linger is how long a group waits at most for as many jobs as the last one had: a transaction for each of several hundred
// a second costs the processors more than the wait costs anybody. Callers that come back together are all there at once, and
// one that comes by itself waits for nobody.
const linger = 2 * time.Millisecond

// A batcher that gathers waits so long for more, from so many on.
const (
	gatherFor  = 5 * time.Millisecond
	gatherFrom = 16
)

// batcher commits what arrives together in one transaction: while one group is being written the next one gathers, so
// that a busy gateway shares each sync to disk among many. A group is closed when its transaction has begun, so that whoever
// came while it waited for its turn is in it.
type batcher[J any] struct {
	in    func(ctx context.Context, f func(*writer) error) error // runs f in a transaction
	apply func(ctx context.Context, w *writer, jobs []J) error
	most  int
	// gathers: its callers do not come back with more as soon as they are answered. Where there are many a group waits for half as many
	// again as there were; few may be all there are.
	gathers bool
	queue   chan waiting[J]
	done    chan struct{}

	mu     sync.RWMutex
	closed bool
}

type waiting[J any] struct {
	job   J
	reply chan error
}

// newBatcher starts a batcher. in runs a transaction; apply writes a group and returns its error; what went wrong with a single job, it puts into
// the job.
func newBatcher[J any](
	in func(context.Context, func(*writer) error) error, apply func(context.Context, *writer, []J) error, most int, gathers bool,
) *batcher[J] {
	b := &batcher[J]{in: in, apply: apply, most: most, gathers: gathers, queue: make(chan waiting[J], most), done: make(chan struct{})}
	go b.loop()
	return b
}

// do waits until the job is committed. A context that ends once the job is queued does not take it back: the answer is
// waited for, so that nobody mistakes a commit for a failure.
func (b *batcher[J]) do(ctx context.Context, job J) error {
	w := waiting[J]{job, make(chan error, 1)}
	if err := b.enqueue(ctx, w); err != nil {
		return err
	}
	return <-w.reply
}

// ask is do for a caller that may ask again without harm: when its context ends it no longer waits.
func (b *batcher[J]) ask(ctx context.Context, job J) error {
	w := waiting[J]{job, make(chan error, 1)}
	if err := b.enqueue(ctx, w); err != nil {
		return err
	}
	select {
	case err := <-w.reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *batcher[J]) enqueue(ctx context.Context, w waiting[J]) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return errClosed
	}
	select {
	case b.queue <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *batcher[J]) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.queue)
	}
	b.mu.Unlock()
	<-b.done
}

func (b *batcher[J]) loop() {
	defer close(b.done)
	last := 1
	for first := range b.queue {
		last = b.commit(b.await(first, last))
	}
}

// await begins a group of as many jobs as the last one had, or of those that have come when it has lingered.
func (b *batcher[J]) await(first waiting[J], last int) []waiting[J] {
	group := []waiting[J]{first}
	if last == 1 {
		return group
	}
	want, patience := last, linger
	if b.gathers && last >= gatherFrom {
		want, patience = min(last+last/2, b.most), gatherFor
	}
	lingered := time.NewTimer(patience)
	defer lingered.Stop()
	for len(group) < want {
		select {
		case next, open := <-b.queue:
			if !open {
				return group
			}
			group = append(group, next)
		case <-lingered.C:
			return group
		}
	}
	return group
}

// gather adds to a group what waits already.
func (b *batcher[J]) gather(group []waiting[J]) []waiting[J] {
	for len(group) < b.most {
		select {
		case next, open := <-b.queue:
			if !open {
				return group
			}
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// commit writes a group and returns how many were in it at last. When one of its jobs is what the database cannot take, each
// is tried alone, so that it does not fail the others; when the database itself is in the way, all of them fail at once and
// nobody waits for the rest.
func (b *batcher[J]) commit(group []waiting[J]) int {
	ctx, cancel := context.WithTimeout(context.Background(), applyTimeout)
	defer cancel()
	err := b.attempt(ctx, func() []J {
		group = b.gather(group)
		jobs := make([]J, len(group))
		for i, w := range group {
			jobs[i] = w.job
		}
		return jobs
	})
	alone := err != nil && len(group) > 1 && !errors.Is(err, errDatabase)
	for _, w := range group {
		if alone && ctx.Err() == nil {
			w.reply <- b.attempt(ctx, func() []J { return []J{w.job} })
			continue
		}
		w.reply <- err
	}
	return len(group)
}

func (b *batcher[J]) attempt(ctx context.Context, jobs func() []J) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("write a group: %w", retry.PanicError(p, debug.Stack()))
		}
	}()
	return b.in(ctx, func(w *writer) error { return b.apply(ctx, w, jobs()) })
}
