// Package workbooktest makes XLSX files for tests.
package workbooktest

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Make writes an XLSX file as excelize does, and returns its path. Its one sheet is Sheet1.
func Make(t testing.TB, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	path := filepath.Join(t.TempDir(), "aduan.xlsx")
	if err := errors.Join(f.SaveAs(path), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// Rows writes an XLSX file whose one sheet has these rows, and returns its path.
func Rows(t testing.TB, rows ...[]any) string {
	t.Helper()
	return Make(t, func(f *excelize.File) {
		for i, row := range rows {
			cell, err := excelize.CoordinatesToCellName(1, i+1)
			if err = errors.Join(err, f.SetSheetRow("Sheet1", cell, &row)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Zip writes an XLSX file of these parts into a folder, and returns its path.
func Zip(t testing.TB, dir string, contents map[string]string) string {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for name, content := range contents {
		part, err := archive.Create(name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "aduan.xlsx")
	if err := errors.Join(archive.Close(), os.WriteFile(path, file.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// ByHand is a workbook as other programs write it: prefixes, no cell references, inline texts, other names.
func ByHand(sheet string) map[string]string {
	return map[string]string{
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<x:workbook xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:r="http://purl.oclc.org/ooxml/officeDocument/relationships"><x:workbookPr date1904="1"/><x:sheets><x:sheet name="Januari" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="worksheets/A.xml"/><Relationship Id="rId2" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/sharedStrings" Target="SharedStrings.xml"/></Relationships>`,
		"xl/SharedStrings.xml":       `<x:sst><x:si><x:t>lampu mati</x:t><x:rPh><x:t>aside</x:t></x:rPh></x:si><x:si><x:r><x:t>jalan_x000D_ </x:t></x:r><x:r><x:t>rusak</x:t></x:r></x:si></x:sst>`,
		"xl/worksheets/A.xml":        sheet,
	}
}

// WholeSheet is a sheet for ByHand.
const WholeSheet = `<x:worksheet><x:cols/><x:sheetData>
<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:t>a&amp;b</x:t></x:is></x:c><x:c t="str"><x:f>A1&amp;"x"</x:f><x:v>formula</x:v></x:c></x:row>
<x:row r="4"><x:c r="B4" t="s"><x:v>1</x:v></x:c><x:c t="d"><x:v>2026-01-03T14:05:00</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c><x:c/></x:row>
</x:sheetData><x:mergeCells><x:mergeCell ref="bad"/></x:mergeCells></x:worksheet>`
