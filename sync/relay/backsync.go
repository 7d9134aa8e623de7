package relay

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

const (
	syncBatch = 50
	// syncHold is how long a claimed question is nobody else's; a crash delays it by that much.
	syncHold = 5 * time.Minute
	// syncFailed is when a question that failed is asked again.
	syncFailed = 10 * time.Minute
	// syncSpread is by how large a share the time until the next question is changed at random.
	syncSpread = 0.1
)

// backsyncLoop asks the platform what became of each complaint: a fresh one often, one that has long been still rarely,
// a closed one never. A platform that answers no question is asked one at a time, every Breaker.OpenFor.
func (r *Relay) backsyncLoop(ctx context.Context) {
	if r.platform.Status == nil {
		<-ctx.Done()
		return
	}
	var down trouble
	most := syncBatch
	for ctx.Err() == nil {
		if r.gate.isDenied() { // the forwarder's probe opens it again
			sleep(ctx, idleLook, nil)
			continue
		}
		asked, err := r.store.ClaimSync(ctx, most, syncHold)
		down.watch(ctx, r.log, "claiming tickets to ask about", err)
		if err != nil {
			sleep(ctx, time.Second, nil)
			continue
		}
		if len(asked) > 0 && r.askAll(ctx, asked) == 0 {
			most = 1
			sleep(ctx, r.cfg.Delivery.Breaker.OpenFor.D(), nil)
			continue
		}
		if len(asked) < most {
			sleep(ctx, r.untilSync(ctx), nil)
		}
		most = syncBatch
	}
}

func (r *Relay) untilSync(ctx context.Context) time.Duration {
	due, err := r.store.SyncOverdue(ctx)
	if err != nil || due.IsZero() {
		return idleLook
	}
	return min(max(due.Sub(r.now()), 10*time.Millisecond), idleLook)
}

// askAll asks about a batch, as many at once as the platform is asked, and returns how many questions did not fail by the
// platform's fault.
func (r *Relay) askAll(ctx context.Context, batch []store.Asked) int {
	slots := make(chan struct{}, r.cfg.National.Concurrency)
	var (
		workers sync.WaitGroup
		fine    atomic.Int64
	)
	for _, asked := range batch {
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			if !platformFailed(r.ask(ctx, asked)) {
				fine.Add(1)
			}
		})
	}
	workers.Wait()
	return int(fine.Load())
}

// ask asks about one complaint and records the answer, or when to ask again. It returns what the question ended with.
func (r *Relay) ask(ctx context.Context, asked store.Asked) error {
	err := contained(func() error {
		state, err := r.platform.Status.Status(ctx, asked.NationalID)
		if err != nil {
			return err
		}
		r.at(BeforeSync)
		return r.store.Record(ctx, asked.Ref, store.Observation{
			State: state, SyncAt: r.nextSync(asked), Held: asked.Until,
		})
	})
	if errors.Is(err, store.ErrLost) { // the platform answered us, and somebody after us
		r.log.Warn("an answer took longer than its hold; whoever asked anew knows more", "ref", asked.Ref)
		return nil
	}
	v := retry.Of(err)
	r.metrics.backsync.WithLabelValues(string(v.Reason)).Inc()
	if err == nil {
		r.at(AfterSync)
		r.wakeWriters()
		return nil
	}
	if v.Verdict == retry.SignIn {
		r.gate.doubt(ctx)
	}
	r.giveTime(v)
	again := r.now().Add(max(v.After, min(syncFailed, r.cfg.National.Sync.Old.D())))
	if ctx.Err() != nil { // we stop: nobody failed
		again = r.now()
	}
	r.postpone(ctx, asked, again)
	return err
}

// postpone records when to ask again. While the database is away it tries again, so that the question need not wait until its
// hold has passed; when we stop, it must.
func (r *Relay) postpone(ctx context.Context, asked store.Asked, at time.Time) {
	for tries := 0; ; tries++ {
		postponing, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		err := r.store.PostponeSync(postponing, asked, at)
		cancel()
		if err == nil || errors.Is(err, store.ErrLost) {
			return
		}
		if tries == 0 {
			r.log.Warn("a question could not be postponed; it is tried again until its hold has passed", "ref", asked.Ref, "error", err)
		}
		if r.now().After(asked.Until) || !sleep(ctx, time.Second, nil) {
			return
		}
	}
}

// nextSync grows with the time a complaint has been still: a tenth of it, between Sync.Fresh and Sync.Old, changed by up
// to syncSpread at random so that a month's import is not asked about in one minute.
func (r *Relay) nextSync(asked store.Asked) time.Time {
	now := r.now()
	still := now.Sub(asked.ChangedAt)
	wait := min(max(still/10, r.cfg.National.Sync.Fresh.D()), r.cfg.National.Sync.Old.D())
	return now.Add(time.Duration(float64(wait) * (1 + syncSpread*(2*rand.Float64()-1))))
}
