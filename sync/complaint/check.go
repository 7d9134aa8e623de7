package complaint

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a complaint, in bytes of UTF-8. Longer ones are refused, never cut: a cut complaint says something else.
const (
	MaxText        = 200_000
	MaxTitle       = 1_000
	MaxSourceID    = 500
	MaxAttachments = 50
)

// FieldError says which field of a complaint is wrong, and how.
type FieldError struct {
	Field  string // dotted, as in a connector's map: text, reporter.phone, place.lat
	Reason string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// Clean removes from every text what no receiver can carry: invalid UTF-8 becomes U+FFFD, NUL and other control
// characters apart from tab and line feed go, CR LF becomes LF, outer blanks go.
func (c *Complaint) Clean() {
	for _, s := range []*string{
		&c.SourceID, &c.Title, &c.Text, &c.Category, &c.Place.Region, &c.Place.Address,
		&c.Reporter.Name, &c.Reporter.Phone, &c.Reporter.Email, &c.Reporter.Identity,
	} {
		*s = CleanText(*s)
	}
	if c.Class == "" {
		c.Class = Ordinary
	}
	for i := range c.Attachments {
		c.Attachments[i].Name = CleanText(c.Attachments[i].Name)
	}
}

// CleanText is Clean for one string.
func CleanText(s string) string {
	if isPlain(s) {
		return strings.TrimSpace(s)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\t' || r == '\n':
			return r
		case unicode.IsControl(r) || r == '\uFEFF' || r == '\uFFFE' || r == '\uFFFF':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// isPlain says whether a text has nothing in it but ASCII's characters, line ends and tabs, as most have: nothing to clean but its
// ends.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// Check says what makes a complaint unfit to be accepted: one *FieldError for each thing, joined; nil when there is
// nothing. It expects a cleaned complaint.
func (c Complaint) Check() error {
	var errs []error
	wrong := func(field, format string, args ...any) {
		errs = append(errs, &FieldError{Field: field, Reason: fmt.Sprintf(format, args...)})
	}
	if c.SourceID == "" {
		wrong("id", "is missing")
	}
	if c.Text == "" {
		wrong("text", "is missing")
	}
	for _, f := range []struct {
		name, value string
		most        int
	}{
		{"id", c.SourceID, MaxSourceID},
		{"title", c.Title, MaxTitle},
		{"text", c.Text, MaxText},
		{"category", c.Category, MaxTitle},
		{"place.address", c.Place.Address, MaxText},
	} {
		if len(f.value) > f.most {
			wrong(f.name, "is %d bytes long; the most is %d", len(f.value), f.most)
		}
	}
	if _, err := ParseClass(string(c.Class)); err != nil {
		wrong("class", "%v", err)
	}
	if (c.Place.Lat == nil) != (c.Place.Long == nil) {
		wrong("place", "has only one of lat and long")
	}
	if c.Place.Lat != nil && !within(*c.Place.Lat, 90) {
		wrong("place.lat", "is not between -90 and 90")
	}
	if c.Place.Long != nil && !within(*c.Place.Long, 180) {
		wrong("place.long", "is not between -180 and 180")
	}
	if len(c.Attachments) > MaxAttachments {
		wrong("attachments", "are %d; the most is %d", len(c.Attachments), MaxAttachments)
	}
	return errors.Join(errs...)
}

func within(x, most float64) bool { return !math.IsNaN(x) && math.Abs(x) <= most }

// TitleFrom makes a title of a text's first words: at most 80 characters, cut between words, never inside one unless
// the first is longer than that.
func TitleFrom(text string) string {
	const most = 80
	line := strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(line) <= most {
		return line
	}
	cut := string([]rune(line)[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:-") + "…"
}
