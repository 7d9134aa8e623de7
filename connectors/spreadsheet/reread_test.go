package spreadsheet

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

// again reads what is kept of rows again, under the settings of now.
func (b *inbox) again(raws ...[]byte) got {
	b.t.Helper()
	var g got
	for _, raw := range raws {
		page, err := b.Reread(b.t.Context(), connectors.NewPatience(0), connectors.SetAside{Where: "dulu", Raw: raw})
		must(b.t, err)
		g.complaints, g.asides = append(g.complaints, page.Complaints...), append(g.asides, page.SetAside...)
	}
	return g
}

// Rows that were set aside become, once map is corrected, what the file itself would become now: real dates in the layout that
// map has now, columns in the spelling that it has now, and what has an earlier row's id by another one.
func TestRowsThatWereSetAsideBecomeWhatTheFileWould(t *testing.T) {
	wrong := func(s *Settings) {
		s.Map["id"] = connectors.Value{Expr: "sheet"}
		s.Map["text"] = connectors.Value{From: "Laporan", Lookup: map[string]string{"tidak ada": "x"}}
		s.Map["reported_at"] = connectors.Value{From: "Waktu", Layout: []string{"01-02-2006 15.04"}}
	}
	right := func(s *Settings) {
		s.Map["id"] = connectors.Value{Expr: "file + '/' + sheet + '/' + row"}
		s.Map["text"] = connectors.Value{From: "LAPORAN "}
		s.Map["reported_at"] = connectors.Value{From: "waktu", Layout: []string{"02-01-2006 15:04"}}
	}
	b := newInbox(t, wrong)
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	before := b.drain("")
	if len(before.complaints) > 0 {
		t.Fatalf("the wrong map takes %s", before.ids())
	}
	var rows [][]byte
	for _, aside := range before.asides {
		if aside.Raw != nil { // a sheet without a header is no row
			rows = append(rows, aside.Raw)
		}
	}
	right(b.set)
	b.restart()
	now, again := b.drain(""), b.again(rows...)
	if len(now.complaints) != 4 || again.ids() != now.ids() {
		t.Fatalf("the file becomes %q, what was set aside %q", now.ids(), again.ids())
	}
	for i, want := range now.complaints {
		if got := again.complaints[i]; got.ContentHash() != want.ContentHash() || len(got.Raw.Body) == 0 {
			t.Errorf("row %d: got %+v, want %+v", i, got, want)
		}
	}
	if len(again.asides) != 2 || again.asides[0].Detail != "waktu (reported_at): is not a time written as 02-01-2006 15:04" || again.asides[0].Where != "dulu" {
		t.Errorf("still set aside: %+v", again.asides)
	}
}

func TestARowWithoutAColumnOfMapIsStillSetAside(t *testing.T) {
	b := newInbox(t)
	g := b.again([]byte(`{"file":"a.csv","sheet":"","row":"2","No":"1","Waktu":"","Isi":"Lampu mati"}`))
	if len(g.complaints) != 0 || len(g.asides) != 1 || !strings.Contains(g.asides[0].Detail, `lacks the column "Laporan"`) {
		t.Errorf("got %+v", g)
	}
}

// What was brought to the platform by a gateway is not taken in by a correction of map either.
func TestOurOwnComplaintIsNotTakenInOnceMore(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Preset = "lapor-export" })
	row := map[string]any{"No": "1", "Laporan": "Lampu mati [Ref SP-1KAZ5T8M3Q0X4RD]", "Waktu": "03-01-2026 14:05"}
	if _, unfit := b.fit(row, nil); unfit == nil || unfit.cause != connectors.SameID {
		t.Errorf("got %+v", unfit)
	}
}

func TestWhatIsNoRowIsNotReadAgain(t *testing.T) {
	b := newInbox(t)
	for _, raw := range []string{"", "No,Laporan\n1,Lampu\n", "[1]", `{"a":{"b":"c"}}`, "PK\x03\x04"} {
		page, err := b.Reread(t.Context(), connectors.NewPatience(0), connectors.SetAside{Raw: []byte(raw)})
		if !errors.Is(err, connectors.ErrNotKept) || len(page.Complaints)+len(page.SetAside) > 0 {
			t.Errorf("%q: %+v, %v", raw, page, err)
		}
	}
}
