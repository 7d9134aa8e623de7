package workbook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func openBook(t *testing.T, path string) *Book {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	b, err := Open(t.Context(), file, MostUnpacked)
	must(t, err, file.Close())
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

func shown(rows []Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, fmt.Sprintf("%d %s", r.Number, strings.Join(r.Cells, "|")))
	}
	return all
}

// rowsOf reads a sheet to its end.
func rowsOf(t *testing.T, rows *Rows) []Row {
	t.Helper()
	var all []Row
	for {
		next, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		must(t, err)
		next.Cells = slices.Clone(next.Cells)
		all = append(all, next)
	}
}

func sheetRows(t *testing.T, b *Book, index int) []Row {
	t.Helper()
	rows, err := b.Rows(b.sheets[index])
	must(t, err)
	defer rows.Close()
	return rowsOf(t, rows)
}

func TestXLSXCells(t *testing.T) {
	moment := time.Date(2026, 1, 3, 14, 5, 30, 0, time.UTC)
	formats := map[string]string{
		"dd/mm/yyyy hh:mm": "2026-01-03 14:05:30", "d mmm yy": "2026-01-03 14:05:30", "[$-421]dd mmmm yyyy;@": "2026-01-03 14:05:30",
		"hh:mm": "2026-01-03 14:05:30", "0.00": "46025.5871527778", "#,##0": "46025.5871527778", "[h]:mm": "46025.5871527778",
		`"hari "0`: "46025.5871527778", "General": "46025.5871527778",
	}
	path := workbooktest.Make(t, func(f *excelize.File) {
		row := 0
		put := func(value any) {
			row++
			must(t, f.SetCellValue("Sheet1", fmt.Sprintf("A%d", row), value))
		}
		put("lampu mati\r\ndi Ranai")
		put(81234567890123)
		put(0.1 + 0.2)
		put(true)
		put(false)
		put(-5)
		put(3201010101010312) // a spreadsheet program keeps 15 digits
		put("3.20101010101E+15 x")
		bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
		must(t, err)
		put(81234567890123)
		must(t, f.SetCellStyle("Sheet1", "A9", "A9", bold))
		put("<&> \"")
		for code := range formats {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
			row++
			cell := fmt.Sprintf("A%d", row)
			must(t, err, f.SetCellValue("Sheet1", cell, moment), f.SetCellStyle("Sheet1", cell, cell, style), f.SetCellStr("Sheet1", fmt.Sprintf("B%d", row), code))
		}
		for id, want := range map[int]string{14: "2026-01-03", 22: "2026-01-03 14:05:30", 20: "14:05:30", 1: "46025"} {
			style, err := f.NewStyle(&excelize.Style{NumFmt: id})
			row++
			cell := fmt.Sprintf("A%d", row)
			value := map[int]float64{14: 46025, 22: 46025.5871527778, 20: 0.5871527778, 1: 46025}[id]
			must(t, err, f.SetCellValue("Sheet1", cell, value), f.SetCellStyle("Sheet1", cell, cell, style), f.SetCellStr("Sheet1", fmt.Sprintf("C%d", row), want))
		}
		must(t, f.SetCellRichText("Sheet1", fmt.Sprintf("A%d", row+1), []excelize.RichTextRun{{Text: "lampu "}, {Text: "mati", Font: &excelize.Font{Bold: true}}}))
	})
	var got []string
	for _, r := range sheetRows(t, openBook(t, path), 0) {
		switch len(r.Cells) {
		case 2:
			if want := formats[r.Cells[1]]; r.Cells[0] != want {
				t.Errorf("%s: %s, want %s", r.Cells[1], r.Cells[0], want)
			}
			if _, isDate := r.Dates[0]; isDate != strings.Contains(r.Cells[0], "-") {
				t.Errorf("%s: a date is %t", r.Cells[1], isDate)
			}
		case 3:
			if r.Cells[0] != r.Cells[2] {
				t.Errorf("built-in format: %s, want %s", r.Cells[0], r.Cells[2])
			}
		default:
			got = append(got, r.Cells[0])
		}
	}
	want := []string{"lampu mati\r\ndi Ranai", "81234567890123", "0.3", "TRUE", "FALSE", "-5", "3201010101010310", "3.20101010101E+15 x", "81234567890123", "<&> \"", "lampu mati"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestXLSXDayNumbers(t *testing.T) {
	for _, c := range []struct {
		mac   bool
		value float64
		want  string
	}{
		{false, 61, "1900-03-01 00:00:00"},
		{false, 46025.999999, "2026-01-04 00:00:00"},
		{false, 46025.25, "2026-01-03 06:00:00"},
		{false, 46025.2500058, "2026-01-03 06:00:01"},
		{false, 46025.0423611111, "2026-01-03 01:01:00"},
		{false, 2958465, "9999-12-31 00:00:00"},
		{false, 0.5871527777, "14:05:30"},
		{false, 0.5871643519, "14:05:31"},
		{false, 2958466, "2958466"},
		{false, -1, "-1"},
		{false, 996545787, "996545787"},
		{false, 81234567890123, "81234567890123"},
		{false, 3201010101010300, "3201010101010300"},
		{true, 1, "1904-01-02 00:00:00"},
		{true, 44563.25, "2026-01-03 06:00:00"},
	} {
		path := workbooktest.Make(t, func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{NumFmt: map[bool]int{true: 20, false: 22}[c.value < 1]})
			must(t, err, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &c.mac}),
				f.SetCellValue("Sheet1", "A1", c.value), f.SetCellStyle("Sheet1", "A1", "A1", style))
		})
		if got := sheetRows(t, openBook(t, path), 0)[0]; got.Cells[0] != c.want || got.Dates[0].IsZero() == strings.Contains(c.want, " ") {
			t.Errorf("%v: %+v, want %s", c.value, got, c.want)
		}
	}
}

