package trial

import (
	"encoding/json"
	"fmt"
	"math"
)

// Share is how many of so many, with what that says of the whole they were drawn from.
type Share struct{ Hits, Of int }

// Count adds one to the whole, and to the hits where hit is true.
func (s *Share) Count(hit bool) {
	s.Of++
	if hit {
		s.Hits++
	}
}

// Rate is Hits of Of, from 0 to 1; of nothing it is 0.
func (s Share) Rate() float64 {
	if s.Of == 0 {
		return 0
	}
	return float64(s.Hits) / float64(s.Of)
}

// normal975 is the 97.5th percentile of the normal distribution.
const normal975 = 1.959963984540054

// Wilson is the interval that holds the true rate in 95 of 100 trials (Wilson 1927); of nothing it is 0 to 1. Trials that
// depend on one another, such as pairs that share a complaint, make it too narrow.
func (s Share) Wilson() (low, high float64) {
	if s.Of == 0 {
		return 0, 1
	}
	n, p, z2 := float64(s.Of), s.Rate(), normal975*normal975
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := normal975 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}

// String is such as "0.953 (0.940 to 0.963)", and "-" for a share of nothing.
func (s Share) String() string {
	if s.Of == 0 {
		return "-"
	}
	low, high := s.Wilson()
	return fmt.Sprintf("%.3f (%.3f to %.3f)", s.Rate(), low, high)
}

// MarshalJSON writes the counts, the rate and the interval; of nothing there is no rate.
func (s Share) MarshalJSON() ([]byte, error) {
	shown := struct {
		Hits int      `json:"hits"`
		Of   int      `json:"of"`
		Rate *float64 `json:"rate,omitempty"`
		Low  *float64 `json:"low,omitempty"`
		High *float64 `json:"high,omitempty"`
	}{Hits: s.Hits, Of: s.Of}
	if s.Of > 0 {
		low, high := s.Wilson()
		rate := s.Rate()
		shown.Rate, shown.Low, shown.High = &rate, &low, &high
	}
	return json.Marshal(shown)
}
