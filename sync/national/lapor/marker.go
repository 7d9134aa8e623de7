package lapor

import (
	"regexp"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

// marker writes our reference into a text and finds it there.
type marker struct {
	pattern string         // with {ref}
	shape   *regexp.Regexp // any marker; the reference is its first group
}

func newMarker(pattern string) (marker, error) {
	before, after, _ := strings.Cut(pattern, refSlot)
	shape, err := regexp.Compile(loose(before) + `([0-9A-Za-z-]+)` + loose(after))
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
	return complaint.Ref(all[len(all)-1][1])
}
