package relay

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// outlet is one channel's own pace, breaker and health for whatever it is told. However much there is to tell a channel
// that is away, it costs one attempt in each delivery.breaker.open_for and two lines of log, and no other channel anything.
type outlet struct {
	pace    *rate.Limiter // nil: as fast as the channel answers
	breaker *gobreaker.CircuitBreaker[struct{}]
	openFor time.Duration
	wait    time.Duration // for a channel that wants time and does not say how much
	failing prometheus.Gauge
	log     *slog.Logger

	mu    sync.Mutex
	shut  time.Time // nothing is told before
	down  trouble
	again bool // it works again, and what waits because of it does not know yet
}

// errNotNow is a telling that was not tried.
var errNotNow = errors.New("the channel is left alone for now")

// throughOutlets gives each channel that can be told something its outlet, and makes everything it is told go through that.
func (r *Relay) throughOutlets() {
	r.outlets = map[string]*outlet{}
	r.channels = slices.Clone(r.channels)
	for i := range r.channels {
		c := &r.channels[i]
		if c.WriteStatus == nil && c.Say == nil {
			continue
		}
		out := newOutlet(*c, r.cfg.Delivery, r.metrics, r.log)
		r.outlets[c.Name] = out
		if c.WriteStatus != nil {
			c.WriteStatus = outletWriter{out, c.WriteStatus}
		}
		if c.Say != nil {
			c.Say = outletSpeaker{out, c.Say}
		}
	}
}

type outletWriter struct {
	out *outlet
	to  connectors.StatusWriter
}

func (w outletWriter) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	return w.out.tell(ctx, func() error { return w.to.WriteStatus(ctx, change) })
}

type outletSpeaker struct {
	out *outlet
	to  connectors.Speaker
}

func (s outletSpeaker) Say(ctx context.Context, saying connectors.Saying) error {
	return s.out.tell(ctx, func() error { return s.to.Say(ctx, saying) })
}

func newOutlet(c Channel, d config.Delivery, m *Metrics, log *slog.Logger) *outlet {
	o := &outlet{
		openFor: d.Breaker.OpenFor.D(), wait: d.Backoff.First.D(),
		failing: m.failing.WithLabelValues(c.Name, abilityWriteBack), log: log.With("connector", c.Name),
	}
	o.failing.Set(0) // also after a reload
	if c.Rate > 0 {
		o.pace = rate.NewLimiter(rate.Limit(c.Rate), max(1, min(writebackWorkers, int(c.Rate))))
	}
	failures := uint32(max(1, d.Breaker.Failures))
	o.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: c.Name, MaxRequests: 1, Timeout: o.openFor,
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful:  func(err error) bool { return !channelFailed(err) },
		IsExcluded:    func(err error) bool { return notThePlatforms(err) || retry.Of(err).Reason == retry.Throttled },
		OnStateChange: func(_ string, _, to gobreaker.State) { o.turned(to) },
	})
	return o
}

// channelFailed says whether an error speaks against the channel as a whole, rather than against one complaint. Refused
// credentials do: a channel has no gate of its own.
func channelFailed(err error) bool { return slices.Contains(channelFailures(), retry.Of(err).Reason) }

func channelFailures() []retry.Reason { return append(platformFailures(), retry.SignInFailed) }

func (o *outlet) turned(to gobreaker.State) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch to {
	case gobreaker.StateOpen:
		o.shut = time.Now().Add(o.openFor)
		o.failing.Set(1)
	case gobreaker.StateClosed:
		o.again = true
		o.failing.Set(0)
		if o.down.ends() {
			o.log.Info("a channel takes what it is told again")
		}
	}
}

// free says how many things the channel may be told now, at most want, and how long to wait when it is none. A breaker
// that is half open lets one try.
func (o *outlet) free(want int) (int, time.Duration) {
	if left := o.leftAlone(); left > 0 {
		return 0, left
	}
	if o.breaker.State() == gobreaker.StateHalfOpen {
		want = 1
	}
	if o.pace == nil {
		return want, 0
	}
	turns := o.pace.Tokens()
	if turns < 1 {
		wait := (1 - turns) / float64(o.pace.Limit())
		return 0, time.Duration(math.Ceil(wait * float64(time.Second)))
	}
	return min(want, int(turns)), 0
}

// leftAlone is how long the channel is told nothing yet.
func (o *outlet) leftAlone() time.Duration {
	open := o.breaker.State() == gobreaker.StateOpen // asked without mu: the breaker calls turned
	o.mu.Lock()
	defer o.mu.Unlock()
	if left := time.Until(o.shut); left > 0 || !open {
		return max(0, left)
	}
	return time.Millisecond // the breaker's clock is a little behind ours
}

// tell tells the channel one thing, in its turn. A channel that wants time gets it as a whole.
func (o *outlet) tell(ctx context.Context, say func() error) error {
	if left := o.leftAlone(); left > 0 {
		return notNow(left)
	}
	if o.pace != nil && o.pace.Wait(ctx) != nil {
		return notNow(0)
	}
	_, err := o.breaker.Execute(func() (struct{}, error) { return struct{}{}, contained(say) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return notNow(time.Second)
	}
	o.heed(err)
	return err
}

func notNow(left time.Duration) error {
	return &retry.Error{Verdict: retry.Transient, Reason: retry.Unavailable, After: left, Err: errNotNow}
}

// heed draws from an answer what concerns all that the channel is told. A time that is asked for without a reason that speaks
// of the channel is one telling's own: one person had too many messages.
func (o *outlet) heed(err error) {
	open := o.breaker.State() == gobreaker.StateOpen
	o.mu.Lock()
	defer o.mu.Unlock()
	if v := retry.Of(err); v.Reason == retry.Throttled || v.After > 0 && channelFailed(err) {
		o.shut = later(o.shut, time.Now().Add(max(v.After, o.wait)))
	}
	if open && channelFailed(err) && o.down.begins() {
		o.log.Warn("a channel cannot be told anything; one thing is tried now and then", "every", o.openFor, "error", brief(err))
	}
}

// onceItWorksAgain brings forward, once, what waits because the channel failed. What fails is done again.
func (o *outlet) onceItWorksAgain(hurry func() error) error {
	o.mu.Lock()
	again := o.again
	o.again = false
	o.mu.Unlock()
	if !again {
		return nil
	}
	err := hurry()
	if err != nil {
		o.mu.Lock()
		o.again = true
		o.mu.Unlock()
	}
	return err
}
