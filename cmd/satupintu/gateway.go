package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/server"
	"github.com/satupintu/satupintu/sync/store"
)

// base is what lives as long as the process: a reload keeps it.
type base struct {
	store    *store.Store
	files    *store.Files
	hasher   privacy.Key
	registry *prometheus.Registry
	metrics  *relay.Metrics
	log      *slog.Logger
	at       func(relay.Point) // of tests; nil otherwise
	now      func() time.Time  // of tests; nil: time.Now

	limiters map[string]*relay.Limiter // by platform: the last one's pace is gone on with
}

// pointsKey is under which a test puts what is called at each of relay.Points into the context of a command.
type pointsKey struct{}

// clockKey is under which a test puts the wall clock of a command, to make it jump.
type clockKey struct{}

// openBase opens the store and the files of a configuration. owner names this gateway; a command that only looks leaves
// it empty.
func openBase(ctx context.Context, cfg *config.Config, owner string, log *slog.Logger) (*base, error) {
	b := &base{log: log, registry: prometheus.NewRegistry(), limiters: map[string]*relay.Limiter{}}
	b.at, _ = ctx.Value(pointsKey{}).(func(relay.Point))
	b.now, _ = ctx.Value(clockKey{}).(func() time.Time)
	options := store.Options{DSN: string(cfg.Store.DSN), Owner: owner, Log: log, Now: b.now}
	if cfg.Privacy.Key.Set() {
		var err error
		if b.hasher, err = privacy.NewKey(cfg.Privacy.Key.Reveal()); err != nil {
			return nil, fmt.Errorf("privacy.key: %w", err)
		}
		options.Sealer = b.hasher
	}
	var err error
	if b.store, err = store.Open(ctx, options); err != nil {
		return nil, fmt.Errorf("store.dsn: %w", err)
	}
	if b.files, err = openFiles(cfg.Store); err != nil {
		return nil, errors.Join(err, b.store.Close())
	}
	if b.hasher.IsZero() {
		if err := b.ownHasher(ctx); err != nil {
			return nil, errors.Join(err, b.store.Close())
		}
	}
	b.metrics = relay.NewMetrics(b.registry)
	return b, nil
}

// openFiles opens the folder or the bucket of attachments.
func openFiles(s config.Store) (*store.Files, error) {
	name, prefix, isBucket := s.Bucket()
	if !isBucket {
		return store.OpenFiles(s.Files)
	}
	return store.OpenBucket(store.Bucket{
		Name: name, Prefix: prefix, Endpoint: s.S3.Endpoint, Region: s.S3.Region,
		AccessKey: s.S3.AccessKey.Reveal(), SecretKey: s.S3.SecretKey.Reveal(), Timeout: s.S3.Timeout.D(),
	})
}

// ownHasher makes the keyed hash of a region without a key of its own.
func (b *base) ownHasher(ctx context.Context) error {
	secret, err := b.store.HashSecret(ctx)
	if err != nil {
		return err
	}
	b.hasher, err = privacy.NewKey(secret)
	return err
}

// open is one configuration at work: a reload opens another and closes this one.
type open struct {
	relay    *relay.Relay
	site     *server.Site
	platform national.Platform
	channels []relay.Channel
	wires    wires
}

// wires are the connections a configuration opened.
type wires struct{ transports []*http.Transport }

// add makes a transport that keeps as many idle connections to a host as there are requests at once. Dialling is bounded
// apart, so that a dead host is known to be dead before anything was written. What is late by the clock does not leave.
func (w *wires) add(perHost int) http.RoundTripper {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 15 * time.Second,
		MaxIdleConnsPerHost: perHost,
		IdleConnTimeout:     90 * time.Second,
	}
	w.transports = append(w.transports, t)
	return relay.OnTime(t)
}

func (w *wires) close() {
	for _, t := range w.transports {
		t.CloseIdleConnections()
	}
}

