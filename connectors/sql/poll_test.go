package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// reading is what reading must hold.
func reading(t *testing.T, s server) {
	for name, test := range map[string]func(*testing.T, server){
		"a row that is committed late is found":                           findsLateCommits,
		"rows of one time are told apart at the edge of a page":           tellsEqualTimesApart,
		"a time in the future is taken at once and hides nothing":         takesTheFuture,
		"a clock that was ahead hides nothing once it is right":           comesBackFromTheFuture,
		"rows without a time are read whatever their id":                  readsRowsWithoutATime,
		"a row without a time whose id is a text is found below others":   findsTextsBelow,
		"UUIDs without a time are found in any order":                     findsUUIDs,
		"a number without a time that is committed late is found":         findsLateNumbers,
		"more numbers without a time than can be kept in mind all come":   readsManyTimelessNumbers,
		"too many texts without a time are refused, and none is lost":     refusesManyTimelessTexts,
		"a cursor of before looks again at rows without a time":           looksAgainAtTimelessRows,
		"a row is found when it becomes a complaint, again when it moves": findsChanges,
		"more rows of one time than can be kept in mind come to an end":   endsALargeOverlap,
		"local times are read in the zone that is set":                    readsLocalTimes,
		"times in a wrong zone lose nothing":                              survivesAWrongZone,
		"Unix seconds and milliseconds are times":                         readsUnixTimes,
		"a statement is ended where it runs, in time":                     endsStatements,
		"a query that does not go forward is an error":                    refusesAQueryThatStands,
		"a row that cannot become a complaint is set aside":               setsAside,
		"any order of late, equal, timeless and future rows comes whole":  losesNothing,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// at is a time as the databases read it, in WIB.
func at(from time.Time, after time.Duration) string {
	return "'" + from.Add(after).In(wib()).Format("2006-01-02 15:04:05.000000") + "'"
}

func addRow(id string, when string) string {
	return fmt.Sprintf("INSERT INTO [aduan] ([No Tiket], isi, [diubah]) VALUES ('%s', 'lampu mati di Midai', %s)", id, when)
}

func smallPages(s *Settings) { s.Page = 2 }

func findsLateCommits(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	now := time.Now()
	slow, err := c.db.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = slow.Exec(s.sql(addRow("lambat", at(now, -10*time.Minute))))
	must(t, err)
	c.exec(t, addRow("a", at(now, -20*time.Minute)), addRow("b", at(now, -5*time.Minute)), addRow("c", at(now, -time.Minute)))
	c.wantIDs(t, "before the commit", "a", "b", "c")
	must(t, slow.Commit())
	c.wantIDs(t, "after the commit", "lambat")
	c.wantIDs(t, "at the end")
}

func tellsEqualTimesApart(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	same := at(time.Now(), -time.Hour)
	for _, id := range []string{"b", "c", "d", "e", "f"} {
		c.exec(t, addRow(id, same))
	}
	c.wantIDs(t, "five of one time", "b", "c", "d", "e", "f")
	c.exec(t, addRow("a", same), addRow("g", same))
	c.wantIDs(t, "two more, one of them with a lower id", "a", "g")
	c.wantIDs(t, "at the end")
}

func takesTheFuture(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	now := time.Now()
	c.exec(t, addRow("2037", "'2037-01-01 00:00:00'"), addRow("besok", at(now, 24*time.Hour)))
	c.wantIDs(t, "the future", "2037", "besok")
	c.exec(t, addRow("kini", at(now, 0)), addRow("tadi", at(now, -time.Minute)))
	c.wantIDs(t, "the present after it", "kini", "tadi")
	for range 3 {
		before := c.from
		c.wantIDs(t, "at the end")
		if c.from != before {
			t.Errorf("nothing is new and the cursor moves")
		}
	}
}

func comesBackFromTheFuture(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	now := time.Now()
	c.exec(t, addRow("dulu", at(now, -time.Minute)))
	c.wantIDs(t, "before", "dulu")
	read, err := connectors.ReadCursor[note](c.from)
	must(t, err)
	read.Low, read.Top = now.Add(48*time.Hour-15*time.Minute).UnixMicro(), now.Add(48*time.Hour).UnixMicro()
	c.from, err = read.cursor()
	must(t, err)
	c.wantIDs(t, "its clock was two days ahead")
	c.exec(t, addRow("kini", at(now, 0)), addRow("tadi", at(now, -2*time.Minute)))
	c.wantIDs(t, "what comes after it is right again", "kini", "tadi")
	if n := strings.Count(c.said.String(), "clock was ahead"); n != 1 {
		t.Errorf("%d lines say that the clock was ahead, want one:\n%s", n, c.said)
	}
}

func readsRowsWithoutATime(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	c.exec(t, addRow("ada", at(time.Now(), 0)))
	for i := range 5 {
		c.exec(t, addRow(fmt.Sprint("tanpa-", i), "NULL"))
	}
	none := []string{"ada", "tanpa-0", "tanpa-1", "tanpa-2", "tanpa-3", "tanpa-4"}
	if s.driver == mysqlDriver {
		exec1(t, c.db, "SET SESSION sql_mode = ''; "+s.sql(addRow("tanpa-5", "'0000-00-00 00:00:00'")))
		none = append(none, "tanpa-5")
	}
	c.wantIDs(t, "rows without a time", none...)
	c.wantIDs(t, "at the end")
	c.exec(t, addRow("tanpa-6", "NULL"))
	c.wantIDs(t, "one more", "tanpa-6")
}

func findsChanges(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), func(s *Settings) { s.Where = "status IS NULL OR status <> 'konsep' -- only what is sent\n" })
	now := time.Now()
	c.exec(t, addRow("a", at(now, -time.Minute)), addRow("b", at(now, -time.Minute)), "UPDATE [aduan] SET [status] = 'konsep' WHERE [No Tiket] = 'b'")
	c.exec(t, "UPDATE [aduan] SET [diubah] = "+at(now, -time.Minute))
	c.wantIDs(t, "one is a draft", "a")
	c.exec(t, "UPDATE [aduan] SET [status] = 'kirim', [diubah] = "+at(now, -time.Second)+" WHERE [No Tiket] = 'b'")
	c.wantIDs(t, "the draft is sent", "b")
	c.exec(t, "UPDATE [aduan] SET isi = 'lampu mati di Midai sejak kemarin', [diubah] = "+at(now, 0)+" WHERE [No Tiket] = 'a'")
	c.wantIDs(t, "the other was changed", "a")
	c.wantIDs(t, "at the end")
}

