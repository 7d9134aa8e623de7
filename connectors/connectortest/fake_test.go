package connectortest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

const fakeSecret = "kunci-rahasia-0001"

// fake is an invented channel with its connector, sound but for one defect.
type fake struct {
	defect string

	mu     sync.Mutex
	held   int
	polls  int
	broken bool
	answer int
	told   []string
	acks   int
	files  connectors.FileStore
	log    *slog.Logger
	stop   chan struct{} // never closed: what waits on it leaks
	stall  bool
}

func (f *fake) is(defect string) bool { return f.defect == defect }

func fakeHarness(defect string) Harness {
	return Harness{New: func(t testing.TB) Channel {
		f := &fake{defect: defect, stop: make(chan struct{})}
		t.Cleanup(func() { close(f.stop) })
		channel := Channel{
			Open: f.open, Secrets: []string{fakeSecret}, Break: func() { f.broken = true }, Stall: func() { f.stall = true },
			Add:     func(_ testing.TB, n int) { f.held += n },
			Request: &Request{Body: fakeBody, Sign: fakeSign, Timed: true},
			Answer:  func(status int) { f.answer = status },
			Told:    func() []string { return slices.Clone(f.told) },
		}
		return channel
	}}
}

func (f *fake) open(env connectors.Env) (connectors.Connector, error) {
	f.files, f.log = env.Files, env.Log
	if f.is("state in memory") {
		f.polls = 0
	}
	c := connectors.Connector{Poll: f, Receive: f, Authenticate: f, Acknowledge: f, WriteStatus: f, Check: f}
	if f.is("no abilities") {
		c.Poll, c.Receive = nil, nil
	}
	if f.is("leaks a goroutine") {
		go func() { <-f.stop }()
	}
	return c, nil
}

func (f *fake) Check(context.Context) (string, error) {
	if f.broken && !f.is("check overlooks a broken channel") {
		if f.is("secret in an error") {
			return "", errors.New("cannot sign in with " + fakeSecret)
		}
		return "", errors.New("the channel is away")
	}
	if f.is("check takes a complaint") {
		f.held--
	}
	return "the channel is there", nil
}

func (f *fake) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	if f.broken {
		return connectors.Page{}, errors.New("the channel is away")
	}
	if f.stall && !f.is("ignores the context") {
		<-ctx.Done()
		return connectors.Page{}, fmt.Errorf("asking the channel: %w", ctx.Err())
	}
	if f.stall || f.is("hangs when cancelled") && ctx.Err() != nil {
		<-f.stop
	}
	f.polls++
	f.log.Debug("polled", "from", string(from), "key", f.leak())
	return f.page(from), nil
}

func (f *fake) leak() string {
	if f.is("secret in a log") {
		return fakeSecret
	}
	return ""
}

func (f *fake) page(from connectors.Cursor) connectors.Page {
	const size = 2
	start, _ := strconv.Atoi(string(from))
	end := min(start+size, f.held)
	page := connectors.Page{Next: from, More: end < f.held}
	for i := start; i < end; i++ {
		page.Complaints = append(page.Complaints, f.complaint(i))
	}
	if end > start {
		page.Next = connectors.Cursor(strconv.Itoa(end))
	}
	return f.spoil(page, from, start)
}

func (f *fake) spoil(page connectors.Page, from connectors.Cursor, start int) connectors.Page {
	switch {
	case f.is("endless more"):
		page.More = true
		page.Next = connectors.Cursor(strconv.Itoa(start + 1))
	case f.is("cursor stands still") && len(page.Complaints) > 0:
		page.Next = from
	case f.is("cursor moves on nothing") && len(page.Complaints) == 0:
		page.Next = connectors.Cursor(strconv.Itoa(start) + strings.Repeat(" ", f.polls))
	case f.is("cursor skips") && len(page.Complaints) == 2 && from != "":
		page.Next = connectors.Cursor(strconv.Itoa(start + 3))
	case f.is("ends early") && start == 4:
		page = connectors.Page{Next: from}
	case f.is("state in memory") && from != "" && f.polls < 2:
		page = connectors.Page{Next: from}
	case f.is("huge cursor"):
		page.Next = connectors.Cursor(strings.Repeat(" ", mostCursor+1))
	case f.is("sets a sound one aside") && len(page.Complaints) > 0:
		page.SetAside = []connectors.SetAside{{SourceID: "1", Reason: connectors.BadField}}
	}
	return page
}

