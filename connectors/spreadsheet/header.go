package spreadsheet

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// headerRows is how far down a header is looked for.
const headerRows = 50

// headerRule says which row of a table is its header.
type headerRule struct {
	row   int      // its number; 0: found by itself
	names []string // the columns it must have
	hide  []string // those of names without which nobody knows who is anonymous or secret
	maybe []string // columns of the mapping that may be missing
}

// header is a table's columns.
type header struct {
	row   int
	names []string       // by column; none is blank and none is there twice
	under map[string]int // from a name as the mapping spells it to its column
}

// folded is a name as it is compared: without case, with single blanks, without outer ones.
func folded(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '\ufeff' || r == '\u200b' {
			return -1
		}
		return r
	}, name)
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// missing lists the wanted names that no cell has, and no column would be given.
func (h headerRule) missing(cells []string) []string {
	var missing []string
	for _, name := range h.names {
		if !slices.ContainsFunc(cells, func(cell string) bool { return folded(cell) == folded(name) }) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	given := columnNames(cells)
	return slices.DeleteFunc(missing, func(name string) bool { return slices.Contains(given, name) })
}

// fits says whether a row is the header, judged by itself.
func (h headerRule) fits(cells []string) bool {
	if len(h.names) > 0 {
		return len(h.missing(cells)) == 0
	}
	seen := map[string]bool{}
	for _, cell := range cells {
		name := folded(cell)
		if name == "" {
			continue
		}
		if seen[name] || !isWords(name) {
			return false
		}
		seen[name] = true
	}
	return len(seen) >= 2
}

func isWords(name string) bool {
	_, err := strconv.ParseFloat(name, 64)
	return err != nil && strings.ContainsFunc(name, unicode.IsLetter)
}

// headerError says why a table has no header.
type headerError struct {
	reason  string
	missing []string // columns
}

func (e *headerError) Error() string { return e.reason }

// find reads rows up to the header. A table without any row gives nil.
func (h headerRule) find(rows lines) (*header, error) {
	var nearest []string
	nearestRow, any := 0, false
	for {
		next, err := rows.Next()
		if err != nil {
			return nil, h.notFound(err, any, nearestRow, nearest)
		}
		if next.row > headerRows && h.row == 0 || h.row > 0 && next.row > h.row {
			return nil, h.failed(nearestRow, nearest)
		}
		if next.fault != "" || next.empty() {
			any = any || next.fault != ""
			continue
		}
		any = true
		missing := h.missing(next.cells)
		if nearestRow == 0 || len(missing) < len(nearest) {
			nearestRow, nearest = next.row, missing
		}
		switch {
		case h.row == next.row && len(missing) > 0:
			return nil, h.failed(next.row, missing)
		case h.row == next.row, h.row == 0 && h.fits(next.cells):
			return h.columns(next), nil
		}
	}
}

func (h headerRule) columns(at line) *header {
	found := &header{row: at.row, names: columnNames(at.cells), under: map[string]int{}}
	for _, want := range slices.Concat(h.names, h.maybe) {
		column := slices.Index(found.names, want)
		if column < 0 {
			column = slices.IndexFunc(at.cells, func(cell string) bool { return folded(cell) == folded(want) })
		}
		if column >= 0 {
			found.under[want] = column
		}
	}
	return found
}

// columnNames gives each column a name of its own.
func columnNames(cells []string) []string {
	var names []string
	for i, cell := range cells {
		name := strings.Join(strings.Fields(strings.Trim(cell, "\ufeff")), " ")
		if name == "" {
			name = extraName(i)
		}
		for n, base := 2, name; slices.Contains(names, name); n++ {
			name = fmt.Sprintf("%s (%d)", base, n)
		}
		names = append(names, name)
	}
	return names
}

func (h headerRule) notFound(err error, any bool, row int, missing []string) error {
	switch {
	case !errors.Is(err, io.EOF):
		return err
	case !any:
		return nil
	}
	return h.failed(row, missing)
}

// failed says in words what is missing; row is the row that came nearest, 0 for none.
func (h headerRule) failed(row int, missing []string) error {
	lack := "lacks the column " + quoted(missing)
	switch {
	case h.row > 0 && row == h.row:
		return &headerError{fmt.Sprintf("row %d, the header, %s: %s", row, lack, h.advice(missing)), missing}
	case h.row > 0:
		return &headerError{fmt.Sprintf("row %d should be the header (setting header) and is empty or not there", h.row), nil}
	case row > 0 && len(missing) > 0:
		return &headerError{fmt.Sprintf("none of the first %d rows has every column of map; row %d comes nearest and %s: %s", headerRows, row, lack, h.advice(missing)), missing}
	}
	return &headerError{fmt.Sprintf("none of the first %d rows looks like a header: give its row number in the setting header", headerRows), nil}
}

func (h headerRule) advice(missing []string) string {
	if slices.ContainsFunc(missing, func(name string) bool { return slices.Contains(h.hide, name) }) {
		return "write the columns in map as the file names them; without them nobody knows who asked to be anonymous or secret"
	}
	return "write the columns in map as the file names them, or give a default"
}

func quoted(names []string) string {
	marked := make([]string, len(names))
	for i, name := range names {
		marked[i] = strconv.Quote(name)
	}
	return strings.Join(marked, ", ")
}

// repeatedAt says whether a row is the header once more, as in files that were put together from several.
func (h *header) repeatedAt(cells []string) bool {
	if len(cells) < len(h.names) {
		return false
	}
	for i, name := range h.names {
		if folded(cells[i]) != folded(name) && name != extraName(i) {
			return false
		}
	}
	return true
}

// extraName is the name of a column whose header cell is blank, or that lies beyond the header.
func extraName(column int) string { return fmt.Sprintf("column %d", column+1) }
