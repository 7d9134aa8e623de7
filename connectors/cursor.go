package connectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
)

// Cursor is a connector's own note of how far it has read; empty at the start. At most 1 MiB.
type Cursor string

// MostCursor is how many bytes CursorOf writes, somewhat below what a cursor may have.
const MostCursor = 1_000_000

// ErrLongCursor says that a note is larger than MostCursor.
var ErrLongCursor = errors.New("the cursor grows too large")

// PlaceOf is a sum of what says where a channel is read. A channel that was found empty is only known to be so at that place: when the
// settings name another, its first reading is still to come.
func PlaceOf(settings ...string) uint64 {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%q", settings)
	return sum.Sum64()
}

// CursorOf writes a connector's note as JSON. That of a blank note is not empty: it says that the channel was read.
func CursorOf(note any) (Cursor, error) {
	text, err := json.Marshal(note)
	if err == nil && len(text) > MostCursor {
		err = ErrLongCursor
	}
	if err != nil {
		return "", fmt.Errorf("write the cursor: %w", err)
	}
	return Cursor(text), nil
}

// ReadCursor reads a note that CursorOf wrote; an empty cursor is an empty note.
func ReadCursor[Note any](from Cursor) (Note, error) {
	var note, none Note
	if from == "" {
		return none, nil
	}
	if err := json.Unmarshal([]byte(from), &note); err != nil {
		return none, fmt.Errorf("read the cursor: %w", err)
	}
	return note, nil
}
