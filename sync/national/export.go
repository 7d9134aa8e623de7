package national

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"

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
	// Words are what the text with our reference says without it (see Words), whole and without each thing we may have added.
	Words []string
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

var markup = regexp.MustCompile(`<[^<>]*>`)

// Words tells whether two texts say the same, and not what they say: it is equal for texts whose letters and digits are the same,
// whatever a platform made of their blanks, signs, lines and capitals, and without what it may have taken for markup. Empty for a
// text without any.
func Words(text string) string {
	words := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, markup.ReplaceAllString(text, ""))
	if words == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:])
}
