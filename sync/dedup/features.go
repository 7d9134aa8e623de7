package dedup

import (
	"math"
	"math/bits"
)

// FeatureNames are all features, in the order in which they are measured. Each is from 0 to 1.
func FeatureNames() []string {
	return []string{
		"same_reporter", "other_reporter", "words_shared", "words_held", "rare_words", "street", "precise_place", "landmark", "village", "same_address",
		"near", "far", "place_conflict", "village_conflict", "other_words", "days", "other_concept", "category",
		"file", "asks", "short",
	}
}

// Features measures two complaints, one value for each of FeatureNames.
func (e *Engine) Features(later, earlier Print) []Feature {
	whole := Engine{o: e.o, weights: e.weights, thorough: true}
	a, b := whole.bag(&later), whole.bag(&earlier)
	c := whole.contrast(&a, &b, nil)
	values := c.measured()
	features := make([]Feature, len(values))
	for i, name := range FeatureNames() {
		features[i] = Feature{name, values[i]}
	}
	return features
}

const features = 21

func (c *contrast) measured() [features]float64 {
	place := &c.place
	conflicts := float64(bits.OnesCount32(uint32(place.differ &^ day)))
	if c.far() {
		conflicts++
	}
	villages := float64(bits.OnesCount32(uint32(place.differ & (area | mark))))
	return [features]float64{
		bit(c.relation == sameReporter), bit(c.relation == otherReporter), c.share(), c.held(), rareWords(c.metNames),
		bit(place.agrees(street)), bit(place.agrees(precise)), bit(place.agrees(mark)), bit(place.agrees(village)), bit(place.same),
		c.nearness(), bit(c.far()), min(1, (conflicts-villages)/2), min(1, villages/2), part(c.later.sum()+c.early.sum(), 6),
		min(1, c.apart.Hours()/24/30), bit(c.otherConcept),
		bit(c.subject), bit(c.file), bit(c.asks || c.quotes || c.tracks), 1 / (1 + float64(min(c.wordsLater, c.wordsEarly))),
	}
}

func (c *contrast) nearness() float64 {
	if c.place.metres < 0 {
		return 0
	}
	return math.Exp(-c.place.metres / 50)
}

func bit(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// part grows from 0 towards 1; it is a half at the given number.
func part(n, half int) float64 { return float64(n) / float64(n+half) }

func rareWords(n int) float64 { return part(n, 3) }

// weights are a model's, in the order of FeatureNames.
type weights struct {
	intercept float64
	of        [features]float64
}

// Where those features stand that are measured last.
const (
	rareWordsAt  = 4
	otherWordsAt = 14
)

// most is the highest score there can be when rare_words and other_words are not measured yet, and so many words are shared.
func (w *weights) most(values [features]float64, met int) float64 {
	values[rareWordsAt], values[otherWordsAt] = 0, 0
	if w.of[rareWordsAt] > 0 {
		values[rareWordsAt] = rareWords(met)
	}
	if w.of[otherWordsAt] > 0 {
		values[otherWordsAt] = 1
	}
	return w.score(values)
}

func (m *Model) weights() weights {
	w := weights{intercept: m.Intercept}
	for i, name := range FeatureNames() {
		w.of[i] = m.Weights[name]
	}
	return w
}

func (w *weights) score(values [features]float64) float64 {
	sum := w.intercept
	for i, v := range values {
		sum += w.of[i] * v
	}
	return logistic(sum)
}
