package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// mostRecoveries bounds how often reading starts again after a quote that never closes: each try may look at mostRow
// bytes.
const mostRecoveries = 1000

// csvLines reads the rows of a CSV text in UTF-8, lazily about quotes. A row that cannot be parsed is given with its
// fault, and reading goes on at the next line. So is one that may be several rows which a quote has run together.
type csvLines struct {
	feed       *feed
	reader     *csv.Reader
	comma      rune
	base       int64 // of reader.InputOffset: what was consumed when the reader was made
	row        int
	width      int // cells of the last row of one line
	recoveries int
	endsOpen   bool // the text ends inside a quoted cell
}

func newCSVLines(text io.Reader, comma rune) *csvLines {
	l := &csvLines{feed: &feed{src: text}, comma: comma}
	l.restart()
	return l
}

func (l *csvLines) restart() {
	l.reader = csv.NewReader(l.feed)
	l.reader.Comma, l.reader.LazyQuotes, l.reader.ReuseRecord = l.comma, true, true
	l.reader.FieldsPerRecord = -1
	l.base = 0
}

func (l *csvLines) Close() error { return nil }

func (l *csvLines) Next() (line, error) {
	cells, err := l.reader.Read()
	switch {
	case err == nil:
		return l.whole(cells)
	case errors.Is(err, errEnd) && len(bytes.Trim(l.feed.window[l.feed.row:], "\r\n")) == 0:
		return line{}, io.EOF
	case errors.Is(err, errEnd):
		l.endsOpen = true
		return l.recover("a quote opens in this row and never closes: write a quote inside a cell twice, or leave it out")
	case errors.Is(err, errTooLong):
		return l.recover(fmt.Sprintf("this row does not end within %d KiB: a quote that never closes, or no table at all", mostRow>>10))
	}
	return line{}, err
}

func (l *csvLines) whole(cells []string) (line, error) {
	offset := l.reader.InputOffset()
	size := int(offset - l.base)
	fault, apart := l.doubt(bytes.TrimLeft(l.feed.begun(size), "\r\n"), len(cells))
	if apart {
		return l.recover(fault)
	}
	l.row += blankLines(l.feed.done(size)) + 1
	l.base = offset
	switch {
	case fault != "":
		return line{row: l.row, fault: fault}, nil
	case slices.ContainsFunc(cells, func(cell string) bool { return strings.IndexByte(cell, 0) >= 0 }):
		return line{row: l.row, fault: "this row holds a NUL byte: the file is damaged here, or no text"}, nil
	}
	return line{row: l.row, cells: cells}, nil
}

// blankLines counts the empty lines that encoding/csv passes over before a row.
func blankLines(consumed []byte) int {
	blank := 0
	for {
		rest, ok := bytes.CutPrefix(bytes.TrimPrefix(consumed, []byte("\r")), []byte("\n"))
		if !ok {
			return blank
		}
		blank, consumed = blank+1, rest
	}
}

// recover gives up the first line of the row under way and starts again at the second.
func (l *csvLines) recover(fault string) (line, error) {
	l.recoveries++
	if l.recoveries > mostRecoveries {
		return line{}, &damageError{Reason: fmt.Sprintf("more than %d rows have a quote that never closes; export the file again", mostRecoveries)}
	}
	blank := blankLines(l.feed.window[l.feed.row:])
	for range blank + 1 {
		if err := l.feed.skipLine(); err != nil {
			return line{}, err
		}
	}
	l.row += blank + 1
	l.restart()
	return line{row: l.row, fault: fault}, nil
}
