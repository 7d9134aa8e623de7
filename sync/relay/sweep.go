package relay

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// sweepEvery is how often leases are looked through and what is open is counted. A dead gateway's work is taken over at
// most this long after its lease ended.
const sweepEvery = 2 * time.Second

// sweepLoop rescues what dead gateways held. It counts nothing: that takes long where there is much.
func (r *Relay) sweepLoop(ctx context.Context) {
	var (
		down    trouble
		cleaned time.Time
		asked   time.Time
		ahead   time.Time
	)
	for ctx.Err() == nil {
		r.leaps.look(r.now())
		err := r.sweep(ctx)
		if now := r.now(); now.Sub(asked) >= r.reviewEvery() {
			asked = now
			err = errors.Join(err, r.sweepDuplicates(ctx))
		}
		if now := time.Now(); ahead.IsZero() || now.Sub(ahead) >= aheadEvery { // by no clock that is set
			ahead = now
			err = errors.Join(err, r.bringBack(ctx))
		}
		down.watch(ctx, r.log, "sweeping the store", err)
		if now := r.now(); now.Sub(cleaned) > time.Hour {
			cleaned = now
			if err := r.files.SweepUnfinished(now.Add(-24 * time.Hour)); err != nil {
				r.log.Warn("half-written attachments could not be removed", "error", err)
			}
		}
		sleep(ctx, r.sweeps, nil)
	}
}

func (r *Relay) sweep(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, r.sweeps/4)
	defer cancel()
	taken, failed := r.store.TakeBack(waiting)
	if taken > 0 {
		r.forwardable.send()
	}
	rescued, err := r.store.Rescue(ctx, "")
	if rescued > 0 {
		r.log.Warn("took over deliveries whose lease ran out", "deliveries", rescued)
		r.forwardable.send()
	}
	return errors.Join(failed, err, r.store.RescueNews(ctx, ""), r.store.RescueFollowUps(ctx, ""))
}

// heldClaims are the deliveries, or the follow-ups, that a worker of this gateway works on. A lease no worker has runs out by
// itself: its outcome could not be recorded, or it was claimed by a query that was carried out twice.
type heldClaims struct {
	mu   sync.Mutex
	refs map[complaint.Ref]struct{}
}

func (h *heldClaims) add(ref complaint.Ref) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refs == nil {
		h.refs = map[complaint.Ref]struct{}{}
	}
	h.refs[ref] = struct{}{}
}

func (h *heldClaims) drop(ref complaint.Ref) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.refs, ref)
}

func (h *heldClaims) all() []complaint.Ref {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.refs))
}

// renewLoop lengthens the leases that are worked on, well before they end.
func (r *Relay) renewLoop(ctx context.Context) {
	lease := r.lease()
	for sleep(ctx, lease/3, nil) {
		if err := r.store.Renew(ctx, r.held.all(), r.telling.all(), lease); err != nil && ctx.Err() == nil {
			r.log.Warn("leases could not be renewed", "error", err)
		}
	}
}
