package main

import (
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// What is counted of citizens.
const (
	countLost     = "lost"
	countDoubled  = "doubled"
	countTalks    = "conversations"
	countAsked    = "conversations that were a greeting"
	countTorn     = "conversations that silence made two of"
	countAdded    = "follow-ups on the earlier ticket"
	countAlone    = "follow-ups with a ticket of their own"
	countLinks    = "links of the same told twice"
	countAgain    = "the same told twice, after the first was closed"
	countFileless = "photos that could not be had"
	countRepeats  = "answers to citizens said again"
	countHeld     = "held for a person"
)

// judgeCitizens looks at the platform and at what citizens were told, and returns how many complaints are linked.
func (c *campaign) judgeCitizens() (linked int64) {
	c.Helper()
	for _, name := range []string{countLost, countDoubled, countTorn, countAgain, countFileless} {
		c.tally.note(name, 0)
	}
	f, known := c.findings(), map[string]bool{}
	for id := range c.source.texts {
		known[id] = true
	}
	for _, z := range c.citizens.all {
		for _, u := range z.said {
			known[u.id] = true
			if u.answered.IsZero() {
				c.Errorf("SATUPINTU_SEED=%d: a webhook of citizen %d was never answered", c.seed, z.number)
			}
		}
		known[z.copy.ticket] = true
		c.judgeCitizen(f, z)
	}
	for id, e := range f.entries {
		if !known[id] {
			c.blame(e, "is of nobody")
		}
		if e.State == store.Linked {
			linked++
		}
	}
	c.tally.note("webhooks that came again though answered", int(c.citizens.again.Load()))
	return linked
}

func (c *campaign) judgeCitizen(f findings, z *citizen) {
	c.Helper()
	tellings, rest := f.tellings(z)
	c.tally.note(countTalks, 1)
	for _, u := range rest {
		if u.word != "" {
			c.tally.note(countLost, 1)
			c.Errorf("SATUPINTU_SEED=%d: citizen %d, who %s, was heard with %q, which is nowhere", c.seed, z.number, z.habit, u.text)
		}
	}
	if len(tellings) == 0 {
		c.tally.note(countAsked, 1)
	}
	for i, m := range tellings {
		c.judgeTorn(tellings, i)
		switch {
		case z.habit == greets:
			c.blame(m.Entry, "was made of a greeting")
		case m.State == store.Held || f.waiting[m.ref()].State == store.Held:
			c.tally.note(countHeld, 1)
		case m.about() != "":
			c.judgeAddition(f, z, m)
		case z.copy.ticket != "":
			c.judgeTwice(f, z, m)
		default:
			c.judgeTold(z, m, toldReceipt, func(heard []string) bool {
				t, ok := c.judgeTicket(f, m)
				return !ok || slices.Equal(heard, mustBeTold()[t.Status])
			})
		}
	}
	c.judgeAnswers(f, z, tellings)
}

// judgeTorn wants what was said without a silence in one complaint. A clock that is turned makes silence of nothing.
func (c *campaign) judgeTorn(tellings []telling, i int) {
	c.Helper()
	if i == 0 || tellings[i].about() != "" {
		return
	}
	before, after := tellings[i-1].said[len(tellings[i-1].said)-1], tellings[i].said[0]
	c.tally.note(countTorn, 1)
	if after.answered.Sub(before.posted) < silence && !c.isTurned(before, after) {
		c.blame(tellings[i].Entry, "is a complaint apart from %s, though said %s after it", tellings[i-1].Ref, after.answered.Sub(before.posted))
	}
}

// isTurned says whether the clock was turned between two utterances.
func (c *campaign) isTurned(before, after *utterance) bool {
	return slices.ContainsFunc(c.turned, func(at time.Time) bool {
		return at.After(before.posted.Add(-time.Second)) && at.Before(after.answered.Add(time.Second))
	})
}

// isInOrder says whether it can be known which of two came first: WhatsApp tells whole seconds, and within one it is the clock
// of the gateway that took a message in.
func (c *campaign) isInOrder(before, after *utterance) bool {
	return after.said.After(before.said) || len(c.stations) == 1 && !c.tally.struck(before.posted, after.answered)
}

// judgeTicket wants a complaint at the platform once, whole, and its words nowhere else.
func (c *campaign) judgeTicket(f findings, m telling) (simulator.Complaint, bool) {
	c.Helper()
	t, once := f.ownTicket(m.ref())
	switch n := len(f.tickets[m.ref()]); {
	case n > 1:
		c.tally.note(countDoubled, 1)
		c.blame(m.Entry, "is %d times at the platform", n)
	case n == 0:
		c.tally.note(countLost, 1)
		c.blame(m.Entry, "is %s and not at the platform", m.State)
	case m.State != store.Done:
		c.blame(m.Entry, "is at the platform and yet %s", m.State)
	}
	if once {
		c.judgeWhole(f, m, t.Content, t.Attachments, 1)
	}
	return t, once
}

// judgeWhole wants all that was said in a text, in order, each word so many times at the platform, and the photos with it.
func (c *campaign) judgeWhole(f findings, m telling, text string, files []simulator.File, times int) {
	c.Helper()
	var before *utterance
	files = slices.Clone(files)
	for _, u := range m.said {
		at := strings.Index(text, u.text)
		switch {
		case u.word == "": // a photo without words, or a greeting that was answered
		case at < 0:
			c.tally.note(countLost, 1)
			c.blame(m.Entry, "lacks %q:\n%s", u.text, text)
		case before != nil && at < strings.Index(text, before.text) && c.isInOrder(before, u):
			c.blame(m.Entry, "has %q before %q:\n%s", u.text, before.text, text)
		default:
			before = u
		}
		if n := f.words[u.word]; u.word != "" && n > times {
			c.tally.note(countDoubled, 1)
			c.blame(m.Entry, "has %q, which is %d times at the platform, want %d", u.word, n, times)
		}
		left := len(files)
		files = slices.DeleteFunc(files, func(f simulator.File) bool { return f.SHA256 == u.photo })
		if u.photo == "" || len(files) < left {
			continue
		}
		c.tally.note(countFileless, 1)
		if !strings.Contains(text, "tidak dapat disertakan.)") {
			c.blame(m.Entry, "lacks a photo and does not say so:\n%s", text)
		}
	}
	if len(files) > 0 {
		c.blame(m.Entry, "has files that its sender did not send, or has them twice: %+v", files)
	}
}

// judgeAddition wants what names an earlier complaint on its ticket, or alone once that one is closed.
func (c *campaign) judgeAddition(f findings, z *citizen, m telling) {
	c.Helper()
	on, own := f.added[m.ref()], f.tickets[m.ref()]
	earlier, _ := f.ownTicket(m.about())
	switch {
	case len(on) > 1 || len(own) > 1:
		c.tally.note(countDoubled, 1)
		c.blame(m.Entry, "is %d times on a ticket and has %d of its own", len(on), len(own))
	case len(on)+len(own) == 0:
		c.tally.note(countLost, 1)
		c.blame(m.Entry, "is on no ticket and has none of its own")
	case len(on) == 1 && on[0].on.ID != earlier.ID:
		c.blame(m.Entry, "names %s and is on the ticket of %q", m.about(), on[0].on.Content)
	case len(on) == 1 && m.said[0].closed:
		c.blame(m.Entry, "is on the ticket of %s, which was closed", m.about())
	case len(on) == 1 && len(own) == 1 && !isUnheard(earlier):
		c.tally.note(countDoubled, 1)
		c.blame(m.Entry, "is on the ticket of %s and has one of its own", m.about())
	case len(own) == 0 && isUnheard(earlier):
		c.blame(m.Entry, "is on the ticket of %s alone, which ended unheard", m.about())
	case len(own) == 1 && own[0].CreatedAt.Before(endsAt(earlier)):
		c.blame(m.Entry, "has a ticket of its own while %s was open", m.about())
	}
	if len(on) == 1 {
		c.tally.note(countAdded, 1)
		c.judgeWhole(f, m, on[0].Text, on[0].Attachments, 1+len(own))
	}
	if len(own) == 0 {
		c.judgeTold(z, m, toldAddition, func(heard []string) bool { return len(heard) == 0 })
		return
	}
	c.tally.note(countAlone, 1)
	c.judgeWhole(f, m, own[0].Content, own[0].Attachments, 1+len(on))
	c.judgeTold(z, m, "", func(heard []string) bool { return slices.Equal(heard, mustBeTold()[own[0].Status]) })
}

// judgeTwice wants what was told twice on one ticket, or on a second one once the first was closed, and both channels told.
func (c *campaign) judgeTwice(f findings, z *citizen, m telling) {
	c.Helper()
	portal, known := f.entries[z.copy.ticket]
	tickets := slices.Concat(f.tickets[m.ref()], f.tickets[string(portal.Ref)])
	slices.SortFunc(tickets, func(a, b simulator.Complaint) int { return a.CreatedAt.Compare(b.CreatedAt) })
	switch {
	case !known || z.ref != "" && z.ref != string(portal.Ref) || len(tickets) == 0:
		c.tally.note(countLost, 1)
		c.blame(m.Entry, "was told the portal too as %s, acknowledged as %q; %d tickets", z.copy.ticket, z.ref, len(tickets))
		return
	case portal.State == store.Held:
		c.tally.note(countHeld, 1)
		return
	case len(f.tickets[m.ref()]) > 1 || len(f.tickets[string(portal.Ref)]) > 1:
		c.tally.note(countDoubled, 1)
		c.blame(m.Entry, "and %s have %d tickets", portal.Ref, len(tickets))
	case len(tickets) == 1 && isUnheard(tickets[0]):
		c.blame(m.Entry, "and %s have one ticket, which ended unheard", portal.Ref)
	case len(tickets) == 1:
		c.tally.note(countLinks, 1)
	case tickets[1].CreatedAt.Before(endsAt(tickets[0])):
		c.blame(m.Entry, "and %s have two tickets, the second while the first was open: %s", portal.Ref, describe(tickets))
	default:
		c.tally.note(countAgain, 1)
	}
	for _, t := range tickets {
		c.judgeWhole(f, m, t.Content, t.Attachments, len(tickets))
	}
	c.judgeTold(z, m, toldReceipt, func(heard []string) bool { return c.isOfBoth(heard, m.ref(), tickets) })
	heard := c.portal.about(z.copy.ticket)
	if wrong := disorder(heard, c.excused); wrong != "" {
		c.blame(portal, "%s\n%v", wrong, heard)
	}
	if !c.isOfBoth(statuses(heard), string(portal.Ref), tickets) {
		c.blame(portal, "was told %v of the tickets of %s", statuses(heard), describe(tickets))
	}
}
