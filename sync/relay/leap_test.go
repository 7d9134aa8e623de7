package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnAgeLeavesOutWhatTheClockLeaptOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l leaps
		off := time.Duration(0)
		wall := func() time.Time { return time.Now().Add(off) }
		looked := func(d time.Duration) {
			<-time.After(d)
			l.look(wall())
		}
		age := func(since time.Time, want time.Duration) {
			t.Helper()
			if got := l.age(wall(), since); got != want {
				t.Errorf("it is %s old, want %s", got, want)
			}
		}
		looked(0)
		before := wall()
		looked(time.Hour)
		off += 20 * time.Second // nudged
		age(before, time.Hour+20*time.Second)
		off += 1000 * time.Hour
		age(before, time.Hour+20*time.Second)
		after := wall()
		looked(time.Hour)
		age(before, 2*time.Hour+20*time.Second)
		age(after, time.Hour)
		off -= 1000 * time.Hour // and back
		looked(time.Hour)
		age(before, 3*time.Hour+20*time.Second)
	})
}
