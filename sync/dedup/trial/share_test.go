package trial

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestWilsonIsAsInTheBooks(t *testing.T) {
	for _, c := range []struct {
		s         Share
		low, high float64
	}{ // Newcombe 1998, table I (method 3), and the rule of three's neighbour
		{Share{81, 263}, 0.2553, 0.3662},
		{Share{15, 148}, 0.0624, 0.1605},
		{Share{0, 20}, 0, 0.1611},
		{Share{1, 29}, 0.0061, 0.1718},
		{Share{20, 20}, 0.8389, 1},
		{Share{0, 3000}, 0, 0.00128},
		{Share{}, 0, 1},
	} {
		low, high := c.s.Wilson()
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.s.Hits, c.s.Of, low, high, c.low, c.high)
		}
	}
}

func TestTheIntervalHoldsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.IntRange(1, 100_000).Draw(t, "of")
		s := Share{rapid.IntRange(0, of).Draw(t, "hits"), of}
		low, high := s.Wilson()
		if low < 0 || high > 1 || s.Rate() < low-1e-12 || s.Rate() > high+1e-12 {
			t.Fatalf("%v: %v to %v", s, low, high)
		}
	})
}

func TestAShareOfNothingClaimsNothing(t *testing.T) {
	encoded, err := json.Marshal(Share{})
	if err != nil || string(encoded) != `{"hits":0,"of":0}` || (Share{}).String() != "-" {
		t.Errorf("%s, %v, %s", encoded, err, Share{})
	}
	var s Share
	s.Count(true)
	s.Count(false)
	if s.String() != "0.500 (0.095 to 0.905)" {
		t.Error(s)
	}
}
