package workbook

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
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
