// Package dedup says what a complaint is to earlier ones: the same matter told again, another person's telling of it, a
// question about it, the same trouble anew, or nothing of these. It is pure: it makes a Print of each complaint and Keys
// that the store finds candidates by, and Judge compares. Rules link; a score only says which pairs a person should see.
//
// A wrong merge is worse than a miss. Whatever one of two complaints says and the other does not - a number, a name, a
// day, a direction, "tidak" - forbids linking, however alike the words; so do places that differ, and matters of which
// each person has their own. Category and agency are evidence, never a gate. Prints, evidence and reasons hold no
// reporter's identity but as a keyed hash.
package dedup

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const zeroWidthSpace = '\u200b'

// Normalise makes two ways of typing the same words equal: case, width, punctuation, blanks and line ends do not count,
// a written-out "\n" is a line end. Words, their order and digits stay: another house number is another matter. It
// changes nothing in a text that is normalised already, and returns "" for a text without words.
func Normalise(text string) string {
	text = folded(text)
	text = strings.ReplaceAll(text, `\r\n`, " ")
	text = strings.ReplaceAll(text, `\n`, " ")
	if isASCII(text) {
		return plainWords(text)
	}
	return strings.Join(strings.FieldsFunc(text, notWord), " ")
}

// plainWords is the letters and digits of lower-case ASCII, with one blank where something else was between them.
func plainWords(text string) string {
	words, gap := make([]byte, 0, len(text)), false
	for i := range len(text) {
		if b := text[i]; 'a' <= b && b <= 'z' || '0' <= b && b <= '9' {
			if gap && len(words) > 0 {
				words = append(words, ' ')
			}
			words, gap = append(words, b), false
			continue
		}
		gap = true
	}
	return string(words)
}

// folded makes letters equal that differ in case, width or composition alone.
func folded(text string) string {
	if isASCII(text) { // most texts are; the rest of this would only make it lower case
		return strings.ToLower(text)
	}
	text = strings.Map(visible, text)
	// Unicode's identifier folding: folding alone may leave a string that is not normalised, and the other way round.
	fold := cases.Fold()
	text = norm.NFKC.String(fold.String(norm.NFKD.String(text)))
	return norm.NFKC.String(fold.String(text))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// visible drops the signs nobody sees, such as those WhatsApp puts around a copied number.
func visible(r rune) rune {
	switch {
	case r == zeroWidthSpace:
		return ' '
	case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
		return -1
	}
	return r
}

func notWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}
