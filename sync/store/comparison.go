package store

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// Comparison is how complaints are compared with earlier ones.
type Comparison struct {
	Window     time.Duration // how far apart they were told at most
	ReviewAll  bool          // every link is asked about first
	ReviewWait time.Duration // how long a person is waited for
	// Judge compares one complaint with those it may repeat. It is pure, and called for several at once.
	Judge func(later dedup.Print, among []dedup.Earlier) dedup.Verdict
}

// compareAll does what was judged of each complaint of a batch, and records by what it is found itself.
func (w *writer) compareAll(ctx context.Context, cases []*undecided) (*madeKeys, error) {
	printed := withPrints(cases)
	for _, u := range printed {
		if err := w.compare(ctx, u); err != nil {
			return nil, fmt.Errorf("look for a primary of %s: %w", u.Ref, err)
		}
	}
	return w.insertPrints(ctx, printed)
}

// inParallel does the same to all cases, on as many processors as there are.
func inParallel(cases []*undecided, do func(*undecided)) {
	var (
		next    atomic.Int64
		workers sync.WaitGroup
	)
	for range min(runtime.GOMAXPROCS(0), len(cases)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cases); i = int(next.Add(1)) - 1 {
				do(cases[i])
			}
		})
	}
	workers.Wait()
}

// lockBuckets is how many locks all keys share: PostgreSQL has room for some thousands in all, and a batch has as many keys.
const lockBuckets = 256

// lockKeys serialises the decision with every other gateway that looks at one of the same keys, until the transaction
// ends; the statement after it sees what those before it committed. Sorted, so that nobody waits in a circle.
func (w *writer) lockKeys(ctx context.Context, cases []*undecided) error {
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
	if _, err := runSet(ctx, w.tx, w.s.q.LockKeys, args{}, set{"bucket": buckets}); err != nil {
		return fmt.Errorf("lock the keys: %w", err)
	}
	return nil
}

// compare does what was judged of one complaint. One whose primary cannot stand for it just now, or that it was parted from, is
// left out and the judge is asked about the others again. So is a follow-up that it repeats: it is judged by what that one adds to,
// as that one was.
func (w *writer) compare(ctx context.Context, u *undecided) error {
	for u.err == nil && u.verdict.Kind != "" {
		at := slices.IndexFunc(u.among, func(l dedup.Earlier) bool { return l.Ref == u.verdict.Earlier })
		if at < 0 {
			u.err = fmt.Errorf("the judge named %q, which it was not asked about", u.verdict.Earlier)
			return nil
		}
		ok, err := w.tie(ctx, u, u.among[at])
		if err != nil || ok {
			return err
		}
		u.among = slices.Delete(u.among, at, at+1)
		u.judgeAmong()
	}
	return nil
}

// tie does what a verdict says, if it can be done: a link is made at once, so that the next one of the batch finds it.
func (w *writer) tie(ctx context.Context, u *undecided, to dedup.Earlier) (bool, error) {
	if u.verdict.Answer == dedup.New {
		return true, nil
	}
	through, err := w.bondOf(ctx, to.Ref)
	primary := through.primary
	if err != nil || primary == u.Ref || !through.bears(u.verdict.Kind) { // the second: an operator said so, the other way round
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
	return true, w.link(ctx, linking{
		ref: u.Ref, primary: primary, matter: m, quiet: through.quiet || m.isAStrangers(u.decision.Print, to.Print),
	})
}

// isAStrangers says of a follow-up that its writer may be somebody else than who told the earlier complaint: a reference stands
// in lists and goes from hand to hand. What they say is told on that ticket, and what becomes of it is not theirs to hear. Of who has no
// print nothing is known.
func (m Matter) isAStrangers(later, earlier *dedup.Print) bool {
	return m.Kind == dedup.FollowUp && (later == nil || earlier == nil || !dedup.SharesReporter(later, earlier))
}

// judgeAmong asks the judge; one that panics is the complaint's error. With nobody to compare it with it is new.
func (u *undecided) judgeAmong() {
	u.verdict = dedup.Verdict{Answer: dedup.New}
	if len(u.among) == 0 {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			u.err = retry.PanicError(p, debug.Stack())
		}
	}()
	u.verdict = u.decision.By.Judge(*u.decision.Print, u.among)
	if u.verdict.Answer != dedup.New && u.verdict.Kind == "" {
		u.err = fmt.Errorf("the judge says %s and not of which kind", u.verdict.Answer)
	}
}

// insertPrints keeps by what cases are compared and found. One that is decided once more has its print, and so its keys, already.
func (w *writer) insertPrints(ctx context.Context, cases []*undecided) (*madeKeys, error) {
	var refs, prints []string
	var ats []int64
	for _, u := range cases {
		if u.err != nil { // it is decided again, and kept then
			continue
		}
		at := milli(u.decision.Print.At)
		refs, ats, prints = append(refs, string(u.Ref)), append(ats, at), append(prints, u.decision.Print.Encode())
	}
	if len(refs) == 0 {
		return nil, nil
	}
	fresh, err := allSet[complaint.Ref](ctx, w.tx, w.s.q.InsertPrints, args{}, set{"ref": refs, "at": ats, "print": prints})
	if err != nil {
		return nil, fmt.Errorf("record what they are compared by: %w", err)
	}
	slices.Sort(fresh)
	var keys []segment.Entry
	for _, u := range cases {
		if _, is := slices.BinarySearch(fresh, u.Ref); !is {
			continue
		}
		for _, k := range u.keys {
			keys = append(keys, segment.Entry{Key: k.Hash, At: milli(u.decision.Print.At), Ref: string(u.Ref)})
		}
	}
	return w.insertKeys(ctx, keys)
}

// madeKeys are by what a batch is found, as the index has it once the batch is committed.
type madeKeys struct {
	segment *keySegment
	groups  []segment.Group
}

// insertKeys puts keys into the index: one segment, which is merged with others later.
func (w *writer) insertKeys(ctx context.Context, entries []segment.Entry) (*madeKeys, error) {
	slices.SortFunc(entries, segment.Compare)
	var groups []segment.Group
	b := segment.NewBuilder(func(g segment.Group) error { groups = append(groups, g); return nil })
	for _, e := range entries {
		if err := b.Add(e); err != nil {
			return nil, err
		}
	}
	summary, err := b.Close()
	if err != nil {
		return nil, err
	}
	k, err := w.insertSegment(ctx, summary, groups)
	if err != nil {
		return nil, fmt.Errorf("record what they are found by: %w", err)
	}
	return &madeKeys{k, groups}, nil
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
