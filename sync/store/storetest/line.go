package storetest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Line passes connections on to a database. Armed, it breaks the next one whose commit has been carried out, before the answer.
type Line struct {
	BeforeCommit bool // break it before the commit comes to the database instead: set it before the first Arm

	listener net.Listener
	to       string
	armed    atomic.Bool

	mu   sync.Mutex
	open []net.Conn
}

// Sever puts a Line before a database of PostgreSQL and returns the address through it.
func Sever(t *testing.T, dsn string) (*Line, string) {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	l := &Line{listener: listener, to: address.Host}
	go l.serve()
	address.Host = listener.Addr().String()
	return l, address.String()
}

// Arm has the next commit's connection broken.
func (l *Line) Arm() { l.armed.Store(true) }

// Cut breaks every connection there is, whatever is under way; the server may not notice before it has something to say.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.open {
		_ = conn.Close()
	}
	l.open = nil
}

func (l *Line) serve() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		l.mu.Lock()
		l.open = append(l.open, client)
		l.mu.Unlock()
		var cut atomic.Bool
		go l.pass(server, client, func(asked []byte) bool {
			if bytes.Contains(asked, []byte("COMMIT\x00")) && l.armed.CompareAndSwap(true, false) {
				cut.Store(true)
			}
			return cut.Load() && l.BeforeCommit
		})
		go l.pass(client, server, func([]byte) bool { return cut.Load() })
	}
}

// pass copies one direction until it ends, or until something comes that is to be lost.
func (l *Line) pass(to, from net.Conn, lost func([]byte) bool) {
	defer to.Close()
	defer from.Close()
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if lost(piece[:n]) {
			return
		}
		if _, failed := to.Write(piece[:n]); failed != nil || err != nil {
			return
		}
	}
}
