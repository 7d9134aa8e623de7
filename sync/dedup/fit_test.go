package dedup

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func sample(words, hours float64, same bool) Sample {
	return Sample{Features: []Feature{{"words_shared", words}, {"days", hours}}, Same: same}
}

func TestFitLearnsFromSamplesInAnyOrder(t *testing.T) {
	samples := []Sample{
		sample(1, 0, true), sample(1, 0.1, true), sample(0.9, 0.2, true), sample(0, 1, false), sample(0.1, 0.9, false), sample(0.2, 1, false),
	}
	m, err := Fit(samples, nil)
	if err != nil {
		t.Fatal(err)
	}
	if near, far := m.Score(samples[0].Features), m.Score(samples[3].Features); near < 2*far || m.ReviewAbove > near {
		t.Errorf("scores %v and %v, threshold %v", near, far, m.ReviewAbove)
	}
	slices.Reverse(samples)
	again, err := Fit(samples, nil)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if m.Write(&a) != nil || again.Write(&b) != nil || a.String() != b.String() {
		t.Errorf("two orders, two models:\n%s\n%s", a.String(), b.String())
	}
	if _, err := Fit(samples[:1], nil); err == nil || !strings.Contains(err.Error(), "decide more reviews") {
		t.Errorf("one kind of sample: %v", err)
	}
}

// Samples that one feature tells apart wholly are where whole steps overshoot, and go to and fro for ever.
func TestFitEndsAtTheTop(t *testing.T) {
	var samples []Sample
	for i := range 40 {
		same := i%2 == 0
		s := sample(1000, 0, same)
		if !same {
			s = sample(0, 1000, same)
		}
		s.Weight = 50
		samples = append(samples, s)
	}
	rows, err := designed(samples)
	if err != nil {
		t.Fatal(err)
	}
	start := make([]float64, len(FeatureNames())+1)
	start[0] = -20
	gradient, _ := slope(rows, newton(rows, start), start)
	if steepest := longest(gradient); steepest > 1e-6 {
		t.Errorf("the slope at the end is %v, want none", steepest)
	}
}

func TestModelIsReadAsItWasWritten(t *testing.T) {
	var written, again bytes.Buffer
	if err := ShippedModel().Write(&written); err != nil {
		t.Fatal(err)
	}
	m, err := ReadModel(bytes.NewReader(written.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write(&again); err != nil || again.String() != written.String() {
		t.Errorf("%v: written %s, then %s", err, written.String(), again.String())
	}
	for broken, want := range map[string]string{
		`{`: "unexpected EOF", `{"review_above": 2}`: "review_above is 2", `{"review_above": 0.5, "weights": {"luck": 1}}`: `no feature "luck"`,
	} {
		if _, err := ReadModel(strings.NewReader(broken)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}
