package pace

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func morning() time.Time { return time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC) }

func TestTurnsAreHandedOutOnceEvenlyAndNoFasterThanTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]float64{0.05, 1, 5, 100, 10_000}).Draw(t, "rate")
		var (
			s     State
			turns []time.Time
			now   = morning()
		)
		for range rapid.IntRange(1, 60).Draw(t, "reservations") {
			got := s.Reserve(now, rate, rapid.IntRange(0, 40).Draw(t, "most"))
			for n := range got.Count {
				turns = append(turns, got.First.Add(time.Duration(n)*got.Gap))
			}
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "pause")))
		}
		least := time.Duration(float64(time.Second)/rate) - time.Microsecond
		for i := 1; i < len(turns); i++ {
			if apart := turns[i].Sub(turns[i-1]); apart < least {
				t.Fatalf("turns %d and %d are %s apart at %v/s", i-1, i, apart, rate)
			}
		}
	})
}

func TestABatchIsAtMostATenthOfASecondAndAtLeastOne(t *testing.T) {
	for rate, want := range map[float64]int{0.01: 1, 5: 1, 100: 10, 10_000: 1000} {
		var s State
		if got := s.Reserve(morning(), rate, math.MaxInt); got.Count != want {
			t.Errorf("%v/s: %d turns at once, want %d", rate, got.Count, want)
		}
	}
}

func TestWhatIsHeldHandsOutNothing(t *testing.T) {
	var s State
	now := morning()
	s.Slow(now, 10, time.Minute)
	if got := s.Reserve(now.Add(59*time.Second), 10, 5); got.Count != 0 || !got.First.Equal(now.Add(time.Minute)) {
		t.Errorf("held, it gave %+v", got)
	}
	if got := s.Reserve(now.Add(time.Minute), 10, 5); got.Count != 1 {
		t.Errorf("afterwards it gave %+v", got)
	}
	s.Slow(now, 10, 365*24*time.Hour)
	if held := s.Held.Sub(now); held > 24*time.Hour {
		t.Errorf("a peer that asks for a year is obeyed for %s", held)
	}
}

func TestOneTroubleHalvesTheRateOnceAndNeverBelowTheFloor(t *testing.T) {
	for _, c := range []struct{ configured, floor float64 }{{160, 10}, {5, 5.0 / 16}, {1, 0.1}, {0.05, 0.05}} {
		var s State
		now := morning()
		for range 20 {
			s.Slow(now, c.configured, time.Second)
		}
		if half := max(c.configured/2, c.floor); math.Abs(s.Rate(c.configured)-half) > 1e-9 {
			t.Errorf("of %v/s twenty cries at once leave %v, want %v", c.configured, s.Rate(c.configured), half)
		}
		for range 20 {
			now = now.Add(2 * time.Second)
			s.Slow(now, c.configured, time.Second)
		}
		if got := s.Rate(c.configured); math.Abs(got-c.floor) > 1e-9 {
			t.Errorf("of %v/s twenty troubles leave %v, want %v", c.configured, got, c.floor)
		}
	}
}

func TestTheRateRecoversInAboutAMinuteOfAnswersAndNotWithoutThem(t *testing.T) {
	for _, rate := range []float64{1, 5, 100, 10_000} {
		var s State
		now := morning()
		for range 5 {
			s.Slow(now, rate, time.Second)
			now = now.Add(time.Second)
		}
		now = now.Add(time.Hour) // nobody asked
		began := now
		for s.Less > 0 && now.Sub(began) < time.Hour {
			turn := s.Reserve(now, rate, 1)
			now = later(now, turn.First)
			s.Recover(now, rate)
		}
		if took := now.Sub(began); took < 35*time.Second || took > 80*time.Second {
			t.Errorf("%v/s took %s to recover", rate, took)
		}
	}
}

func TestAnHourWithoutAnswersIsNotTakenForSuccess(t *testing.T) {
	var s State
	s.Slow(morning(), 100, time.Second)
	s.Recover(morning().Add(time.Hour), 100)
	if got := s.Rate(100); got > 60 {
		t.Errorf("one answer after an hour gave %v/s back", got)
	}
}

func TestAClockThatStepsBackStopsNobodyForLong(t *testing.T) {
	var s State
	s.Reserve(morning().Add(24*time.Hour), 5, 1)
	if got := s.Reserve(morning(), 5, 1); got.First.Sub(morning()) > time.Minute {
		t.Errorf("the next turn is in %s", got.First.Sub(morning()))
	}
}
