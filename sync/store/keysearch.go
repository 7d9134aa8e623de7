package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// keyIndex is what is in memory of the index of keys: the digests of its segments, and blocks that were read a short while ago.
// Neither ever changes in the database: what is here is true of a segment for as long as the database lists it.
type keyIndex struct {
	mu       sync.Mutex
	segments map[int64]*keySegment // by their marks, those that were live when they were listed last
	blocks   lately[blockKey, []byte]
	// mostFilterBytes bounds what the filters of all segments take together.
	mostFilterBytes int
	mendPage        int // complaints whose keys are written anew at once
	// What was accepted before the first is found no more; what was accepted before the second has not been for long.
	expired, longExpired complaint.Ref
	aside                map[int64]time.Time // by their marks, since when segments are left as they are that cannot be mended
	suspects             map[int64]bool      // by their marks, those that could not be searched
}

type blockKey struct {
	mark  int64
	block int
}

// mostYoungBlocks bounds what is kept of blocks: twice as many of 4 KB.
const mostYoungBlocks = 1024

// filterBytes are the filters of a million and a half complaints.
const filterBytes = 32 << 20

// errMissing says that pieces are not there: the segment was merged with others while it was read, and what it had is found in theirs;
// or, where it is listed still, somebody took them away.
var errMissing = errors.New("a piece of the index of keys is missing")

// mostMerged is how often in a row that is met at most.
const mostMerged = 5

// wanted is one question to the index: who was told between two times and is found by a key, so many at most.
type wanted struct {
	key           int64
	after, before int64
	most          int
	expired       complaint.Ref // nobody who was accepted before
	found         []hit         // the newest first
}

type hit struct {
	at  int64
	ref complaint.Ref
}

// past says that nobody who was told at a time or before is wanted any more.
func (w *wanted) past(at int64) bool {
	return at < w.after || len(w.found) == w.most && at < w.found[w.most-1].at
}

// visit takes one who is found, and says whether an older one can be wanted too.
func (w *wanted) visit(at int64, ref []byte) bool {
	switch {
	case w.past(at):
		return false
	case at > w.before, string(ref) < string(w.expired):
		return true
	}
	h := hit{at, complaint.Ref(ref)}
	place, again := slices.BinarySearchFunc(w.found, h, func(a, b hit) int {
		return segment.Compare(segment.Entry{At: a.at, Ref: string(a.ref)}, segment.Entry{At: b.at, Ref: string(b.ref)})
	})
	if !again {
		w.found = slices.Insert(w.found, place, h)
		w.found = w.found[:min(len(w.found), w.most)]
	}
	return true
}

// search answers all questions.
func (l looker) search(ctx context.Context, questions []*wanted) (err error) {
	inOrder := func(a, b *wanted) int { return cmp.Compare(a.key, b.key) } // as segments have them
	questions = slices.SortedFunc(slices.Values(questions), inOrder)
	for range mostMerged {
		expired, _ := l.s.index.expiry()
		for _, w := range questions {
			w.found, w.expired = w.found[:0], expired
		}
		if err = l.searchOnce(ctx, questions); !errors.Is(err, errMissing) {
			break
		}
	}
	l.s.index.suspect(err)
	return err
}

// searchOnce goes through the segments as they are listed by one statement: each entry is in one of them.
func (l looker) searchOnce(ctx context.Context, questions []*wanted) error {
	segments, err := l.segments(ctx)
	if err != nil {
		return err
	}
	for _, k := range segments {
		if err := l.searchIn(ctx, k, questions); err != nil {
			return &inSegment{err, k.Mark}
		}
	}
	return nil
}

// segments are those that are live, the one with the newest complaint first, with their digests.
func (l looker) segments(ctx context.Context) ([]*keySegment, error) {
	rows, err := l.s.liveSegments(ctx, l.db)
	if err != nil {
		return nil, err
	}
	segments, live := make([]*keySegment, len(rows)), make(map[int64]*keySegment, len(rows))
	for i := range rows {
		k := &rows[i]
		if before := l.s.index.known(k.Mark); before != nil {
			k.digest = before.digest
		} else if err := l.readDigest(ctx, k); err != nil {
			return nil, &inSegment{err, k.Mark}
		}
		segments[i], live[k.Mark] = k, k
	}
	l.s.index.keep(live)
	return segments, nil
}

// known is a segment by its mark, as it was listed or made; nil: it was neither.
func (x *keyIndex) known(mark int64) *keySegment {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.segments[mark]
}

