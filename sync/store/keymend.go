package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// mendPage is how many complaints' keys are written anew in one transaction.
const mendPage = 2000

// inSegment is what went wrong with a segment.
type inSegment struct {
	error
	mark int64
}

func (e *inSegment) Unwrap() error { return e.error }

// isPiece says that a piece of a segment is missing or damaged, as far as its reader can tell.
func isPiece(err error) bool { return errors.Is(err, errMissing) || errors.Is(err, segment.ErrDamaged) }

// suspect notes a segment that could not be read.
func (x *keyIndex) suspect(err error) {
	var in *inSegment
	if !isPiece(err) || !errors.As(err, &in) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.suspects == nil {
		x.suspects = map[int64]bool{}
	}
	x.suspects[in.mark] = true
}

// suspected are those of the segments that could not be read.
func (x *keyIndex) suspected(segments []keySegment) (some []keySegment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range segments {
		if x.suspects[k.Mark] {
			some = append(some, k)
		}
	}
	return some
}

func (x *keyIndex) clear(k keySegment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.suspects, k.Mark)
}

// mend writes those segments anew that cannot be read, and says how many that were: they have nothing that the prints cannot tell.
func (s *Store) mend(ctx context.Context, suspects []keySegment) (mended int, err error) {
	for _, k := range suspects {
		was, err := s.mendOne(ctx, k)
		switch {
		case errors.Is(err, errMergedElsewhere): // or mended
		case err != nil && ctx.Err() != nil:
			return mended, err
		case err != nil:
			s.index.putAside(k)
			return mended, fmt.Errorf("segment %d is damaged, and stays so for %s, because it cannot be written anew: %w", k.ID, asideFor, err)
		case was:
			mended++
		}
		s.index.clear(k)
	}
	return mended, nil
}

func (s *Store) mendOne(ctx context.Context, k keySegment) (damaged bool, err error) {
	m := &merge{s: s, inputs: []keySegment{k}}
	whole, err := m.isWhole(ctx)
	if err != nil || whole {
		return false, err
	}
	complaints, err := m.writeAnew(ctx)
	if err == nil {
		s.log.Error("a part of what duplicates are found by was damaged in the database, and was written anew: look at its disk and its log",
			"segment", k.ID, "complaints", complaints)
	}
	return true, err
}

// isWhole reads all of a segment, and says whether it is what a Builder made.
func (m *merge) isWhole(ctx context.Context) (bool, error) {
	k := &m.inputs[0]
	digests, err := all[keyBytes](ctx, m.s.look, m.s.q.ReadKeyDigests, span(k.ID))
	if err != nil {
		return false, err
	}
	summary, err := m.build(ctx, func(g segment.Group) error {
		if len(digests) == 0 || digests[0].ID != k.block(g.First) || !bytes.Equal(digests[0].Data, g.Digest) {
			return segment.ErrDamaged
		}
		digests = digests[1:]
		return nil
	})
	if isPiece(err) {
		return false, nil
	}
	return summary.Blocks == k.Blocks && len(digests) == 0, err
}

// writeAnew puts into new segments what the prints say of a segment's complaints, some at a time, and has that one found no more once
// all are there. Who is in both is found once. It says how many complaints that were.
func (m *merge) writeAnew(ctx context.Context) (complaints int, err error) {
	k := m.inputs[0]
	expired, _ := m.s.index.expiry()
	after := max(complaint.Ref(k.OldestRef[:max(0, len(k.OldestRef)-1)]), expired) // before the oldest
	for ours, last := false, false; !last; ours = true {
		page, err := m.s.printsAfter(ctx, m.s.look, after, m.s.index.mendPage)
		if err != nil {
			return complaints, err
		}
		after, last = page.upto, page.last || string(page.upto) >= k.NewestRef
		prints := slices.DeleteFunc(page.prints, func(p Printed) bool { return string(p.Ref) > k.NewestRef })
		if err := m.writePrints(ctx, prints, ours, last); err != nil {
			return complaints, err
		}
		complaints += len(prints)
	}
	return complaints, nil
}

func (m *merge) writePrints(ctx context.Context, prints []Printed, ours, last bool) error {
	var entries []segment.Entry
	for _, p := range prints {
		for _, key := range p.Print.Keys() {
			entries = append(entries, segment.Entry{Key: key.Hash, At: milli(p.Print.At), Ref: string(p.Ref)})
		}
	}
	var made *madeKeys
	err := m.s.inWriter(ctx, func(w *writer) (err error) {
		if err = w.lockSegments(ctx, m, ours); err != nil {
			return err
		}
		if made, err = w.insertKeys(ctx, entries); err != nil {
			return err
		}
		if last {
			return w.retire(ctx, m)
		}
		_, err = runSet(ctx, w.tx, w.s.q.MergeSegments, args{"lease": mergeLease.Milliseconds()}, m.ids())
		return err
	})
	if err == nil {
		m.s.index.make(made.segment, made.groups)
	}
	return err
}