func TestXLSXMergedEmptyAndHidden(t *testing.T) {
	path := workbooktest.Make(t, func(f *excelize.File) {
		must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"REKAP LAPORAN", "", ""}), f.MergeCell("Sheet1", "A1", "C1"),
			f.SetSheetRow("Sheet1", "A3", &[]any{"Kecamatan", "No", "Laporan"}),
			f.SetSheetRow("Sheet1", "A4", &[]any{"Bunguran Timur", 1, "lampu mati"}),
			f.SetSheetRow("Sheet1", "A5", &[]any{nil, 2, "jalan rusak"}),
			f.SetSheetRow("Sheet1", "A8", &[]any{nil, 3, "pohon tumbang"}),
			f.SetSheetRow("Sheet1", "A9", &[]any{nil, 4, "air mati"}),
			f.MergeCell("Sheet1", "A4", "A8"))
		_, err := f.NewSheet("Arsip")
		must(t, err, f.SetSheetVisible("Arsip", false))
	})
	b := openBook(t, path)
	var got []string
	for _, r := range sheetRows(t, b, 0) {
		if !r.Empty() {
			got = append(got, fmt.Sprintf("%d %s", r.Number, strings.Join(r.Cells, "|")))
		}
	}
	want := []string{
		"1 REKAP LAPORAN", "3 Kecamatan|No|Laporan", "4 Bunguran Timur|1|lampu mati", "5 Bunguran Timur|2|jalan rusak",
		"8 Bunguran Timur|3|pohon tumbang", "9 |4|air mati",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if b.sheets[0].Hidden || !b.sheets[1].Hidden {
		t.Errorf("sheets %+v", b.sheets)
	}
	if rows := sheetRows(t, b, 1); len(rows) != 0 {
		t.Errorf("an empty sheet has rows %v", rows)
	}
}

