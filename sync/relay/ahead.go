package relay

import (
	"context"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

const (
	// aheadEvery is how often it is looked for what lies too far ahead.
	aheadEvery = time.Minute
	// aheadSlack is by how much the clocks of gateways may differ, and a little more.
	aheadSlack = time.Hour
)

// bringBack makes due what a clock that was ahead put off until the time it showed: nobody waits for that.
func (r *Relay) bringBack(ctx context.Context) error {
	b, err := r.store.BringBack(ctx, r.spokenTo(), r.furthest())
	if b == (store.BroughtBack{}) {
		return err
	}
	r.log.Warn("a clock was ahead, or much less waiting was configured: what lay further ahead than anything is put off is due now",
		"deliveries", b.Deliveries, "follow_ups", b.FollowUps, "news", b.News, "talks", b.Talks, "reviews", b.Reviews, "questions", b.Questions)
	r.forwardable.send()
	r.wakeWriters()
	for _, s := range r.talkable {
		s.send()
	}
	return err
}

// spokenTo are the channels that are told something.
func (r *Relay) spokenTo() []string {
	var names []string
	for _, c := range r.channels {
		if c.Tells() || c.Talks() {
			names = append(names, c.Name)
		}
	}
	return names
}

// furthest is the longest for which this gateway puts anything off.
func (r *Relay) furthest() store.Furthest {
	try := max(longer(r.backoff.Max, r.backoff.Jitter), retry.MostAfter)
	talk := max(try, answerWait)
	for _, c := range r.channels {
		talk = max(talk, longest(c.JoinWithin))
	}
	asks := r.cfg.National.Sync
	return store.Furthest{
		Try: try, Talk: talk, Review: r.cfg.Dedup.ReviewWait.D(), Ask: max(try, asks.Fresh.D(), longer(asks.Old.D(), syncSpread)),
		Slack: aheadSlack,
	}
}

// longer is a time and a share of it.
func longer(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share))
}
