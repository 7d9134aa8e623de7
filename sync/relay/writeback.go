package relay

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// writebackWorkers is how many things one channel is told at once, each about another complaint. No more than that are
// claimed, so that no lease runs out in a queue.
const writebackWorkers = 4

// writebackLoop tells one channel what became of its complaints. Of each complaint it tells one thing at a time, in
// order; what a channel does not take is tried again with the same pauses as a delivery. A channel that fails is left
// alone by its outlet, and slows no other.
func (r *Relay) writebackLoop(ctx context.Context, c Channel) {
	var down, late trouble
	work, stop := graceful(ctx)
	defer stop()
	lease, out := r.cfg.Delivery.Lease.D(), r.outlets[c.Name]
	for ctx.Err() == nil {
		most, wait := out.free(writebackWorkers)
		if most == 0 {
			sleep(ctx, min(wait, idleLook), nil)
			continue
		}
		err := out.onceItWorksAgain(func() error { return r.store.HurryNews(ctx, c.Name, channelFailures()) })
		late.watch(ctx, r.log.With("connector", c.Name), "bringing news forward", err)
		by := time.Now().Add(lease * 2 / 3) // before the claim, which may take long; a lease is not renewed here
		news, err := r.store.ClaimNews(ctx, c.Name, most, lease)
		down.watch(ctx, r.log.With("connector", c.Name), "claiming news", err)
		r.tellAll(work, c, news, by)
		if len(news) == 0 {
			sleep(ctx, idleLook, r.tellable[c.Name])
		}
	}
}

func (r *Relay) tellAll(ctx context.Context, c Channel, news []store.News, by time.Time) {
	ctx, cancel := context.WithDeadline(ctx, by)
	defer cancel()
	var workers sync.WaitGroup
	for _, n := range news {
		workers.Go(func() { r.tell(ctx, c, n) })
	}
	workers.Wait()
}

func (r *Relay) tell(ctx context.Context, c Channel, n store.News) {
	r.at(BeforeTell)
	if by, _ := ctx.Deadline(); late(by) {
		return // we were frozen: another gateway may have told this, and what came after it
	}
	err := contained(func() error { return r.tellOne(ctx, c, n) })
	r.at(BeforeTold)
	to := r.newsVerdict(n, err)
	r.metrics.writebacks.WithLabelValues(c.Name, string(to.Reason)).Inc()
	if to.State == store.Dead {
		r.log.Warn("a channel refuses a status for good: see satupintu queue show", "connector", c.Name, "ref", n.Ref, "reason", to.Reason)
	}
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := r.store.SettleNews(settling, n, to); err != nil && !errors.Is(err, store.ErrLost) {
		r.log.Error("what a channel was told could not be recorded; it will be told again", "connector", c.Name, "ref", n.Ref, "error", err)
	}
	r.at(AfterTell)
}

// tellOne tells a channel a status in its own way, or its person in words. A receipt is always words.
func (r *Relay) tellOne(ctx context.Context, c Channel, n store.News) error {
	if c.WriteStatus != nil && !n.IsReceipt() {
		change := changeFor(n)
		if c.Public {
			change = publicChange(n)
		}
		return c.WriteStatus.WriteStatus(ctx, change)
	}
	if c.Say == nil {
		return retry.Never(errors.New("this channel cannot speak to people any more"))
	}
	s, err := r.saying(n)
	if err != nil {
		return retry.Never(err)
	}
	return r.say(ctx, c, s)
}

// saying words a piece of news for the person it is about. What they hear never holds more than they gave, but for the
// reference and what the platform answered.
func (r *Relay) saying(n store.News) (connectors.Saying, error) {
	change := changeFor(n)
	s := connectors.Saying{Key: keyOf(n), To: change.To, ReplyTo: change.SourceID, HeardAt: n.Change.HeardAt}
	if s.To == "" {
		return s, errors.New("the channel did not say whom an answer goes to")
	}
	words := r.texts.Words(change, r.cfg.Region.Timezone.Location())
	name := connectors.News
	switch {
	case n.IsReceipt() && n.Change.Added != "":
		name, words.About = connectors.Addition, string(n.Change.Added)
	case n.IsReceipt():
		name = connectors.Receipt
	default:
		s.News = &change
	}
	var err error
	s.Text, err = r.texts.Say(name, words)
	return s, err
}

// changeFor is a piece of news for who filed the complaint. What was answered to somebody else, whose complaint theirs is
// linked to, may name that person: that is left out.
func changeFor(n store.News) connectors.StatusChange {
	change := changeOf(n)
	if n.About != n.Ref && change.Note != "" {
		change.Note = namelessNote(n)
	}
	return change
}

// keyOf is the key under which a person is told a piece of news.
func keyOf(n store.News) string { return fmt.Sprintf("%s-%d", n.Ref, n.Told) }

// newsOf is the news that is told under a key; false: none is.
func newsOf(key string) (ref complaint.Ref, told int64, ok bool) {
	at := strings.LastIndexByte(key, '-')
	if at < 0 {
		return "", 0, false
	}
	ref, err := complaint.ParseRef(key[:at])
	if err != nil {
		return "", 0, false
	}
	told, err = strconv.ParseInt(key[at+1:], 10, 64)
	return ref, told, err == nil
}

func changeOf(n store.News) connectors.StatusChange {
	return connectors.StatusChange{
		Ref: n.Ref, SourceID: n.Change.SourceID, Seq: n.Told, Status: n.Change.Status, Raw: n.Change.Raw, Note: n.Change.Note,
		Agency: n.Change.Agency, TrackingID: n.Change.TrackingID, At: n.Change.At,
		To: n.Change.To, Secret: n.Change.Secret,
	}
}

// leastTellings is how often news is told in vain before its age can end that: it is as old as the event, and the gateway, or the
// channel, may have been away for most of that.
const leastTellings = 10

// newsVerdict decides what comes after telling. Telling is harmless when repeated, so an open outcome is told again.
func (r *Relay) newsVerdict(n store.News, err error) store.Settlement {
	v, now := retry.Of(err), r.now()
	switch {
	case err == nil:
		return store.Settlement{State: store.Done, Reason: retry.Success}
	case errors.Is(err, errNotNow):
		return store.Settlement{State: store.Ready, Reason: v.Reason, Detail: brief(err), Due: now.Add(v.After), Uncounted: true}
	case v.Reason == retry.Shutdown:
		return store.Settlement{State: store.Ready, Reason: v.Reason, Due: now, Uncounted: true}
	case v.Verdict == retry.Permanent:
		return store.Settlement{State: store.Dead, Reason: v.Reason, Detail: brief(err)}
	case r.leaps.age(now, n.Since) > r.cfg.Delivery.GiveUpAfter.D() && n.Attempts >= leastTellings:
		return store.Settlement{State: store.Dead, Reason: retry.TooOld, Detail: "last: " + brief(err)}
	}
	return store.Settlement{
		State: store.Ready, Reason: v.Reason, Detail: brief(err), Due: now.Add(r.backoff.Delay(n.Attempts, v.After)),
	}
}

func (r *Relay) wakeWriters() {
	for _, s := range r.tellable {
		s.send()
	}
}
