package workbook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

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
