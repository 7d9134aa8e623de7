package relay

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

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
	if s := response.StatusCode; s < 500 && s != http.StatusTooManyRequests {
		t.limiter.answered.Store(true)
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
