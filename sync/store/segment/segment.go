// Package segment is the form of the index of keys: which complaints are found by which key.
//
// Keys are hashes. Kept as rows of a tree, each of a complaint's dozen lies at a random place of it, and once the tree is larger than
// memory each costs a page read and a page written. So they are kept as PostgreSQL's full-text index, Lucene and RocksDB keep theirs:
// what is decided together is one sorted Segment, which never changes; segments of like size are merged into one, which reads and
// writes in order; and a digest of each says in memory of most keys that they are not in it.
//
// Promises:
//
//   - Find never misses a key that was added: it may name blocks that do not have it
//   - a segment's blocks have its entries in the order of Compare, and Merge keeps each entry once
//   - nothing here knows of a database: blocks and digests are bytes, whose place is the caller's
package segment

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
)

// Entry says that a complaint is found by a key.
type Entry struct {
	Key int64
	At  int64 // when it was told, in unix milliseconds
	Ref string
}

// Compare orders entries by their keys, and those of a key from the newest to the oldest.
func Compare(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(b.At, a.At), cmp.Compare(b.Ref, a.Ref))
}

// BlockSize is the most bytes of a block: it fits into a page of SQLite, and two into one of PostgreSQL. An entry whose reference is
// longer than that has a block of its own, which is longer.
const BlockSize = 4000

// Group is what a Builder hands out: consecutive blocks, and the digest of what is in them.
type Group struct {
	First  int // the first block's number in the segment, from 0
	Blocks [][]byte
	Digest []byte
}

// blocksInGroup is how many blocks have one digest.
const blocksInGroup = 64

// MostBlocks is how many blocks a segment may have.
const MostBlocks = 1 << 20

// ErrDamaged means that bytes are not what a Builder made.
var ErrDamaged = errors.New("a piece of the index of keys is damaged")

// Segment is what is known in memory of a segment: where its blocks begin, and a filter for each group of them.
type Segment struct {
	firsts []int64 // of each block, its first key
	groups []group
	thin   bool // it has no filters
}

// group is of blocks: their least key, their last, and which others they may have.
type group struct {
	least, last int64
	filter      filter
}

// digestHead is what a digest begins with: its form, how many blocks it is of, and their last key. Their first keys and the filter
// follow.
const (
	digestForm = 1
	digestHead = 1 + 4 + 8
)

func encodeDigest(firsts []int64, last int64, f filter) []byte {
	out := make([]byte, 0, digestHead+8*len(firsts)+len(f))
	out = append(out, digestForm)
	out = binary.BigEndian.AppendUint32(out, uint32(len(firsts))) //nolint:gosec // blocksInGroup at most
	out = binary.BigEndian.AppendUint64(out, uint64(last))        //nolint:gosec // read back as it was
	for _, key := range firsts {
		out = binary.BigEndian.AppendUint64(out, uint64(key)) //nolint:gosec // read back as it was
	}
	return append(out, f...)
}

// Add takes the digest of a segment's next group. The segment keeps the bytes, unless it is thin.
func (s *Segment) Add(digest []byte) error {
	if len(digest) < digestHead || digest[0] != digestForm {
		return fmt.Errorf("%w: a digest of %d bytes", ErrDamaged, len(digest))
	}
	blocks := int(binary.BigEndian.Uint32(digest[1:]))
	last := int64(binary.BigEndian.Uint64(digest[5:])) //nolint:gosec // as it was written
	rest := digest[digestHead:]
	if blocks == 0 || len(rest) <= 8*blocks {
		return fmt.Errorf("%w: a digest of %d blocks in %d bytes", ErrDamaged, blocks, len(digest))
	}
	g := group{least: int64(binary.BigEndian.Uint64(rest)), last: last} //nolint:gosec // as it was written
	if !s.thin {
		g.filter = filter(rest[8*blocks:])
	}
	s.groups = append(s.groups, g)
	for i := range blocks {
		s.firsts = append(s.firsts, int64(binary.BigEndian.Uint64(rest[8*i:]))) //nolint:gosec // as it was written
	}
	return nil
}

// Blocks is how many blocks the segment has.
func (s *Segment) Blocks() int { return len(s.firsts) }

// FilterBytes is how much memory the filters take.
func (s *Segment) FilterBytes() (n int) {
	for _, g := range s.groups {
		n += len(g.filter)
	}
	return n
}

// Thin does without filters: Find names one block more often that does not have a key.
func (s *Segment) Thin() {
	s.thin = true
	for i := range s.groups {
		s.groups[i].filter = nil
	}
}

// Find says which blocks may have a key: those from one number up to, and without, another. Where both are the same none has it.
func (s *Segment) Find(key int64) (from, to int) {
	at := sort.Search(len(s.groups), func(i int) bool { return s.groups[i].least > key }) - 1
	if at < 0 {
		return 0, 0
	}
	// Where a group begins with the key, those before may end with it.
	if g := &s.groups[at]; g.least < key && (key > g.last || !s.thin && !g.filter.has(key)) {
		return 0, 0
	}
	to = sort.Search(len(s.firsts), func(i int) bool { return s.firsts[i] > key })
	return max(0, sort.Search(to, func(i int) bool { return s.firsts[i] >= key })-1), to
}

// filter is a Bloom filter.
type filter []byte

// With twelve bits for each key and eight looks, about one in three hundred keys that are not there seems to be.
const (
	bitsOfKey = 12
	looks     = 8
)

func newFilter(keys []int64) filter {
	f := make(filter, len(keys)*bitsOfKey/8+1)
	for _, key := range keys {
		at, step := f.start(key)
		for range looks {
			f[at/8] |= 1 << (at % 8)
			at = (at + step) % f.bits()
		}
	}
	return f
}

func (f filter) bits() uint64 { return uint64(len(f)) * 8 }

func (f filter) has(key int64) bool {
	at, step := f.start(key)
	for range looks {
		if f[at/8]&(1<<(at%8)) == 0 {
			return false
		}
		at = (at + step) % f.bits()
	}
	return true
}

// start is where the looks for a key begin, and how far they are from each other. The keys of a group begin alike.
func (f filter) start(key int64) (at, step uint64) {
	h := uint64(key) //nolint:gosec // a hash: the sign does not matter
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	return h % f.bits(), (h>>32|1)%(f.bits()-1) + 1
}
