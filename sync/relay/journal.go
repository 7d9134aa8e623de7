package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// Do runs a step of the submission unless it is recorded as done. Its turn at the platform is waited for first, then its
// start is made durable, then the request goes out: what lies between the last two is as short as it can be. A harmless step that
// ends for good is done, with an empty result.
func (a *attempt) Do(ctx context.Context, step national.Step, run func(context.Context) (string, error)) (string, error) {
	if result, done := a.job.Done[step.Name]; done {
		return result, nil
	}
	result, began, err := a.take(ctx, step, run)
	switch {
	case err != nil && step.Harmless && retry.Of(err).Verdict == retry.Permanent:
		a.r.log.Warn("a complaint goes on without a step that fails again and again", "ref", a.claim.Ref, "step", step.Name, "error", err)
	case err != nil:
		return "", err
	case step.Harmless:
		a.r.spoilt.ended(tried{a.claim.Ref, step.Name}, true)
	}
	return result, a.succeeded(ctx, step, began, result)
}

// take waits for the step's turn, makes its start durable and sends its request.
func (a *attempt) take(ctx context.Context, step national.Step, run func(context.Context) (string, error)) (string, time.Time, error) {
	waits := time.Now()
	ctx, err := a.r.limiter.prepay(ctx)
	if err == nil && time.Since(waits) > idleLook { // somebody may have paused meanwhile
		err = a.r.notPaused(ctx)
	}
	if err != nil {
		return "", time.Time{}, err
	}
	recorded, known := a.recordedWithClaim(step)
	if !known {
		recorded = time.Now()
	}
	// A gateway that is frozen between the record and the request must not send it when it wakes: by then another may
	// have looked it up and found it absent.
	ctx, cancel := context.WithDeadline(ctx, recorded.Add(a.r.cfg.Delivery.Settle.D()/2))
	defer cancel()
	a.r.at(stepPoint(step, "begin"))
	if !known {
		err := a.begin(ctx, step)
		a.recording += time.Since(recorded)
		if err != nil {
			return "", time.Time{}, fmt.Errorf("record that %s begins: %w", step.Name, err)
		}
	}
	if !step.Harmless {
		a.open = true
		a.r.opened.begins(a.claim.Ref)
	}
	began := a.r.now()
	if ctx.Err() != nil {
		return "", began, a.failed(step, retry.Because(retry.Unknown(ctx.Err()), retry.Timeout))
	}
	a.r.at(stepPoint(step, "request"))
	result, err := run(ctx)
	a.r.at(stepPoint(step, "answer"))
	if err != nil {
		return "", began, a.giveUp(step, a.failed(step, err))
	}
	return result, began, nil
}

// recordedWithClaim says whether the claim recorded that the step begins, and since when at the earliest. It stands for one request, the
// attempt's first, and not for one that waited longer than standsFor: that is recorded anew.
func (a *attempt) recordedWithClaim(step national.Step) (since time.Time, ok bool) {
	ok = a.claim.Begun == step.Name && time.Since(a.claiming) < a.standsFor()
	a.claim.Begun = ""
	return a.claiming, ok
}

func (a *attempt) standsFor() time.Duration { return min(time.Second, a.r.cfg.Delivery.Settle.D()/4) }

// notPaused is errNotTried while an operator has paused.
func (r *Relay) notPaused(ctx context.Context) error {
	if pause, err := r.store.Paused(ctx); err != nil || pause != nil {
		return errNotTried
	}
	return nil
}

// succeeded records a step that succeeded. The ticket of a submission's last step is recorded with the settlement, which
// follows at once.
func (a *attempt) succeeded(ctx context.Context, step national.Step, began time.Time, result string) error {
	done := store.Succeeded{Step: step, Began: began, Result: result}
	if step.Name == national.StepCreate {
		var err error
		if done.Ticket, err = national.ReadTicket(result); err != nil {
			return retry.UnreadableAnswer(err)
		}
		done.News, a.job.Ticket, a.made = a.r.news(), done.Ticket, done.Ticket
	}
	if step.Last && step.Name == national.StepCreate {
		a.ticket = done.Ticket
		return nil
	}
	if err := a.r.stepDone(ctx, a.claim, done); err != nil {
		return fmt.Errorf("record that %s is done: %w", step.Name, err)
	}
	a.r.at(stepPoint(step, "recorded"))
	a.open, a.job.Done[step.Name] = false, result
	return nil
}

// stepDone records a step that succeeded. While the database is away it is kept in mind and tried again, until the lease is
// lost or the gateway ends: what we know need not be looked up.
func (r *Relay) stepDone(ctx context.Context, c store.Claim, done store.Succeeded) error {
	for tries := 0; ; tries++ {
		recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		err := r.store.StepDone(recording, c, done)
		cancel()
		switch {
		case err == nil, errors.Is(err, store.ErrLost), errors.Is(err, store.ErrTaken):
			return err
		case tries == 0:
			r.log.Error("a step's outcome could not be recorded; it is tried again until the lease is lost", "ref", c.Ref, "step", done.Name, "error", err)
		}
		if !sleep(ctx, time.Second, nil) {
			return err
		}
	}
}

