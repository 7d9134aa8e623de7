package connectortest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

func receivePromises() []promise {
	return []promise{
		{"receive: complaints are fit and the answer is left to the gateway", whenReceiving(receivesFit)},
		{"receive: the same request twice gives the same complaints", whenReceiving(receivesTheSame)},
		{"receive: a request without credentials is refused before it is decoded", whenReceiving(refusesStrangers)},
		{"receive: spoilt credentials are refused", whenReceiving(refusesSpoilt)},
		{"receive: a stale or future request is refused", whenReceiving(refusesStale)},
		{"receive: a body over the limit is refused", whenReceiving(refusesLarge)},
		{"receive: another content type is refused", whenReceiving(refusesType)},
		{"receive: a body that breaks off is refused", whenReceiving(refusesBroken)},
		{"authenticate: it knows its sender and nobody else", whenReceiving(authenticates)},
	}
}

func whenReceiving(keeps func(s *session, c connectors.Connector)) func(*session) {
	return func(s *session) {
		c := s.open()
		if c.Receive == nil {
			return
		}
		if s.channel.Request == nil {
			s.t.Fatalf("a receiving channel needs Request")
		}
		keeps(s, c)
	}
}

// unsigned is a request of the channel, without credentials.
func (s *session) unsigned(contentType string, body []byte) *http.Request {
	method := s.channel.Request.Method
	if method == "" {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(s.ctx, method, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func (s *session) signed(contentType string, body []byte, at time.Time) *http.Request {
	r := s.unsigned(contentType, body)
	s.channel.Request.Sign(r, body, at)
	return r
}

// request is a sound request of n complaints or messages.
func (s *session) request(n int) *http.Request {
	contentType, body := s.channel.Request.Body(n)
	return s.signed(contentType, body, time.Now())
}

func (s *session) send(c connectors.Connector, r *http.Request) (connectors.Received, error) {
	received, err := c.Receive.Receive(r)
	s.note("", err)
	return received, err
}

// wantRefused sends a request that must be refused with the status, and with nothing taken in or kept. what says what is
// wrong with it.
func (s *session) wantRefused(c connectors.Connector, what string, r *http.Request, status int) {
	s.t.Helper()
	received, err := s.send(c, r)
	var refused *connectors.RequestError
	if !errors.As(err, &refused) || refused.Status != status {
		s.t.Errorf("%s: want a RequestError with %d, got %s", what, status, refusalInWords(err))
	}
	if taken(received) > 0 || received.Answer != nil || s.files.Count() > 0 {
		s.t.Errorf("%s: it is to be refused, and left %d complaints or messages and %d files", what, taken(received), s.files.Count())
	}
}

func refusalInWords(err error) string {
	var refused *connectors.RequestError
	if errors.As(err, &refused) {
		return fmt.Sprintf("one with %d: %v", refused.Status, err)
	}
	return fmt.Sprint(err)
}

// taken is how many complaints and messages a request brought.
func taken(received connectors.Received) int {
	return len(received.Complaints) + len(received.Messages)
}

func receivesFit(s *session, c connectors.Connector) {
	received, err := s.send(c, s.request(1))
	if err != nil || taken(received) == 0 {
		s.t.Fatalf("a sound request gives %d complaints or messages, %v", taken(received), err)
	}
	if received.Answer != nil {
		s.t.Errorf("a request with a complaint brings its own answer, before anything is kept")
	}
	for _, one := range received.Complaints {
		s.wantFit(one)
	}
	for _, m := range received.Messages {
		s.wantFitMessage(c, m)
	}
	if s.files.Count() > 0 && len(received.Messages) > 0 {
		s.t.Errorf("a message's file is fetched before the message is kept")
	}
}

func receivesTheSame(s *session, c connectors.Connector) {
	first, err := s.send(c, s.request(2))
	if err != nil {
		s.t.Fatalf("a sound request gives %v", err)
	}
	again, err := s.send(s.open(), s.request(2))
	if err != nil || len(again.Complaints) != len(first.Complaints) || len(again.Messages) != len(first.Messages) {
		s.t.Fatalf("the same request gives %d complaints or messages and then %d, %v", taken(first), taken(again), err)
	}
	for i := range first.Messages {
		if a, b := contentOf(first.Messages[i]), contentOf(again.Messages[i]); a != b {
			s.t.Errorf("the same request gives message %s and then %s", a, b)
		}
	}
	for i := range first.Complaints {
		if a, b := first.Complaints[i], again.Complaints[i]; a.SourceID != b.SourceID || a.ContentHash() != b.ContentHash() {
			s.t.Errorf("the same request gives complaint %q and then %q, or other words", a.SourceID, b.SourceID)
		}
	}
}

func refusesStrangers(s *session, c connectors.Connector) {
	contentType, body := s.channel.Request.Body(1)
	s.wantRefused(c, "without credentials", s.unsigned(contentType, body), http.StatusUnauthorized)
	s.wantRefused(c, "without credentials, a body nobody can read", s.unsigned(contentType, []byte("\x00{{")), http.StatusUnauthorized)
}

// refusesSpoilt changes the last character of each header that Sign puts on, one at a time.
func refusesSpoilt(s *session, c connectors.Connector) {
	contentType, body := s.channel.Request.Body(1)
	plain := s.unsigned(contentType, body).Header
	for name := range s.request(1).Header {
		if plain.Get(name) != "" {
			continue
		}
		r := s.request(1)
		value := []byte(r.Header.Get(name))
		last := &value[len(value)-1]
		if *last == '0' {
			*last = '1'
		} else {
			*last = '0'
		}
		r.Header.Set(name, string(value))
		s.wantRefused(c, "the last character of "+name+" changed", r, http.StatusUnauthorized)
	}
}

func refusesStale(s *session, c connectors.Connector) {
	if !s.channel.Request.Timed {
		s.notTried("Request.Timed is false")
		return
	}
	contentType, body := s.channel.Request.Body(1)
	for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour, -100 * 365 * 24 * time.Hour} {
		s.wantRefused(c, "signed "+off.String()+" from now", s.signed(contentType, body, time.Now().Add(off)), http.StatusUnauthorized)
	}
}

func refusesLarge(s *session, c connectors.Connector) {
	contentType, _ := s.channel.Request.Body(1)
	large := bytes.Repeat([]byte(" "), maxBody+1)
	s.wantRefused(c, "a body over Env.MaxBody", s.signed(contentType, large, time.Now()), http.StatusRequestEntityTooLarge)
	chunked := s.signed(contentType, large, time.Now())
	chunked.ContentLength = -1
	s.wantRefused(c, "a body over Env.MaxBody without Content-Length", chunked, http.StatusRequestEntityTooLarge)
}

func refusesType(s *session, c connectors.Connector) {
	if s.channel.Request.AnyType {
		s.notTried("Request.AnyType is true")
		return
	}
	_, body := s.channel.Request.Body(1)
	for _, contentType := range []string{"application/pdf", "", "json", "text/plain"} {
		s.wantRefused(c, fmt.Sprintf("Content-Type %q", contentType), s.signed(contentType, body, time.Now()), http.StatusUnsupportedMediaType)
	}
}

// refusesBroken breaks a body off on the way: what came is no request, whether or not it reads well.
func refusesBroken(s *session, c connectors.Connector) {
	r := s.request(1)
	_, body := s.channel.Request.Body(1)
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), brokenReader{}))
	r.ContentLength = -1
	received, err := s.send(c, r)
	if err == nil || taken(received) > 0 {
		s.t.Errorf("a body that breaks off gives %d complaints or messages, %v", taken(received), err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func authenticates(s *session, c connectors.Connector) {
	if c.Authenticate == nil {
		s.notTried("there is no Authenticate")
		return
	}
	ask := func(sign bool) error {
		r := httptest.NewRequestWithContext(s.ctx, http.MethodGet, "/", nil)
		if sign {
			s.channel.Request.Sign(r, nil, time.Now())
		}
		err := c.Authenticate.Authenticate(r)
		s.note("", err)
		return err
	}
	if err := ask(true); err != nil {
		s.t.Errorf("the sender is not known: %v", err)
	}
	var refused *connectors.RequestError
	if err := ask(false); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		s.t.Errorf("a stranger's question gives %v, want a RequestError with 401", err)
	}
}
