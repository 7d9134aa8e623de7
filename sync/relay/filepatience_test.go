package relay

import (
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// A file that cannot be had holds nothing up until the time a wrong clock showed when its message came.
func TestPatienceWithAFileCountsFromNoTimeToCome(t *testing.T) {
	now := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	v := conversation{Relay: &Relay{now: func() time.Time { return now }}, t: store.Talk{TriedAt: now.Add(-time.Minute)}}
	for _, c := range []struct{ received, from time.Duration }{
		{-time.Hour, -time.Minute}, {-time.Second, -time.Second}, {365 * 24 * time.Hour, -time.Minute},
	} {
		if got, want := v.patience(&store.Heard{ReceivedAt: now.Add(c.received)}, nil), now.Add(c.from+fetchPatience); !got.Equal(want) {
			t.Errorf("received %s from now, it is waited for until %s, want %s", c.received, got, want)
		}
	}
}
