package spreadsheet

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

// large writes a CSV file of many rows, with words a hundred bytes long, or so many times that.
func large(t testing.TB, path string, rows, long int) {
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	text := bufio.NewWriter(file)
	words := strings.Repeat(" Sudah tiga hari, mohon diperbaiki, jalan gelap dan warga takut lewat.", long)
	fmt.Fprintln(text, "No,Waktu,Laporan,Kecamatan")
	for i := range rows {
		fmt.Fprintf(text, "ADU-%07d,03-01-2026 14:05,\"Lampu jalan nomor %d mati.%s\",Bunguran Timur\n", i, i, words)
	}
	if err := text.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

// readLarge polls a file to its end and returns its complaints and the most memory in use after a page, in bytes.
func readLarge(t testing.TB, c *connector, check int) (complaints int, most uint64) {
	var from connectors.Cursor
	for pages := 0; ; pages++ {
		page, err := c.Poll(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		complaints += len(page.Complaints)
		if pages%check == 0 {
			runtime.GC()
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			most = max(most, memory.HeapAlloc)
		}
		if from = page.Next; !page.More {
			return complaints, most
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const rows = 25_000
	b := newInbox(t)
	b.clock = time.Now()
	large(t, filepath.Join(b.dir, "a.csv"), rows, 10)
	before := heap()
	complaints, most := readLarge(t, b.connector, 20)
	// The file has 20 MiB. A row of it costs 25 bytes in a table that is at most twice as large as it must be; a row of
	// the page at hand, some kilobytes.
	const bound = rows*60 + 4<<20
	if complaints != rows || most > before+bound {
		t.Errorf("%d complaints with %d KiB more memory; the bound is %d", complaints, (most-before)>>10, bound>>10)
	}
}

func TestMemoryDoesNotGrowWithTheWorkbook(t *testing.T) {
	const rows, long = 3_000, 80
	b := newInbox(t)
	var sheet, texts strings.Builder
	sheet.WriteString(`<worksheet><sheetData><row>`)
	count := 0
	cell := func(text string) {
		fmt.Fprintf(&sheet, `<c t="s"><v>%d</v></c>`, count)
		fmt.Fprintf(&texts, "<si><t>%s</t></si>", text)
		count++
	}
	texts.WriteString("<sst>")
	for _, name := range []string{"No", "Waktu", "Laporan"} {
		cell(name)
	}
	for i := range rows {
		sheet.WriteString(`</row><row>`)
		cell(fmt.Sprint("ADU-", i))
		cell("03-01-2026 14:05")
		cell(fmt.Sprint(i, strings.Repeat(" Lampu jalan mati, mohon diperbaiki.", long)))
	}
	sheet.WriteString("</row></sheetData></worksheet>")
	texts.WriteString("</sst>")
	contents := workbooktest.ByHand(sheet.String())
	contents["xl/SharedStrings.xml"], contents["xl/media/a.jpeg"] = texts.String(), strings.Repeat("x", 16<<20)
	workbooktest.Zip(t, b.dir, contents)
	b.age("aduan.xlsx", time.Hour)
	clear(contents)
	sheet.Reset()
	texts.Reset()
	before := heap()
	complaints, most := readLarge(t, b.connector, 4)
	const bound = rows*(60+3*80) + 4<<20 // a table of what is known of texts is at most twice as large as it must be
	if complaints != rows || most > before+bound {
		t.Errorf("%d complaints with %d KiB more memory; the bound is %d", complaints, (most-before)>>10, bound>>10)
	}
}

func BenchmarkMillionRows(b *testing.B) {
	const rows = 1_000_000
	dir := b.TempDir()
	large(b, filepath.Join(dir, "a.csv"), rows, 1)
	for b.Loop() {
		c := benchConnector(b, dir)
		before := heap()
		complaints, most := readLarge(b, c, 100)
		if complaints != rows {
			b.Fatalf("%d complaints", complaints)
		}
		b.ReportMetric(float64(most-before)/(1<<20), "MiB")
	}
}

func benchConnector(b *testing.B, dir string) *connector {
	settings := defaults()
	settings.Path = config.Path(dir)
	settings.Map = connectors.Mapping{"id": {From: "No"}, "text": {From: "Laporan"}, "reported_at": {From: "Waktu", Layout: []string{"02-01-2006 15:04"}}}
	c, err := newConnector(connectors.Env{Zone: wib(), Log: slog.New(slog.DiscardHandler)}, settings)
	if err != nil {
		b.Fatal(err)
	}
	return c
}
