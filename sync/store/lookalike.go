package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// batch is what is decided together, and what was found of it so far. References found in the index have numbers in it, so
// that what thousands of them share is added up in a list.
type batch struct {
	cases   []*undecided
	numbers map[complaint.Ref]int
	refs    []complaint.Ref
	shared  [][]sharing                     // of each case: who shares most with it, the weightiest first
	known   map[complaint.Ref]dedup.Earlier // read from the database
	met     map[int64][]int                 // the numbers of the cases before in this batch, by key, oldest first
	weights []float64                       // by the number of a case, for one lookalikes at a time
}

// sharing is how much a complaint shares with one that is decided.
type sharing struct {
	ref    complaint.Ref
	weight float64
}

func newBatch(cases []*undecided) *batch {
	return &batch{
		cases: cases, numbers: map[complaint.Ref]int{}, known: map[complaint.Ref]dedup.Earlier{}, met: map[int64][]int{},
		weights: make([]float64, len(cases)),
	}
}

// probe is one question to the index: how many of the newest it wants that are found by a key, told about an hour.
type probe struct {
	key  int64
	most int
	hour int64
}

func (u *undecided) asks(k dedup.Key) probe {
	return probe{k.Hash, k.Most(), milli(u.decision.Print.At) / time.Hour.Milliseconds()}
}

// findLookalikes asks the index for all probes of a batch, each once, and reads the prints of the weightiest.
func (l looker) findLookalikes(ctx context.Context, b *batch) error {
	asked := map[probe]*wanted{}
	var questions []*wanted
	var window time.Duration
	for _, u := range b.cases {
		window = max(window, u.decision.By.Window)
	}
	for _, u := range b.cases {
		for _, k := range u.probes {
			p := u.asks(k)
			if asked[p] == nil {
				w := &wanted{
					key: p.key, most: p.most,
					after: p.hour*time.Hour.Milliseconds() - window.Milliseconds(), before: (p.hour+1)*time.Hour.Milliseconds() + window.Milliseconds(),
				}
				asked[p], questions = w, append(questions, w)
			}
		}
	}
	if err := l.search(ctx, questions); err != nil {
		return fmt.Errorf("look for the keys: %w", err)
	}
	hits := make(map[probe][]int, len(asked))
	for p, w := range asked {
		if len(w.found) > 0 {
			hits[p] = b.numbered(w.found)
		}
	}
	b.weigh(hits)
	return l.readLookalikes(ctx, b)
}

// numbered are the numbers of those who were found.
func (b *batch) numbered(found []hit) []int {
	numbers := make([]int, len(found))
	for i, h := range found {
		number, known := b.numbers[h.ref]
		if !known {
			number = len(b.refs)
			b.numbers[h.ref] = number
			b.refs = append(b.refs, h.ref)
		}
		numbers[i] = number
	}
	return numbers
}

// weigh adds up what each case shares with whom.
func (b *batch) weigh(hits map[probe][]int) {
	b.shared = make([][]sharing, len(b.cases))
	weights, touched := make([]float64, len(b.refs)), []int{}
	for i, u := range b.cases {
		for _, k := range u.probes {
			for _, number := range hits[u.asks(k)] {
				if weights[number] == 0 {
					touched = append(touched, number)
				}
				weights[number] += k.Weight
			}
		}
		var top weightiest
		for _, number := range touched {
			if b.refs[number] != u.Ref {
				top.add(sharing{b.refs[number], weights[number]})
			}
			weights[number] = 0
		}
		b.shared[i], touched = top, touched[:0]
	}
}

// weightiest are those that share most, the weightiest first and of those that share as much the newest, never more than
// dedup.MostCandidates.
type weightiest []sharing

func (w *weightiest) add(s sharing) {
	after := func(a, b sharing) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(b.ref, a.ref)) }
	if len(*w) == dedup.MostCandidates && after((*w)[dedup.MostCandidates-1], s) < 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(*w, s, after)
	*w = slices.Insert(*w, at, s)
	*w = (*w)[:min(len(*w), dedup.MostCandidates)]
}

func (w *weightiest) has(ref complaint.Ref) bool {
	return slices.ContainsFunc(*w, func(s sharing) bool { return s.ref == ref })
}

