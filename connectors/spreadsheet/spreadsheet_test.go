package spreadsheet

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

//go:embed testdata/aduan.csv
var january string

func TestRowsBecomeComplaintsOrAreSetAside(t *testing.T) {
	b := newInbox(t)
	b.put("aduan.csv", january)
	g := b.drain("")
	if g.ids() != "1 2 5" {
		t.Fatalf("complaints %s", g.ids())
	}
	one := g.complaints[0]
	if one.Text != "Lampu jalan mati\ndi Sungai Ulu" || one.Title == "" || !one.ReportedAt.Equal(time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC)) {
		t.Errorf("got %+v", one)
	}
	type aside struct {
		ID, Where, Reason, Detail string
	}
	var asides []aside
	for _, a := range g.asides {
		asides = append(asides, aside{a.SourceID, a.Where, string(a.Reason), a.Detail})
	}
	want := []aside{
		{"3", "aduan.csv row 6", "bad_field", "Waktu (reported_at): is not a time written as 02-01-2006 15:04"},
		{"4", "aduan.csv row 7", "bad_field", "Laporan (text): is missing"},
		{"1", "aduan.csv row 8", "same_id", `row 3 has the same id and other words, so the id is not unique: map it from more columns, such as id: { expr: "No + '/' + Waktu" }`},
	}
	if diff := cmp.Diff(want, asides); diff != "" {
		t.Error(diff)
	}
	raw := `{"file":"aduan.csv","sheet":"","row":"10","No":"5","Waktu":"07-01-2026 11:00","Laporan":"Sampah menumpuk di pasar Ranai","Nama":"Warga F","column 5":"lebih"}`
	if got := string(g.complaints[2].Raw.Body); got != raw || g.complaints[2].Raw.Type != "application/json" {
		t.Errorf("raw %s", got)
	}
	if log := b.log.String(); strings.Contains(log, "Warga") || strings.Contains(log, "Ranai") {
		t.Errorf("the log holds a row's words:\n%s", log)
	}
}

// What is kept of a row is enough to map it again, in the mapping's own spelling.
func TestTheRawRowMapsToTheSameComplaint(t *testing.T) {
	b := newInbox(t, func(s *Settings) {
		s.Map["id"] = connectors.Value{Expr: "file + '/' + sheet + '/' + row"}
		s.Map["text"] = connectors.Value{From: "isi laporan"}
	})
	b.put("aduan.csv", "No,Waktu,ISI  LAPORAN\n1,03-01-2026 14:05,Lampu mati\n")
	g := b.drain("")
	if g.ids() != "aduan.csv//2" {
		t.Fatalf("complaints %q", g.ids())
	}
	var record map[string]any
	must(t, json.Unmarshal(g.complaints[0].Raw.Body, &record))
	again, err := b.mapper.Map(record)
	if err != nil || again.ContentHash() != g.complaints[0].ContentHash() {
		t.Errorf("got %+v, %v", again, err)
	}
}

func natuna(t *testing.T) func(f *excelize.File) {
	return func(f *excelize.File) {
		layout := "dd/mm/yyyy hh:mm"
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &layout})
		must(t, err, f.SetSheetName("Sheet1", "Januari"))
		for _, sheet := range []string{"Februari", "Petunjuk", "Arsip", "Kosong"} {
			_, err := f.NewSheet(sheet)
			must(t, err)
		}
		for _, sheet := range []string{"Januari", "Februari", "Arsip"} {
			must(t, f.SetSheetRow(sheet, "A1", &[]any{"REKAP " + sheet}), f.SetSheetRow(sheet, "A3", &[]any{"No", "Waktu", "Laporan"}),
				f.SetSheetRow(sheet, "A4", &[]any{1, time.Date(2026, 1, 3, 14, 5, 0, 0, time.UTC), "Lampu mati, " + sheet}),
				f.SetSheetRow(sheet, "A5", &[]any{2, "04-01-2026 08:00", "Jalan rusak, " + sheet}),
				f.SetSheetRow(sheet, "A17", &[]any{3, "kemarin", "Pohon tumbang, " + sheet}), f.SetCellStyle(sheet, "B4", "B4", style))
		}
		must(t, f.SetSheetRow("Petunjuk", "A1", &[]any{"Isi satu baris untuk satu laporan"}), f.SetSheetVisible("Arsip", false))
	}
}

func TestEverySheetIsRead(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"} })
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	g := b.drain("")
	if g.ids() != "Januari/1 Januari/2 Februari/1 Februari/2" {
		t.Errorf("complaints %s", g.ids())
	}
	if want := "aduan.xlsx sheet Januari row 17, aduan.xlsx sheet Februari row 17, aduan.xlsx sheet Petunjuk"; g.wheres() != want {
		t.Errorf("set aside %s", g.wheres())
	}
	// A real date and a date as text, under one layout.
	if at := g.complaints[0].ReportedAt; !at.Equal(time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC)) {
		t.Errorf("reported at %s", at)
	}
}

