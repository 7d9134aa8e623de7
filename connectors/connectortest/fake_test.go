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
	rows   []time.Time // when each complaint is dated
	polls  int
	broken bool
	answer int
	told   []string
	acks   int
	marked int // by Acknowledge
	given  int // by Poll, and gone
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
			Add:     f.add,
			AddAt:   f.addAt,
			Marked:  func() int { return f.marked },
			Request: &Request{Body: fakeBody, Sign: fakeSign, Timed: true},
			Answer:  func(status int) { f.answer = status },
			Told:    func() []string { return slices.Clone(f.told) },
		}
		return channel
	}}
}

func (f *fake) add(t testing.TB, n int) { f.addAt(t, n, time.Now()) }

func (f *fake) addAt(_ testing.TB, n int, at time.Time) {
	f.rows = append(f.rows, slices.Repeat([]time.Time{at}, n)...)
}

func (f *fake) open(env connectors.Env) (connectors.Connector, error) {
	f.files, f.log = env.Files, env.Log
	if f.is("state in memory") {
		f.polls = 0
	}
	c := connectors.Connector{Poll: f, Receive: f, Authenticate: f, Acknowledge: f, WriteStatus: f, Check: f, Reread: f}
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
	switch {
	case f.is("check takes a complaint"):
		f.rows = f.rows[1:]
	case f.is("check tells a status"):
		f.told = append(f.told, "a trial")
	case f.is("check marks a complaint"):
		f.marked++
	case f.is("check says nothing"):
		return "", nil
	case f.is("secret in what check says"):
		return "signed in with " + fakeSecret, nil
	}
	return "the channel is there", nil
}

func (f *fake) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	if f.broken && f.is("poll overlooks a broken channel") {
		return connectors.Page{Next: from}, nil
	}
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

// page is the rows after a cursor, in the order in which they were written: the cursor is their number.
func (f *fake) page(from connectors.Cursor) connectors.Page {
	const size = 2
	start, _ := strconv.Atoi(string(from))
	start = max(start, f.given)
	if f.is("leaves the old alone while it has read nothing") && from == "" {
		for start < len(f.rows) && time.Since(f.rows[start]) > 7*24*time.Hour {
			start++
		}
	}
	end := min(start+size, len(f.rows))
	page := connectors.Page{Next: from, More: end < len(f.rows)}
	for i := start; i < end; i++ {
		page.Complaints = append(page.Complaints, f.complaint(i))
	}
	if end > start {
		page.Next = connectors.Cursor(strconv.Itoa(end))
	}
	if f.is("reads by time alone") {
		page = f.pageByTime(from, size)
	}
	return f.spoil(page, from, start)
}

// pageByTime is the rows that are later than a cursor that is a time.
func (f *fake) pageByTime(from connectors.Cursor, size int) connectors.Page {
	last, _ := strconv.ParseInt(string(from), 10, 64)
	order := make([]int, len(f.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return f.rows[a].Compare(f.rows[b]) })
	page := connectors.Page{Next: from}
	for _, i := range order {
		if at := f.rows[i].UnixMilli(); at > last && len(page.Complaints) < size {
			page.Complaints = append(page.Complaints, f.complaint(i))
			page.Next = connectors.Cursor(strconv.FormatInt(at, 10))
		}
	}
	return page
}

func (f *fake) spoil(page connectors.Page, from connectors.Cursor, start int) connectors.Page {
	switch {
	case f.is("page repeated for ever") && len(f.rows) > 0:
		page = connectors.Page{Complaints: []complaint.Complaint{f.complaint(0)}, Next: from + "0", More: true}
	case f.is("looks once") && start >= 3:
		page = connectors.Page{Next: from}
	case f.is("takes while it polls"):
		f.given = start + len(page.Complaints)
	case f.is("marks while it polls"):
		f.marked += len(page.Complaints)
	case f.is("secret in a set-aside") && len(page.Complaints) > 0:
		page.SetAside = []connectors.SetAside{{SourceID: "9", Reason: connectors.BadField, Detail: "the reporter is " + fakeSecret}}
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
	c.Raw = complaint.Payload{Type: "text/plain", Body: []byte(c.SourceID)}
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

func (f *fake) Reread(_ context.Context, _ *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	n, err := strconv.Atoi(string(aside.Raw))
	switch {
	case f.is("rereads nothing"):
		return page, nil
	case f.is("fails at what is not kept") && err != nil:
		return page, err
	case f.is("believes anything") && err != nil:
		n = 1
	case err != nil:
		return page, connectors.ErrNotKept
	case f.is("rereads under another id"):
		n++
	}
	page.Complaints = append(page.Complaints, f.complaint(n-1))
	return page, nil
}

func (f *fake) Acknowledge(_ context.Context, page connectors.Page) error {
	if f.acks++; f.acks > 1 && f.is("acknowledges once") {
		return errors.New("acknowledged already")
	}
	if !f.is("marks nothing") {
		f.marked += len(page.Complaints) + len(page.Messages)
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
	case f.broken && f.is("unmarked when away"):
		return errors.New("the channel is away")
	case f.broken && f.is("secret in an error of telling"):
		return retry.Never(errors.New("cannot tell with " + fakeSecret))
	case f.broken:
		return retry.FromTransport(errors.New("the channel is away"), false)
	case f.answer != 0:
		return retry.FromStatus(f.answer, nil, retry.Application, errors.New("refused"))
	}
	line := fmt.Sprint(change.Ref, change.Seq, change.Status)
	if f.is("tells twice") || !slices.Contains(f.told, line) {
		f.told = append(f.told, line)
	}
	if f.is("polls its own answers") {
		f.add(nil, 1)
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
	if _, err := strconv.Atoi(strings.TrimSpace(string(body))); err != nil && f.is("decodes before it asks who") {
		return connectors.Received{}, &connectors.RequestError{Status: http.StatusBadRequest}
	}
	if f.is("keeps files before it asks who") {
		_, _ = f.files.Put(r.Context(), "a", strings.NewReader("a"))
	}
	if err := f.known(r, body); err != nil && !f.is("takes anybody's") {
		if f.is("secret in a refusal") {
			err = &connectors.RequestError{Status: http.StatusUnauthorized, Detail: "want a sum with " + fakeSecret}
		}
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
