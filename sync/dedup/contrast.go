package dedup

import (
	"math/bits"
	"slices"
	"strings"
	"time"
)

// relation is what the reporters of two complaints are to each other.
type relation int

const (
	unknownReporter relation = iota // one or both do not say who they are, or in ways that do not compare
	sameReporter
	otherReporter
)

// contrast is what is alike and what differs between a complaint and an earlier one.
type contrast struct {
	relation relation
	names    bool // the reporters have names, and other ones
	crowd    bool // they share an identity that many people use
	apart    time.Duration
	before   bool // the earlier one was told later
	closed   bool // it had ended when the later one was told

	both, either float64 // the rarity of the words that the texts share, and of all theirs
	least        float64 // and of the text that has less
	later, early lone    // words of one alone
	wordsLater   int
	wordsEarly   int
	metNames     int // shared words that tell one matter from another
	whole        bool
	text         bool // the same words in the same order
	cut          bool // one is the other cut short
	more         bool
	elsewhere    bool // each address names what the other one does not, though the text may
	template     bool // the same words came from several who are not known to be one

	place places

	concept, otherConcept bool
	hopeless              bool // nothing that was not measured can make them one matter: see Engine.hopeless
	private               bool
	subject               bool
	file, otherFile       bool
	quotes                bool // our reference, which only its reporter was told
	tracks                bool // the platform's number, which any five digits may be
	asks                  bool
}

// crowded is how many names make an identity one that people share: the phone of a neighbourhood's head, a call centre.
const crowded = 3

func (e *Engine) contrast(later, earlier *bag, crowd []string) contrast {
	a, b := later.print, earlier.print
	c := contrast{
		apart: a.At.Sub(b.At).Abs(), before: a.At.Before(b.At), place: comparePlaces(a, b, e.o.WrongTaps),
		whole: a.Whole == b.Whole, text: a.InText == b.InText && len(a.Words) > 0, more: a.More || b.More,
		concept: a.About&b.About != 0, otherConcept: a.About != 0 && b.About != 0 && a.About&b.About == 0,
		private: a.About&private != 0 || b.About&private != 0, subject: a.Subject != "" && a.Subject == b.Subject,
		asks: a.Asks, wordsLater: len(a.Words), wordsEarly: len(b.Words),
	}
	c.reporters(a, b, crowd)
	c.files(a, b)
	c.quotes = b.Ref != "" && slices.Contains(a.Quoted, b.Ref)
	c.both = meet(later, earlier, c.relation == sameReporter)
	c.either = later.mass + earlier.mass - c.both
	c.least = min(later.mass, earlier.mass)
	if c.hopeless = e.hopeless(&c, later); c.hopeless {
		return c
	}
	firstA, firstB := c.untilCut(later, earlier), c.untilCut(earlier, later)
	c.later, c.early = e.alone(later, b, firstA), e.alone(earlier, a, firstB)
	if c.relation == sameReporter { // one person's slip of a finger tells nothing, where the other telling has no word instead
		switch {
		case c.early.sum() == 0 && c.later.sum() > 0:
			c.later.names -= e.slips(later, b, firstA)
		case c.later.sum() == 0 && c.early.sum() > 0:
			c.early.names -= e.slips(earlier, a, firstB)
		}
	}
	for _, t := range later.terms {
		if t.met && (t.number() || t.tells()) {
			c.metNames++
		}
	}
	c.elsewhere = len(a.Also)+len(b.Also) > 0 && a.namesBeside(b) && b.namesBeside(a)
	return c
}

// namesBeside says that the address of a print names somebody or something that another's does not.
func (p *Print) namesBeside(other *Print) bool {
	for _, words := range [2][]string{p.Where, p.Also} {
		for _, w := range words {
			alike := func(o string) bool { return o == w || near(o, w, true) }
			t := term{word: w, sense: lexicon()[w].sense}
			if t.tells() && !slices.ContainsFunc(other.Where, alike) && !slices.ContainsFunc(other.Also, alike) && !isCity(other, w) {
				return len(other.Where)+len(other.Also) > 0
			}
		}
	}
	return false
}

// hopeless says that two complaints are two matters whatever the words that only one has may be, which is much of the work to
// find out: too few words are shared for any rule, and with the most favourable of them no person would be asked.
func (e *Engine) hopeless(c *contrast, later *bag) bool {
	p := later.print
	if e.thorough || c.relation == sameReporter || c.whole || c.text || c.file || len(p.Quoted)+len(p.Tracks) > 0 || c.share() >= recursWords {
		return false
	}
	met := 0
	for i := range later.terms {
		if later.terms[i].met {
			met++
		}
	}
	return e.weights.most(c.measured(), met) < e.o.ReviewAbove
}

