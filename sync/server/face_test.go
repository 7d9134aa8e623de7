package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/spreadsheet"
	"github.com/satupintu/satupintu/connectors/webhook"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/server"
	"github.com/satupintu/satupintu/sync/store"
)

const (
	secret  = "rahasia-portal-natuna"
	maxBody = 64 << 10
)

// face is a gateway's intake on a real socket, with two webhooks: portal is signed, desa has a bearer.
type face struct {
	*testing.T
	url      string
	store    *store.Store
	registry *prometheus.Registry
}

func newFace(t *testing.T) *face {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db"), Owner: "natuna/1"})
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
	channels := []relay.Channel{
		hook(t, "portal", files, webhook.Settings{Secret: config.NewSecret(secret)}),
		hook(t, "desa", files, webhook.Settings{Bearer: config.NewSecret("token-desa")}),
		{Name: "sms", Kind: "test", Connector: connectors.Connector{Receive: sms{}, Say: sms{}, JoinWithin: time.Minute}},
		sheets(t, "kecamatan"),
	}
	f := &face{T: t, store: s, registry: prometheus.NewRegistry()}
	metrics := relay.NewMetrics(f.registry)
	metrics.Expect(channels)
	r := relay.New(relay.Options{
		Store: s, Files: files, Config: cfg, Platform: national.Platform{}, Channels: channels, Limiter: relay.NewLimiter(1),
		Metrics: metrics, Log: log,
	})
	web := server.New(metrics, log)
	web.Serve(&server.Site{Relay: r, Channels: channels, MaxBody: maxBody})
	listening := httptest.NewServer(web.Handler())
	f.url = listening.URL
	t.Cleanup(func() {
		listening.Close()
		_ = s.Close() // a test may have closed it
	})
	return f
}

func hook(t *testing.T, name string, files connectors.FileStore, s webhook.Settings) relay.Channel {
	t.Helper()
	defaults, ok := webhook.Definition().Defaults().(*webhook.Settings)
	if !ok {
		t.Fatal("the webhook's settings have another type")
	}
	s.Rate, s.Tolerance = 1000, defaults.Tolerance
	s.Map = connectors.Mapping{
		"id": {From: "ticket"}, "text": {From: "message"}, "reporter.phone": {From: "sender.phone"}, "place.lat": {From: "lat"}, "place.long": {From: "lng"},
	}
	c, err := webhook.Definition().Open(connectors.Env{
		Name: name, Zone: time.UTC, Log: slog.New(slog.DiscardHandler), Files: files, MaxBody: maxBody, Transport: http.DefaultTransport,
	}, &s)
	if err != nil {
		t.Fatal(err)
	}
	return relay.Channel{Name: name, Kind: "webhook", Connector: c}
}

// sheets is a connector to which files are sent.
func sheets(t *testing.T, name string) relay.Channel {
	t.Helper()
	s, ok := spreadsheet.Definition().Defaults().(*spreadsheet.Settings)
	if !ok {
		t.Fatal("the spreadsheet's settings have another type")
	}
	s.Upload.Secret, s.Upload.Rate = config.NewSecret(secret), 1000
	s.Map = connectors.Mapping{"id": {From: "No"}, "text": {From: "Laporan"}}
	c, err := spreadsheet.Definition().Open(connectors.Env{Name: name, Zone: time.UTC, Log: slog.New(slog.DiscardHandler), MaxBody: maxBody}, s)
	if err != nil {
		t.Fatal(err)
	}
	return relay.Channel{Name: name, Kind: "spreadsheet", Connector: c}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a signed request.
func (f *face) send(method, path, contentType, body string, edit ...func(*http.Request)) answer {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", stamp, body)
	r.Header.Set("X-Timestamp", stamp)
	r.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
	for _, e := range edit {
		e(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		f.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(read)}
}

func (f *face) post(body string) answer {
	f.Helper()
	return f.send("POST", "/in/portal", "application/json", body)
}

type accepted struct {
	Ref       complaint.Ref
	StatusURL string `json:"status_url"`
}

func decode[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var v T
	if a.status != status {
		t.Fatalf("answered %d: %s; want %d", a.status, a.body, status)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

func counted(t *testing.T, registry *prometheus.Registry, name, connector, reason string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := m.GetLabel()
			if family.GetName() == name && labels[0].GetValue() == connector && labels[1].GetValue() == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Errorf("no series %s{%s,%s}", name, connector, reason)
	return 0
}
