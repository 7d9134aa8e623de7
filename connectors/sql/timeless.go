package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// mostTimeless is how many rows without a time are kept in mind.
const mostTimeless = 15_000

// timeless finds rows without a time that were not handed out yet, a page of them at most. An id does not say whether its row is
// new: a text sorts anywhere among the others, and a number may be drawn long before its row is committed. So each sweep
// begins by looking at the ids of all rows without a time, as far as they can be kept in mind: of numbers, the highest.
//
// Where there are more of texts it fails, before anything of the sweep counts as read: once those rows have a time, in a
// view, reading goes on from the same cursor and none was passed over.
func (s *sweep) timeless(ctx context.Context, tx *sql.Tx) ([]row, error) {
	if s.source.custom.text != "" {
		return nil, nil // a query says itself which rows it wants
	}
	again := s.note.lookAgain()
	ids, err := s.source.timelessIDs(ctx, tx, s.note)
	if err != nil {
		return nil, err
	}
	if again {
		s.log.Warn("rows without a time are looked through once more, for those that an earlier version passed over", "table", s.settings.Table)
		s.back = true
	}
	var known connectors.Marks
	var unseen []rowID
	for _, id := range ids {
		if mark := id.mark(); s.note.Timeless.Has(mark) {
			known = append(known, mark)
		} else {
			unseen = append(unseen, id)
		}
	}
	next := unseen[:min(len(unseen), s.settings.Page)]
	rows, err := s.fetchTimeless(ctx, tx, next)
	for _, one := range rows {
		known = append(known, one.ID.mark())
	}
	s.note.keepTimeless(known)
	s.more = len(unseen) > len(next)
	return rows, err
}

func (s *sweep) fetchTimeless(ctx context.Context, tx *sql.Tx, ids []rowID) ([]row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.source.timelessRows(s.note, ids).read(ctx, tx, &s.note.Unit, len(ids))
	if err == nil && len(rows) == 0 {
		err = errors.New("rows without a time are there, and not when they are asked for by their ids: where this comes again, make a view in which " +
			"the id is a text")
	}
	return rows, err
}

// lookAgain takes over what an earlier version noted, which was the last id alone: it passed over what came below it later. What
// is handed out once more has the same id.
func (n *note) lookAgain() bool {
	last := n.Void
	if last == nil {
		return false
	}
	if number, ok := last.number(); ok {
		floor := number - mostTimeless
		n.Floor = &floor
	}
	n.Void = nil
	return true
}

// keepTimeless keeps in mind what was handed out and is there still. Of more than can be, the lowest numbers count as read. What
// is not handed out yet is never among them: it is handed out from the lowest on.
func (n *note) keepTimeless(handedOut connectors.Marks) {
	all := connectors.Marks{}.With(handedOut...)
	kept, cut := all.After(math.MinInt64, mostTimeless)
	if cut {
		n.Floor = &all[len(all)-len(kept)-1].Time
	}
	n.Timeless = slices.Clone(kept)
}

// number is the id as a number, where the database holds it as one.
func (id rowID) number() (int64, bool) {
	n, err := strconv.ParseInt(id.Text, 10, 64)
	return n, id.Number && err == nil
}

// mark marks a row without a time. Numbers are in their order.
func (id rowID) mark() connectors.Mark {
	n, ok := id.number()
	if !ok {
		n = 0
	}
	return seenOf(key{n, id})
}

// timelessIDs are the ids of the rows without a time above the note's floor, the lowest first: where not all, as many as can be
// kept in mind and more than a page. The error names the setting where more are there and their ids are texts.
func (s source) timelessIDs(ctx context.Context, tx *sql.Tx, n note) ([]rowID, error) {
	most := mostTimeless + s.settings.Page + 1
	rows, err := s.timeless(n, most).read(ctx, tx, &n.Unit, most)
	if err != nil {
		return nil, err
	}
	ids := make([]rowID, len(rows))
	for i, one := range rows {
		ids[i] = one.ID
		if _, ok := one.ID.number(); !ok && len(rows) > mostTimeless {
			return nil, &config.FieldError{Field: "time", Reason: fmt.Sprintf("names the column %q, which is empty in more than %d rows, and their ids are "+
				"no numbers: which are new cannot be told. Make a view in which each row has a time, COALESCE(updated_at, created_at), and name it in "+
				"table and time; nothing is passed over meanwhile", s.settings.Time, mostTimeless)}
		}
	}
	return ids, nil
}

// lookTimeless says what a check sees of rows without a time; nothing where there are none.
func (c *connector) lookTimeless(ctx context.Context, tx *sql.Tx, unit string) ([]string, error) {
	if c.source.custom.text != "" {
		return nil, nil
	}
	ids, err := c.source.timelessIDs(ctx, tx, note{Unit: unit})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	_, numbers := ids[0].number()
	switch {
	case !numbers:
		return []string{fmt.Sprintf("%d rows have no time, and their ids are no numbers: of such rows no more than %d can be read; make a view in which "+
			"each has a time, COALESCE(updated_at, created_at), before there are more", len(ids), mostTimeless)}, nil
	case len(ids) > mostTimeless:
		return []string{fmt.Sprintf("more than %d rows have no time: a poll looks again at those with the highest numbers, so new rows must get "+
			"higher ones", mostTimeless)}, nil
	}
	return []string{fmt.Sprintf("%d rows have no time", len(ids))}, nil
}
