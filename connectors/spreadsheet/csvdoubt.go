package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode"
)

// mostLooked bounds how many lines of a row are compared with it.
const mostLooked = 1000

// doubt says why a row of several lines may be several rows, run together by a quote that is missing or too many. A letter
// with line breaks is one cell, and no fault: its quotes are as CSV wants them, and none of its lines looks like a row.
//
//	quotes   a line looks like a row
//	right    no                        one row
//	right    yes                       set aside as one: it may be a letter with a list, or rows
//	wrong    no                        set aside as one: its lines may be the rest of a letter, and no rows
//	wrong    yes                       apart: the first line is set aside, and the others are read as rows
func (l *csvLines) doubt(text []byte, cells int) (fault string, apart bool) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	if len(rest) == 0 {
		l.width = cells
		return "", false
	}
	looks := l.holdsRow(rest, l.form(first), cells)
	lines := 1 + bytes.Count(rest, []byte("\n"))
	_, wrong := l.parse(text, false)
	switch {
	case wrong != nil && looks:
		return "a quote opens in this row and closes in another one: write a quote inside a cell twice, or leave it out", true
	case wrong != nil:
		return fmt.Sprintf("this row runs over %d lines, and its quotes do not say where its cells end: write a quote inside a cell twice, or leave it out", lines), false
	case looks:
		return fmt.Sprintf("this row runs over %d lines, of which one looks like a row of its own: mend its quotes, or save the file as XLSX", lines), false
	}
	return "", false
}

// holdsRow says whether one of a row's later lines looks like a row: it begins with a number, an id or a time of the same form
// as the row, and has as many cells as it or the table; or it has the table's cells and the row too few.
func (l *csvLines) holdsRow(rest []byte, form string, cells int) bool {
	looked := 0
	for next := range bytes.Lines(rest) {
		if looked++; looked > mostLooked {
			break
		}
		alike := form != "" && l.form(next) == form
		if !alike && cells >= l.width {
			continue
		}
		found, err := l.parse(next, true)
		if err == nil && len(found) > 1 && (len(found) == l.width || alike && len(found) == cells) {
			return true
		}
	}
	return false
}

// parse reads the first row of a text; lazily, whatever its quotes.
func (l *csvLines) parse(text []byte, lazy bool) ([]string, error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = l.comma, lazy, -1
	return reader.Read()
}

// form is a line's first cell with 0 for any number and a for any word in it; empty when it has no number.
func (l *csvLines) form(line []byte) string {
	cell, _, _ := strings.Cut(string(line), string(l.comma))
	var form []rune
	for _, r := range strings.Trim(cell, "\" \t\r\n") {
		switch {
		case unicode.IsDigit(r):
			r = '0'
		case unicode.IsLetter(r):
			r = 'a'
		}
		if n := len(form); n == 0 || form[n-1] != r || r != '0' && r != 'a' {
			form = append(form, r)
		}
	}
	if !strings.ContainsRune(string(form), '0') {
		return ""
	}
	return string(form)
}
