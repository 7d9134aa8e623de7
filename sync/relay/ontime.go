package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// OnTime keeps requests back whose deadline has passed by the clock. A context alone cannot be relied on for that: it learns
// of its deadline by a timer, and in a gateway that was frozen the request may be quicker than the timer when both wake. By
// then others hold what it had claimed: they may have told a channel this and what came after it. So the clock is looked at
// once more before the request is handed on, and again by its connection each time something of it is written. Who reads a request
// to its end does not act upon one that is cut short.
//
// The transport must not be in use yet, and must dial by DialContext or not at all by itself. It keeps to HTTP/1.1, where a connection
// has one request at a time, and to HTTP: a peer that would go over to another protocol is answered with the end of the connection.
func OnTime(t *http.Transport) http.RoundTripper {
	dial := t.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &timelyConn{Conn: conn}, nil
	}
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return onTime{t}
}

type onTime struct{ base *http.Transport }

func (t onTime) RoundTrip(r *http.Request) (*http.Response, error) {
	by, ok := r.Context().Deadline()
	if ok && late(by) {
		if r.Body != nil {
			_ = r.Body.Close() // as a RoundTripper must, also when it fails
		}
		return nil, context.DeadlineExceeded
	}
	var limit *time.Time // no request's deadline is left to the connection's next one
	if ok {
		limit = &by
	}
	answer, err := t.base.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			if conn := timely(got.Conn); conn != nil {
				conn.by.Store(limit)
			}
		},
	})))
	if err == nil && answer.StatusCode == http.StatusSwitchingProtocols {
		_ = answer.Body.Close() // it is the connection itself, for which neither the context nor any time-out holds
		answer.Body = http.NoBody
	}
	if err != nil && ok && late(by) && !errors.Is(err, context.DeadlineExceeded) { // whatever the transport says of a refused write
		err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return answer, err
}

// timely is the connection to the peer beneath those that encrypt what goes over it.
func timely(conn net.Conn) *timelyConn {
	for {
		switch c := conn.(type) {
		case *timelyConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// timelyConn writes nothing after the deadline of the request that has it.
type timelyConn struct {
	net.Conn
	by atomic.Pointer[time.Time]
}

func (c *timelyConn) Write(p []byte) (int, error) {
	if by := c.by.Load(); by != nil && late(*by) {
		return 0, context.DeadlineExceeded
	}
	return c.Conn.Write(p)
}

// CloseIdleConnections is what clients ask of a transport whose request has failed.
func (t onTime) CloseIdleConnections() { t.base.CloseIdleConnections() }

func late(by time.Time) bool { return time.Now().After(by) }
