package relay

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/satupintu/satupintu/sync/retry"
)

// gate says whether anything may be forwarded now. It closes while an operator paused, while the platform refuses our
// credentials, while it keeps failing (the breaker), and while it asked for time. Each change of state is one log line.
type gate struct {
	r       *Relay
	breaker *gobreaker.CircuitBreaker[struct{}]

	mu     sync.Mutex
	denied bool
	why    string    // of the closing that was last logged
	opened time.Time // when the breaker last did
	back   bool      // the platform works again, or perhaps by now, and what waited for it does not know yet
	probed time.Time // when the platform was last asked whether it takes our credentials
}

// The reasons a gate is closed for, as metrics name them.
const (
	closedOperator  = "operator"
	closedSignIn    = "sign_in"
	closedBreaker   = "breaker"
	closedThrottled = "throttled"
	closedStore     = "store"
)

func closedReasons() []string {
	return []string{closedOperator, closedSignIn, closedBreaker, closedThrottled, closedStore}
}

func newGate(r *Relay) *gate {
	failures := uint32(max(1, r.cfg.Delivery.Breaker.Failures))
	g := &gate{r: r, back: true} // whoever mended the line, a certificate or an address has just reloaded us or started us again
	g.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         "national platform",
		MaxRequests:  1,
		Timeout:      r.cfg.Delivery.Breaker.OpenFor.D(),
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful: func(err error) bool { return !platformFailed(err) },
		IsExcluded:   notThePlatforms,
		OnStateChange: func(_ string, _, to gobreaker.State) {
			g.mu.Lock()
			defer g.mu.Unlock()
			switch to {
			case gobreaker.StateOpen:
				g.opened = time.Now()
			case gobreaker.StateClosed:
				g.back = true
			}
		},
	})
	return g
}

// platformFailed says whether an error speaks against the platform as a whole, rather than against one complaint.
func platformFailed(err error) bool { return slices.Contains(platformFailures(), retry.Of(err).Reason) }

func platformFailures() []retry.Reason {
	return []retry.Reason{
		retry.Refused, retry.DNS, retry.TLS, retry.Unreachable, retry.Timeout, retry.Reset, retry.Unavailable, retry.ServerError,
		retry.BadGateway, retry.Malformed,
	}
}

// notThePlatforms says whether an error tells nothing about the platform, or comes of not asking it.
func notThePlatforms(err error) bool {
	if errors.Is(err, errSettling) {
		return true
	}
	switch retry.Of(err).Reason {
	case retry.Failed, retry.Shutdown, retry.Panicked, retry.CannotTell:
		return true
	}
	return false
}

// free says how many deliveries may be claimed now, at most want, and how long to wait when it is none. A breaker that
// is half open tries one, alone; until that one has worked nothing is said to go on.
func (g *gate) free(ctx context.Context, want, busy int) (int, time.Duration) {
	why, wait := g.closed(ctx)
	trying := why == "" && g.breaker.State() == gobreaker.StateHalfOpen
	if trying {
		why = closedBreaker
	}
	if ctx.Err() == nil { // our own end closes nothing
		g.show(why)
	}
	switch {
	case trying && busy > 0:
		return 0, idleLook
	case trying:
		return min(want, 1), 0
	case why != "":
		return 0, wait
	}
	if err := g.hurry(ctx); err != nil {
		return 0, time.Second // the claim would fail too
	}
	return want, 0
}

// hurry lets what waits out a pause after a failure of the platform come at once, the oldest first, when the platform
// works again: it need not wait for hours because it was tried in vain.
func (g *gate) hurry(ctx context.Context) error {
	g.mu.Lock()
	back := g.back
	g.back = false
	g.mu.Unlock()
	if !back {
		return nil
	}
	_, err := g.r.store.Hurry(ctx, platformFailures())
	if err != nil {
		g.mu.Lock()
		g.back = true
		g.mu.Unlock()
	}
	return err
}

