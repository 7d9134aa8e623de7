package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// forwardLoop claims what is due, never more than this gateway can send soon. At the end of the context it claims nothing
// more; requests under way get Grace, what was claimed and not begun is released.
func (r *Relay) forwardLoop(ctx context.Context, d *dispatcher) {
	var down trouble
	for ctx.Err() == nil {
		began := time.Now()
		works, wait, err := r.claim(ctx, d)
		down.watch(ctx, r.log, "claiming deliveries", err)
		d.start(works, began)
		if len(works) == 0 {
			r.idle(ctx, wait, d.roomy)
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
func (r *Relay) claim(ctx context.Context, d *dispatcher) ([]store.Work, time.Duration, error) {
	room, wait := d.reserve(ctx, d.roomy)
	if room == 0 {
		return nil, wait, nil
	}
	unused := room
	defer func() { d.release(unused) }() // after a panic too
	turn := d.next()
	works, err := r.store.ClaimDue(ctx, r.appetite(d, room), turn)
	if err != nil {
		return nil, time.Second, err
	}
	if turn.Since.IsZero() {
		d.setBacklog(len(works) == room)
	} else if len(works) == 0 {
		return nil, 0, nil // no newcomer: the old ones' turn is next
	}
	if len(works) > 0 {
		r.at(AfterClaim)
		unused -= len(works)
		return works, 0, nil
	}
	return nil, r.untilDue(ctx), nil
}

// lease is for how long a delivery is claimed: a little less than Delivery.Lease, so that a dead gateway's work is taken
// over within that, the sweep included.
func (r *Relay) lease() time.Duration { return r.cfg.Delivery.Lease.D() * 5 / 6 }

func (r *Relay) untilDue(ctx context.Context) time.Duration {
	due, err := r.store.NextDue(ctx)
	if err != nil || due.IsZero() {
		return idleLook
	}
	return min(max(due.Sub(r.now()), 10*time.Millisecond), idleLook)
}

// idle waits until something is to be looked at again; with nothing to wait for it returns at once.
func (r *Relay) idle(ctx context.Context, wait time.Duration, roomy signal) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-roomy:
	case <-r.forwardable:
	case <-ctx.Done():
	}
}

// deliver makes one attempt and settles it.
func (r *Relay) deliver(d *dispatcher, w started) {
	a := &attempt{r: r, claim: w.Claim, job: w.Job, open: !w.SentAt.IsZero(), claiming: w.claiming}
	a.begin = func(ctx context.Context, step national.Step) error { return r.store.Begin(ctx, w.Claim, step) }
	if a.open {
		r.opened.seen(w.Ref)
	}
	err := w.Err
	if err == nil {
		err = r.attempt(d, a, a.run)
	}
	r.settle(d, a, r.verdict(a, err))
}

// attempt asks the platform, when it is this one's turn and the platform may be asked.
func (r *Relay) attempt(d *dispatcher, a *attempt, run func(context.Context) error) error {
	leave, err := d.enter()
	if err != nil {
		return err
	}
	defer func() { leave(a.recording) }()
	if r.gate.isDenied() {
		return errNotTried
	}
	_, err = r.gate.breaker.Execute(func() (struct{}, error) {
		return struct{}{}, contained(func() error { return run(d.work) })
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return errNotTried
	}
	return err
}

// settleTimeout bounds one try to record an outcome.
const settleTimeout = 10 * time.Second

// settle records an outcome. While the database is away it is kept in mind and tried again: what we know need not be
// looked up. When somebody else has taken the delivery over meanwhile, or we stop, that is what happens.
func (r *Relay) settle(d *dispatcher, a *attempt, to store.Settlement) {
	ref := a.claim.Ref
	r.at(BeforeSettle)
	for tries := 0; ; tries++ {
		settling, cancel := context.WithTimeout(context.WithoutCancel(d.work), settleTimeout)
		err := r.store.Settle(settling, a.claim, to)
		cancel()
		switch {
		case err == nil:
			r.at(AfterSettle)
			if a.ticket != (national.Ticket{}) {
				r.at(stepPoint(national.Step{Name: national.StepCreate}, "recorded"))
			}
			r.settled(a.claim, to)
			return
		case errors.Is(err, store.ErrTaken):
			to = store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell, Detail: brief(fmt.Errorf("%w: %s", err, to.Ticket.ID))}
		case errors.Is(err, store.ErrLost):
			r.opened.forget(ref)
			if tries == 0 { // after an error it may be our own commit whose answer was lost
				r.log.Warn("a delivery took longer than its lease; whoever holds it now looks its outcome up", "ref", ref)
			}
			r.recall(d, a)
			return
		case tries == 0:
			r.log.Error("an outcome could not be recorded; it is tried again until the lease is lost", "ref", ref, "error", err)
			fallthrough
		default:
			if !d.pause(time.Second) {
				return
			}
		}
	}
}

// recallFor is how long a ticket is told to whoever took its delivery over: they hold it no longer than it takes to look it up.
const recallFor = time.Minute

// recall records the ticket that an attempt made and could not record before its delivery was taken over, so that nobody has to find
// it, or to be asked for it.
func (r *Relay) recall(d *dispatcher, a *attempt) {
	if a.made == (national.Ticket{}) {
		return
	}
	for began := time.Now(); ; {
		recalling, cancel := context.WithTimeout(context.WithoutCancel(d.work), settleTimeout)
		err := r.store.Recall(recalling, a.claim.Ref, a.made, r.news())
		cancel()
		if err == nil {
			r.forwardable.send()
			r.wakeWriters()
			return
		}
		if time.Since(began) > recallFor || !d.pause(time.Second) {
			r.log.Warn("the platform has a complaint whose delivery was taken over meanwhile; if it is held: satupintu queue resolve REF --sent ID",
				"ref", a.claim.Ref, "national_id", a.made.ID, "error", err)
			return
		}
	}
}

func (r *Relay) settled(c store.Claim, to store.Settlement) {
	if !to.Open {
		r.opened.forget(c.Ref)
	}
	if !to.Uncounted {
		r.metrics.attempts.WithLabelValues(string(to.Reason)).Inc()
	}
	switch to.State {
	case store.Ready, store.Unknown:
		r.forwardable.send() // it may be due before the forwarder looks again
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
	r        *Relay
	claim    store.Claim
	job      store.Job
	open     bool
	begin    func(context.Context, national.Step) error // records that a step's request is about to go out
	claiming time.Time                                  // just before the transaction that claimed it: the start of claim.Begun was recorded no earlier
	ticket   national.Ticket                            // of the last step, to be recorded with the settlement
	made     national.Ticket                            // by this attempt, whether or not it is recorded

	recording time.Duration // went into recording that requests go out
}

func (a *attempt) run(ctx context.Context) error {
	if a.open {
		if err := a.lookUp(ctx); err != nil {
			return err
		}
	}
	_, err := a.r.platform.Submit.Submit(ctx, a.r.submission(a.job), a)
	return err
}

// errNotTried is an attempt that ended before the platform was asked anything.
var errNotTried = errors.New("the platform was not asked: it has failed too often just now or refuses our credentials, or an operator has paused")

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
		if a.age() < a.r.cfg.Delivery.Settle.D() {
			return errSettling
		}
		a.open = false
		return nil
	}
	if a.r.platform.Lookup == nil {
		return a.r.holdUnknown()
	}
	age := a.age()
	ticket, err := a.r.platform.Lookup.Lookup(ctx, a.claim.Ref)
	switch {
	case errors.Is(err, national.ErrAbsent):
		if age < a.r.cfg.Delivery.Settle.D() {
			return retry.Because(retry.Unknown(err), retry.Absent)
		}
		a.open = false
		return errAbsent
	case err != nil && retry.Of(err).Verdict == retry.Permanent:
		return fmt.Errorf("%w: %w", errHeld, err)
	case err != nil:
		return err
	}
	found := store.Succeeded{Step: national.Step{Name: national.StepCreate}, Ticket: ticket, Result: ticket.Record(), News: a.r.news()}
	if err := a.r.store.StepDone(ctx, a.claim, found); err != nil {
		return err
	}
	a.open, a.job.Ticket, a.job.Done[found.Name] = false, ticket, found.Result
	return nil
}

// age is how long ago the request went out whose outcome is open, at least. By the database's clock, and by this
// process's own that never jumps: a machine that finds out the right time after its start has not waited for hours.
func (a *attempt) age() time.Duration {
	return min(a.claim.OpenFor+a.r.now().Sub(a.claim.ClaimedAt), a.r.opened.since(a.claim.Ref))
}

// news is what follows when the platform has a complaint.
func (r *Relay) news() store.Forwarded {
	return store.Forwarded{SyncAt: r.now().Add(r.cfg.National.Sync.Fresh.D())}
}

// holdUnknown is errHeld with what else can tell than a person.
func (r *Relay) holdUnknown() error {
	if hint := r.platform.LookupHint; hint != "" {
		return fmt.Errorf("%w, or %s", errHeld, hint)
	}
	return errHeld
}
