package national

import (
	"context"
	"os"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Exporter reads the official spreadsheet of a platform, as somebody downloaded it. It asks the platform nothing and leaves
// the file open. An error says in plain words what is wrong with the file as a whole, and repeats none of its cells.
type Exporter interface {
	Export(ctx context.Context, file *os.File) (Export, error)
}

// Export is what an official spreadsheet says. It holds no text of a complaint and nobody's name.
type Export struct {
	// Made is the latest moment of which the file itself proves that it was made no earlier: the date it names, and the
	// latest arrival in it. Zero when it has neither.
	Made time.Time
	// From is the earliest arrival in the file; zero when no row has a date.
	From    time.Time
	Entries []Entry
	// Unread is what has no tracking id that can be read and may be a complaint of ours all the same: rows that carry a
	// reference of ours or a text that is not clear, and sheets of which nobody knows what they hold (row 0).
	Unread []Entry
	Notes  []string // what is missing or could not be read, for an operator
}

// Entry is one complaint of an export.
type Entry struct {
	Row        int // of the spreadsheet, from 1
	TrackingID string
	Ref        complaint.Ref // our reference in its text; empty when it has none
	// Others are further references of ours in its texts, each once: those of its other rows, and quoted ones.
	Others []complaint.Ref
	// Clear says that a text without our reference shows all that was once sent, so that the complaint is surely not ours.
	// It is false for a text that is missing, masked or shortened.
	Clear    bool
	Arrived  time.Time // zero when the row has no date that can be read
	Status   complaint.Status
	Raw      string // the platform's own word; empty when there is none, or its rows disagree
	Agency   string // who has it, by name
	Why      string // why it was postponed or archived, in the platform's words
	Disputed bool   // its rows carry different references of ours
}
