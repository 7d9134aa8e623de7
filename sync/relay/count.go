package relay

import (
	"context"
	"time"
)

// How much of the time counting takes at most: what is open is counted often, what is over seldom.
const (
	openShare = 50
	pastShare = 200
	// pastAfter is how long what is over is left uncounted after the start, when much else is to be done.
	pastAfter = 15 * time.Second
)

// countLoop keeps the metrics true of what the store holds.
func (r *Relay) countLoop(ctx context.Context) {
	var down trouble
	open := tally{share: openShare}
	past := tally{share: pastShare, due: r.now().Add(pastAfter)}
	for ctx.Err() == nil {
		err := open.count(r.now, func() error {
			s, err := r.store.Standing(ctx)
			if err == nil {
				r.metrics.stand(s, r.now())
			}
			return err
		})
		if err == nil {
			err = past.count(r.now, func() error {
				p, err := r.store.Past(ctx)
				if err == nil {
					r.metrics.pass(p)
				}
				return err
			})
		}
		down.watch(ctx, r.log, "counting for the metrics", err)
		sleep(ctx, r.sweeps, nil)
	}
}

// tally is something that is counted again when that takes no more of the time than its share: with much to count it
// takes longer, and is done less often.
type tally struct {
	share time.Duration // one part in so many
	due   time.Time
}

func (t *tally) count(now func() time.Time, do func() error) error {
	began := now()
	if began.Before(t.due) {
		return nil
	}
	if err := do(); err != nil {
		return err
	}
	t.due = now().Add(t.share * now().Sub(began))
	return nil
}
