package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/webhook"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/server"
	"github.com/satupintu/satupintu/sync/store"
)

// Two gateways, alike but for two channels: with one these answer, with the other one hangs and one answers 500, both when
// they are polled and when they are told something, and there is much to tell. What the other channels send is measured at
// both by turns.
func TestTwoChannelsThatStallDelayNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time for some seconds")
	}
	const rounds, waiting = 150, 300
	sound := newStreet(t, answers(http.StatusOK), answers(http.StatusOK))
	stalled := newStreet(t, hangsUntilTheEnd(t), answers(http.StatusInternalServerError))
	for _, s := range []*street{sound, stalled} {
		s.keeps("diam", waiting)
		s.keeps("mogok", waiting)
		s.waitsUntil(func() bool { return !s.open() }, "everything is forwarded")
		s.waitsUntil(func() bool { return s.asked["mogok"].Load() > 5 && s.asked["diam"].Load() > 0 }, "the channels are asked")
	}
	sound.waitsUntil(func() bool { return sound.untold() == 0 }, "channels that answer are told everything")
	streets := []*street{sound, stalled}
	for n := range rounds {
		slices.Reverse(streets) // neither is always the first
		for _, s := range streets {
			s.sent = append(s.sent, s.send(n))
			s.polled = append(s.polled, s.poll())
		}
	}
	sameWithinNoise(t, "a complaint that is sent", sound.sent, stalled.sent)
	sameWithinNoise(t, "a complaint that is polled", sound.polled, stalled.polled)
	if left := stalled.untold(); left < waiting {
		t.Errorf("only %d things wait for the channels that stall: they did not stall", left)
	}
}

// sameWithinNoise compares medians: half as long again, and the time of a commit besides, is no noise.
func sameWithinNoise(t *testing.T, what string, sound, stalled []time.Duration) {
	t.Helper()
	slices.Sort(sound)
	slices.Sort(stalled)
	without, with := sound[len(sound)/2], stalled[len(stalled)/2]
	t.Logf("%s is in after %s, beside two stalled channels after %s (medians of %d)", what, without, with, len(sound))
	if with > without*3/2+3*time.Millisecond {
		t.Errorf("%s is in after %s, beside two stalled channels after %s", what, without, with)
	}
}

// street is a gateway at work with four channels: portal, a webhook; papan, polled and told; diam and mogok, both too.
type street struct {
	*testing.T
	face
	relay *relay.Relay
	board *board
	asked map[string]*atomic.Int64 // how often diam and mogok were polled or told

	sent, polled []time.Duration // how long each complaint took
}

func newStreet(t *testing.T, diam, mogok http.HandlerFunc) *street {
	t.Helper()
	cfg, err := config.Default()
	must(t, err)
	cfg.Routing.Fallback = config.Target{Agency: "21030"}
	cfg.National.Rate = 10_000
	cfg.Delivery.Backoff.First, cfg.Delivery.Backoff.Max = config.Duration(20*time.Millisecond), config.Duration(time.Second)
	cfg.Delivery.Breaker.OpenFor = config.Duration(100 * time.Millisecond)
	s := &street{T: t, board: newBoard(), asked: map[string]*atomic.Int64{"diam": {}, "mogok": {}}}
	s.store, err = store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db"), Owner: "natuna/1"})
	must(t, err)
	files, err := store.OpenFiles(filepath.Join(t.TempDir(), "files"))
	must(t, err)
	portal := hook(t, "portal", files, webhook.Settings{Secret: config.NewSecret(secret)})
	channels := []relay.Channel{
		portal,
		{Name: "papan", Every: 2 * time.Millisecond, Connector: connectors.Connector{Poll: s.board, Acknowledge: s.board, WriteStatus: deaf{}}},
		s.neighbour("diam", diam), s.neighbour("mogok", mogok),
	}
	metrics := relay.NewMetrics(prometheus.NewRegistry())
	log := slog.New(slog.DiscardHandler)
	s.relay = relay.New(relay.Options{
		Store: s.store, Files: files, Config: cfg, Platform: national.Platform{Submit: takesAll{}, Probe: takesAll{}}, Channels: channels,
		Limiter: relay.NewLimiter(float64(cfg.National.Rate)), Metrics: metrics, Log: log,
	})
	must(t, s.relay.Enrol(t.Context()))
	web := server.New(metrics, log)
	web.Serve(&server.Site{Relay: s.relay, Channels: channels, MaxBody: maxBody})
	listening := httptest.NewServer(web.Handler())
	s.face.T, s.url = t, listening.URL
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.relay.Run(ctx) }()
	t.Cleanup(func() {
		listening.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		must(t, s.store.Close())
	})
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *street) neighbour(name string, answer http.HandlerFunc) relay.Channel {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked[name].Add(1)
		answer(w, r)
	}))
	s.Cleanup(far.Close)
	transport := &http.Transport{}
	s.Cleanup(transport.CloseIdleConnections)
	client := &overHTTP{client: connectors.NewClient(transport, time.Hour), url: far.URL}
	return relay.Channel{Name: name, Every: 20 * time.Millisecond, Connector: connectors.Connector{Poll: client, WriteStatus: client}}
}

