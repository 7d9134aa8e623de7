package relay

import (
	"sync"
	"time"
)

// leaps knows by how much this machine's clock was set while the gateway ran, so that nothing looks older than it is: a
// machine that finds out the right time after its start has not waited for years.
type leaps struct {
	mu   sync.Mutex
	at   time.Time // of the last look, by a clock that does not jump
	wall time.Time // what the wall clock showed then
	all  []leap
}

type leap struct {
	to time.Time
	by time.Duration
}

// leastLeap is less than anybody minds, and more than a clock that is nudged.
const leastLeap = time.Minute

// look notices that the clock was set since the last look.
func (l *leaps) look(wall time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, wall := time.Now(), wall.Round(0)
	if by := wall.Sub(l.wall) - now.Sub(l.at); !l.at.IsZero() && by.Abs() >= leastLeap {
		l.all = append(l.all, leap{wall, by})
	}
	l.at, l.wall = now, wall
}

// age is how long ago a moment was, without what the clock leapt over since.
func (l *leaps) age(wall, since time.Time) time.Duration {
	l.look(wall)
	l.mu.Lock()
	defer l.mu.Unlock()
	age := wall.Sub(since)
	for _, one := range l.all {
		if one.to.After(since) {
			age -= one.by
		}
	}
	return age
}