func TestADateMergedOverSeveralComplaintsIsThatOfEach(t *testing.T) {
	b := newInbox(t)
	content, err := os.ReadFile(workbooktest.Make(t, func(f *excelize.File) {
		style, err := f.NewStyle(&excelize.Style{NumFmt: 22})
		must(t, err, f.SetSheetRow("Sheet1", "A1", &[]any{"Waktu", "No", "Laporan"}), f.SetCellStyle("Sheet1", "A2", "A2", style))
		for n := 1; n <= 5; n++ {
			must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("B%d", n+1), &[]any{n, fmt.Sprintf("Lampu mati di jalan %d", n)}))
		}
		must(t, f.SetCellValue("Sheet1", "A2", time.Date(2026, 1, 3, 14, 5, 0, 0, time.UTC)), f.MergeCell("Sheet1", "A2", "A6"))
	}))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	g := b.drain("")
	if g.ids() != "1 2 3 4 5" || len(g.asides) != 0 {
		t.Fatalf("complaints %s, set aside %+v", g.ids(), g.asides)
	}
	for _, one := range g.complaints {
		if !one.ReportedAt.Equal(time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC)) {
			t.Errorf("%s reported at %s", one.SourceID, one.ReportedAt)
		}
	}
}

func TestNamedSheetsAlone(t *testing.T) {
	b := newInbox(t, func(s *Settings) {
		s.Sheets = []string{"arsip", "Maret"}
		s.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"}
	})
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	if g := b.drain(""); g.ids() != "Arsip/1 Arsip/2" || g.wheres() != "aduan.xlsx sheet Maret, aduan.xlsx sheet Arsip row 17" {
		t.Errorf("complaints %s, set aside %s", g.ids(), g.wheres())
	}
}

func TestABrokenSheetDoesNotHideTheOthers(t *testing.T) {
	b := newInbox(t)
	contents := workbooktest.ByHand(`<worksheet><sheetData><row><c t="inlineStr"><is><t>No</t></is></c><c t="inlineStr"><is><t>Waktu</t></is></c><c t="inlineStr"><is><t>Laporan</t></is></c></row>
<row><c><v>1</v></c><c><v></v></c><c t="inlineStr"><is><t>Lampu mati</t></is></c></row><row><c t="s"><v>99</v></c></row></sheetData></worksheet>`)
	content, err := os.ReadFile(workbooktest.Zip(t, t.TempDir(), contents))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	b.put("lain.csv", "No,Waktu,Laporan\n2,,Jalan rusak\n")
	g := b.drain("")
	if g.ids() != "1 2" || g.wheres() != "aduan.xlsx sheet Januari" || g.asides[0].Reason != connectors.Unreadable ||
		!strings.HasPrefix(g.asides[0].Detail, "nothing after row 2 can be read: ") {
		t.Errorf("complaints %s, set aside %+v", g.ids(), g.asides)
	}
}

func TestAMissingColumnSetsTheFileAside(t *testing.T) {
	b := newInbox(t)
	b.put("aduan.csv", "No,Waktu,Isi\n1,,Lampu mati\n")
	g := b.drain("")
	if len(g.complaints) != 0 || g.wheres() != "aduan.csv" || g.asides[0].Reason != connectors.BadField || !strings.Contains(g.asides[0].Detail, `lacks the column "Laporan"`) {
		t.Fatalf("got %+v", g)
	}
	if again := b.drain(g.next); len(again.asides) != 0 || again.next != g.next {
		t.Errorf("it is set aside again: %+v", again)
	}
	// The operator corrects the mapping: the file is read after all.
	b.set.Map["text"] = connectors.Value{From: "Isi"}
	b.restart()
	if g := b.drain(g.next); g.ids() != "1" {
		t.Errorf("after the correction: %s", g.ids())
	}
}

func TestAFilePutTogetherFromSeveralIsReadAsOne(t *testing.T) {
	b := newInbox(t)
	b.put("a.csv", rows(1, 2)+rows(3, 3))
	if g := b.drain(""); g.ids() != "1 2 3" || len(g.asides) != 0 {
		t.Errorf("got %s, set aside %s", g.ids(), g.wheres())
	}
}

func TestAColumnWithADefaultMayBeMissing(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Map["category"] = connectors.Value{From: "Kategori", Default: "umum"} })
	b.put("aduan.csv", "No,Waktu,Laporan\n1,,Lampu mati\n")
	if g := b.drain(""); g.ids() != "1" || g.complaints[0].Category != "umum" {
		t.Errorf("got %+v", g)
	}
}

