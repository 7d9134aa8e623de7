package relay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// rig is a whole gateway without sockets, inside a synctest bubble: a real SQLite, the real lapor, the simulator. Without a bubble
// it may be on a PostgreSQL.
type rig struct {
	*testing.T
	folder  string
	dsn     string
	cfg     *config.Config
	lookup  string
	sim     *simulator.Simulator
	wrap    func(national.Platform) national.Platform
	between func(http.RoundTripper) http.RoundTripper // stands between the gateway and the simulator
	at      func(relay.Point)
	now     func() time.Time // nil: time.Now
	sweep   time.Duration    // 0: at a gateway's own pace, which is most of what hours in a bubble cost
	channel *channel
	extra   []relay.Channel
	log     bytes.Buffer

	store    *store.Store
	relay    *relay.Relay
	registry *prometheus.Registry
	stop     context.CancelFunc
	done     chan error
	runs     int
}

// bubble runs a test in a synctest bubble with a rig that is not started yet, beside other bubbles: each has a gateway, a
// database and a clock of its own.
func bubble(t *testing.T, test func(*rig)) {
	t.Helper()
	t.Parallel()
	folder := t.TempDir()
	empty, err := emptyDatabase()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, database), empty, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, folder)
		r.sweep = 10 * time.Second
		defer func() { // also when the test gave up
			if r.stop != nil {
				r.halt()
			}
		}()
		test(r)
	})
}

