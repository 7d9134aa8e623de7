package lapor_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Over real sockets, with net/http's own transport.
func TestTheVerdictsOverSockets(t *testing.T) {
	refused := func(t *testing.T) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		return "http://" + listener.Addr().String()
	}
	serve := func(handle http.HandlerFunc) func(*testing.T) string {
		return func(t *testing.T) string {
			server := httptest.NewServer(handle)
			t.Cleanup(server.Close)
			return server.URL
		}
	}
	hijack := func(w http.ResponseWriter, say string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, say)
			_ = conn.Close()
		}
	}
	redirect := func(status int, to string) func(*testing.T) string {
		return serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", strings.ReplaceAll(to, "{path}", r.URL.Path))
			w.WriteHeader(status)
		})
	}
	for name, c := range map[string]struct {
		at      func(*testing.T) string
		verdict retry.Verdict
		reason  retry.Reason
	}{
		"nobody listens": {refused, retry.Transient, retry.Refused},
		"closed after the request": {serve(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			hijack(w, "")
		}), retry.Uncertain, retry.Reset},
		"answer cut": {serve(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"compl")
		}), retry.Uncertain, retry.Reset},
		"redirect": {serve(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				t.Error("a redirect was followed")
			}
			http.Redirect(w, r, "/login", http.StatusTemporaryRedirect)
		}), retry.Transient, retry.Unavailable},
		"sent to sign in":                {redirect(302, "/login"), retry.Transient, retry.Unavailable},
		"moved to another host":          {redirect(301, "https://lapor.example{path}"), retry.Transient, retry.Unavailable},
		"moved behind a slash":           {redirect(301, "{path}/"), retry.Transient, retry.Unavailable},
		"moved to where it is":           {redirect(301, "{path}"), retry.Uncertain, retry.Malformed},
		"moved, with something asked":    {redirect(301, "{path}?baru=10000001"), retry.Uncertain, retry.Malformed},
		"found on another host":          {redirect(302, "https://lapor.example{path}"), retry.Uncertain, retry.Malformed},
		"what was made is there":         {redirect(303, "/complaints/10000001"), retry.Uncertain, retry.Malformed},
		"what was made is there, by 302": {redirect(302, "/complaints/10000001"), retry.Uncertain, retry.Malformed},
		"a proxy's client gave up": {serve(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(499)
		}), retry.Uncertain, retry.BadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			p := open(t, transport, settings(func(s *lapor.Settings) { s.BaseURL = c.at(t) }))
			_, err := p.Submit.Submit(t.Context(), lamp(), forgetful{})
			if got := retry.Of(err); err == nil || got.Verdict != c.verdict || got.Reason != c.reason {
				t.Errorf("got %v: %s (%s), want %s (%s)", err, got.Verdict, got.Reason, c.verdict, c.reason)
			}
			if strings.Contains(err.Error(), "http://") || strings.Contains(err.Error(), "giving up") {
				t.Errorf("the error is a library's: %v", err)
			}
		})
	}
}

// net/http quotes in its errors what it cannot read, and a platform may have written there what it was sent.
func TestWhatCannotBeReadIsNotRepeated(t *testing.T) {
	for received, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nNama Siti Contoh 081200000001\r\n\r\n":     `missing colon: "…"`,
		"HTTP/1.1 200 OK\r\nNama\tSITI CONTOH\t0812 0000 0001\r\n\r\n": `missing colon: "…"`,
		"Siti-Contoh\r\n\r\n":          `malformed HTTP response "…"`,
		"HTTP/1.1 Siti Contoh\r\n\r\n": `malformed HTTP status code "…"`,
		"HTTP/1.1 302 Found\r\nLocation: http://[siti@surat.example\r\n\r\n":     `failed to parse Location header`,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSiti\r\n\r\n": `missing colon: "…"`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = io.WriteString(conn, received)
				_ = conn.Close()
			}
		}))
		transport := &http.Transport{}
		p := open(t, transport, settings(func(s *lapor.Settings) { s.BaseURL = server.URL }))
		_, err := p.Submit.Submit(t.Context(), lamp(), forgetful{})
		if got := retry.Of(err); err == nil || got.Verdict != retry.Uncertain || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v (%s), want %s", received, err, got.Verdict, want)
		}
		for _, private := range []string{"siti", "contoh", "0001", "surat.example"} {
			if err != nil && strings.Contains(strings.ToLower(err.Error()), private) {
				t.Errorf("%q: the error says %q: %v", received, private, err)
			}
		}
		transport.CloseIdleConnections()
		server.Close()
	}
}

// A transport of a stranger, which tells no trace, must not make a request that was sent look as if it was not.
func TestABodyThatWasReadCountsAsSent(t *testing.T) {
	var calls atomic.Int32
	silent := roundTripper(func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		return nil, errors.New("something went wrong")
	})
	p := open(t, silent, settings(nil))
	for asked := range int32(3) {
		_, err := p.Submit.Submit(t.Context(), lamp(), forgetful{})
		if got := retry.Of(err); got.Verdict != retry.Uncertain || calls.Load() != asked+1 {
			t.Errorf("got %v (%s) after %d calls", err, got.Verdict, calls.Load())
		}
		if strings.Contains(err.Error(), "https://") {
			t.Errorf("the error carries an address: %v", err)
		}
	}
}

// countedConn counts what is written at once.
type countedConn struct {
	net.Conn
	writes *atomic.Int32
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

func TestARequestIsWrittenInOnePiece(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"complaint_id":5}`)
	}))
	t.Cleanup(server.Close)
	var writes atomic.Int32
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return countedConn{conn, &writes}, err
	}}
	defer transport.CloseIdleConnections()
	p := open(t, transport, settings(func(s *lapor.Settings) { s.BaseURL = server.URL }))
	for range 2 {
		writes.Store(0)
		if _, err := p.Submit.Submit(t.Context(), lamp(), forgetful{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := writes.Load(); n != 1 {
		t.Errorf("it was written in %d pieces", n)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAConnectionThatWasNeverMadeIsTriedOnceMore(t *testing.T) {
	var calls int
	wire := always(http.StatusOK, `{"complaint_id":5}`)
	flaky := roundTripper(func(r *http.Request) (*http.Response, error) {
		if calls++; calls == 1 {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no route to host")}
		}
		return wire.RoundTrip(r)
	})
	ticket, err := open(t, flaky, settings(nil)).Submit.Submit(t.Context(), lamp(), forgetful{})
	if err != nil || ticket.ID != "5" || len(wire.bodies[0]) == 0 {
		t.Errorf("got %v, %v", ticket, err)
	}
}
