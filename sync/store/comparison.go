package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
)

// Comparison is how complaints are compared with earlier ones.
type Comparison struct {
	Window     time.Duration // how far apart they were told at most
	ReviewAll  bool          // every link is asked about first
	ReviewWait time.Duration // how long a person is waited for
	// Judge compares one complaint with those it may repeat. It is pure.
	Judge func(later dedup.Print, among []dedup.Earlier) dedup.Verdict
}

// The bounds of one look for duplicates, whatever is in the database. The newest of a key is said in find-candidates too.
const (
	mostPerKey     = 64
	mostCandidates = 32
)

// lookalike is an earlier complaint as the index knows it.
type lookalike struct {
	dedup.Earlier
	primary complaint.Ref // who stands for it; empty: itself
}

// stands is the complaint that a duplicate of this one is linked to.
func (l lookalike) stands() complaint.Ref { return cmp.Or(l.primary, l.Ref) }

// batch is what one transaction decides, and what it has found so far.
type batch struct {
	cases  []*undecided
	shared []map[complaint.Ref]float64 // of each case: what it shares with whom, by weight
	known  map[complaint.Ref]lookalike // read from the database
	met    map[int64][]*undecided      // what was decided before in this batch, by key, oldest first
}

// compareAll judges each complaint of a batch against earlier ones, those earlier in the batch among them, and records by
// what it is found itself.
func (w *writer) compareAll(ctx context.Context, cases []*undecided) error {
	compared := slices.DeleteFunc(slices.Clone(cases), func(u *undecided) bool { return u.err != nil || u.decision.Print == nil })
	if len(compared) == 0 {
		return nil
	}
	for _, u := range compared {
		u.keys, u.probes = u.decision.Print.Keys(), u.decision.Print.Probes()
	}
	if err := w.lockKeys(ctx, compared); err != nil {
		return err
	}
	b := &batch{cases: compared, met: map[int64][]*undecided{}}
	if err := w.findLookalikes(ctx, b); err != nil {
		return err
	}
	for i, u := range compared {
		if err := w.compare(ctx, b, i); err != nil {
			return fmt.Errorf("look for a primary of %s: %w", u.Ref, err)
		}
		for _, k := range u.keys {
			b.met[k.Hash] = append(b.met[k.Hash], u)
		}
	}
	return w.insertPrints(ctx, compared)
}

// lockBuckets is how many locks all keys share: PostgreSQL has room for some thousands in all, and a batch has as many keys.
const lockBuckets = 256

// lockKeys serialises the decision with every other gateway that looks at one of the same keys, until the transaction
// ends; the statement after it sees what those before it committed. Sorted, so that nobody waits in a circle. SQLite's one
// writer is serial by itself.
func (w *writer) lockKeys(ctx context.Context, cases []*undecided) error {
	if w.s.dialect != postgres {
		return nil
	}
	wanted := make([]bool, lockBuckets)
	for _, u := range cases {
		for _, keys := range [][]dedup.Key{u.keys, u.probes} {
			for _, k := range keys {
				wanted[uint64(k.Hash)%lockBuckets] = true //nolint:gosec // a hash: the sign does not matter
			}
		}
	}
	var buckets []int64
	for bucket, want := range wanted {
		if want {
			buckets = append(buckets, int64(bucket))
		}
	}
	const lock = "SELECT pg_advisory_xact_lock(7053, CAST(k AS int)) FROM unnest(CAST($1 AS bigint[])) WITH ORDINALITY AS u(k, n) ORDER BY n"
	if _, err := w.tx.ExecContext(ctx, lock, pq.Int64Array(buckets)); err != nil {
		return fmt.Errorf("lock the keys: %w", err)
	}
	return nil
}

// findLookalikes asks the index for all probes of a batch at once, and reads the prints of the weightiest.
func (w *writer) findLookalikes(ctx context.Context, b *batch) error {
	var n, keys, after, before []int64
	var weights []float64
	var whose []int
	for i, u := range b.cases {
		at, window := milli(u.decision.Print.At), u.decision.By.Window.Milliseconds()
		for _, p := range u.probes {
			n, keys = append(n, int64(len(n))), append(keys, p.Hash)
			after, before = append(after, at-window), append(before, at+window)
			weights, whose = append(weights, p.Weight), append(whose, i)
		}
	}
	b.shared = make([]map[complaint.Ref]float64, len(b.cases))
	if len(n) == 0 {
		return nil
	}
	found, err := allSet[struct {
		N    int64
		Refs string
	}](ctx, w.tx, w.s.q.FindCandidates, args{}, set{"n": n, "key": keys, "after": after, "before": before})
	if err != nil {
		return fmt.Errorf("look for the keys: %w", err)
	}
	for _, f := range found {
		i := whose[f.N]
		if b.shared[i] == nil {
			b.shared[i] = map[complaint.Ref]float64{}
		}
		for ref := range strings.SplitSeq(f.Refs, " ") {
			if complaint.Ref(ref) != b.cases[i].Ref {
				b.shared[i][complaint.Ref(ref)] += weights[f.N]
			}
		}
	}
	return w.readLookalikes(ctx, b)
}