// What is typed once for five complaints is a real date of each of them.
func TestXLSXMergedDatesStayDates(t *testing.T) {
	at := time.Date(2026, 1, 3, 14, 5, 0, 0, time.UTC)
	path := workbooktest.Make(t, func(f *excelize.File) {
		style, err := f.NewStyle(&excelize.Style{NumFmt: 22})
		must(t, err, f.SetSheetRow("Sheet1", "A3", &[]any{"Waktu", "Laporan"}), f.SetSheetRow("Sheet1", "A4", &[]any{at, "lampu mati"}),
			f.SetCellStyle("Sheet1", "A4", "A4", style))
		for row := 5; row <= 8; row++ {
			must(t, f.SetCellValue("Sheet1", fmt.Sprintf("B%d", row), "jalan rusak"))
		}
		must(t, f.SetCellValue("Sheet1", "A9", "kemarin"), f.SetCellValue("Sheet1", "B10", "air mati"),
			f.MergeCell("Sheet1", "A4", "A8"), f.MergeCell("Sheet1", "A9", "A10"))
	})
	for _, r := range sheetRows(t, openBook(t, path), 0) {
		date, isDate := r.Dates[0]
		switch {
		case r.Number < 4:
		case r.Number > 8 && (isDate || r.Cells[0] != "kemarin"):
			t.Errorf("row %d: %q became the date %s", r.Number, r.Cells, date)
		case r.Number <= 8 && (!date.Equal(at) || r.Cells[0] != at.Format(time.DateTime)):
			t.Errorf("row %d: %q with the dates %v", r.Number, r.Cells, r.Dates)
		}
	}
}

