// Package retry says whether an attempt that failed may be tried again, and when. The verdict travels in the error: who
// knows marks it (Never, After, Unknown, Denied), everyone above passes it on with %w, and one function reads it (Of).
// An unmarked error is transient: trying again is the safe reading of what nobody thought about, because a request
// that may have been carried out is never unmarked (see FromStatus and FromTransport, the two tables).
package retry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Verdict is what a failed attempt means for the next one.
type Verdict int

// The verdicts. Only Uncertain stands for a request that may have been carried out.
const (
	Transient Verdict = iota // surely not carried out; try again later
	Permanent                // refused for good; trying again gives the same answer
	Uncertain                // may have been carried out; look it up, never resend blindly
	SignIn                   // credentials refused: nothing of ours will pass until that is mended
)

func (v Verdict) String() string {
	return [...]string{"transient", "permanent", "uncertain", "sign-in"}[v]
}

// Reason is why an attempt ended, from a closed set: it is a metric label and a column, so each is known beforehand.
type Reason string

// The reasons.
const (
	Success      Reason = "success"
	Refused      Reason = "connection_refused" // nobody listens there
	DNS          Reason = "dns"                // the name does not resolve
	TLS          Reason = "tls"                // no trusted connection
	Unreachable  Reason = "unreachable"        // no connection for another cause
	Timeout      Reason = "timeout"            // the request went out, no answer in time
	Reset        Reason = "reset"              // the connection broke after the request went out
	Throttled    Reason = "throttled"          // 429
	Unavailable  Reason = "unavailable"        // 503 otherwise, or a proxy that says the platform is away
	ServerError  Reason = "server_error"       // 500 and other 5xx
	BadGateway   Reason = "bad_gateway"        // 502, 504, 460, 499, a 503 of a proxy that had passed the request on
	SignInFailed Reason = "sign_in"            // 401, 403
	Rejected     Reason = "rejected"           // a 4xx of the platform itself
	Malformed    Reason = "malformed"          // an answer we cannot read
	TooOld       Reason = "too_old"            // delivery.give_up_after
	TooMany      Reason = "too_many_attempts"  // delivery.max_attempts
	Absent       Reason = "absent"             // a lookup proved that it was never carried out
	CannotTell   Reason = "cannot_tell"        // nothing can look it up: a person must
	Review       Reason = "review"             // a person says whether it is a duplicate
	Crashed      Reason = "crashed"            // the gateway died while the request was open
	Panicked     Reason = "panic"              // our own code failed on this complaint
	Shutdown     Reason = "shutdown"           // we stopped; not an attempt
	Failed       Reason = "failed"             // anything nobody marked
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		Success, Refused, DNS, TLS, Unreachable, Timeout, Reset, Throttled, Unavailable, ServerError, BadGateway, SignInFailed,
		Rejected, Malformed, TooOld, TooMany, Absent, CannotTell, Review, Crashed, Panicked, Shutdown, Failed,
	}
}

// Error is an error with its verdict.
type Error struct {
	Verdict Verdict
	Reason  Reason
	After   time.Duration // what the peer asked us to wait; zero when it did not
	Err     error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Never marks an error as permanent.
func Never(err error) error { return &Error{Verdict: Permanent, Reason: Rejected, Err: err} }

// After marks an error as transient, with the time the peer asked for.
func After(err error, wait time.Duration) error {
	return &Error{Verdict: Transient, Reason: Throttled, After: max(wait, 0), Err: err}
}

// Unknown marks an error after which the request may have been carried out.
func Unknown(err error) error { return &Error{Verdict: Uncertain, Reason: Failed, Err: err} }

// Denied marks an error as refused credentials.
func Denied(err error) error { return &Error{Verdict: SignIn, Reason: SignInFailed, Err: err} }

// Because gives an error another reason and keeps its verdict.
func Because(err error, reason Reason) error {
	read := Of(err)
	read.Reason, read.Err = reason, err
	return &read
}

// Of reads the verdict of an error. nil reads as success. Our own shutdown (a cancelled context) is transient with the
// reason Shutdown, so long as nobody below marked the error otherwise.
func Of(err error) Error {
	var marked *Error
	switch {
	case err == nil:
		return Error{Reason: Success}
	case errors.As(err, &marked):
		return Error{Verdict: marked.Verdict, Reason: marked.Reason, After: marked.After, Err: err}
	case errors.Is(err, context.Canceled):
		return Error{Verdict: Transient, Reason: Shutdown, Err: err}
	default:
		return Error{Verdict: Transient, Reason: Failed, Err: err}
	}
}

// Backoff is how long to wait between attempts: First, then each Factor times the last, at most Max, each made shorter
// or longer at random by up to Jitter (a share, 0.2 is ±20 %).
type Backoff struct {
	First  time.Duration
	Max    time.Duration
	Factor float64
	Jitter float64
}

// Delay is the wait after the given attempt (1 is the first), and never shorter than what the peer asked for.
func (b Backoff) Delay(attempt int, asked time.Duration) time.Duration {
	wait := float64(b.First) * math.Pow(b.Factor, float64(max(attempt, 1)-1))
	wait = min(wait, float64(b.Max)) * (1 + b.Jitter*(2*rand.Float64()-1))
	return max(time.Duration(wait), asked)
}

// PanicError is a panic that was caught, as an error with its stack.
func PanicError(recovered any, stack []byte) error {
	return &Error{Verdict: Transient, Reason: Panicked, Err: fmt.Errorf("panic: %v\n%s", recovered, stack)}
}
