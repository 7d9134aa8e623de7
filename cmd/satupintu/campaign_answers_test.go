package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// isOfBoth says whether news is all that must be told of one's own ticket, after what was heard while the other one, which
// came first, stood for both.
func (c *campaign) isOfBoth(heard []string, ref string, tickets []simulator.Complaint) bool {
	first := mustBeTold()[tickets[0].Status]
	switch {
	case markerOf(tickets[0].Content) == ref:
		return slices.Equal(heard, first)
	case len(tickets) == 1:
		return len(heard) > 0 && len(heard) <= len(first) && slices.Equal(heard, first[len(first)-len(heard):])
	}
	own := mustBeTold()[tickets[1].Status]
	before := len(heard) - len(own)
	if before < 0 || !slices.Equal(heard[before:], own) {
		return false
	}
	for at := 0; at+before <= len(first); at++ {
		if slices.Equal(heard[:before], first[at:at+before]) {
			return true
		}
	}
	return false
}

func describe(tickets []simulator.Complaint) string {
	var all []string
	for _, t := range tickets {
		all = append(all, fmt.Sprintf("%s %s %s", markerOf(t.Content), t.CreatedAt.Format("15:04:05.000"), t.Status))
	}
	return strings.Join(all, ", ")
}

// judgeTold wants a citizen told that a complaint came in, and then all of it, each once and in order. Without words for the
// first, either will do.
func (c *campaign) judgeTold(z *citizen, m telling, first string, isAll func(heard []string) bool) {
	c.Helper()
	heard := c.citizens.graph.told(z.Number, m.ref())
	all := statuses(heard)
	c.tally.note(countRepeats, len(heard)-len(all))
	worded := slices.Clone(heard)
	for i := range worded { // a receipt says anew each time where the earlier complaint stands
		if worded[i].Seq == 0 {
			worded[i].Note, worded[i].Status = "", ""
		}
	}
	if wrong := disorder(worded, c.excused); wrong != "" {
		c.blame(m.Entry, "%s\n%v", wrong, heard)
	}
	begins := len(all) > 0 && (all[0] == first || first == "" && (all[0] == toldReceipt || all[0] == toldAddition))
	if !begins || !isAll(all[1:]) {
		c.blame(m.Entry, "of citizen %d, who %s, was told %v", z.number, z.habit, heard)
	}
}

// judgeAnswers wants a citizen asked once, and first, if they said hello, and never told of anybody else's complaint.
func (c *campaign) judgeAnswers(f findings, z *citizen, tellings []telling) {
	c.Helper()
	var own []string
	for _, m := range tellings {
		own = append(own, m.ref())
	}
	all := c.citizens.graph.told(z.Number, "")
	for _, t := range all {
		for _, ref := range refShape.FindAllString(t.Note, -1) {
			if !slices.Contains(own, ref) {
				c.Errorf("SATUPINTU_SEED=%d: citizen %d, who has %v, was told %q", c.seed, z.number, own, t.Note)
			}
		}
		for _, number := range trackShape.FindAllStringSubmatch(t.Note, -1) {
			if !strings.Contains(f.tracks[number[1]].Content, fmt.Sprintf("W-%d-", z.number)) {
				c.Errorf("SATUPINTU_SEED=%d: citizen %d was told %q, which is the ticket of %q", c.seed, z.number, t.Note, f.tracks[number[1]].Content)
			}
		}
	}
	asked := slices.DeleteFunc(slices.Clone(all), func(t notice) bool { return t.Status != toldQuestion })
	others := slices.ContainsFunc(asked, func(t notice) bool { return t.Ref != asked[0].Ref })
	greeted := z.habit == greets || z.habit == greetsAndTells
	if wrong := disorder(asked, c.excused); greeted != (len(asked) > 0) || others || wrong != "" || greeted && all[0].Status != toldQuestion {
		c.Errorf("SATUPINTU_SEED=%d: citizen %d, who %s, was told %v; %s", c.seed, z.number, z.habit, all, wrong)
	}
}
