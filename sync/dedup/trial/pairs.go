package trial

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Label is what a person who read a pair says of it.
type Label string

const (
	Resubmission Label = "resubmission"  // the same person, the same matter
	SameIncident Label = "same-incident" // another person, the same matter
	Recurrence   Label = "recurrence"    // the same trouble once more: a matter of its own
	Different    Label = "different"     // two matters
	Unsure       Label = "unsure"        // counted in no rate
)

// Labels are all of them.
func Labels() []Label { return []Label{Resubmission, SameIncident, Recurrence, Different, Unsure} }

// Same says that the label calls the pair one matter.
func (l Label) Same() bool { return l == Resubmission || l == SameIncident }

// Pair is two rows of a sheet, the earlier first, and what a person says of them.
type Pair struct {
	Earlier, Later int // in Sheet.Rows
	Label          Label
}

// ReadPairs reads labelled pairs from a CSV with the columns a, b (ids of the sheet) and label. name is the file's, for
// errors, which say line and column.
func ReadPairs(r io.Reader, name string, s Sheet) ([]Pair, error) {
	rows, err := s.byID()
	if err != nil {
		return nil, err
	}
	in, err := openTable(r, name)
	if err != nil {
		return nil, err
	}
	var at [3]int
	for i, column := range []string{"a", "b", "label"} {
		if at[i], _ = in.column([]string{column}); at[i] < 0 {
			return nil, fmt.Errorf("%s:1: the column %s is missing; want a, b, label; the file has %s", name, column, strings.Join(in.header, ", "))
		}
	}
	var pairs []Pair
	err = in.each(func(cells []string) error {
		var ends [2]int
		for i := range ends {
			row, ok := rows[strings.TrimSpace(cells[at[i]])]
			if !ok {
				return in.wrong(at[i], errors.New("no complaint has this id"))
			}
			ends[i] = row
		}
		label := Label(strings.TrimSpace(cells[at[2]]))
		if !slices.Contains(Labels(), label) {
			return in.wrong(at[2], fmt.Errorf("not a label; want one of %v", Labels()))
		}
		pairs = append(pairs, s.pair(ends[0], ends[1], label))
		return nil
	})
	return pairs, err
}

func (s Sheet) pair(a, b int, label Label) Pair {
	if s.Rows[b].Complaint.ReportedAt.Before(s.Rows[a].Complaint.ReportedAt) {
		a, b = b, a
	}
	return Pair{Earlier: a, Later: b, Label: label}
}

func (s Sheet) byID() (map[string]int, error) {
	rows := make(map[string]int, len(s.Rows))
	for i, r := range s.Rows {
		if other, twice := rows[r.ID]; twice {
			return nil, fmt.Errorf("the complaints in line %d and line %d have the same id", s.Rows[other].Line, r.Line)
		}
		rows[r.ID] = i
	}
	return rows, nil
}

// clusters gives each pair the number of its connected component: pairs that share a complaint, at whatever remove, are
// in one and must not be divided between what is learnt from and what is judged.
func clusters(pairs []Pair) []int {
	root := map[int]int{}
	var find func(int) int
	find = func(x int) int {
		up, ok := root[x]
		if !ok || up == x {
			return x
		}
		top := find(up)
		root[x] = top
		return top
	}
	for _, p := range pairs {
		a, b := find(p.Earlier), find(p.Later)
		root[max(a, b)] = min(a, b)
	}
	out := make([]int, len(pairs))
	for i, p := range pairs {
		out[i] = find(p.Earlier)
	}
	return out
}
