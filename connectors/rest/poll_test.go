package rest

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/connectors"
)

// One property for everything that lists do: late commits, equal times, times in the future, pages that hold less than was
// asked for, a cap of pages, a last page that comes again, arrivals while pages are turned, filters that do not do what they
// are asked. Nothing is lost, and every reading ends.
func TestAListThatMisbehavesLosesNothingAndEnds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := drawList(r)
		s := agency(l.style)
		if rapid.Bool().Draw(r, "asks for what is new") {
			s.Since.Param = "sejak"
		}
		if l.total = rapid.Bool().Draw(r, "says its total"); l.total {
			s.Paging.Total = "jumlah"
		}
		if l.cap > 0 { // what lies behind a cap is reached only by asking for what is new, oldest first
			s.Since.Param, l.since, l.order, s.Paging.Total = "sejak", "inclusive", "oldest", ""
		}
		if rapid.Bool().Draw(r, "leaves older ones alone") { // there are none
			s.Since.First = connectors.UsualReach()
		}
		c := openOn(t, l, s)
		wanted, got := map[string]bool{}, map[string]bool{}
		for range rapid.IntRange(1, 6).Draw(r, "rounds") {
			for range rapid.IntRange(0, 7).Draw(r, "new") {
				l.clock = l.clock.Add(rapid.SampledFrom(steps(l)).Draw(r, "later"))
				wanted[l.add(drawTime(r, l))] = true
			}
			quiet(l)
			if rapid.Bool().Draw(r, "busy") && l.cap == 0 {
				busy(r, l, wanted)
			}
			poll(r, c, got)
			l.clock = l.clock.Add(rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour}).Draw(r, "pause"))
		}
		quiet(l)
		poll(r, c, got) // each poll's end is a reading's end; two without a change are enough to know everything
		poll(r, c, got)
		for id := range wanted {
			if !got[id] {
				r.Fatalf("of %d complaints, %s never came; the log says:\n%s", len(wanted), id, c.said)
			}
		}
		before := c.from
		page, fault := c.drain(t.Context())
		if fault != "" || len(page.Complaints) > 0 || c.from != before {
			r.Fatalf("with nothing new %d complaints came, %s; the cursor was %s and is %s", len(page.Complaints), fault, before, c.from)
		}
	})
}

func drawList(r *rapid.T) *list {
	l := newList()
	l.style = rapid.SampledFrom([]string{"page", "offset", "cursor", "next", "grow", "none"}).Draw(r, "style")
	l.order = rapid.SampledFrom([]string{"oldest", "newest", "mixed"}).Draw(r, "order")
	l.size = rapid.IntRange(1, 4).Draw(r, "size")
	l.past = rapid.SampledFrom([]string{"empty", "repeat", "first", "404"}).Draw(r, "past the end")
	l.since = rapid.SampledFrom([]string{"strict", "inclusive", "ignored", "inverted", "hours ahead", "nothing"}).Draw(r, "since")
	if l.style == "none" || l.style == "grow" {
		l.size = 1000
	} else if rapid.IntRange(0, 3).Draw(r, "capped") == 0 {
		l.size, l.cap = 4, 4
		l.past = rapid.SampledFrom([]string{"empty", "repeat", "400", "404"}).Draw(r, "past the cap")
	}
	return l
}

// steps are how far the clock goes on between two entries. A cap must let through what lies inside the overlap.
func steps(l *list) []time.Duration {
	if l.cap > 0 {
		return []time.Duration{4 * time.Minute, time.Hour}
	}
	return []time.Duration{0, time.Second, 5 * time.Minute, time.Hour}
}

// drawTime is the time an entry bears that is written now: inside the overlap, or in the future.
func drawTime(r *rapid.T, l *list) time.Time {
	switch rapid.IntRange(0, 9).Draw(r, "kind of time") {
	case 0, 1, 2:
		return l.clock.Add(-rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Minute, 15 * time.Minute}).Draw(r, "late"))
	case 3:
		return l.clock.AddDate(1, 0, 0)
	case 4:
		return l.clock.Truncate(10 * time.Minute).Add(-time.Minute)
	}
	return l.clock
}

func quiet(l *list) { l.before = nil }

// busy lets entries arrive before some of the next answers.
func busy(r *rapid.T, l *list, wanted map[string]bool) {
	plan := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 12).Draw(r, "arrivals")
	times := make([][]time.Time, len(plan))
	for i, n := range plan {
		for range n {
			times[i] = append(times[i], drawTime(r, l))
		}
	}
	l.before = func() {
		if len(times) == 0 {
			return
		}
		for _, at := range times[0] {
			wanted[l.put(at)] = true
		}
		times = times[1:]
	}
}

func poll(r *rapid.T, c *channel, got map[string]bool) {
	c.polls = 0
	page, fault := c.drain(r.Context())
	if fault != "" {
		r.Fatalf("polling: %s", fault)
	}
	for _, id := range idsOf(page) {
		if got[id] {
			r.Fatalf("complaint %s comes twice; the log says:\n%s", id, c.said)
		}
		got[id] = true
	}
	for _, aside := range page.SetAside {
		r.Fatalf("set aside: %s", aside.Detail)
	}
	if c.polls > 500 {
		r.Fatalf("%d polls until the end", c.polls)
	}
}
