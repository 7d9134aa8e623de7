// Package relay is the work of the gateway: complaints are taken in and polled, decided about, forwarded, asked about,
// and their channels told. Each loop has its own file and can stop at any moment: everything between two steps is in the
// store, and a restart goes on from there.
//
//	intake ─▶ store ─▶ decide ─▶ store ─▶ forward ─▶ platform
//	poll   ─▶   ◀─▶ conversation            follow-up ─┤
//	write-back ◀─ store ◀──────────────── back-sync ◀──┘      sweep: rescues what a dead gateway held
//
// Promises:
//
//   - a channel is acknowledged only after the commit that holds its complaints
//   - what one person says on a channel of conversations until they are silent is one complaint, and they are answered there
//   - a complaint about an earlier one is told on that one's ticket, under the same rules
//   - a request whose outcome is open is looked up, never resent; absence counts only Delivery.Settle after it went out
//   - refused credentials pause everything and resume by themselves; they never bury the backlog
//   - all gateways on one database together ask the platform at one rate, and less after it asked for time
//   - when the platform works again, what waited for it is sent at once, the most urgent class and the oldest first
//   - our own shutdown is neither a failure nor an attempt: Run returns within Grace and loses nothing
//   - one connector that fails, hangs or panics does not slow another
package relay

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/route"
	"github.com/satupintu/satupintu/sync/store"
)

// Grace is how long a request that is under way at shutdown may still take before its outcome is left open.
const Grace = 10 * time.Second

// Options are what a relay works with. All of it is open; the relay closes none of it.
type Options struct {
	Store    *store.Store
	Files    *store.Files
	Config   *config.Config
	Platform national.Platform
	Channels []Channel
	Limiter  *Limiter          // the platform's; its Transport is what Platform sends through
	Engine   *dedup.Engine     // compares complaints; nil: nothing is compared, as with dedup.mode off
	Texts    *connectors.Texts // what citizens read; nil: the shipped Indonesian
	Metrics  *Metrics
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	At       func(Point)      // nil: nothing; called at each of Points
	Sweep    time.Duration    // how often leases are looked through and what is open is counted; 0: every 2 s
}

// Channel is one open connector.
type Channel struct {
	Name  string
	Kind  string
	Every time.Duration // of a polled one
	Rate  float64       // the most it is told, a second, by this gateway; 0: as fast as it answers
	connectors.Connector
}

// Relay is one gateway at work.
type Relay struct {
	store    *store.Store
	files    *store.Files
	cfg      *config.Config
	platform national.Platform
	channels []Channel
	limiter  *Limiter
	table    *route.Table
	redactor privacy.Redactor
	backoff  retry.Backoff
	gate     *gate
	texts    *connectors.Texts
	metrics  *Metrics
	log      *slog.Logger
	now      func() time.Time
	at       func(Point)
	sweeps   time.Duration

	engine     *dedup.Engine // nil, with comparison: duplicates are not looked for
	comparison *store.Comparison

	held        heldClaims
	telling     heldClaims // follow-ups
	opened      openings
	turnedAway  turnedAway // deliveries
	spoilt      turnedAway // harmless steps
	leaps       leaps
	began       time.Time // when Run did
	decidable   signal    // something was kept
	mergeable   signal    // complaints were decided that others are compared with
	forwardable signal    // something was decided
	tellable    map[string]signal
	talkable    map[string]signal  // something was said
	outlets     map[string]*outlet // by connector: of each channel that is told something
	loops       atomic.Int64       // that should run
	alive       atomic.Int64       // that do
}

