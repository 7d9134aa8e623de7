package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// forwardLoop claims what is due and hands it to workers, never more than there are. At the end of the context it claims
// nothing more; requests under way get Grace, what was claimed and not begun is released.
func (r *Relay) forwardLoop(ctx context.Context) {
	var (
		workers sync.WaitGroup
		down    trouble
		slots   = make(chan struct{}, r.cfg.National.Concurrency)
		idle    = newSignal()
	)
	work, stop := graceful(ctx)
	defer stop()
	defer workers.Wait()
	for ctx.Err() == nil {
		claims, wait, err := r.claim(ctx, cap(slots)-len(slots), len(slots))
		down.watch(ctx, r.log, "claiming deliveries", err)
		for _, c := range claims {
			slots <- struct{}{}
			r.held.add(c.Ref)
			workers.Go(func() {
				r.deliver(work, c)
				r.held.drop(c.Ref)
				<-slots
				idle.send()
			})
		}
		if len(claims) == 0 {
			r.idle(ctx, wait, idle)
		}
	}
}

// graceful returns a context that ends Grace after the given one, so that a request under way may still be answered.
func graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	end := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(Grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-work.Done():
		}
	})
	return work, func() {
		end()
		cancel()
	}
}

// claim takes what may be forwarded now; with nothing, it says how long to wait.
func (r *Relay) claim(ctx context.Context, free, busy int) ([]store.Claim, time.Duration, error) {
	if free == 0 {
		return nil, idleLook, nil // a worker that ends wakes the loop
	}
	most, wait := r.gate.free(ctx, free, busy)
	if most == 0 {
		return nil, wait, nil
	}
	claims, err := r.store.ClaimDue(ctx, most, r.cfg.Delivery.Lease.D())
	if err != nil {
		return nil, time.Second, err
	}
	if len(claims) > 0 {
		r.at(AfterClaim)
		return claims, 0, nil
	}
	return nil, r.untilDue(ctx), nil
}

func (r *Relay) untilDue(ctx context.Context) time.Duration {
	due, err := r.store.NextDue(ctx)
	if err != nil || due.IsZero() {
		return idleLook
	}
	return min(max(due.Sub(r.now()), 10*time.Millisecond), idleLook)
}

func (r *Relay) idle(ctx context.Context, wait time.Duration, worker signal) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-worker:
	case <-r.forwardable:
	case <-ctx.Done():
	}
}

// deliver makes one attempt and settles it.
func (r *Relay) deliver(ctx context.Context, c store.Claim) {
	a := &attempt{r: r, claim: c, open: !c.SentAt.IsZero()}
	_, err := r.gate.breaker.Execute(func() (struct{}, error) {
		return struct{}{}, contained(func() error { return a.run(ctx) })
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = errNotTried
	}
	to := r.verdict(a, err)
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	r.at(BeforeSettle)
	switch err := r.store.Settle(settling, c, to); {
	case errors.Is(err, store.ErrLost):
		r.log.Warn("a delivery took longer than its lease; whoever holds it now looks its outcome up", "ref", c.Ref)
	case err != nil:
		r.log.Error("an outcome could not be recorded; the lease will run out and it is looked up", "ref", c.Ref, "error", err)
	default:
		r.at(AfterSettle)
		r.settled(c, to)
	}
}

const settleTimeout = 10 * time.Second

func (r *Relay) settled(c store.Claim, to store.Settlement) {
	if !to.Uncounted {
		r.metrics.attempts.WithLabelValues(string(to.Reason)).Inc()
	}
	switch to.State {
	case store.Done:
		r.metrics.endToEnd.Observe(r.now().Sub(c.AcceptedAt).Seconds())
		r.wakeWriters()
	case store.Dead:
		r.log.Warn("a complaint is set aside for good: see satupintu queue show", "ref", c.Ref, "reason", to.Reason)
		r.forwardable.send() // what it stood for goes on alone
	case store.Held:
		r.log.Warn("a complaint waits for a person: see satupintu queue show", "ref", c.Ref, "reason", to.Reason)
	}
}

// attempt is one attempt at one delivery. open says whether a request may have been carried out whose outcome is not
// known.
type attempt struct {
	r     *Relay
	claim store.Claim
	job   store.Job
	open  bool
}

func (a *attempt) run(ctx context.Context) error {
	job, err := a.r.store.Job(ctx, a.claim.Ref)
	if err != nil {
		return err
	}
	a.job = job
	if a.open {
		if err := a.lookUp(ctx); err != nil {
			return err
		}
	}
	_, err = a.r.platform.Submit.Submit(ctx, a.r.submission(job), a)
	return err
}

// errNotTried is an attempt that ended before the platform was asked anything.
var errNotTried = errors.New("the platform was not asked: it has failed too often just now")

// errAbsent is a lookup that proved that the request was never carried out: it may be sent again.
var errAbsent = retry.Because(errors.New("the platform does not have it: it was never carried out"), retry.Absent)

// errHeld is an outcome only a person can find out.
var errHeld = retry.Because(errors.New("nothing can look up whether the platform has it: satupintu queue resolve REF --sent ID or --not-sent"), retry.CannotTell)

// errSettling is an open request after the national id is known, so soon that it may still be carried out.
var errSettling = retry.Because(retry.Unknown(errors.New("the last step may still be carried out; it is tried again after delivery.settle")), retry.Timeout)

// lookUp finds out what an open request left behind. Found, its step is recorded as done and the attempt goes on from
// there. Where the national id is known the ticket is there, and what is open is the step after it: that one asks the
// platform how things stand before it changes anything, so it only has to wait until nothing can be under way.
func (a *attempt) lookUp(ctx context.Context) error {
	if a.job.Ticket.ID != "" {
		if a.r.now().Sub(a.claim.SentAt) < a.r.cfg.Delivery.Settle.D() {
			return errSettling
		}
		a.open = false
		return nil
	}
	if a.r.platform.Lookup == nil {
		return a.r.holdUnknown()
	}
	asked := a.r.now()
	ticket, err := a.r.platform.Lookup.Lookup(ctx, a.claim.Ref)
	switch {
	case errors.Is(err, national.ErrAbsent):
		if asked.Sub(a.claim.SentAt) < a.r.cfg.Delivery.Settle.D() {
			return retry.Because(retry.Unknown(err), retry.Absent)
		}
		a.open = false
		return errAbsent
	case err != nil && retry.Of(err).Verdict == retry.Permanent:
		return fmt.Errorf("%w: %w", errHeld, err)
	case err != nil:
		return err
	}
	result := ticket.Record()
	step := national.Step{Name: national.StepCreate}
	if err := a.r.store.StepDone(ctx, a.claim, step, result, ticket); err != nil {
		return err
	}
	a.open, a.job.Ticket, a.job.Done[step.Name] = false, ticket, result
	return nil
}

// holdUnknown is errHeld with what else can tell than a person.
func (r *Relay) holdUnknown() error {
	if hint := r.platform.LookupHint; hint != "" {
		return fmt.Errorf("%w, or %s", errHeld, hint)
	}
	return errHeld
}