// failed reads what a failed step means: only an uncertain one leaves its outcome open, and of a harmless step nobody
// minds.
func (a *attempt) failed(step national.Step, err error) error {
	v := retry.Of(err)
	if !step.Harmless {
		a.open = v.Verdict == retry.Uncertain || v.Reason == retry.Panicked
	}
	if step.Harmless && v.Verdict == retry.Uncertain {
		v.Verdict, v.Err = retry.Transient, err
		return &v
	}
	return err
}

// submission is what the platform is sent: identity numbers and the like do not travel in free text, nor in the names of files.
func (r *Relay) submission(job store.Job) national.Submission {
	c := job.Complaint
	c.Title = r.redactor.Title(c.Title, c.Text)
	c.Text, _ = r.redactor.Redact(c.Text)
	c.Place.Address, _ = r.redactor.Redact(c.Place.Address) // a platform may write it into the text
	c.Attachments = attached(c.Attachments)
	s := national.Submission{
		Complaint: c, Agency: job.Agency, Category: job.Category, Location: job.Location, HandOver: job.HandOver, Earlier: job.Earlier,
	}
	for _, attachment := range c.Attachments {
		s.Files = append(s.Files, national.File{
			Attachment: attachment, Open: func(ctx context.Context) (io.ReadCloser, error) { return r.files.Open(ctx, attachment.SHA256) },
		})
	}
	return s
}

// mostPanics is how often our own code may fail on one complaint before a person looks.
const mostPanics = 5

// verdict decides where an attempt leads. After the national id is known nothing reports the complaint as failed; an
// open outcome is never sent again and never given up.
func (r *Relay) verdict(a *attempt, err error) store.Settlement {
	v := retry.Of(err)
	now := r.now()
	to := store.Settlement{State: store.Ready, Reason: v.Reason, Open: a.open, Due: now.Add(r.backoff.Delay(a.claim.Attempts, v.After))}
	if err == nil || a.ticket != (national.Ticket{}) { // with the last step's ticket nothing can fail any more
		r.turnedAway.ended(tried{ref: a.claim.Ref}, a.made != (national.Ticket{}))
		return store.Settlement{State: store.Done, Reason: retry.Success, Ticket: a.ticket, News: r.news()}
	}
	to.Detail = brief(err)
	refused := 0
	if v.Verdict == retry.SignIn {
		r.gate.deny()
		refused = r.turnedAway.refused(tried{ref: a.claim.Ref})
	} else if !errors.Is(err, errNotTried) {
		r.turnedAway.ended(tried{ref: a.claim.Ref}, false)
	}
	r.giveTime(v)
	switch {
	case errors.Is(err, errNotTried), errors.Is(err, errStopping), v.Reason == retry.Shutdown && !a.open:
		to.Uncounted, to.Due = true, a.placed(now)
	case errors.Is(err, errHeld):
		to.State, to.Open = store.Held, true
	case errors.Is(err, errAbsent):
		to.Due = now
	case v.Verdict == retry.Permanent && !a.open:
		to.State = store.Dead
	case v.Reason == retry.Panicked && a.claim.Attempts >= mostPanics:
		to.State = store.Held
	case refused >= mostRefusals:
		r.turnedAway.ended(tried{ref: a.claim.Ref}, false)
		to.State, to.Reason = store.Held, retry.Rejected
		to.Detail = "the platform takes others and refuses this one again and again; last: " + to.Detail
	case v.Verdict != retry.SignIn && r.exhausted(a.claim, &to):
		to.State = store.Dead
	}
	return r.respectOpen(a, to)
}

// giveTime holds everybody for as long as the platform asks for. A time that is asked for without a reason that speaks of the
// platform is one delivery's own.
func (r *Relay) giveTime(v retry.Error) {
	if v.Reason == retry.Throttled || v.Reason == retry.Unavailable && v.After > 0 {
		r.limiter.Hold(cmp.Or(v.After, r.backoff.First))
	}
}

// placed is since when what was not tried is due: since it was accepted, so that it keeps its place among its class.
func (a *attempt) placed(now time.Time) time.Time {
	if at := a.claim.AcceptedAt; !at.IsZero() && at.Before(now) {
		return at
	}
	return now
}

// respectOpen keeps an open outcome and a known national id from being given up.
func (r *Relay) respectOpen(a *attempt, to store.Settlement) store.Settlement {
	switch {
	case to.State == store.Ready && a.open:
		to.State = store.Unknown
	case to.State == store.Dead && (a.open || a.job.Ticket.ID != ""):
		to.State = store.Held
	}
	return to
}

// exhausted says whether a delivery has had its time or its attempts since it was first tried, or last put back by a person.
func (r *Relay) exhausted(c store.Claim, to *store.Settlement) bool {
	d := r.cfg.Delivery
	switch {
	case r.leaps.age(r.now(), c.TriedAt) > d.GiveUpAfter.D():
		to.Reason = retry.TooOld
	case d.MaxAttempts > 0 && c.Attempts >= d.MaxAttempts:
		to.Reason = retry.TooMany
	default:
		return false
	}
	to.Detail = "last: " + to.Detail
	return true
}

// brief is an error's words for the database, at most 500 characters.
func brief(err error) string {
	words := []rune(err.Error())
	if len(words) > 500 {
		words = append(words[:499], '…')
	}
	return string(words)
}
