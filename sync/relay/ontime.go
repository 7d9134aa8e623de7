package relay

import (
	"context"
	"io"
	"net/http"
	"time"
)

// OnTime keeps requests back whose deadline has passed by the clock. A context alone cannot be relied on for that: it learns
// of its deadline by a timer, and in a gateway that was frozen the request may be quicker than the timer when both wake. By
// then others hold what it had claimed: they may have told a channel this and what came after it. So the clock is looked at
// once more before the request is handed on, and again when its body is taken, which is just before it is written.
func OnTime(base http.RoundTripper) http.RoundTripper { return onTime{base} }

type onTime struct{ base http.RoundTripper }

func (t onTime) RoundTrip(r *http.Request) (*http.Response, error) {
	by, ok := r.Context().Deadline()
	if !ok {
		return t.base.RoundTrip(r)
	}
	if late(by) {
		if r.Body != nil {
			_ = r.Body.Close() // as a RoundTripper must, also when it fails
		}
		return nil, context.DeadlineExceeded
	}
	if r.Body == nil || r.Body == http.NoBody {
		return t.base.RoundTrip(r)
	}
	r = r.WithContext(r.Context()) // a copy: the caller's request is not ours to change
	r.Body = timelyBody{r.Body, by}
	if again := r.GetBody; again != nil {
		r.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			return timelyBody{body, by}, err
		}
	}
	return t.base.RoundTrip(r)
}

// timelyBody cannot be read any more after its request's deadline. Who reads a request to its end does not act upon one that is cut
// short.
type timelyBody struct {
	io.ReadCloser
	by time.Time
}

func (b timelyBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if late(b.by) {
		return 0, context.DeadlineExceeded
	}
	return n, err
}

// CloseIdleConnections is what clients ask of a transport whose request has failed.
func (t onTime) CloseIdleConnections() { (&http.Client{Transport: t.base}).CloseIdleConnections() }

func late(by time.Time) bool { return time.Now().After(by) }
