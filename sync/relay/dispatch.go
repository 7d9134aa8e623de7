package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// mostClaimed bounds what a gateway claims at once, so that its death leaves little to take over.
const mostClaimed = 200

// dispatcher has the deliveries this gateway has claimed: as many as can be sent in half a second, at least one for each
// request that may be under way. A delivery counts until its outcome is recorded, so that a database that falls behind
// slows the forwarding and not the other way round.
type dispatcher struct {
	r        *Relay
	work     context.Context // ends Grace after the gateway was told to stop
	stopping <-chan struct{}
	most     int
	slots    chan struct{} // requests under way
	idle     signal        // a delivery was settled
	workers  sync.WaitGroup

	mu      sync.Mutex
	claimed int
	refused bool      // somebody was given no room since some was given back
	backlog time.Time // since when more was due than could be claimed; zero: not now
	turn    int
}

func (r *Relay) newDispatcher(stopping, work context.Context) *dispatcher {
	atOnce := r.cfg.National.Concurrency
	return &dispatcher{
		r: r, work: work, stopping: stopping.Done(), most: max(atOnce, min(mostClaimed, int(float64(r.cfg.National.Rate)/2))),
		slots: make(chan struct{}, atOnce), idle: newSignal(),
	}
}

// reserve keeps room for as many claims as the gate and the room allow, and says how long to wait when there is none.
// Room for less than a quarter waits for more, unless nothing is under way.
func (d *dispatcher) reserve(ctx context.Context) (room int, wait time.Duration) {
	d.mu.Lock()
	free, busy := d.most-d.claimed, d.claimed
	d.mu.Unlock()
	if free*4 < d.most {
		d.mu.Lock()
		d.refused = true
		d.mu.Unlock()
		return 0, idleLook // whoever gives room back wakes the loop
	}
	room, wait = d.r.gate.free(ctx, free, busy)
	if room == 0 {
		d.setBacklog(false) // the gate is closed: what comes in from its opening on is new
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	room = min(room, d.most-d.claimed)
	d.claimed += room
	return room, wait
}

// release gives back room that was not used.
func (d *dispatcher) release(room int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.claimed -= room
	if room > 0 && d.refused { // somebody found it taken
		d.refused = false
		d.idle.send()
	}
}

// next is whose turn it is: while there is a backlog every fifth claim is of what came in since it began, which does not
// wait until the last of the old is gone.
func (d *dispatcher) next() store.Turn {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn++
	if d.turn%newcomersTurn == 0 {
		return store.Turn{Since: d.backlog}
	}
	return store.Turn{}
}

// newcomersTurn is how often, while there is a backlog, those are claimed that came in since.
const newcomersTurn = 5

func (d *dispatcher) setBacklog(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !yes:
		d.backlog = time.Time{}
	case d.backlog.IsZero():
		d.backlog = d.r.now()
	}
}

func (d *dispatcher) hasBacklog() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.backlog.IsZero()
}

// start works on claims for which room was reserved.
func (d *dispatcher) start(works []store.Work) {
	for _, w := range works {
		d.r.held.add(w.Ref)
		d.workers.Go(func() {
			d.r.deliver(d, w)
			d.r.held.drop(w.Ref)
			d.release(1)
			d.idle.send()
		})
	}
}

// errStopping is a delivery that was claimed and not begun when the gateway was told to stop.
var errStopping = retry.Because(errors.New("the gateway stops"), retry.Shutdown)

// pause waits; it returns false when the gateway is to stop.
func (d *dispatcher) pause(t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.stopping:
		return false
	}
}

// enter waits for a delivery's turn among those under way. The function it returns ends it.
func (d *dispatcher) enter() (func(), error) {
	select {
	case <-d.stopping:
		return nil, errStopping
	default:
	}
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	case <-d.stopping:
		return nil, errStopping
	}
}
