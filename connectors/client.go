package connectors

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/satupintu/satupintu/sync/retry"
)

// NewClient returns a client for a channel's requests, sent through transport. A request is sent again, once and at
// once, only when nothing of it had left; redirects are not followed; no answer is waited upon beyond timeout, and none
// is slept on. Answers of more than 32 MiB are refused.
func NewClient(transport http.RoundTripper, timeout time.Duration) *resty.Client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	quick := retryablehttp.NewClient()
	quick.HTTPClient = &http.Client{Transport: transport, CheckRedirect: stay}
	quick.Logger = nil
	quick.RetryMax = 1
	quick.RetryWaitMin, quick.RetryWaitMax = 100*time.Millisecond, 100*time.Millisecond
	quick.CheckRetry = func(ctx context.Context, _ *http.Response, err error) (bool, error) {
		sent, traced := ctx.Value(sentKey{}).(*atomic.Bool)
		return err != nil && ctx.Err() == nil && traced && !sent.Load(), nil
	}
	quick.ErrorHandler = retryablehttp.PassthroughErrorHandler
	outer := quick.StandardClient()
	outer.CheckRedirect = stay
	return resty.NewWithClient(outer).SetRetryCount(0).SetTimeout(timeout).SetResponseBodyLimit(32<<20).
		SetHeader("User-Agent", "satupintu").SetLogger(silent{})
}

// silent drops resty's own log lines, which may quote addresses and headers.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

type sentKey struct{}

// Do sends a request and gives its failure a verdict (package retry). The error names the method and the host, never
// the rest of the address, which may hold a secret, nor what was received in place of an answer. The answer is nil when there was none.
func Do(ctx context.Context, request *resty.Request, method, address string) (*resty.Response, error) {
	sent := new(atomic.Bool)
	mark := func() { sent.Store(true) }
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { mark() },
		WroteHeaders:     mark,
		WroteRequest:     func(info httptrace.WroteRequestInfo) { sent.Store(sent.Load() || info.Err == nil) },
	})
	ctx = context.WithValue(ctx, sentKey{}, sent)
	answer, err := request.SetContext(ctx).Execute(method, address)
	host := hostOf(address)
	if err != nil {
		return nil, retry.FromTransport(fmt.Errorf("%s %s: %w", method, host, retry.Cause(err)), sent.Load())
	}
	return answer, retry.FromStatus(answer.StatusCode(), answer.Header(), retry.Application,
		retry.StatusError(method, host, answer.StatusCode(), ""))
}

// ClockOf is the time an answer was made, by the slower of both clocks: what lies behind it is no longer in the future.
func ClockOf(answer *resty.Response) time.Time {
	now := time.Now()
	if theirs, err := http.ParseTime(answer.Header().Get("Date")); err == nil && theirs.Before(now) {
		return theirs
	}
	return now
}

func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the channel"
	}
	return parsed.Host
}
