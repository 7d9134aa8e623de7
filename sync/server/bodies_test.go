package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/relay"
)

// reading is a channel that reads a body, and then waits until it may answer.
type reading struct{ read, answer chan struct{} }

func (c reading) take(r *http.Request) error {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if r.Header.Get("Waits") != "" {
		c.read <- struct{}{}
		<-c.answer
	}
	return nil
}

func (c reading) Receive(r *http.Request) (connectors.Received, error) {
	return connectors.Received{Answer: &connectors.Answer{Type: "text/plain"}}, c.take(r)
}

func (c reading) Routes(connectors.Desk) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if errors.Is(c.take(r), connectors.ErrFull) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLargeBodiesHaveBoundedRoomAndShutNoSmallOneOut(t *testing.T) {
	const maxBody = leastBodies / bodiesTimes
	metrics := relay.NewMetrics(prometheus.NewRegistry())
	s, c := New(metrics, slog.New(slog.DiscardHandler)), reading{make(chan struct{}), make(chan struct{})}
	s.Serve(&Site{MaxBody: maxBody, Channels: []relay.Channel{{Name: "portal", Connector: connectors.Connector{Receive: c, Routes: c}}}})
	paths := []string{"/in/portal", "/open311/portal/v2/requests.json"}
	send := func(path string, size int64, waits string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, io.LimitReader(zeros{}, size))
		r.Header.Set("Waits", waits)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	answered := make(chan int)
	for i := range bodiesTimes {
		go func() { answered <- send(paths[i%2], maxBody, "yes").Code }()
		<-c.read
	}
	for _, path := range paths {
		if got := send(path, 1<<20, ""); got.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: one more large one is answered %d", path, got.Code)
		}
		if got := send(path, freeOfBody, ""); got.Code != http.StatusOK {
			t.Errorf("%s: a small one is answered %d", path, got.Code)
		}
	}
	if got := send(paths[0], 1<<20, ""); got.Header().Get("Retry-After") == "" {
		t.Errorf("nobody says when to come back: %v", got.Header())
	}
	for range bodiesTimes {
		c.answer <- struct{}{}
		if code := <-answered; code != http.StatusOK {
			t.Errorf("one that had room is answered %d", code)
		}
	}
	for _, path := range paths {
		if got := send(path, maxBody, ""); got.Code != http.StatusOK {
			t.Errorf("%s: when there is room again it is answered %d", path, got.Code)
		}
	}
	if left := s.bodies.Load(); left != 0 {
		t.Errorf("%d bytes are still counted", left)
	}
}
