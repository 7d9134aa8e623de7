package relay

import (
	"context"
	"time"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/store"
)

// How duplicates are looked for.
const (
	modeOff    = "off"    // nothing is compared, and nothing kept to compare with
	modeReview = "review" // every link is asked about first
)

const (
	// wordsFrom is of how many of the newest complaints the words are learnt when the gateway starts.
	wordsFrom = 20_000
	// expireAtOnce is how many complaints the index forgets at most in one sweep, so that the sweep goes on.
	expireAtOnce = 2_000
)

// compares takes the engine in use; in mode off there is none.
func (r *Relay) compares(o Options) {
	d := o.Config.Dedup
	if d.Mode == modeOff || o.Engine == nil {
		return
	}
	r.engine = o.Engine
	r.comparison = &store.Comparison{
		Window: d.Window.D(), ReviewAll: d.Mode == modeReview, ReviewWait: d.ReviewWait.D(), Judge: r.engine.Judge,
	}
}

// learn counts the words of the newest complaints: how rare a word is here is not kept but learnt anew. What cannot be
// read now is learnt as complaints come.
func (r *Relay) learn(ctx context.Context) {
	if r.comparison == nil {
		return
	}
	prints, err := r.store.Prints(ctx, wordsFrom)
	if err != nil {
		r.log.Warn("the words of earlier complaints could not be learnt; duplicates are told apart less well for a while", "error", err)
	}
	for _, p := range prints {
		r.engine.Learn(p)
	}
}

// compared counts what a comparison came to, and learns the words of the complaint.
func (r *Relay) compared(d store.Decided) {
	if d.Print != nil {
		r.engine.Learn(*d.Print)
	}
	if d.Answer == dedup.Review {
		r.metrics.reviews.WithLabelValues(reviewAsked).Inc()
		return
	}
	if d.Kind != "" {
		r.metrics.duplicates.WithLabelValues(string(d.Kind)).Inc()
	}
}

// How often the index is looked at for what can be merged: soon after complaints were decided, and seldom while none are.
const (
	mergeRest   = 100 * time.Millisecond
	mergeIdle   = 10 * time.Minute
	mergeFailed = 10 * time.Second // and so long after it could not be merged
)

// mergeLoop keeps the index of keys in few pieces.
func (r *Relay) mergeLoop(ctx context.Context) {
	var down trouble
	for sleep(ctx, mergeIdle, r.mergeable) {
		for more := true; more && ctx.Err() == nil; {
			var err error
			more, err = r.store.MergeKeys(ctx)
			down.watch(ctx, r.log, "merging what duplicates are found by", err)
			if err != nil {
				sleep(ctx, mergeFailed, nil)
			}
		}
		sleep(ctx, mergeRest, nil)
	}
}

// What became of reviews, as this gateway counts them; persons decide by commands.
const (
	reviewAsked     = "asked"
	reviewUndecided = "undecided"
)

// reviewEvery is how often reviews that nobody decided are looked for: often beside how long a person is waited for.
func (r *Relay) reviewEvery() time.Duration {
	return min(30*time.Second, r.cfg.Dedup.ReviewWait.D()/4)
}

// sweepDuplicates forwards what nobody decided about in time, and forgets by what old complaints were found.
func (r *Relay) sweepDuplicates(ctx context.Context) error {
	released, err := r.store.ReleaseReviews(ctx)
	if released > 0 {
		r.log.Warn("nobody decided in time whether complaints are duplicates; they go on as new", "complaints", released)
		r.metrics.reviews.WithLabelValues(reviewUndecided).Add(float64(released))
		r.forwardable.send()
	}
	if err != nil {
		return err
	}
	_, err = r.store.ExpirePrints(ctx, r.now().Add(-r.cfg.Dedup.Window.D()), expireAtOnce)
	return err
}
