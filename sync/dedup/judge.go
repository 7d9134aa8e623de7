package dedup

import (
	"slices"
	"time"
)

// The rules that link. A score never does.
const (
	recurs    = 30 * 24 * time.Hour // from then on the same trouble is a new one
	twice     = 15 * time.Minute    // within which the very same text is one that was sent twice
	copied    = 3 * 24 * time.Hour  // within which nearly the same words from nobody known are one matter
	sameNight = 7 * 24 * time.Hour  // within which two people may mean one incident

	ownWords    = 0.55 // of the words of one person that must be the same
	copiedWords = 0.93 // of the words of who is not known
	othersWords = 0.80 // of the words of two people
	fewestSaid  = 4    // words without which a text says too little to be compared by

	recursWords = 0.35 // of the words, for an earlier complaint to be pointed at
	steps       = 30   // metres within which two points are one
)

// Judge compares a complaint with earlier ones and says what becomes of it. Of several it takes the one that links, then
// the one a person should see, then the one it recurs after, each with the highest score. With nobody among it is New.
func (e *Engine) Judge(later Print, among []Earlier) Verdict {
	a := e.bag(&later)
	crowd := crowds(&later, among)
	best, bestRank := Verdict{Answer: New}, 0
	own := 0
	for i := range among {
		if sharesReporter(&later, &among[i].Print) {
			own++
		}
	}
	for i := range among {
		b := e.bag(&among[i].Print)
		c := e.contrast(&a, &b, crowd)
		c.state(&later, &among[i])
		v := e.verdict(&c, own)
		if rank := v.rank(); rank > bestRank || rank == bestRank && rank > 0 && better(&v, &best, &among[i]) {
			v.Earlier = among[i].Ref
			v.For, v.Against = c.evidence()
			best, bestRank = v, rank
		}
	}
	return best
}

func better(v, best *Verdict, a *Earlier) bool {
	if v.Score != best.Score {
		return v.Score > best.Score
	}
	return a.Ref < best.Earlier // the same whatever the order they come in
}

func (v Verdict) rank() int {
	switch {
	case v.Answer == Link && v.Kind == FollowUp:
		return 4
	case v.Answer == Link:
		return 3
	case v.Answer == Review:
		return 2
	case v.Kind == Recurrence:
		return 1
	}
	return 0
}

// state is what the earlier one's course adds.
func (c *contrast) state(later *Print, a *Earlier) {
	c.closed = !a.Closed.IsZero() && later.At.After(a.Closed)
	c.quotes = c.quotes || a.Ref != "" && slices.Contains(later.Quoted, a.Ref) || a.Track != "" && slices.Contains(later.Tracks, a.Track)
}

// crowds are the reporter's identities that come with many names.
func crowds(later *Print, among []Earlier) (crowd []string) {
	for _, r := range later.Reporters {
		names := []string{later.Name}
		for i := range among {
			p := &among[i].Print
			if p.Name != "" && slices.Contains(p.Reporters, r) && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
		if len(slices.DeleteFunc(names, func(n string) bool { return n == "" })) >= crowded {
			crowd = append(crowd, r)
		}
	}
	return crowd
}

func sharesReporter(a, b *Print) bool {
	return slices.ContainsFunc(a.Reporters, func(r string) bool { return slices.Contains(b.Reporters, r) })
}

// verdict is what two complaints are to each other. Own is how many complaints among the candidates are of the reporter.
func (e *Engine) verdict(c *contrast, own int) Verdict {
	v := Verdict{Answer: New, Score: e.weights.score(c.measured())}
	switch {
	case c.quotes:
		return c.followUp(v, c.relation != otherReporter)
	case c.asks && c.relation == sameReporter && !c.conflict():
		if v, ok := c.asked(v, own); ok {
			return v
		}
	}
	if c.closed || c.apart > recurs {
		if c.recurs(v.Score >= e.o.ReviewAbove) {
			v.Kind = Recurrence
		}
		return v
	}
	if c.links() {
		v.Answer, v.Kind = Link, c.kind()
		return v
	}
	if v.Score >= e.o.ReviewAbove {
		v.Answer, v.Kind = Review, c.kind()
	}
	return v
}

func (c *contrast) followUp(v Verdict, sure bool) Verdict {
	v.Kind, v.Answer = FollowUp, Review
	if sure {
		v.Answer = Link
	}
	return v
}

// asked is the verdict on who asks about an earlier complaint of their own without its reference: certain where there is
// one and it tells no other matter besides.
func (c *contrast) asked(v Verdict, own int) (Verdict, bool) {
	const fewNews = 2
	news := c.later.numbers + c.later.names
	switch {
	case c.otherConcept || news > fewNews && c.held() < ownWords:
		return v, false
	case news == 0 && (own == 1 || c.concept && c.held() >= ownWords):
		return c.followUp(v, true), true
	}
	return c.followUp(v, false), true
}

// recurs says that an earlier matter is worth pointing at: the same trouble at the same place.
func (c *contrast) recurs(scored bool) bool {
	if c.conflict() || c.otherConcept {
		return false
	}
	alike := c.share() >= recursWords && (c.place.agrees(append(precise(), Street, Landmark)...) || c.share() >= copiedWords && c.metNames >= fewestSaid)
	return alike || c.relation == sameReporter && c.share() >= ownWords || scored && c.share() >= recursWords
}

func (c *contrast) kind() Kind {
	if c.relation == sameReporter || c.relation == unknownReporter && c.share() >= ownWords {
		return Resubmission
	}
	return SameIncident
}

// links says that the rules link: nothing speaks against it, and enough for it.
func (c *contrast) links() bool {
	if c.conflict() || c.discriminated() || c.more && !c.whole {
		return false
	}
	switch c.relation {
	case sameReporter:
		return c.linksOwn()
	case otherReporter:
		return c.linksOthers()
	default:
		return c.linksUnknown()
	}
}

// linksOwn: one person said the same again. A text of few words is about its photo, or about a place only the address
// tells.
func (c *contrast) linksOwn() bool {
	if c.share() < ownWords && !(c.cut && c.held() >= copiedWords) {
		return false
	}
	if min(c.wordsLater, c.wordsEarly) < fewestSaid {
		return !c.otherFile && (c.whole || c.file || c.place.agrees(append(precise(), Street, Landmark)...))
	}
	return !c.otherFile || c.share() >= othersWords
}

// linksUnknown: nobody knows whether it is one person. The very same text and address within minutes was sent twice;
// otherwise nearly all words must be the same, tell one matter from others, and be no private one.
func (c *contrast) linksUnknown() bool {
	if c.whole && c.apart <= twice {
		return !c.otherFile && c.wordsLater >= 2
	}
	if c.private || c.otherFile || c.apart > copied || c.names {
		return false
	}
	telling := c.place.agrees(precise()...) && c.place.agrees(Street) || c.metNames >= fewestSaid
	return telling && min(c.wordsLater, c.wordsEarly) >= fewestSaid && c.share() >= copiedWords
}

// linksOthers: two people mean one thing only where both name it: a house or a pole in the same street, or a point.
func (c *contrast) linksOthers() bool {
	if c.private || c.otherConcept || c.apart > sameNight || c.share() < othersWords || min(c.wordsLater, c.wordsEarly) < fewestSaid {
		return false
	}
	atHouse := c.place.agrees(Street) && c.place.agrees(House, Asset, Point)
	atPoint := c.place.metres >= 0 && c.place.metres <= steps && c.place.agrees(Street, Landmark, Asset)
	return atHouse || atPoint
}
