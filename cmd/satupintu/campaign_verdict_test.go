package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// comeToRest waits until nothing waits any more and every channel was told everything.
func (c *campaign) comeToRest() {
	c.Helper()
	complaints, messages := c.citizens.expected()
	isDecided := func() bool {
		l := c.audit()
		return l.Accepted >= int64(len(c.source.texts))+complaints && l.Waiting == 0 && l.Messages.Heard == messages && l.Messages.Waiting == 0
	}
	isTold := func() bool {
		_, out := c.run("queue", "untold", "--json")
		return strings.TrimSpace(out) == "[]" && c.untold() == "" && c.unheard() == ""
	}
	c.patiently("every complaint is accepted and decided", isDecided)
	c.patiently("every channel is told everything", func() bool {
		return isTold() && isDecided() && isTold() // the end of one may have sent another on its way
	})
	for _, s := range c.stations {
		s.running = s.life.cmd
		began := time.Now()
		_ = s.life.cmd.Process.Signal(syscall.SIGTERM)
		if !within(20*time.Second, s.life.ended) {
			c.Errorf("SIGTERM took more than %s", time.Since(began))
		}
		s.running = nil
	}
}

// patiently waits, and says which complaints are in the way when it waits in vain.
func (c *campaign) patiently(what string, holds func() bool) {
	c.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); <-tick.C {
		if holds() {
			return
		}
	}
	_, list := c.run("queue", "list", "--limit", "20")
	_, untold := c.run("queue", "untold", "--limit", "20")
	c.Errorf("SATUPINTU_SEED=%d: still not: %s\n%+v, %d were sent\n%s\n%s\n%s\n%s",
		c.seed, what, c.audit(), len(c.source.texts), list, untold, c.untold(), c.unheard())
}

// untold names a ticket whose channel has not heard how it ended; empty when all have.
func (c *campaign) untold() string {
	for ticket := range c.source.acked {
		if strings.Contains(c.source.texts[ticket], refuseWord) {
			continue
		}
		if s := c.portal.standing(ticket); s != "done" && s != "rejected" && s != "archived" && s != "closed" {
			return ticket + " was last told " + s
		}
	}
	return ""
}

// judge looks at the platform, the portal and the ledger.
func (c *campaign) judge() {
	c.Helper()
	l := c.audit()
	linked := c.judgeCitizens()
	_, messages := c.citizens.expected()
	greetings := l.Messages.Asked + l.Messages.Noted // a clock that is set on by days ends the wait for an answer
	if l.Linked != linked || l.Refused != 0 || l.Messages.Heard != messages || greetings != int64(c.tally.of(countAsked)) {
		c.Errorf("%d were sent, and %d messages, %d of them greetings: %+v", len(c.source.texts), messages, c.tally.of(countAsked), l)
	}
	for _, wrong := range c.source.wrong {
		c.Error(wrong)
	}
	entries := c.entries()
	c.judgePlatform(entries)
	c.judgePortal(entries)
	fmt.Fprintf(c.Output(), "%d complaints and %d conversations: %+v\n", len(c.source.texts), len(c.citizens.all), l)
}

// entries are all deliveries, by what their source calls them.
func (c *campaign) entries() map[string]store.Entry {
	c.Helper()
	return c.queue("new,ready,leased,unknown,held,done,linked,dead")
}

// blame says what is wrong with a complaint, and everything that happened to it.
func (c *campaign) blame(e store.Entry, format string, values ...any) {
	c.Helper()
	_, story := c.run("queue", "show", string(e.Ref))
	c.Errorf("SATUPINTU_SEED=%d: %s %s %s\n%s", c.seed, e.SourceID, e.Ref, fmt.Sprintf(format, values...), story)
}

