package spreadsheet

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/workbook"
)

// line is one row of a table as the file holds it. Its slices are valid until the next one is read.
type line struct {
	row   int // 1-based, as a spreadsheet program numbers it
	cells []string
	dates map[int]time.Time // of cells that hold a real date: what cells shows as 2006-01-02 15:04:05. Has no zone
	fault string            // why this row cannot be read; then there are no cells
}

func (l line) empty() bool {
	for _, cell := range l.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return l.fault == ""
}

// lines are the rows of one table in their order. Next returns io.EOF after the last one, a *damageError when what
// follows in this table cannot be parsed, and any other error when the disk fails.
type lines interface {
	Next() (line, error)
	io.Closer
}

// table is one sheet of a file; a CSV file is one table without a name.
type table struct {
	name string
	open func() (lines, error)
}

// sheetLines are the rows of one sheet of a workbook.
type sheetLines struct{ *workbook.Rows }

func (l sheetLines) Next() (line, error) {
	next, err := l.Rows.Next()
	return line{row: next.Number, cells: next.Cells, dates: next.Dates}, err
}

// document is an open file.
type document struct {
	tables []table
	absent []string // sheets that are configured and not there
	close  func() error
}

// without is the document without some of its tables.
func (d *document) without(names []string) *document {
	d.tables = slices.DeleteFunc(d.tables, func(t table) bool { return slices.Contains(names, t.name) })
	return d
}

// damageError says that a file, or what is left of one of its tables, cannot be parsed: reading it again gives the same.
type damageError = workbook.DamageError

// partialError says that a file looks as if it were still being written.
type partialError struct{ reason string }

func (e *partialError) Error() string { return e.reason }
