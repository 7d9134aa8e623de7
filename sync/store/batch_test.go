package store

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A transaction begins and commits in so long in these tests; apart is more than both, and less than anybody lingers.
const (
	beginTime  = 100 * time.Microsecond
	commitTime = 900 * time.Microsecond
	both       = beginTime + commitTime
	apart      = 1500 * time.Microsecond
)

// groupsOf gives a batcher jobs, each so long after the one before, and returns the sizes of the groups and the longest that
// a job waited.
func groupsOf(t *testing.T, gathers bool, gaps []time.Duration) (groups []int, longest time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &batcher[int]{
			in: func(_ context.Context, f func(*writer) error) error {
				<-time.After(beginTime) // the bubble's own clock
				defer func() { <-time.After(commitTime) }()
				return f(nil)
			},
			apply: func(_ context.Context, _ *writer, group []int) error { groups = append(groups, len(group)); return nil },
			most:  256, gathers: gathers, queue: make(chan waiting[int], 256), done: make(chan struct{}),
		}
		go b.loop()
		waits := make(chan time.Duration, len(gaps))
		for _, gap := range gaps {
			<-time.After(gap)
			go func() {
				came := time.Now()
				if err := b.do(t.Context(), 0); err != nil {
					t.Error(err)
				}
				waits <- time.Since(came)
			}()
		}
		for range gaps {
			longest = max(longest, <-waits)
		}
		b.close()
	})
	return groups, longest
}

// company are three jobs of which two come during the commit of the first, so that they are a group.
func company() []time.Duration { return []time.Duration{0, both / 2, both / 4} }

func TestABusyGatewaySharesItsCommits(t *testing.T) {
	groups, longest := groupsOf(t, false, append(company(), slices.Repeat([]time.Duration{apart}, 40)...))
	if len(groups) > 25 { // 43, were each committed as it comes
		t.Errorf("43 jobs took %d commits: %v", len(groups), groups)
	}
	if longest > linger+both {
		t.Errorf("one waited %s", longest)
	}
}

func TestAnIdleGatewayCommitsAtOnce(t *testing.T) {
	groups, longest := groupsOf(t, false, slices.Repeat([]time.Duration{apart}, 10))
	if len(groups) != 10 || longest != both {
		t.Errorf("10 jobs took %d commits, and one waited %s", len(groups), longest)
	}
}

func TestCallersThatComeBackTogetherWaitForNobodyElse(t *testing.T) {
	burst := append([]time.Duration{10 * both}, slices.Repeat([]time.Duration{0}, 7)...)
	if groups, longest := groupsOf(t, false, slices.Repeat(burst, 10)); longest != both || len(groups) != 10 {
		t.Errorf("80 jobs took %d commits, and one waited %s: %v", len(groups), longest, groups)
	}
}

func TestAGroupWaitsNoLongerForThoseWhoDoNotComeBack(t *testing.T) {
	groups, longest := groupsOf(t, false, append(company(), 2*time.Second, time.Second))
	if longest != linger+both || !slices.Equal(groups, []int{1, 2, 1, 1}) {
		t.Errorf("the groups were %v, and one waited %s", groups, longest)
	}
}

// Outcomes gather for longer where there are many, until there are more than last time.
func TestOutcomesGatherWhenThereAreMany(t *testing.T) {
	burst := append([]time.Duration{10 * both}, slices.Repeat([]time.Duration{apart / 30}, 99)...)
	gaps := slices.Repeat(burst, 10)
	groups, longest := groupsOf(t, true, gaps)
	if hasty, _ := groupsOf(t, false, gaps); len(groups)*3 > len(hasty)*2 || longest > gatherFor+2*both {
		t.Errorf("1000 jobs took %d commits, and %d without the longer wait; one waited %s: %v", len(groups), len(hasty), longest, groups)
	}
}

// A few that wait for each other's answer do not wait for more of them than there are.
func TestAFewWhoGatherWaitForNobodyElse(t *testing.T) {
	burst := append([]time.Duration{10 * both}, slices.Repeat([]time.Duration{0}, 3)...)
	if groups, longest := groupsOf(t, true, slices.Repeat(burst, 10)); longest != both || len(groups) != 10 {
		t.Errorf("40 jobs took %d commits, and one waited %s: %v", len(groups), longest, groups)
	}
}
