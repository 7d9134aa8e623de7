package rest

import (
	"slices"

	"github.com/satupintu/satupintu/connectors"
)

// note is the cursor. Times are Unix microseconds; where since is a number, they are that number.
//
// A reading walks over the pages from the first to the end. What it meets goes from Seen to Met, or into Met when it is new
// and handed out; at the end Met becomes Seen. So it is known at the end what was there before and did not come again.
type note struct {
	Low   int64            `json:"low,omitempty"`   // everything before it is settled; 0: nothing is
	Top   int64            `json:"top,omitempty"`   // the newest time met that did not lie in the future
	Seen  connectors.Marks `json:"seen,omitempty"`  // handed out, and not met by the reading under way
	Met   connectors.Marks `json:"met,omitempty"`   // handed out, and met by the reading under way
	Walk  *walk            `json:"walk,omitempty"`  // the reading under way
	Again int              `json:"again,omitempty"` // readings in a row that found something new while they turned pages
	Anew  bool             `json:"anew,omitempty"`  // with a preset whose ids are made in another way than before: what is kept in mind is by the new ids

	Of      uint64            `json:"of,omitempty"`      // while nothing was found: where it was looked for
	Begun   *connectors.Begun `json:"begun,omitempty"`   // older items are left alone; nil: there were none, or all are taken
	Ended   bool              `json:"ended,omitempty"`   // with Begun: the older ones are all in Seen, and what else is as old is new
	Crowded bool              `json:"crowded,omitempty"` // with Begun: there were more than can be kept in mind
	Left    int               `json:"left,omitempty"`    // how many were left alone
	Told    int               `json:"told,omitempty"`    // and how many of them the log has said

	// Lacked are those that a reading that asked for what is new should have brought, and did not. While there are any, the
	// whole list is read, to see whether they are gone or the server does not do as it is asked.
	Lacked connectors.Marks `json:"lacked,omitempty"`
	Check  bool             `json:"check,omitempty"` // the whole list is to be read: nothing known came when it was asked
	Wrong  string           `json:"wrong,omitempty"` // the settings of since that the server was found not to follow
}

// walk is a reading under way.
type walk struct {
	Asked bool             `json:"asked,omitempty"` // for what is new
	Clock int64            `json:"clock"`           // when it began, by the slower of both clocks
	Pages int              `json:"pages,omitempty"` // read so far
	At    string           `json:"at,omitempty"`    // number, offset, cursor, link or size that is asked for next
	First uint64           `json:"first,omitempty"` // sum of the first page
	Sums  connectors.Marks `json:"sums,omitempty"`  // of the pages and links met so far
	Still int              `json:"still,omitempty"` // pages in a row that were met before
	Items int              `json:"items,omitempty"` // met so far, each once
	Count int              `json:"count,omitempty"` // of the page before
	New   bool             `json:"new,omitempty"`   // something was new
	Full  bool             `json:"full,omitempty"`  // there was more than can be kept in mind
	Max   int64            `json:"max,omitempty"`   // the newest time so far
	Mixed bool             `json:"mixed,omitempty"` // the pages do not come in the order of time, oldest first
}

const (
	mostSeen   = 25_000 // items; 22 bytes each
	mostLacked = 1_000  // items
	mostPlace  = 16 << 10
)

// blank says that nothing was found yet.
func (n note) blank() bool {
	return n.Low == 0 && n.Top == 0 && n.Walk == nil && n.Begun == nil && len(n.Seen)+len(n.Met)+len(n.Lacked) == 0
}

func (n note) cursor() (connectors.Cursor, error) {
	for _, marks := range []*connectors.Marks{&n.Seen, &n.Met, &n.Lacked} {
		if len(*marks) == 0 {
			*marks = nil
		}
	}
	return connectors.CursorOf(n)
}

// clone is a note that goes its own way. Marks are never changed in place.
func (n *note) clone() note {
	other := *n
	if n.Walk != nil {
		w := *n.Walk
		other.Walk = &w
	}
	return other
}

// meet moves the items of a page to those that were met. fresh says of each that it was not handed out yet; first is how
// many were not met yet.
func (n *note) meet(page []connectors.Mark) (fresh []bool, first int) {
	here := make(map[connectors.Mark]bool, len(page))
	fresh = make([]bool, len(page))
	for i, one := range page {
		if !here[one] && !n.Met.Has(one) {
			fresh[i] = !n.Seen.Has(one)
			first++
		}
		here[one] = true
	}
	n.Met = n.Met.With(page...)
	n.Seen = slices.DeleteFunc(slices.Clone(n.Seen), func(one connectors.Mark) bool { return here[one] })
	return fresh, first
}

// rename puts the new mark of an item in the place of the one it had before its id was made in another way, so that it does
// not come again.
func (n *note) rename(was, is connectors.Mark) {
	for _, marks := range []*connectors.Marks{&n.Seen, &n.Met, &n.Lacked} {
		if marks.Has(was) {
			*marks = slices.DeleteFunc(slices.Clone(*marks), func(m connectors.Mark) bool { return m == was }).With(is)
		}
	}
}

// bound keeps the newest of what was handed out, as many as fit into the cursor.
func (n *note) bound() {
	over := len(n.Seen) + len(n.Met) - mostSeen
	if over <= 0 {
		return
	}
	n.Walk.Full = true
	drop := min(over, len(n.Seen))
	n.Seen = n.Seen[drop:]
	n.Met = n.Met[over-drop:]
}

// lacking are the items of Seen that bear a time from Low on: each must come when the server is asked for what is new since
// Low. An item that was set aside, or is no complaint, is told apart by its words, which may change: it need not come.
func (n *note) lacking() connectors.Marks {
	came := sumsOf(n.Met)
	var lacking connectors.Marks
	for _, one := range n.Seen {
		if one.Time >= n.Low && one.Time != 0 && byID(one.Sum) && !came[one.Sum] && len(lacking) < mostLacked {
			lacking = append(lacking, one)
		}
	}
	return lacking
}

func sumsOf(marks connectors.Marks) map[uint64]bool {
	sums := make(map[uint64]bool, len(marks))
	for _, one := range marks {
		sums[one.Sum] = true
	}
	return sums
}
