package lapor

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/satupintu/satupintu/sync/complaint"
)

// marker writes our reference into a text and finds it there.
type marker struct {
	pattern string         // with {ref}
	shape   *regexp.Regexp // any marker; the reference is its first group
}

func newMarker(pattern string) (marker, error) {
	before, after, _ := strings.Cut(pattern, refSlot)
	shape, err := regexp.Compile(`(?i)` + loose(before) + `([0-9A-Za-z-]+)` + loose(after))
	return marker{pattern: pattern, shape: shape}, err
}

// loose matches the same signs with any blanks between them: a platform may wrap or double them.
func loose(s string) string {
	words := strings.Fields(s)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	joined := strings.Join(words, `\s+`)
	if s != "" && strings.TrimLeft(s, " \t") != s {
		joined = `\s*` + joined
	}
	if s != "" && strings.TrimRight(s, " \t") != s {
		joined += `\s*`
	}
	return joined
}

func (m marker) write(ref complaint.Ref) string {
	return strings.ReplaceAll(m.pattern, refSlot, string(ref))
}

// of is the reference of a text: that of its last marker. A citizen may quote another complaint's marker, but ours is
// always written below.
func (m marker) of(text string) complaint.Ref {
	all := m.shape.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return ""
	}
	found := all[len(all)-1][1]
	if ref, err := complaint.ParseRef(found); err == nil { // a platform may have changed its letters
		return ref
	}
	return complaint.Ref(found)
}

// found is the reference of a text as the platform has it, in HTML; text is the same without markup. What looks like the beginning of
// a tag may have taken the marker out of that with it.
func (m marker) found(raw, text string) complaint.Ref {
	if ref := m.of(text); ref != "" {
		return ref
	}
	return m.of(html.UnescapeString(raw))
}

// shown says whether a text without our marker shows all that was sent, with or without its markup.
func (m marker) shown(raw, text string) bool { return m.whole(text) && !unclosed.MatchString(raw) }

// leastText is how many letters and digits a text has at least that is not masked or cut to nothing.
const leastText = 10

// whole says whether a text without our marker shows all that was sent: one that is masked, shortened, or that ends within
// a marker does not, and says nothing about whose it is.
func (m marker) whole(text string) bool {
	text = strings.TrimSpace(text)
	signs := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			signs++
		}
	}
	if signs < leastText || strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…") || strings.Contains(text, "***") {
		return false
	}
	return !m.endsWithin(text)
}

// endsWithin says whether a text's last line is the beginning of a marker.
func (m marker) endsWithin(text string) bool {
	last := strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
	before, _, _ := strings.Cut(m.pattern, refSlot)
	before = strings.TrimSpace(before)
	if before == "" || last == "" {
		return false
	}
	n := min(len(last), len(before))
	return strings.EqualFold(last[:n], before[:n]) && m.shape.FindString(last) == ""
}
