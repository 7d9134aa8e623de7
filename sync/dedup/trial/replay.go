package trial

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Outcome is what a replayed complaint became; a recurrence is new, with an earlier one.
type Outcome string

const (
	Linked    Outcome = "link"
	Reviewed  Outcome = "review"
	Recurring Outcome = "recurrence"
	Alone     Outcome = "new"
)

// Outcomes are all of them.
func Outcomes() []Outcome { return []Outcome{Linked, Reviewed, Recurring, Alone} }

// Decision is one complaint of a stream and what it became.
type Decision struct {
	Row     int              `json:"row"` // line of the file
	Earlier int              `json:"earlier"`
	Outcome Outcome          `json:"outcome"`
	Kind    dedup.Kind       `json:"kind"`
	Score   float64          `json:"score"`
	For     []dedup.Evidence `json:"for,omitempty"`
	Against []dedup.Evidence `json:"against,omitempty"`

	At, EarlierAt int `json:"-"` // in Sheet.Rows
}

// Replay is what a stream became.
type Replay struct {
	Complaints int                    `json:"complaints"`
	Count      map[Outcome]int        `json:"count"`
	Kinds      map[string]int         `json:"kinds"`       // of what was linked, reviewed or recurred
	Decisions  []Decision             `json:"-"`           // all but those that are new
	Compared   int                    `json:"compared"`    // pairs that were judged
	Keys       int                    `json:"keys"`        // of all complaints
	PrintBytes int                    `json:"print_bytes"` // of all complaints, as they are kept
	Samples    map[Outcome][]Decision `json:"samples"`

	index *Index // so that who measures memory finds it there
}

// PerThousand is how many of a thousand complaints became this.
func (r Replay) PerThousand(o Outcome) float64 {
	return 1000 * float64(r.Count[o]) / max(1, float64(r.Complaints))
}

// ReplayStream decides the rows in time order as the gateway would, each against those before it, and learns the words as it goes.
func ReplayStream(o dedup.Options, s Sheet) Replay {
	o = Ready(o)
	e, x := dedup.NewEngine(o), NewIndex(o.Window)
	r := Replay{Complaints: len(s.Rows), Count: map[Outcome]int{}, Kinds: map[string]int{}, Samples: map[Outcome][]Decision{}, index: x}
	for _, i := range inTime(s) {
		p := e.Print(s.Rows[i].Complaint)
		among := x.Find(p)
		r.Compared += len(among)
		v := e.Judge(p, among)
		outcome := outcomeOf(v)
		r.Count[outcome]++
		if outcome != Alone {
			r.Kinds[string(outcome)+" "+string(v.Kind)]++
			r.Decisions = append(r.Decisions, decided(s, i, outcome, v))
		}
		o.Words.Learn(p)
		x.Add(refOf(i), p)
		r.Keys += len(p.Keys())
		r.PrintBytes += len(p.Encode())
	}
	return r
}

func outcomeOf(v dedup.Verdict) Outcome {
	switch {
	case v.Answer == dedup.Link:
		return Linked
	case v.Answer == dedup.Review:
		return Reviewed
	case v.Kind == dedup.Recurrence:
		return Recurring
	}
	return Alone
}

func decided(s Sheet, i int, outcome Outcome, v dedup.Verdict) Decision {
	d := Decision{Row: s.Rows[i].Line, Outcome: outcome, Kind: v.Kind, Score: v.Score, For: v.For, Against: v.Against, At: i}
	if n, err := strconv.Atoi(string(v.Earlier)); err == nil && n < len(s.Rows) {
		d.Earlier, d.EarlierAt = s.Rows[n].Line, n
	}
	return d
}

// refOf stands for the reference of a row that has none: its place in the sheet.
func refOf(i int) complaint.Ref { return complaint.Ref(strconv.Itoa(i)) }

// inTime are the places of the rows in time order; rows of one moment stay in the order of the file.
func inTime(s Sheet) []int {
	order := make([]int, len(s.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return s.Rows[a].Complaint.ReportedAt.Compare(s.Rows[b].Complaint.ReportedAt)
	})
	return order
}

// Sample draws so many decisions of each outcome but new, in the order of the file. The same seed draws the same.
func (r *Replay) Sample(n int, seed uint64) {
	chance := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // for chance that can be repeated
	for _, o := range Outcomes() {
		of := slices.DeleteFunc(slices.Clone(r.Decisions), func(d Decision) bool { return d.Outcome != o })
		chance.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		of = of[:min(n, len(of))]
		slices.SortFunc(of, func(a, b Decision) int { return cmp.Compare(a.Row, b.Row) })
		if len(of) > 0 {
			r.Samples[o] = of
		}
	}
}
