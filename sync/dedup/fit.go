package dedup

import (
	"errors"
	"math"
	"slices"
)

// Sample is a pair of complaints of which somebody said whether they are one matter.
type Sample struct {
	Features []Feature
	Same     bool
	Weight   float64 // how often it counts; 0 counts as 1
}

const (
	pull         = 1.0  // how strongly a weight is drawn to the prior's, in samples
	keepSame     = 0.97 // the share of the pairs of one matter that the threshold must let a person see
	margin       = 0.6  // and what is nearly as likely as the last of these
	mostSteps    = 50
	mostHalvings = 20
	closeEnough  = 1e-9
)

// Fit makes the model that explains the samples best without going far from prior (nil: the shipped one). The same
// samples in any order make the same model. Its ReviewAbove lets a person see all but the last fiftieth of the pairs
// that are one matter.
func Fit(samples []Sample, prior *Model) (*Model, error) {
	if prior == nil {
		prior = ShippedModel()
	}
	background := prior.Background
	if len(background) == 0 {
		background = ShippedModel().Background
	}
	rows, err := designed(samples)
	if err != nil {
		return nil, err
	}
	rows = append(rows, grounded(background)...)
	names := FeatureNames()
	start := make([]float64, len(names)+1)
	start[0] = prior.Intercept
	for i, n := range names {
		start[i+1] = prior.Weights[n]
	}
	found := newton(rows, start)
	m := &Model{Note: prior.Note, Intercept: rounded(found[0]), Weights: map[string]float64{}, Background: background}
	for i, n := range names {
		m.Weights[n] = rounded(found[i+1])
	}
	m.ReviewAbove = threshold(m, samples)
	return m, nil
}

// grounded are the rows of the background.
func grounded(all []Background) []row {
	names := FeatureNames()
	rows := make([]row, len(all))
	for i, b := range all {
		rows[i] = row{x: make([]float64, len(names)+1), weight: b.Weight}
		rows[i].x[0] = 1
		for j, n := range names {
			rows[i].x[j+1] = b.Features[n]
		}
	}
	return rows
}

// row is a sample in numbers: a one for the intercept, then the features in the order of FeatureNames.
type row struct {
	x      []float64
	same   float64
	weight float64
}

func designed(samples []Sample) ([]row, error) {
	names := FeatureNames()
	rows := make([]row, 0, len(samples))
	var same, other bool
	for _, s := range samples {
		r := row{x: make([]float64, len(names)+1), weight: s.Weight}
		r.x[0] = 1
		for _, f := range s.Features {
			if i := slices.Index(names, f.Name); i >= 0 {
				r.x[i+1] = f.Value
			}
		}
		if r.weight == 0 {
			r.weight = 1
		}
		if s.Same {
			r.same, same = 1, true
		} else {
			other = true
		}
		rows = append(rows, r)
	}
	if !same || !other {
		return nil, errors.New("fit a model of duplicates: it needs pairs that are one matter and pairs that are not; decide more reviews, or add labelled pairs")
	}
	slices.SortFunc(rows, func(a, b row) int { // sums of floats depend on the order
		return slices.Compare(append(a.x, a.same, a.weight), append(b.x, b.same, b.weight))
	})
	return rows, nil
}

// newton finds the weights with the greatest penalised likelihood.
func newton(rows []row, start []float64) []float64 {
	w := slices.Clone(start)
	for range mostSteps {
		gradient, curve := slope(rows, w, start)
		step := solve(curve, gradient)
		best := likelihood(rows, w, start)
		share := 1.0
		for range mostHalvings { // a whole step overshoots where the samples can be told apart wholly
			if likelihood(rows, stepped(w, step, share), start) >= best {
				break
			}
			share /= 2
		}
		w = stepped(w, step, share)
		if share*longest(step) < closeEnough {
			break
		}
	}
	return w
}

func stepped(w, step []float64, share float64) []float64 {
	next := slices.Clone(w)
	for i := range next {
		next[i] += share * step[i]
	}
	return next
}

func longest(step []float64) (most float64) {
	for _, s := range step {
		most = max(most, math.Abs(s))
	}
	return most
}

// likelihood is the penalised logarithm that newton makes greatest.
func likelihood(rows []row, w, start []float64) float64 {
	var sum float64
	for i := range w {
		sum -= pull / 2 * (w[i] - start[i]) * (w[i] - start[i])
	}
	for _, r := range rows {
		var z float64
		for i, x := range r.x {
			z += x * w[i]
		}
		sum += r.weight * (r.same*z - max(z, 0) - math.Log1p(math.Exp(-math.Abs(z))))
	}
	return sum
}

func slope(rows []row, w, start []float64) (gradient []float64, curve [][]float64) {
	n := len(w)
	gradient, curve = make([]float64, n), make([][]float64, n)
	for i := range n {
		curve[i] = make([]float64, n)
		gradient[i] = -pull * (w[i] - start[i])
		curve[i][i] = pull
	}
	for _, r := range rows {
		var sum float64
		for i, x := range r.x {
			sum += x * w[i]
		}
		p := logistic(sum)
		for i, x := range r.x {
			if x == 0 {
				continue
			}
			gradient[i] += r.weight * (r.same - p) * x
			for j, y := range r.x {
				curve[i][j] += r.weight * p * (1 - p) * x * y
			}
		}
	}
	return gradient, curve
}

// solve returns x with a·x = b, for a symmetric positive a, which it overwrites.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	x := slices.Clone(b)
	for i := range n {
		for j := i + 1; j < n; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k < n; k++ {
				a[j][k] -= f * a[i][k]
			}
			x[j] -= f * x[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= a[i][k] * x[k]
		}
		x[i] /= a[i][i]
	}
	return x
}

// threshold is the highest probability, in whole hundredths, that lets a person see keepSame of what is one matter.
func threshold(m *Model, samples []Sample) float64 {
	var scores []float64
	for _, s := range samples {
		if s.Same {
			scores = append(scores, m.Score(s.Features))
		}
	}
	slices.Sort(scores)
	lowest := margin * scores[int(float64(len(scores))*(1-keepSame))]
	return max(0.01, math.Floor(lowest*100)/100)
}

func rounded(x float64) float64 { return math.Round(x*1000) / 1000 }