// New makes a relay ready to Run.
func New(o Options) *Relay {
	r := &Relay{
		store: o.Store, files: o.Files, cfg: o.Config, platform: o.Platform, channels: tellsByList(o.Channels), limiter: o.Limiter,
		table: route.New(o.Config.Routing), redactor: privacy.NewRedactor(o.Config.Privacy.Redact),
		texts: o.Texts, metrics: o.Metrics, log: o.Log, now: o.Now, at: o.At,
		sweeps:    cmp.Or(o.Sweep, sweepEvery),
		decidable: newSignal(), mergeable: newSignal(), forwardable: newSignal(), tellable: map[string]signal{}, talkable: map[string]signal{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.at == nil {
		r.at = func(Point) {}
	}
	b := o.Config.Delivery.Backoff
	r.backoff = retry.Backoff{First: b.First.D(), Max: b.Max.D(), Factor: b.Factor, Jitter: b.Jitter}
	for _, c := range r.channels {
		if c.Tells() {
			r.tellable[c.Name] = newSignal()
		}
		if c.Talks() {
			r.talkable[c.Name] = newSignal()
		}
	}
	r.compares(o)
	r.gate = newGate(r)
	r.throughOutlets()
	r.limiter.report.to(r.metrics.rate, r.log, r.limiter.configured)
	return r
}

// Enrol records which of the channels are told what becomes of their complaints, so that every gateway on the database keeps
// that for them. Call it before anything is taken in.
func (r *Relay) Enrol(ctx context.Context) error {
	var listening, deaf []string
	for _, c := range r.channels {
		if c.Tells() {
			listening = append(listening, c.Name)
		} else {
			deaf = append(deaf, c.Name)
		}
	}
	return r.store.Listen(ctx, listening, deaf)
}

// Run works until the context ends, then finishes or releases what it holds. It returns within Grace and a few seconds.
func (r *Relay) Run(ctx context.Context) error {
	r.began = r.now()
	r.recover(ctx)
	r.learn(ctx)
	var running sync.WaitGroup
	work, over := graceful(ctx)
	defer over()
	d := r.newDispatcher(ctx, work)
	start := func(name string, loop func(context.Context)) {
		r.loops.Add(1)
		running.Go(func() { r.keepRunning(ctx, name, loop) })
	}
	stopDeciding := r.decideAtBirth(d)
	context.AfterFunc(ctx, stopDeciding) // what comes in while the loops end is decided by the configuration that comes after
	start("decide", func(ctx context.Context) { r.decideLoop(ctx, d) })
	start("merge", r.mergeLoop)
	start("forward", func(ctx context.Context) { r.forwardLoop(ctx, d) })
	start("follow-up", func(ctx context.Context) { r.followUpLoop(ctx, d) })
	start("backsync", r.backsyncLoop)
	start("sweep", r.sweepLoop)
	start("count", r.countLoop)
	for _, c := range r.channels {
		if c.Poll != nil {
			start("poll "+c.Name, func(ctx context.Context) { r.pollLoop(ctx, c) })
		}
		if c.Talks() {
			start("conversation "+c.Name, func(ctx context.Context) { r.talkLoop(ctx, c) })
		}
		if c.Tells() {
			start("write-back "+c.Name, func(ctx context.Context) { r.writebackLoop(ctx, c) })
		}
	}
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	renewed := make(chan struct{})
	go func() { // it outlives the loops: what they finish during Grace is still theirs
		defer close(renewed)
		r.renewLoop(renewing)
	}()
	running.Wait()
	stopDeciding() // and nothing more is handed out
	d.finish()
	stop()
	<-renewed
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := r.store.DropLeases(last)
	_, failed := r.store.TakeBack(last) // which may wait
	return errors.Join(err, failed)
}

// recover takes back at once what an earlier run of this gateway held when it died. A store that is away just now is
// waited for: nothing can be done without it.
func (r *Relay) recover(ctx context.Context) {
	var down trouble
	dead := earlierRuns(r.store.Owner())
	for ctx.Err() == nil {
		rescued, err := r.store.Rescue(ctx, dead)
		if err = errors.Join(err, r.store.RescueNews(ctx, dead), r.store.RescueFollowUps(ctx, dead), r.store.FreeTalks(ctx, dead)); err == nil {
			if rescued > 0 {
				r.log.Info("took back deliveries of an earlier run", "deliveries", rescued)
			}
			return
		}
		if down.begins() {
			r.log.Error("the store does not answer; trying again", "error", err)
		}
		sleep(ctx, time.Second, nil)
	}
}

// Ready says whether every loop is alive. It does not ask the platform: a gateway without one still takes in.
func (r *Relay) Ready() bool {
	return r.loops.Load() > 0 && r.alive.Load() == r.loops.Load()
}
