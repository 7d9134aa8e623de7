package lapor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
)

// sent notes whether any part of one request may have reached the other side. It errs towards yes: a body that was
// read counts as sent although it may still have lain in a buffer.
type sent struct {
	yes    atomic.Bool
	traced atomic.Bool // the transport tells what it does
}

type sentKey struct{}

// watch returns a context whose requests are noted.
func (s *sent) watch(ctx context.Context) context.Context {
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { s.traced.Store(true) },
		WroteHeaders: func() { s.yes.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				s.yes.Store(true)
			}
		},
	}
	return context.WithValue(httptrace.WithClientTrace(ctx, trace), sentKey{}, s)
}

// noting sees that bodies are read, so that a transport which knows nothing of httptrace is noticed too.
type noting struct{ base http.RoundTripper }

// mostWhole is up to how many bytes a body is handed on as net/http wants it to write it together with the head.
const mostWhole = 64 << 10

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	s, ok := r.Context().Value(sentKey{}).(*sent)
	if !ok || r.Body == nil || r.Body == http.NoBody {
		return n.base.RoundTrip(r)
	}
	given := r.Body
	r = r.WithContext(r.Context()) // a copy: the caller's request is not ours to change
	if r.ContentLength <= 0 || r.ContentLength > mostWhole {
		r.Body = notingBody{ReadCloser: given, sent: s}
		return n.base.RoundTrip(r)
	}
	whole := make([]byte, r.ContentLength)
	_, err := io.ReadFull(given, whole)
	_ = given.Close()
	if err != nil {
		return nil, err
	}
	body := bytes.NewReader(whole)
	r.Body = io.NopCloser(body)
	answer, err := n.base.RoundTrip(r)
	if err != nil && !s.traced.Load() && body.Len() < len(whole) { // one that traces tells it, and may still be reading
		s.yes.Store(true)
	}
	return answer, err
}

type notingBody struct {
	io.ReadCloser
	sent *sent
}

func (b notingBody) Read(p []byte) (int, error) {
	b.sent.yes.Store(true)
	return b.ReadCloser.Read(p)
}

// newRest stacks the clients: resty on retryablehttp on the gateway's transport. Only a connection that was never made
// is tried again, once and soon; everything else is the durable queue's to repeat. Redirects are answers.
func newRest(transport http.RoundTripper) *resty.Client {
	quick := retryablehttp.NewClient()
	quick.HTTPClient = &http.Client{Transport: noting{base: transport}, CheckRedirect: stay}
	quick.Logger = nil
	quick.RetryMax = 1
	quick.CheckRetry = neverConnected
	quick.Backoff = func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 250 * time.Millisecond }
	quick.ErrorHandler = retryablehttp.PassthroughErrorHandler // the default throws the last answer away

	outer := quick.StandardClient()
	outer.CheckRedirect = stay
	rest := resty.NewWithClient(outer)
	rest.SetLogger(silent{}).SetDisableWarn(true).SetRetryCount(0)
	return rest
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func neverConnected(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if err == nil || ctx.Err() != nil {
		return false, nil //nolint:nilerr // it says whether to try again, and nothing of why
	}
	s, ok := ctx.Value(sentKey{}).(*sent)
	var dial *net.OpError
	return ok && !s.yes.Load() && errors.As(err, &dial) && dial.Op == "dial", nil
}

// silent drops what resty would log: the gateway logs once, where the retry is decided.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
