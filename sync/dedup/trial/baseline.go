package trial

import (
	"math"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/dedup"
)

// baseline is a way to decide that is so simple that ours must be better.
type baseline struct {
	name string
	link func(later, earlier Row) bool
}

const (
	likeCosine = 0.8
	likeWindow = 30 * 24 * time.Hour
)

func baselines() []baseline {
	like := func(a, b Row) bool { return Cosine(a.Complaint.Text, b.Complaint.Text) >= likeCosine }
	return []baseline{
		{"do nothing", func(Row, Row) bool { return false }},
		{"exact hash", func(a, b Row) bool {
			words := dedup.Normalise(a.Complaint.Text)
			return words != "" && words == dedup.Normalise(b.Complaint.Text)
		}},
		{"cosine >= 0.8 of character 4-grams", like},
		{"and same village and 30 days", func(a, b Row) bool {
			apart := a.Complaint.ReportedAt.Sub(b.Complaint.ReportedAt).Abs()
			return like(a, b) && a.Village != "" && strings.EqualFold(a.Village, b.Village) && apart <= likeWindow
		}},
	}
}

// Cosine is how alike two texts are by their runs of four characters, from 0 to 1; case and punctuation do not count.
func Cosine(a, b string) float64 {
	x, y := grams(a), grams(b)
	var both, xx, yy float64
	for g, n := range x {
		both += n * y[g]
		xx += n * n
	}
	for _, n := range y {
		yy += n * n
	}
	if both == 0 {
		return 0
	}
	return min(1, both/math.Sqrt(xx*yy))
}

func grams(text string) map[string]float64 {
	const length = 4
	runes := []rune(" " + dedup.Normalise(text) + " ")
	counts := map[string]float64{}
	for i := 0; i+length <= len(runes); i++ {
		counts[string(runes[i:i+length])]++
	}
	return counts
}
