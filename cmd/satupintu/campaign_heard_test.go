package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// findings are what is seen of the citizens' complaints from outside.
type findings struct {
	entries map[string]store.Entry           // by source id
	tickets map[string][]simulator.Complaint // by the reference below their text
	added   map[string][]addition            // follow-ups on tickets, by the reference below theirs
	words   map[string]int                   // how often each stands at the platform
	tracks  map[string]simulator.Complaint   // tickets by tracking id
	waiting map[string]store.FollowUpSeen    // what is not told on a ticket yet, or is held
}

// addition is a follow-up, and the ticket it is on.
type addition struct {
	simulator.FollowUp
	on simulator.Complaint
}

func (c *campaign) findings() findings {
	c.Helper()
	f := findings{
		c.entries(), map[string][]simulator.Complaint{}, map[string][]addition{}, map[string]int{}, map[string]simulator.Complaint{},
		map[string]store.FollowUpSeen{},
	}
	for _, filed := range c.sim.Complaints() {
		f.tickets[markerOf(filed.Content)] = append(f.tickets[markerOf(filed.Content)], filed)
		f.tracks[filed.TrackingID] = filed
		f.read(filed.Content)
		for _, more := range c.sim.FollowUps(filed.ID) {
			f.added[markerOf(more.Text)] = append(f.added[markerOf(more.Text)], addition{more, filed})
			f.read(more.Text)
		}
	}
	var waiting []store.FollowUpSeen
	if _, out := c.run("queue", "followups", "--json", "--limit", "100000"); json.Unmarshal([]byte(out), &waiting) != nil {
		c.Errorf("queue followups: %s", out)
	}
	for _, one := range waiting {
		f.waiting[string(one.Ref)] = one
	}
	return f
}

func (f findings) read(text string) {
	for _, word := range wordShape.FindAllString(text, -1) {
		f.words[word]++
	}
}

// markerOf is the reference below a text.
func markerOf(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSuffix(strings.TrimPrefix(lines[len(lines)-1], "[Ref "), "]")
}

// telling is one complaint that came of what a citizen said.
type telling struct {
	store.Entry
	said []*utterance
}

func (m telling) ref() string { return string(m.Ref) }

// about is the reference that it names; empty: none.
func (m telling) about() string { return m.said[0].about }

// tellings are a citizen's, and what no complaint was made of. A complaint is known by the id of its first message.
func (f findings) tellings(z *citizen) (all []telling, rest []*utterance) {
	for _, u := range z.said {
		e, known := f.entries[u.id]
		switch {
		case known:
			all = append(all, telling{e, []*utterance{u}})
		case len(all) == 0:
			rest = append(rest, u)
		default:
			all[len(all)-1].said = append(all[len(all)-1].said, u)
		}
	}
	if len(all) > 0 { // the complaint is known by another of its messages
		all[0].said, rest = append(rest, all[0].said...), nil
	}
	return all, rest
}

// ownTicket is the ticket of a reference; false: it has none, or several.
func (f findings) ownTicket(ref string) (simulator.Complaint, bool) {
	if len(f.tickets[ref]) != 1 {
		return simulator.Complaint{}, false
	}
	return f.tickets[ref][0], true
}

// endsAt is when a ticket came to its end.
func endsAt(t simulator.Complaint) time.Time {
	for _, s := range campaignScenarios() {
		lasts := time.Duration(0)
		for _, step := range s.Steps {
			lasts += step.After
		}
		if s.Steps[len(s.Steps)-1].Status == t.Status {
			return t.CreatedAt.Add(lasts)
		}
	}
	return time.Time{} // it is open
}

// isUnheard says whether a ticket ended without an answer to what it says.
func isUnheard(t simulator.Complaint) bool {
	return t.Status == simulator.StatusRejected || t.Status == simulator.StatusArchived
}

// expected are the least complaints that come of what citizens said, and how many messages that was.
func (z *citizens) expected() (complaints, messages int64) {
	for _, one := range z.all {
		messages += int64(len(one.said))
		if slices.ContainsFunc(one.said, func(u *utterance) bool { return u.word != "" && u.about == "" }) {
			complaints++
		}
		if slices.ContainsFunc(one.said, func(u *utterance) bool { return u.about != "" }) {
			complaints++
		}
		if one.copy.ticket != "" {
			complaints++
		}
	}
	return complaints, messages
}

// unheard names a citizen who has not heard all yet; empty when all have.
func (c *campaign) unheard() string {
	c.Helper()
	f := c.findings()
	for _, z := range c.citizens.all {
		for _, t := range c.unheardOf(f, z) {
			return fmt.Sprintf("citizen %d, who %s: %s", z.number, z.habit, t)
		}
	}
	return ""
}

// unheardOf are a citizen's complaints of which they have not heard all, and where they stand.
func (c *campaign) unheardOf(f findings, z *citizen) (all []string) {
	tellings, _ := f.tellings(z)
	if len(tellings) == 0 && len(c.citizens.graph.told(z.Number, "")) == 0 {
		all = append(all, "was told nothing")
	}
	for _, m := range tellings {
		last, waiting := c.citizens.graph.standing(z.Number, m.ref()), f.waiting[m.ref()].State
		earlier, _ := f.ownTicket(m.about())
		switch {
		case isFinal(last), m.State == store.Held, waiting == store.Held:
		case last == toldAddition && m.State == store.Linked && waiting == "" && !isUnheard(earlier):
		default:
			all = append(all, fmt.Sprintf("%s was last told %q", m.Ref, last))
		}
	}
	if e := f.entries[z.copy.ticket]; z.copy.ticket != "" && e.State != store.Held && !isFinal(c.portal.standing(z.copy.ticket)) {
		all = append(all, fmt.Sprintf("%s was last told %q", z.copy.ticket, c.portal.standing(z.copy.ticket)))
	}
	return all
}
