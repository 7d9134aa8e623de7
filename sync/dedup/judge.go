package dedup

import (
	"slices"
	"time"
)

// The rules that link. A score never does.
const (
	recurs      = 30 * 24 * time.Hour // from then on the same trouble is a new one
	twice       = 15 * time.Minute    // within which the very same text is one that was sent twice
	oneMoment   = time.Second         // within which two times are one, as those of all rows that one poll found, or dates without an hour
	sameSitting = time.Hour           // within which a private matter was told twice by one
	copied      = 3 * 24 * time.Hour  // within which nearly the same words from nobody known are one matter
	sameNight   = 7 * 24 * time.Hour  // within which two people may mean one incident

	ownWords    = 0.55 // of the words of one person that must be the same
	copiedWords = 0.85 // of the words of who is not known
	longWords   = 0.85 // of those of a long text that has grown
	ownVersion  = 0.70 // of those of a text that was sent again within the hour
	othersWords = 0.80 // of the words of two people
	fewestSaid  = 4    // words without which a text says too little to be compared by
	fewTell     = 5    // words that tell one matter from others, for a text that was sent twice
	manyTell    = 6    // such words that make a text one that nobody else would write
	mostTell    = 15   // and so many that it may have grown by some
	copies      = 2    // earlier complaints in the same words that make them a template

	recursWords = 0.35 // of the words, for an earlier complaint to be pointed at
	steps       = 30   // metres within which two points are one
)

