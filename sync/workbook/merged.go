package workbook

import "slices"

// mostMerged bounds how many merged ranges of a sheet are minded.
const mostMerged = 200_000

// mergedRange is cells merged over several rows. Only the first row of the file holds the value; it is meant for all.
type mergedRange struct {
	column, first, last int
	value               string
}

// mergedCells gives later rows of merged cells the value that was written for all of them.
type mergedCells struct {
	ahead  []mergedRange // by first row
	active []mergedRange
}

// fill adds to a row what merged cells above it say, where the row has anything of its own.
func (m *mergedCells) fill(row int, cells []string) []string {
	m.active = slices.DeleteFunc(m.active, func(r mergedRange) bool { return r.last < row })
	if !(Row{Cells: cells}).Empty() {
		for _, r := range m.active {
			for len(cells) <= r.column {
				cells = append(cells, "")
			}
			if cells[r.column] == "" {
				cells[r.column] = r.value
			}
		}
	}
	for len(m.ahead) > 0 && m.ahead[0].first <= row {
		begun := m.ahead[0]
		m.ahead = m.ahead[1:]
		if begun.first == row && begun.column < len(cells) && cells[begun.column] != "" {
			begun.value = cells[begun.column]
			m.active = append(m.active, begun)
		}
	}
	return cells
}
