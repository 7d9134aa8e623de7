package connectortest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func statusPromises() []promise {
	return []promise{
		{"write status: told twice is told once", whenTelling(tellsOnce)},
		{"write status: each change is told", whenTelling(tellsEach)},
		{"write status: what it writes does not come back as a complaint", whenTelling(isNotItsOwnSource)},
		{"write status: a refusal carries its verdict", whenTelling(marksRefusals)},
		{"write status: a cancelled context returns promptly", whenTelling(tellsCancelled)},
	}
}

func whenTelling(keeps func(s *session, c connectors.Connector)) func(*session) {
	return func(s *session) {
		c := s.open()
		if c.WriteStatus == nil {
			return
		}
		if s.channel.Told == nil {
			s.t.Fatalf("a channel that is told statuses needs Told")
		}
		s.add(1)
		keeps(s, c)
	}
}

// sampleStatus is a change of the complaint whose id is 1.
func (s *session) sampleStatus(seq int64) connectors.StatusChange {
	statuses := []complaint.Status{complaint.Forwarded, complaint.InProgress, complaint.Done}
	return connectors.StatusChange{
		Ref: "SP-1KAZ5T8M3Q0X4RD", SourceID: "1", Seq: seq, Status: statuses[int(seq-1)%len(statuses)],
		Note: "Diteruskan ke dinas", Agency: "Dinas Perhubungan", TrackingID: "700" + string(rune('0'+seq)), To: s.channel.Person,
		At: time.Date(2026, 1, 3, 14, 5, int(seq), 0, time.UTC),
	}
}

func (s *session) tell(c connectors.Connector, seq int64) {
	s.t.Helper()
	err := c.WriteStatus.WriteStatus(s.ctx, s.sampleStatus(seq))
	s.note("", err)
	if err != nil {
		s.t.Fatalf("WriteStatus: %v", err)
	}
}

func tellsOnce(s *session, c connectors.Connector) {
	s.tell(c, 1)
	once := s.channel.Told()
	s.tell(c, 1)
	s.tell(s.open(), 1)
	if again := s.channel.Told(); len(once) != 1 || !slices.Equal(once, again) {
		s.t.Errorf("told once, the channel holds %q; told again, %q", once, again)
	}
}

func tellsEach(s *session, c connectors.Connector) {
	s.tell(c, 1)
	once := s.channel.Told()
	s.tell(c, 2)
	if twice := s.channel.Told(); slices.Equal(once, twice) {
		s.t.Errorf("a second change leaves the channel as it was: %q", twice)
	}
}

// isNotItsOwnSource tells a status and polls on: nothing but what was added may come. What was taken in may come again.
func isNotItsOwnSource(s *session, c connectors.Connector) {
	s.wantNoEcho(c, func() { s.tell(c, 1) })
}

// wantNoEcho polls to the end, has something told, and polls on.
func (s *session) wantNoEcho(c connectors.Connector, tell func()) {
	s.t.Helper()
	if c.Poll == nil {
		s.notTried("nothing is polled")
		return
	}
	s.add(2)
	known, end := s.drain(c, "")
	tell()
	for _, from := range []connectors.Cursor{end, ""} {
		after, _ := s.drain(c, from)
		for id := range after {
			if _, ok := known[id]; !ok {
				s.t.Errorf("what was told comes back through Poll as %q: the channel's answers are not complaints", id)
			}
		}
	}
}

// wantMarked wants an error that carries its verdict.
func (s *session) wantMarked(err error) retry.Error {
	s.t.Helper()
	s.note("", err)
	var marked *retry.Error
	if !errors.As(err, &marked) {
		s.t.Errorf("it gives %v: want an error that carries its verdict (package retry)", err)
		return retry.Error{}
	}
	return *marked
}

func marksRefusals(s *session, c connectors.Connector) {
	s.wantVerdicts(func() error { return c.WriteStatus.WriteStatus(s.ctx, s.sampleStatus(1)) })
}

// wantVerdicts has the channel answer a call with each HTTP status, and wants the verdict that the one table has for it.
func (s *session) wantVerdicts(call func() error) {
	s.t.Helper()
	if s.channel.Answer == nil {
		s.notTried("Channel.Answer is not given")
		return
	}
	refusal := retry.Permanent
	if s.channel.Lenient {
		refusal = retry.Transient
	}
	for _, row := range []struct {
		status  int
		verdict retry.Verdict
	}{
		{http.StatusBadRequest, refusal}, {http.StatusNotFound, retry.Permanent}, {http.StatusGone, retry.Permanent},
		{http.StatusUnauthorized, retry.SignIn}, {http.StatusForbidden, retry.SignIn},
		{http.StatusTooManyRequests, retry.Transient}, {http.StatusServiceUnavailable, retry.Transient}, {http.StatusTemporaryRedirect, retry.Transient},
		{http.StatusFound, retry.Uncertain}, {http.StatusSeeOther, retry.Uncertain},
		{http.StatusInternalServerError, retry.Uncertain}, {http.StatusBadGateway, retry.Uncertain},
	} {
		s.channel.Answer(row.status)
		if got := s.wantMarked(call()); got.Verdict != row.verdict {
			s.t.Errorf("answered %d, the verdict is %s, want %s", row.status, got.Verdict, row.verdict)
		}
	}
}

func tellsCancelled(s *session, c connectors.Connector) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.within("WriteStatus with a cancelled context", func() {
		err := c.WriteStatus.WriteStatus(ctx, s.sampleStatus(1))
		s.note("", err)
		if err == nil && len(s.channel.Told()) == 0 {
			s.t.Errorf("WriteStatus with a cancelled context says it told the channel, and did not")
		}
	})
}
