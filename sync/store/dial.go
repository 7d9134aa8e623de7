package store

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// A server whose machine has vanished, with its power or its cable, does not even say that it is gone. What was sent to it is
// waited for this long, and the next one of the address is asked; Linux alone would wait for a quarter of an hour.
const (
	dialTimeout  = 4 * time.Second // of one server: less than half of applyTimeout, so that the next one has its turn
	goneAfter    = 20 * time.Second
	probeEvery   = 5 * time.Second
	unansweredOK = 3 // probes
)

// answerTimeout is how long a server is waited for that is there and says nothing, as one that was stopped or whose disk hangs, in
// all-day work: a little longer than applyTimeout. No context ends that wait, because lib/pq asks the same server to cancel.
const answerTimeout = 12 * time.Second

// patience is how long the answers of a pool's servers are waited for; zero, as while the schema is changed: for ever.
type patience struct{ atomic.Int64 }

// dialer connects to PostgreSQL.
type dialer struct {
	*net.Dialer

	patience *patience
}

func newDialer(p *patience) dialer {
	return dialer{&net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeEvery, Interval: probeEvery, Count: unansweredOK},
		Control:         boundUnanswered,
	}, p}
}

// DialContext implements pq.DialerContext. Where the context asks for it, it is told the wire.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, patience: d.patience}
	if told, ok := ctx.Value(wireKey{}).(**wire); ok {
		*told = w
	}
	return w, nil
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

type wireKey struct{}

// wire is a connection on which no answer is waited for longer than its pool's patience lasts.
type wire struct {
	net.Conn

	patience *patience
	commits  atomic.Bool // a synchronous standby that is away may take its time
	bounded  atomic.Bool // the driver has set a deadline, for what connecting takes (connect_timeout)
}

// SetDeadline implements net.Conn.
func (w *wire) SetDeadline(t time.Time) error {
	w.bounded.Store(!t.IsZero())
	return w.Conn.SetDeadline(t)
}

func (w *wire) Read(p []byte) (int, error) {
	if most := time.Duration(w.patience.Load()); most > 0 && !w.commits.Load() && !w.bounded.Load() {
		if err := w.SetReadDeadline(time.Now().Add(most)); err != nil {
			return 0, err
		}
	}
	return w.Conn.Read(p)
}

// commit runs a commit, which is waited for by whoever began it as long as they like. A nil wire is no server's.
func (w *wire) commit(f func() error) error {
	if w == nil {
		return f()
	}
	w.commits.Store(true)
	defer w.commits.Store(false)
	if err := w.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	return f()
}
