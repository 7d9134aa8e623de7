package trial

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Who says from whom the later telling of a made case comes.
type Who string

const (
	SameReporter    Who = "same"    // the gateway knows one phone number of both
	UnknownReporter Who = "unknown" // of neither; the place is known
	AnotherReporter Who = "another" // two phone numbers
)

// Case is two tellings that differ in one known thing.
type Case struct {
	Kind           string
	Earlier, Later complaint.Complaint
}

// Maker makes cases from complaints. Equal bases and seeds give equal cases.
type Maker struct {
	bases []complaint.Complaint
	r     *rand.Rand
}

// NewMaker needs at least one base.
func NewMaker(bases []complaint.Complaint, seed uint64) (*Maker, error) {
	if len(bases) == 0 {
		return nil, errors.New("make cases: there is no complaint to make them from")
	}
	return &Maker{bases: bases, r: rand.New(rand.NewPCG(seed, 2))}, nil //nolint:gosec // for chance that can be repeated
}

const tries = 500 // bases that are tried for one that a kind of change can change

// same makes another telling of one matter.
func (m *Maker) same(c change, rate float64, who Who) (Case, bool) {
	for range tries {
		earlier := m.base()
		if c.ready != nil {
			earlier.Text = c.ready(m.r, earlier.Text)
		}
		later := earlier
		text, ok := c.apply(m.r, rate, earlier.Text)
		if !ok || text == earlier.Text {
			continue
		}
		later.Text = text
		return m.told(c.kind, earlier, later, who), true
	}
	return Case{}, false
}

// other makes two matters that differ in one mark.
func (m *Maker) other(k mark, who Who) (Case, bool) {
	for range tries {
		if earlier, later, ok := k.two(m.r, m.base()); ok {
			return m.told(k.kind, earlier, later, who), true
		}
	}
	return Case{}, false
}

// base draws a complaint without a reporter, with a place: an invented one where it says none.
func (m *Maker) base() complaint.Complaint {
	c := pick(m.r, m.bases)
	c.Reporter = complaint.Reporter{}
	if c.Place.Address == "" {
		c.Place.Address = newSpot(m.r).address()
	}
	return c
}

// told gives both their ids, times and reporters.
func (m *Maker) told(kind string, earlier, later complaint.Complaint, who Who) Case {
	earlier.SourceID, later.SourceID = "1", "2"
	later.Source = "another channel"
	later.ReportedAt = earlier.ReportedAt.Add(gap(m.r))
	one, another := complaint.Reporter{Name: "Pelapor Satu", Phone: "081270004411"}, complaint.Reporter{Name: "Pelapor Dua", Phone: "085264007722"}
	switch who {
	case SameReporter:
		earlier.Reporter, later.Reporter = one, one
	case AnotherReporter:
		earlier.Reporter, later.Reporter = one, another
	}
	return Case{Kind: kind, Earlier: earlier, Later: later}
}

// gap is how long after the first a second copy comes: of 52 read resubmissions 37 came within the hour and two after
// more than four days; of identical texts 78 in 100 came within the hour.
func gap(r *rand.Rand) time.Duration {
	const day = 24 * time.Hour
	switch x := r.Float64(); {
	case x < 0.78:
		return between(r, 10*time.Second, time.Hour)
	case x < 0.96:
		return between(r, time.Hour, 4*day)
	}
	return between(r, 4*day, 28*day)
}

// between draws a time whose logarithm is even.
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	a, b := math.Log(from.Seconds()), math.Log(to.Seconds())
	return time.Duration(math.Exp(a+r.Float64()*(b-a)) * float64(time.Second)).Truncate(time.Second)
}
