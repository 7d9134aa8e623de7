package sql

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// numbered is a table whose rows have a time only once they were changed, and ids that are numbers.
func numbered() application {
	return application{
		schema: func(_ testing.TB, s server) string {
			return s.sql("CREATE TABLE [aduan] (id bigint PRIMARY KEY, isi text, [diubah] timestamp NULL DEFAULT NULL)")
		},
		set: func(own *Settings, _ func(string) string) {
			own.Table, own.Time, own.ID = "aduan", "diubah", "id"
			own.Map = connectors.Mapping{"id": {From: "id"}, "text": {From: "isi"}}
		}}
}

func addNumber(id int) string {
	return fmt.Sprintf("INSERT INTO [aduan] (id, isi) VALUES (%d, 'lampu mati di Midai')", id)
}

func findsTextsBelow(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), smallPages)
	c.exec(t, addRow("ADU-9", "NULL"))
	c.wantIDs(t, "the first", "ADU-9")
	c.exec(t, addRow("ADU-10", "NULL"), addRow("6f9619ff8b86d011b42d", "NULL"), addRow("0", "NULL"), addRow("ada", at(time.Now(), 0)))
	c.wantIDs(t, "three that sort before it, on pages of two", "ADU-10", "6f9619ff8b86d011b42d", "0", "ada")
	before := c.from
	c.wantIDs(t, "at the end")
	if c.from != before {
		t.Errorf("nothing is new and the cursor moves")
	}
	c.exec(t, "UPDATE [aduan] SET [diubah] = "+at(time.Now(), 0)+" WHERE [No Tiket] = '0'")
	c.wantIDs(t, "one that is changed", "0")
	c.exec(t, addRow("ADU-1", "NULL"))
	c.wantIDs(t, "one more", "ADU-1")
	if read, err := connectors.ReadCursor[note](c.from); err != nil || len(read.Timeless) != 4 {
		t.Errorf("kept in mind are %d rows, want the four that have no time still: %v", len(read.Timeless), err)
	}
}

func findsUUIDs(t *testing.T, s server) {
	table := numbered()
	table.schema = func(_ testing.TB, s server) string {
		return s.sql("CREATE TABLE [aduan] (id uuid PRIMARY KEY, isi text, [diubah] timestamp NULL DEFAULT NULL)")
	}
	c := newChannel(t, s, table, nil)
	for _, first := range []string{"f", "0", "7"} {
		id := strings.Repeat(first, 8) + "-8b86-4011-b42d-00c04fc964ff"
		c.exec(t, "INSERT INTO [aduan] (id, isi) VALUES ('"+id+"', 'lampu mati di Midai')")
		c.wantIDs(t, "one by one", id)
	}
	c.wantIDs(t, "at the end")
}

func findsLateNumbers(t *testing.T, s server) {
	c := newChannel(t, s, numbered(), nil)
	slow, err := c.db.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = slow.Exec(s.sql(addNumber(10)))
	must(t, err)
	c.exec(t, addNumber(9), addNumber(11))
	c.wantIDs(t, "before the commit", "9", "11")
	must(t, slow.Commit())
	c.wantIDs(t, "after the commit", "10")
	c.wantIDs(t, "at the end")
}

// addMany adds rows without a time, from one number to another.
func (c *channel) addMany(t testing.TB, into string, from, to int) {
	t.Helper()
	numbers := "SELECT seq AS n FROM seq_%d_to_%d"
	if c.server.driver == postgresDriver {
		numbers = "SELECT n FROM generate_series(%d, %d) AS n"
	}
	c.exec(t, fmt.Sprintf("INSERT INTO [aduan] "+into+" FROM ("+numbers+") AS x", from, to))
}

func readsManyTimelessNumbers(t *testing.T, s server) {
	c := newChannel(t, s, numbered(), func(own *Settings) { own.Page = mostPage })
	const rows = 2*mostTimeless + 700
	into := "(id, isi) SELECT n, 'lampu mati'"
	c.addMany(t, into, 1, rows-101)
	c.addMany(t, into, rows-99, rows)
	all := map[string]bool{}
	for _, one := range c.drain(t).Complaints {
		all[one.SourceID] = true
	}
	if len(all) != rows-1 || len(c.from) > connectors.MostCursor {
		t.Errorf("of %d rows %d came; the cursor has %d bytes", rows-1, len(all), len(c.from))
	}
	c.wantIDs(t, "at the end")
	c.exec(t, addNumber(rows-100), addNumber(rows+1))
	c.wantIDs(t, "one that was committed late, and the next", fmt.Sprint(rows-100), fmt.Sprint(rows+1))
	said, err := c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "Check", said, "more than 15000 rows have no time", "highest numbers", fmt.Sprintf("takes %d complaints in", rows+1))
}

