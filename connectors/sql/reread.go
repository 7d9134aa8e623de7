package sql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// Reread implements connectors.Rereader: what is kept of a row is the columns that were read then, of a long SMS those of each of
// its rows. A text that looks as times are kept is read as a time, and as a text where only that fits the mapping. Where other
// columns are wanted now, the row is read once more, and must be the same in those that are kept.
func (c *connector) Reread(ctx context.Context, patience *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	kept, err := c.keptRows(aside.Raw)
	if err != nil {
		return page, fmt.Errorf("%w: %w", err, connectors.ErrNotKept)
	}
	timed, plain := asRead(kept, true), asRead(kept, false)
	if column := c.lacks(kept); column != "" {
		if timed, err = c.readOnceMore(ctx, kept, column); err != nil {
			return page, err
		}
		plain = timed
	}
	one, err := c.putTogether(timed)
	if err != nil {
		return page, fmt.Errorf("%w: %w", err, connectors.ErrNotKept)
	}
	if _, err := c.mapper.Map(one.record); err != nil {
		other, err := c.putTogether(plain)
		if err != nil {
			return page, fmt.Errorf("%w: %w", err, connectors.ErrNotKept)
		}
		if _, err := c.mapper.Map(other.record); err == nil {
			one = other
		}
	}
	return page, c.deliver(ctx, patience, one, &page)
}

// keptRows are the rows of a payload, their values as JSON has them.
func (c *connector) keptRows(raw []byte) (rows []row, err error) {
	all, err := records(raw)
	for _, record := range all {
		id, ok := idIn(record, c.settings.ID)
		if !ok {
			return nil, fmt.Errorf("a row was kept without the column %q, which id names", c.settings.ID)
		}
		rows = append(rows, row{key: key{ID: id}, record: record})
	}
	if err == nil && len(rows) == 0 {
		err = errors.New("no row was kept")
	}
	return rows, err
}

// asRead are kept rows as they were before they were kept as JSON.
func asRead(kept []row, timed bool) []row {
	rows := slices.Clone(kept)
	for i := range rows {
		rows[i].record = make(map[string]any, len(kept[i].record))
		for column, value := range kept[i].record {
			rows[i].record[column] = valueRead(value, timed)
		}
	}
	return rows
}

func valueRead(value any, timed bool) any {
	switch v := value.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); timed && err == nil && at.Format(time.RFC3339Nano) == v {
			return at
		}
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return n
		}
		if n, err := v.Float64(); err == nil {
			return n
		}
	}
	return value
}

// lacks is a column of the table that is read now and was not when the rows were kept; empty: none. What a query gives is kept
// whole.
func (c *connector) lacks(kept []row) string {
	for _, column := range c.settings.columns() {
		for _, one := range kept {
			if _, there := one.record[column]; !there && column != "*" && c.source.custom.text == "" {
				return column
			}
		}
	}
	return ""
}

// readOnceMore reads rows by their ids. One that is gone, or under whose id another stands now, cannot be had: what it was must
// not be taken for what stands there.
func (c *connector) readOnceMore(ctx context.Context, kept []row, column string) (rows []row, err error) {
	var ids []rowID
	for _, one := range kept {
		ids = append(ids, one.ID)
	}
	var unit string
	err = c.inTransaction(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		rows, err = c.source.byID(ids).read(ctx, tx, &unit, len(ids))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a row once more from %s: %w", c.settings.Database, err)
	}
	now, err := c.keptRows(payload(recordsOf(rows)...).Body)
	for _, one := range kept {
		i := slices.IndexFunc(now, func(other row) bool { return other.ID == one.ID })
		if err != nil || i < 0 || !c.same(one, now[i]) {
			return nil, fmt.Errorf("it was kept without the column %q, and row %s is gone or another now: %w", column, one.ID.Text, connectors.ErrNotKept)
		}
	}
	return rows, nil
}

func recordsOf(rows []row) []map[string]any {
	records := make([]map[string]any, len(rows))
	for i := range rows {
		records[i] = rows[i].record
	}
	return records
}

// same says whether a row says what it said, but for the time that moves when it is written to.
func (c *connector) same(kept, now row) bool {
	for column, value := range kept.record {
		if other, there := now.record[column]; there && other != value && column != c.settings.Time {
			return false
		}
	}
	return true
}

// putTogether makes one of the rows that were kept together: the parts of a long SMS, or else a single row.
func (c *connector) putTogether(rows []row) (taken, error) {
	s := &sweep{connector: c}
	var parts []candidate
	for _, one := range rows {
		if p, ok := s.partOf(one); ok && c.settings.Parts.UDH != "" {
			parts = append(parts, candidate{row: one, part: p})
		}
	}
	switch groups := s.group(parts); {
	case len(groups) == 1 && len(parts) == len(rows):
		return s.joined(groups[0]), nil
	case len(rows) == 1:
		return taken{record: rows[0].record, rows: rows}, nil
	}
	return taken{}, errors.New("what was kept is several rows, which the settings parts do not make one SMS now")
}
