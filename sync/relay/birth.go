package relay

import (
	"context"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// decideAtBirth has complaints decided as they are kept where nothing is compared, and where nothing older waits forwarded without
// asking the store for them, until the function it returns is called.
func (r *Relay) decideAtBirth(d *dispatcher) (stop func()) {
	if r.comparison != nil {
		return func() {}
	}
	var began time.Time
	return r.store.DecideAtBirth(&store.Birth{
		Judge: r.judgeAlone,
		Reserve: func(ctx context.Context) store.Appetite {
			room := d.reserveForKeep(ctx)
			began = time.Now()
			return r.appetite(d, room)
		},
		Decided: func(decided []store.Decided, reserved store.Appetite) {
			r.handOut(d, decided, reserved, began)
		},
	})
}

// reserveForKeep reserves room for what is claimed as it is kept: all there is, while nothing older waits and the gate is open. Who
// waited for it in vain is the last to wait until there is some, so that a slow platform holds up nothing that comes in. One asks at a
// time.
func (d *dispatcher) reserveForKeep(ctx context.Context) (room int) {
	if d.isStopping() || !d.r.gate.isWell() {
		return 0
	}
	patience := keepPatience
	if d.inVain {
		patience = 0
	}
	if d.inVain = !d.await(ctx, d.births, patience); d.inVain {
		return 0
	}
	d.mu.Lock()
	room = d.most - d.claimed
	d.claimed += room
	d.mu.Unlock()
	asking, cancel := context.WithTimeout(ctx, pauseTimeout)
	defer cancel()
	if open := d.r.gate.room(asking, room); open < room {
		d.release(room - open)
		room = open
	}
	return room
}

// await waits until there is room and no backlog, but not for longer than the given time, and for no backlog that has lasted
// (lasting). It says whether there is.
func (d *dispatcher) await(ctx context.Context, wake signal, patience time.Duration) bool {
	for until := time.Now().Add(patience); ; {
		since := d.backlogSince()
		switch {
		case since.IsZero() && !d.full(wake):
			return true
		case !since.IsZero() && d.r.now().Sub(since) > lasting, !time.Now().Before(until), ctx.Err() != nil:
			return false
		}
		sleep(ctx, time.Until(until), wake)
	}
}

const (
	// keepPatience is how long what comes in waits for room, when there is none: at a platform that is fast there is in no time, and
	// what is claimed as it is kept need not be claimed and read once more.
	keepPatience = 20 * time.Millisecond
	// pauseTimeout is how long what comes in waits to hear from a busy database whether an operator has paused.
	pauseTimeout = 250 * time.Millisecond
	// lasting is from when on a backlog is nothing that passes in a moment.
	lasting = time.Second
)
