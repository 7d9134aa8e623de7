package rest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

const apiKey = "kunci-rahasia-0001"

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// The promises of every connector, over each way of paging, with and without asking for what is new.
func TestItKeepsWhatEveryConnectorPromises(t *testing.T) {
	for _, style := range []string{byPage, byOffset, byCursor, byNext, byGrowing} {
		for _, since := range []string{"", "sejak"} {
			t.Run(style+" "+since, func(t *testing.T) {
				connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel { return agencyChannel(t, style, since) }})
			})
		}
	}
}

// desk is an agency's server: the list, and what was told to it.
type desk struct {
	*list
	mu      sync.Mutex
	told    []string
	answers int
	stalled bool
	stop    chan struct{}
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	answer, stalled := d.answers, d.stalled
	d.mu.Unlock()
	switch {
	case stalled:
		select {
		case <-d.stop:
		case <-r.Context().Done():
		}
	case r.Header.Get("X-Api-Key") != apiKey:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet:
		d.list.ServeHTTP(w, r)
	case answer != 0:
		w.WriteHeader(answer)
	default:
		d.hear(r)
	}
}

func (d *desk) hear(r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if line := r.Header.Get("Idempotency-Key") + " " + r.URL.Path; !slices.Contains(d.told, line) {
		d.told = append(d.told, line)
	}
}

func agencyChannel(t testing.TB, style, since string) connectortest.Channel {
	d := &desk{list: newList(), stop: make(chan struct{})}
	d.list.style, d.list.clock, d.list.past = style, time.Now().Add(-24*time.Hour), "repeat"
	server := httptest.NewServer(d)
	t.Cleanup(func() { close(d.stop); server.Close() })
	s := agency(style)
	s.URL, s.Since.Param, s.Headers = server.URL+"/api/laporan", since, map[string]config.Secret{"X-Api-Key": config.NewSecret(apiKey)}
	s.WriteBack = map[string]Call{anyStatus: {Path: "/api/laporan/{id}/status", JSON: `{"status": "{status}"}`}}
	return connectortest.Channel{
		Open: func(env connectors.Env) (connectors.Connector, error) {
			if err := s.Validate(); err != nil {
				return connectors.Connector{}, err
			}
			return Definition().Open(env, s)
		},
		Secrets: []string{apiKey, "081270004401", "lampu mati di Sungai Ulu"},
		Break:   server.Close,
		Stall:   func() { d.mu.Lock(); defer d.mu.Unlock(); d.stalled = true },
		Add: func(_ testing.TB, n int) {
			for range n {
				d.list.add(d.list.clock)
			}
		},
		Answer: func(status int) { d.mu.Lock(); defer d.mu.Unlock(); d.answers = status },
		Told:   func() []string { d.mu.Lock(); defer d.mu.Unlock(); return slices.Clone(d.told) },
	}
}

func TestAFailedStatusSaysNothingOfItsAddress(t *testing.T) {
	s := agency(byPage)
	s.WriteBack = map[string]Call{anyStatus: {Path: "/api/{to}"}}
	c := openOn(t, refusing{}, s)
	change := change()
	err := c.WriteStatus.WriteStatus(t.Context(), change)
	if err == nil || strings.Contains(err.Error(), change.To) || strings.Contains(err.Error(), url.PathEscape(change.To)) {
		t.Errorf("got %v", err)
	}
}

type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.WriteHeader(http.StatusNotFound)
	return w.Result(), nil
}
