package store

import (
	"testing"
	"time"
)

// A disk that hung for ten minutes does not leave the log alone for half an hour, in which the writer would stop for it.
func TestACopyThatHungPutsTheNextOffBySecondsOnly(t *testing.T) {
	for copied, want := range map[time.Duration]time.Duration{
		0: 25 * time.Millisecond, 5 * time.Millisecond: 25 * time.Millisecond, 100 * time.Millisecond: 300 * time.Millisecond,
		time.Second: 3 * time.Second, 10 * time.Minute: 5 * time.Second,
	} {
		if got := restAfter(copied); got != want {
			t.Errorf("after a copy that took %s the log is left alone for %s, want %s", copied, got, want)
		}
	}
}
