package store

import (
	"net"
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

// dialer connects to PostgreSQL.
type dialer struct{ *net.Dialer }

func newDialer() dialer {
	return dialer{&net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeEvery, Interval: probeEvery, Count: unansweredOK},
		Control:         boundUnanswered,
	}}
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	bounded := *d.Dialer
	bounded.Timeout = timeout
	return bounded.Dial(network, address)
}
