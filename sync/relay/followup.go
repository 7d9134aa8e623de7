package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// stepFollowUp is the one request that tells a follow-up.
const stepFollowUp = "follow-up"

// errByHand is a follow-up that only a person can tell.
var errByHand = errors.New("add it to the ticket there by hand, or undo the link so that it is forwarded by itself")

// errNoFollowUps is a platform that cannot be told.
var errNoFollowUps = retry.Because(fmt.Errorf("this platform takes no follow-ups through the gateway: %w", errByHand), retry.CannotTell)

// withoutID is a ticket that only an official list named: the platform's own id, which telling it needs, is not known.
func withoutID(f store.FollowUp) error {
	return retry.Because(fmt.Errorf("%s is known by its tracking id %s alone: %w", f.About, f.Ticket.TrackingID, errByHand), retry.CannotTell)
}

// followUpLoop tells the platform, on the ticket of an earlier complaint, what a later one says about it. It keeps the
// promises of the forwarder: the request is recorded before it goes out, and one whose outcome is open is looked for among
// the ticket's follow-ups, never sent again on a guess.
func (r *Relay) followUpLoop(ctx context.Context, d *dispatcher) {
	if r.platform.FollowUps == nil {
		r.log.Info("the platform takes no follow-ups through the gateway: a complaint about an earlier one is held for a person")
	}
	var down trouble
	for ctx.Err() == nil {
		tried, err := r.tellFollowUps(ctx, d)
		down.watch(ctx, r.log, "claiming follow-ups", err)
		if tried == 0 {
			sleep(ctx, idleLook, nil)
		}
	}
}

// tellFollowUps tells a batch and returns how many were tried.
func (r *Relay) tellFollowUps(ctx context.Context, d *dispatcher) (int, error) {
	room := r.gate.room(ctx, r.cfg.National.Concurrency)
	if room == 0 {
		return 0, nil
	}
	due, err := r.store.ClaimFollowUps(ctx, room, r.lease())
	var (
		workers sync.WaitGroup
		tried   atomic.Int64
	)
	for _, f := range due {
		r.telling.add(f.Ref)
		workers.Go(func() {
			defer r.telling.drop(f.Ref)
			if r.tellFollowUp(d, f) {
				tried.Add(1)
			}
		})
	}
	workers.Wait()
	return int(tried.Load()), err
}

// tellFollowUp makes one attempt and settles it. False: the platform could not be asked just now.
func (r *Relay) tellFollowUp(d *dispatcher, f store.FollowUp) bool {
	a := &attempt{r: r, claim: f.Claim, open: !f.SentAt.IsZero()}
	a.begin = func(ctx context.Context, _ national.Step) error { return r.store.BeginFollowUp(ctx, f.Claim) }
	if a.open {
		r.opened.seen(f.Ref)
	}
	if f.Err == nil && !a.open && f.Status.Final() {
		r.goAlone(d, f)
		return true
	}
	err := f.Err
	switch {
	case err != nil:
	case r.platform.FollowUps == nil:
		err = errNoFollowUps
	case f.Ticket.ID == "":
		err = withoutID(f)
	default:
		err = r.attempt(d, a, func(ctx context.Context) error { return a.join(ctx, f) })
	}
	r.settleFollowUp(d, a, r.followUpVerdict(a, err))
	return !errors.Is(err, errNotTried)
}

// goAlone has a follow-up forwarded by itself whose primary was closed meanwhile: nobody reads what is added there.
func (r *Relay) goAlone(d *dispatcher, f store.FollowUp) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.work), settleTimeout)
	defer cancel()
	if err := r.store.GoAlone(ctx, f.Claim); err != nil {
		r.log.Warn("a follow-up of a closed complaint could not be let go; it is tried again", "ref", f.Ref, "error", err)
		return
	}
	r.forwardable.send()
}

// join finds out what an open request left behind, or sends the request.
func (a *attempt) join(ctx context.Context, f store.FollowUp) error {
	said := a.r.followUp(f)
	if a.open {
		return a.findFollowUp(ctx, said)
	}
	_, _, err := a.take(ctx, national.Step{Name: stepFollowUp, Last: true}, func(ctx context.Context) (string, error) {
		return "", a.r.platform.FollowUps.AddFollowUp(ctx, said)
	})
	return err
}

// findFollowUp returns nil when the platform has it. Absence counts only delivery.settle after the request went out.
func (a *attempt) findFollowUp(ctx context.Context, said national.FollowUp) error {
	age := a.age()
	err := a.r.platform.FollowUps.FindFollowUp(ctx, said)
	switch {
	case errors.Is(err, national.ErrAbsent):
		if age < a.r.cfg.Delivery.Settle.D() {
			return retry.Because(retry.Unknown(err), retry.Absent)
		}
		a.open = false
		return errAbsent
	case err != nil && retry.Of(err).Verdict == retry.Permanent:
		return fmt.Errorf("%w: %w", errHeld, err)
	}
	return err
}

// followUp is what the platform is sent: composed and redacted as a complaint of its own is.
func (r *Relay) followUp(f store.FollowUp) national.FollowUp {
	s := r.submission(store.Job{Complaint: f.Complaint})
	return national.FollowUp{Ticket: f.Ticket, Complaint: s.Complaint, Agency: f.Agency, Secret: f.Secret, Files: s.Files}
}

func (r *Relay) followUpVerdict(a *attempt, err error) store.Settlement {
	to := r.verdict(a, err)
	if errors.Is(err, errByHand) { // however old it is
		to.State, to.Reason, to.Detail = store.Held, retry.CannotTell, brief(err)
	}
	return to
}

// settleFollowUp records an outcome. One that cannot be recorded is found out again after the lease: a request that was
// carried out is found there.
func (r *Relay) settleFollowUp(d *dispatcher, a *attempt, to store.Settlement) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.work), settleTimeout)
	defer cancel()
	ref := a.claim.Ref
	err := r.store.SettleFollowUp(ctx, a.claim, to)
	switch {
	case errors.Is(err, store.ErrLost):
		r.opened.forget(ref)
		return
	case err != nil:
		r.log.Error("what became of a follow-up could not be recorded; it is found out again after its lease", "ref", ref, "error", err)
		return
	}
	r.at(stepPoint(national.Step{Name: stepFollowUp}, "recorded"))
	if !to.Open {
		r.opened.forget(ref)
	}
	if !to.Uncounted {
		r.metrics.followUps.WithLabelValues(string(to.Reason)).Inc()
	}
	switch to.State {
	case store.Dead:
		r.log.Warn("the platform refuses a follow-up for good: see satupintu queue show", "ref", ref, "reason", to.Reason)
	case store.Held:
		r.log.Warn("a follow-up waits for a person: see satupintu queue show", "ref", ref, "reason", to.Reason)
	}
}
