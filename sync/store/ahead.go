package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Furthest is the longest for which each kind of thing is ever put off. What lies further ahead was put there by a clock that
// was ahead, and would lie there until that clock was right.
type Furthest struct {
	Try    time.Duration // a delivery, a follow-up or news that failed
	Talk   time.Duration // a look at what somebody said
	Review time.Duration // what waits for a person
	Ask    time.Duration // a question to the platform
	Slack  time.Duration // by how much the clocks of gateways may differ
}

// BroughtBack counts what was put off further than anything ever is.
type BroughtBack struct{ Deliveries, FollowUps, News, Talks, Reviews, Questions int64 }

// lookAhead is a look along one index for what lies too far ahead.
type lookAhead struct {
	brought *int64
	query   *query
	most    time.Duration
	where   args
}

// BringBack makes due what lies further ahead than anything is ever put off; a review is given its whole time from now. It
// looks through the indexes that the queues themselves are read by, and finds nothing in no time. sources are those that are
// told something or converse.
func (s *Store) BringBack(ctx context.Context, sources []string, f Furthest) (BroughtBack, error) {
	var b BroughtBack
	looks := []lookAhead{
		{&b.FollowUps, s.q.BringBackFollowUps, f.Try, args{}},
		{&b.Reviews, s.q.BringBackReviews, f.Review, args{"wait": f.Review.Milliseconds()}},
		{&b.Questions, s.q.BringBackQuestions, f.Ask, args{}},
	}
	for urgency := range urgencies() {
		looks = append(looks, lookAhead{&b.Deliveries, s.q.BringBackDeliveries, f.Try, args{"urgency": urgency}})
	}
	for _, source := range sources {
		looks = append(looks, lookAhead{&b.News, s.q.BringBackNews, f.Try, args{"source": source}},
			lookAhead{&b.Talks, s.q.BringBackTalks, f.Talk, args{"source": source}})
	}
	var errs []error
	for _, look := range looks {
		errs = append(errs, s.bringBack(ctx, look, f.Slack))
	}
	if err := errors.Join(errs...); err != nil {
		return b, fmt.Errorf("bring back what lies too far ahead: %w", err)
	}
	return b, nil
}

func (s *Store) bringBack(ctx context.Context, look lookAhead, slack time.Duration) error {
	for {
		var n int64
		err := s.inWriter(ctx, func(w *writer) (err error) {
			look.where["far"], look.where["most"] = w.now+(look.most+slack).Milliseconds(), hurryBatch
			n, err = w.run(ctx, look.query, look.where)
			return err
		})
		if err != nil {
			return err
		}
		if *look.brought += n; n < hurryBatch {
			return nil
		}
	}
}