// Who asked to be anonymous is told from a column: a file without it is no file of people who did not ask.
func TestAFileWithoutTheColumnOfAnonymityIsSetAside(t *testing.T) {
	for name, c := range map[string]struct{ field, expr, header, lacks string }{
		"renamed":               {"anonymous", "Kerahasiaan == 'Anonim'", "Sifat", "Kerahasiaan"},
		"in other case":         {"anonymous", "Kerahasiaan == 'Anonim'", " KERAHASIAAN", ""},
		"by its title":          {"secret", "lower($env['Sifat Laporan'] ?? '') contains 'anonim'", "sifat  laporan", ""},
		"by its title, renamed": {"secret", "lower($env['Sifat Laporan'] ?? '') contains 'anonim'", "Sifat", "Sifat Laporan"},
		"without a title":       {"anonymous", "$env['column 4'] == 'Anonim'", "", ""},
		"the second of a title": {"anonymous", "$env['Laporan (2)'] == 'Anonim'", "Laporan", ""},
		"with words of its own": {"secret", "let kind = lower(Sifat); kind == 'anonim' and file != sheet and row != ''", "SIFAT", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newInbox(t, func(s *Settings) { s.Map[c.field] = connectors.Value{Expr: c.expr, Default: "tidak"} })
			b.put("aduan.csv", "No,Waktu,Laporan,"+c.header+"\n1,,Lampu mati,Anonim\n2,,Jalan rusak,Biasa\n")
			g := b.drain("")
			if c.lacks != "" {
				want := `lacks the column "` + c.lacks + `": write the columns in map as the file names them; without them nobody knows who asked to be anonymous or secret`
				if len(g.complaints) != 0 || g.wheres() != "aduan.csv" || !strings.HasSuffix(g.asides[0].Detail, want) {
					t.Errorf("complaints %+v, set aside %+v", g.complaints, g.asides)
				}
				return
			}
			if g.ids() != "1 2" || len(g.asides) != 0 {
				t.Fatalf("complaints %s, set aside %+v", g.ids(), g.asides)
			}
			for i, hidden := range []bool{true, false} {
				if one := g.complaints[i]; (one.Anonymous || one.Secret) != hidden {
					t.Errorf("%s: anonymous %t, secret %t", one.SourceID, one.Anonymous, one.Secret)
				}
			}
		})
	}
}

func TestExpressionsFindColumnsAsTheMappingSpellsThem(t *testing.T) {
	b := newInbox(t, func(s *Settings) {
		s.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"}
		s.Map["place.address"] = connectors.Value{Expr: "($env['Nama Desa'] ?? '') + (RT ?? '')"}
	})
	b.put("aduan.csv", "NO,Waktu,Laporan,nama desa\n1,,Lampu mati,Ranai\n")
	if g := b.drain(""); g.ids() != "/1" || g.complaints[0].Place.Address != "Ranai" {
		t.Errorf("complaints %+v, set aside %+v", g.complaints, g.asides)
	}
}

func TestSameIDAcrossSheetsNamesTheSheet(t *testing.T) {
	b := newInbox(t, func(s *Settings) { delete(s.Map, "reported_at") })
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	g := b.drain("")
	if len(g.asides) == 0 || g.asides[0].Reason != connectors.SameID || !strings.HasPrefix(g.asides[0].Detail, "sheet Januari row 4 has the same id") {
		t.Errorf("got %+v", g.asides)
	}
}

