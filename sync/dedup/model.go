package dedup

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Feature is one thing that is measured of two complaints, mostly from 0 to 1. Its name is one of FeatureNames.
type Feature struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Model turns features into the probability that two complaints are one matter: a logistic function of a sum that a
// person can do by hand. It never links: rules do; it says which pairs a person should see.
type Model struct {
	Note        string             `json:"note,omitempty"` // what it was fitted on
	ReviewAbove float64            `json:"review_above"`   // the probability from which a person looks
	Intercept   float64            `json:"intercept"`
	Weights     map[string]float64 `json:"weights"` // by the feature's name; one without a weight does not count

	// Background is what candidates that are not one matter look like in a usual stream, in a few groups. Fit learns from
	// them too: those that somebody labels are the hard ones alone.
	Background []Background `json:"background,omitempty"`
}

// Background is a group of candidates that are not one matter: how many, and their mean features.
type Background struct {
	Weight   float64            `json:"weight"`
	Features map[string]float64 `json:"features"`
}

//go:embed model.json
var shippedModel []byte

// ShippedModel is the model that comes with the program.
func ShippedModel() *Model {
	m, err := ReadModel(bytes.NewReader(shippedModel))
	if err != nil { // a test reads it
		return &Model{ReviewAbove: 1}
	}
	return m
}

// ReadModel reads what Write wrote. A weight of an unknown feature, and a probability beyond 0 to 1, is an error.
func ReadModel(r io.Reader) (*Model, error) {
	m := &Model{}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("read a model of duplicates: %w", err)
	}
	if m.ReviewAbove <= 0 || m.ReviewAbove > 1 {
		return nil, fmt.Errorf("read a model of duplicates: review_above is %v; want more than 0, at most 1", m.ReviewAbove)
	}
	for name := range m.Weights {
		if !slices.Contains(FeatureNames(), name) {
			return nil, fmt.Errorf("read a model of duplicates: there is no feature %q; those there are: %s",
				name, strings.Join(FeatureNames(), ", "))
		}
	}
	return m, nil
}

// Write writes the model as JSON, the same model always in the same bytes.
func (m *Model) Write(w io.Writer) error {
	encoded, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write a model of duplicates: %w", err)
	}
	if _, err := w.Write(append(encoded, '\n')); err != nil {
		return fmt.Errorf("write a model of duplicates: %w", err)
	}
	return nil
}

// Score is the probability that two complaints with these features are one matter.
func (m *Model) Score(features []Feature) float64 {
	sum := m.Intercept
	for _, f := range features {
		sum += m.Weights[f.Name] * f.Value
	}
	return logistic(sum)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
