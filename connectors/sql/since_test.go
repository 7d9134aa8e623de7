package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// history is what a table that was in use before must hold.
func history(t *testing.T, s server) {
	for name, test := range map[string]func(*testing.T, server){
		"older rows are left alone, and counted in the log and the check":                             leavesHistoryAlone,
		"since that reaches further later takes older rows in":                                        reachesFurtherLater,
		"times as numbers and queries begin there too":                                                beginsWithNumbersAndQueries,
		"a table that was polled before is read on as it was":                                         readsOnWithoutSince,
		"a table that was found empty in the wrong place is read for the first time in the right one": readsAnewInTheRightPlace,
		"what comes to a table that was found empty is new":                                           takesTheOldIntoAnEmptyTable,
		"who is anonymous by an expression stays so":                                                  hidesByAnExpression,
		"opensid: what is done is not opened again":                                                   leavesDoneInOpenSID,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func old(days int) string { return at(time.Now(), -time.Duration(days)*24*time.Hour) }

func (c *channel) addHistory(t testing.TB) {
	t.Helper()
	c.exec(t, addRow("tahun-lalu", old(400)), addRow("delapan", old(8)), addRow("kemarin", old(1)), addRow("tanpa", "NULL"))
}

func leavesHistoryAlone(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	c.addHistory(t)
	said, err := c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "Check", said, "a first poll takes 2 complaints in; 2 more are older than "+time.Now().Add(-7*24*time.Hour).In(wib()).Format("02-01-2006"), "set since to all")
	c.wantIDs(t, "the first poll", "kemarin", "tanpa")
	wantPart(t, "the log", c.said.String(), "older=2", "left alone", "set since to all")
	before := c.from
	c.wantIDs(t, "at the end")
	if c.from != before {
		t.Errorf("nothing is new and the cursor moves")
	}
	c.exec(t, addRow("kini", at(time.Now(), 0)))
	c.wantIDs(t, "a new one", "kini")
	if n := strings.Count(c.said.String(), "left alone"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}

	only := newChannel(t, s, agencyTable(), nil) // nothing but history: it is told once all the same
	only.exec(t, addRow("tahun-lalu", old(400)))
	only.wantIDs(t, "nothing new")
	only.wantIDs(t, "again")
	if n := strings.Count(only.said.String(), "older=1"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
	only.exec(t, addRow("kini", at(time.Now(), 0)))
	only.wantIDs(t, "a new one", "kini")
}

func (c *channel) reopen(t testing.TB, since connectors.Reach) {
	t.Helper()
	settings := agencyTable().settings(c.server, c.name)
	settings.Since, settings.Page = since, 2
	c.open(t, settings)
}

func reachesFurtherLater(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	c.addHistory(t)
	c.wantIDs(t, "seven days", "kemarin", "tanpa")
	c.reopen(t, connectors.Reach{Back: config.Duration(30 * 24 * time.Hour)})
	c.wantIDs(t, "thirty days", "delapan")
	wantPart(t, "the log", c.said.String(), "older=1")
	c.wantIDs(t, "at the end")
	c.reopen(t, connectors.Reach{All: true})
	c.wantIDs(t, "all", "delapan", "tahun-lalu") // one came again, which is harmless: it is known
	c.wantIDs(t, "at the end")
	c.reopen(t, connectors.UsualReach())
	c.wantIDs(t, "narrowed again")

	day := newChannel(t, s, agencyTable(), func(own *Settings) {
		own.Since = connectors.Reach{Day: time.Now().Add(-9 * 24 * time.Hour).In(wib()).Format(time.DateOnly)}
	})
	day.addHistory(t)
	day.wantIDs(t, "from a day on", "delapan", "kemarin", "tanpa")
}

func beginsWithNumbersAndQueries(t *testing.T, s server) {
	for unit, scale := range map[string]int64{"seconds": 1, "milliseconds": 1000} {
		table := application{
			schema: func(testing.TB, server) string {
				return s.sql("CREATE TABLE [aduan] (id int PRIMARY KEY, isi text, waktu bigint NULL)")
			},
			set: func(own *Settings, _ func(string) string) {
				own.Table, own.Time, own.ID = "aduan", "waktu", "id"
				own.Map = connectors.Mapping{"id": {From: "id"}, "text": {From: "isi"}}
			}}
		c := newChannel(t, s, table, nil)
		now := time.Now().Unix()
		for id, days := range []int64{400, 8, 1} {
			c.exec(t, fmt.Sprintf("INSERT INTO [aduan] VALUES (%d, 'lampu mati', %d)", id, (now-days*24*3600)*scale))
		}
		c.exec(t, "INSERT INTO [aduan] VALUES (9, 'lampu mati', 0)")
		said, err := c.Check.Check(t.Context())
		must(t, err)
		wantPart(t, "Check", said, "a first poll takes 2 complaints in; 2 more are older")
		c.wantIDs(t, unit, "2", "9")
		wantPart(t, "the log", c.said.String(), "older=2")
	}
	c := newChannel(t, s, agencyQuery(), nil)
	c.exec(t, addRow("lama", old(400)), addRow("baru", old(1)))
	said, err := c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "Check", said, "a first poll takes 1 complaints in; 1 more are older")
	c.wantIDs(t, "a query", "baru")
	wantPart(t, "the log", c.said.String(), "older=1")
}

func readsOnWithoutSince(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), func(own *Settings) { own.Since = connectors.Reach{All: true} })
	c.addHistory(t)
	c.wantIDs(t, "all of it", "delapan", "kemarin", "tahun-lalu", "tanpa")
	if strings.Contains(string(c.from), "begun") {
		t.Errorf("the cursor of before there was since is %s", c.from)
	}
	c.reopen(t, connectors.UsualReach())
	c.wantIDs(t, "nothing again")
	wantNoPart(t, "the log", c.said.String(), "left alone")
}

