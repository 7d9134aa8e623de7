package email

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/email/postoffice"
)

// numbersOf are the Message-IDs' first parts, in order.
func numbersOf(page connectors.Page) string {
	var numbers []string
	for _, id := range idsOf(page) {
		number, _, _ := strings.Cut(strings.TrimPrefix(id, "<"), "@")
		numbers = append(numbers, number)
	}
	return strings.Join(numbers, " ")
}

// oldBox holds three mails of long ago, the last of them moved there after a newer one, and two of this week.
func oldBox(t *testing.T) postoffice.Account {
	t.Helper()
	box := startDovecot(t).Account(t)
	for _, one := range []struct {
		id   string
		days int
	}{{"a", 400}, {"b", 20}, {"c", 2}, {"d", 60}, {"e", 0}} {
		box.DeliverAt(t, "INBOX", time.Now().AddDate(0, 0, -one.days), letterOf(one.id+"@surat.example", "pipa bocor "+one.id))
	}
	return box
}

func TestOlderMailIsLeftAloneAndCounted(t *testing.T) {
	box := oldBox(t)
	s := settingsOf(box, postoffice.StartSink(t))
	s.Page = 1
	var log bytes.Buffer
	c := connectorOf(t, s, &log)
	said, err := c.checkReading(t.Context())
	must(t, err)
	day := time.Now().In(wib()).Add(-7 * 24 * time.Hour).Format("02-01-2006")
	if !strings.Contains(said, "a first poll looks at 2 of them; 3 are older than "+day) || !strings.Contains(said, "set since to all") {
		t.Errorf("the check says %s", said)
	}
	page, end := readAll(t, c, "")
	if got := numbersOf(page); got != "c e" {
		t.Errorf("the first poll takes %q", got)
	}
	if text := log.String(); strings.Count(text, "left alone") != 1 || !strings.Contains(text, "older=3") {
		t.Errorf("the log says %s", text)
	}
	box.DeliverAt(t, "INBOX", time.Now().AddDate(0, 0, -90), letterOf("f@surat.example", "dipindahkan petugas"))
	page, end = readAll(t, c, end)
	if got := numbersOf(page); got != "f" {
		t.Errorf("old mail that is moved in later: %q", got)
	}
	if page, again := readAll(t, c, end); again != end || len(page.Complaints) > 0 {
		t.Errorf("with nothing new the cursor goes from %s to %s", end, again)
	}
}

func TestAFirstPollThatReachesFurtherLaterTakesOlderMail(t *testing.T) {
	box := oldBox(t)
	s := settingsOf(box, postoffice.StartSink(t))
	page, end := readAll(t, connectorOf(t, s, io.Discard), "")
	if got := numbersOf(page); got != "c e" {
		t.Fatalf("the first poll takes %q", got)
	}
	for _, tt := range []struct {
		since connectors.Reach
		want  string
	}{
		{connectors.Reach{Back: config.Duration(30 * 24 * time.Hour)}, "b c e"}, // what is known comes again, which is harmless
		{connectors.Reach{Day: time.Now().AddDate(0, 0, -70).Format(time.DateOnly)}, "b c d e"},
		{connectors.UsualReach(), ""},
		{connectors.Reach{All: true}, "a b c d e"},
		{connectors.UsualReach(), ""},
	} {
		s.Since = tt.since
		c := connectorOf(t, s, io.Discard)
		page, end = readAll(t, c, end)
		if got := numbersOf(page); got != tt.want {
			t.Errorf("%s takes %q, want %q", tt.since, got, tt.want)
		}
		if page, _ := readAll(t, c, end); len(page.Complaints) > 0 {
			t.Errorf("%s takes %q again", tt.since, numbersOf(page))
		}
	}
}

// An office opens a mailbox, the gateway looks at it, and somebody moves mail into it that has waited elsewhere.
func TestOldMailInAMailboxThatWasFoundEmptyIsNew(t *testing.T) {
	for _, since := range []connectors.Reach{connectors.UsualReach(), {All: true}} {
		box := startDovecot(t).Account(t)
		s := settingsOf(box, postoffice.StartSink(t))
		s.Since = since
		var log bytes.Buffer
		_, end := readAll(t, connectorOf(t, s, &log), "")
		if end == "" {
			t.Errorf("%s: a mailbox that was found empty counts as never read", since)
		}
		s.Since = connectors.UsualReach()
		c := connectorOf(t, s, &log)
		if _, again := readAll(t, c, end); again != end {
			t.Errorf("%s: with nothing new the cursor goes from %s to %s", since, end, again)
		}
		box.DeliverAt(t, "INBOX", time.Now().AddDate(0, 0, -8), letterOf("a@surat.example", "pipa bocor"))
		page, _ := readAll(t, c, end)
		if got := numbersOf(page); got != "a" || strings.Contains(log.String(), "left alone") {
			t.Errorf("%s: taken is %q; the log says %s", since, got, log.String())
		}
	}
}

// The wrong folder is corrected: what lies in the right one lay there before the gateway.
func TestAMailboxThatWasFoundEmptyInTheWrongPlaceIsReadForTheFirstTimeInTheRightOne(t *testing.T) {
	box := startDovecot(t).Account(t)
	box.DeliverAt(t, "INBOX", time.Now().AddDate(0, 0, -400), letterOf("a@surat.example", "pipa bocor"))
	box.Deliver(t, "INBOX", letterOf("b@surat.example", "jalan rusak"))
	box.Create(t, "Aduan")
	s := settingsOf(box, postoffice.StartSink(t))
	s.Since, s.Mailbox = connectors.UsualReach(), "Aduan"
	_, end := readAll(t, connectorOf(t, s, io.Discard), "")
	s.Mailbox = "INBOX"
	var log bytes.Buffer
	page, _ := readAll(t, connectorOf(t, s, &log), end)
	if got := numbersOf(page); got != "b" || !strings.Contains(log.String(), "left alone") {
		t.Errorf("taken is %q; the log says %s", got, log.String())
	}
}

func TestARebuiltMailboxLeavesOlderMailAloneStill(t *testing.T) {
	box, old := startDovecot(t).Account(t), time.Now().AddDate(0, 0, -30)
	box.Create(t, "Aduan")
	box.DeliverAt(t, "Aduan", old, letterOf("a@surat.example", "pipa bocor"))
	s := settingsOf(box, postoffice.StartSink(t))
	s.Mailbox = "Aduan"
	c := connectorOf(t, s, io.Discard)
	page, end := readAll(t, c, "")
	client := box.Client(t)
	defer client.Close()
	must(t, client.Delete("Aduan").Wait())
	box.Create(t, "Aduan")
	box.Deliver(t, "Aduan", letterOf("b@surat.example", "jalan rusak"))
	box.DeliverAt(t, "Aduan", old, letterOf("a@surat.example", "pipa bocor"))
	after, again := readAll(t, c, end)
	if got := slices.Concat(idsOf(page), idsOf(after)); len(got) != 1 || numbersOf(after) != "b" {
		t.Errorf("taken are %v; the cursor is %s", got, fmt.Sprint(again))
	}
}