// make takes a segment that was committed, and those of its blocks that are to be looked at soon. Who is in it has not expired: a clock
// that said so was ahead.
func (x *keyIndex) make(k *keySegment, groups []segment.Group) {
	if k == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.segments == nil {
		x.segments = map[int64]*keySegment{}
	}
	x.segments[k.Mark] = k
	if oldest := complaint.Ref(k.OldestRef); oldest != "" {
		x.expired, x.longExpired = min(x.expired, oldest), min(x.longExpired, oldest)
	}
	for _, g := range groups {
		for i, block := range g.Blocks {
			x.blocks.put(blockKey{k.Mark, g.First + i}, block)
		}
	}
}

// keep has the segments that are live in memory, and no others. Where their filters take too much, the largest do without.
func (x *keyIndex) keep(live map[int64]*keySegment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.segments = live
	size := 0
	for _, k := range live {
		size += k.digest.FilterBytes()
	}
	for size > x.mostFilterBytes {
		largest := slices.MaxFunc(slices.Collect(maps.Values(live)), func(a, b *keySegment) int {
			return cmp.Compare(a.digest.FilterBytes(), b.digest.FilterBytes())
		})
		size -= largest.digest.FilterBytes()
		largest.digest.Thin()
	}
}

type keyBytes struct {
	ID   int64
	Data []byte
}

func (l looker) readDigest(ctx context.Context, k *keySegment) error {
	rows, err := all[keyBytes](ctx, l.db, l.s.q.ReadKeyDigests, span(k.ID))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := k.digest.Add(r.Data); err != nil {
			return fmt.Errorf("segment %d: %w", k.ID, err)
		}
	}
	if k.digest.Blocks() != k.Blocks {
		return errMissing
	}
	return nil
}

// pursuit is a question to a segment: the block that is read next, and after which there is none.
type pursuit struct {
	*wanted

	next, end int
}

// searchIn asks one segment. Whoever is found by a key is in few blocks, and mostly in one.
func (l looker) searchIn(ctx context.Context, k *keySegment, questions []*wanted) error {
	var open []pursuit
	for _, w := range questions {
		if w.past(k.NewestAt) {
			continue
		}
		if from, to := k.digest.Find(w.key); from < to {
			open = append(open, pursuit{w, from, to})
		}
	}
	for len(open) > 0 {
		blocks, err := l.blocks(ctx, k, open)
		if err != nil {
			return err
		}
		left := open[:0]
		for _, p := range open {
			more := true
			err := segment.Search(blocks[p.next], p.key, func(at int64, ref []byte) bool {
				more = p.visit(at, ref)
				return more
			})
			if err != nil {
				return fmt.Errorf("block %d: %w", k.block(p.next), err)
			}
			if p.next++; more && p.next < p.end {
				left = append(left, p)
			}
		}
		open = left
	}
	return nil
}

// blocks are those that are read next, from memory or from the database.
func (l looker) blocks(ctx context.Context, k *keySegment, open []pursuit) (map[int][]byte, error) {
	blocks := make(map[int][]byte, len(open))
	missing := l.s.index.pick(k.Mark, open, blocks)
	if len(missing) == 0 {
		return blocks, nil
	}
	ids := make([]int64, len(missing))
	for i, n := range missing {
		ids[i] = k.block(n)
	}
	rows, err := allSet[keyBytes](ctx, l.db, l.s.q.FindKeyBlocks, args{}, set{"id": ids})
	if err != nil {
		return nil, err
	}
	if len(rows) != len(ids) {
		return nil, errMissing
	}
	for _, r := range rows {
		blocks[int(r.ID-k.block(0))] = r.Data
	}
	l.s.index.remember(k.Mark, missing, blocks)
	return blocks, nil
}

// pick takes blocks out of memory, and says which are not in it.
func (x *keyIndex) pick(mark int64, open []pursuit, into map[int][]byte) (missing []int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, p := range open {
		if _, again := into[p.next]; again {
			continue
		}
		block, ok := x.blocks.get(blockKey{mark, p.next})
		if !ok {
			missing = append(missing, p.next)
		}
		into[p.next] = block
	}
	return missing
}

func (x *keyIndex) remember(mark int64, numbers []int, blocks map[int][]byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, n := range numbers {
		x.blocks.put(blockKey{mark, n}, blocks[n])
	}
}
