package trial

import (
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Suite is made cases of one sort: what is changed, how much, and who tells.
type Suite struct {
	Matter   string  `json:"matter"` // same or another
	Reporter Who     `json:"reporter"`
	Rate     float64 `json:"rate"` // times the natural rate; of another matter 1
	Target   *Target `json:"target,omitempty"`
}

// Target is what all cases of a suite together must reach.
type Target struct {
	Linked   float64 `json:"linked,omitempty"`           // at least; of another matter at most
	Together float64 `json:"linked_or_review,omitempty"` // at least
	AtMost   bool    `json:"at_most,omitempty"`
}

// met says whether the figures reach the target.
func (t *Target) met(s SturdinessRow) bool {
	switch {
	case t == nil:
		return true
	case t.AtMost:
		return s.Linked.Rate() <= t.Linked
	}
	return s.Linked.Rate() >= t.Linked && s.Together.Rate() >= t.Together
}

// Suites are all, with their targets.
func Suites() []Suite {
	return []Suite{
		{"same", SameReporter, 1, &Target{Linked: 0.95, Together: 0.99}},
		{"same", SameReporter, 3, &Target{Linked: 0.80, Together: 0.96}},
		{"same", UnknownReporter, 1, &Target{Together: 0.90}},
		{"same", UnknownReporter, 3, &Target{Together: 0.80}},
		{"same", AnotherReporter, 1, nil},
		{"another", AnotherReporter, 1, &Target{AtMost: true}},
		{"another", UnknownReporter, 1, &Target{Linked: 0.001, AtMost: true}},
		{"another", SameReporter, 1, &Target{Linked: 0.005, AtMost: true}},
	}
}

// AllKinds is the kind of the row that sums up a suite.
const AllKinds = "all kinds"

// SturdinessRow is what became of the cases of one kind of change.
type SturdinessRow struct {
	Suite
	Kind     string `json:"kind"`
	Linked   Share  `json:"linked"`
	Together Share  `json:"linked_or_review"`
	NotFound int    `json:"not_found"` // share no key, so they are never compared
	Met      bool   `json:"met"`       // of the row of all kinds: the target is; of another: it would be by this kind alone
	Missed   []Case `json:"-"`         // a few of one matter that were not linked, or of two that were
}

const fewMissed = 3

// Sturdiness makes so many cases for each suite and judges them.
func Sturdiness(o dedup.Options, bases []complaint.Complaint, cases int, seed uint64) ([]SturdinessRow, error) {
	o = Ready(o)
	e := dedup.NewEngine(o)
	for _, b := range bases {
		o.Words.Learn(e.Print(b))
	}
	var rows []SturdinessRow
	for n, s := range Suites() {
		m, err := NewMaker(bases, seed*100+uint64(n))
		if err != nil {
			return nil, err
		}
		rows = append(rows, s.run(e, m, cases)...)
	}
	return rows, nil
}

// run spreads the cases evenly over the kinds. A kind that can change no base has a row of nothing.
func (s Suite) run(e *dedup.Engine, m *Maker, cases int) []SturdinessRow {
	kinds := s.kinds(m)
	rows := make([]SturdinessRow, len(kinds)+1)
	all := &rows[len(kinds)]
	*all = SturdinessRow{Suite: s, Kind: AllKinds}
	for i, k := range kinds {
		rows[i] = SturdinessRow{Suite: s, Kind: k.name}
		for n := i; n < cases; n += len(kinds) {
			c, ok := k.make()
			if !ok {
				break
			}
			answer, found := decide(e, c)
			rows[i].count(answer, found)
			all.count(answer, found)
			if (answer == dedup.Link) != (s.Matter == "same") && len(rows[i].Missed) < fewMissed {
				rows[i].Missed = append(rows[i].Missed, c)
			}
		}
		rows[i].Met = s.Target.met(rows[i])
	}
	all.Met = s.Target.met(*all)
	return rows
}

// kind makes cases of one kind.
type kind struct {
	name string
	make func() (Case, bool)
}

func (s Suite) kinds(m *Maker) []kind {
	var kinds []kind
	if s.Matter == "same" {
		for _, c := range sameChanges() {
			kinds = append(kinds, kind{c.kind, func() (Case, bool) { return m.same(c, s.Rate, s.Reporter) }})
		}
		return kinds
	}
	for _, k := range otherMarks() {
		kinds = append(kinds, kind{k.kind, func() (Case, bool) { return m.other(k, s.Reporter) }})
	}
	return kinds
}

func (r *SturdinessRow) count(answer dedup.Answer, found bool) {
	r.Linked.Count(answer == dedup.Link)
	r.Together.Count(answer != dedup.New)
	if !found {
		r.NotFound++
	}
}

// decide says what becomes of the later telling when the earlier one is all there is.
func decide(e *dedup.Engine, c Case) (answer dedup.Answer, found bool) {
	earlier, later := e.Print(c.Earlier), e.Print(c.Later)
	if !meet(later, earlier) {
		return dedup.New, false
	}
	return e.Judge(later, []dedup.Earlier{{Ref: "earlier", Print: &earlier}}).Answer, true
}
