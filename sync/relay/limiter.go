package relay

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Limiter is how much the platform is asked, by everybody in this gateway together. A platform that says it is asked too
// much holds everybody for as long as it says.
type Limiter struct {
	limit *rate.Limiter

	mu   sync.Mutex
	held time.Time
}

// NewLimiter allows perSecond requests, evenly.
func NewLimiter(perSecond float64) *Limiter {
	return &Limiter{limit: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))}
}

// Hold lets nothing through for the given time.
func (l *Limiter) Hold(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.held) {
		l.held = until
	}
}

// Held is how long nothing is let through yet.
func (l *Limiter) Held() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, time.Until(l.held))
}

// Wait returns when one request may be made.
func (l *Limiter) Wait(ctx context.Context) error {
	for held := l.Held(); held > 0; held = l.Held() {
		if !sleep(ctx, held, nil) {
			return ctx.Err()
		}
	}
	return l.limit.Wait(ctx)
}

type prepaidKey struct{}

// prepay waits for one request's turn now, so that the wait does not fall between a step's recorded start and its
// request. The first request made with the returned context passes without waiting again.
func (l *Limiter) prepay(ctx context.Context) (context.Context, error) {
	if err := l.Wait(ctx); err != nil {
		return ctx, err
	}
	paid := new(atomic.Bool)
	paid.Store(true)
	return context.WithValue(ctx, prepaidKey{}, paid), nil
}

// Transport sends requests at the limiter's pace, each with a time-out that begins when it is sent and ends when its
// body is read.
func (l *Limiter) Transport(base http.RoundTripper, timeout time.Duration) http.RoundTripper {
	return &limitedTransport{base, l, timeout}
}

type limitedTransport struct {
	base    http.RoundTripper
	limiter *Limiter
	timeout time.Duration
}

func (t *limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	paid, _ := r.Context().Value(prepaidKey{}).(*atomic.Bool)
	if paid == nil || !paid.CompareAndSwap(true, false) {
		if err := t.limiter.Wait(r.Context()); err != nil {
			if r.Body != nil {
				_ = r.Body.Close() // as a RoundTripper must, also when it fails
			}
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), t.timeout)
	response, err := t.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	response.Body = &cancelOnClose{response.Body, cancel}
	return response, nil
}

type cancelOnClose struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelOnClose) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
