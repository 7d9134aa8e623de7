package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// longSMS is what long SMS must hold, in Gammu SMSD's own tables.
func longSMS(t *testing.T, s server) {
	for name, test := range map[string]func(*testing.T, server){
		"parts in any order become one complaint":                  joinsParts,
		"a part that comes late is waited for, across restarts":    waitsForLateParts,
		"a part that never comes is named in the text":             takesWhatCame,
		"without the first part it is set aside":                   setsAsideWithoutTheFirst,
		"two SMS with one reference stay two":                      keepsReferencesApart,
		"a part that comes twice counts once":                      countsRepeatsOnce,
		"what was taken in is marked as processed, every part":     marksEveryPart,
		"rows others have processed and USSD answers are not ours": leavesOthersAlone,
		"a number that is used again is another person's SMS":      tellsReusedNumbersApart,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// long adds a row of a long SMS.
type long struct {
	udh, text, from, sent string
}

func (c *channel) receive(t testing.TB, rows ...long) {
	t.Helper()
	for _, one := range rows {
		if one.from == "" {
			one.from = "6281255501234"
		}
		if one.sent == "" {
			one.sent = at(time.Now(), 0)
		}
		c.exec(t, fmt.Sprintf("INSERT INTO [inbox] ([SenderNumber], [TextDecoded], [UDH], [ReceivingDateTime], [Text], [RecipientID]) VALUES ('%s', '%s', '%s', %s, '', 'modem')",
			one.from, one.text, one.udh, one.sent))
	}
}

// wantTexts drains, and wants complaints of these rows with these texts.
func (c *channel) wantTexts(t testing.TB, when string, texts ...string) connectors.Page {
	t.Helper()
	page := c.drain(t)
	var got []string
	for _, one := range page.Complaints {
		got = append(got, rowsOf(t, "ID", one.Raw.Body)[0]+": "+one.Text)
	}
	if strings.Join(got, "\n") != strings.Join(texts, "\n") {
		t.Errorf("%s: got the complaints\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(texts, "\n"))
	}
	return page
}

func joinsParts(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), smallPages)
	c.receive(t, long{udh: "050003D30302", text: "di Jl. Pramuka "}, long{text: "sendiri"}, long{udh: "050003D30303", text: "Ranai"},
		long{udh: "050003D30301", text: "lampu mati "}, long{udh: "0608041234 0201", text: "tidak terbaca"}, long{udh: "06080412340201", text: "jalan "},
		long{udh: "06080412340202", text: "rusak"})
	c.wantTexts(t, "seven rows", "2: sendiri", "4: lampu mati di Jl. Pramuka Ranai", "5: tidak terbaca", "6: jalan rusak")
	c.wantTexts(t, "at the end")
}

func waitsForLateParts(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), smallPages)
	c.receive(t, long{udh: "050003D30201", text: "lampu mati "})
	c.wantTexts(t, "the first part alone")
	held := c.from
	c.wantTexts(t, "still alone")
	if c.from != held {
		t.Errorf("nothing is new and the cursor moves from %s to %s", held, c.from)
	}
	wantNoPart(t, "the cursor", string(c.from), "6281255501234", "lampu")
	c.receive(t, long{text: "yang lain"})
	c.wantTexts(t, "another SMS meanwhile", "2: yang lain")
	restarted := smsCentre().settings(s, c.name)
	c.open(t, restarted)
	c.receive(t, long{udh: "050003D30202", text: "di Sedanau"})
	c.wantTexts(t, "the second part", "1: lampu mati di Sedanau")
	c.wantTexts(t, "at the end")
}

func impatient(s *Settings) { s.Parts.Wait = config.Duration(time.Microsecond) }

func takesWhatCame(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), impatient)
	c.receive(t, long{udh: "050003D30401", text: "lampu mati"}, long{udh: "050003D30403", text: "sejak kemarin"})
	c.drain(t) // the clock of the database begins with the first sight of them
	c.wantTexts(t, "two of four parts",
		"1: lampu mati [bagian 2 dari 4 SMS ini tidak diterima] sejak kemarin [bagian 4 dari 4 SMS ini tidak diterima]")
	c.wantTexts(t, "at the end")
}

func setsAsideWithoutTheFirst(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), impatient)
	c.receive(t, long{udh: "050003D30202", text: "sejak kemarin"})
	page := c.drain(t)
	page.SetAside = append(page.SetAside, c.drain(t).SetAside...)
	if len(page.SetAside) != 1 || len(page.Complaints) != 0 {
		t.Fatalf("got %d complaints and %d set aside, want one set aside", len(page.Complaints), len(page.SetAside))
	}
	aside := page.SetAside[0]
	if aside.Reason != connectors.NotComplete || len(aside.SourceID) != 32 {
		t.Errorf("it is set aside as %s, id %s", aside.Reason, aside.SourceID)
	}
	wantPart(t, "Where", aside.Where, "table inbox, row 1")
	wantPart(t, "Raw", string(aside.Raw), "sejak kemarin")
	wantNoPart(t, "Detail", aside.Detail, "sejak kemarin", "62812")
}

