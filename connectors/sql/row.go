package sql

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// row is one row of the table.
type row struct {
	key
	void   bool           // it has no time
	record map[string]any // by column
}

// scanner reads rows whose time is in a zone.
type scanner struct {
	zone     *time.Location
	time, id string
	unit     *string // of times, see note; learnt from the first
	coarse   time.Duration
	walls    bool
}

// all reads at most limit rows, whatever the statement gives.
func (s scanner) all(rows *sql.Rows, limit int) ([]row, error) {
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var all []row
	for len(all) < limit && rows.Next() {
		one, err := s.one(rows, columns)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func (s scanner) one(rows *sql.Rows, columns []*sql.ColumnType) (row, error) {
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return row{}, err
	}
	one := row{record: make(map[string]any, len(columns))}
	unit := ""
	for i, column := range columns {
		kind := column.DatabaseTypeName()
		one.record[column.Name()] = s.value(values[i], kind)
		if s.walls && column.Name() == s.time && isWall(kind) {
			unit = wallTime
		}
	}
	return one, s.place(&one, unit)
}

// wallTime is the unit of times that the database would take for UTC.
const wallTime = "wall"

// isWall says whether times of a type have no zone.
func isWall(kind string) bool {
	return slices.Contains([]string{"TIMESTAMP", "DATE", "DATETIME", "DATETIME2", "SMALLDATETIME"}, kind)
}

// value is a column's value as a mapping reads it. PostgreSQL's and SQL Server's times without a zone come as if they were UTC.
func (s scanner) value(value any, kind string) any {
	switch v := value.(type) {
	case []byte:
		if kind == "UNIQUEIDENTIFIER" {
			return guidText(v)
		}
		return string(v)
	case time.Time:
		if v.IsZero() {
			return nil
		}
		if isWall(kind) {
			v = time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), s.zone)
		}
		return v
	}
	return value
}

// place finds the row's time, of a unit where it is no number, and its id.
func (s scanner) place(one *row, unit string) error {
	id, there := one.record[s.id]
	if !there {
		return fmt.Errorf("the rows have no column %q, which id names", s.id)
	}
	at, there := one.record[s.time]
	if n, unsigned := at.(uint64); unsigned {
		at = int64(n)
	}
	if !there {
		return fmt.Errorf("the rows have no column %q, which time names", s.time)
	}
	var err error
	if one.ID, err = idOf(id); err != nil {
		return err
	}
	one.void = at == nil || at == int64(0)
	if !one.void {
		one.Time, err = s.micros(at, unit)
	}
	return err
}

func idOf(value any) (rowID, error) {
	switch v := value.(type) {
	case int64:
		return rowID{strconv.FormatInt(v, 10), true}, nil
	case uint64:
		return rowID{strconv.FormatUint(v, 10), true}, nil
	case string:
		return rowID{Text: v}, nil
	case nil:
		return rowID{}, errors.New("a row has no id (NULL): name a column that every row fills")
	}
	return rowID{}, fmt.Errorf("the id is a %T: name a column with a number or a text", value)
}

// param is the id as a statement takes it.
func (id rowID) param() any {
	if !id.Number {
		return id.Text
	}
	if n, err := strconv.ParseInt(id.Text, 10, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(id.Text, 10, 64); err == nil {
		return n
	}
	return id.Text
}

// leastMilliseconds as a number is the year 1973 in milliseconds and 5138 in seconds.
const leastMilliseconds = 100_000_000_000

func (s scanner) micros(at any, unit string) (int64, error) {
	switch v := at.(type) {
	case time.Time:
		*s.unit = unit
		if s.coarse > 0 {
			v = v.Round(s.coarse)
		}
		return v.UnixMicro(), nil
	case int64:
		if v >= leastMilliseconds || *s.unit == "ms" {
			*s.unit = "ms"
			return time.UnixMilli(v).UnixMicro(), nil
		}
		*s.unit = "s"
		return time.Unix(v, 0).UnixMicro(), nil
	}
	return 0, fmt.Errorf("the column that time names holds a %T: name one with times, or cast it in a query", at)
}

// timeParam is a time as a statement takes it.
func timeParam(micros int64, unit string, zone *time.Location) any {
	at := time.UnixMicro(micros)
	switch unit {
	case "s":
		return at.Unix()
	case "ms":
		return at.UnixMilli()
	case wallTime:
		at = at.In(zone)
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
	}
	return at.In(zone)
}

// payload is what the channel held, for replay.
func payload(records ...map[string]any) complaint.Payload {
	var body []byte
	var err error
	if len(records) == 1 {
		body, err = json.Marshal(records[0])
	} else {
		body, err = json.Marshal(records)
	}
	if err != nil { // a column with NaN or infinity
		body = fmt.Appendf(nil, "%v", records)
		return complaint.Payload{Type: "text/plain", Body: body}
	}
	return complaint.Payload{Type: "application/json", Body: body}
}

// records reads payload back.
func records(raw []byte) ([]map[string]any, error) {
	read := json.NewDecoder(bytes.NewReader(raw))
	read.UseNumber()
	var many []map[string]any
	var one map[string]any
	into := any(&one)
	if bytes.HasPrefix(raw, []byte("[")) {
		into = &many
	}
	if err := read.Decode(into); err != nil {
		return nil, fmt.Errorf("read a row that was kept: %w", err)
	}
	if one != nil {
		many = append(many, one)
	}
	return many, nil
}

func idIn(record map[string]any, column string) (rowID, bool) {
	switch v := record[column].(type) {
	case json.Number:
		return rowID{v.String(), true}, true
	case string:
		return rowID{Text: v}, true
	}
	return rowID{}, false
}

// compareIDs orders numbers as numbers.
func compareIDs(a, b rowID) int {
	if a.Number && b.Number && len(a.Text) != len(b.Text) {
		return cmp.Compare(len(a.Text), len(b.Text))
	}
	return cmp.Compare(a.Text, b.Text)
}
