package trial

import (
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Decided is a pair of complaints of which a person said whether they are one matter.
type Decided struct {
	Later, Earlier dedup.Print
	Same           bool
}

// Printed is a complaint by what it is compared by.
type Printed struct {
	Ref   complaint.Ref
	Print dedup.Print
}

// Refit fits a model on what persons decided, drawn to the shipped one where they say little. Options.Words should know
// the region's words.
func Refit(o dedup.Options, labels []Decided) (*dedup.Model, error) {
	e := dedup.NewEngine(Ready(o))
	samples := make([]dedup.Sample, len(labels))
	for i, l := range labels {
		samples[i] = dedup.Sample{Features: e.Features(l.Later, l.Earlier), Same: l.Same}
	}
	m, err := dedup.Fit(samples, dedup.ShippedModel())
	if err != nil {
		return nil, err
	}
	m.Note = fmt.Sprintf("fitted on %d decided reviews beside the shipped model", len(labels))
	return m, nil
}

// Changed is a complaint that another model would have decided otherwise.
type Changed struct {
	Ref     complaint.Ref `json:"ref"`
	At      time.Time     `json:"at"`
	Was     Outcome       `json:"was"`
	Now     Outcome       `json:"now"`
	Earlier complaint.Ref `json:"earlier"` // the one it is now about; where it is new, the one it was about
	Score   float64       `json:"score"`   // by the new model
}

// WhatChanges decides complaints in time order with one model and with another, and tells those that become something
// else. Nobody learns words meanwhile, so that only the models differ.
func WhatChanges(o dedup.Options, prints []Printed, was, now *dedup.Model) []Changed {
	o = Ready(o)
	before, after := o, o
	before.Model, after.Model = was, now
	one, other := dedup.NewEngine(before), dedup.NewEngine(after)
	x := NewIndex(o.Window)
	var changed []Changed
	for _, p := range prints {
		among := x.Find(p.Print)
		a, b := one.Judge(p.Print, among), other.Judge(p.Print, among)
		if outcomeOf(a) != outcomeOf(b) {
			c := Changed{Ref: p.Ref, At: p.Print.At, Was: outcomeOf(a), Now: outcomeOf(b), Earlier: b.Earlier, Score: b.Score}
			if c.Earlier == "" {
				c.Earlier = a.Earlier
			}
			changed = append(changed, c)
		}
		x.Add(p.Ref, p.Print)
	}
	return changed
}