// Judge compares a complaint with earlier ones and says what becomes of it. Of several it takes the one that links, then
// the one a person should see, then the one it recurs after, each with the highest score. With nobody among it is New.
func (e *Engine) Judge(later Print, among []Earlier) Verdict {
	a := e.bag(&later)
	crowd := crowds(&later, among)
	best, bestRank := Verdict{Answer: New}, 0
	own, template := 0, isTemplate(&later, among)
	for i := range among {
		if SharesReporter(&later, among[i].Print) {
			own++
		}
	}
	var b bag
	for i := range among {
		b.fill(e, among[i].Print)
		c := e.contrast(&a, &b, crowd)
		if c.hopeless {
			continue
		}
		c.state(&later, &among[i])
		c.template = c.text && template
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
	c.quotes = c.quotes || a.Ref != "" && slices.Contains(later.Quoted, a.Ref)
	c.tracks = a.Track != "" && slices.Contains(later.Tracks, a.Track)
}

// crowds are the reporter's identities that come with many names.
func crowds(later *Print, among []Earlier) (crowd []string) {
	for _, r := range later.Reporters {
		names := []string{later.Name}
		for i := range among {
			p := among[i].Print
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

// isTemplate says that several sent these very words already: a form's sentence, a campaign, a counter's question.
func isTemplate(later *Print, among []Earlier) bool {
	n := 0
	for i := range among {
		if p := among[i].Print; p.InText == later.InText && !SharesReporter(later, p) {
			n++
		}
	}
	return n >= copies
}

// SharesReporter says that something is known of both reporters and is the same.
func SharesReporter(a, b *Print) bool {
	return slices.ContainsFunc(a.Reporters, func(r string) bool { return slices.Contains(b.Reporters, r) })
}

// verdict is what two complaints are to each other. Own is how many complaints among the candidates are of the reporter.
func (e *Engine) verdict(c *contrast, own int) Verdict {
	v := Verdict{Answer: New, Score: e.weights.score(c.measured())}
	over := c.closed || c.apart > recurs
	switch {
	case c.quotes:
		return c.followUp(v, c.relation != otherReporter)
	case c.tracks && (c.relation != unknownReporter || over || !c.links()): // a few digits prove nobody to be its reporter
		return c.followUp(v, c.relation == sameReporter)
	case c.asks && c.relation == sameReporter && !c.conflict():
		if v, ok := c.asked(v, own); ok {
			return v
		}
	}
	if over {
		if c.recurs(v.Score >= e.o.ReviewAbove) {
			v.Kind = Recurrence
		}
		return v
	}
	if c.links() {
		v.Answer, v.Kind = Link, c.kind()
		return v
	}
	if v.Score >= e.o.ReviewAbove && !c.twoPlaces() {
		v.Answer, v.Kind = Review, c.kind()
	}
	return v
}

// twoPlaces says that two people each name another house, block or neighbourhood: neighbours with the like trouble, about
// whom nobody needs to be asked.
func (c *contrast) twoPlaces() bool { return c.relation == otherReporter && c.place.differs(precise) }

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
	alike := c.share() >= recursWords && (c.place.agrees(precise|street|mark) || c.share() >= copiedWords && c.metNames >= fewestSaid)
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
	if c.conflict() || c.more && !c.whole && !(c.cut && c.relation == sameReporter) || c.discriminated() && !c.fingerprint() ||
		c.elsewhere && !c.place.agrees(precise|street|mark) {
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

// fingerprint says that both texts have so many words that nobody else would write that what one of them has more is
// only said besides: no other number, state or day in the text, nothing that the other says otherwise.
func (c *contrast) fingerprint() bool {
	one := c.later
	if c.later.sum() > 0 && c.early.sum() > 0 {
		return false
	}
	if c.early.sum() > 0 {
		one = c.early
	}
	return c.relation == unknownReporter && c.metNames >= manyTell && (c.text || one.names == one.sum() && one.places == 0)
}

// linksOwn: one person said the same again. A text of few words is about its photo, or about a place only the address
// tells.
func (c *contrast) linksOwn() bool {
	alike := c.share() >= ownWords || c.cut && c.held() >= ownVersion
	if min(c.wordsLater, c.wordsEarly) < fewestSaid {
		silent := c.wordsLater+c.wordsEarly == 0
		return !c.otherFile && (alike || silent) && (c.whole || c.file || c.place.agrees(precise|street|mark))
	}
	return alike && (!c.otherFile || c.share() >= othersWords)
}

// linksUnknown: nobody knows whether it is one person. The very same text and address within minutes was sent twice. So
// was, within the hour, what has nearly the same words and names the same place; and within days what has so many
// telling words that nobody else would write it. Of private matters only the former two hold, and neither where both have one
// time: it says nothing of minutes, and a clerk writes of each resident in the same words.
func (c *contrast) linksUnknown() bool {
	if c.template || c.otherFile || c.names || c.apart > copied || c.private && c.apart < oneMoment {
		return false
	}
	precisely := c.place.agrees(precise)
	located := precisely || c.place.agrees(street|mark)
	enough := min(c.wordsLater, c.wordsEarly) >= fewestSaid
	switch {
	case c.whole && (c.apart <= twice || !c.private && c.apart <= sameSitting):
		return c.metNames >= fewTell || located
	case c.private:
		return c.apart <= sameSitting && precisely && c.metNames >= manyTell && (c.text || c.share() >= ownVersion)
	case c.text && c.metNames >= manyTell:
		return true
	case c.apart <= sameSitting && located && enough && c.share() >= ownVersion:
		return !c.discriminated() || c.metNames >= manyTell
	case c.discriminated():
		return c.metNames >= mostTell && c.share() >= longWords
	}
	telling := precisely && c.place.agrees(street) || c.metNames >= manyTell
	return telling && enough && c.share() >= copiedWords
}

// linksOthers: two people mean one thing only where both name it: a house or a pole in the same street, or a point.
func (c *contrast) linksOthers() bool {
	if c.private || c.otherConcept || c.apart > sameNight || c.share() < othersWords || min(c.wordsLater, c.wordsEarly) < fewestSaid {
		return false
	}
	atHouse := c.place.agrees(street) && c.place.agrees(set(House, Asset, Point))
	atPoint := c.place.metres >= 0 && c.place.metres <= steps && c.place.agrees(street|mark|set(Asset))
	return atHouse || atPoint
}
