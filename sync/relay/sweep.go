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

// sweepEvery is how often leases are looked through and the metrics refreshed. A dead gateway's work is taken over at
// most this long after its lease ended.
const sweepEvery = 2 * time.Second

// sweepLoop rescues what dead gateways held and keeps the metrics true.
func (r *Relay) sweepLoop(ctx context.Context) {
	var (
		down    trouble
		cleaned time.Time
		counted standing
		asked   time.Time
	)
	for ctx.Err() == nil {
		err := r.sweep(ctx, &counted)
		if now := r.now(); now.Sub(asked) >= r.reviewEvery() {
			asked = now
			err = errors.Join(err, r.sweepDuplicates(ctx))
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

func (r *Relay) sweep(ctx context.Context, counted *standing) error {
	rescued, err := r.store.Rescue(ctx, "")
	if rescued > 0 {
		r.log.Warn("took over deliveries whose lease ran out", "deliveries", rescued)
		r.forwardable.send()
	}
	return errors.Join(err, r.store.RescueNews(ctx, ""), r.store.RescueFollowUps(ctx, ""), r.stand(ctx, counted))
}

// standing is when the store was last counted for the metrics, and how long that took.
type standing struct {
	at   time.Time
	took time.Duration
}

// countShare bounds what counting costs: with many complaints it takes longer, and is done less often.
const countShare = 20

func (r *Relay) stand(ctx context.Context, last *standing) error {
	began := r.now()
	if began.Sub(last.at) < countShare*last.took {
		return nil
	}
	s, err := r.store.Standing(ctx)
	if err != nil {
		return err
	}
	r.metrics.stand(s, r.now())
	last.at, last.took = r.now(), r.now().Sub(began)
	return nil
}

// heldClaims are the deliveries that a worker of this gateway works on. A lease no worker has runs out by itself: its
// outcome could not be recorded, or it was claimed by a query that was carried out twice.
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
		if err := r.store.Renew(ctx, r.held.all(), lease); err != nil && ctx.Err() == nil {
			r.log.Warn("leases could not be renewed", "error", err)
		}
	}
}
