package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// groupsOf gives a batcher so many jobs, each so long after the one before, and returns the sizes of the groups that were
// committed and how long the last job waited. A commit takes no time.
func groupsOf(t *testing.T, jobs int, apart time.Duration) (groups []int, waited time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &batcher[int]{
			in:    func(_ context.Context, f func(*writer) error) error { return f(nil) },
			apply: func(_ context.Context, _ *writer, group []int) error { groups = append(groups, len(group)); return nil },
			most:  256, queue: make(chan waiting[int], 256), done: make(chan struct{}),
		}
		go b.loop()
		waits := make(chan time.Duration, jobs)
		for range jobs {
			<-time.After(apart) // the bubble's own clock
			go func() {
				came := time.Now()
				if err := b.do(t.Context(), 0); err != nil {
					t.Error(err)
				}
				waits <- time.Since(came)
			}()
		}
		for range jobs {
			waited = <-waits
		}
		b.close()
	})
	return groups, waited
}

func TestWhoComesSoonAfterAGroupIsCommittedWithOthers(t *testing.T) {
	groups, waited := groupsOf(t, 100, 500*time.Microsecond)
	if len(groups) > 30 {
		t.Errorf("100 jobs, half a millisecond apart, took %d commits: %v", len(groups), groups)
	}
	if waited > linger {
		t.Errorf("the last waited %s", waited)
	}
}

func TestWhoComesAloneIsCommittedAtOnce(t *testing.T) {
	groups, waited := groupsOf(t, 10, time.Second)
	if len(groups) != 10 || waited != 0 {
		t.Errorf("10 jobs, a second apart, took %d commits, and the last waited %s", len(groups), waited)
	}
}
