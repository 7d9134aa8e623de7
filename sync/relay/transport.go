package relay

import (
	"context"
	"errors"
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
	body := &timelyBody{ReadCloser: response.Body, ctx: ctx, cancel: cancel}
	body.stop = context.AfterFunc(ctx, func() { _ = body.ReadCloser.Close() })
	response.Body = body
	return response, nil
}

// timelyBody ends with the request's time, also where the transport beneath would go on reading: then it is closed while
// somebody reads, as net/http's bodies may be.
type timelyBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelFunc
	stop   func() bool
}

func (b *timelyBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && b.ctx.Err() != nil { // whatever is said of a body that was closed
		err = b.ctx.Err()
	}
	return n, err
}

func (b *timelyBody) Close() error {
	defer b.cancel()
	if !b.stop() {
		return nil // its time is over, and it is closed
	}
	return b.ReadCloser.Close()
}