// Whatever the cells hold, and wherever they are, they come back in their rows and columns.
func TestXLSXCellsKeepTheirPlaces(t *testing.T) {
	want := map[int][]string{}
	path := workbooktest.Make(t, func(f *excelize.File) {
		for row := 1; row <= 300; row += 1 + rand.IntN(3) {
			for column := 1; column <= 8; column++ {
				values := []any{rand.IntN(1e9), fmt.Sprintf("lampu %d mati <&>\n", rand.IntN(50)), float64(rand.IntN(1e6)) / 100, nil}
				value := values[rand.IntN(len(values))]
				if value == nil {
					continue
				}
				cell, err := excelize.CoordinatesToCellName(column, row)
				must(t, err, f.SetCellValue("Sheet1", cell, value))
				for len(want[row]) < column {
					want[row] = append(want[row], "")
				}
				want[row][column-1] = fmt.Sprint(value)
			}
		}
	})
	got := map[int][]string{}
	for _, r := range sheetRows(t, openBook(t, path), 0) {
		if !r.Empty() {
			got[r.Number] = r.Cells
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestXLSXOfOtherPrograms(t *testing.T) {
	b := openBook(t, workbooktest.Zip(t, t.TempDir(), workbooktest.ByHand(workbooktest.WholeSheet)))
	want := []string{"1 lampu mati|a&b|formula", "2 ", "3 ", "4 |jalan\r rusak|2026-01-03 14:05:00|#N/A"}
	if diff := cmp.Diff(want, shown(sheetRows(t, b, 0))); diff != "" {
		t.Error(diff)
	}
}

// A file that is not whole is never read as if it were: not one of these ends as a shorter table.
func TestADamagedXLSXIsNoShorterOne(t *testing.T) {
	row := func(inner string) string {
		return "<worksheet><sheetData><row>" + inner + "</row></sheetData></worksheet>"
	}
	for name, change := range map[string]func(map[string]string){
		"cut in the rows": func(p map[string]string) { p["xl/worksheets/A.xml"] = workbooktest.WholeSheet[:200] },
		"cut behind the rows": func(p map[string]string) {
			p["xl/worksheets/A.xml"] = workbooktest.WholeSheet[:len(workbooktest.WholeSheet)-30]
		},
		"malformed":       func(p map[string]string) { p["xl/worksheets/A.xml"] = row("<c><v>1</c>&bad;<") },
		"an unknown text": func(p map[string]string) { p["xl/worksheets/A.xml"] = row(`<c t="s"><v>7</v></c>`) },
		"rows that go back": func(p map[string]string) {
			p["xl/worksheets/A.xml"] = `<worksheet><sheetData><row r="5"/><row r="2"/></sheetData></worksheet>`
		},
		"a cell far out": func(p map[string]string) { p["xl/worksheets/A.xml"] = row(`<c r="ZZZ1"><v>7</v></c>`) },
		"cells that go back": func(p map[string]string) {
			p["xl/worksheets/A.xml"] = row(`<c r="B1"><v>7</v></c><c r="A1"><v>8</v></c>`)
		},
		"a style of no number":     func(p map[string]string) { p["xl/worksheets/A.xml"] = row(`<c s="x"><v>7</v></c>`) },
		"a text of no number":      func(p map[string]string) { p["xl/worksheets/A.xml"] = row(`<c t="s"><v>x</v></c>`) },
		"texts that are not there": func(p map[string]string) { delete(p, "xl/SharedStrings.xml") },
		"no sheet in its place":    func(p map[string]string) { p["xl/worksheets/A.xml"] = "<x/>" },
		"an endless style":         func(p map[string]string) { p["xl/styles.xml"] = "<x>" + strings.Repeat("<y/>", mostPart/4) + "</x>" },
		"an endless text": func(p map[string]string) {
			p["xl/SharedStrings.xml"] = "<sst><si><t>" + strings.Repeat("7", mostElement+1<<20) + "</t></si></sst>"
		},
		"a cell of no name": func(p map[string]string) { p["xl/worksheets/A.xml"] = row(`<c r="1"><v>7</v></c>`) },
		"an endless cell": func(p map[string]string) {
			p["xl/worksheets/A.xml"] = row("<c><v>" + strings.Repeat("7", mostElement+1<<20) + "</v></c>")
		},
		"cut in the texts": func(p map[string]string) { p["xl/SharedStrings.xml"] = p["xl/SharedStrings.xml"][:90] },
		"without the texts' end": func(p map[string]string) {
			p["xl/SharedStrings.xml"] = strings.TrimSuffix(p["xl/SharedStrings.xml"], "</x:sst>")
		},
		"without its sheet":    func(p map[string]string) { delete(p, "xl/worksheets/A.xml") },
		"without its workbook": func(p map[string]string) { delete(p, "xl/workbook.xml") },
		"no workbook at all":   func(p map[string]string) { clear(p); p["a.txt"] = "x" },
		"OpenDocument":         func(p map[string]string) { p["content.xml"] = "<x/>" },
	} {
		t.Run(name, func(t *testing.T) {
			contents := workbooktest.ByHand(workbooktest.WholeSheet)
			change(contents)
			err := readAll(workbooktest.Zip(t, t.TempDir(), contents))
			var damage *DamageError
			if !errors.As(err, &damage) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// readAll reads every row of every sheet.
func readAll(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	b, err := Open(context.Background(), file, MostUnpacked)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, s := range b.sheets {
		rows, err := b.Rows(s)
		if err != nil {
			return err
		}
		defer rows.Close()
		for {
			if _, err := rows.Next(); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

func TestAnyFlippedOrMissingByteIsSeenOrHarmless(t *testing.T) {
	path := workbooktest.Zip(t, t.TempDir(), workbooktest.ByHand(workbooktest.WholeSheet))
	whole, err := os.ReadFile(path)
	must(t, err)
	want := shown(sheetRows(t, openBook(t, path), 0))
	var damage *DamageError
	for size := 0; size < len(whole); size += 37 {
		must(t, os.WriteFile(path, whole[:size], 0o644))
		if err := readAll(path); !errors.As(err, &damage) {
			t.Fatalf("the first %d of %d bytes: %v", size, len(whole), err)
		}
	}
	harmless := 0
	for at := 0; at < len(whole); at += 7 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1 << (at % 8)
		must(t, os.WriteFile(path, flipped, 0o644))
		if err := readAll(path); errors.As(err, &damage) {
			continue
		} else if err != nil {
			t.Fatalf("byte %d: %v", at, err)
		}
		harmless++
		if diff := cmp.Diff(want, shown(sheetRows(t, openBook(t, path), 0))); diff != "" {
			t.Fatalf("byte %d: %s", at, diff)
		}
	}
	if harmless > len(whole)/14 {
		t.Errorf("%d flips of %d are harmless", harmless, len(whole)/7)
	}
}

// A photo is neither copied nor held, and nothing is left behind.
func TestXLSXLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	contents := workbooktest.ByHand(workbooktest.WholeSheet)
	contents["xl/media/image1.jpeg"] = strings.Repeat("x", 1<<20)
	path := workbooktest.Zip(t, t.TempDir(), contents)
	file, err := os.Open(path)
	must(t, err)
	b, err := Open(t.Context(), file, MostUnpacked)
	must(t, err, file.Close())
	rows, err := b.Rows(b.sheets[0])
	must(t, err)
	if got := len(rowsOf(t, rows)); got != 4 {
		t.Errorf("%d rows", got)
	}
	b.file.Pkg.Range(func(part, _ any) bool {
		if strings.Contains(part.(string), "media") {
			t.Errorf("%s is held in memory", part)
		}
		return true
	})
	var size int64
	must(t, filepath.WalkDir(b.dir, func(name string, _ fs.DirEntry, err error) error {
		info, err2 := os.Stat(name)
		if err2 == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return errors.Join(err, err2)
	}))
	if size == 0 || size > 64<<10 {
		t.Errorf("%d bytes on the disk", size)
	}
	must(t, rows.Close(), b.Close(), os.WriteFile(path, []byte("PK\x03\x04"), 0o644))
	if err := readAll(path); err == nil {
		t.Error("half a file is opened")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// On a full disk excelize loses the words of texts without an error.
func TestAFullDiskIsNoEmptyText(t *testing.T) {
	b := openBook(t, workbooktest.Zip(t, t.TempDir(), workbooktest.ByHand(workbooktest.WholeSheet)))
	rows, err := b.Rows(b.sheets[0])
	must(t, err)
	defer rows.Close()
	b.dir = filepath.Join(b.dir, "full")
	_, err = rows.Next()
	var damage *DamageError
	if err == nil || errors.As(err, &damage) {
		t.Errorf("got %v", err)
	}
	b.dir = filepath.Dir(b.dir)
}

// Whatever the parts say, reading ends, and only damage or the end stops it.
func FuzzXLSX(f *testing.F) {
	whole := workbooktest.ByHand("")
	texts, main, styles := whole["xl/SharedStrings.xml"], whole["xl/workbook.xml"], `<styleSheet><numFmts><numFmt numFmtId="9" formatCode="d"/></numFmts><cellXfs><xf numFmtId="9"/><xf numFmtId="22"/></cellXfs></styleSheet>`
	f.Add(workbooktest.WholeSheet, texts, main, styles)
	f.Add(`<worksheet><sheetData/></worksheet>`, `<sst/>`, main, "")
	f.Add(`<worksheet><sheetData><row r="3"><c r="C3" s="1"><v>1e400</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C9"/></mergeCells></worksheet>`, "", main, styles)
	f.Add(`<sheetData><row><c t="s"><v>-1</v></c></row></sheetData></worksheet>`, `<si><t>x</si>`, `<workbook><sheets><sheet name="a"/></sheets></workbook>`, styles)
	f.Add(`<worksheet><sheetData><row r="1048576"><c r="XFD1" s="1"><v>1</v></c></row></sheetData></worksheet>`, texts, `<workbook/>`, styles)
	f.Fuzz(func(t *testing.T, sheet, texts, main, styles string) {
		contents := workbooktest.ByHand(sheet)
		contents["xl/SharedStrings.xml"], contents["xl/workbook.xml"], contents["xl/styles.xml"] = texts, main, styles
		err := readAll(workbooktest.Zip(t, t.TempDir(), contents))
		var damage *DamageError
		if err != nil && !errors.As(err, &damage) {
			t.Fatal(err)
		}
	})
}

// blanks is a workbook that is small as a file, and unpacks to so many rows of a megabyte of blanks.
func blanks(t *testing.T, rows int) *os.File {
	t.Helper()
	row := `<x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c>` + strings.Repeat(" ", 1<<20) + `</x:row>`
	path := workbooktest.Zip(t, t.TempDir(), workbooktest.ByHand("<x:worksheet><x:sheetData>"+strings.Repeat(row, rows)+"</x:sheetData></x:worksheet>"))
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestASmallFileThatUnpacksToTooMuchIsRefusedUnread(t *testing.T) {
	file := blanks(t, 20)
	var damage *DamageError
	if _, err := Open(t.Context(), file, 16<<20); !errors.As(err, &damage) || damage.Reason != "the file unpacks to more than 16 MiB: divide it" {
		t.Errorf("got %v", err)
	}
	book, err := Open(t.Context(), file, 32<<20)
	if err != nil || len(book.Sheets()) != 1 {
		t.Fatalf("got %v", err)
	}
	if err := book.Close(); err != nil {
		t.Error(err)
	}
}

func TestNobodysFileIsReadOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, blanks(t, 2), MostUnpacked); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