func endsALargeOverlap(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), func(s *Settings) { s.Page = mostPage })
	const rows = mostSeen + 3_000
	numbers := "SELECT seq AS n FROM seq_1_to_%d"
	if s.driver == postgresDriver {
		numbers = "SELECT n::text AS n FROM generate_series(1, %d) AS n"
	}
	c.exec(t, fmt.Sprintf("INSERT INTO [aduan] ([No Tiket], isi, [diubah]) SELECT n, 'lampu mati', "+at(time.Now(), -time.Hour)+" FROM ("+numbers+") AS x", rows))
	all := map[string]bool{}
	for _, one := range c.drain(t).Complaints {
		all[one.SourceID] = true
	}
	if len(all) != rows {
		t.Errorf("of %d rows %d came", rows, len(all))
	}
	if len(c.from) > connectors.MostCursor {
		t.Errorf("the cursor has %d bytes", len(c.from))
	}
	c.wantIDs(t, "at the end")
	wantPart(t, "the log", c.said.String(), "more rows than can be kept in mind")
}

func readsLocalTimes(t *testing.T, s server) {
	table := application{schema: func(testing.TB, server) string {
		return map[string]string{
			mysqlDriver:    "CREATE TABLE aduan (id int PRIMARY KEY, isi text, jam datetime, saat timestamp NULL)",
			postgresDriver: "CREATE TABLE aduan (id int PRIMARY KEY, isi text, jam timestamp, saat timestamptz)",
		}[s.driver]
	}, set: func(own *Settings, _ func(string) string) {
		own.Table, own.Time, own.ID, own.Zone, own.Since = "aduan", "jam", "id", "Asia/Jayapura", connectors.Reach{All: true}
		own.Map = connectors.Mapping{"id": {From: "id"}, "text": {From: "isi"}, "reported_at": {From: "jam"}, "incident_at": {From: "saat"}}
	}}
	c := newChannel(t, s, table, nil)
	// The administrator's session is in WIB, two hours behind: it writes the wall clock of Jayapura, and a moment.
	c.exec(t, "INSERT INTO [aduan] VALUES (1, 'lampu mati', '2026-01-03 14:05:00', '2026-01-03 12:05:00')")
	got := c.wantIDs(t, "one row", "1").Complaints[0]
	want := time.Date(2026, 1, 3, 5, 5, 0, 0, time.UTC)
	if !got.ReportedAt.Equal(want) || !got.IncidentAt.Equal(want) {
		t.Errorf("the times are %s and %s, want %s", got.ReportedAt.UTC(), got.IncidentAt.UTC(), want)
	}
}

