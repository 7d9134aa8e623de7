package relay

import (
	"errors"
	"testing"
	"time"
)

func TestWhatTakesLongToCountIsCountedSeldom(t *testing.T) {
	clock := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	counted, takes := 0, 10*time.Second
	var failure error
	count := func(tl *tally) {
		t.Helper()
		err := tl.count(func() time.Time { return clock }, func() error {
			counted++
			clock = clock.Add(takes)
			return failure
		})
		if !errors.Is(err, failure) {
			t.Fatalf("counting came to %v, want %v", err, failure)
		}
	}
	past := tally{share: pastShare, due: clock.Add(pastAfter)}
	began := clock
	for ; clock.Sub(began) < 2*time.Hour; clock = clock.Add(sweepEvery) {
		count(&past)
		if counted > 0 && clock.Sub(began) < pastAfter {
			t.Fatal("what is over was counted right after the start")
		}
	}
	if spent, most := time.Duration(counted)*takes, 2*time.Hour/pastShare+takes; counted < 2 || spent > most {
		t.Errorf("in two hours it was counted %d times, for %s; the most is %s", counted, spent, most)
	}
	counted, takes, failure = 0, 0, errors.New("the store is away")
	again := tally{share: openShare}
	count(&again)
	count(&again)
	if counted != 2 {
		t.Errorf("what could not be counted was tried %d times, want 2", counted)
	}
}
