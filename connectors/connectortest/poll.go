package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

const (
	mostPages  = 100     // for the few complaints the suite adds
	mostCursor = 1 << 20 // bytes
)

func pollPromises() []promise {
	return []promise{
		{"poll: an empty channel gives an empty page and the same cursor", whenPolled(pollsNothing)},
		{"poll: the same page twice is the same", whenPolled(pollsTheSame)},
		{"poll: it comes to an end, with everything", whenPolled(pollsAll)},
		{"poll: nothing new gives an empty page and the same cursor", whenPolled(pollsNothingNew)},
		{"poll: what comes later is found from the cursor", whenPolled(pollsLater)},
		{"poll: a restart at any page loses nothing", whenPolled(pollsAcrossRestarts)},
		{"poll: more of one moment than a page holds all come", whenDated(pollsOneMoment)},
		{"poll: what is written late, with an earlier time, is found", whenDated(pollsLateWritten)},
		{"poll: a time in the future hides nothing", whenDated(pollsFuture)},
		{"poll: what comes to a channel that was found empty is new, whatever its age", whenDated(pollsOldLater)},
		{"poll: complaints are fit and leave the gateway's fields alone", whenPolled(pollsFit)},
		{"poll: a page is marked by Acknowledge and not before", whenPolled(marksAfterwards)},
		{"poll: a page may be acknowledged twice", whenPolled(acknowledgesTwice)},
		{"poll: a cancelled context returns promptly", whenPolled(pollsCancelled)},
	}
}

func whenPolled(keeps func(s *session, c connectors.Connector)) func(*session) {
	return func(s *session) {
		c := s.open()
		if c.Poll == nil {
			return
		}
		if s.channel.Add == nil {
			s.t.Fatalf("a polled channel needs Add")
		}
		keeps(s, c)
	}
}

func (s *session) poll(c connectors.Connector, from connectors.Cursor) connectors.Page {
	s.t.Helper()
	page, err := c.Poll.Poll(s.ctx, from)
	s.note("", err)
	if err != nil {
		s.t.Fatalf("Poll: %v", err)
	}
	for _, aside := range page.SetAside {
		s.note(aside.Detail+" "+aside.Where, nil)
	}
	if len(page.Next) > mostCursor {
		s.t.Fatalf("the cursor has %d bytes; the most is %d", len(page.Next), mostCursor)
	}
	return page
}

// found is what polling brought: the content of each complaint and each message by its id.
type found map[string]string

// take adds a page. A complaint that comes again must be the same.
func (s *session) take(into found, page connectors.Page) {
	s.t.Helper()
	for _, c := range page.Complaints {
		hash := c.ContentHash()
		if known, again := into[c.SourceID]; again && known != hash {
			s.t.Errorf("complaint %q comes again with other words", c.SourceID)
		}
		into[c.SourceID] = hash
	}
	for _, m := range page.Messages {
		id, words := messageKey(m), contentOf(m)
		if known, again := into[id]; again && known != words {
			s.t.Errorf("message %q comes again with other words", m.ID)
		}
		into[id] = words
	}
}

// brought is how many complaints and messages a page holds.
func brought(page connectors.Page) int { return len(page.Complaints) + len(page.Messages) }

// drain polls to the end, and returns what came and the last cursor.
func (s *session) drain(c connectors.Connector, from connectors.Cursor) (found, connectors.Cursor) {
	s.t.Helper()
	all := found{}
	for range mostPages {
		page := s.poll(c, from)
		s.take(all, page)
		stood := page.Next == from
		if stood && (page.More || brought(page) > 0) {
			s.t.Fatalf("the cursor stands still at a page of %d complaints or messages, more: %v", brought(page), page.More)
		}
		from = page.Next
		if !page.More && (stood || brought(page) == 0) {
			return all, from
		}
	}
	s.t.Fatalf("after %d pages there is still more, although only %d complaints or messages came: its pages never end", mostPages, len(all))
	return nil, ""
}

// firstPage is a page in words; empty for a channel that is not polled.
func (s *session) firstPage(c connectors.Connector) string {
	s.t.Helper()
	if c.Poll == nil {
		return ""
	}
	return inWords(s.poll(c, ""))
}

