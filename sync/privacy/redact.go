package privacy

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is a kind of personal data that is removed from free text.
type Kind string

// The kinds, by the names the configuration uses.
const (
	NIK   Kind = "nik"   // the 16-digit national identity number
	KK    Kind = "kk"    // the 16-digit number of a family card, and any other 16-digit number
	Phone Kind = "phone" // Indonesian mobile and landline numbers
	Email Kind = "email"
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{NIK, KK, Phone, Email} }

// removed is what stands in the text instead, for Indonesian readers.
func (k Kind) removed() string {
	switch k {
	case NIK:
		return "[NIK dihapus]"
	case KK:
		return "[KK dihapus]"
	case Phone:
		return "[telepon dihapus]"
	}
	return "[e-mail dihapus]"
}

// Redactor removes personal data from free text. It would rather remove a number too many than leave one, but leaves
// alone what a complaint needs: our references, dates, RT/RW and house numbers, prices, tracking ids of 7 to 10 digits,
// coordinates. The zero Redactor removes nothing.
type Redactor struct{ nik, kk, phone, email bool }

// NewRedactor returns a Redactor of the given kinds; names that are no kind are ignored.
func NewRedactor(kinds []string) Redactor {
	on := func(k Kind) bool { return slices.Contains(kinds, string(k)) }
	return Redactor{nik: on(NIK), kk: on(KK), phone: on(Phone), email: on(Email)}
}

// Redact returns the text without personal data, and how many of each kind were removed. Redacting twice changes nothing
// more.
func (r Redactor) Redact(text string) (string, map[Kind]int) {
	var out strings.Builder
	found, at := map[Kind]int{}, 0
	for _, s := range r.find(text) {
		out.WriteString(text[at:s.start])
		out.WriteString(s.kind.removed())
		found[s.kind]++
		at = s.end
	}
	out.WriteString(text[at:])
	return out.String(), found
}

// cutShort ends a title that is the beginning of a longer text.
const cutShort = "…"

// Title is Redact for a text's title. One that was cut short, as its end says, may hold half of a number that is none by itself: it is
// read as what stands in the text. Of one that does not stand there an unfinished number is left out.
func (r Redactor) Title(title, text string) string {
	stem, cut := strings.CutSuffix(title, cutShort)
	if !cut {
		title, _ = r.Redact(title)
		return title
	}
	line := strings.Join(strings.Fields(text), " ")
	at := strings.Index(line, stem)
	if at < 0 {
		stem, _ = r.Redact(stem)
		if r != (Redactor{}) {
			stem = strings.TrimRight(unfinished.ReplaceAllString(stem, ""), " ")
		}
		return stem + cutShort
	}
	var out strings.Builder
	end := at + len(stem)
	for _, s := range r.find(line) {
		if s.end <= at || s.start >= end {
			continue
		}
		out.WriteString(line[at:max(at, s.start)])
		out.WriteString(s.kind.removed())
		at = s.end
	}
	out.WriteString(line[min(at, end):end])
	return out.String() + cutShort
}

// unfinished is a number of which enough stands there to say whose it is.
var unfinished = regexp.MustCompile(`\+?\d(?:[ ().-]*\d){4,}$`)

// span is a part of a text, in bytes. One without a kind is kept as it is.
type span struct {
	start, end int
	kind       Kind
}

func (r Redactor) find(text string) []span {
	var found []span
	if r.email && strings.ContainsRune(text, '@') {
		found = all(emailAddress, text, Email)
	}
	if (r.nik || r.kk || r.phone) && hasDigits(text) && newDigits(text, nil).mayIdentify() {
		d := newDigits(text, append(kept(text), found...))
		found = append(found, r.numbers(d)...)
	}
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	return found
}

func (r Redactor) numbers(d digits) []span {
	var found []span
	for i := 0; i < len(d.groups); i++ {
		s, next := span{}, 0
		if r.nik || r.kk {
			s, next = r.card(d, i)
		}
		if next == 0 && r.phone {
			s, next = d.phone(i)
		}
		if next > 0 {
			found = append(found, s)
			i = next - 1
		}
	}
	return found
}