// untilCut is how many words of long there are where short may be long cut short, as an SMS is: the words behind are in
// long alone because they were cut away. Otherwise it is all of them.
func (c *contrast) untilCut(long, short *bag) int {
	const leastRunes, smsLeast, smsMost = 100, 157, 160 // a blank at the end is lost
	all, n := len(long.print.Words), len(short.print.Words)
	if c.relation != sameReporter || n == 0 || short.print.Ends || short.print.Runes < leastRunes || long.print.Runes <= short.print.Runes {
		return all
	}
	last, lone := -1, 0
	for i, t := range long.terms[:all] { // a word like one of the short text may stand anywhere; the same word tells where it ends
		if t.met && slices.Contains(short.print.Words, t.word) {
			last = i
		}
	}
	for i, t := range short.terms[:n] {
		if !t.met && i < n-1 && t.sense&isKnown == 0 { // the last may be half a word
			lone++
		}
	}
	sms := short.print.Runes >= smsLeast && short.print.Runes <= smsMost
	half := &short.terms[n-1]
	if lone > 0 || last > n+1 || last < n/2-1 || !half.met && !long.begins(half.word) && !(sms && half.sense&isState == 0 && !half.number()) {
		return all
	}
	half.met = true
	if last+1 < all {
		c.cut = true
	}
	return last + 1
}

// begins says that a word of the text that the other has not begins so; of "tidak lancar" the first half is "tidak".
func (b *bag) begins(half string) bool {
	if half == "tidak" || half == "belum" {
		half = "!"
	}
	negated := half[0] == '!'
	return slices.ContainsFunc(b.terms, func(t term) bool {
		return !t.met && t.text && (strings.HasPrefix(t.word, half) || negated && (t.word == "tidak" || t.word == "belum"))
	})
}

// reporters compares who complained. Two people may share a phone, and one may have several; names decide where a phone
// is shared.
func (c *contrast) reporters(a, b *Print, crowd []string) {
	named := a.Name != "" && b.Name != ""
	c.names = named && a.Name != b.Name
	shared, comparable := false, false
	for _, x := range a.Reporters {
		for _, y := range b.Reporters {
			if x == y {
				shared = shared || !slices.Contains(crowd, x)
				c.crowd = c.crowd || slices.Contains(crowd, x)
			}
			comparable = comparable || kindOf(x) == kindOf(y)
		}
	}
	switch {
	case shared && !c.names:
		c.relation = sameReporter
	case shared:
		c.relation = unknownReporter
	case c.crowd && c.names:
		c.relation = otherReporter
	case c.crowd:
		c.relation = unknownReporter
	case comparable, c.names:
		c.relation = otherReporter
	}
}

func kindOf(reporter string) string {
	for i := range len(reporter) {
		if reporter[i] == ':' {
			return reporter[:i]
		}
	}
	return reporter
}

// files compares attachments by what they hash to, and pictures by their looks.
func (c *contrast) files(a, b *Print) {
	const alike = 10 // bits of 64 in which two photos of one thing may differ
	if len(a.Files) == 0 || len(b.Files) == 0 {
		return
	}
	c.file = slices.ContainsFunc(a.Files, func(f string) bool { return slices.Contains(b.Files, f) }) ||
		slices.ContainsFunc(a.Looks, func(x uint64) bool {
			return slices.ContainsFunc(b.Looks, func(y uint64) bool { return bits.OnesCount64(x^y) <= alike })
		})
	c.otherFile = !c.file
}

// share is how much of the words both have, from 0 to 1.
func (c *contrast) share() float64 {
	if c.either <= 0 {
		return 0
	}
	return min(1, c.both/c.either)
}

// held is how much of the shorter text the other has too.
func (c *contrast) held() float64 {
	if c.least <= 0 {
		return 0
	}
	return min(1, c.both/c.least)
}

// conflict says that the two name different places.
func (c *contrast) conflict() bool {
	return c.place.differs(precise|day|street|area) || c.far()
}

// far is farther than a phone's fix is wrong.
func (c *contrast) far() bool {
	const most = 100 // metres
	return c.place.metres > most
}

// discriminated says that one tells something that may make another matter of it.
func (c *contrast) discriminated() bool { return c.later.sum()+c.early.sum() > 0 }