func inWords(page connectors.Page) string {
	var words strings.Builder
	for _, c := range page.Complaints {
		fmt.Fprintln(&words, c.SourceID, c.ContentHash())
	}
	for _, m := range page.Messages {
		fmt.Fprintln(&words, "message", contentOf(m))
	}
	for _, aside := range page.SetAside {
		fmt.Fprintln(&words, "aside", aside.SourceID, aside.Where, aside.Reason)
	}
	fmt.Fprintf(&words, "next %q, more: %v", page.Next, page.More)
	return words.String()
}

func (s *session) wantNothing(page connectors.Page, from connectors.Cursor) {
	s.t.Helper()
	if brought(page) > 0 || len(page.SetAside) > 0 || page.More || page.Next != from {
		s.t.Errorf("want an empty page and the cursor %q, got\n%s", from, inWords(page))
	}
}

func pollsNothing(s *session, c connectors.Connector) {
	_, end := s.drain(c, "")
	s.wantNothing(s.poll(c, end), end)
}

func pollsTheSame(s *session, c connectors.Connector) {
	s.add(3)
	first := s.firstPage(c)
	for range 2 {
		if again := s.firstPage(c); again != first {
			s.t.Fatalf("the same page is another the second time:\n%s\nfirst:\n%s", again, first)
		}
	}
}

func pollsAll(s *session, c connectors.Connector) {
	s.add(7)
	all, _ := s.drain(c, "")
	s.wantAll("polled to the end", 7, all)
}

func pollsNothingNew(s *session, c connectors.Connector) {
	s.add(3)
	_, end := s.drain(c, "")
	for range 2 {
		s.wantNothing(s.poll(c, end), end)
	}
}

func pollsLater(s *session, c connectors.Connector) {
	s.add(3)
	early, end := s.drain(c, "")
	s.add(2)
	late, _ := s.drain(c, end)
	s.wantAll("three, and two more", 5, early, late)
}

// wantAll counts complaints over several drains; those that come again must be the same. what says what was tried.
func (s *session) wantAll(what string, n int, drains ...found) {
	s.t.Helper()
	all := found{}
	for _, drain := range drains {
		for id, hash := range drain {
			if known, again := all[id]; again && known != hash {
				s.t.Errorf("complaint %q comes again with other words", id)
			}
			all[id] = hash
		}
	}
	if len(all) != n {
		s.t.Errorf("%s: of %d complaints %d came", what, n, len(all))
	}
}

// pollsAcrossRestarts opens the connector anew for each page, with nothing but the saved cursor, and adds one complaint
// on the way.
func pollsAcrossRestarts(s *session, c connectors.Connector) {
	s.add(5)
	all, from := found{}, connectors.Cursor("")
	for i := range mostPages {
		page := s.poll(c, from)
		s.take(all, page)
		if i == 0 {
			s.add(1)
		}
		s.close()
		c = s.open()
		if page.Next == from && brought(page) == 0 {
			s.wantAll("opened anew for each page, with nothing but the cursor", 6, all)
			return
		}
		from = page.Next
	}
	s.t.Errorf("after %d pages there is still more, although only %d complaints or messages came: its pages never end", mostPages, len(all))
}

func pollsFit(s *session, c connectors.Connector) {
	s.add(3)
	page := s.poll(c, "")
	if brought(page) == 0 {
		s.t.Errorf("no complaint and no message came")
	}
	for _, one := range page.Complaints {
		s.wantFit(one)
	}
	for _, m := range page.Messages {
		s.wantFitMessage(c, m)
	}
	for _, aside := range page.SetAside {
		s.t.Errorf("a sound complaint was set aside (%s): %s", aside.Reason, aside.Detail)
	}
}

// wantFit checks what every connector owes of a complaint.
func (s *session) wantFit(c complaint.Complaint) {
	s.t.Helper()
	clean := c
	clean.Clean()
	if clean.ContentHash() != c.ContentHash() {
		s.t.Errorf("complaint %q is not cleaned", c.SourceID)
	}
	if err := c.Check(); err != nil {
		s.t.Errorf("complaint %q is not fit: %v", c.SourceID, err)
	}
	if c.Ref != "" || c.Source != "" || !c.ReceivedAt.IsZero() {
		s.t.Errorf("complaint %q has Ref, Source or ReceivedAt, which are the gateway's", c.SourceID)
	}
	if len(c.Raw.Body) == 0 || c.Raw.Type == "" {
		s.t.Errorf("complaint %q has lost what the channel sent (Raw)", c.SourceID)
	}
}

