package lapor

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/satupintu/satupintu/sync/complaint"
)

const (
	mostWords  = 500      // characters of the platform's words in an error
	mostQuoted = 64 << 10 // bytes of an answer that are looked at for them
	hidden     = "…"
)

var (
	email   = regexp.MustCompile(`[^\s@<>"',;:]+@[^\s@<>"',;]+`)
	numbers = regexp.MustCompile(`\+?[0-9](?:[.\-]?[0-9]){8,}`) // a phone, a NIK, an account; a complaint id has 7 digits
)

// private is what was sent and must not come back in an error.
type private struct {
	values []string // hidden where they stand as words: names, numbers, addresses
	prose  []string // hidden where four of its words follow each other: texts are repeated in part
}

func privateOf(c complaint.Complaint) private {
	r := c.Reporter
	return private{
		values: append([]string{r.Name, r.Phone, r.Email, r.Identity}, strings.Fields(r.Name)...),
		prose:  []string{c.Text, c.Title, c.Place.Address},
	}
}

// quote makes the platform's words fit for an error: one line of plain text, at most 500 characters, without what was
// sent (a platform likes to repeat the value it dislikes), without addresses, long numbers and secrets.
func (c *client) quote(body []byte, p private) string {
	text := c.clean.line(said(body[:min(len(body), mostQuoted)]))
	for _, prose := range p.prose {
		text = hideProse(text, prose)
	}
	for _, value := range slices.Concat(c.secrets, p.values) {
		text = hide(text, value)
	}
	text = numbers.ReplaceAllString(email.ReplaceAllString(text, hidden), hidden)
	if utf8.RuneCountInString(text) > mostWords {
		text = string([]rune(text)[:mostWords-1]) + hidden
	}
	return text
}

// run is how many words of a prose in a row count as repeated.
const run = 4

// hideProse takes out every stretch of words that also stands in the prose. A prose shorter than that is a value.
func hideProse(text, prose string) string {
	known := bare(prose)
	if len(known) < run {
		return hide(text, prose)
	}
	stretches := map[string]bool{}
	for i := 0; i+run <= len(known); i++ {
		stretches[strings.Join(known[i:i+run], " ")] = true
	}
	shown, said := strings.Fields(text), bare(text)
	repeated := make([]bool, len(shown))
	for i := 0; i+run <= len(said); i++ {
		if stretches[strings.Join(said[i:i+run], " ")] {
			for j := i; j < i+run; j++ {
				repeated[j] = true
			}
		}
	}
	var kept []string
	for i, word := range shown {
		switch {
		case !repeated[i]:
			kept = append(kept, word)
		case i == 0 || !repeated[i-1]:
			kept = append(kept, hidden)
		}
	}
	return strings.Join(kept, " ")
}

// bare is the words of a text in lower case without the punctuation around them, as many as strings.Fields finds.
func bare(text string) []string {
	words := strings.Fields(strings.ToLower(text))
	for i, word := range words {
		words[i] = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	return words
}

// hide takes a value out of a text, without regard to case. It is not hidden inside a longer word: a person named Ali
// must not make a riddle of "Validasi".
func hide(text, value string) string {
	value = strings.Join(strings.Fields(value), " ")
	if utf8.RuneCountInString(value) < 3 {
		return text
	}
	pattern, err := regexp.Compile(`(?i)` + edge(value, true) + regexp.QuoteMeta(value) + edge(value, false))
	if err != nil { // too long for a pattern: then case counts
		return strings.ReplaceAll(text, value, hidden)
	}
	return pattern.ReplaceAllLiteralString(text, hidden)
}

func edge(value string, start bool) string {
	r, _ := utf8.DecodeRuneInString(value)
	if !start {
		r, _ = utf8.DecodeLastRuneInString(value)
	}
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return `\b`
	}
	return ""
}

// secretsOf lists each value of the headers, and its last word: "Bearer x" must not come back as "x" either.
func secretsOf(values []string) []string {
	var all []string
	for _, value := range values {
		fields := strings.Fields(value)
		if len(fields) > 0 {
			all = append(all, value, fields[len(fields)-1], strings.Trim(fields[len(fields)-1], "{}"))
		}
	}
	return all
}