func (f *fake) complaint(i int) complaint.Complaint {
	c := complaint.Complaint{SourceID: strconv.Itoa(i + 1), Title: "Lampu mati", Text: "Lampu mati di Sedanau", Class: complaint.Ordinary}
	c.Raw = complaint.Payload{Type: "text/plain", Body: []byte("Lampu mati di Sedanau")}
	switch {
	case f.is("page changes"):
		c.Text += strconv.Itoa(f.polls)
	case f.is("id changes"):
		c.SourceID += "-" + strconv.Itoa(f.polls)
	case f.is("unclean"):
		c.Text += "\x00"
	case f.is("unfit"):
		c.Text = ""
	case f.is("fills the gateway's fields"):
		c.Source = "fake"
	case f.is("loses the raw bytes"):
		c.Raw = complaint.Payload{}
	}
	return c
}

func (f *fake) Acknowledge(context.Context, connectors.Page) error {
	if f.acks++; f.acks > 1 && f.is("acknowledges once") {
		return errors.New("acknowledged already")
	}
	return nil
}

func (f *fake) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	switch {
	case f.is("claims what it did not tell") && ctx.Err() != nil:
		return nil
	case f.is("tells nothing") && change.Seq > 1:
		return nil
	case f.is("hangs when told cancelled") && ctx.Err() != nil:
		<-f.stop
	case ctx.Err() != nil:
		return ctx.Err()
	case f.is("unmarked refusal") && f.answer != 0:
		return errors.New("refused")
	case f.is("retries a refusal for ever") && f.answer != 0:
		return retry.After(errors.New("refused"), 0)
	case f.broken:
		return retry.FromTransport(errors.New("the channel is away"), false)
	case f.answer != 0:
		return retry.FromStatus(f.answer, nil, retry.Application, errors.New("refused"))
	}
	line := fmt.Sprint(change.Ref, change.Seq, change.Status)
	if f.is("tells twice") || !slices.Contains(f.told, line) {
		f.told = append(f.told, line)
	}
	return nil
}

func fakeBody(n int) (string, []byte) { return "text/fake", []byte(strconv.Itoa(n)) }

func fakeSign(r *http.Request, body []byte, at time.Time) {
	r.Header.Set("X-Time", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("X-Sum", fakeSum(r.Header.Get("X-Time"), body))
}

func fakeSum(at string, body []byte) string {
	sum := sha256.Sum256([]byte(fakeSecret + at + string(body)))
	return hex.EncodeToString(sum[:])
}

func (f *fake) Authenticate(r *http.Request) error {
	if f.is("anybody may ask") {
		return nil
	}
	return f.known(r, nil)
}

func (f *fake) known(r *http.Request, body []byte) error {
	at, err := strconv.ParseInt(r.Header.Get("X-Time"), 10, 64)
	late := time.Since(time.Unix(at, 0)).Abs() > time.Minute
	if err != nil || late && !f.is("takes stale requests") || r.Header.Get("X-Sum") != fakeSum(r.Header.Get("X-Time"), body) && !f.is("takes wrong signatures") {
		return &connectors.RequestError{Status: http.StatusUnauthorized, Detail: "not signed"}
	}
	return nil
}

func (f *fake) Receive(r *http.Request) (connectors.Received, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil && !f.is("takes broken bodies") {
		return connectors.Received{}, fmt.Errorf("reading: %w", err)
	}
	if len(body) > maxBody && !f.is("takes any size") {
		return connectors.Received{}, &connectors.RequestError{Status: http.StatusRequestEntityTooLarge}
	}
	if f.is("keeps files before it asks who") {
		_, _ = f.files.Put(r.Context(), "a", strings.NewReader("a"))
	}
	if err := f.known(r, body); err != nil && !f.is("takes anybody's") {
		return connectors.Received{}, err
	}
	if r.Header.Get("Content-Type") != "text/fake" && !f.is("takes any type") {
		return connectors.Received{}, &connectors.RequestError{Status: http.StatusUnsupportedMediaType}
	}
	return f.received(body)
}

func (f *fake) received(body []byte) (connectors.Received, error) {
	n, err := strconv.Atoi(string(body))
	if err != nil {
		return connectors.Received{}, &connectors.RequestError{Status: http.StatusBadRequest}
	}
	var received connectors.Received
	if f.is("answers by itself") {
		received.Answer = &connectors.Answer{}
	}
	f.polls++
	for i := range n {
		received.Complaints = append(received.Complaints, f.complaint(i))
	}
	return received, nil
}
