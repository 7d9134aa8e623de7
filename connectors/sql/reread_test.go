package sql

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// rereading is what reading again must hold: what a wrong map had set aside becomes, when map is corrected, what the table would.
func rereading(t *testing.T, s server) {
	t.Run("a row", func(t *testing.T) {
		c := newChannel(t, s, agencyTable(), func(own *Settings) { own.Map["text"] = connectors.Value{From: "jawaban"} })
		now := time.Now()
		c.exec(t, addRow("a", at(now, -time.Hour)), addRow("b", at(now, -time.Minute)), addRow("kosong", at(now, 0)), "UPDATE [aduan] SET isi = '' WHERE [No Tiket] = 'kosong'")
		c.wantRereadAs(t, agencyTable(), 2, func(own *Settings) {
			own.Map["id"] = connectors.Value{Expr: "hashOf($env['No Tiket'], diubah)"}
			own.Map["reported_at"] = connectors.Value{From: "diubah", Layout: []string{"02-01-2006"}} // of texts: the column has times
		})
	})
	t.Run("a row that is another now", func(t *testing.T) {
		c := newChannel(t, s, agencyTable(), func(own *Settings) { own.Map["text"] = connectors.Value{From: "jawaban"} })
		c.exec(t, addRow("a", at(time.Now(), 0)), addRow("b", at(time.Now(), 0)), addRow("c", at(time.Now(), 0)))
		aside := c.drain(t).SetAside
		c.exec(t, "UPDATE [aduan] SET hp = '6281255509999' WHERE [No Tiket] = 'a'", "DELETE FROM [aduan] WHERE [No Tiket] = 'b'", "UPDATE [aduan] SET [diubah] = '2026-01-03 14:05:00' WHERE [No Tiket] = 'c'")
		c.open(t, agencyTable().settings(c.server, c.name))
		for _, one := range aside {
			page, err := c.Reread.Reread(t.Context(), connectors.NewPatience(0), one)
			if took := len(page.Complaints) == 1; took != (one.SourceID == "c") || !took && !errors.Is(err, connectors.ErrNotKept) {
				t.Errorf("%s: %+v, %v", one.SourceID, page, err)
			}
		}
	})
	t.Run("a long SMS", func(t *testing.T) {
		wrong := func(own *Settings) { impatient(own); own.Map = connectors.Mapping{"place.lat": {From: "SenderNumber"}} }
		c := newChannel(t, s, smsCentre(), wrong)
		c.receive(t, long{udh: "050003D30302", text: "di Jl. Pramuka "}, long{udh: "050003D30303", text: "Ranai"}, long{udh: "050003D30301", text: "lampu mati "},
			long{text: "jalan rusak"}, long{udh: "050003D40201", text: "air PDAM "})
		c.wantRereadAs(t, smsCentre(), 3, impatient)
	})
}

// wantRereadAs drains a channel whose map is wrong, and another on the same table whose map is right: what the first had set
// aside becomes n complaints, which are those of the second.
func (c *channel) wantRereadAs(t testing.TB, a application, n int, right func(*Settings)) {
	t.Helper()
	before := append(c.drain(t).SetAside, c.drain(t).SetAside...)
	settings := a.settings(c.server, c.name)
	right(settings)
	after := &channel{server: c.server, db: c.db, name: c.name, said: c.said, files: c.files}
	after.open(t, settings)
	want := append(after.drain(t).Complaints, after.drain(t).Complaints...)
	if len(want) != n || len(before) < n {
		t.Fatalf("the table holds %d complaints, and %d rows are set aside", len(want), len(before))
	}
	var got, aside []string
	for _, one := range before {
		page, err := after.Reread.Reread(t.Context(), connectors.NewPatience(0), one)
		must(t, err)
		for _, again := range page.Complaints {
			got = append(got, again.SourceID+" "+again.ContentHash()+" "+again.Reporter.Account+" "+string(again.Raw.Body))
		}
		for _, still := range page.SetAside {
			aside = append(aside, string(still.Reason)+" "+still.Detail)
		}
	}
	var wanted []string
	for _, one := range want {
		wanted = append(wanted, one.SourceID+" "+one.ContentHash()+" "+one.Reporter.Account+" "+string(one.Raw.Body))
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("what was set aside becomes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
	if len(aside) != len(before)-n {
		t.Errorf("still set aside: %q", aside)
	}
}

// offline is a connector whose database is never asked.
func offline(t testing.TB, set func(*Settings)) *channel {
	t.Helper()
	s := defaults()
	s.Driver, s.Host, s.Database, s.User = mysqlDriver, "127.0.0.1", "aduan", "satupintu"
	s.Table, s.Time, s.ID = "aduan", "diubah", "no"
	s.Map = connectors.Mapping{"id": {From: "no"}, "text": {From: "isi"}}
	set(s)
	c := &channel{}
	c.open(t, s)
	return c
}

// A time is a time again, the same in every zone; a text that looks like one is a text where only that fits the mapping.
func TestATimeIsReadAgainAsTheMappingWantsIt(t *testing.T) {
	reread := func(expr, at string) string {
		c := offline(t, func(s *Settings) { s.Map["id"] = connectors.Value{Expr: expr} })
		raw := []byte(`{"diubah":"` + at + `","isi":"lampu mati","no":17}`)
		page, err := c.Reread.Reread(t.Context(), connectors.NewPatience(0), connectors.SetAside{Raw: raw})
		if err != nil || len(page.Complaints) != 1 {
			t.Fatalf("%s: %+v, %v", expr, page, err)
		}
		return page.Complaints[0].SourceID
	}
	if here, there := reread("hashOf(no, diubah)", "2026-01-03T14:05:00+07:00"), reread("hashOf(no, diubah)", "2026-01-03T07:05:00Z"); here != there {
		t.Errorf("a time has the ids %s and %s", here, there)
	}
	if id := reread("diubah[:10] + '/' + string(no)", "2026-01-03T14:05:00+07:00"); id != "2026-01-03/17" {
		t.Errorf("a text has the id %s", id)
	}
}

func TestWhatIsNoRowIsNotReadAgain(t *testing.T) {
	c := offline(t, func(*Settings) {})
	for _, raw := range []string{"", "map[no:1]", "[]", `{"isi":"tanpa id"}`, `[{"no":1,"isi":"a","diubah":null},{"no":2,"isi":"b","diubah":null}]`} {
		page, err := c.Reread.Reread(t.Context(), connectors.NewPatience(0), connectors.SetAside{Raw: []byte(raw)})
		if !errors.Is(err, connectors.ErrNotKept) || len(page.Complaints)+len(page.SetAside) > 0 {
			t.Errorf("%q: %+v, %v", raw, page, err)
		}
	}
}