func TestAdviceIsAnExpressionThatCompiles(t *testing.T) {
	for _, c := range []struct {
		id, at connectors.Value
		names  []string
		want   string
	}{
		{connectors.Value{From: "No"}, connectors.Value{From: "Waktu Lapor"}, nil, `id: { expr: "No + '/' + $env['Waktu Lapor']" }`},
		{connectors.Value{Expr: "sheet + No"}, connectors.Value{}, []string{"No", "Nama"}, `id: { expr: "(sheet + No) + '/' + Nama" }`},
		{connectors.Value{From: "No's"}, connectors.Value{From: "No's"}, []string{"No's", "Isi"}, `id: { expr: "$env['No\'s'] + '/' + Isi" }`},
	} {
		r := recorder{header: &header{names: c.names}}
		got := r.advice(connectors.Mapping{"id": c.id, "reported_at": c.at})
		if !strings.HasSuffix(got, c.want) {
			t.Errorf("got %s\nwant %s", got, c.want)
			continue
		}
		text := strings.TrimSuffix(strings.TrimPrefix(c.want, `id: { expr: "`), `" }`)
		mapping := connectors.Mapping{"id": {Expr: text}, "text": {From: "x"}}
		if err := mapping.Validate(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	r := recorder{header: &header{names: []string{"No"}}}
	if got := r.advice(connectors.Mapping{"id": {From: "No"}}); got != "add a column with a number of its own for each complaint" {
		t.Errorf("got %s", got)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"as in the manual": {"path: inbox/*.xlsx\nmap: { id: { expr: \"sheet + '/' + No\" }, text: Laporan, reported_at: { from: Waktu, layout: \"02-01-2006 15:04\" } }", ""},
		"everything":       {"{path: a.csv, map: {id: No, text: Laporan}, sheets: [Januari], header: 3, encoding: utf-8, delimiter: tab, page: 100, quiet: 1m}", ""},
		"nothing":          {"{}", "path"},
		"no id":            {"{path: a.csv, map: {text: Laporan}}", "map.id"},
		"a pattern":        {"{path: \"a[.csv\", map: {id: No, text: Laporan}}", "no pattern"},
		"an encoding":      {"{path: a.csv, map: {id: No, text: Laporan}, encoding: latin1}", "encoding"},
		"a delimiter":      {"{path: a.csv, map: {id: No, text: Laporan}, delimiter: ab}", "delimiter"},
		"a page":           {"{path: a.csv, map: {id: No, text: Laporan}, page: 0}", "page"},
		"a header":         {"{path: a.csv, map: {id: No, text: Laporan}, header: -1}", "header"},
		"a sheet":          {"{path: a.csv, map: {id: No, text: Laporan}, sheets: [\" \"]}", "sheets[0]"},
		"a wrong key":      {"{path: a.csv, map: {id: No, text: Laporan}, delimter: tab}", "delimiter"},
	} {
		var node yaml.Node
		must(t, yaml.Unmarshal([]byte(c.yaml), &node))
		settings := Definition().Defaults()
		err := config.Decode(&node, settings, config.Place{File: "/etc/satupintu/gateway.yaml"}).Err()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want a word about %s", name, err, c.want)
		case c.want == "":
			open, err := Definition().Open(connectors.Env{Zone: wib()}, settings)
			if err != nil || open.Poll == nil || open.Check == nil || open.Close() != nil {
				t.Errorf("%s: opened as %+v, %v", name, open, err)
			}
		}
	}
}

func TestCheckSaysWhatItSees(t *testing.T) {
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	for name, c := range map[string]struct {
		put       func(b *inbox)
		want, bad string
	}{
		"nothing":    {func(*inbox) {}, "no file matches DIR yet", ""},
		"one":        {func(b *inbox) { b.put("aduan.csv", january) }, "1 file matches; aduan.csv: 7 rows below the header in row 2 (No, Waktu, Laporan, Nama)", ""},
		"a workbook": {func(b *inbox) { b.put("aduan.xlsx", string(content)); b.putAged("b.csv", january, time.Minute) }, "2 files match; aduan.xlsx: sheet Januari: 3 rows below the header in row 3 (No, Waktu, Laporan); sheet Februari: 3 rows below the header in row 3 (No, Waktu, Laporan); sheet Kosong: no rows; sheet Petunjuk: none of the first 50 rows has every column of map; row 1 comes nearest and lacks the column \"Laporan\", \"No\", \"Waktu\": write the columns in map as the file names them, or give a default", ""},
		"fresh":      {func(b *inbox) { b.putAged("aduan.csv", january, time.Second) }, "1 file matches; aduan.csv: 7 rows below the header in row 2 (No, Waktu, Laporan, Nama); it waits: it was written to less than 5s ago", ""},
		"cut":        {func(b *inbox) { b.put("aduan.csv", strings.TrimSpace(january)) }, "1 file matches; aduan.csv: 7 rows below the header in row 2 (No, Waktu, Laporan, Nama); it waits: the file's last row has no line break", ""},
		"unfit":      {func(b *inbox) { b.put("aduan.csv", "No,Isi\n1,x\n") }, "", `lacks the column "Laporan", "Waktu"`},
		"unreadable": {func(b *inbox) { b.put("aduan.xlsx", "not yet") }, "", "1 file matches; aduan.xlsx cannot be read: this is no XLSX file"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newInbox(t)
			c.put(b)
			got, err := b.Check(t.Context())
			if want := strings.ReplaceAll(c.want, "DIR", b.dir); got != want {
				t.Errorf("got  %s, %v\nwant %s", got, err, want)
			}
			if (err != nil) != (c.bad != "") || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("error %v, want %s", err, c.bad)
			}
		})
	}
	b := newInbox(t, func(s *Settings) { s.Path = config.Path(filepath.Join(t.TempDir(), "gone", "inbox")) })
	if got, err := b.Check(t.Context()); err == nil || got != "" {
		t.Errorf("a folder that is not there: %q, %v", got, err)
	}
}

func rows(from, to int) string {
	var text strings.Builder
	text.WriteString("No,Waktu,Laporan\n")
	for i := from; i <= to; i++ {
		fmt.Fprintf(&text, "%d,03-01-2026 14:05,Lampu mati di jalan %d\n", i, i)
	}
	return text.String()
}
