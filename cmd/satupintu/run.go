package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/server"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the gateway until SIGTERM; SIGHUP loads the configuration again",
		Args:  exactly(0),
	}
	file := configFlag(c)
	format := c.Flags().String("log", "text", "log format: text or json")
	c.RunE = func(c *cobra.Command, _ []string) error {
		log, err := newLogger(c.ErrOrStderr(), *format)
		if err != nil {
			return usageError{err}
		}
		throughOurLog(log)
		return runGateway(c.Context(), *file, log)
	}
	return c
}

func newLogger(w io.Writer, format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	default:
		return nil, fmt.Errorf("--log %q: want text or json", format)
	}
}

// process is a running gateway: what it was started with, and the configuration at work now.
type process struct {
	*base
	file   string
	first  *plan
	server *server.Server
	swap   chan *open

	mu sync.Mutex // one reload at a time
}

// mostHeap is up to where the garbage collector takes its time: a gateway holds little, and lives on making and dropping
// many small things. One that is quiet is collected every two minutes all the same.
const mostHeap = 144 << 20

func runGateway(ctx context.Context, file string, log *slog.Logger) error {
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(mostHeap)
	p, err := loadPlan(file)
	if err != nil {
		return err
	}
	for _, notice := range p.notices() {
		log.Warn(notice) //nolint:sloglint // of the configuration
	}
	b, err := openBase(ctx, p.Config, ownerName(p.Config), log)
	if err != nil {
		return err
	}
	takeTurns(b.store.Kind())
	b.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(b.store.Kind()))
	proc := &process{base: b, file: file, first: p, server: server.New(b.metrics, log), swap: make(chan *open)}
	err = proc.serve(ctx, p)
	return errors.Join(err, b.files.Close(), b.store.Close())
}

// serve opens the plan, listens, and works until the context ends.
func (p *process) serve(ctx context.Context, first *plan) error {
	o, err := p.openPlan(ctx, first)
	if err != nil {
		return err
	}
	p.metrics.Reloaded(true)
	p.server.Serve(o.site)
	listeners, err := p.listen(ctx, first.Config)
	if err != nil {
		return errors.Join(err, o.close())
	}
	ctx, stop := context.WithCancel(ctx)
	stopSignals := p.onHangup(ctx)
	defer func() {
		stop() // a reload that waits for its turn ends
		stopSignals()
	}()
	closed := listeners.closeAfter(ctx) // the door first: what is still being forwarded takes longer
	p.log.Info("the gateway runs", "region", first.Region.Code, "store", p.store.Kind(), "connectors", len(o.channels),
		"listen", first.Server.Listen, "metrics", first.Server.Metrics)
	err = p.work(ctx, o)
	p.log.Info("the gateway stops")
	return errors.Join(err, closed())
}

// work runs the relay of the configuration in force until the context ends. A reload stops it and starts the next.
func (p *process) work(ctx context.Context, o *open) error {
	for {
		running, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- o.relay.Run(running) }()
		select {
		case next := <-p.swap:
			p.server.Serve(next.site) // the door first, so that nobody finds it shut
			stop()
			if err := errors.Join(<-done, o.close()); err != nil {
				p.log.Warn("the old configuration did not end well", "error", err)
			}
			o = next
		case err := <-done:
			stop()
			return errors.Join(err, o.close())
		}
	}
}

// reload loads the configuration again. A bad one is refused whole and the old one stays.
func (p *process) reload(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	next, err := p.tryReload(ctx)
	p.metrics.Reloaded(err == nil)
	if err != nil {
		p.log.Error("the configuration was refused; the old one stays", "error", err)
		return err
	}
	p.log.Info("the configuration was loaded again", "connectors", len(next.channels))
	return nil
}

func (p *process) tryReload(ctx context.Context) (*open, error) {
	fresh, err := loadPlan(p.file)
	if err != nil {
		return nil, err
	}
	if err := p.sameBase(fresh.Config); err != nil {
		return nil, err
	}
	o, err := p.openPlan(ctx, fresh)
	if err != nil {
		return nil, err
	}
	select {
	case p.swap <- o:
		return o, nil
	case <-ctx.Done():
		return nil, errors.Join(errors.New("the gateway is stopping"), o.close())
	}
}

// sameBase refuses a change of what only a restart can change.
func (p *process) sameBase(fresh *config.Config) error {
	was := p.first.Config
	for _, key := range []struct {
		name    string
		changed bool
	}{
		{"store", !fresh.Store.Equal(was.Store)},
		{"server.listen", fresh.Server.Listen != was.Server.Listen},
		{"server.metrics", fresh.Server.Metrics != was.Server.Metrics},
		{"server.tls", fresh.Server.TLS != was.Server.TLS},
		{"privacy.key", !fresh.Privacy.Key.Equal(was.Privacy.Key)},
	} {
		if key.changed {
			return fmt.Errorf("%s: %s was changed: that takes a restart, not a reload", p.file, key.name)
		}
	}
	return nil
}

func (p *process) onHangup(ctx context.Context) func() {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range hangup {
			_ = p.reload(ctx) // it says itself what went wrong
		}
	}()
	return func() {
		signal.Stop(hangup)
		close(hangup)
		<-ended
	}
}

func (p *process) ready() error {
	site := p.server.Current()
	if site == nil || !site.Relay.Ready() {
		return errors.New("not every loop is running")
	}
	return nil
}

// listeners are the two faces.
type listeners struct{ servers []*http.Server }

func (p *process) listen(ctx context.Context, cfg *config.Config) (*listeners, error) {
	l := &listeners{}
	admin := server.Admin{Gatherer: p.registry, Ready: p.ready, Reload: func() error { return p.reload(ctx) }}
	if err := l.add(cfg.Server.Metrics, admin.Handler(), config.TLS{}, p.log); err != nil {
		return nil, fmt.Errorf("server.metrics: %w", err)
	}
	if err := l.add(cfg.Server.Listen, p.server.Handler(), cfg.Server.TLS, p.log); err != nil {
		return nil, errors.Join(fmt.Errorf("server.listen: %w", err), l.close())
	}
	return l, nil
}

func (l *listeners) add(address string, handler http.Handler, files config.TLS, log *slog.Logger) error {
	listener, err := net.Listen("tcp", address) //nolint:noctx // it listens until it is closed
	if err != nil {
		return err
	}
	s := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if files.Cert != "" {
		// Read for each connection, so that a renewed certificate needs no restart, and none expires unnoticed.
		certificate := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(string(files.Cert), string(files.Key))
			return &pair, err
		}
		if _, err := certificate(nil); err != nil {
			return errors.Join(fmt.Errorf("server.tls: %w", err), listener.Close())
		}
		listener = tls.NewListener(listener, &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12})
	}
	l.servers = append(l.servers, s)
	go func() {
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("a listener failed", "address", address, "error", err)
		}
	}()
	return nil
}

// closeAfter closes the listeners when the context ends. The function it returns closes them now and waits for that.
func (l *listeners) closeAfter(ctx context.Context) func() error {
	once := sync.OnceValue(l.close)
	cancel := context.AfterFunc(ctx, func() { _ = once() })
	return func() error {
		cancel()
		return once()
	}
}

// close lets requests under way end, for at most 5 s. Those that have not ended by then are cut: they were not answered,
// so their senders send again.
func (l *listeners) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var errs []error
	for _, s := range l.servers {
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func buildInfo(store string) prometheus.Collector {
	v := version()
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "satupintu_build_info", Help: "1, with what this gateway is as labels.",
		ConstLabels: prometheus.Labels{"version": v.Version, "goversion": v.Go, "store": store},
	}, func() float64 { return 1 })
}
