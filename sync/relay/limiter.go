package relay

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/sync/pace"
	"github.com/satupintu/satupintu/sync/store"
)

// Limiter is how much the platform is asked, by everybody in this gateway together, and with Share by every gateway on one
// database. A platform that says it is asked too much holds everybody for as long as it says; then it is asked at half the
// rate, and while it answers the rate recovers within about a minute.
type Limiter struct {
	configured float64
	keeper     paceKeeper
	reserving  chan struct{} // held by who asks for turns: one at a time
	answered   atomic.Bool   // since turns were last asked for
	report     rateReport

	mu      sync.Mutex
	rate    float64 // that was allowed when turns were last asked for
	held    time.Time
	turns   pace.Turns // that are not taken yet
	taken   int        // of the last batch
	waiting int
}

// paceKeeper keeps the pace of one platform: in this process, or in the database that several gateways share.
type paceKeeper interface {
	Change(ctx context.Context, change func(now time.Time, state *pace.State)) error
}

// localPace is the pace of a gateway that is alone.
type localPace struct {
	mu    sync.Mutex
	state pace.State
}

func (p *localPace) Change(_ context.Context, change func(time.Time, *pace.State)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(time.Now(), &p.state)
	return nil
}

// NewLimiter allows perSecond requests, evenly.
func NewLimiter(perSecond float64) *Limiter {
	return &Limiter{configured: perSecond, rate: perSecond, keeper: &localPace{}, reserving: make(chan struct{}, 1)}
}

// Share makes all gateways that share the pace keep the rate together. With nil the limiter stays this gateway's own.
func (l *Limiter) Share(p *store.Pace) *Limiter {
	if p != nil {
		l.keeper = p
	}
	return l
}

// Succeed has a limiter that is this gateway's own go on with the pace of the one before it, so that a reload forgets nothing
// that the platform asked for. A pace that is shared is known to all anyway. With nil it changes nothing.
func (l *Limiter) Succeed(before *Limiter) *Limiter {
	if before == nil {
		return l
	}
	before.mu.Lock()
	l.rate = min(l.rate, before.rate)
	before.mu.Unlock()
	_, own := l.keeper.(*localPace)
	if kept, ok := before.keeper.(*localPace); ok && own {
		l.keeper = kept
	}
	return l
}

// tellTimeout bounds how long telling the other gateways takes that the platform wants time.
const tellTimeout = 5 * time.Second

// Hold lets nothing through for the given time, and less for a while after it.
func (l *Limiter) Hold(d time.Duration) {
	if !l.holdUntil(time.Now().Add(d)) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellTimeout)
	defer cancel()
	var state pace.State
	err := l.keeper.Change(ctx, func(now time.Time, s *pace.State) {
		s.Slow(now, l.configured, d)
		state = *s
	})
	if err != nil {
		l.report.untold(err)
		return
	}
	l.report.show(state, l.configured)
}

// holdUntil says whether it is news: several workers hear of one trouble at once.
func (l *Limiter) holdUntil(until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held.After(time.Now()) && until.Before(l.held.Add(time.Second)) {
		return false
	}
	l.held = later(l.held, until)
	return true
}

// Held is how long nothing is let through yet.
func (l *Limiter) Held() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, time.Until(l.held))
}

// Wait returns when one request may be made. While the shared database is away there are no turns: it waits for it until
// the context ends.
func (l *Limiter) Wait(ctx context.Context) error {
	l.queue(1)
	defer l.queue(-1)
	for {
		at, ok := l.take()
		if !ok {
			if err := l.reserve(ctx); err != nil {
				return err
			}
			continue
		}
		if wait := time.Until(at); wait > 0 && !sleep(ctx, wait, nil) {
			return ctx.Err()
		}
		if l.Held() == 0 { // else the platform was heard of meanwhile
			return ctx.Err()
		}
	}
}

// soon is how many requests more have their turn within a moment, as far as this gateway knows.
func (l *Limiter) soon() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.held) {
		return 0
	}
	left := moment - max(0, time.Until(l.turns.First))
	return max(0, int(l.rate*left.Seconds()))
}

// moment is what a request may wait for its turn after it is recorded that it goes out: what is recorded and does not go out has to
// be looked up after a crash, or asked about.
const moment = 50 * time.Millisecond

func (l *Limiter) queue(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting += n
}

// take takes the next turn that was reserved.
func (l *Limiter) take() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.held) || !l.usable() {
		return time.Time{}, false
	}
	at := l.turns.First
	l.turns.Count--
	l.turns.First = at.Add(l.turns.Gap)
	l.taken++
	return at, true
}

// usable drops the turns whose time is over and says whether one is left.
func (l *Limiter) usable() bool {
	t := &l.turns
	if late := time.Since(t.First) - pace.CatchUp; late > 0 && t.Count > 0 {
		gone := min(t.Count, int(late/max(t.Gap, 1))+1)
		t.Count -= gone
		t.First = t.First.Add(time.Duration(gone) * t.Gap)
	}
	return t.Count > 0
}

// reserve waits while everything is held, then asks for turns: as many as wait for one, or twice as many as were used of
// the last ones. An idle gateway so leaves its turns to the others.
func (l *Limiter) reserve(ctx context.Context) error {
	select {
	case l.reserving <- struct{}{}:
		defer func() { <-l.reserving }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if held := l.Held(); held > 0 {
		if !sleep(ctx, held, nil) {
			return ctx.Err()
		}
	}
	want, needed := l.wanted()
	if !needed {
		return nil // somebody else reserved meanwhile
	}
	state, err := l.ask(ctx, want)
	if err == nil {
		l.report.show(state, l.configured)
		return nil
	}
	if !sleep(ctx, time.Second, nil) {
		return fmt.Errorf("wait for a turn at the platform: %w: %w", ctx.Err(), err)
	}
	return nil
}

func (l *Limiter) wanted() (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.waiting, 2*l.taken), !l.usable()
}

func (l *Limiter) ask(ctx context.Context, want int) (state pace.State, err error) {
	var (
		turns pace.Turns
		until time.Duration
	)
	answered := l.answered.Swap(false)
	err = l.keeper.Change(ctx, func(now time.Time, s *pace.State) {
		if answered {
			s.Recover(now, l.configured)
		}
		turns = s.Reserve(now, l.configured, want)
		until, state = turns.First.Sub(now), *s
	})
	if err != nil {
		return state, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	first := time.Now().Add(until) // the database's clock may be another
	if turns.Count == 0 {
		l.held = later(l.held, first)
	}
	turns.First = first
	l.turns, l.taken, l.rate = turns, 0, state.Rate(l.configured)
	return state, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
