package trial

import (
	"cmp"
	"slices"

	"github.com/satupintu/satupintu/sync/dedup"
)

// sum makes the tables of the judgements.
func (p *Pairs) sum(s Sheet) {
	slices.SortFunc(p.Judgements, func(a, b Judgement) int {
		return cmp.Or(cmp.Compare(a.Pair.Earlier, b.Pair.Earlier), cmp.Compare(a.Pair.Later, b.Pair.Later))
	})
	p.Methods = []Method{method("this gateway", p.Judgements, func(j Judgement) dedup.Answer { return j.Answer })}
	for _, b := range baselines() {
		p.Methods = append(p.Methods, method(b.name, p.Judgements, func(j Judgement) dedup.Answer {
			if b.link(s.Rows[j.Pair.Later], s.Rows[j.Pair.Earlier]) {
				return dedup.Link
			}
			return dedup.New
		}))
	}
	for _, j := range p.Judgements {
		if j.wrong() {
			p.Errors = append(p.Errors, j)
		}
	}
	slices.SortStableFunc(p.Errors, func(a, b Judgement) int { // what joined two matters first
		return cmp.Compare(a.Answer, b.Answer)
	})
	p.calibrate()
}

func method(name string, judgements []Judgement, answer func(Judgement) dedup.Answer) Method {
	m := Method{Name: name}
	for _, l := range Labels() {
		m.Labels = append(m.Labels, LabelCount{Label: l})
	}
	for _, j := range judgements {
		said := answer(j)
		m.Labels[slices.Index(Labels(), j.Label)].count(said)
		if j.Label == Unsure {
			continue
		}
		m.Link.tell(said == dedup.Link, j.Label.Same())
		m.Together.tell(said != dedup.New, j.Label.Same())
	}
	return m
}

func (l *LabelCount) count(said dedup.Answer) {
	switch said {
	case dedup.Link:
		l.Link++
	case dedup.Review:
		l.Review++
	default:
		l.New++
	}
	l.Linked.Count(said == dedup.Link)
	l.Together.Count(said != dedup.New)
}

// Bin is the pairs whose score lies from From up to To: the mean of what the model said, and how many were one matter.
type Bin struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Mean float64 `json:"mean_score"`
	Same Share   `json:"same_matter"`
}

func (p *Pairs) calibrate() {
	edges := []float64{0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1}
	for i := range edges[1:] {
		p.Calibration = append(p.Calibration, Bin{From: edges[i], To: edges[i+1]})
	}
	var sure int
	for _, j := range p.Judgements {
		if j.Label == Unsure {
			continue
		}
		i := len(p.Calibration) - 1
		for i > 0 && j.Score < p.Calibration[i].From {
			i--
		}
		b, truth := &p.Calibration[i], 0.0
		if j.Label.Same() {
			truth = 1
		}
		b.Same.Count(j.Label.Same())
		b.Mean += j.Score
		p.Brier += (j.Score - truth) * (j.Score - truth)
		sure++
	}
	for i := range p.Calibration {
		p.Calibration[i].Mean /= max(1, float64(p.Calibration[i].Same.Of))
	}
	p.Brier /= max(1, float64(sure))
}