// A new table is polled for weeks, the line is down for eight days, and a citizen files on the first of them.
func takesTheOldIntoAnEmptyTable(t *testing.T, s server) {
	for _, table := range []application{agencyTable(), agencyQuery()} {
		c := newChannel(t, s, table, smallPages)
		c.wantIDs(t, "an empty table")
		if c.from == "" {
			t.Errorf("%s: a table that was found empty counts as never read", table.name)
		}
		before := c.from
		c.wantIDs(t, "still empty")
		if c.from != before {
			t.Errorf("%s: nothing is new and the cursor moves", table.name)
		}
		c.exec(t, addRow("hari-pertama", old(8)), addRow("kini", at(time.Now(), 0)))
		c.wantIDs(t, table.name+", after the outage", "hari-pertama", "kini")
		wantNoPart(t, "the log", c.said.String(), "left alone")
		c.wantIDs(t, "at the end")
	}
}

// A condition that no row meets is corrected: what is there then was there before the gateway.
func readsAnewInTheRightPlace(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), func(own *Settings) { own.Where, own.Page = "1 = 0", 2 })
	c.addHistory(t)
	c.wantIDs(t, "the wrong rows")
	c.reopen(t, connectors.UsualReach())
	c.wantIDs(t, "the right ones", "kemarin", "tanpa")
	wantPart(t, "the log", c.said.String(), "left alone")
	c.wantIDs(t, "at the end")
}

// Who asks to be anonymous says so in a column that only an expression reads. Where a query does not give it, nobody's name goes out.
func hidesByAnExpression(t *testing.T, s server) {
	const anonymous = "kerahasiaan == 'Anonim'"
	c := newChannel(t, s, agencyTable(), nil)
	c.exec(t, "ALTER TABLE [aduan] ADD kerahasiaan varchar(20)", addRow("satu", old(1)), "UPDATE [aduan] SET kerahasiaan = 'Anonim'")
	settings := agencyTable().settings(c.server, c.name)
	settings.Map["anonymous"] = connectors.Value{Expr: anonymous}
	c.open(t, settings)
	page, err := c.Poll.Poll(t.Context(), "")
	if err != nil || len(page.Complaints) != 1 || !page.Complaints[0].Anonymous {
		t.Errorf("of a table: %+v, %v", page, err)
	}
	settings = agencyQuery().settings(c.server, c.name)
	settings.Map["anonymous"] = connectors.Value{Expr: anonymous}
	c.open(t, settings)
	page, err = c.Poll.Poll(t.Context(), "")
	if err != nil || len(page.Complaints) != 0 || len(page.SetAside) != 1 || !strings.Contains(page.SetAside[0].Detail, "kerahasiaan") {
		t.Errorf("of a query that does not give it: %+v, %v", page, err)
	}
}

func leavesDoneInOpenSID(t *testing.T, s server) {
	c := newChannel(t, s, villageSite(), func(own *Settings) { own.Since = connectors.Reach{All: true} })
	c.exec(t, "INSERT INTO [pengaduan] (nama, isi, status, created_at) VALUES ('Warga', 'sudah selesai', 3, "+old(900)+"), ('Warga', 'menunggu', 1, "+old(40)+"), "+
		"('Warga', 'diproses', 2, "+old(3)+"), ('Warga', 'tanpa status', NULL, "+old(2)+")")
	c.wantIDs(t, "all that is not done", "2", "3", "4")
}
