package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func shown(rows []line) []string {
	var all []string
	for _, r := range rows {
		if r.fault != "" {
			all = append(all, fmt.Sprintf("%d! %s", r.row, r.fault))
			continue
		}
		all = append(all, fmt.Sprintf("%d %s", r.row, strings.Join(r.cells, "|")))
	}
	return all
}

func TestCSVRowsAndTheirNumbers(t *testing.T) {
	const unclosed = "a quote opens in this row and never closes: write a quote inside a cell twice, or leave it out"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"plain":                {"a,b\n1,2\n", []string{"1 a|b", "2 1|2"}},
		"CR LF":                {"a,b\r\n1,2\r\n", []string{"1 a|b", "2 1|2"}},
		"no last line break":   {"a,b\n1,2", []string{"1 a|b", "2 1|2"}},
		"empty lines count":    {"\n\r\na,b\n\n\n1,2\n\n", []string{"3 a|b", "6 1|2"}},
		"several lines a cell": {"a,b\n1,\"Ranai\nlampu mati\"\n2,x\n", []string{"1 a|b", "2 1|Ranai\nlampu mati", "3 2|x"}},
		"few and many cells":   {"a,b\n1\n1,2,3\n", []string{"1 a|b", "2 1", "3 1|2|3"}},
		"stray quotes":         {"1,papan \"awas\" roboh\n2,\"papan \"awas\" roboh\"\n", []string{"1 1|papan \"awas\" roboh", "2 2|papan \"awas\" roboh"}},
		"NUL":                  {"1,a\n2,b\x00c\n3,d\n", []string{"1 1|a", "2! this row holds a NUL byte: the file is damaged here, or no text", "3 3|d"}},
		"open quote at the end": {"1,a\n2,\"b\n3,c\n4,d\n", []string{
			"1 1|a", "2! " + unclosed, "3 3|c", "4 4|d"}},
		"two open quotes":       {"\n1,\"a\n2,\"b\n3,c", []string{"2! " + unclosed, "3! " + unclosed, "4 3|c"}},
		"only an open quote":    {"\"", []string{"1! " + unclosed}},
		"nothing":               {"", nil},
		"nothing but line ends": {"\n\r\n\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
				if diff := cmp.Diff(c.want, shown(rowsOf(t, newCSVLines(src, ',')))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// One missing quote must not make one complaint of five people's, nor garbage of a letter.
func TestAQuoteRunsNoRowsTogether(t *testing.T) {
	const (
		apart  = "a quote opens in this row and closes in another one: write a quote inside a cell twice, or leave it out"
		unsure = "this row runs over %d lines, and its quotes do not say where its cells end: write a quote inside a cell twice, or leave it out"
		looks  = "this row runs over %d lines, of which one looks like a row of its own: mend its quotes, or save the file as XLSX"
	)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"until the next cell with quotes": {"5,\"lampu mati,0812\n6,jalan rusak,0813\n7,sampah,0814\n8,banjir,0815\n9,\"air mati, RT 3\",0816\n10,x,0817\n", []string{
			"2! " + apart, "3 6|jalan rusak|0813", "4 7|sampah|0814", "5 8|banjir|0815", "6 9|air mati, RT 3|0816", "7 10|x|0817"}},
		"after empty lines": {"\n\r\n5,\"lampu mati,0812\r\n6,\"air, mati\",0813\r\n", []string{"4! " + apart, "5 6|air, mati|0813"}},
		"of two such rows":  {"5,\"lampu,0812\n6,\"jalan,0813\n7,\"air, mati\",0814\n", []string{"2! " + apart, "3! " + apart, "4 7|air, mati|0814"}},
		"in the first cell": {"\"5,lampu,0812\n6,jalan,0813\n\"7\",\"air\",0814\n", []string{"2! " + apart, "3 6|jalan|0813", "4 7|air|0814"}},
		"of rows that are known by an id": {"ADU-5,\"lampu,0812\nADU-06,jalan,0813\nADU-7,\"air, mati\",0814\n", []string{
			"2! " + apart, "3 ADU-06|jalan|0813", "4 ADU-7|air, mati|0814"}},
		"of rows that are known by a name":  {"Budi,\"lampu,0812\nSiti,jalan,0813\nTono,\"air, mati\",0814\n8,x,0815\n", []string{"2! " + fmt.Sprintf(unsure, 3), "3 8|x|0815"}},
		"with quotes that are right":        {"5,\"lampu mati,0812\n6,jalan rusak,0813\n7,pohon\",0814\n8,x,0815\n", []string{"2! " + fmt.Sprintf(looks, 3), "3 8|x|0815"}},
		"with quotes that are right at end": {"Budi,\"lampu mati,0812\nSiti,jalan rusak,0813\"\n8,x,0815\n", []string{"2! " + fmt.Sprintf(looks, 2), "3 8|x|0815"}},
		"but not a letter": {"5,\"Yth. Camat,\n\nlampu mati di jalan A, B, C\n1. sejak Senin, ya\n\"\"awas\"\", 2 tiang\n10,5 juta\nHormat kami\",0812\n", []string{
			"2 5|Yth. Camat,\n\nlampu mati di jalan A, B, C\n1. sejak Senin, ya\n\"awas\", 2 tiang\n10,5 juta\nHormat kami|0812"}},
		"nor a letter at the row's end":          {"5,\"lampu mati\ndi Ranai\"\n", []string{"2 5|lampu mati\ndi Ranai"}},
		"and of a letter with stray ones no row": {"5,\"papan \"awas\" roboh\nsejak kemarin\",0812\n6,x,0813\n", []string{"2! " + fmt.Sprintf(unsure, 2), "3 6|x|0813"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, comma := range []string{",", ";"} {
				text := strings.ReplaceAll("No,Laporan,HP\n"+c.text, ",", comma)
				for _, src := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
					got := shown(rowsOf(t, newCSVLines(src, rune(comma[0]))))
					for i := range got {
						if !strings.Contains(got[i], "!") {
							got[i] = strings.ReplaceAll(got[i], comma, ",")
						}
					}
					if diff := cmp.Diff(append([]string{"1 No|Laporan|HP"}, c.want...), got); diff != "" {
						t.Error(diff)
					}
				}
			}
		})
	}
}

func TestAQuoteThatNeverClosesDoesNotSwallowTheFile(t *testing.T) {
	var text strings.Builder
	text.WriteString("1,\"lampu mati\n")
	for i := 2; i <= 100_000; i++ {
		fmt.Fprintf(&text, "%d,jalan rusak\n", i)
	}
	rows := newCSVLines(strings.NewReader(text.String()), ',')
	all := rowsOf(t, rows)
	if len(all) != 100_000 || all[0].fault == "" || all[1].cells[0] != "2" || all[99_999].cells[0] != "100000" {
		t.Errorf("%d rows, the first with fault %q", len(all), all[0].fault)
	}
	if size := cap(rows.feed.window); size > 4*mostRow {
		t.Errorf("the window grew to %d bytes", size)
	}
}

func TestALineWithoutEndIsOneFault(t *testing.T) {
	text := "1,a\n" + strings.Repeat("x", 5*mostRow) + "\n3,c\n"
	all := rowsOf(t, newCSVLines(strings.NewReader(text), ','))
	if len(all) != 3 || all[1].fault == "" || all[1].row != 2 || all[2].row != 3 || all[2].cells[1] != "c" {
		t.Errorf("got %q", shown(all))
	}
}

func TestAFileOfOpenQuotesIsGivenUp(t *testing.T) {
	rows := newCSVLines(strings.NewReader(strings.Repeat("1,\"a\n", mostRecoveries+10)), ',')
	for n := 0; ; n++ {
		_, err := rows.Next()
		var damage *damageError
		if errors.As(err, &damage) {
			if n != mostRecoveries {
				t.Errorf("given up after %d rows, want %d", n, mostRecoveries)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestADiskErrorIsNoEndOfFile(t *testing.T) {
	broken := errors.New("input/output error")
	rows := newCSVLines(io.MultiReader(strings.NewReader("1,a\n2,b"), iotest.ErrReader(broken)), ',')
	if _, err := rows.Next(); err != nil {
		t.Fatal(err)
	}
	if next, err := rows.Next(); !errors.Is(err, broken) {
		t.Errorf("got %v, %v", next, err)
	}
}

// What a proper writer wrote is read as it was, in whatever pieces it comes: a table, none of whose cells has a line that
// begins as its row does.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`[a-z0-9",; \n\t.é]{0,12}`)
		width := rapid.IntRange(2, 5).Draw(t, "width")
		table := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 0, 20).Draw(t, "table")
		for _, row := range table {
			row[0] = "#" + row[0]
		}
		var text bytes.Buffer
		writer := csv.NewWriter(&text)
		if err := writer.WriteAll(table); err != nil {
			t.Fatal(err)
		}
		rows := newCSVLines(iotest.HalfReader(&text), ',')
		for i, want := range table {
			next, err := rows.Next()
			if err != nil || !slices.Equal(next.cells, want) || next.row != i+1 {
				t.Fatalf("row %d: %d %q, %v; want %q", i+1, next.row, next.cells, err, want)
			}
		}
		if _, err := rows.Next(); err != io.EOF || rows.endsOpen {
			t.Fatalf("at the end: %v, open %t", err, rows.endsOpen)
		}
	})
}

// Whatever the bytes, reading ends, rows rise, and a text of which nothing is set aside is read as encoding/csv reads it.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"", "a,b\n1,2\n", "a;b\r\n1;\"x\ny\"\r\n", "\"", "\"a\n\"b\nc", "\x00,\n\n,\"\"\"\n", "\r\r\n\",\n", "a\n\r",
		"5,\"a,0\n6,b,0\n7,\"c, d\",0\n", "5,\"a,0\n6,b,0\n7,c\",0\n", "\n\"5,a\"b\r\nc\"\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows := newCSVLines(bytes.NewReader(text), ',')
		var cells [][]string
		last, faults := 0, 0
		for {
			next, err := rows.Next()
			var damage *damageError
			if err == io.EOF || errors.As(err, &damage) {
				break
			}
			if err != nil || next.row <= last || next.row > bytes.Count(text, []byte("\n"))+1 {
				t.Fatalf("row %d after %d: %v", next.row, last, err)
			}
			last = next.row
			if next.fault != "" {
				faults++
				continue
			}
			cells = append(cells, slices.Clone(next.cells))
		}
		if faults > 0 {
			return
		}
		standard := csv.NewReader(bytes.NewReader(text))
		standard.LazyQuotes, standard.FieldsPerRecord = true, -1
		want, err := standard.ReadAll()
		// A carriage return at the very end of a text without a last line break is the one difference.
		if err != nil || !bytes.HasSuffix(text, []byte("\r")) && !cmp.Equal(cells, want) {
			t.Fatalf("got %q, want %q, %v", cells, want, err)
		}
	})
}
