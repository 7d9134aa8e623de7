package connectortest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/connectors"
)

const maxBody = 1 << 20

// session is one promise being tried: the gateway's side of a channel.
type session struct {
	t         testing.TB
	ctx       context.Context
	channel   Channel
	files     *Shelf
	transport *http.Transport
	said      *Log
	closers   []func() error
	patience  time.Duration
}

func newSession(t testing.TB, channel Channel) *session {
	return &session{
		t: t, ctx: t.Context(), channel: channel, files: &Shelf{}, transport: &http.Transport{}, said: &Log{},
		patience: 5 * time.Second,
	}
}

// open opens a connector; finish closes it.
func (s *session) open() connectors.Connector {
	s.t.Helper()
	c, err := s.channel.Open(connectors.Env{
		Name: "suite", Zone: time.FixedZone("WIB", 7*3600), Files: s.files, MaxBody: maxBody, Transport: s.transport,
		Log: slog.New(slog.NewTextHandler(s.said, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		s.t.Fatalf("opening the connector: %v", err)
	}
	if c.Close != nil {
		s.closers = append(s.closers, sync.OnceValue(c.Close))
	}
	return c
}

// close closes what is open.
func (s *session) close() {
	for _, end := range s.closers {
		s.note("", end())
	}
	s.closers = nil
	s.transport.CloseIdleConnections()
}

func (s *session) finish() {
	s.t.Helper()
	s.close()
	for i, secret := range s.channel.Secrets {
		if secret != "" && strings.Contains(s.said.String(), secret) {
			s.t.Errorf("a secret or personal data stands in an error, in what Check says, in a SetAside's words or in a log: Secrets[%d]", i)
		}
	}
}

// note keeps what the connector said, for finish.
func (s *session) note(text string, err error) {
	fmt.Fprintln(s.said, text)
	var refused *connectors.RequestError
	if errors.As(err, &refused) {
		fmt.Fprintln(s.said, refused.Field, refused.Detail)
	}
	if err != nil {
		fmt.Fprintf(s.said, "%v\n%+v\n", err, err)
	}
}

// notTried says what of a promise could not be tried.
func (s *session) notTried(why string) {
	s.t.Helper()
	s.t.Log("not tried: " + why)
}

func (s *session) add(n int) {
	if s.channel.Add != nil {
		s.channel.Add(s.t, n)
	}
}

// within runs a call that must end promptly.
func (s *session) within(what string, call func()) {
	s.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	late := time.NewTimer(s.patience)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
		s.t.Fatalf("%s does not return within %s", what, s.patience)
	}
}

// leavesNothingRunning opens, uses and closes the connector, and looks for goroutines that were not there before.
func leavesNothingRunning(s *session) {
	s.add(2)
	before := goleak.IgnoreCurrent()
	c := s.open()
	if c.Check != nil {
		said, err := c.Check.Check(s.ctx)
		s.note(said, err)
	}
	if c.Poll != nil {
		s.drain(c, "")
	}
	if c.Receive != nil && s.channel.Request != nil {
		_, err := s.send(c, s.request(1))
		s.note("", err)
	}
	if c.WriteStatus != nil {
		s.note("", c.WriteStatus.WriteStatus(s.ctx, s.sampleStatus(1)))
	}
	if c.Say != nil {
		s.note("", c.Say.Say(s.ctx, s.saying(1)))
	}
	if c.Fetch != nil && s.channel.Media != nil {
		media, _ := s.channel.Media(s.t, fileSize)
		_, err := c.Fetch.Fetch(s.ctx, media)
		s.note("", err)
	}
	s.close()
	if err := goleak.Find(before); err != nil {
		s.t.Errorf("a goroutine still runs after Close: %v", err)
	}
}
