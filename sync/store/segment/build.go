package segment

import (
	"errors"
	"fmt"
)

var errDisorder = errors.New("keys are not in order")

// Builder makes a segment of entries that are added in order.
type Builder struct {
	emit  func(Group) error
	group Group
	block []byte

	before  entry   // in the block
	last    entry   // in the segment
	firsts  []int64 // of the group's blocks
	keys    []int64 // of the group, those that were added one after the other once
	summary Summary
}

// Summary is what a finished segment has in it.
type Summary struct {
	Entries, Blocks      int
	NewestAt             int64  // the latest time at which one was told, in unix milliseconds
	OldestRef, NewestRef string // the least and the greatest reference
}

// NewBuilder returns a Builder whose groups emit takes, one after the other.
func NewBuilder(emit func(Group) error) *Builder { return &Builder{emit: emit} }

// Add adds an entry. One that was added just before is added once; one that comes too late is an error.
func (b *Builder) Add(e Entry) error {
	return b.add(&entry{e.Key, e.At, []byte(e.Ref)})
}

func (b *Builder) add(e *entry) error {
	if b.summary.Entries > 0 {
		switch order := compare(&b.last, e); {
		case order == 0:
			return nil
		case order > 0:
			return errDisorder
		}
	}
	size := len(b.block)
	b.block = appendEntry(b.block, &b.before, e)
	if size > 0 && len(b.block) > BlockSize {
		b.block = b.block[:size]
		if err := b.endBlock(); err != nil {
			return err
		}
		b.block = appendEntry(b.block, &b.before, e)
	}
	if len(b.firsts) == len(b.group.Blocks) {
		b.firsts = append(b.firsts, e.key)
	}
	if len(b.keys) == 0 || b.keys[len(b.keys)-1] != e.key {
		b.keys = append(b.keys, e.key)
	}
	b.before.set(e)
	b.last.set(e)
	b.summary.take(e)
	return nil
}

func (s *Summary) take(e *entry) {
	if s.Entries == 0 {
		s.NewestAt, s.OldestRef, s.NewestRef = e.at, string(e.ref), string(e.ref)
	}
	s.Entries++
	s.NewestAt = max(s.NewestAt, e.at)
	if string(e.ref) < s.OldestRef {
		s.OldestRef = string(e.ref)
	}
	if string(e.ref) > s.NewestRef {
		s.NewestRef = string(e.ref)
	}
}

func (b *Builder) endBlock() error {
	b.group.Blocks = append(b.group.Blocks, b.block)
	b.summary.Blocks++
	b.block, b.before = make([]byte, 0, BlockSize+64), entry{}
	if b.summary.Blocks > MostBlocks {
		return fmt.Errorf("a segment of more than %d blocks", MostBlocks)
	}
	if len(b.group.Blocks) < blocksInGroup {
		return nil
	}
	return b.endGroup()
}

func (b *Builder) endGroup() error {
	b.group.Digest = encodeDigest(b.firsts, b.last.key, newFilter(b.keys))
	err := b.emit(b.group)
	b.group = Group{First: b.summary.Blocks}
	b.firsts, b.keys = b.firsts[:0], b.keys[:0]
	return err
}

// Close hands out what is left, and says what the segment has in it.
func (b *Builder) Close() (Summary, error) {
	if len(b.block) > 0 {
		if err := b.endBlock(); err != nil {
			return b.summary, err
		}
	}
	if len(b.group.Blocks) > 0 {
		return b.summary, b.endGroup()
	}
	return b.summary, nil
}

// Source hands out a segment's blocks in order; after the last one nil.
type Source func() ([]byte, error)

// Merge adds what all sources have, in order and each entry once, but for what keep does not want; nil: everything. It returns how
// many entries the sources had.
func Merge(to *Builder, keep func(ref []byte) bool, sources ...Source) (read int, err error) {
	var left []*cursor
	for _, source := range sources {
		c := &cursor{source: source}
		more, err := c.next()
		if err != nil {
			return read, err
		}
		if more {
			left = append(left, c)
		}
	}
	for len(left) > 0 {
		least := 0
		for i := 1; i < len(left); i++ {
			if compare(&left[i].entry, &left[least].entry) < 0 {
				least = i
			}
		}
		c := left[least]
		read++
		if keep == nil || keep(c.ref) {
			err := to.add(&c.entry)
			if errors.Is(err, errDisorder) { // each source's would be
				err = fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			if err != nil {
				return read, err
			}
		}
		more, err := c.next()
		if err != nil {
			return read, err
		}
		if !more {
			left = append(left[:least], left[least+1:]...)
		}
	}
	return read, nil
}

// cursor goes through a source's entries.
type cursor struct {
	reader

	source Source
}

func (c *cursor) next() (bool, error) {
	for {
		more, err := c.reader.next()
		if more || err != nil {
			return more, err
		}
		block, err := c.source()
		if err != nil || block == nil {
			return false, err
		}
		c.reader = reader{entry{ref: c.ref[:0]}, block}
	}
}
