package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
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

// frozenAt has a request's context so that everything stands still until its deadline has passed: when the request has its connection,
// or when its head is written and not sent.
func frozenAt(ctx context.Context, moment string) context.Context {
	wake := func() {
		for by, _ := ctx.Deadline(); !time.Now().After(by); { //nolint:revive // time has to pass, and a millisecond does
		}
	}
	trace := &httptrace.ClientTrace{}
	switch moment {
	case "connection":
		trace.GotConn = func(httptrace.GotConnInfo) { wake() }
	case "head":
		trace.WroteHeaders = wake
	}
	return httptrace.WithClientTrace(ctx, trace)
}

// Clients ask that after a request that failed, so that a connection that is dead is not taken again.
func TestIdleConnectionsAreClosedThroughTheGuard(t *testing.T) {
	var ended atomic.Int64
	over := make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed && ended.Add(1) == 1 {
			close(over)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	client := http.Client{Transport: OnTime(&http.Transport{})}
	answer, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Error("it stays open")
	}
}

func TestWhatIsLateByTheClockDoesNotLeave(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"in the clear": (*httptest.Server).Start, "encrypted": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) { testLate(t, start) })
	}
}

func testLate(t *testing.T, start func(*httptest.Server)) {
	var heard, connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			heard.Add(1)
		}
		if r.ProtoMajor != 1 {
			t.Errorf("it came by %s", r.Proto)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.EnableHTTP2 = true // what the server would rather have is not asked for: there many requests share a connection
	start(s)
	t.Cleanup(s.Close)
	wires := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trusted(s)}}
	onTime := OnTime(wires)
	t.Cleanup(wires.CloseIdleConnections)
	send := func(in time.Duration, frozen string, body io.Reader) error {
		ctx := frozenAt(untold{t.Context(), time.Now().Add(in)}, frozen)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := onTime.RoundTrip(r)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}
	words := func() io.Reader { return strings.NewReader("status=done") }
	streamed := func() io.Reader { return io.LimitReader(words(), 100) } // whose length is not known beforehand
	if err := send(time.Minute, "", words()); err != nil || heard.Load() != 1 {
		t.Fatalf("what is on time was heard %d times: %v", heard.Load(), err)
	}
	for name, late := range map[string]func() error{
		"late before it begins":                  func() error { return send(-time.Second, "", nil) },
		"late on a connection in use":            func() error { return send(50*time.Millisecond, "connection", words()) },
		"late with no body":                      func() error { return send(50*time.Millisecond, "connection", nil) },
		"late when its head is written":          func() error { return send(50*time.Millisecond, "head", words()) },
		"late when a streamed body is to follow": func() error { return send(50*time.Millisecond, "head", streamed()) },
		"late on a new connection": func() error {
			wires.CloseIdleConnections()
			return send(200*time.Millisecond, "connection", words())
		},
	} {
		if err := send(time.Minute, "", words()); err != nil { // so that there is a connection in use
			t.Fatal(err)
		}
		before := heard.Load()
		if err := late(); !errors.Is(err, context.DeadlineExceeded) || heard.Load() != before {
			t.Errorf("%s: want that the deadline was exceeded, got %v", name, err)
		}
	}
	// The deadline of one request is not the next one's on its connection.
	if err := send(2*time.Second, "", words()); err != nil {
		t.Fatal(err)
	}
	<-time.After(2 * time.Second)
	before := connections.Load()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, words()) // without a deadline
	if err != nil {
		t.Fatal(err)
	}
	answer, err := onTime.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	if connections.Load() != before {
		t.Errorf("it made %d connections", connections.Load()-before)
	}
}

// net/http gives away the connection of an answer that goes over to another protocol: no time-out holds for it any more.
func TestAnswersThatLeaveHTTPEndAtOnce(t *testing.T) {
	released := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lapor\r\n\r\n")
		_, err = conn.Read(make([]byte, 1)) // until the other side goes
		released <- err
	}))
	t.Cleanup(s.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader("laporan"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := NewLimiter(100).Transport(OnTime(&http.Transport{}), time.Hour).RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%+v, %v", answer, err)
	}
	select {
	case err := <-released:
		if !errors.Is(err, io.EOF) {
			t.Errorf("the connection ends with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the connection is held")
	}
	if body, err := io.ReadAll(answer.Body); err != nil || len(body) > 0 {
		t.Errorf("its body is %q, %v", body, err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
}

func trusted(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	if s.Certificate() != nil {
		pool.AddCert(s.Certificate())
	}
	return pool
}