// overHTTP is a connector that asks its channel with one request each.
type overHTTP struct {
	client *resty.Client
	url    string
}

func (h *overHTTP) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	_, err := connectors.Do(ctx, h.client.R(), http.MethodGet, h.url)
	return connectors.Page{Next: from}, err
}

func (h *overHTTP) WriteStatus(ctx context.Context, _ connectors.StatusChange) error {
	_, err := connectors.Do(ctx, h.client.R(), http.MethodPost, h.url)
	return err
}

func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func hangsUntilTheEnd(t *testing.T) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	}
}

// board is a polled channel whose rows are added by the test.
type board struct {
	rows  atomic.Int64
	taken chan int64 // the rows that are in, after each commit
}

func newBoard() *board { return &board{taken: make(chan int64, 1)} }

func (b *board) Poll(_ context.Context, from connectors.Cursor) (connectors.Page, error) {
	page := connectors.Page{Next: from}
	at, _ := strconv.Atoi(string(from))
	for ; at < int(b.rows.Load()); at++ {
		page.Complaints = append(page.Complaints, oneOf("papan", at))
	}
	if at > 0 {
		page.Next = connectors.Cursor(strconv.Itoa(at))
	}
	return page, nil
}

func (b *board) Acknowledge(_ context.Context, page connectors.Page) error {
	at, err := strconv.ParseInt(string(page.Next), 10, 64)
	b.taken <- at
	return err
}

func oneOf(channel string, n int) complaint.Complaint {
	return complaint.Complaint{
		SourceID: strconv.Itoa(n), Title: "Lampu jalan", Text: fmt.Sprintf("Lampu jalan nomor %d di Ranai mati, kata %s", n, channel),
	}
}

type deaf struct{}

func (deaf) WriteStatus(context.Context, connectors.StatusChange) error { return nil }

// takesAll is a platform that gives every complaint a ticket.
type takesAll struct{}

func (takesAll) Probe(context.Context) (string, error) { return "it takes all", nil }

func (takesAll) Submit(ctx context.Context, s national.Submission, j national.Journal) (national.Ticket, error) {
	ticket := national.Ticket{ID: string(s.Complaint.Ref)}
	_, err := j.Do(ctx, national.Step{Name: national.StepCreate, Last: true}, func(context.Context) (string, error) { return ticket.Record(), nil })
	return ticket, err
}

// keeps takes in what a neighbour sent earlier: of each there is something to tell it.
func (s *street) keeps(name string, n int) {
	s.T.Helper()
	var complaints []complaint.Complaint
	for i := range n {
		complaints = append(complaints, oneOf(name, i))
	}
	_, err := s.relay.TakeIn(s.T.Context(), name, complaints)
	must(s.T, err)
}

func (s *street) standing() store.Standing {
	s.T.Helper()
	standing, err := s.store.Standing(s.T.Context())
	must(s.T, err)
	return standing
}

// open says whether a complaint waits or is under way.
func (s *street) open() bool {
	d := s.standing().Deliveries
	return d[store.New]+d[store.Ready]+d[store.Leased]+d[store.Unknown] > 0
}

func (s *street) untold() int {
	news := s.standing().News
	return int(news[store.Ready] + news[store.Leased])
}

func (s *street) waitsUntil(ok func() bool, what string) {
	s.T.Helper()
	for began := time.Now(); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			s.T.Fatalf("after a minute it is not so that %s", what)
		}
	}
}

// send is how long a complaint takes from its sending to the answer that it is in.
func (s *street) send(n int) time.Duration {
	s.T.Helper()
	began := time.Now()
	a := s.post(fmt.Sprintf(`{"ticket": "%d", "message": "Air keruh di Sedanau, rumah nomor %d"}`, n, n))
	took := time.Since(began)
	if a.status != http.StatusAccepted {
		s.T.Fatalf("answered %d: %s", a.status, strings.TrimSpace(a.body))
	}
	return took
}

// poll is how long a complaint takes from its appearing to the end of the commit that holds it.
func (s *street) poll() time.Duration {
	s.T.Helper()
	began, want := time.Now(), s.board.rows.Add(1)
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		select {
		case got := <-s.board.taken:
			if got == want {
				return time.Since(began)
			}
		case <-late.C:
			s.T.Fatalf("a complaint that is polled is not in after 10 s")
		}
	}
}
