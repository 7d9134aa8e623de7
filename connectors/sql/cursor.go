package sql

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/satupintu/satupintu/connectors"
)

// note is the cursor. Times are Unix microseconds of the database's own values.
//
// A sweep reads everything after Low to the end, page by page, in the order of time and id. Low stays Overlap behind the
// newest row, so that the next sweep meets what was committed late; Seen holds what lies between, so that it is not handed
// out again.
type note struct {
	Low   int64     `json:"low,omitempty"`   // everything before it is read; 0: nothing is
	Top   int64     `json:"top,omitempty"`   // the newest row's time, at most the database's clock when it was met
	Clock int64     `json:"clock,omitempty"` // the database's clock when the sweep under way began; 0: none is
	At    *key      `json:"at,omitempty"`    // the last row of the sweep under way
	Unit  string    `json:"unit,omitempty"`  // s or ms where the time is a number
	Void  *rowID    `json:"void,omitempty"`  // the last of the rows without a time
	Seen  seenRows  `json:"seen,omitempty"`
	Full  bool      `json:"full,omitempty"` // Seen was cut in the sweep under way
	Parts []waiting `json:"parts,omitempty"`
}

// key is a row's place in the order of reading.
type key struct {
	Time int64 `json:"t"`
	ID   rowID `json:"i"`
}

// rowID is a row's id, and whether the database holds it as a number.
type rowID struct {
	Text   string `json:"v"`
	Number bool   `json:"n,omitempty"`
}

// waiting is a row of a long SMS whose other parts are not there yet.
type waiting struct {
	ID    rowID `json:"id"`
	Since int64 `json:"s"` // by the database's clock
}

const (
	mostSeen    = 20_000  // rows; 21 bytes each
	mostWaiting = 2_000   // rows
	mostCursor  = 900_000 // bytes, below the contract's MiB
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
	if err != nil {
		return "", fmt.Errorf("write the cursor: %w", err)
	}
	if len(text) > mostCursor {
		return "", errors.New("the cursor grows too large: the ids of this table are very long; poll it through a query with shorter ones")
	}
	return connectors.Cursor(text), nil
}

// seenRows are the rows inside the overlap that were handed out, by time.
type seenRows []seenRow

type seenRow struct {
	time int64
	sum  uint64 // of id and time: a row that changed is another
}

func seenOf(k key) seenRow {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%d %s", k.Time, k.ID.Text)
	return seenRow{k.Time, sum.Sum64()}
}

func compareSeen(a, b seenRow) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.sum, b.sum))
}

func (s seenRows) has(row seenRow) bool {
	_, found := slices.BinarySearchFunc(s, row, compareSeen)
	return found
}

// with adds rows.
func (s seenRows) with(rows []seenRow) seenRows {
	s = append(slices.Clone(s), rows...)
	slices.SortFunc(s, compareSeen)
	return slices.Compact(s)
}

// after leaves out what lies before a time, and the oldest of what is too much; cut says that there was too much.
func (s seenRows) after(low int64) (kept seenRows, cut bool) {
	start, _ := slices.BinarySearchFunc(s, seenRow{time: low}, compareSeen)
	s = s[start:]
	if len(s) > mostSeen {
		return s[len(s)-mostSeen:], true
	}
	return s, false
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
		return errors.New("the list of rows that were seen is broken off")
	}
	*s = make(seenRows, 0, len(packed)/seenSize)
	for ; len(packed) > 0; packed = packed[seenSize:] {
		*s = append(*s, seenRow{int64(binary.BigEndian.Uint64(packed)), binary.BigEndian.Uint64(packed[8:])})
	}
	slices.SortFunc(*s, compareSeen)
	return nil
}
