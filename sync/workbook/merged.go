package workbook

import (
	"slices"
	"time"
)

// mostMerged bounds how many merged ranges of a sheet are minded.
const mostMerged = 200_000

// mergedRange is cells merged over several rows. Only the first row of the file holds the value; it is meant for all.
type mergedRange struct {
	column, first, last int
	value               string
	at                  time.Time // what the value is when it is a real date; else zero
}

// mergedCells gives later rows of merged cells the value that was written for all of them.
type mergedCells struct {
	ahead  []mergedRange // by first row
	active []mergedRange
}

// fill adds to a row what merged cells above it say, real dates among them, where the row has anything of its own.
func (m *mergedCells) fill(row int, cells []string, dates map[int]time.Time) []string {
	m.active = slices.DeleteFunc(m.active, func(r mergedRange) bool { return r.last < row })
	if !(Row{Cells: cells}).Empty() {
		for _, r := range m.active {
			for len(cells) <= r.column {
				cells = append(cells, "")
			}
			if cells[r.column] != "" {
				continue
			}
			if cells[r.column] = r.value; !r.at.IsZero() {
				dates[r.column] = r.at
			}
		}
	}
	for len(m.ahead) > 0 && m.ahead[0].first <= row {
		begun := m.ahead[0]
		m.ahead = m.ahead[1:]
		if begun.first == row && begun.column < len(cells) && cells[begun.column] != "" {
			begun.value, begun.at = cells[begun.column], dates[begun.column]
			m.active = append(m.active, begun)
		}
	}
	return cells
}
