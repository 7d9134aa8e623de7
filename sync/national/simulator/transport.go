package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"syscall"
)

// Transport serves requests in process: no sockets, no goroutines of its own. Like http.Transport it ends with what the
// request's context ended with, closes the request's body, and tells an httptrace.ClientTrace what was written and
// when; the connection in GotConnInfo is nil. A lost answer is io.ErrUnexpectedEOF. Every host is the simulator.
func (s *Simulator) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sim *Simulator }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	body := &closeOnce{ReadCloser: r.Body}
	defer body.Close()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	trace := traceOf(ctx)
	if err := t.connect(r, trace); err != nil {
		return nil, err
	}
	in, err := t.send(r, body, trace)
	if err != nil {
		return nil, err
	}
	out, err := t.sim.exchange(ctx, in)
	switch {
	case errors.Is(err, errCut):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	trace.GotFirstResponseByte()
	return response(r, out), nil
}

// connect is where a rule may say that nobody listens: then nothing of the request is written.
func (t transport) connect(r *http.Request, trace *httptrace.ClientTrace) error {
	at := address(r)
	trace.GetConn(at)
	if !t.sim.refuses(r) {
		trace.GotConn(httptrace.GotConnInfo{})
		return nil
	}
	err := &net.OpError{Op: "dial", Net: "tcp", Addr: named(at), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	trace.ConnectStart("tcp", at)
	trace.ConnectDone("tcp", at, err)
	return err
}

func (s *Simulator) refuses(r *http.Request) bool {
	if isControl(r.URL.Path) {
		return false
	}
	call, _ := s.route(&request{method: r.Method, path: r.URL.Path})
	rule := s.faults.choose(call, true, func() string { return "" })
	s.stats.met(rule.Fault)
	return rule.Fault == Refused
}

// send reads the request to its end, as a peer would. A context that ends closes the body, so that a body nobody feeds
// does not hold the call.
func (t transport) send(r *http.Request, body *closeOnce, trace *httptrace.ClientTrace) (*request, error) {
	ctx := r.Context()
	trace.WroteHeaders()
	stop := context.AfterFunc(ctx, func() { _ = body.Close() })
	data, err := body.readAll(t.sim.options.MaxBody + 1)
	if !stop() && err != nil {
		err = context.Cause(ctx)
	}
	trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	if err != nil {
		return nil, err
	}
	return &request{
		method: r.Method, path: r.URL.Path, origin: r.URL.Scheme + "://" + r.URL.Host,
		query: r.URL.Query(), header: r.Header.Clone(), body: data,
	}, nil
}

func response(r *http.Request, a answer) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

type named string

func (named) Network() string  { return "tcp" }
func (n named) String() string { return string(n) }

func address(r *http.Request) string {
	if r.URL.Port() != "" {
		return r.URL.Host
	}
	if r.URL.Scheme == "https" {
		return net.JoinHostPort(r.URL.Hostname(), "443")
	}
	return net.JoinHostPort(r.URL.Hostname(), "80")
}

// closeOnce is a request's body, which may be nil and may be closed from two sides.
type closeOnce struct {
	io.ReadCloser
	once sync.Once
}

func (c *closeOnce) Close() error {
	var err error
	c.once.Do(func() {
		if c.ReadCloser != nil {
			err = c.ReadCloser.Close()
		}
	})
	return err
}

func (c *closeOnce) readAll(most int64) ([]byte, error) {
	if c.ReadCloser == nil {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(c.ReadCloser, most))
}

// traceOf is the request's trace with every hook that is used in place.
func traceOf(ctx context.Context) *httptrace.ClientTrace {
	trace := httptrace.ClientTrace{}
	if given := httptrace.ContextClientTrace(ctx); given != nil {
		trace = *given
	}
	if trace.GetConn == nil {
		trace.GetConn = func(string) {}
	}
	if trace.GotConn == nil {
		trace.GotConn = func(httptrace.GotConnInfo) {}
	}
	if trace.ConnectStart == nil {
		trace.ConnectStart = func(string, string) {}
	}
	if trace.ConnectDone == nil {
		trace.ConnectDone = func(string, string, error) {}
	}
	if trace.WroteHeaders == nil {
		trace.WroteHeaders = func() {}
	}
	if trace.WroteRequest == nil {
		trace.WroteRequest = func(httptrace.WroteRequestInfo) {}
	}
	if trace.GotFirstResponseByte == nil {
		trace.GotFirstResponseByte = func() {}
	}
	return &trace
}
