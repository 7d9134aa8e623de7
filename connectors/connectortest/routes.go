package connectortest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Routed is the far side of a connector that is a protocol server: those who send to it.
type Routed struct {
	// Open opens a connector. Opening again is a restart.
	Open func(env connectors.Env) (connectors.Connector, error)
	// Post makes a sound request that files complaint n, with a file where the protocol has them, under the connector's own
	// address. The same n is the same complaint, sent again.
	Post func(n int) *http.Request
	// Stranger is Post of somebody without credentials.
	Stranger func(n int) *http.Request
	// Secrets may never appear in an answer to a failure or in a log.
	Secrets []string
}

// RunRoutes tries every promise of a Router, on a fresh channel each.
func RunRoutes(t *testing.T, fresh func(t testing.TB) Routed) {
	t.Helper()
	for _, p := range routedPromises() {
		t.Run(p.says, func(t *testing.T) { tryRouted(t, fresh(t), p) })
	}
}

// routedPromise is one thing that a protocol server must hold.
type routedPromise struct {
	says  string
	keeps func(d *door)
}

func routedPromises() []routedPromise {
	return []routedPromise{
		{"routes: a complaint is taken in, fit, before it is answered", answersAfterKeeping},
		{"routes: sent again it is the same complaint", knowsRepeats},
		{"routes: a stranger takes nothing in and leaves no file", keepsStrangersOut},
		{"routes: what cannot be kept is not acknowledged, and nobody is told why", ownsUpToFailure},
		{"routes: a request that breaks off takes nothing in", refusesHalves},
	}
}

func tryRouted(t testing.TB, r Routed, p routedPromise) {
	t.Helper()
	d := &door{t: t, Routed: r, files: &Shelf{}, said: &Log{}}
	p.keeps(d)
	for i, secret := range r.Secrets {
		if secret != "" && strings.Contains(d.said.String(), secret) {
			t.Errorf("a secret or personal data stands in a log or in an answer to a failure; it is number %d of Secrets", i)
		}
	}
}

// door is one promise being tried: the gateway's side of a protocol server.
type door struct {
	Routed
	t     testing.TB
	files *Shelf
	said  *Log

	mu    sync.Mutex
	taken []complaint.Complaint
	early bool  // an answer was begun before its complaint was taken in
	fails error // of TakeIn
}

// send has a freshly opened connector answer a request.
func (d *door) send(r *http.Request) *httptest.ResponseRecorder {
	d.t.Helper()
	c, err := d.Open(connectors.Env{
		Name: "suite", Zone: time.FixedZone("WIB", 7*3600), Files: d.files, MaxBody: maxBody, Transport: http.DefaultTransport,
		Log: slog.New(slog.NewTextHandler(d.said, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		d.t.Fatalf("opening the connector: %v", err)
	}
	if c.Routes == nil {
		d.t.Fatalf("the connector has no Routes")
	}
	w := &watched{ResponseRecorder: httptest.NewRecorder()}
	c.Routes.Routes(d.desk(w)).ServeHTTP(w, r)
	if c.Close != nil {
		if err := c.Close(); err != nil {
			d.t.Errorf("closing the connector: %v", err)
		}
	}
	if w.Code >= http.StatusBadRequest {
		_, _ = d.said.Write(w.Body.Bytes())
	}
	return w.ResponseRecorder
}

// watched knows when an answer begins.
type watched struct {
	*httptest.ResponseRecorder
	begun bool
}

func (w *watched) WriteHeader(status int) {
	w.begun = true
	w.ResponseRecorder.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseRecorder.Write(p)
}

// desk takes in everything, and has nothing to read.
func (d *door) desk(w *watched) connectors.Desk {
	return connectors.Desk{
		TakeIn: func(_ context.Context, complaints []complaint.Complaint) ([]complaint.Ref, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.early = d.early || w.begun
			if d.fails != nil {
				return nil, d.fails
			}
			d.taken = append(d.taken, complaints...)
			refs := make([]complaint.Ref, len(complaints))
			for i := range refs {
				refs[i] = "SP-1KAZ5T8M3Q0X4RD"
			}
			return refs, nil
		},
		Read: func(context.Context, complaint.Ref) (connectors.StatusChange, error) {
			return connectors.StatusChange{}, connectors.ErrNotFound
		},
		List:    func(context.Context, connectors.Query) ([]connectors.Listed, error) { return nil, nil },
		Updates: func(context.Context, connectors.UpdateQuery) ([]connectors.Update, error) { return nil, nil },
	}
}

// wantTaken wants a sound request answered with success, and one complaint of it.
func (d *door) wantTaken(r *http.Request) complaint.Complaint {
	d.t.Helper()
	before := len(d.taken)
	if w := d.send(r); w.Code/100 != 2 || len(d.taken) != before+1 {
		d.t.Fatalf("a sound request is answered with %d and %d complaints are taken in, want one", w.Code, len(d.taken)-before)
	}
	return d.taken[before]
}

func answersAfterKeeping(d *door) {
	c := d.wantTaken(d.Post(1))
	if d.early {
		d.t.Errorf("the answer begins before the complaint is taken in")
	}
	(&session{t: d.t, said: d.said}).wantFit(c)
}

func knowsRepeats(d *door) {
	first, again, other := d.wantTaken(d.Post(1)), d.wantTaken(d.Post(1)), d.wantTaken(d.Post(2))
	if first.SourceID != again.SourceID || first.ContentHash() != again.ContentHash() {
		d.t.Errorf("sent again it is %q, at first %q, or it has other words", again.SourceID, first.SourceID)
	}
	if other.SourceID == first.SourceID {
		d.t.Errorf("another complaint has the same id %q", first.SourceID)
	}
}

func keepsStrangersOut(d *door) {
	w := d.send(d.Stranger(1))
	if w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden || len(d.taken) > 0 || d.files.Count() > 0 {
		d.t.Errorf("a stranger is answered with %d, and leaves %d complaints and %d files; want 401 or 403, and nothing", w.Code, len(d.taken), d.files.Count())
	}
}

// inside is what a failing gateway says to itself.
const inside = "disk full at /var/lib/satupintu"

func ownsUpToFailure(d *door) {
	d.fails = errors.New(inside)
	w := d.send(d.Post(1))
	if w.Code < http.StatusInternalServerError {
		d.t.Errorf("nothing was kept, and the answer is %d", w.Code)
	}
	if strings.Contains(w.Body.String(), inside) {
		d.t.Errorf("the sender is told what failed inside: %s", w.Body)
	}
}

func refusesHalves(d *door) {
	r := d.Post(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.t.Fatalf("reading the sample: %v", err)
	}
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(body[:len(body)-1])), brokenReader{}))
	if w := d.send(r); w.Code < http.StatusBadRequest || len(d.taken) > 0 || d.files.Count() > 0 {
		d.t.Errorf("half a request is answered with %d, and leaves %d complaints and %d files", w.Code, len(d.taken), d.files.Count())
	}
}
