package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/server"
	"github.com/satupintu/satupintu/sync/store"
)

const cityKey = "kunci-kota-311-0001"

// city is a gateway that city apps post to.
type city struct {
	*testing.T
	store    *store.Store
	endpoint string
	registry *prometheus.Registry
	behind   *atomic.Int64 // of the store's clock, in nanoseconds
}

func newCity(t *testing.T, dsn string) city {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	behind := new(atomic.Int64)
	s, err := store.Open(t.Context(), store.Options{
		DSN: dsn, Owner: "natuna/1", Now: func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := store.OpenFiles(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Routing.Fallback = config.Target{Agency: "21030"}
	c, err := open311.Definition().Open(connectors.Env{
		Name: "kota-311", Zone: time.UTC, Log: log, Files: files, MaxBody: maxBody, Transport: http.DefaultTransport,
	}, citySettings(t))
	if err != nil {
		t.Fatal(err)
	}
	channels := []relay.Channel{{Name: "kota-311", Kind: "open311", Connector: c}}
	registry := prometheus.NewRegistry()
	metrics := relay.NewMetrics(registry)
	metrics.Expect(channels)
	r := relay.New(relay.Options{
		Store: s, Files: files, Config: cfg, Platform: national.Platform{}, Channels: channels, Limiter: relay.NewLimiter(1), Metrics: metrics, Log: log,
	})
	if err := r.Enrol(t.Context()); err != nil {
		t.Fatal(err)
	}
	web := server.New(metrics, log)
	web.Serve(&server.Site{
		Relay: r, Channels: channels, MaxBody: maxBody,
	})
	listening := httptest.NewServer(web.Handler())
	t.Cleanup(func() {
		listening.Close()
		_ = s.Close() // a test may have closed it
	})
	return city{t, s, listening.URL + "/open311/kota-311/v2/", registry, behind}
}

func citySettings(t *testing.T) *open311.Settings {
	t.Helper()
	t.Setenv("KOTA_311_KEY", cityKey)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"keys.yaml": "keys: [{ name: aplikasi-kota, key: { env: KOTA_311_KEY } }]",
		"services.yaml": `
services:
  - { service_code: lampu, service_name: Lampu jalan mati, type: batch }
  - { service_code: pungli, service_name: Pungutan liar, secret: true }
  - service_code: jalan
    service_name: Jalan rusak
    attributes: [{ code: HOWMANYD, datatype: number, required: true }, { code: fixmystreet_id, variable: false }]
`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, ok := open311.Definition().Defaults().(*open311.Settings)
	if !ok {
		t.Fatal("the settings have another type")
	}
	s.Serve, s.ShowText = true, true
	s.APIKeys, s.Services = config.Path(filepath.Join(folder, "keys.yaml")), config.Path(filepath.Join(folder, "services.yaml"))
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (c city) app(format string) *georeport {
	return &georeport{T: c.T, endpoint: c.endpoint, key: cityKey, format: format, client: http.DefaultClient}
}

// forwarded has the platform take every complaint that waits.
func (c city) forwarded() {
	c.Helper()
	decide := func(complaint.Complaint) store.Decision { return store.Decision{Agency: "21030"} }
	if _, err := c.store.Decide(c.Context(), 100, decide, store.Appetite{}); err != nil {
		c.Fatal(err)
	}
	works, err := c.store.ClaimDue(c.Context(), store.Appetite{Most: 100, Lease: time.Minute}, store.Turn{})
	if err != nil {
		c.Fatal(err)
	}
	for _, w := range works {
		err := errors.Join(
			c.store.Begin(c.Context(), w.Claim, national.Step{Name: national.StepCreate}),
			c.store.Settle(c.Context(), w.Claim, store.Settlement{
				State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: "7" + string(w.Ref)},
				News: store.Forwarded{SyncAt: time.Now().Add(time.Hour)},
			}))
		if err != nil {
			c.Fatal(err)
		}
	}
}

func (c city) observe(ref string, events ...national.Event) {
	c.Helper()
	last := events[len(events)-1]
	err := c.store.Record(c.Context(), complaint.Ref(ref), store.Observation{
		State:  national.State{Status: last.Status, Raw: last.Raw, Agency: last.To, Events: events},
		SyncAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		c.Fatal(err)
	}
}

// fill keeps requests of many times, and returns their ids.
func (c city) fill(n int) map[string]int {
	c.Helper()
	ids := make(map[string]int, n)
	for start := 0; start < n; start += 500 {
		page := store.Page{Source: "kota-311"}
		for i := start; i < min(n, start+500); i++ {
			page.Complaints = append(page.Complaints, complaint.Complaint{
				SourceID: "request/" + strconv.Itoa(i), Text: "Lampu mati", Category: []string{"jalan", "lampu"}[i%2], Class: complaint.Ordinary,
			})
		}
		kept, err := c.store.Keep(c.Context(), page)
		if err != nil {
			c.Fatal(err)
		}
		for _, k := range kept {
			ids[string(k.Ref)] = 0
		}
	}
	return ids
}

// arriving posts new requests until it is stopped, and says how many.
func (c city) arriving() (stop func() int) {
	ctx, cancel := context.WithCancel(c.Context())
	posted, posters := make(chan int, 2), sync.WaitGroup{}
	for range 2 {
		posters.Go(func() {
			n := 0
			for ctx.Err() == nil {
				form := url.Values{"api_key": {cityKey}, "service_code": {"lampu"}, "address_string": {"Midai"}}
				r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, c.endpoint+"requests.json", strings.NewReader(form.Encode()))
				if err != nil {
					c.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				answer, err := http.DefaultClient.Do(r)
				if err != nil || answer.StatusCode != http.StatusOK {
					c.Errorf("a post while lists are read: %v", err)
					return
				}
				_ = answer.Body.Close()
				n++
			}
			posted <- n
		})
	}
	return func() int {
		cancel()
		posters.Wait()
		return <-posted + <-posted
	}
}
