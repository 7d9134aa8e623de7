// Package pace is how fast a peer is asked by all who share it: one schedule of turns, which grows slower when the peer
// says that it is asked too much and recovers while it answers. It is pure: who keeps a State says what time it is.
//
// Promises:
//
//   - turns are handed out once, evenly, at no more than the rate allowed; at most CatchUp of missed ones is made up for
//   - while a State is held nothing is handed out, however often it is asked
//   - one trouble halves the rate once, however many say so; it never falls below a sixteenth, nor below Slowest
//   - after about a minute of answers the whole rate is allowed again
package pace

import "time"

const (
	// CatchUp is how much missed time is made up for, and how long an unused turn stays good.
	CatchUp = 100 * time.Millisecond
	// Batch is how much time's worth of turns is handed out at once; a turn that takes longer comes alone.
	Batch = 100 * time.Millisecond
	// Slowest is a rate a second that no trouble makes slower: once in ten seconds.
	Slowest = 0.1

	mostSlow   = 16 // times slower than configured
	recovery   = time.Minute
	mostHeld   = 24 * time.Hour // what a peer may ask for
	mostAhead  = time.Minute    // a turn further off than this and mostGaps was made by a clock that stepped back
	mostGaps   = 64
	answersFor = time.Second // how much recovery one answer stands for, or two turns where they are further apart
)

// State is how a peer is asked now. The zero State allows the whole rate at once.
type State struct {
	Next  time.Time // the first turn nobody has
	Held  time.Time // no turn before this
	Less  float64   // what is kept back of the configured rate: 0 allows all of it, 0.5 half
	Moved time.Time // when Less changed
}

// Turns are turns that were handed out, Gap apart. With Count 0 there are none before First.
type Turns struct {
	First time.Time
	Gap   time.Duration
	Count int
}

// Rate is what is allowed now, a second, of a configured rate.
func (s State) Rate(configured float64) float64 { return configured * (1 - s.Less) }

// Reserve hands out up to most turns, at least one and no more than a Batch.
func (s *State) Reserve(now time.Time, configured float64, most int) Turns {
	if last := now.Add(mostHeld); s.Held.After(last) {
		s.Held = last
	}
	if now.Before(s.Held) {
		return Turns{First: s.Held}
	}
	rate := s.Rate(configured)
	gap := spread(1, rate)
	count := max(1, min(most, int(rate*Batch.Seconds())))
	first := later(s.Next, now.Add(-CatchUp))
	if ahead := now.Add(max(mostAhead, mostGaps*gap)); first.After(ahead) {
		first = ahead
	}
	s.Next = first.Add(spread(count, rate))
	return Turns{first, gap, count}
}

// Slow holds everything for d and halves the rate, unless it is held already: then it is one trouble.
func (s *State) Slow(now time.Time, configured float64, d time.Duration) {
	if !now.Before(s.Held) {
		floor := min(1, max(1.0/mostSlow, Slowest/configured))
		s.Less = 1 - max((1-s.Less)/2, min(floor, 1-s.Less))
		s.Moved = now
	}
	s.Held = later(s.Held, now.Add(min(d, mostHeld)))
}

// Recover gives back a part of the rate, because the peer answered since Moved.
func (s *State) Recover(now time.Time, configured float64) {
	if s.Less == 0 || now.Before(s.Held) {
		return
	}
	since := min(now.Sub(later(s.Moved, s.Held)), max(answersFor, spread(2, s.Rate(configured))))
	if since <= 0 {
		return
	}
	s.Less = max(0, s.Less-float64(since)/float64(recovery))
	s.Moved = now
}

func spread(turns int, rate float64) time.Duration {
	return time.Duration(float64(turns) / rate * float64(time.Second))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