// readLookalikes reads what the weightiest of all cases are compared by, and where they stand.
func (l looker) readLookalikes(ctx context.Context, b *batch) error {
	prints := map[complaint.Ref]*dedup.Print{}
	var refs, missing []complaint.Ref
	for _, shared := range b.shared {
		for _, s := range shared {
			if _, again := prints[s.ref]; again {
				continue
			}
			print, ok := l.s.prints.get(s.ref)
			if !ok {
				missing = append(missing, s.ref)
			}
			prints[s.ref] = print
			refs = append(refs, s.ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	if err := l.readPrints(ctx, missing, prints); err != nil {
		return err
	}
	for ref, print := range prints {
		b.known[ref] = dedup.Earlier{Ref: ref, Print: print}
	}
	quotes := slices.ContainsFunc(b.cases, func(u *undecided) bool { return len(u.decision.Print.Tracks) > 0 })
	rows, err := allSet[standing](ctx, l.db, l.s.q.ReadStandings, args{"tracks": bit(quotes)}, set{"ref": textsOf(refs)})
	if err != nil {
		return fmt.Errorf("read where they stand: %w", err)
	}
	for _, r := range rows {
		b.stand(r)
	}
	return nil
}

// stand says of a lookalike where it stands; of those that are simply open nobody says anything. One that is refused is none.
func (b *batch) stand(r standing) {
	ref := complaint.Ref(r.Ref)
	known, ok := b.known[ref]
	switch {
	case State(r.State) == Dead:
		delete(b.known, ref)
	case ok:
		known.Closed, known.Track = r.closed(), r.TrackingID
		b.known[ref] = known
	}
}

// readPrints reads prints that are not in memory. What has none, or one that cannot be read, is compared with nobody.
func (l looker) readPrints(ctx context.Context, missing []complaint.Ref, into map[complaint.Ref]*dedup.Print) error {
	for _, ref := range missing {
		delete(into, ref)
	}
	if len(missing) == 0 {
		return nil
	}
	rows, err := all[struct{ Ref, Print string }](ctx, l.db, l.s.q.ReadPrints, args{"refs": missing})
	if err != nil {
		return fmt.Errorf("read what may be alike: %w", err)
	}
	for _, r := range rows {
		print, err := dedup.DecodePrint(r.Print)
		if err != nil {
			continue
		}
		into[complaint.Ref(r.Ref)] = &print
		l.s.prints.put(complaint.Ref(r.Ref), &print)
	}
	return nil
}

// standing is where a lookalike stands, and the ticket that speaks for it.
type standing struct {
	Ref        string
	State      string
	Status     string
	TrackingID string `db:"tracking_id"`
	ChangedAt  int64  `db:"changed_at"`
}

func (r standing) closed() time.Time {
	if !complaint.Status(r.Status).Final() {
		return time.Time{}
	}
	return fromMilli(r.ChangedAt)
}

// meet says by what a case is found by those after it in the batch.
func (b *batch) meet(i int) {
	for _, k := range b.cases[i].keys {
		b.met[k.Hash] = append(b.met[k.Hash], i)
	}
}

// lookalikes are whom a complaint is compared with, the weightiest first.
func (b *batch) lookalikes(i int) []dedup.Earlier {
	u := b.cases[i]
	var touched []int
	for _, p := range u.probes {
		met := b.met[p.Hash]
		for _, mate := range met[max(0, len(met)-p.Most()):] {
			if b.weights[mate] == 0 {
				touched = append(touched, mate)
			}
			b.weights[mate] += p.Weight
		}
	}
	top := weightiest(b.shared[i])
	var mates map[complaint.Ref]*undecided
	if len(touched) > 0 {
		mates = make(map[complaint.Ref]*undecided, len(touched))
	}
	for _, number := range touched {
		mate := b.cases[number]
		if mate.decision.Print.At.Sub(u.decision.Print.At).Abs() <= u.decision.By.Window {
			if !top.has(mate.Ref) { // one that is decided anew is in the index already
				top.add(sharing{mate.Ref, b.weights[number]})
			}
			mates[mate.Ref] = mate
		}
		b.weights[number] = 0
	}
	among := make([]dedup.Earlier, 0, len(top))
	for _, s := range top {
		if mate := mates[s.ref]; mate != nil {
			among = append(among, dedup.Earlier{Ref: s.ref, Print: mate.decision.Print})
		} else if known, ok := b.known[s.ref]; ok {
			among = append(among, known)
		}
	}
	return among
}
