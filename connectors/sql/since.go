package sql

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/satupintu/satupintu/connectors"
)

// begin decides where the first reading begins, or one that the setting since lets reach further back by now. A table without
// older rows is read as if there were no such setting.
func (s *sweep) begin(ctx context.Context, tx *sql.Tx) error {
	if s.first {
		s.note.Begun = s.settings.Since.Begin(s.now, s.zone)
	}
	if s.note.Begun == nil || !s.first && !s.begins {
		return nil
	}
	if err := s.source.learn(ctx, tx, &s.note.Unit); err != nil {
		return err
	}
	oldest, err := s.source.page(note{Low: firstTime, Unit: s.note.Unit}).read(ctx, tx, &s.note.Unit, 1)
	if err != nil {
		return err
	}
	start := s.note.Begun.Time().UnixMicro()
	if len(oldest) == 0 || oldest[0].Time >= start {
		s.note.Begun = nil
		return nil
	}
	s.note.Low, s.begins = start, true
	return nil
}

// firstTime lies behind every number that stands for no time.
const firstTime = 1_000_000

// learn finds out, from the newest row, what unit times have. Those of a query must be compared as they are.
func (s source) learn(ctx context.Context, tx *sql.Tx, unit *string) error {
	if s.custom.text != "" {
		return nil
	}
	_, err := s.newest().read(ctx, tx, unit, 1)
	return err
}

func (s source) newest() *query {
	q := s.rows()
	q.text += "NOT (" + s.dialect.noTime(s.time) + ") ORDER BY " + s.dialect.key(s.time) + " DESC, " + s.id + " DESC" + s.dialect.limit(q.arg(1))
	return q
}

// tellLeftAlone says how many rows the first poll leaves alone. Counting takes its own time, and may fail.
func (c *connector) tellLeftAlone(ctx context.Context, n note) {
	count := "some"
	if older, _, err := c.count(ctx, n.Begun, n.Unit); err == nil {
		count = strconv.FormatInt(older, 10)
	}
	c.log.Warn("complaints wait in the table that are "+n.Begun.LeftAlone("since", c.zone), "table", c.settings.Table, "older", count) //nolint:sloglint // a moment and a zone
}

// count says how many rows are older than what a first poll takes in, and how many it takes.
func (c *connector) count(ctx context.Context, begun *connectors.Begun, unit string) (older, taken int64, err error) {
	err = c.inTransaction(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		if begun != nil {
			before := c.source.counting(begun.Time().UnixMicro(), unit)
			if err := tx.QueryRowContext(ctx, before.text, before.args...).Scan(&older); err != nil {
				return err
			}
		}
		all := c.source.counting(0, unit)
		return tx.QueryRowContext(ctx, all.text, all.args...).Scan(&taken)
	})
	return older, taken - older, err
}

// counting is the statement that counts complaints before a time; 0: all of them.
func (s source) counting(before int64, unit string) *query {
	q := &query{source: s}
	column := s.time
	if s.custom.text != "" {
		column = s.dialect.quote(s.settings.Time)
		q.args = s.custom.args(map[string]any{"after": timeParam(0, unit, s.zone), "id": s.settings.FirstID, "limit": mostCounted})
		q.text = "SELECT COUNT(*) FROM (" + s.custom.text + ") AS complaints WHERE 1 = 1"
	} else {
		q.text = "SELECT COUNT(*) FROM " + s.table + " WHERE " + s.where
	}
	if before == 0 {
		return q
	}
	if s.custom.text == "" {
		q.text += " AND NOT (" + s.dialect.noTime(s.time) + ")"
	}
	if unit == "s" || unit == "ms" {
		q.text += " AND " + column + " <> 0"
	}
	q.text += " AND " + s.dialect.key(column) + " < " + q.arg(timeParam(before, unit, s.zone))
	return q
}

// mostCounted bounds what a query of the operator's own is asked for when it is counted.
const mostCounted = 1_000_000_000

// wouldTake says what a first poll would do.
func (c *connector) wouldTake(ctx context.Context, begun *connectors.Begun, unit string) string {
	older, taken, err := c.count(ctx, begun, unit)
	switch {
	case err != nil:
		return "how many complaints a first poll takes in could not be counted"
	case older == 0:
		return fmt.Sprintf("a first poll takes %d complaints in", taken)
	}
	return fmt.Sprintf("a first poll takes %d complaints in; %d more are %s", taken, older, begun.LeftAlone("since", c.zone))
}
