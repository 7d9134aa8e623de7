package relay

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// untold is a context whose timer has not come round yet: its deadline may have passed, and it does not say so.
type untold struct {
	context.Context
	by time.Time
}

func (c untold) Deadline() (time.Time, bool) { return c.by, true }
func (untold) Done() <-chan struct{}         { return nil }
func (untold) Err() error                    { return nil }

// frozen is a transport that wakes after the request's deadline, with everything but the writing done.
type frozen struct{ http.RoundTripper }

func (f frozen) RoundTrip(r *http.Request) (*http.Response, error) {
	for by, _ := r.Context().Deadline(); !time.Now().After(by); { //nolint:revive // time has to pass, and a millisecond does
	}
	return f.RoundTripper.RoundTrip(r)
}

// closed is a transport that notes that its idle connections were to be closed.
type closed struct {
	http.RoundTripper
	idle *bool
}

func (c closed) CloseIdleConnections() { *c.idle = true }

// Clients ask that after a request that failed, so that a connection that is dead is not taken again.
func TestIdleConnectionsAreClosedThroughTheGuard(t *testing.T) {
	var idle bool
	client := http.Client{Transport: OnTime(closed{http.DefaultTransport, &idle})}
	if client.CloseIdleConnections(); !idle {
		t.Error("they stay open")
	}
}

func TestWhatIsLateByTheClockDoesNotLeave(t *testing.T) {
	var heard atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil {
			heard.Add(1)
		}
	}))
	t.Cleanup(s.Close)
	wires := &http.Transport{}
	t.Cleanup(wires.CloseIdleConnections)
	send := func(wires http.RoundTripper, in time.Duration, body string) error {
		r, err := http.NewRequestWithContext(untold{t.Context(), time.Now().Add(in)}, http.MethodPost, s.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := OnTime(wires).RoundTrip(r)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}
	if err := send(wires, time.Minute, "status=done"); err != nil || heard.Load() != 1 {
		t.Errorf("what is on time was heard %d times: %v", heard.Load(), err)
	}
	for name, late := range map[string]func() error{
		"late with no body":           func() error { return send(wires, -time.Second, "") },
		"late on a connection in use": func() error { return send(frozen{wires}, time.Millisecond, "status=done") },
		"late on a new connection": func() error {
			wires.CloseIdleConnections()
			return send(frozen{wires}, time.Millisecond, "status=done")
		},
	} {
		if err := late(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: want that the deadline was exceeded, got %v", name, err)
		}
	}
	if err := send(wires, time.Minute, "status=done"); err != nil || heard.Load() != 2 {
		t.Errorf("two were on time, %d were heard: %v", heard.Load(), err)
	}
}
