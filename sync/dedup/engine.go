package dedup

import (
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Answer is what becomes of a complaint that was compared with earlier ones.
type Answer string

const (
	New    Answer = "new"    // a matter of its own
	Review Answer = "review" // a person looks; undecided it is forwarded as new
	Link   Answer = "link"   // an earlier one stands for it
)

// Kind is how a complaint is related to an earlier one.
type Kind string

const (
	Redelivery   Kind = "redelivery"    // the same source and id: known before anything is compared
	Resubmission Kind = "resubmission"  // the same person, the same matter, through any channel
	SameIncident Kind = "same_incident" // another person, the same matter
	FollowUp     Kind = "follow_up"     // quotes the reference of an earlier one, or asks about it
	Recurrence   Kind = "recurrence"    // the same trouble again after it was closed, or weeks later: a matter of its own
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Redelivery, Resubmission, SameIncident, FollowUp, Recurrence} }

// Key is one thing that complaints of one matter may share. Those that share more weight are compared first.
type Key struct {
	Hash   int64
	Weight float64
}

// Earlier is a complaint that another is compared with.
type Earlier struct {
	Ref    complaint.Ref
	Print  *Print
	Closed time.Time // when the platform ended it; zero: it is open, or not there yet
	Track  string    // the platform's tracking id; empty: it is not known
}

// Verdict is what Judge says, and why.
type Verdict struct {
	Answer  Answer
	Kind    Kind          // empty where Answer is New and nothing earlier is related
	Earlier complaint.Ref // the one it is about; of a recurrence too, though that is New
	Score   float64       // the calibrated probability that both are the same matter
	For     []Evidence    // the weightiest first
	Against []Evidence
}

// Evidence is one thing that speaks for or against two complaints being one matter. It holds no personal data.
type Evidence struct {
	Code   string  `json:"code"`             // of a closed set: see Codes
	Amount float64 `json:"amount,omitempty"` // seconds, metres or a share, as the code says
}

// Options are what an engine works with.
type Options struct {
	Hasher      Hasher
	Window      time.Duration // how far back duplicates are looked for
	ReviewAbove float64       // the score from which a person looks; 0: the model's own
	Model       *Model        // nil: the shipped one
	Gazetteer   *Gazetteer    // nil: none
	Words       *Words        // nil: NewWords
	WrongTaps   bool          // another village code under the same street is doubt, not another place
}

// Engine compares complaints. It is safe for several goroutines.
type Engine struct {
	o       Options
	weights weights

	thorough bool // measure all of every pair, also where nothing can come of it
}

// NewEngine makes an engine.
func NewEngine(o Options) *Engine {
	if o.Model == nil {
		o.Model = ShippedModel()
	}
	if o.Words == nil {
		o.Words = NewWords()
	}
	if o.ReviewAbove <= 0 {
		o.ReviewAbove = o.Model.ReviewAbove
	}
	return &Engine{o: o, weights: o.Model.weights()}
}

// Learn counts the words of a complaint among those of the region.
func (e *Engine) Learn(p Print) { e.o.Words.Learn(p) }

func hashed(s string) int64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return int64(h) //nolint:gosec // a hash: every bit counts, the sign does not
}
