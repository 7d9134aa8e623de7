// Package connectortest is the behaviour suite that every connector kind passes. A kind's test describes its channel with
// a Harness; Run tries each promise of package connectors that the channel's abilities make, on a fresh channel each.
package connectortest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// Harness makes channels for the suite.
type Harness struct {
	// New makes a fresh channel that holds nothing. What it starts is ended through t.Cleanup.
	New func(t testing.TB) Channel

	patience time.Duration // how long a cancelled call may take
}

// Channel is the far side of one connector.
type Channel struct {
	// Open opens a connector on the channel. Opening again is a restart: the channel stays as it is. Required.
	Open func(env connectors.Env) (connectors.Connector, error)
	// Secrets may never appear in an error, in what Check says or in a log: keys and tokens, and the personal data of
	// the sample complaints.
	Secrets []string
	// Break makes the channel unreachable, for good. Optional.
	Break func()

	// Add puts n more complaints, or messages, into the channel. Required with Poll.
	Add func(t testing.TB, n int)
	// AddAt puts n more complaints, or messages, into the channel that it dates at; Add dates them now. For channels that are
	// read in the order of time: Env.Zone is seven hours east. Optional.
	AddAt func(t testing.TB, n int, at time.Time)
	// Marked is how many complaints, or messages, the channel itself shows as taken in. For channels that Acknowledge marks.
	// Optional.
	Marked func() int
	// Stall makes the channel accept requests and never answer, until the test ends. Optional.
	Stall func()

	// Request says how complaints, or messages, are sent. Required with Receive.
	Request *Request

	// Answer makes the channel answer each status, each saying and each question for a file with an HTTP status. Optional.
	Answer func(status int)
	// Lenient says that of the 4xx only 404 and 410 are for good: the channel is told again whatever else it refuses.
	Lenient bool
	// Told lists what the channel holds of the statuses told to it, each once however often it came. Required with
	// WriteStatus.
	Told func() []string

	// Heard lists what the channel holds of what was said to people, each once however often it came, where the channel
	// can tell repeats apart. Required with Say.
	Heard func() []Heard
	// RepeatsHeard is true where the channel cannot tell repeats apart: what is said again is heard again.
	RepeatsHeard bool
	// Person is whom the suite speaks to, as a Message.Sender of the channel. Required with Say, and with a WriteStatus that
	// goes to StatusChange.To.
	Person string

	// Media puts a file of so many bytes into the channel, and says how a message names it. Required with Fetch.
	Media func(t testing.TB, size int) (connectors.Media, []byte)
	// MaxFile is the size of the largest file that the connector takes, in bytes. Required with Fetch.
	MaxFile int
}

// Heard is one message of the gateway as a person gets it. What the channel had to cut into several is one.
type Heard struct {
	To   string
	Text string
}

// Request is how a channel sends complaints.
type Request struct {
	Method string // POST when empty
	// Body makes a body of n complaints or messages. The same n gives the same body.
	Body func(n int) (contentType string, body []byte)
	// Sign puts the sender's credentials on a request, as of a moment.
	Sign func(r *http.Request, body []byte, at time.Time)
	// Timed is true where the moment of signing counts.
	Timed bool
	// AnyType is true where the channel does not say, or cannot be held to, a content type.
	AnyType bool
}

// promise is one thing that a connector must hold.
type promise struct {
	says  string
	keeps func(s *session)
}

// group is the promises of one ability.
type group struct {
	has      func(connectors.Connector) bool
	promises []promise
}

// Run tries every promise that the channel's abilities make. What a Channel leaves out that is optional is logged.
func Run(t *testing.T, h Harness) {
	t.Helper()
	s := newSession(t, h.New(t))
	connector := s.open()
	s.finish()
	for _, g := range groups() {
		if !g.has(connector) {
			continue
		}
		for _, p := range g.promises {
			t.Run(p.says, func(t *testing.T) { try(t, h, p) })
		}
	}
}