func survivesAWrongZone(t *testing.T, s server) {
	for _, wrong := range []time.Duration{-7 * time.Hour, 7 * time.Hour} {
		c := newChannel(t, s, agencyTable(), nil)
		now := time.Now().Add(wrong)
		for i := range 4 {
			id := fmt.Sprint(i)
			c.exec(t, addRow(id, at(now, time.Duration(i)*time.Second)))
			c.wantIDs(t, fmt.Sprint(wrong, " off"), id)
		}
		c.exec(t, addRow("lambat", at(now, -time.Minute)))
		c.wantIDs(t, fmt.Sprint(wrong, " off, committed late"), "lambat")
	}
}

func readsUnixTimes(t *testing.T, s server) {
	for unit, scale := range map[string]int64{"seconds": 1, "milliseconds": 1000} {
		table := application{
			schema: func(testing.TB, server) string {
				return s.sql("CREATE TABLE [aduan] (id int PRIMARY KEY, isi text, waktu bigint NULL)")
			},
			set: func(own *Settings, _ func(string) string) {
				own.Table, own.Time, own.ID, own.Page = "aduan", "waktu", "id", 2
				own.Map = connectors.Mapping{"id": {From: "id"}, "text": {From: "isi"}, "reported_at": {From: "waktu"}}
			}}
		c := newChannel(t, s, table, nil)
		now := time.Now().Unix() * scale
		for i := range 5 {
			c.exec(t, fmt.Sprintf("INSERT INTO [aduan] VALUES (%d, 'lampu mati', %d)", i, now))
		}
		got := c.wantIDs(t, unit, "0", "1", "2", "3", "4").Complaints[0].ReportedAt
		if got.Unix() != now/scale {
			t.Errorf("%s: the time is %s", unit, got)
		}
		c.exec(t, fmt.Sprintf("INSERT INTO [aduan] VALUES (9, 'lampu mati', %d), (10, 'lampu mati', NULL)", now-60*scale))
		c.wantIDs(t, unit+", committed late", "9", "10")
	}
}

func endsStatements(t *testing.T, s server) {
	sleep := map[string]string{mysqlDriver: "SLEEP(60) = 0", postgresDriver: "pg_sleep(60) IS NOT NULL"}[s.driver]
	c := newChannel(t, s, agencyTable(), func(own *Settings) {
		own.Where, own.Timeout = sleep, config.Duration(400*time.Millisecond)
	})
	c.exec(t, addRow("a", "NULL"))
	c.exec(t, addRow("b", at(time.Now(), 0)))
	began := time.Now()
	_, err := c.Poll.Poll(t.Context(), "")
	if took := time.Since(began); err == nil || took > 10*time.Second {
		t.Errorf("Poll gives %v after %s", err, took)
	}
	running := map[string]string{
		mysqlDriver:    "SELECT info FROM information_schema.processlist WHERE user = 'gateway' AND command = 'Query'",
		postgresDriver: "SELECT query FROM pg_stat_activity WHERE usename = 'gateway' AND state = 'active'",
	}[s.driver]
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(20 * time.Second); len(lines(t, c.db, running)) > 0; <-tick.C {
		if time.Now().After(late) {
			t.Fatalf("a statement runs on: %q", lines(t, c.db, running))
		}
	}
}

