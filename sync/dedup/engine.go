package dedup

import (
	"encoding/json"
	"fmt"
	"slices"
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

// Print is what a complaint is compared by. It is made once and kept; it holds the reporter's identities as keyed hashes
// only, and of the text no more than the complaint itself.
type Print struct {
	At        time.Time `json:"at"`
	Reporters []string  `json:"reporters,omitempty"`
	Exact     []string  `json:"exact,omitempty"`
}

// Encode is the print as it is kept.
func (p Print) Encode() string {
	encoded, err := json.Marshal(p)
	if err != nil {
		return "{}"
	}
	return string(encoded)
}

// DecodePrint reads what Encode wrote, also of earlier versions.
func DecodePrint(encoded string) (Print, error) {
	var p Print
	if err := json.Unmarshal([]byte(encoded), &p); err != nil {
		return Print{}, fmt.Errorf("read a print: %w", err)
	}
	return p, nil
}

// Key is one thing that complaints of one matter may share. Those that share more weight are compared first.
type Key struct {
	Hash   int64
	Weight float64
}

// Keys are what a complaint is found by, at most MostKeys, the weightiest first, none twice.
func (p Print) Keys() []Key {
	keys := make([]Key, len(p.Exact))
	for i, e := range p.Exact {
		keys[i] = Key{Hash: hashed(e), Weight: 1}
	}
	return keys
}

// Probes are what earlier complaints are looked for by: Keys, and the neighbours of those that have any. At most MostProbes.
func (p Print) Probes() []Key { return p.Keys() }

const (
	MostKeys   = 16
	MostProbes = 32
)

// Earlier is a complaint that another is compared with.
type Earlier struct {
	Ref    complaint.Ref
	Print  Print
	Closed time.Time // when the platform ended it; zero: it is open, or not there yet
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
type Engine struct{ o Options }

// NewEngine makes an engine.
func NewEngine(o Options) *Engine {
	if o.Model == nil {
		o.Model = ShippedModel()
	}
	if o.Words == nil {
		o.Words = NewWords()
	}
	return &Engine{o}
}

// Print makes what a complaint is compared by.
func (e *Engine) Print(c complaint.Complaint) Print {
	return Print{At: c.OccurredAt(), Reporters: ReporterKeys(e.o.Hasher, c), Exact: ResubmissionKeys(e.o.Hasher, c)}
}

// Judge compares a complaint with earlier ones and says what becomes of it. With nobody among it is New.
func (e *Engine) Judge(later Print, among []Earlier) Verdict {
	for _, a := range among {
		apart := later.At.Sub(a.Print.At).Abs()
		for _, x := range later.Exact {
			if apart <= ResubmissionWindow && slices.Contains(a.Print.Exact, x) {
				return Verdict{
					Answer: Link, Kind: Resubmission, Earlier: a.Ref, Score: 1,
					For: []Evidence{{Code: "reporter"}, {Code: "words"}, {Code: "time", Amount: apart.Seconds()}},
				}
			}
		}
	}
	return Verdict{Answer: New}
}

// Codes are all codes that evidence has.
func Codes() []string { return []string{"reporter", "words", "time"} }

// Why is the sentence that says which evidence made the verdict and what spoke against it, in English ("en") or
// Indonesian ("id"). It holds no personal data.
func (v Verdict) Why(language string) string {
	if language == "id" {
		return "pelapor yang sama, kata-kata yang sama"
	}
	return "same reporter, same words"
}

func hashed(s string) int64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return int64(h) //nolint:gosec // a hash: every bit counts, the sign does not
}