// newRig is a rig that is not started yet, on the database in the folder.
func newRig(t *testing.T, folder string) *rig {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Routing.Fallback = config.Target{Agency: "21030", Category: "15"}
	cfg.Dedup.ReviewAbove = 1 // complaints of tests are much alike: all are compared, nobody is asked
	cfg.National.Rate, cfg.National.Timeout, cfg.Delivery.Settle = 100, config.Duration(20*time.Second), config.Duration(time.Minute)
	return &rig{
		T: t, folder: folder, dsn: "sqlite:" + filepath.Join(folder, database), cfg: cfg, lookup: "search",
		sim:     simulator.New(simulator.Options{Search: true, Scenarios: simulator.Still()}),
		channel: &channel{name: "portal", refuse: map[string]error{}},
	}
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

const database = "natuna.db"

// emptyDatabase is what a gateway's first start leaves behind. It is made once: hundreds of rigs begin with it.
var emptyDatabase = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "satupintu-relay-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, database)
	s, err := store.Open(context.Background(), store.Options{DSN: "sqlite:" + file, Owner: "natuna/0"})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func (r *rig) start() {
	r.Helper()
	r.runs++
	var err error
	r.store, err = store.Open(r.Context(), store.Options{
		DSN: r.dsn, Owner: fmt.Sprintf("natuna/%d", r.runs), Now: r.now,
	})
	r.must(err)
	files, err := store.OpenFiles(filepath.Join(r.folder, "files"))
	r.must(err)
	limiter := relay.NewLimiter(float64(r.cfg.National.Rate))
	platform := r.platform(limiter)
	key, err := privacy.NewKey(strings.Repeat("kunci natuna ", 4))
	r.must(err)
	r.registry = prometheus.NewRegistry()
	channels := append([]relay.Channel{r.channel.open()}, r.extra...)
	metrics := relay.NewMetrics(r.registry)
	metrics.Expect(channels)
	r.relay = relay.New(relay.Options{
		Store: r.store, Files: files, Config: r.cfg, Platform: platform, Channels: channels, Limiter: limiter,
		Engine:  dedup.NewEngine(dedup.Options{Hasher: key, Window: r.cfg.Dedup.Window.D(), ReviewAbove: r.cfg.Dedup.ReviewAbove}),
		Metrics: metrics, Log: slog.New(slog.NewTextHandler(&r.log, nil)), At: r.at, Now: r.now, Sweep: r.sweep,
	})
	r.must(r.relay.Enrol(r.Context()))
	ctx, stop := context.WithCancel(r.Context())
	r.stop, r.done = stop, make(chan error, 1)
	go func() { r.done <- r.relay.Run(ctx) }()
}

func (r *rig) platform(limiter *relay.Limiter) national.Platform {
	r.Helper()
	settings, ok := lapor.Definition().Defaults().(*lapor.Settings)
	if !ok {
		r.Fatal("lapor's settings have another type")
	}
	settings.BaseURL, settings.Channel, settings.Lookup = "https://lapor.example", 13, r.lookup
	settings.Headers = map[string]config.Secret{
		"Authorization": config.NewSecret(simulator.DefaultAuth), "token": config.NewSecret(simulator.DefaultToken),
	}
	settings.Search.Path, settings.Search.Query = "complaints/search", map[string]string{"keyword": "{ref}"}
	transport := r.sim.Transport()
	if r.between != nil {
		transport = r.between(transport)
	}
	platform, err := lapor.Definition().Open(national.Env{
		Zone: r.cfg.Region.Timezone.Location(), Log: slog.New(slog.DiscardHandler),
		Transport: limiter.Transport(transport, r.cfg.National.Timeout.D()),
	}, settings)
	r.must(err)
	if r.wrap != nil {
		platform = r.wrap(platform)
	}
	return platform
}

// off is a time in which the gateway does not run. It is tried where hours would pass: a test of a day at work is slow.
func (r *rig) off(d time.Duration) {
	r.Helper()
	r.halt()
	<-time.After(d)
	r.start()
}

// halt stops the gateway as SIGTERM does and closes its store.
func (r *rig) halt() time.Duration {
	r.Helper()
	began := time.Now()
	r.stop()
	if err := <-r.done; err != nil {
		r.Errorf("the relay ended with %v", err)
	}
	took := time.Since(began)
	r.must(r.store.Close())
	r.stop = nil
	return took
}

func (r *rig) takeIn(complaints ...complaint.Complaint) []complaint.Ref {
	r.Helper()
	kept, err := r.relay.TakeIn(r.Context(), "portal", complaints)
	r.must(err)
	refs := make([]complaint.Ref, len(kept))
	for i, k := range kept {
		refs[i] = k.Ref
	}
	return refs
}

func report(n int) complaint.Complaint {
	return complaint.Complaint{SourceID: fmt.Sprint(n), Title: "Lampu jalan", Text: fmt.Sprintf("Lampu jalan nomor %d di Ranai mati", n)}
}

func (r *rig) story(ref complaint.Ref) store.Story {
	r.Helper()
	story, err := r.store.Story(r.Context(), ref)
	r.must(err)
	return story
}

// until lets time pass until the complaint is in one of the states.
func (r *rig) until(ref complaint.Ref, states ...store.State) store.Story {
	r.Helper()
	for began := time.Now(); time.Since(began) < 24*time.Hour; pass(2 * time.Second) {
		story := r.story(ref)
		for _, s := range states {
			if story.State == s {
				return story
			}
		}
	}
	story := r.story(ref)
	r.Fatalf("after a day %s is still %s (%s: %s), want one of %v\n%s", ref, story.State, story.Reason, story.Detail, states, r.log.String())
	return story
}

// pass lets the bubble's time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (r *rig) atPlatform(ref complaint.Ref) int { return len(r.sim.ByMarker(string(ref))) }

func (r *rig) balanced() store.Ledger {
	r.Helper()
	ledger, err := r.store.Audit(r.Context())
	r.must(err)
	if !ledger.Balanced {
		r.Errorf("the ledger does not balance: %+v", ledger)
	}
	return ledger
}

func (r *rig) faults(rules ...simulator.Rule) {
	r.Helper()
	r.must(r.sim.SetFaults(simulator.Faults{Rules: rules}))
}

// channel is a channel of the tests' own: it is told statuses, and polled where pages are set.
type channel struct {
	name   string
	poller connectors.Poller
	every  time.Duration
	acked  []connectors.Cursor // by each page's Next
	deaf   int                 // so many acknowledgements fail first

	mu     sync.Mutex
	told   []connectors.StatusChange
	refuse map[string]error // by source id: what WriteStatus answers
	delay  time.Duration
}

func (c *channel) open() relay.Channel {
	return relay.Channel{Name: c.name, Kind: "test", Every: c.every, Connector: connectors.Connector{
		Poll: c.poller, WriteStatus: c, Acknowledge: c, Check: c,
	}}
}

func (c *channel) Check(context.Context) (string, error) { return "a channel of a test", nil }

func (c *channel) Acknowledge(_ context.Context, page connectors.Page) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf > 0 {
		c.deaf--
		return errors.New("the channel cannot be marked just now")
	}
	c.acked = append(c.acked, page.Next)
	return nil
}

func (c *channel) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	if c.delay > 0 {
		select {
		case <-time.After(c.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refuse[change.SourceID]; err != nil {
		return err
	}
	c.told = append(c.told, change)
	return nil
}

func (c *channel) heard(id string) []complaint.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	var statuses []complaint.Status
	for _, change := range c.told {
		if change.SourceID == id {
			statuses = append(statuses, change.Status)
		}
	}
	return statuses
}