func whenDated(keeps func(s *session, c connectors.Connector)) func(*session) {
	return whenPolled(func(s *session, c connectors.Connector) {
		if s.channel.AddAt == nil {
			s.notTried("Channel.AddAt is not given")
			return
		}
		keeps(s, c)
	})
}

func pollsOneMoment(s *session, c connectors.Connector) {
	s.channel.AddAt(s.t, 7, time.Now().Add(-time.Hour))
	all, end := s.drain(c, "")
	s.channel.AddAt(s.t, 2, time.Now().Add(-time.Minute))
	late, _ := s.drain(c, end)
	s.wantAll("seven of one moment, and two later", 9, all, late)
}

// pollsLateWritten adds complaints as a long transaction does: they appear after others whose time is later.
func pollsLateWritten(s *session, c connectors.Connector) {
	now := time.Now()
	s.channel.AddAt(s.t, 3, now)
	all, end := s.drain(c, "")
	s.channel.AddAt(s.t, 2, now.Add(-time.Minute))
	late, _ := s.drain(c, end)
	s.wantAll("three, and then two whose time is a minute earlier", 5, all, late)
}

func pollsFuture(s *session, c connectors.Connector) {
	now := time.Now()
	s.channel.AddAt(s.t, 1, now.Add(365*24*time.Hour))
	all, end := s.drain(c, "")
	s.channel.AddAt(s.t, 3, now)
	later, _ := s.drain(c, end)
	s.wantAll("one with a time in the future, and three after it", 4, all, later)
}

// pollsOldLater finds an empty channel, and complaints of long ago in it later: nothing of them was there before the gateway.
func pollsOldLater(s *session, c connectors.Connector) {
	_, end := s.drain(c, "")
	s.channel.AddAt(s.t, 3, time.Now().Add(-30*24*time.Hour))
	all, _ := s.drain(c, end)
	s.wantAll("found empty, and then three of a month ago", 3, all)
}

// marksAfterwards polls to the end before it acknowledges: what the channel shows as taken in before the commit is lost
// with a crash.
func marksAfterwards(s *session, c connectors.Connector) {
	if c.Acknowledge == nil || s.channel.Marked == nil {
		s.notTried("there is no Acknowledge, or Channel.Marked is not given")
		return
	}
	s.add(3)
	page := s.poll(c, "")
	s.drain(c, "")
	if marked := s.channel.Marked(); marked > 0 {
		s.t.Errorf("Poll marks %d complaints as taken in before they are kept: that is for Acknowledge, after the commit", marked)
	}
	if err := c.Acknowledge.Acknowledge(s.ctx, page); err != nil {
		s.note("", err)
		s.t.Errorf("Acknowledge: %v", err)
	}
	if s.channel.Marked() == 0 {
		s.t.Errorf("Acknowledge of a page of %d marks nothing", brought(page))
	}
}

func acknowledgesTwice(s *session, c connectors.Connector) {
	if c.Acknowledge == nil {
		s.notTried("there is no Acknowledge")
		return
	}
	s.add(2)
	page := s.poll(c, "")
	for range 2 {
		if err := c.Acknowledge.Acknowledge(s.ctx, page); err != nil {
			s.note("", err)
			s.t.Errorf("Acknowledge: %v", err)
		}
	}
}

func pollsCancelled(s *session, c connectors.Connector) {
	s.add(2)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.within("Poll with a cancelled context", func() {
		_, err := c.Poll.Poll(ctx, "")
		s.note("", err)
	})
	s.stalled("Poll", func(ctx context.Context) error {
		_, err := c.Poll.Poll(ctx, "")
		return err
	})
}

// stalled makes a call on a channel that never answers, where that can be had.
func (s *session) stalled(what string, call func(context.Context) error) {
	s.t.Helper()
	if s.channel.Stall == nil {
		s.notTried("Channel.Stall is not given")
		return
	}
	s.channel.Stall()
	ctx, cancel := context.WithTimeout(s.ctx, s.patience/20)
	defer cancel()
	s.within(what+" of a channel that never answers", func() {
		err := call(ctx)
		s.note("", err)
		if !errors.Is(err, context.DeadlineExceeded) {
			s.t.Errorf("%s of a channel that never answers gives %v", what, err)
		}
	})
}