func keepsReferencesApart(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{udh: "050003D30201", text: "satu "}, long{udh: "050003D30202", text: "dua"},
		long{udh: "050003D30202", text: "empat"}, long{udh: "050003D30201", text: "tiga "},
		long{udh: "050003D30201", text: "lima ", from: "6281255509999"},
		long{udh: "050003AA0201", text: "kemarin ", sent: at(time.Now(), -24*time.Hour)}, long{udh: "050003AA0202", text: "hari ini"})
	page := c.wantTexts(t, "one reference, two SMS", "1: satu dua", "4: tiga empat")
	if len(page.SetAside) > 0 {
		t.Errorf("%d are set aside", len(page.SetAside))
	}
	c.receive(t, long{udh: "050003D30202", text: "enam", from: "6281255509999"})
	c.wantTexts(t, "another sender's", "5: lima enam")
}

func countsRepeatsOnce(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{udh: "050003D30201", text: "lampu "}, long{udh: "050003D30201", text: "lampu "}, long{udh: "050003D30202", text: "mati"})
	page := c.wantTexts(t, "a part twice", "1: lampu mati")
	must(t, c.Acknowledge.Acknowledge(t.Context(), page))
	if open := lines(t, c.db, s.sql("SELECT [ID] FROM [inbox] WHERE [Processed] = 'false'")); len(open) > 0 {
		t.Errorf("the rows %q are not marked", open)
	}
}

func marksEveryPart(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{udh: "050003D30201", text: "lampu "}, long{udh: "050003D30202", text: "mati"}, long{text: ""}, long{udh: "050003EE0201", text: "menunggu"})
	page := c.wantTexts(t, "before", "1: lampu mati")
	if len(page.SetAside) != 1 {
		t.Errorf("%d are set aside, want the blank one", len(page.SetAside))
	}
	must(t, c.Acknowledge.Acknowledge(t.Context(), page))
	marked := lines(t, c.db, s.sql("SELECT [ID] FROM [inbox] WHERE [Processed] = 'true' ORDER BY [ID]"))
	if strings.Join(marked, " ") != "1 2 3" {
		t.Errorf("the rows %q are marked, want 1 2 3: the fourth waits for its second part", marked)
	}
	c.wantTexts(t, "after")
	c.receive(t, long{udh: "050003EE0202", text: " terus"})
	c.wantTexts(t, "the last part", "4: menunggu terus")
}

func leavesOthersAlone(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "dibaca petugas"}, long{text: "Sisa pulsa Rp 1.000"}, long{text: "lampu mati"})
	c.exec(t, "UPDATE [inbox] SET [Processed] = 'true' WHERE [ID] = 1", "UPDATE [inbox] SET [Class] = 127 WHERE [ID] = 2")
	c.wantTexts(t, "three rows", "3: lampu mati")
}

// tellsReusedNumbersApart empties the inbox: its numbers begin anew, and each belongs to another person.
func tellsReusedNumbersApart(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.exec(t, fmt.Sprintf(smsCentre().add, 1, time.Now().Add(-time.Minute).In(wib()).Format(time.DateTime)))
	first := c.wantTexts(t, "the first", "1: lampu mati di Sungai Ulu nomor 1")
	must(t, c.Acknowledge.Acknowledge(t.Context(), first))
	smsCentre().empty(t, s, c.db)
	c.receive(t, long{text: "jalan rusak", from: "6281255509999"})
	second := c.wantTexts(t, "another's, under the same number", "1: jalan rusak")
	if first.Complaints[0].SourceID == second.Complaints[0].SourceID {
		t.Errorf("both have the id %s: the second would be taken for the first", first.Complaints[0].SourceID)
	}
	must(t, c.Acknowledge.Acknowledge(t.Context(), second))
	wantLines(t, "what is not marked", lines(t, c.db, s.sql("SELECT [ID] FROM [inbox] WHERE [Processed] = 'false'")))
	change := news(first.Complaints[0].SourceID, 1, complaint.Done)
	change.To = first.Complaints[0].Reporter.Account
	c.tell(t, change)
	wantLines(t, "who is answered", lines(t, c.db, s.sql("SELECT [DestinationNumber] FROM [outbox]")), "6281255501234")

	again := newChannel(t, s, smsCentre(), nil) // another reading of the same rows gives the same ids
	again.receive(t, long{text: "lampu mati", sent: "'2026-01-03 14:05:00'"})
	was := again.wantTexts(t, "one SMS", "1: lampu mati").Complaints[0].SourceID
	again.from = ""
	if is := again.wantTexts(t, "the same SMS", "1: lampu mati").Complaints[0].SourceID; is != was {
		t.Errorf("one SMS has the ids %s and %s", was, is)
	}
}
