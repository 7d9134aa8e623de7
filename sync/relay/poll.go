package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// pollLoop polls one connector while this gateway owns it. Of several gateways on one database one does; when it dies
// another takes over where the cursor stands.
func (r *Relay) pollLoop(ctx context.Context, c Channel) {
	lease := r.cfg.Delivery.Lease.D()
	for ctx.Err() == nil {
		owned, err := r.store.TakeLease(ctx, pollLease(c), earlierRuns(r.store.Owner()), lease)
		if err != nil && ctx.Err() == nil {
			r.log.Warn("cannot tell who polls a connector", "connector", c.Name, "error", err)
		}
		if owned {
			r.pollWhileOwned(ctx, c, lease)
		}
		sleep(ctx, lease/3, nil)
	}
}

// pollTimeout is how long one page may take: a mail with photos over a bad line is slow, more than this is a connector
// that hangs.
const pollTimeout = time.Hour

func pollLease(c Channel) string { return "poll:" + c.Name }

// pollWhileOwned polls until the context ends or the lease is lost. The lease is renewed beside a poll that takes long.
func (r *Relay) pollWhileOwned(ctx context.Context, c Channel, lease time.Duration) {
	owning, stop := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		defer stop()
		for sleep(owning, lease/3, nil) {
			if owned, err := r.store.TakeLease(owning, pollLease(c), "", lease); err != nil || !owned {
				return
			}
		}
	}()
	defer func() {
		stop()
		<-renewed
	}()
	r.pollRepeatedly(owning, c)
}

func (r *Relay) pollRepeatedly(ctx context.Context, c Channel) {
	var (
		down     trouble
		failures int
		owing    owed
		failing  = r.metrics.failing.WithLabelValues(c.Name, abilityPoll)
	)
	defer failing.Set(0) // it is another gateway's to tell
	for ctx.Err() == nil {
		wait := c.Every
		err := r.pollUntilEmpty(ctx, c, &owing)
		switch {
		case err == nil:
			failures = 0
			failing.Set(0)
			if down.ends() {
				r.log.Info("a connector answers again", "connector", c.Name)
			}
		case ctx.Err() != nil:
			return
		default:
			failures++
			failing.Set(1)
			wait = min(r.backoff.Delay(failures, retry.Of(err).After), max(c.Every, r.backoff.First))
			if down.begins() {
				r.log.Warn("a connector cannot be polled; it is tried again", "connector", c.Name, "error", err)
			}
		}
		sleep(ctx, wait, nil)
	}
}

// pollUntilEmpty takes in page after page.
func (r *Relay) pollUntilEmpty(ctx context.Context, c Channel, owing *owed) error {
	for {
		more, err := r.pollOnce(ctx, c, owing)
		r.metrics.polled(c.Name, err, ctx.Err() != nil)
		if err != nil || !more {
			return err
		}
	}
}

func (r *Relay) pollOnce(ctx context.Context, c Channel, owing *owed) (more bool, err error) {
	position, err := r.store.Cursor(ctx, c.Name)
	if err != nil {
		return false, err
	}
	from := connectors.Cursor(position)
	r.acknowledge(ctx, c, owing)
	err = contained(func() error {
		within, cancel := context.WithTimeout(ctx, pollTimeout)
		defer cancel()
		page, err := c.Poll.Poll(within, from)
		if err != nil {
			return fmt.Errorf("poll: %w", err)
		}
		more = page.More && page.Next != from // a page that leads nowhere is the last
		if len(page.Complaints)+len(page.Messages)+len(page.SetAside) == 0 && page.Next == from {
			return nil
		}
		if err := r.keepPage(ctx, c.Name, from, page); err != nil {
			return err
		}
		r.at(PageKept)
		owing.add(page)
		r.acknowledge(ctx, c, owing)
		return nil
	})
	if errors.Is(err, store.ErrLost) {
		return false, fmt.Errorf("another gateway moved the cursor: %w", err)
	}
	return more, err
}

// owed are the pages that are kept and not acknowledged. It is gone with the process or the lease: what such an
// end leaves unmarked at the channel stays so.
type owed struct{ pages []connectors.Page }

// mostOwed bounds what is remembered of a channel that cannot be marked at all.
const mostOwed = 20

func (o *owed) add(page connectors.Page) {
	o.pages = append(o.pages, page)
	o.pages = slices.Clone(o.pages[max(0, len(o.pages)-mostOwed):])
}

// acknowledge acknowledges what is owed, until that fails with a page; the next poll goes on.
func (r *Relay) acknowledge(ctx context.Context, c Channel, owing *owed) {
	if c.Acknowledge == nil {
		owing.pages = nil
	}
	for len(owing.pages) > 0 {
		if err := contained(func() error { return c.Acknowledge.Acknowledge(ctx, owing.pages[0]) }); err != nil {
			r.metrics.acknowledgeFailures.WithLabelValues(c.Name).Inc()
			owing.pages = append(owing.pages[1:], owing.pages[0]) // so that one bad page holds up no other
			return
		}
		owing.pages = owing.pages[1:]
	}
}