func refusesManyTimelessTexts(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), func(own *Settings) { own.Page = mostPage })
	text := map[string]string{mysqlDriver: "CONCAT('ADU-', n)", postgresDriver: "'ADU-' || n"}[s.driver]
	into := "([No Tiket], isi, [diubah]) SELECT " + text + ", 'lampu mati', NULL"
	c.exec(t, "ALTER TABLE [aduan] ADD [dibuat] timestamp NULL DEFAULT NULL", addRow("dulu", at(time.Now(), 0)))
	c.addMany(t, into, 1, mostTimeless)
	c.exec(t, "UPDATE [aduan] SET [dibuat] = "+old(1)+" WHERE [diubah] IS NULL")
	if got := len(c.drain(t).Complaints); got != mostTimeless+1 {
		t.Errorf("of %d rows %d came", mostTimeless+1, got)
	}
	said, err := c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "Check", said, "15000 rows have no time, and their ids are no numbers", "COALESCE(updated_at, created_at)")

	c.reopen(t, connectors.UsualReach()) // on pages of two, which those that have a time fill
	changed := []string{"berubah-1", "berubah-2", "berubah-3"}
	for _, id := range changed {
		c.exec(t, addRow(id, at(time.Now(), 0)))
	}
	c.exec(t, addRow("ADU-0", "NULL"), "UPDATE [aduan] SET [dibuat] = "+at(time.Now(), 0)+" WHERE [No Tiket] = 'ADU-0'")
	_, polled := c.Poll.Poll(t.Context(), c.from)
	_, checked := c.Check.Check(t.Context())
	for what, err := range map[string]error{"Poll": polled, "Check": checked} {
		if err == nil {
			t.Fatalf("%s gives no error with more rows than can be told apart", what)
		}
		wantPart(t, what, err.Error(), `time: names the column "diubah"`, "empty in more than 15000 rows", "COALESCE(updated_at, created_at)")
	}
	c.exec(t, "CREATE VIEW [aduan_waktu] AS SELECT [No Tiket], isi, hp, COALESCE([diubah], [dibuat]) AS [waktu] FROM [aduan]")
	settings := agencyTable().settings(s, c.name)
	settings.Table, settings.Time, settings.Map["reported_at"] = "aduan_waktu", "waktu", connectors.Value{From: "waktu"}
	c.open(t, settings)
	c.wantIDs(t, "what waited, through a view in which each row has a time", append(changed, "ADU-0")...)
}

func looksAgainAtTimelessRows(t *testing.T, s server) {
	texts := newChannel(t, s, agencyTable(), smallPages)
	texts.exec(t, addRow("ADU-9", "NULL"), addRow("ADU-10", "NULL"))
	texts.from = `{"void":{"v":"ADU-9"}}`
	texts.wantIDs(t, "texts", "ADU-10", "ADU-9") // the one that is known comes again, which is harmless
	texts.wantIDs(t, "texts, at the end")
	if n := strings.Count(texts.said.String(), "looked through once more"); n != 1 {
		t.Errorf("%d lines say that rows are looked through once more, want one:\n%s", n, texts.said)
	}
	none := newChannel(t, s, agencyTable(), nil)
	none.from = `{"void":{"v":"ADU-9"}}`
	none.wantIDs(t, "none is left")
	none.wantIDs(t, "none is left still")
	if n := strings.Count(none.said.String(), "looked through once more"); n != 1 {
		t.Errorf("%d lines say that rows are looked through once more, want one:\n%s", n, none.said)
	}

	numbers := newChannel(t, s, numbered(), nil)
	numbers.exec(t, addNumber(1), addNumber(90_000), addNumber(90_010), addNumber(90_012))
	numbers.from = `{"void":{"v":"90011","n":true}}`
	numbers.wantIDs(t, "numbers, not far back", "90000", "90010", "90012")
	numbers.wantIDs(t, "numbers, at the end")
}

func TestOfNumbersWithoutATimeTheHighestAreKeptInMind(t *testing.T) {
	var marks connectors.Marks
	for i := range mostTimeless + 10 {
		marks = append(marks, rowID{fmt.Sprint(i - 5), true}.mark())
	}
	slices.Reverse(marks)
	var n note
	n.keepTimeless(marks)
	if len(n.Timeless) != mostTimeless || n.Floor == nil || *n.Floor != 4 || n.Timeless[0].Time != 5 {
		t.Errorf("kept are %d, from %d on; the floor is %v", len(n.Timeless), n.Timeless[0].Time, n.Floor)
	}
	n = note{}
	if n.keepTimeless(marks[:mostTimeless]); len(n.Timeless) != mostTimeless || n.Floor != nil {
		t.Errorf("as many as can be kept: %d, and the floor %v", len(n.Timeless), n.Floor)
	}
}

// A database whose one row is there when ids are asked for, and not when it is asked for by its id.
func TestRowsWithoutATimeThatAreNotFoundByTheirIDAreTold(t *testing.T) {
	db := sql.OpenDB(&ledger{kind: "DATETIME2"})
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	src := serverSource(t)
	s := &sweep{connector: &connector{settings: src.settings, source: src}}
	rows, err := s.timeless(t.Context(), tx)
	must(t, tx.Rollback(), db.Close())
	if err == nil || len(s.note.Timeless) > 0 {
		t.Fatalf("%d rows come, %d are kept in mind, and there is no error", len(rows), len(s.note.Timeless))
	}
	wantPart(t, "the error", err.Error(), "not when they are asked for by their ids")
}
