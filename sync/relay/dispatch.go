package relay

import (
	"context"
	"errors"
	"slices"
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
	roomy    signal        // there is room again for the forwarder, who was given none
	decides  signal        // and for the decider
	births   signal        // and for what is decided as it is kept
	todo     chan started  // claimed
	inVain   bool          // what came in last waited for room and got none: reserveForKeep's alone
	workers  sync.WaitGroup

	mu      sync.Mutex
	claimed int
	refused []signal  // of those who were given no room
	backlog time.Time // since when more was due than could be claimed; zero: not now
	turn    int
	waiting int // claimed, and without a slot yet
	// holds is how long a delivery has its slot, lately: its turn at the limiter included, and without the time to record that its request
	// goes out, which is nothing where the claim recorded it. Zero: not measured yet.
	holds time.Duration
}

func (r *Relay) newDispatcher(stopping, work context.Context) *dispatcher {
	atOnce := r.cfg.National.Concurrency
	most := max(atOnce, min(mostClaimed, int(float64(r.cfg.National.Rate)/2)))
	d := &dispatcher{
		r: r, work: work, stopping: stopping.Done(), most: most, slots: make(chan struct{}, atOnce),
		roomy: newSignal(), decides: newSignal(), births: newSignal(), todo: make(chan started, most),
	}
	for range most {
		d.workers.Go(d.deliverAll)
	}
	return d
}

// deliverAll delivers what is claimed, one after the other, until the dispatcher is finished. A worker that stays has a stack that
// has grown already.
func (d *dispatcher) deliverAll() {
	for w := range d.todo {
		d.r.deliver(d, w)
		d.r.held.drop(w.Ref)
		d.release(1)
	}
}

// finish waits until all that was started is settled. Nothing may be started after it.
func (d *dispatcher) finish() {
	close(d.todo)
	d.workers.Wait()
}

// reserve keeps room for as many claims as the gate and the room allow, and says how long to wait when there is none: whoever
// gives room back wakes the caller.
func (d *dispatcher) reserve(ctx context.Context, wake signal) (room int, wait time.Duration) {
	if d.full(wake) {
		return 0, idleLook
	}
	d.mu.Lock()
	free, busy := d.most-d.claimed, d.claimed
	d.mu.Unlock()
	room, wait = d.r.gate.free(ctx, free, busy)
	if room == 0 {
		d.setBacklog(false) // the gate is closed: what comes in from its opening on is new
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	room = min(room, d.most-d.claimed)
	d.claimed += room
	if room == 0 {
		d.refuse(wake)
	}
	return room, wait
}

// full says whether there is room for less than a quarter: who asks waits for more, and is woken when there is.
func (d *dispatcher) full(wake signal) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if (d.most-d.claimed)*4 >= d.most {
		return false
	}
	d.refuse(wake)
	return true
}

// refuse remembers whom to wake.
func (d *dispatcher) refuse(wake signal) {
	if !slices.Contains(d.refused, wake) {
		d.refused = append(d.refused, wake)
	}
}

// release gives back room that was not used.
func (d *dispatcher) release(room int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.claimed -= room
	if room == 0 || (d.most-d.claimed)*4 < d.most {
		return
	}
	for _, wake := range d.refused {
		wake.send()
	}
	d.refused = d.refused[:0]
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
	case !yes && !d.backlog.IsZero():
		d.backlog = time.Time{}
		d.decides.send()
		d.births.send()
	case !yes:
	case d.backlog.IsZero():
		d.backlog = d.r.now()
	}
}

// backlogSince is since when there is a backlog; zero: there is none.
func (d *dispatcher) backlogSince() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.backlog
}

// started is a claim that is worked on.
type started struct {
	store.Work
	claiming time.Time // just before the transaction that claimed it
}

// start works on claims for which room was reserved: each finds its place.
func (d *dispatcher) start(works []store.Work, claiming time.Time) {
	for _, w := range works {
		d.r.held.add(w.Ref)
		d.todo <- started{w, claiming}
	}
}

// soon is how many requests more go out within a moment, as far as can be told: for those it may be recorded with their claim.
// What waits already goes out before them.
func (d *dispatcher) soon() int {
	if !d.r.gate.isWell() {
		return 0
	}
	d.mu.Lock()
	waiting, holds := d.waiting, d.holds
	d.mu.Unlock()
	turns := cap(d.slots) - len(d.slots)
	if holds > 0 {
		turns += int(float64(cap(d.slots)) * moment.Seconds() / max(holds, time.Millisecond).Seconds())
	}
	return max(0, min(turns-waiting-len(d.todo), d.r.limiter.soon()))
}

// slotHeld notes how long a delivery had its slot: the mean follows, by a sixteenth each.
func (d *dispatcher) slotHeld(t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holds == 0 {
		d.holds = t
	}
	d.holds += (t - d.holds) / 16
}

func (d *dispatcher) wait(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting += n
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

func (d *dispatcher) isStopping() bool {
	select {
	case <-d.stopping:
		return true
	default:
		return false
	}
}

// enter waits for a delivery's turn among those under way. The function it returns ends it, and is told how much of it went into
// recording that requests go out.
func (d *dispatcher) enter() (leave func(recording time.Duration), _ error) {
	if d.isStopping() {
		return nil, errStopping
	}
	d.wait(1)
	defer d.wait(-1)
	select {
	case d.slots <- struct{}{}:
		began := time.Now()
		return func(recording time.Duration) {
			<-d.slots
			d.slotHeld(time.Since(began) - recording)
		}, nil
	case <-d.stopping:
		return nil, errStopping
	}
}
