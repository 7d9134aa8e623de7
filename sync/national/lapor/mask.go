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
	email = regexp.MustCompile(`[^\s@<>"',;:]+@[^\s@<>"',;]+`)
	// A phone, a NIK, an account: in one piece, in groups, or with an area code in parentheses. Complaint ids, which have 7 digits,
	// dates and times of day are none.
	numbers = regexp.MustCompile(`\+?[0-9](?:[./\-–‑]?[0-9]){8,}`)
	groups  = regexp.MustCompile(`\+?\b[0-9]{1,6}(?:[ ./\-–‑]{1,3}[0-9]{1,6})+\b`) // of leastNumber digits and more
	phones  = regexp.MustCompile(`\+?\b(?:62|0)(?:[ ./\-–‑()]{0,3}[0-9]){7,}`)
	moments = regexp.MustCompile(`\b(?:(?:0?[1-9]|[12][0-9]|3[01])[/.\-](?:0?[1-9]|1[0-2])[/.\-](?:19|20)[0-9]{2}|` +
		`(?:19|20)[0-9]{2}[/.\-](?:0[1-9]|1[0-2])[/.\-](?:0[1-9]|[12][0-9]|3[01])|(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)\b`)
)

// private is what was sent and must not come back in an error.
type private struct {
	digits []string // hidden whatever stands between them: a phone, an identity number
	values []string // hidden where they stand as words: names, numbers, addresses
	prose  []string // hidden where four of its words follow each other: texts are repeated in part
}

func privateOf(c complaint.Complaint) private {
	r := c.Reporter
	return private{
		digits: []string{r.Phone, r.Identity},
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
	for _, number := range p.digits {
		text = hideDigits(text, number)
	}
	for _, value := range slices.Concat(c.secrets, p.values) {
		text = hide(text, value)
	}
	text = hideNumbers(email.ReplaceAllString(text, hidden))
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

const (
	leastDigits = 6 // of what was sent, to be known by its digits alone
	leastNumber = 9 // of a number in groups, to be taken for somebody's
)

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// hideDigits takes a number out of a text by its digits, whatever stands between them, and whether it begins with +62, 62 or 0.
func hideDigits(text, number string) string {
	digits := strings.TrimPrefix(strings.TrimPrefix(digitsOf(number), "62"), "0")
	if len(digits) < leastDigits {
		return text
	}
	const between = `[^0-9\pL]{0,3}`
	pattern, err := regexp.Compile(`(^|[^0-9])(?:\+?62` + between + `)?(?:0` + between + `)?` + strings.Join(strings.Split(digits, ""), between))
	if err != nil { // too long for a pattern: no phone, and hidden as a long number
		return text
	}
	return pattern.ReplaceAllString(text, "${1}"+hidden)
}

// hideNumbers takes out what may be somebody's number, and leaves dates and times of day.
func hideNumbers(text string) string {
	var kept strings.Builder
	last := 0
	for _, moment := range moments.FindAllStringIndex(text, -1) {
		if !withinNumber(text[:moment[0]], text[moment[1]:]) {
			kept.WriteString(withoutNumbers(text[last:moment[0]]) + text[moment[0]:moment[1]])
			last = moment[1]
		}
	}
	return kept.String() + withoutNumbers(text[last:])
}

func withoutNumbers(text string) string {
	text = groups.ReplaceAllStringFunc(text, func(group string) string {
		if len(digitsOf(group)) < leastNumber {
			return group
		}
		return hidden
	})
	return numbers.ReplaceAllString(phones.ReplaceAllString(text, hidden), hidden)
}

// withinNumber says whether what looks like a date goes on as a number, before it or behind it.
func withinNumber(before, behind string) bool {
	goesOn := func(joint, digit string) bool { return strings.Contains("./-", joint) && digitsOf(digit) != "" }
	return len(before) > 1 && goesOn(before[len(before)-1:], before[len(before)-2:len(before)-1]) ||
		len(behind) > 1 && goesOn(behind[:1], behind[1:2])
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
