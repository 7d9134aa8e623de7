package privacy

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// digits are the runs of digits of a text, apart from those in parts that are kept, with what joins each to the next.
type digits struct {
	text   string
	groups []group
}

// longest is more digits than any number we look for has.
const longest = 20

type group struct {
	start, end int    // bytes in the text
	n          string // ASCII digits
	joint      rune   // to the next group; apart when the two are not written as one number
}

// Joints. All kinds of dashes and of blanks are one each; blanks beside another sign do not count.
const (
	apart  = rune(0)
	blank  = ' '
	dash   = '-'
	dot    = '.'
	slash  = '/'
	braces = ')'
)

func newDigits(text string, taken []span) digits {
	free := make([]bool, len(text))
	for i := range free {
		free[i] = true
	}
	for _, s := range taken {
		clear(free[s.start:s.end])
	}
	d := digits{text: text}
	last := -1 // where the group that is being read ends
	for at, r := range text {
		n, size, ok := digit(r)
		if !ok || !free[at] {
			continue
		}
		if at != last {
			d.groups = append(d.groups, group{start: at})
		}
		g := &d.groups[len(d.groups)-1]
		if len(g.n) <= longest { // longer runs are no number we look for
			g.n += string(n)
		}
		g.end = at + size
		last = g.end
	}
	for i := range len(d.groups) - 1 {
		d.groups[i].joint = joint(text[d.groups[i].end:d.groups[i+1].start])
	}
	return d
}

// fewest is how many digits the shortest number has that we look for: a landline with its area code.
const fewest = 8

// hasDigits says whether a text may have as many digits at all. Whatever is beyond ASCII may be one.
func hasDigits(text string) bool {
	n := 0
	for i := range len(text) {
		if c := text[i]; '0' <= c && c <= '9' || c >= utf8.RuneSelf {
			n++
		}
	}
	return n >= fewest
}

// mayIdentify says whether anywhere as many digits stand together as the shortest number has. It is asked first, because
// to find out which digits a text may keep costs much, and most texts have few.
func (d digits) mayIdentify() bool {
	together := 0
	for _, g := range d.groups {
		if together += len(g.n); together >= fewest {
			return true
		}
		if g.joint == apart {
			together = 0
		}
	}
	return false
}

// digit reads an ASCII or a full-width digit.
func digit(r rune) (ascii byte, size int, ok bool) {
	const wideZero, wideNine, wideSize = '０', '９', 3
	switch {
	case '0' <= r && r <= '9':
		return byte(r), 1, true
	case wideZero <= r && r <= wideNine:
		return byte(r - wideZero + '0'), wideSize, true
	}
	return 0, 0, false
}

func joint(gap string) rune {
	const mostBytes, mostSigns = 24, 3
	if len(gap) > mostBytes {
		return apart
	}
	found, signs := blank, 0
	for _, r := range gap {
		kind := sign(r)
		switch {
		case unicode.Is(unicode.Cf, r):
			continue
		case kind == apart:
			return apart
		case kind == blank:
		case found == blank || found == kind || kind == braces:
			found = kind
		case found != braces:
			return apart
		}
		if signs++; signs > mostSigns {
			return apart
		}
	}
	return found
}

func sign(r rune) rune {
	switch {
	case r == '.' || r == '/':
		return r
	case r == '(' || r == ')':
		return braces
	case unicode.Is(unicode.Pd, r):
		return dash
	case unicode.Is(unicode.Zs, r):
		return blank
	}
	return apart
}

// run joins groups from the i-th on into one number of least to most digits, and returns the index after its last group;
// 0 when there is none. Groups are taken until there are enough digits; one more only where it is clearly a part.
func (d digits) run(i, least, most int) (n string, next int) {
	n, next = d.groups[i].n, i+1
	single, joined := len(n) == 1, apart
	for next < len(d.groups) {
		by, g := d.groups[next-1].joint, d.groups[next]
		enough := len(n) >= least
		tail := by == joined && len(n)+len(g.n) <= most && !strings.HasPrefix(g.n, "08") && !strings.HasPrefix(g.n, "62")
		if by == apart || enough && (!tail || by == blank && len(n) > least && !(single && len(g.n) == 1)) {
			break
		}
		n, next, joined = n+g.n, next+1, by
		single = single && len(g.n) == 1
	}
	if len(n) < least || len(n) > most {
		return "", 0
	}
	return n, next
}

// said says that a word matching the pattern stands right before the i-th group.
func (d digits) said(pattern *regexp.Regexp, i int) bool {
	const reach = 48
	start := d.groups[i].start
	return pattern.MatchString(d.text[max(0, start-reach):start])
}
