package open311

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/connectors"
)

// note is the cursor. Times are Unix seconds, as fine as the protocol is.
//
// A sweep asks for everything since Low, window by window, and ends with one that has no end. Then Low moves to Overlap
// before the time it began, and Seen holds what lies after Low, so that the next sweep does not hand it out again.
type note struct {
	Low   int64    `json:"low"`             // everything before it is read
	Clock int64    `json:"clock,omitempty"` // when the sweep under way began; 0: none is
	At    int64    `json:"at,omitempty"`    // up to where the sweep under way has come
	Step  int64    `json:"step,omitempty"`  // the window that the server did not cap
	Seen  seenRows `json:"seen,omitempty"`
}

const (
	mostSeen   = 20_000  // rows; 22 bytes each
	mostCursor = 900_000 // bytes, below the contract's MiB
)

func readNote(from connectors.Cursor) (note, error) {
	var n note
	if from == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(from), &n); err != nil {
		return note{}, fmt.Errorf("read the cursor: %w", err)
	}
	return n, nil
}

func (n note) cursor() (connectors.Cursor, error) {
	text, err := json.Marshal(n)
	if err != nil || len(text) > mostCursor {
		return "", fmt.Errorf("write the cursor of %d bytes: %w", len(text), err)
	}
	return connectors.Cursor(text), nil
}

// seenRows are the requests that were handed out, by time.
type seenRows []seenRow

type seenRow struct {
	time int64
	sum  uint64 // of the id and the words: a request that was edited is another
}

// add takes a row up; false: it is there already, and stays for as long as the newer of both times says.
func (s *seenRows) add(row seenRow) bool {
	i := slices.IndexFunc(*s, func(known seenRow) bool { return known.sum == row.sum })
	if i >= 0 {
		(*s)[i].time = max((*s)[i].time, row.time)
		return false
	}
	*s = append(*s, row)
	return true
}

// after leaves out what lies before a time, and the oldest of what is too much.
func (s seenRows) after(low int64) seenRows {
	s = slices.DeleteFunc(slices.Clone(s), func(row seenRow) bool { return row.time < low })
	slices.SortFunc(s, func(a, b seenRow) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.sum, b.sum)) })
	return s[max(0, len(s)-mostSeen):]
}

const seenSize = 16

// MarshalJSON writes the rows as base64 of their times and sums.
func (s seenRows) MarshalJSON() ([]byte, error) {
	packed := make([]byte, 0, len(s)*seenSize)
	for _, row := range s {
		packed = binary.BigEndian.AppendUint64(packed, uint64(row.time))
		packed = binary.BigEndian.AppendUint64(packed, row.sum)
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(packed))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *seenRows) UnmarshalJSON(text []byte) error {
	var encoded string
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	if len(packed)%seenSize != 0 {
		return errors.New("the list of requests that were seen is broken off")
	}
	*s = nil
	for ; len(packed) > 0; packed = packed[seenSize:] {
		*s = append(*s, seenRow{int64(binary.BigEndian.Uint64(packed)), binary.BigEndian.Uint64(packed[8:])})
	}
	return nil
}
