package sql

import (
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/satupintu/satupintu/connectors"
)

// note is the cursor. Times are Unix microseconds of the database's own values.
//
// A sweep reads everything after Low to the end, page by page, in the order of time and id. Low stays Overlap behind the
// newest row, so that the next sweep meets what was committed late; Seen holds what lies between, so that it is not handed
// out again.
type note struct {
	Low   int64            `json:"low,omitempty"`   // everything before it is read; 0: nothing is
	Top   int64            `json:"top,omitempty"`   // the newest row's time, at most the database's clock when it was met
	Clock int64            `json:"clock,omitempty"` // the database's clock when the sweep under way began; 0: none is
	At    *key             `json:"at,omitempty"`    // the last row of the sweep under way
	Unit  string           `json:"unit,omitempty"`  // s or ms where the time is a number; wall where it has no zone and the database would take it for UTC
	Seen  connectors.Marks `json:"seen,omitempty"`
	Full  bool             `json:"full,omitempty"` // Seen was cut in the sweep under way
	Parts []waiting        `json:"parts,omitempty"`

	Timeless connectors.Marks `json:"timeless,omitempty"` // the rows without a time that were handed out
	Floor    *int64           `json:"floor,omitempty"`    // rows without a time that have numbers up to it count as read
	Void     *rowID           `json:"void,omitempty"`     // in a note of an earlier version: the last of the rows without a time

	Of    uint64            `json:"of,omitempty"`    // while nothing was found: where it was looked for
	Begun *connectors.Begun `json:"begun,omitempty"` // older rows were left alone; nil: there were none, or all were to be read
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
	mostSeen    = 20_000 // rows
	mostWaiting = 2_000  // rows
)

// blank says that nothing was found yet.
func (n note) blank() bool {
	return n.Low == 0 && n.Top == 0 && n.Clock == 0 && n.At == nil && n.Begun == nil && n.Void == nil && n.Floor == nil &&
		len(n.Seen)+len(n.Timeless)+len(n.Parts) == 0
}

func (n note) cursor() (connectors.Cursor, error) {
	written, err := connectors.CursorOf(n)
	if errors.Is(err, connectors.ErrLongCursor) {
		err = fmt.Errorf("%w: the ids of this table are very long; poll it through a query with shorter ones", err)
	}
	return written, err
}

// seenOf marks a row by its id and time: one that changed is another.
func seenOf(k key) connectors.Mark {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%d %s", k.Time, k.ID.Text)
	return connectors.Mark{Time: k.Time, Sum: sum.Sum64()}
}
