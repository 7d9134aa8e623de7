package relay

import (
	"context"
	"errors"
	"time"
)

// sweepEvery is how often leases are looked through and the metrics refreshed. A dead gateway's work is taken over at
// most this long after its lease ended.
const sweepEvery = 5 * time.Second

// sweepLoop rescues what dead gateways held and keeps the metrics true.
func (r *Relay) sweepLoop(ctx context.Context) {
	var (
		down    trouble
		cleaned time.Time
	)
	for ctx.Err() == nil {
		err := r.sweep(ctx)
		switch {
		case err == nil && down.ends():
			r.log.Info("the store answers again")
		case err != nil && ctx.Err() == nil && down.begins():
			r.log.Error("the store does not answer the sweep; trying again", "error", err)
		}
		if now := r.now(); now.Sub(cleaned) > time.Hour {
			cleaned = now
			if err := r.files.SweepUnfinished(now.Add(-24 * time.Hour)); err != nil {
				r.log.Warn("half-written attachments could not be removed", "error", err)
			}
		}
		sleep(ctx, sweepEvery, nil)
	}
}

func (r *Relay) sweep(ctx context.Context) error {
	rescued, err := r.store.Rescue(ctx, "")
	if rescued > 0 {
		r.log.Warn("took over deliveries whose lease ran out", "deliveries", rescued)
		r.forwardable.send()
	}
	standing, standErr := r.store.Standing(ctx)
	if standErr == nil {
		r.metrics.stand(standing, r.now())
	}
	return errors.Join(err, standErr, r.store.RescueNews(ctx, ""))
}

// renewLoop lengthens the leases this gateway holds, well before they end.
func (r *Relay) renewLoop(ctx context.Context) {
	lease := r.cfg.Delivery.Lease.D()
	for sleep(ctx, lease/3, nil) {
		if err := r.store.Renew(ctx, lease); err != nil && ctx.Err() == nil {
			r.log.Warn("leases could not be renewed", "error", err)
		}
	}
}
