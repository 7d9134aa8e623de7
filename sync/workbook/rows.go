package workbook

import (
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Row is one row of a sheet. Its slices are valid until the next one is read.
type Row struct {
	Number int // from 1, as a spreadsheet program counts
	Cells  []string
	Dates  map[int]time.Time // of cells that hold a real date: what Cells shows as 2006-01-02 15:04:05. Has no zone
}

// Empty says whether every cell is blank.
func (r Row) Empty() bool {
	for _, cell := range r.Cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// Rows are the rows of one sheet in their order, empty ones too.
type Rows struct {
	book   *Book
	rows   *excelize.Rows
	survey *survey
	merged mergedCells
	row    int
}

// Rows returns the rows of a sheet. Close them before the book.
func (b *Book) Rows(s Sheet) (*Rows, error) {
	rows, err := b.file.Rows(s.Name)
	if err != nil {
		return nil, asDamage(err, "the sheet is damaged")
	}
	return &Rows{book: b, rows: rows, survey: s.survey, merged: mergedCells{ahead: s.survey.merged}}, nil
}

// Close ends the reading.
func (l *Rows) Close() error { return l.rows.Close() }

// Next returns the next row, and io.EOF after the last one. A *DamageError says that what follows in this sheet cannot be
// parsed; any other error is the disk's.
func (l *Rows) Next() (Row, error) {
	switch {
	case l.row < l.survey.row && l.rows.Next():
		l.row++
		return l.read()
	case l.rows.Error() != nil:
		return Row{}, asDamage(l.rows.Error(), "the sheet is damaged")
	case l.survey.fault != nil:
		return Row{}, l.survey.fault
	}
	return Row{}, io.EOF
}

func (l *Rows) read() (Row, error) {
	cells, err := l.rows.Columns()
	if err != nil {
		return Row{}, asDamage(err, "the sheet is damaged")
	}
	if l.row == l.survey.worded {
		if err := l.book.hasRoom(); err != nil {
			return Row{}, err
		}
	}
	dates := map[int]time.Time{}
	for column, text := range cells {
		shown, at := shownAs(text, l.book.d1904)
		if cells[column] = shown; !at.IsZero() {
			dates[column] = at
		}
	}
	return Row{Number: l.row, Cells: l.merged.fill(l.row, cells, dates), Dates: dates}, nil
}

// longNumber is how excelize writes a number of more than 15 digits.
var longNumber = regexp.MustCompile(`^-?\d\.\d{9,14}E[+-]\d+$`)

// shownAs is a cell as excelize gives it, without the mark of a date and without an exponent.
func shownAs(text string, d1904 bool) (string, time.Time) {
	if date, at := markedDate(text, d1904); date != "" {
		return date, at
	}
	if at, err := time.Parse("2006-01-02T15:04:05", text); err == nil { // a cell of the type date
		return at.Format(time.DateTime), at
	}
	if longNumber.MatchString(text) {
		text = digits(text)
	}
	return text, time.Time{}
}