// weightiest are the references that share most, at most mostCandidates; of those that share as much, the newest.
func weightiest(shared map[complaint.Ref]float64) []complaint.Ref {
	refs := make([]complaint.Ref, 0, len(shared))
	for ref := range shared {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b complaint.Ref) int {
		return cmp.Or(cmp.Compare(shared[b], shared[a]), cmp.Compare(b, a))
	})
	return refs[:min(len(refs), mostCandidates)]
}

func (w *writer) readLookalikes(ctx context.Context, b *batch) error {
	wanted := map[complaint.Ref]bool{}
	var refs []complaint.Ref
	for i, shared := range b.shared {
		kept := make(map[complaint.Ref]float64, mostCandidates)
		for _, ref := range weightiest(shared) {
			kept[ref] = shared[ref]
			if !wanted[ref] {
				wanted[ref], refs = true, append(refs, ref)
			}
		}
		b.shared[i] = kept
	}
	b.known = make(map[complaint.Ref]lookalike, len(refs))
	if len(refs) == 0 {
		return nil
	}
	rows, err := all[earlierRow](ctx, w.tx, w.s.q.ReadEarlier, args{"refs": refs})
	if err != nil {
		return fmt.Errorf("read what may be alike: %w", err)
	}
	for _, r := range rows {
		if print, err := dedup.DecodePrint(r.Print); err == nil && State(r.State) != Dead {
			b.known[complaint.Ref(r.Ref)] = lookalike{dedup.Earlier{Ref: complaint.Ref(r.Ref), Print: print, Closed: r.closed(), Track: r.TrackingID}, complaint.Ref(r.PrimaryRef)}
		}
	}
	return nil
}

// earlierRow is a lookalike as it lies in the database, with where the ticket stands that speaks for it.
type earlierRow struct {
	Ref, Print string
	PrimaryRef string `db:"primary_ref"`
	State      string
	Status     string
	TrackingID string `db:"tracking_id"`
	ChangedAt  int64  `db:"changed_at"`
}

func (r earlierRow) closed() time.Time {
	if !complaint.Status(r.Status).Final() {
		return time.Time{}
	}
	return fromMilli(r.ChangedAt)
}

// lookalikes are whom a complaint is compared with, the weightiest first.
func (b *batch) lookalikes(i int) []lookalike {
	u, shared := b.cases[i], b.shared[i]
	if shared == nil {
		shared = map[complaint.Ref]float64{}
	}
	mates := map[complaint.Ref]*undecided{}
	for _, p := range u.probes {
		met := b.met[p.Hash]
		for _, mate := range met[max(0, len(met)-mostPerKey):] {
			if mate.decision.Print.At.Sub(u.decision.Print.At).Abs() <= u.decision.By.Window {
				shared[mate.Ref] += p.Weight
				mates[mate.Ref] = mate
			}
		}
	}
	var among []lookalike
	for _, ref := range weightiest(shared) {
		if mate := mates[ref]; mate != nil {
			among = append(among, lookalike{dedup.Earlier{Ref: ref, Print: *mate.decision.Print}, mate.primary})
		} else if known, ok := b.known[ref]; ok {
			among = append(among, known)
		}
	}
	return among
}

// compare judges one complaint. A primary that cannot stand for it just now, or that it was parted from, is left out and
// the others are asked again.
func (w *writer) compare(ctx context.Context, b *batch, i int) error {
	u := b.cases[i]
	among := b.lookalikes(i)
	for len(among) > 0 {
		earlier := make([]dedup.Earlier, len(among))
		for j, l := range among {
			earlier[j] = l.Earlier
		}
		if u.judgeAmong(earlier); u.err != nil || u.verdict.Kind == "" {
			return nil
		}
		at := slices.IndexFunc(among, func(l lookalike) bool { return l.Ref == u.verdict.Earlier })
		if at < 0 {
			u.err = fmt.Errorf("the judge named %q, which it was not asked about", u.verdict.Earlier)
			return nil
		}
		ok, err := w.tie(ctx, u, among[at])
		if err != nil || ok {
			return err
		}
		primary := among[at].stands()
		among = slices.DeleteFunc(among, func(l lookalike) bool { return l.stands() == primary })
		u.verdict = dedup.Verdict{Answer: dedup.New}
	}
	return nil
}