func (c *campaign) judgePlatform(entries map[string]store.Entry) {
	c.Helper()
	times := map[string]int{}
	for _, filed := range c.sim.Complaints() {
		if wordShape.MatchString(filed.Content) {
			continue // a citizen's
		}
		lines := strings.Split(strings.TrimSpace(filed.Content), "\n")
		times[lines[0]]++
		if e := entries[idOf(lines[0])]; lines[len(lines)-1] != fmt.Sprintf("[Ref %s]", e.Ref) {
			c.blame(e, "is at the platform as %s under %q", filed.ID, lines[len(lines)-1])
		}
	}
	held := 0
	for id, text := range c.source.texts {
		e, known := entries[id]
		switch n := times[text]; {
		case !known:
			c.tally.note(countLost, 1)
			c.Errorf("SATUPINTU_SEED=%d: %s was acknowledged as %q and is nowhere", c.seed, id, c.source.acked[id])
		case c.source.acked[id] != "" && c.source.acked[id] != string(e.Ref):
			c.blame(e, "was acknowledged as %s", c.source.acked[id])
		case n > 1:
			c.tally.note(countDoubled, 1)
			c.blame(e, "is %d times at the platform", n)
		case strings.Contains(text, refuseWord):
			if n != 0 || e.State != store.Dead {
				c.blame(e, "is refused by the platform and yet %s, %d times there", e.State, n)
			}
		case e.State == store.Held:
			held++
		case n != 1 || e.State != store.Done:
			c.blame(e, "is %s, %d times at the platform", e.State, n)
		}
	}
	c.tally.note(countHeld, held)
}

// idOf is the ticket or row that a text names.
func idOf(text string) string {
	if words := strings.Fields(text); len(words) > 1 {
		return words[1]
	}
	return ""
}

func (c *campaign) judgePortal(entries map[string]store.Entry) {
	c.Helper()
	ended := map[string]string{}
	for _, filed := range c.sim.Complaints() {
		ended[idOf(filed.Content)] = filed.Status
	}
	repeats := 0
	for ticket := range c.source.acked {
		heard := c.portal.about(ticket)
		repeats += len(heard) - len(statuses(heard))
		if wrong := disorder(heard, c.excused); wrong != "" {
			c.blame(entries[ticket], "%s\n%v", wrong, heard)
		}
		if want := mustBeTold()[ended[ticket]]; !slices.Equal(statuses(heard), want) {
			c.blame(entries[ticket], "was told %v, must be told %v", statuses(heard), want)
		}
	}
	c.tally.note("statuses told again", repeats)
}

// excused says whether something struck while a status was told, so that nobody could know that it had been heard.
func (c *campaign) excused(first, again notice) bool {
	return c.tally.struck(first.came.Add(-senderPatience), again.came)
}

// tally counts what went wrong, and when.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	spans  [][2]time.Time
}

func (t *tally) add(what string, from, to time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spans = append(t.spans, [2]time.Time{from, to})
	t.count(what, 1)
}

func (t *tally) note(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(what, n)
}

func (t *tally) count(what string, n int) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	t.counts[what] += n
}

func (t *tally) of(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[what]
}

func (t *tally) struck(from, to time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.spans, func(s [2]time.Time) bool { return s[0].Before(to) && s[1].After(from) })
}

// print shows what was survived.
func (t *tally) print(c *campaign) {
	out := tabwriter.NewWriter(c.Output(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "SURVIVED (SATUPINTU_SEED=%d, %d gateways)\tTIMES\n", c.seed, len(c.stations))
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		fmt.Fprintf(out, "%s\t%d\n", what, t.counts[what])
	}
	met := c.sim.Stats().Faults
	for _, fault := range simulator.KnownFaults() {
		fmt.Fprintf(out, "platform: %s\t%d\n", fault, met[fault])
	}
	for _, fault := range receiverFaults() {
		fmt.Fprintf(out, "portal: %s\t%d\n", fault, c.portal.met[fault])
		fmt.Fprintf(out, "WhatsApp: %s\t%d\n", fault, c.citizens.graph.met[fault])
	}
	fmt.Fprintf(out, "requests that repeated what was answered\t%d\n", c.source.repeat)
	_ = out.Flush()
}
