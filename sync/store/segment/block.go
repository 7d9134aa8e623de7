package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A block is its entries one after the other: how much larger the key is than the one before, how much later it was told, how many
// bytes its reference has in common with the one before, how many follow, and those. Before the first are zeros.

func appendEntry(to []byte, before, e *entry) []byte {
	to = binary.AppendUvarint(to, uint64(e.key)-uint64(before.key)) //nolint:gosec // it wraps around, and back
	to = binary.AppendVarint(to, e.at-before.at)
	same := 0
	for same < min(len(before.ref), len(e.ref)) && before.ref[same] == e.ref[same] {
		same++
	}
	to = binary.AppendUvarint(to, uint64(same))            //nolint:gosec // a length
	to = binary.AppendUvarint(to, uint64(len(e.ref)-same)) //nolint:gosec // a length
	return append(to, e.ref[same:]...)
}

// entry is an Entry whose reference is in a buffer that is used again.
type entry struct {
	key, at int64
	ref     []byte
}

func (e *entry) set(to *entry) {
	e.key, e.at, e.ref = to.key, to.at, append(e.ref[:0], to.ref...)
}

func compare(a, b *entry) int {
	switch {
	case a.key != b.key:
		return order(a.key < b.key)
	case a.at != b.at:
		return order(a.at > b.at)
	}
	return bytes.Compare(b.ref, a.ref)
}

func order(before bool) int {
	if before {
		return -1
	}
	return 1
}

// reader reads a block's entries in turn.
type reader struct {
	entry

	rest []byte
}

// next reads the next entry. At the block's end it returns false.
func (r *reader) next() (bool, error) {
	if len(r.rest) == 0 {
		return false, nil
	}
	key, n := binary.Uvarint(r.rest)
	at, m := int64(0), 0
	if n > 0 {
		at, m = binary.Varint(r.rest[n:])
	}
	if n <= 0 || m <= 0 {
		return false, r.damaged()
	}
	r.rest = r.rest[n+m:]
	same, n := binary.Uvarint(r.rest)
	if n <= 0 {
		return false, r.damaged()
	}
	more, m := binary.Uvarint(r.rest[n:])
	if m <= 0 || same > uint64(len(r.ref)) || more > uint64(len(r.rest)-n-m) {
		return false, r.damaged()
	}
	r.rest = r.rest[n+m:]
	r.key, r.at = int64(uint64(r.key)+key), r.at+at //nolint:gosec // it wraps around, and back
	r.ref, r.rest = append(r.ref[:same], r.rest[:more]...), r.rest[more:]
	return true, nil
}

func (r *reader) damaged() error {
	return fmt.Errorf("%w: %d bytes before the end of a block", ErrDamaged, len(r.rest))
}

// Search visits what a block has of a key, from the newest to the oldest, until visit returns false. The reference is only lent.
func Search(block []byte, key int64, visit func(at int64, ref []byte) bool) error {
	if len(block) == 0 {
		return fmt.Errorf("%w: an empty block", ErrDamaged)
	}
	r := reader{rest: block}
	for {
		ok, err := r.next()
		if err != nil || !ok || r.key > key {
			return err
		}
		if r.key == key && !visit(r.at, r.ref) {
			return nil
		}
	}
}
