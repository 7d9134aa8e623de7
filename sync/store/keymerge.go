package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// How segments are merged. An entry is written anew each time that eight times as many are there, so five times where there are
// ten million.
const (
	mergedFrom   = 8                // segments of one size are merged when they are so many,
	mergedMost   = 16               // the oldest of them first, so many at once
	mergedAtOnce = 64               // blocks that are merged in one transaction; what has more is written piece by piece
	mergeLease   = 10 * time.Minute // for so long nobody else merges the same; who takes longer may do it in vain
	asideFor     = time.Hour        // for so long what can be neither read nor mended is not tried again
)

// errMergedElsewhere means that somebody else merges the same segments, or has.
var errMergedElsewhere = errors.New("somebody else merges these segments")

// size is the class of a segment's size: those of one class differ by a factor of eight at most.
func (k *keySegment) size() int { return bits.Len(uint(k.Entries)) / 3 } //nolint:gosec // a count

// toMerge picks what is merged next: the smallest of which there are too many, else one of which much has expired; nil: nothing.
func toMerge(live []keySegment, expired complaint.Ref) []keySegment {
	sizes := map[int][]keySegment{}
	for _, k := range live {
		if !k.Merging {
			sizes[k.size()] = append(sizes[k.size()], k)
		}
	}
	for size := range bits.UintSize {
		if same := sizes[size]; len(same) >= mergedFrom {
			slices.SortFunc(same, func(a, b keySegment) int { return cmp.Compare(a.ID, b.ID) })
			if inputs := fitting(same[:min(len(same), mergedMost)]); len(inputs) > 1 {
				return inputs
			}
		}
	}
	for _, k := range live {
		if !k.Merging && k.OldestRef < string(expired) {
			return []keySegment{k}
		}
	}
	return nil
}

// fitting are the first segments that fit into one together.
func fitting(inputs []keySegment) []keySegment {
	blocks := 0
	for i, k := range inputs {
		if blocks += k.Blocks; blocks > segment.MostBlocks {
			return inputs[:i]
		}
	}
	return inputs
}

// MergeKeys merges some segments of the index of keys, where there are many of one size, and says whether it did: then there may be
// more to do. What is found by a key is the same before, meanwhile and after. One that cannot be read is written anew. Call it when
// complaints were decided, or could not be; any number of gateways may do so at once.
func (s *Store) MergeKeys(ctx context.Context) (merged bool, err error) {
	live, err := s.liveSegments(ctx, s.look)
	if err != nil {
		return false, fmt.Errorf("merge keys: %w", err)
	}
	live = slices.DeleteFunc(live, s.index.isAside)
	if mended, err := s.mend(ctx, s.index.suspected(live)); err != nil || mended > 0 { // the rest another time
		return false, err
	}
	expired, long := s.index.expiry()
	inputs := toMerge(live, long)
	if inputs == nil {
		return false, nil
	}
	m := &merge{s: s, inputs: inputs, expired: expired}
	if m.blocks() <= mergedAtOnce {
		err = m.atOnce(ctx)
	} else {
		err = m.pieceByPiece(ctx)
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, errMergedElsewhere), errors.Is(err, errMissing) && !m.areLive(ctx):
		return false, nil
	case isPiece(err):
		if mended, failed := s.mend(ctx, inputs); failed != nil || mended > 0 {
			return false, failed
		}
	}
	return false, fmt.Errorf("merge keys: %w", err)
}

// areLive says whether what is merged is what the database has.
func (m *merge) areLive(ctx context.Context) bool {
	live, err := m.s.liveSegments(ctx, m.s.look)
	if err != nil {
		return false
	}
	for _, k := range m.inputs {
		if !slices.ContainsFunc(live, func(l keySegment) bool { return l.Mark == k.Mark }) {
			return false
		}
	}
	return true
}

// merge is of segments into one.
type merge struct {
	s       *Store
	inputs  []keySegment
	expired complaint.Ref
}

func (m *merge) blocks() (n int) {
	for _, k := range m.inputs {
		n += k.Blocks
	}
	return n
}

func (m *merge) entries() (n int) {
	for _, k := range m.inputs {
		n += k.Entries
	}
	return n
}

func (m *merge) ids() set {
	ids := make([]int64, len(m.inputs))
	for i, k := range m.inputs {
		ids[i] = k.ID
	}
	return set{"id": ids}
}

// build reads the inputs and hands out the segment that they become.
func (m *merge) build(ctx context.Context, emit func(segment.Group) error) (segment.Summary, error) {
	sources := make([]segment.Source, len(m.inputs))
	for i := range m.inputs {
		sources[i] = m.source(ctx, &m.inputs[i])
	}
	b := segment.NewBuilder(emit)
	keep := func(ref []byte) bool { return string(ref) >= string(m.expired) }
	read, err := segment.Merge(b, keep, sources...)
	if err == nil && read != m.entries() {
		err = fmt.Errorf("%w: %d entries of %d", segment.ErrDamaged, read, m.entries())
	}
	if err != nil {
		return segment.Summary{}, err
	}
	return b.Close()
}

// source reads a segment's blocks, some at a time.
func (m *merge) source(ctx context.Context, k *keySegment) segment.Source {
	const atOnce = 16
	var (
		read []keyBytes
		next int
	)
	return func() ([]byte, error) {
		if next == k.Blocks {
			return nil, nil
		}
		if len(read) == 0 {
			var err error
			read, err = all[keyBytes](ctx, m.s.look, m.s.q.ReadKeyBlocks, args{"first": k.block(next), "upto": k.block(min(next+atOnce, k.Blocks))})
			if err != nil {
				return nil, err
			}
			if len(read) != min(atOnce, k.Blocks-next) {
				return nil, errMissing
			}
		}
		block := read[0].Data
		read, next = read[1:], next+1
		return block, nil
	}
}