func refusesAQueryThatStands(t *testing.T, s server) {
	c := newChannel(t, s, agencyQuery(), func(own *Settings) {
		own.Page = 2
		own.Query = strings.Replace(own.Query, "WHERE ", "WHERE 1 = 1 OR ", 1)
	})
	for i := range 3 {
		c.exec(t, addRow(fmt.Sprint(i), at(time.Now(), 0)))
	}
	for range 3 {
		page, err := c.Poll.Poll(t.Context(), c.from)
		if err != nil {
			wantPart(t, "the error", err.Error(), "does not go forward")
			return
		}
		c.from = page.Next
	}
	t.Error("a query that gives the same rows for ever is polled without an error")
}

func setsAside(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), func(own *Settings) { own.Map["place.lat"] = connectors.Value{From: "hp"} })
	c.exec(t, addRow("baik", at(time.Now(), 0)), addRow("kosong", at(time.Now(), 0)), addRow("salah", at(time.Now(), 0)),
		"UPDATE [aduan] SET isi = '' WHERE [No Tiket] = 'kosong'", "UPDATE [aduan] SET hp = 'rahasia warga' WHERE [No Tiket] = 'salah'")
	page := c.wantIDs(t, "one of three is sound", "baik")
	if len(page.SetAside) != 2 {
		t.Fatalf("%d rows are set aside, want 2", len(page.SetAside))
	}
	for _, aside := range page.SetAside {
		wantPart(t, "Where", aside.Where, "table aduan, row "+aside.SourceID)
		wantNoPart(t, "Detail", aside.Detail, "rahasia")
		wantPart(t, "Raw", string(aside.Raw), `"No Tiket":"`+aside.SourceID+`"`)
	}
	c.wantIDs(t, "at the end")
}

// losesNothing lets rows come in any order, some of them from transactions that stay open, and polls in between. Times are
// within the overlap of when their row is committed, or in the future.
func losesNothing(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	base := time.Now().Add(-5 * time.Minute)
	next, mostSteps := 0, 8
	if s.driver == postgresDriver {
		mostSteps = 2 // a connection costs it twenty times as much
	}
	rapid.Check(t, func(r *rapid.T) {
		c.exec(t, "DELETE FROM [aduan]")
		c.from = ""
		committed, came := map[string]bool{}, map[string]bool{}
		poll := func() {
			for _, one := range c.drain(t).Complaints {
				came[one.SourceID] = true
			}
		}
		for range rapid.IntRange(1, mostSteps).Draw(r, "steps") {
			slow, err := c.db.BeginTx(t.Context(), nil)
			must(t, err)
			open := rapid.IntRange(0, 2).Draw(r, "rows that stay open")
			for i := range open + rapid.IntRange(0, 4).Draw(r, "rows") {
				next++
				id := fmt.Sprintf("%d-%d", rapid.IntRange(0, 9).Draw(r, "id"), next)
				when := "NULL"
				if seconds := rapid.SampledFrom([]int{-1, 0, 0, 1, 60, 240, 100_000_000}).Draw(r, "seconds"); seconds >= 0 {
					when = at(base, time.Duration(seconds)*time.Second)
				}
				committed[id] = true
				if i < open {
					_, err = slow.Exec(s.sql(addRow(id, when)))
					must(t, err)
					continue
				}
				c.exec(t, addRow(id, when))
			}
			if rapid.Bool().Draw(r, "poll before the commit") {
				poll()
			}
			must(t, slow.Commit())
			if rapid.Bool().Draw(r, "poll after the commit") {
				poll()
			}
		}
		poll()
		for id := range committed {
			if !came[id] {
				r.Fatalf("row %s is lost", id)
			}
		}
		before := c.from
		if again := c.drain(t); len(again.Complaints) > 0 || c.from != before {
			r.Fatalf("nothing is new, and %d come again", len(again.Complaints))
		}
	})
}
