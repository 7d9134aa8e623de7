package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/jmoiron/sqlx"
)

// set is the rows of {rows …}: each column is a []string, a []int64 or a [][]byte, all of the same length.
type set map[string]any

// count is how many rows there are in a query's columns.
func (s set) count(q *query) (int, error) {
	rows := 0
	for i, name := range q.rows {
		n := 0
		switch column := s[name].(type) {
		case []string:
			n = len(column)
		case []int64:
			n = len(column)
		case [][]byte:
			n = len(column)
		default:
			return 0, fmt.Errorf("query %s: column %s is missing", q.name, name)
		}
		if i > 0 && n != rows {
			return 0, fmt.Errorf("query %s: %d values in column %s and %d in those before", q.name, n, name, rows)
		}
		rows = n
	}
	return rows, nil
}

// columnsOf turns rows into a query's columns, by the names in their db tags: texts and int64s.
func columnsOf[T any](q *query, rows []*T) set {
	var (
		row     = reflect.TypeFor[T]()
		fields  = make(map[string]int, row.NumField())
		columns = make(set, len(q.rows))
	)
	for i := range row.NumField() {
		fields[row.Field(i).Tag.Get("db")] = i
	}
	for _, name := range q.rows {
		field, ok := fields[name]
		if !ok {
			continue // it is missed when the query is asked
		}
		switch row.Field(field).Type.Kind() {
		case reflect.Int64:
			columns[name] = columnOf(rows, field, reflect.Value.Int)
		case reflect.String:
			columns[name] = columnOf(rows, field, reflect.Value.String)
		}
	}
	return columns
}

func columnOf[T, V any](rows []*T, field int, of func(reflect.Value) V) []V {
	column := make([]V, len(rows))
	for i, row := range rows {
		column[i] = of(reflect.ValueOf(row).Elem().Field(field))
	}
	return column
}

// statement is what a query is asked by: on SQLite, which takes no lists, one for each number of rows.
type statement struct {
	text string
	rows int // 0: any number, or none
	// stmt is made for transactions, and look, where it only looks, for outside of them; on PostgreSQL both are the same.
	stmt, look *sqlx.Stmt
}

const (
	rowsParam = "rows_"
	// rowsMark stands in a text where a statement for so many rows has their placeholders.
	rowsMark = "\x00"
)

// rowsAtOnce are the numbers of rows SQLite has statements for. A larger one saves calls and takes longer to make.
func rowsAtOnce() []int { return []int{64, 8, 1} }

// takeRows is the table that a {rows …} token becomes.
func (q *query) takeRows(d dialect, columns string) string {
	var names, casts, picks []string
	for i, column := range strings.Split(columns, ",") {
		fields := strings.Fields(column)
		names = append(names, fields[0])
		casts = append(casts, fmt.Sprintf("CAST(:%s AS %s[])", fields[0], fields[1]))
		picks = append(picks, fmt.Sprintf("column%d AS %s", i+1, fields[0]))
	}
	q.rows = append(q.rows, names...)
	if d == postgres {
		return "unnest(" + strings.Join(casts, ", ") + ") AS r(" + strings.Join(names, ", ") + ")"
	}
	return "(SELECT " + strings.Join(picks, ", ") + " FROM (VALUES " + rowsMark + ":" + rowsParam + ")) AS r"
}

// make makes a query's statements of its text, to be prepared later.
func (q *query) make(text string) {
	if !strings.Contains(text, rowsMark) {
		q.made = []*statement{{text: text}}
		return
	}
	row := "(?" + strings.Repeat(", ?", len(q.rows)-1) + ")"
	for _, n := range rowsAtOnce() {
		q.made = append(q.made, &statement{text: strings.Replace(text, rowsMark+"?", row+strings.Repeat(", "+row, n-1), 1), rows: n})
	}
}

// text is a query as it is asked, where that differs for one row.
func (q *query) text() string { return q.made[len(q.made)-1].text }

// piecewise has a query asked until it was asked for all rows.
func (q *query) piecewise(a args, rows set, ask func(*statement, []any) error) error {
	if q.made[0].rows == 0 {
		values, err := q.bind(a, rows, 0, 0)
		if err != nil {
			return err
		}
		return ask(q.made[0], values)
	}
	total, err := rows.count(q)
	if err != nil {
		return err
	}
	for from := 0; from < total; {
		one := q.fitting(total - from)
		values, err := q.bind(a, rows, from, one.rows)
		if err != nil {
			return err
		}
		if err := ask(one, values); err != nil {
			return err
		}
		from += one.rows
	}
	return nil
}

// fitting is the statement for the most rows, but no more than so many.
func (q *query) fitting(most int) *statement {
	for _, one := range q.made {
		if one.rows <= most {
			return one
		}
	}
	return q.made[len(q.made)-1]
}

// appendRows adds the values of rows that were counted, row by row.
func (q *query) appendRows(values []any, rows set, from, n int) []any {
	for at := from; at < from+n; at++ {
		for _, name := range q.rows {
			switch column := rows[name].(type) {
			case []string:
				values = append(values, column[at])
			case []int64:
				values = append(values, column[at])
			case [][]byte:
				values = append(values, column[at])
			}
		}
	}
	return values
}

// prepare prepares a query's statements on the database of transactions, and on that of look-ups what only looks.
func (q *query) prepare(ctx context.Context, write, look *sqlx.DB) (err error) {
	for _, one := range q.made {
		if one.stmt, err = prepareOn(ctx, write, one.text); err != nil {
			return fmt.Errorf("query %s: %w", q.name, err)
		}
		switch {
		case look == write:
			one.look = one.stmt
		case looks.MatchString(one.text):
			if one.look, err = prepareOn(ctx, look, one.text); err != nil {
				return fmt.Errorf("query %s: %w", q.name, err)
			}
		}
	}
	return nil
}

// looks matches a text that changes nothing, whatever is said before it.
var looks = regexp.MustCompile(`^(--.*\n)*SELECT `)

func prepareOn(ctx context.Context, db *sqlx.DB, text string) (*sqlx.Stmt, error) {
	stmt, err := db.DB.PrepareContext(ctx, text) // not by sqlx: see collect
	if err != nil {
		return nil, err
	}
	return &sqlx.Stmt{Stmt: stmt, Mapper: db.Mapper}, nil
}

func (q *query) close() error {
	var errs []error
	for _, one := range q.made {
		if one.look != nil && one.look != one.stmt {
			errs = append(errs, one.look.Close())
		}
		if one.stmt != nil {
			errs = append(errs, one.stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// prepared is a database that is asked outside of transactions by statements that were made once, as far as it has them.
type prepared struct{ *sqlx.DB }

// on is a statement where db has it made; nil: it is sent as text, and planned for this once.
func (one *statement) on(ctx context.Context, db sqlx.ExtContext) *sqlx.Stmt {
	switch db := db.(type) {
	case *sqlx.Tx:
		return db.StmtxContext(ctx, one.stmt)
	case prepared:
		return one.look
	}
	return nil
}
