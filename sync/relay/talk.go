package relay

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// talkWorkers is how many senders of one channel are looked at at once; no more are claimed. One whose files take long holds
// up none of the others.
const talkWorkers = 4

// talkLoop looks at what people said on one channel once they are silent. All that matters is in the store: where this dies,
// another gateway goes on.
func (r *Relay) talkLoop(ctx context.Context, c Channel) {
	var (
		down    trouble
		workers sync.WaitGroup
		busy    atomic.Int64
	)
	work, stop := graceful(ctx)
	defer stop()
	defer workers.Wait()
	for ctx.Err() == nil {
		room := talkWorkers - int(busy.Load())
		talks, err := r.dueTalks(ctx, c, room)
		down.watch(ctx, r.log.With("connector", c.Name), "looking at messages", err)
		for _, t := range talks {
			busy.Add(1)
			workers.Go(func() {
				defer r.talkable[c.Name].send()
				defer busy.Add(-1)
				r.look(work, c, t)
			})
		}
		if len(talks) < room || room == 0 {
			sleep(ctx, r.untilTalk(ctx, c), r.talkable[c.Name])
		}
	}
}

func (r *Relay) dueTalks(ctx context.Context, c Channel, room int) ([]store.Talk, error) {
	if room == 0 {
		return nil, nil
	}
	due, err := r.store.NextTalk(ctx, c.Name)
	if err != nil || due.IsZero() || due.After(r.now()) {
		return nil, err
	}
	talks, err := r.store.ClaimTalks(ctx, c.Name, room, r.lease())
	if len(talks) > 0 {
		r.at(TalkClaimed)
	}
	return talks, err
}

// untilTalk is how long nothing will be due, as far as is known. What is due already is held by another gateway, or has
// just failed.
func (r *Relay) untilTalk(ctx context.Context, c Channel) time.Duration {
	due, err := r.store.NextTalk(ctx, c.Name)
	if err != nil || due.IsZero() {
		return idleLook
	}
	if wait := due.Sub(r.now()); wait > 0 {
		return min(wait, idleLook)
	}
	return time.Second
}

// notYet is a talk that is to be looked at again then.
type notYet struct{ due time.Time }

func (notYet) Error() string { return "it is looked at again later" }

// look ends a talk, or says when to look again.
func (r *Relay) look(ctx context.Context, c Channel, t store.Talk) {
	err := contained(func() error { return r.lookInto(ctx, c, t) })
	var again notYet
	due, uncounted := r.now().Add(r.backoff.Delay(t.Attempts, retry.Of(err).After)), false
	switch {
	case err == nil, errors.Is(err, store.ErrLost):
		return
	case errors.Is(err, store.ErrMoreSaid):
		due, uncounted = r.now().Add(c.JoinWithin), true
	case errors.As(err, &again):
		due = again.due
	case ctx.Err() != nil || retry.Of(err).Reason == retry.Shutdown:
		due, uncounted = r.now(), true
	case errors.Is(err, errNotNow): // its outlet says why; who is next in line there need not hurry
		due, uncounted = r.now().Add(max(retry.Of(err).After, time.Second)), true
	default:
		r.log.Warn("what somebody said could not be looked at; it is tried again", "connector", c.Name, "error", err)
	}
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := r.store.PostponeTalk(settling, t, due, uncounted); err != nil {
		r.log.Error("messages could not be put back; they are looked at after their lease", "connector", c.Name, "error", err)
	}
}