func groups() []group {
	return []group{
		{func(connectors.Connector) bool { return true }, commonPromises()},
		{func(c connectors.Connector) bool { return c.Poll != nil }, pollPromises()},
		{func(c connectors.Connector) bool { return c.Reread != nil }, rereadPromises()},
		{func(c connectors.Connector) bool { return c.Receive != nil }, receivePromises()},
		{func(c connectors.Connector) bool { return c.WriteStatus != nil }, statusPromises()},
		{func(c connectors.Connector) bool { return c.Say != nil }, sayPromises()},
		{func(c connectors.Connector) bool { return c.Fetch != nil }, fetchPromises()},
	}
}

func commonPromises() []promise {
	return []promise{
		{"it has an ability and a check", hasAbilities},
		{"a check says what it saw and changes nothing", checkIsQuiet},
		{"nothing it started outlives it", leavesNothingRunning},
		{"a broken channel is told without secrets", breaksQuietly},
	}
}

// try runs one promise on a fresh channel, then looks for secrets in all that was said.
func try(t testing.TB, h Harness, p promise) {
	t.Helper()
	s := newSession(t, h.New(t))
	if h.patience > 0 {
		s.patience = h.patience
	}
	defer s.finish()
	p.keeps(s)
}

func hasAbilities(s *session) {
	c := s.open()
	if c.Poll == nil && c.Receive == nil && c.Routes == nil {
		s.t.Errorf("the connector has none of Poll, Receive and Routes")
	}
	if c.Check == nil {
		s.t.Errorf("the connector has no Check")
	}
	if c.Authenticate != nil && c.Receive == nil {
		s.t.Errorf("the connector has Authenticate without Receive")
	}
}

func checkIsQuiet(s *session) {
	s.add(2)
	c := s.open()
	if c.Check == nil {
		return // said already
	}
	before, held := s.firstPage(c), s.holds()
	said, err := c.Check.Check(s.ctx)
	s.note(said, err)
	if said == "" || err != nil {
		s.t.Errorf("Check on a sound channel says %q, %v; want words for an operator", said, err)
	}
	if after := s.firstPage(c); after != before {
		s.t.Errorf("after Check the first page is another:\n%s\nbefore:\n%s", after, before)
	}
	if after := s.holds(); after != held {
		s.t.Errorf("Check changes the channel: %s; before: %s", after, held)
	}
}

// holds is, in words, what the channel holds that is the gateway's doing.
func (s *session) holds() string {
	var told, heard, marked int
	if s.channel.Told != nil {
		told = len(s.channel.Told())
	}
	if s.channel.Heard != nil {
		heard = len(s.channel.Heard())
	}
	if s.channel.Marked != nil {
		marked = s.channel.Marked()
	}
	return fmt.Sprintf("%d statuses told, %d things said, %d marked as taken in", told, heard, marked)
}

func breaksQuietly(s *session) {
	if s.channel.Break == nil {
		s.notTried("Channel.Break is not given")
		return
	}
	s.add(1)
	c := s.open()
	s.channel.Break()
	if c.Check != nil {
		said, err := c.Check.Check(s.ctx)
		s.note(said, err)
		if err == nil {
			s.t.Errorf("Check of a broken channel says %q and no error", said)
		}
	}
	if c.Poll != nil {
		if _, err := c.Poll.Poll(s.ctx, ""); err == nil {
			s.t.Errorf("Poll of a broken channel gives no error: an empty page means that there is nothing new")
		} else {
			s.note("", err)
		}
	}
	if c.WriteStatus != nil {
		s.wantMarked(c.WriteStatus.WriteStatus(s.ctx, s.sampleStatus(1)))
	}
	if c.Say != nil {
		s.wantMarked(c.Say.Say(s.ctx, s.saying(1)))
	}
	if c.Fetch != nil {
		_, err := c.Fetch.Fetch(s.ctx, connectors.Media{ID: "1"})
		s.wantMarked(err)
	}
}