func (m *merge) atOnce(ctx context.Context) error {
	var groups []segment.Group
	summary, err := m.build(ctx, func(g segment.Group) error { groups = append(groups, g); return nil })
	if err != nil {
		return err
	}
	var made *keySegment
	err = m.s.inWriter(ctx, func(w *writer) (err error) {
		if err = w.lockSegments(ctx, m, false); err != nil {
			return err
		}
		if made, err = w.insertSegment(ctx, summary, groups); err != nil {
			return err
		}
		return w.retire(ctx, m)
	})
	if err == nil {
		m.s.index.make(made, groups)
	}
	return err
}

// pieceByPiece writes the segment in several transactions, and has it found, and the inputs no more, in the last one.
func (m *merge) pieceByPiece(ctx context.Context) error {
	var made *keySegment
	err := m.s.inWriter(ctx, func(w *writer) (err error) {
		if err = w.lockSegments(ctx, m, false); err != nil {
			return err
		}
		if _, err = runSet(ctx, w.tx, w.s.q.MergeSegments, args{"lease": mergeLease.Milliseconds()}, m.ids()); err != nil {
			return err
		}
		made, err = w.newSegment(ctx, "made", segment.Summary{})
		return err
	})
	if err != nil {
		return err
	}
	if err := m.write(ctx, made); err != nil {
		m.giveUp(ctx, made)
		return err
	}
	return nil
}

func (m *merge) write(ctx context.Context, made *keySegment) error {
	groups := 0
	summary, err := m.build(ctx, func(g segment.Group) error {
		groups++
		if err := made.digest.Add(g.Digest); err != nil {
			return err
		}
		if made.digest.FilterBytes() > filterBytes {
			made.digest.Thin()
		}
		return m.s.inWriter(ctx, func(w *writer) error {
			if err := w.stillMade(ctx, made); err != nil {
				return err
			}
			return w.insertGroup(ctx, made, g)
		})
	})
	if err != nil {
		return err
	}
	err = m.s.inWriter(ctx, func(w *writer) error {
		if err := w.lockSegments(ctx, m, true); err != nil {
			return err
		}
		if summary.Entries > 0 {
			if err := w.publish(ctx, made, summary, groups); err != nil {
				return err
			}
		}
		return w.retire(ctx, m)
	})
	if err == nil && summary.Entries > 0 {
		m.s.index.make(made, nil)
	}
	return err
}

// stillMade says that a segment is being written still. One that somebody took for abandoned is not.
func (w *writer) stillMade(ctx context.Context, made *keySegment) error {
	n, err := w.run(ctx, w.s.q.GoOnWithSegment, args{"id": made.ID, "mark": made.Mark})
	if err == nil && n == 0 {
		err = errMergedElsewhere
	}
	return err
}

// publish has a segment found that was written piece by piece, if all pieces are there: a database that lost its last transactions with
// a server has not all of them.
func (w *writer) publish(ctx context.Context, made *keySegment, summary segment.Summary, groups int) error {
	written, err := one[struct{ Blocks, Digests int }](ctx, w.tx, w.s.q.WrittenOfSegment, span(made.ID))
	if err != nil {
		return err
	}
	a := summaryArgs(summary)
	a["id"], a["mark"] = made.ID, made.Mark
	n, err := w.run(ctx, w.s.q.PublishSegment, a)
	if err == nil && (n == 0 || written.Blocks != summary.Blocks || written.Digests != groups) {
		err = errMergedElsewhere
	}
	return err
}

// giveUp leaves what was merged to others, and what was written of it to the sweep; where that fails too, both take their time.
func (m *merge) giveUp(ctx context.Context, made *keySegment) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = m.s.inWriter(ctx, func(w *writer) error {
		if _, err := w.run(ctx, w.s.q.GiveUpSegment, args{"id": made.ID, "mark": made.Mark}); err != nil {
			return err
		}
		_, err := runSet(ctx, w.tx, w.s.q.MergeSegments, args{"lease": 0}, m.ids())
		return err
	})
}

// lockSegments takes what is merged for this transaction. ours: we are the ones who have said that we merge it.
func (w *writer) lockSegments(ctx context.Context, m *merge, ours bool) error {
	these := m.ids()
	marks := make([]int64, len(m.inputs))
	for i, k := range m.inputs {
		marks[i] = k.Mark
	}
	these["mark"] = marks // after a failover that lost the last transactions another may have the number
	locked, err := allSet[int64](ctx, w.tx, w.s.q.LockSegments, args{"ours": bit(ours), "lease": mergeLease.Milliseconds()}, these)
	if err == nil && len(locked) != len(m.inputs) {
		err = errMergedElsewhere
	}
	return err
}

// retire has what was merged found no more, and sweeps what is not read any longer.
func (w *writer) retire(ctx context.Context, m *merge) error {
	n, err := runSet(ctx, w.tx, w.s.q.RetireSegments, args{}, m.ids())
	if err == nil && int(n) != len(m.inputs) {
		err = errMergedElsewhere
	}
	if err != nil {
		return err
	}
	return w.sweepSegments(ctx)
}
