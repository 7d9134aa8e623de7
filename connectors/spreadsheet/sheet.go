package spreadsheet

import (
	"io"
	"regexp"
	"time"

	"github.com/xuri/excelize/v2"
)

// open returns the rows of a sheet.
func (b *workbook) open(s sheet) (lines, error) {
	rows, err := b.file.Rows(s.name)
	if err != nil {
		return nil, asDamage(err, "the sheet is damaged")
	}
	return &sheetLines{book: b, rows: rows, survey: s.survey, merged: mergedCells{ahead: s.survey.merged}}, nil
}

type sheetLines struct {
	book   *workbook
	rows   *excelize.Rows
	survey *survey
	merged mergedCells
	row    int
}

func (l *sheetLines) Close() error { return l.rows.Close() }

func (l *sheetLines) Next() (line, error) {
	switch {
	case l.row < l.survey.row && l.rows.Next():
		l.row++
		return l.read()
	case l.rows.Error() != nil:
		return line{}, asDamage(l.rows.Error(), "the sheet is damaged")
	case l.survey.fault != nil:
		return line{}, l.survey.fault
	}
	return line{}, io.EOF
}

func (l *sheetLines) read() (line, error) {
	cells, err := l.rows.Columns()
	if err != nil {
		return line{}, asDamage(err, "the sheet is damaged")
	}
	if l.row == l.survey.worded {
		if err := l.book.hasRoom(); err != nil {
			return line{}, err
		}
	}
	dates := map[int]time.Time{}
	for column, text := range cells {
		shown, at := shownAs(text, l.book.d1904)
		if cells[column] = shown; !at.IsZero() {
			dates[column] = at
		}
	}
	return line{row: l.row, cells: l.merged.fill(l.row, cells), dates: dates}, nil
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