// closed says why nothing may be forwarded, and when to look again; empty when it may.
func (g *gate) closed(ctx context.Context) (string, time.Duration) {
	if g.isDenied() && g.probe(ctx) != nil {
		return closedSignIn, g.r.cfg.Delivery.Backoff.First.D()
	}
	pause, err := g.r.store.Paused(ctx)
	if err != nil {
		return closedStore, time.Second // without its database a gateway forwards nothing anyway
	}
	if pause != nil {
		return closedOperator, idleLook
	}
	if g.breaker.State() == gobreaker.StateOpen {
		return closedBreaker, g.untilHalfOpen()
	}
	if held := g.r.limiter.Held(); held > 0 {
		if g.isDenied() { // since we looked: another loop's probe is who was told to wait
			return closedSignIn, min(held, idleLook)
		}
		return closedThrottled, min(held, idleLook)
	}
	return "", 0
}

// room is how many requests beside the forwarder's may be begun now, at most want; the forwarder opens the gate again. A
// breaker that is half open lets one try.
func (g *gate) room(ctx context.Context, want int) int {
	if g.isDenied() || g.r.limiter.Held() > 0 {
		return 0
	}
	if pause, err := g.r.store.Paused(ctx); err != nil || pause != nil {
		return 0
	}
	switch g.breaker.State() {
	case gobreaker.StateOpen:
		return 0
	case gobreaker.StateHalfOpen:
		return min(want, 1)
	}
	return want
}

// isWell says whether the breaker is closed: nothing has to be tried alone first. A pause, refused credentials and a platform that
// wants time are asked for elsewhere (room, Limiter).
func (g *gate) isWell() bool { return g.breaker.State() == gobreaker.StateClosed }

func (g *gate) untilHalfOpen() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, time.Until(g.opened.Add(g.r.cfg.Delivery.Breaker.OpenFor.D()))) + time.Millisecond
}

func (g *gate) isDenied() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.denied
}

// deny closes the gate until a probe signs in.
func (g *gate) deny() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.denied = true
}

// doubt closes the gate when a probe is refused too, as a question was. Else the platform keeps one ticket from us, or answers no
// questions, and complaints go on.
func (g *gate) doubt(ctx context.Context) {
	if retry.Of(g.probe(ctx)).Verdict == retry.SignIn {
		g.deny()
	}
}

// mayProbe says whether it was not asked for a while, however many complaints come in: who asks too often is locked out.
func (g *gate) mayProbe() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.probed.IsZero() && time.Since(g.probed) < g.r.cfg.Delivery.Backoff.First.D() {
		return false
	}
	g.probed = time.Now()
	return true
}

// errNotProbed is a probe that was not made: there is none, or it is too early for one.
var errNotProbed = errors.New("the platform was not asked whether it takes our credentials")

// probe asks the platform whether it takes our credentials, and opens the gate that refused ones have closed when it does.
func (g *gate) probe(ctx context.Context) error {
	if g.r.platform.Probe == nil || g.r.limiter.Held() > 0 || !g.mayProbe() {
		return errNotProbed
	}
	err := contained(func() error { _, err := g.r.platform.Probe.Probe(ctx); return err })
	if err != nil {
		g.r.giveTime(retry.Of(err))
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.denied = false
	return nil
}

// show tells metrics and, when it changed, the log.
func (g *gate) show(why string) {
	for _, reason := range closedReasons() {
		g.r.metrics.paused.WithLabelValues(reason).Set(oneIf(reason == why))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if why == g.why {
		return
	}
	switch {
	case why == closedSignIn:
		g.r.log.Error("the platform refuses our credentials: forwarding is paused until a probe signs in; check national.settings.headers")
	case why != "":
		g.r.log.Warn("forwarding is paused", "reason", why)
	default:
		g.r.log.Info("forwarding goes on", "after", g.why)
	}
	g.why = why
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
