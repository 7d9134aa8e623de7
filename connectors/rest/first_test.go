package rest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// oldList is a list that was in use before: two entries of long ago, and one of yesterday.
func oldList(style string) *list {
	l := newList()
	l.style = style
	for _, days := range []int{400, 8, 1} {
		l.add(l.clock.AddDate(0, 0, -days))
	}
	return l
}

func TestOlderItemsAreLeftAloneAndCounted(t *testing.T) {
	for _, style := range []string{byPage, byNext, byGrowing} {
		for _, param := range []string{"", "sejak"} {
			l := oldList(style)
			s := agency(style)
			s.Since.Param, s.Since.First = param, connectors.UsualReach()
			c := openOn(t, l, s)
			said, err := c.Check.Check(t.Context())
			must(t, err)
			wantPart(t, "the check", said, "alone that are older than 27-12-2025 14:00", "set since.first to all")
			if got := c.ids(t); !slices.Equal(got, []string{"3"}) {
				t.Errorf("%s %s: the first reading takes %q", style, param, got)
			}
			wantPart(t, "the log", c.said.String(), "older=2", "left alone", "set since.first to all")
			l.clock = l.clock.Add(time.Hour)
			l.add(l.clock)
			if got := c.ids(t); !slices.Equal(got, []string{"4"}) {
				t.Errorf("%s %s: later it takes %q", style, param, got)
			}
			if n := strings.Count(c.said.String(), "left alone"); n != 1 {
				t.Errorf("%s %s: the log says it %d times", style, param, n)
			}
			_ = c.ids(t) // a reading without anything new is the first that knows all that is there
			before := c.from
			if got := c.ids(t); len(got) > 0 || c.from != before {
				t.Errorf("%s %s: with nothing new %q come, or the cursor moves", style, param, got)
			}
		}
	}
}

func TestAFirstReadingThatReachesFurtherLaterTakesOlderItems(t *testing.T) {
	l := oldList("page")
	s := agency(byPage)
	s.Since.First = connectors.UsualReach()
	c := openOn(t, l, s)
	_ = c.ids(t)
	for _, tt := range []struct {
		first connectors.Reach
		want  []string
	}{
		{connectors.Reach{Back: config.Duration(30 * 24 * time.Hour)}, []string{"2", "3"}}, // what is known comes again, which is harmless
		{connectors.Reach{Back: config.Duration(time.Hour)}, nil},
		{connectors.Reach{All: true}, []string{"1", "2", "3"}},
		{connectors.UsualReach(), nil},
	} {
		s.Since.First = tt.first
		next := openOn(t, l, s)
		next.from = c.from
		if got := next.ids(t); !slices.Equal(got, tt.want) {
			t.Errorf("%s takes %q, want %q", tt.first, got, tt.want)
		}
		if got := next.ids(t); len(got) > 0 {
			t.Errorf("%s takes %q again", tt.first, got)
		}
		c = next
	}
}

// An item that is published after the first reading with an older date was not there before.
func TestAnOldItemThatAppearsLaterIsTaken(t *testing.T) {
	l := oldList("page")
	s := agency(byPage)
	s.Since.First = connectors.UsualReach()
	c := openOn(t, l, s)
	_, _ = c.ids(t), c.ids(t)
	l.add(l.clock.AddDate(0, 0, -30))
	if got := c.ids(t); !slices.Equal(got, []string{"4"}) {
		t.Errorf("got %q", got)
	}
}

// A new list is read for weeks, the line is down for eight days, and a citizen files on the first of them.
func TestWhatComesToAListThatWasFoundEmptyIsNew(t *testing.T) {
	for _, style := range []string{noPaging, byPage, byNext, byGrowing} {
		for _, days := range []int{0, 8} {
			l := newList()
			l.style = style
			s := agency(style)
			s.Since.First = connectors.UsualReach()
			c := openOn(t, l, s)
			_ = c.ids(t)
			before := c.from
			if got := c.ids(t); len(got) > 0 || before == "" || c.from != before {
				t.Errorf("%s: empty still, %q come, and the cursor goes from %q to %q", style, got, before, c.from)
			}
			l.clock = l.clock.AddDate(0, 0, days)
			l.add(l.clock.AddDate(0, 0, -8))
			if got := c.ids(t); !slices.Equal(got, []string{"1"}) {
				t.Errorf("%s, after an outage of %d days: got %q", style, days, got)
			}
			wantNoPart(t, "the log", c.said.String(), "left alone")
		}
	}
}

// A parameter by which the list holds nothing is corrected: what is there then was there before the gateway.
func TestAListThatWasFoundEmptyInTheWrongPlaceIsReadForTheFirstTimeInTheRightOne(t *testing.T) {
	s := agency(byPage)
	s.Since.First, s.Query = connectors.UsualReach(), map[string]string{"kecamatan": "salah"}
	nothing := newList()
	nothing.style = "page"
	wrong := openOn(t, nothing, s)
	if got := wrong.ids(t); len(got) > 0 || wrong.from == "" {
		t.Fatalf("of an empty list %q come, and the cursor is %q", got, wrong.from)
	}
	l := oldList("page")
	s = agency(byPage)
	s.Since.First = connectors.UsualReach()
	right := openOn(t, l, s)
	want := right.ids(t)
	corrected := openOn(t, l, s)
	corrected.from = wrong.from
	if got := corrected.ids(t); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("corrected, %q come; in the right place from the beginning %q", got, want)
	}
}

func TestMoreOldItemsThanCanBeKeptInMindStayLeftAlone(t *testing.T) {
	l := newList()
	l.style, l.size = "none", 1_000_000
	for range mostSeen + 500 {
		l.add(l.clock.AddDate(-1, 0, 0))
	}
	l.add(l.clock)
	s := agency(noPaging)
	s.Since.First = connectors.UsualReach()
	c := openOn(t, l, s)
	for _, want := range []int{1, 0, 0} {
		if got := c.ids(t); len(got) != want {
			t.Errorf("got %d, want %d", len(got), want)
		}
	}
}

func TestMessagesOfPlaySMSAreAsOldAsTheySay(t *testing.T) {
	p := &playSMSServer{inbox: 9}
	c := playSMSChannel(t, p, func(s *Settings) { s.Since.First = connectors.UsualReach() })
	if got := c.ids(t); len(got) != 0 {
		t.Errorf("messages of long ago: %q", got)
	}
	wantPart(t, "the log", c.said.String(), "older=9")
	all := playSMSChannel(t, p, nil)
	all.from = c.from
	if got := all.ids(t); len(got) != 9 {
		t.Errorf("with all, %d come", len(got))
	}
}