// openPlan opens the platform and every channel of a plan. On an error nothing stays open.
func (b *base) openPlan(ctx context.Context, p *plan) (*open, error) {
	limiter := relay.NewLimiter(float64(p.National.Rate)).Share(b.store.Pace(p.National.Kind)).Succeed(b.limiters[p.National.Kind])
	o := &open{}
	compare, err := b.engineOptions(ctx, p.Config)
	if err != nil {
		return nil, err
	}
	if o.platform, err = openPlatform(p, limiter, &o.wires, b.log); err != nil {
		return nil, err
	}
	if o.channels, err = openChannels(p, b.keeping(), &o.wires, b.log); err != nil {
		return nil, errors.Join(err, o.close())
	}
	b.metrics.Expect(o.channels)
	o.relay = relay.New(relay.Options{
		Store: b.store, Files: b.files, Config: p.Config, Platform: o.platform, Channels: o.channels, Limiter: limiter,
		Engine: dedup.NewEngine(compare), Texts: p.texts, Metrics: b.metrics, Log: b.log, At: b.at, Now: b.now,
	})
	if err := o.relay.Enrol(ctx); err != nil {
		return nil, errors.Join(err, o.close())
	}
	b.limiters[p.National.Kind] = limiter
	o.site = &server.Site{Relay: o.relay, Channels: o.channels, MaxBody: int64(p.Server.MaxBody)}
	return o, nil
}

func (o *open) close() error {
	var errs []error
	if o.platform.Close != nil {
		errs = append(errs, o.platform.Close())
	}
	for _, c := range o.channels {
		if c.Close != nil {
			errs = append(errs, c.Close())
		}
	}
	o.wires.close()
	return errors.Join(errs...)
}

func openPlatform(p *plan, limiter *relay.Limiter, w *wires, log *slog.Logger) (national.Platform, error) {
	kind, err := platformKind(p.National.Kind)
	if err != nil {
		return national.Platform{}, err
	}
	platform, err := kind.Open(national.Env{
		Zone: p.Region.Timezone.Location(), Log: log.With("platform", p.National.Kind),
		Transport: limiter.Transport(w.add(p.National.Concurrency), p.National.Timeout.D()),
	}, p.platform)
	if err != nil {
		return platform, fmt.Errorf("national: %w", err)
	}
	return platform, nil
}

// keeping is what connectors keep in, and read back from; a check and a preview change nothing.
type keeping struct {
	files connectors.FileStore
	sent  func(ctx context.Context, source string, ref complaint.Ref) (complaint.Payload, error) // may be nil
}

func (b *base) keeping() keeping { return keeping{b.files, b.store.Sent} }

// of is how one connector reads back what its channel sent.
func (k keeping) of(source string) func(context.Context, complaint.Ref) (complaint.Payload, error) {
	if k.sent == nil {
		return nil
	}
	return func(ctx context.Context, ref complaint.Ref) (complaint.Payload, error) {
		kept, err := k.sent(ctx, source, ref)
		if errors.Is(err, store.ErrNotFound) {
			return complaint.Payload{}, nil
		}
		return kept, err
	}
}

func openChannels(p *plan, k keeping, w *wires, log *slog.Logger) ([]relay.Channel, error) {
	var channels []relay.Channel
	for i, c := range p.Connectors {
		kind, err := connectorKind(c.Kind)
		if err != nil {
			return channels, err
		}
		connector, err := kind.Open(connectors.Env{
			Name: c.Name, Zone: p.Region.Timezone.Location(), Log: log.With("connector", c.Name), Files: k.files, Sent: k.of(c.Name),
			MaxBody: int64(p.Server.MaxBody), Transport: w.add(4), Texts: p.texts,
		}, p.connectors[i])
		if err != nil {
			return channels, fmt.Errorf("connector %s: %w", c.Name, err)
		}
		if err := connector.Fit(); err != nil {
			return append(channels, relay.Channel{Name: c.Name, Connector: connector}), fmt.Errorf("connector %s: %w", c.Name, err)
		}
		channels = append(channels, relay.Channel{
			Name: c.Name, Kind: c.Kind, Every: pollEvery(c), Rate: float64(c.Rate), Connector: connector,
		})
	}
	return channels, nil
}

// defaultEvery is how often a connector is polled that does not say.
const defaultEvery = 5 * time.Minute

func pollEvery(c config.Connector) time.Duration {
	if c.Every > 0 {
		return c.Every.D()
	}
	return defaultEvery
}

// ownerName names this gateway and this run. The name stays the same over restarts, so that a restart knows its own.
func ownerName(cfg *config.Config) string {
	host, err := os.Hostname()
	if err != nil {
		host = "gateway"
	}
	name := strings.NewReplacer("/", "-", "%", "-", "_", "-").Replace(host + ":" + cfg.Server.Listen)
	return fmt.Sprintf("%s/%d-%x", name, os.Getpid(), time.Now().UnixNano())
}
