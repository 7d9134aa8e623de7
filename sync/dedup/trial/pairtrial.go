package trial

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Judgement is what the engine says of one pair.
type Judgement struct {
	A        string           `json:"a"` // the earlier
	B        string           `json:"b"`
	Label    Label            `json:"label"`
	Answer   dedup.Answer     `json:"answer"`
	Kind     dedup.Kind       `json:"kind,omitempty"`
	Score    float64          `json:"score"`               // the model's probability, whatever the rules say
	Cosine   float64          `json:"cosine"`              // of character 4-grams
	NotFound bool             `json:"not_found,omitempty"` // they share no key, so they are never compared
	For      []dedup.Evidence `json:"for,omitempty"`
	Against  []dedup.Evidence `json:"against,omitempty"`
	Pair     Pair             `json:"-"`
}

// wrong says that the answer does harm: two matters joined, or one matter that nobody will join.
func (j Judgement) wrong() bool {
	switch {
	case j.Label == Unsure:
		return false
	case j.Label.Same():
		return j.Answer == dedup.New
	}
	return j.Answer == dedup.Link
}

// Pairs is what was measured on pairs.
type Pairs struct {
	Methods     []Method    `json:"methods"` // ours first, then the baselines
	Calibration []Bin       `json:"calibration"`
	Brier       float64     `json:"brier"`        // the mean squared distance of score and truth: 0 is best
	Folds       int         `json:"folds"`        // 0: the model as given
	Reviews     []float64   `json:"review_above"` // of each fold
	Errors      []Judgement `json:"errors"`
	Judgements  []Judgement `json:"judgements"`
}

// Method is one way to decide, and how it did.
type Method struct {
	Name     string          `json:"name"`
	Labels   []LabelCount    `json:"labels"`
	Link     PrecisionRecall `json:"link"`
	Together PrecisionRecall `json:"link_or_review"`
}

// LabelCount is what became of the pairs of one label.
type LabelCount struct {
	Label    Label `json:"label"`
	Link     int   `json:"link"`
	Review   int   `json:"review"`
	New      int   `json:"new"`
	Linked   Share `json:"linked"`
	Together Share `json:"linked_or_review"`
}

// PrecisionRecall is, of what was joined, how much was one matter; and of what is one matter, how much was joined.
type PrecisionRecall struct {
	Precision Share `json:"precision"`
	Recall    Share `json:"recall"`
}

// Tell counts one pair that was joined or not.
func (p *PrecisionRecall) tell(joined, same bool) {
	if joined {
		p.Precision.Count(same)
	}
	if same {
		p.Recall.Count(joined)
	}
}

// MeasurePairs compares labelled pairs: with the options' model as it is where folds is 0; else each fold is judged by a
// model that was fitted, with its threshold, on the other folds alone and starts from no weights. Pairs that share a
// complaint are in one fold. How rare a word is is learnt from all texts, which needs no label.
func MeasurePairs(o dedup.Options, s Sheet, pairs []Pair, folds int) (Pairs, error) {
	if folds == 1 || folds < 0 {
		return Pairs{}, fmt.Errorf("%d folds: want 0 for the model as it is, or two and more", folds)
	}
	o = Ready(o)
	e := dedup.NewEngine(o)
	prints := make([]dedup.Print, len(s.Rows))
	for i, r := range s.Rows {
		prints[i] = e.Print(r.Complaint)
		o.Words.Learn(prints[i])
	}
	if folds > 0 {
		o.ReviewAbove = 0 // each fold has its own
	}
	p := Pairs{Folds: folds}
	for _, part := range parts(pairs, folds) {
		model, err := part.model(o, prints, folds)
		if err != nil {
			return p, err
		}
		p.Reviews = append(p.Reviews, model.ReviewAbove)
		o.Model = model
		p.Judgements = append(p.Judgements, judge(o, s, prints, part.judged)...)
	}
	p.sum(s)
	return p, nil
}

// part is one fold.
type part struct{ learnt, judged []Pair }

func parts(pairs []Pair, folds int) []part {
	if folds == 0 {
		return []part{{judged: pairs}}
	}
	of := foldOf(pairs, folds)
	out := make([]part, folds)
	for i, p := range pairs {
		for f := range out {
			if of[i] == f {
				out[f].judged = append(out[f].judged, p)
			} else {
				out[f].learnt = append(out[f].learnt, p)
			}
		}
	}
	return out
}

// foldOf deals clusters to folds in turn, those of one label after another, so that each fold has its share of each.
func foldOf(pairs []Pair, folds int) []int {
	cluster := clusters(pairs)
	label := map[int]Label{}
	var order []int
	for i, c := range cluster {
		if _, seen := label[c]; !seen {
			label[c] = pairs[i].Label
			order = append(order, c)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(label[a], label[b]), cmp.Compare(a, b)) })
	fold := map[int]int{}
	for n, c := range order {
		fold[c] = n % folds
	}
	out := make([]int, len(pairs))
	for i, c := range cluster {
		out[i] = fold[c]
	}
	return out
}

func (p part) model(o dedup.Options, prints []dedup.Print, folds int) (*dedup.Model, error) {
	if folds > 0 {
		return fit(o, prints, p.learnt, &dedup.Model{ReviewAbove: 1})
	}
	m := dedup.ShippedModel()
	if o.Model != nil {
		m = o.Model
	}
	if o.ReviewAbove > 0 {
		shown := *m
		shown.ReviewAbove = o.ReviewAbove
		m = &shown
	}
	return m, nil
}

// FitPairs fits a model on all pairs but those nobody is sure of, drawn to prior.
func FitPairs(o dedup.Options, s Sheet, pairs []Pair, prior *dedup.Model) (*dedup.Model, error) {
	o = Ready(o)
	e := dedup.NewEngine(o)
	prints := make([]dedup.Print, len(s.Rows))
	for i, r := range s.Rows {
		prints[i] = e.Print(r.Complaint)
		o.Words.Learn(prints[i])
	}
	return fit(o, prints, pairs, prior)
}

func fit(o dedup.Options, prints []dedup.Print, pairs []Pair, prior *dedup.Model) (*dedup.Model, error) {
	e := dedup.NewEngine(o)
	var samples []dedup.Sample
	for _, p := range pairs {
		if p.Label != Unsure {
			samples = append(samples, dedup.Sample{Features: e.Features(prints[p.Later], prints[p.Earlier]), Same: p.Label.Same()})
		}
	}
	return dedup.Fit(samples, prior)
}

func judge(o dedup.Options, s Sheet, prints []dedup.Print, pairs []Pair) []Judgement {
	e := dedup.NewEngine(o)
	out := make([]Judgement, 0, len(pairs))
	for _, p := range pairs {
		later, earlier := prints[p.Later], prints[p.Earlier]
		a, b := s.Rows[p.Earlier], s.Rows[p.Later]
		j := Judgement{
			A: a.ID, B: b.ID, Label: p.Label, Pair: p, Answer: dedup.New, NotFound: !meet(later, earlier),
			Score: o.Model.Score(e.Features(later, earlier)), Cosine: Cosine(a.Complaint.Text, b.Complaint.Text),
		}
		v := e.Judge(later, []dedup.Earlier{{Ref: complaint.Ref(a.ID), Print: &earlier}})
		j.For, j.Against = v.For, v.Against
		if !j.NotFound {
			j.Answer, j.Kind = v.Answer, v.Kind
		}
		out = append(out, j)
	}
	return out
}
