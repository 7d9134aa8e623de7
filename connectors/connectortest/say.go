package connectortest

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
)

func sayPromises() []promise {
	return []promise{
		{"say: what is said reaches its person", whenSaying(saysIt)},
		{"say: the same saying twice is said once, where the channel can tell", whenSaying(saysOnce)},
		{"say: each saying is said", whenSaying(saysEach)},
		{"say: a long text arrives as text", whenSaying(saysLong)},
		{"say: what is said does not come back as a message", whenSaying(hearsNotItself)},
		{"say: a refusal carries its verdict", whenSaying(marksRefusedSayings)},
		{"say: a cancelled context returns promptly", whenSaying(saysCancelled)},
	}
}

func whenSaying(keeps func(s *session, c connectors.Connector)) func(*session) {
	return func(s *session) {
		c := s.open()
		if c.Say == nil {
			return
		}
		if s.channel.Heard == nil || s.channel.Person == "" {
			s.t.Fatalf("a channel that is spoken on needs Heard and Person")
		}
		keeps(s, c)
	}
}

// saying is the n-th thing said to the channel's person, who wrote a minute ago.
func (s *session) saying(n int) connectors.Saying {
	number := string(rune('0' + n))
	return connectors.Saying{
		Key: "kunci-" + number, To: s.channel.Person, HeardAt: time.Now().Add(-time.Minute),
		Text: "Laporan SP-1KAZ5T8M3Q0X4RD sudah kami terima (" + number + ").",
	}
}

func (s *session) say(c connectors.Connector, saying connectors.Saying) {
	s.t.Helper()
	err := c.Say.Say(s.ctx, saying)
	s.note("", err)
	if err != nil {
		s.t.Fatalf("Say: %v", err)
	}
}

func saysIt(s *session, c connectors.Connector) {
	saying := s.saying(1)
	s.say(c, saying)
	heard := s.channel.Heard()
	if len(heard) != 1 || heard[0].To != saying.To || !strings.Contains(heard[0].Text, saying.Text) {
		s.t.Errorf("%q was said to %q, and heard was %q", saying.Text, saying.To, heard)
	}
}

func saysOnce(s *session, c connectors.Connector) {
	s.say(c, s.saying(1))
	once := s.channel.Heard()
	s.say(c, s.saying(1))
	s.say(s.open(), s.saying(1))
	again := s.channel.Heard()
	if s.channel.RepeatsHeard {
		again = slices.Compact(again)
	}
	if len(once) != 1 || !slices.Equal(once, again) {
		s.t.Errorf("said once, heard is %q; said again, %q", once, again)
	}
}

func saysEach(s *session, c connectors.Connector) {
	s.say(c, s.saying(1))
	s.say(c, s.saying(2))
	if heard := s.channel.Heard(); len(heard) != 2 || heard[0] == heard[1] {
		s.t.Errorf("of two sayings heard is %q", heard)
	}
}

func hearsNotItself(s *session, c connectors.Connector) {
	s.wantNoEcho(c, func() { s.say(c, s.saying(1)) })
}

// saysLong says more than any channel carries in one message, in letters of three bytes, so begun that two of three cuts
// at any byte fall inside one.
func saysLong(s *session, c connectors.Connector) {
	const begins = "Laporan SP-1KAZ5T8M3Q0X4RD sedang diproses. "
	for shift := range 3 {
		saying := s.saying(shift + 1)
		saying.Text = begins + strings.Repeat("x", shift) + strings.Repeat("…", 20_000)
		s.say(c, saying)
	}
	heard := s.channel.Heard()
	if len(heard) != 3 {
		s.t.Fatalf("of three long sayings %d were heard", len(heard))
	}
	for _, one := range heard {
		if !strings.Contains(one.Text, strings.TrimSpace(begins)) {
			s.t.Errorf("a long saying is heard without its beginning")
		}
		if !utf8.ValidString(one.Text) || strings.ContainsRune(one.Text, utf8.RuneError) {
			s.t.Errorf("a long saying is cut inside a letter")
		}
	}
}

func marksRefusedSayings(s *session, c connectors.Connector) {
	s.wantVerdicts(func() error { return c.Say.Say(s.ctx, s.saying(1)) })
}

func saysCancelled(s *session, c connectors.Connector) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.within("Say with a cancelled context", func() {
		err := c.Say.Say(ctx, s.saying(1))
		s.note("", err)
		if err == nil && len(s.channel.Heard()) == 0 {
			s.t.Errorf("Say with a cancelled context says that it spoke, and did not")
		}
	})
	s.stalled("Say", func(ctx context.Context) error { return c.Say.Say(ctx, s.saying(1)) })
}
