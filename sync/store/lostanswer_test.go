package store_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// severer passes connections on to a database. Armed, it breaks the next one whose commit has been carried out, before the answer.
type severer struct {
	net.Listener
	to    string
	armed atomic.Bool
}

// sever puts one before a database and returns the address through it.
func sever(t *testing.T, dsn string) (*severer, string) {
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
	s := &severer{Listener: listener, to: address.Host}
	go s.serve()
	address.Host = listener.Addr().String()
	return s, address.String()
}

func (s *severer) serve() {
	for {
		client, err := s.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", s.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		var cut atomic.Bool
		go s.pass(server, client, func(asked []byte) {
			if bytes.Contains(asked, []byte("COMMIT\x00")) && s.armed.CompareAndSwap(true, false) {
				cut.Store(true)
			}
		}, nil)
		go s.pass(client, server, nil, cut.Load)
	}
}

// pass copies one direction until it ends, or until an answer comes that is to be lost.
func (s *severer) pass(to, from net.Conn, see func([]byte), lost func() bool) {
	defer to.Close()
	defer from.Close()
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if see != nil {
			see(piece[:n])
		}
		if lost != nil && lost() {
			return
		}
		if _, failed := to.Write(piece[:n]); failed != nil || err == io.EOF || err != nil {
			return
		}
	}
}

// What was claimed by a commit whose answer was lost is worked on by nobody. It is taken back before anything more is claimed, as if
// nothing had happened to it: least of all may its request seem to have gone out.
func TestAClaimWhoseAnswerWasLostIsTakenBack(t *testing.T) {
	server := storetest.StartPostgres(t)
	decide := func(complaint.Complaint) store.Decision { return store.Decision{Agency: "21030"} }
	appetite := store.Appetite{
		Most: 5, Begin: 5, Lease: time.Minute, First: func(complaint.Complaint) string { return national.StepCreate },
	}
	for name, c := range map[string]struct {
		before, claim func(t *testing.T, s *store.Store) error
	}{
		"decided": {
			func(t *testing.T, s *store.Store) error { _, err := s.Keep(t.Context(), lamp("1")); return err },
			func(t *testing.T, s *store.Store) error {
				_, err := s.Decide(t.Context(), 5, decide, appetite)
				return err
			},
		},
		"due": {
			func(t *testing.T, s *store.Store) error {
				if _, err := s.Keep(t.Context(), lamp("1")); err != nil {
					return err
				}
				_, err := s.Decide(t.Context(), 5, decide, store.Appetite{})
				return err
			},
			func(t *testing.T, s *store.Store) error {
				_, err := s.ClaimDue(t.Context(), store.Appetite{Most: appetite.Most, Begin: 5, Lease: time.Minute, First: appetite.First}, store.Turn{})
				return err
			},
		},
		"kept": {
			func(t *testing.T, s *store.Store) error {
				t.Cleanup(s.DecideAtBirth(&store.Birth{
					Judge: decide, Reserve: func(context.Context) store.Appetite { return appetite },
					Decided: func(decided []store.Decided, _ store.Appetite) {
						if len(decided) > 0 {
							t.Errorf("told of %+v, of which nobody knows whether it was committed", decided)
						}
					},
				}))
				return nil
			},
			func(t *testing.T, s *store.Store) error { _, err := s.Keep(t.Context(), lamp("1")); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			line, dsn := sever(t, server.Database(t))
			s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
			if err := c.before(t, s); err != nil {
				t.Fatal(err)
			}
			line.armed.Store(true)
			if err := c.claim(t, s); err == nil {
				t.Fatal("the commit's answer was not lost")
			}
			if lay := lies(t, s); lay.State != "leased" || lay.SentAt == 0 {
				t.Fatalf("the commit was not carried out: %+v", lay)
			}
			if err := c.claim(t, s); err != nil {
				t.Fatal(err)
			}
			want := placed{State: "ready"}
			if name == "due" {
				want = placed{State: "leased", Attempts: 1}
			}
			if lay := lies(t, s); lay != want {
				t.Errorf("it lies as %+v, want %+v", lay, want)
			}
		})
	}
}

// placed is how the one delivery lies in the queue.
type placed struct {
	State    string
	SentAt   int64 `db:"sent_at"`
	Attempts int
}

func lies(t *testing.T, s *store.Store) (p placed) {
	t.Helper()
	if err := s.Handle().Get(&p, "SELECT state, sent_at, attempts FROM delivery"); err != nil {
		t.Fatal(err)
	}
	return p
}
