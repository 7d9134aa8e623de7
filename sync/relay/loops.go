package relay

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
)

// signal wakes a loop that sleeps. Many signals sent before it wakes are one.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) send() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// sleep waits until the time has passed, the signal comes or the context ends; it returns false with the context.
func sleep(ctx context.Context, d time.Duration, wake signal) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-wake:
		return true
	case <-ctx.Done():
		return false
	}
}

// keepRunning runs a loop until the context ends. A loop that panics is started again after a pause: the store has what
// it was doing.
func (r *Relay) keepRunning(ctx context.Context, name string, loop func(context.Context)) {
	for ctx.Err() == nil {
		r.alive.Add(1)
		err := contained(func() error { loop(ctx); return nil })
		r.alive.Add(-1)
		if err == nil {
			return
		}
		r.metrics.panics.WithLabelValues(loopKind(name)).Inc()
		r.log.Error("a loop failed and starts again in 5 s", "loop", name, "error", err)
		sleep(ctx, 5*time.Second, nil)
	}
}

// contained turns a panic into an error.
func contained(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = retry.PanicError(p, debug.Stack())
		}
	}()
	return f()
}

// loopKind is a loop's name without the connector's.
func loopKind(name string) string {
	kind, _, _ := strings.Cut(name, " ")
	return kind
}

func loopKinds() []string {
	return []string{"decide", "merge", "forward", "follow-up", "backsync", "sweep", "count", "poll", "conversation", "write-back"}
}

// earlierRuns is the pattern of the owners that are earlier runs of the gateway that owns "name/mark".
func earlierRuns(owner string) string {
	name, _, _ := strings.Cut(owner, "/")
	return name + "/%"
}

// trouble logs the change of a state instead of each failure: one line when it begins, one when it ends.
type trouble struct{ on bool }

func (t *trouble) begins() bool {
	was := t.on
	t.on = true
	return !was
}

func (t *trouble) ends() bool {
	was := t.on
	t.on = false
	return was
}

// watch says in one line that a loop's work began to fail, and in one that it goes on. Our own shutdown is no failure.
func (t *trouble) watch(ctx context.Context, log *slog.Logger, what string, err error) {
	switch {
	case err == nil && t.ends():
		log.Info(what + " works again") //nolint:sloglint // the name of a loop
	case err != nil && ctx.Err() == nil && t.begins():
		log.Error(what+" fails; trying again", "error", err) //nolint:sloglint // the name of a loop
	}
}
