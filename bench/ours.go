package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/webhook"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/server"
	"github.com/satupintu/satupintu/sync/store"
)

// ours is the gateway, put together as cmd/satupintu does it, with its defaults but for the platform's pace.
type ours struct {
	want     int
	seeded   seeded
	store    *store.Store
	relay    *relay.Relay
	server   *server.Server
	registry *prometheus.Registry
	stop     context.CancelFunc
	ended    chan error
}

const (
	portal = "portal"
	atOnce = 64 // senders, and requests to the platform
)

// openWhole opens the gateway as it comes.
func openWhole(ctx context.Context, e env) (side, error) { return openOurs(ctx, e, "link") }

// openPlain opens the gateway as it is beside a queue: a repeat is what has an id that was here, and nothing else is compared.
func openPlain(ctx context.Context, e env) (side, error) { return openOurs(ctx, e, "off") }

func openOurs(ctx context.Context, e env, mode string) (side, error) {
	debug.SetGCPercent(1000) // as cmd/satupintu does
	debug.SetMemoryLimit(144 << 20)
	// And so are the threads, unless whoever started this has said how many.
	if n := runtime.GOMAXPROCS(0); n <= 4 && !strings.HasPrefix(e.dsn, "sqlite:") && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * n)
	}
	o := &ours{want: e.want, seeded: e.seeded, registry: prometheus.NewRegistry(), ended: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg, err := oursConfig(mode)
	if err != nil {
		return nil, err
	}
	key, err := privacy.NewKey(strings.Repeat("kunci natuna ", 4))
	if err != nil {
		return nil, err
	}
	if o.store, err = store.Open(ctx, store.Options{DSN: e.dsn, Owner: fmt.Sprintf("bench/%d", os.Getpid()), Log: log}); err != nil {
		return nil, err
	}
	files, err := store.OpenFiles(filepath.Join(e.dir, "files"))
	if err != nil {
		return nil, errors.Join(err, o.store.Close())
	}
	limiter := relay.NewLimiter(float64(cfg.National.Rate))
	platform, err := laporAt(e, cfg, limiter)
	if err != nil {
		return nil, errors.Join(err, o.store.Close())
	}
	door, err := openDoor(cfg, log)
	if err != nil {
		return nil, errors.Join(err, o.store.Close())
	}
	metrics := relay.NewMetrics(o.registry)
	metrics.Expect([]relay.Channel{door})
	o.relay = relay.New(relay.Options{
		Store: o.store, Files: files, Config: cfg, Platform: platform, Channels: []relay.Channel{door}, Limiter: limiter,
		Engine: dedup.NewEngine(dedup.Options{Hasher: key, Window: cfg.Dedup.Window.D(), ReviewAbove: cfg.Dedup.ReviewAbove}), Metrics: metrics, Log: log,
	})
	o.server = server.New(metrics, log)
	o.server.Serve(&server.Site{Relay: o.relay, Channels: []relay.Channel{door}, MaxBody: int64(cfg.Server.MaxBody)})
	running, stop := context.WithCancel(ctx)
	o.stop = stop
	go func() { o.ended <- o.relay.Run(running) }()
	return o, o.ready(ctx)
}

// ready waits until the gateway says that it is: what a start costs is not a complaint's.
func (o *ours) ready(ctx context.Context) error {
	for !o.relay.Ready() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// oursConfig is the defaults, with a platform that is never the slowest part and is not asked back during a run.
func oursConfig(mode string) (*config.Config, error) {
	cfg, err := config.Default()
	if err != nil {
		return nil, err
	}
	cfg.Routing.Fallback = config.Target{Agency: fmt.Sprint(agency), Category: fmt.Sprint(category)}
	cfg.National.Rate, cfg.National.Concurrency = 20000, atOnce
	cfg.Dedup.Mode = mode
	cfg.Dedup.ReviewAbove = 1 // all are compared; each is a matter of its own, and there is nobody to ask
	cfg.National.Sync = config.Sync{Fresh: config.Duration(12 * time.Hour), Old: config.Duration(24 * time.Hour)}
	return cfg, nil
}

func laporAt(e env, cfg *config.Config, limiter *relay.Limiter) (national.Platform, error) {
	kind := lapor.Definition()
	settings, ok := kind.Defaults().(*lapor.Settings)
	if !ok {
		return national.Platform{}, errors.New("lapor's settings have another type")
	}
	settings.BaseURL, settings.Channel = e.stub, channel
	settings.Headers = map[string]config.Secret{"Authorization": config.NewSecret("Bearer " + token)}
	transport := &http.Transport{ // as cmd/satupintu makes it
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 15 * time.Second,
		MaxIdleConnsPerHost: cfg.National.Concurrency,
		IdleConnTimeout:     90 * time.Second,
	}
	return kind.Open(national.Env{
		Zone: cfg.Region.Timezone.Location(), Log: slog.New(slog.DiscardHandler),
		Transport: limiter.Transport(e.transport(relay.OnTime(transport)), cfg.National.Timeout.D()),
	}, settings)
}

// openDoor opens the webhook that the senders post to.
func openDoor(cfg *config.Config, log *slog.Logger) (relay.Channel, error) {
	kind := webhook.Definition()
	settings, ok := kind.Defaults().(*webhook.Settings)
	if !ok {
		return relay.Channel{}, errors.New("webhook's settings have another type")
	}
	settings.Bearer, settings.Rate = config.NewSecret(token), 1e6
	settings.Map = connectors.Mapping{
		"id": {From: "id"}, "title": {From: "title"}, "text": {From: "message"}, "category": {From: "category"},
		"reported_at": {From: "created"}, "reporter.name": {From: "name"}, "reporter.phone": {From: "phone"},
		"reporter.email": {From: "email"}, "place.address": {From: "address"}, "place.region": {From: "region"},
	}
	connector, err := kind.Open(connectors.Env{
		Name: portal, Zone: cfg.Region.Timezone.Location(), Log: log, MaxBody: int64(cfg.Server.MaxBody),
	}, settings)
	return relay.Channel{Name: portal, Kind: kind.Kind, Connector: connector}, err
}

func (o *ours) Take(ctx context.Context, body []byte) error {
	r, err := readReport(body)
	if err != nil {
		return err
	}
	_, err = o.relay.TakeIn(ctx, portal, []complaint.Complaint{r.complaint()})
	return err
}

func (o *ours) Handler() http.Handler { return o.server.Handler() }

// Delivered counts what the gateway counts when a delivery's commit has returned: asking the database would be slow where
// it is large. Close asks it.
func (o *ours) Delivered(context.Context) (int, error) {
	families, err := o.registry.Gather()
	if err != nil {
		return 0, err
	}
	for _, f := range families {
		if f.GetName() == "satupintu_delivery_duration_seconds" {
			return int(f.GetMetric()[0].GetHistogram().GetSampleCount()), nil
		}
	}
	return 0, errors.New("the gateway does not count its deliveries")
}

func (o *ours) Close(ctx context.Context) error {
	o.stop()
	err := <-o.ended
	ledger, failed := o.store.Audit(ctx)
	err = errors.Join(err, failed, o.store.Close())
	delivered, waiting := o.want+o.seeded.Delivered, o.seeded.Waiting
	if err == nil && (!ledger.Balanced || ledger.Delivered != int64(delivered) || ledger.Accepted != int64(delivered+waiting)) {
		err = fmt.Errorf("the ledger is %+v; want %d delivered and %d waiting", ledger, delivered, waiting)
	}
	return err
}