// tie does what a verdict says, if it can be done: a link is made at once, so that the next one of the batch finds it.
func (w *writer) tie(ctx context.Context, u *undecided, to lookalike) (bool, error) {
	if u.verdict.Answer == dedup.New {
		return true, nil
	}
	primary, err := w.primaryOf(ctx, to.Ref)
	if err != nil {
		return false, err
	}
	parted, err := one[int64](ctx, w.tx, w.s.q.Parted, args{"ref": u.Ref, "primary_ref": primary, "matched_ref": to.Ref})
	if err != nil || parted > 0 {
		return false, err
	}
	if u.decision.By.ReviewAll {
		u.verdict.Answer = dedup.Review
	}
	if stands, err := w.stands(ctx, primary); err != nil || !stands {
		return false, err
	}
	m := matterOf(u.verdict)
	if u.verdict.Answer == dedup.Review {
		return true, w.askReview(ctx, u.Ref, m, w.now+u.decision.By.ReviewWait.Milliseconds())
	}
	u.primary = primary
	return true, w.link(ctx, linking{ref: u.Ref, primary: primary, matter: m, writers: u.told()})
}

// judgeAmong asks the judge; one that panics is the complaint's error.
func (u *undecided) judgeAmong(among []dedup.Earlier) {
	defer func() {
		if p := recover(); p != nil {
			u.err = retry.PanicError(p, debug.Stack())
		}
	}()
	u.verdict = u.decision.By.Judge(*u.decision.Print, among)
	if u.verdict.Answer != dedup.New && u.verdict.Kind == "" {
		u.err = fmt.Errorf("the judge says %s and not of which kind", u.verdict.Answer)
	}
}

func (w *writer) insertPrints(ctx context.Context, cases []*undecided) error {
	var refs, prints, keyRefs []string
	var ats, keys, keyAts []int64
	for _, u := range cases {
		if u.err != nil { // it is decided again, and kept then
			continue
		}
		at := milli(u.decision.Print.At)
		refs, ats, prints = append(refs, string(u.Ref)), append(ats, at), append(prints, u.decision.Print.Encode())
		for _, k := range u.keys {
			keys, keyAts, keyRefs = append(keys, k.Hash), append(keyAts, at), append(keyRefs, string(u.Ref))
		}
	}
	if len(refs) == 0 {
		return nil
	}
	if _, err := runSet(ctx, w.tx, w.s.q.InsertPrints, args{}, set{"ref": refs, "at": ats, "print": prints}); err != nil {
		return fmt.Errorf("record what they are compared by: %w", err)
	}
	if len(keys) == 0 {
		return nil
	}
	if _, err := runSet(ctx, w.tx, w.s.q.InsertPrintKeys, args{}, set{"key": keys, "at": keyAts, "ref": keyRefs}); err != nil {
		return fmt.Errorf("record what they are found by: %w", err)
	}
	return nil
}

// Matter is how two complaints are related, and why: two sentences without personal data, and what they are made of.
type Matter struct {
	Earlier complaint.Ref // whose words were compared
	Kind    dedup.Kind
	Score   float64 // the probability that both are the same matter
	Why     string  // in English
	WhyID   string  // in Indonesian
	For     []dedup.Evidence
	Against []dedup.Evidence
}

func matterOf(v dedup.Verdict) Matter {
	return Matter{Earlier: v.Earlier, Kind: v.Kind, Score: v.Score, Why: v.Why("en"), WhyID: v.Why("id"), For: v.For, Against: v.Against}
}

// evidence is the evidence of a matter as it is kept.
type evidence struct {
	For     []dedup.Evidence `json:"for,omitempty"`
	Against []dedup.Evidence `json:"against,omitempty"`
}

func (m Matter) evidence() string {
	encoded, err := json.Marshal(evidence{m.For, m.Against})
	if err != nil { // a share that is not a number
		return "{}"
	}
	return string(encoded)
}
