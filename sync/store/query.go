package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// query is one named query of queries/*.sql, made ready for a database. What differs between the databases are a few tokens, and
// that PostgreSQL is asked some queries at once that SQLite is asked one after the other:
//
//	{lock} {lock-wait}            the row lock; SQLite has one writer, and what was picked outside of it is looked at again
//	{now}                         the clock leases run by, in unix milliseconds: see Store.leaseClock
//	{clock}                       the database's own clock, in unix microseconds
//	{in :names}                   one of a list
//	{rows name text, seq bigint}  a set of rows, as the table r
//	{query name}                  the text of another query
type query struct {
	name   string
	params []string // names of the placeholders, in order
	rows   []string // names of the columns of {rows …}
	clock  func() int64
	made   []*statement // that for the most rows first, at last that for any number or for one
}

// args are a query's named parameters.
type args = map[string]any

const postgresNow = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"

var (
	lockTokens = map[dialect]*strings.Replacer{
		sqlite: strings.NewReplacer("{lock}", "", "{lock-wait}", "", "{clock}", "CAST(unixepoch('subsec') * 1000000 AS bigint)"),
		postgres: strings.NewReplacer("{lock}", "FOR UPDATE SKIP LOCKED", "{lock-wait}", "FOR UPDATE",
			"{clock}", "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"),
	}
	inToken     = regexp.MustCompile(`\{in :(\w+)\}`)
	rowsToken   = regexp.MustCompile(`\{rows ([^}]*)\}`)
	placeholder = regexp.MustCompile(`:(\w+)`)
)

// leaseClock is what {now} becomes, and its value where that is a parameter.
type leaseClock struct {
	text string
	now  func() int64
}

// clockParam is {now} where the database is told the time.
const clockParam = "CAST(:lease_clock AS bigint)"

// compile makes a query of its portable text.
func compile(d dialect, name, text string, clock leaseClock) *query {
	q := &query{name: name, clock: clock.now}
	text = lockTokens[d].Replace(text)
	text = strings.ReplaceAll(text, "{now}", clock.text)
	text = rowsToken.ReplaceAllStringFunc(text, func(token string) string {
		return q.takeRows(d, rowsToken.FindStringSubmatch(token)[1])
	})
	if d == postgres {
		text = inToken.ReplaceAllString(text, "= ANY(CAST(:$1 AS text[]))")
	} else {
		text = inToken.ReplaceAllString(text, "IN (SELECT value FROM json_each(:$1))")
	}
	text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		q.params = append(q.params, p[1:])
		if d == postgres {
			return "$" + strconv.Itoa(len(q.params))
		}
		return "?"
	})
	q.make(text)
	return q
}

// bind puts a query's parameters in order; those of {rows …} that are listed one by one are so many from a place on. A
// parameter that is missing is an error that names it and shows no value.
func (q *query) bind(a args, rows set, from, most int) ([]any, error) {
	values := make([]any, 0, len(q.params)+most*len(q.rows))
	for _, name := range q.params {
		value, ok := a[name]
		if !ok {
			value, ok = rows[name]
		}
		switch {
		case name == rowsParam:
			values = q.appendRows(values, rows, from, most)
			continue
		case name == "lease_clock":
			value = q.clock()
		case !ok:
			return nil, fmt.Errorf("query %s: parameter %s is missing", q.name, name)
		default:
			value = q.listed(value)
		}
		values = append(values, value)
	}
	return values, nil
}

// listed turns a list into what the database takes it as; anything else stays.
func (q *query) listed(value any) any {
	var texts []string
	switch list := value.(type) {
	case []string:
		texts = list
	case []complaint.Ref:
		texts = textsOf(list)
	case []State:
		texts = textsOf(list)
	case []retry.Reason:
		texts = textsOf(list)
	case []int64:
		return pq.Int64Array(list)
	case [][]byte:
		return pq.ByteaArray(list)
	default:
		return value
	}
	if strings.Contains(q.made[0].text, "json_each") {
		encoded, _ := json.Marshal(texts) // strings always encode
		return string(encoded)
	}
	return textArray(texts)
}

func textsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = string(t)
	}
	return texts
}

// run executes a query and returns how many rows it changed.
func run(ctx context.Context, db sqlx.ExtContext, q *query, a args) (int64, error) {
	return runSet(ctx, db, q, a, nil)
}

func runSet(ctx context.Context, db sqlx.ExtContext, q *query, a args, rows set) (int64, error) {
	var changed int64
	err := q.piecewise(a, rows, func(one *statement, values []any) error {
		var (
			result sql.Result
			err    error
		)
		if stmt := one.on(ctx, db); stmt != nil {
			result, err = stmt.ExecContext(ctx, values...)
		} else {
			result, err = db.ExecContext(ctx, one.text, values...)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		n, err := result.RowsAffected()
		changed += n
		return err
	})
	return changed, err
}

// all reads a query's rows.
func all[T any](ctx context.Context, db sqlx.ExtContext, q *query, a args) ([]T, error) {
	return allSet[T](ctx, db, q, a, nil)
}

func allSet[T any](ctx context.Context, db sqlx.ExtContext, q *query, a args, rows set) ([]T, error) {
	var out []T
	err := q.piecewise(a, rows, func(one *statement, values []any) error {
		var (
			found *sqlx.Rows
			err   error
		)
		if stmt := one.on(ctx, db); stmt != nil { //nolint:sqlclosecheck // it is kept for the next time
			found, err = stmt.QueryxContext(ctx, values...)
		} else {
			found, err = db.QueryxContext(ctx, one.text, values...)
		}
		if err == nil {
			out, err = collect(out, found)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// collect adds rows: a struct's fields by their columns' names, anything else from the only column. It is sqlx's Select without
// the interface behind which that one puts the rows: a method called through it never returns in the race detector's eyes
// (golang.org/issue/73915), whose memory of a loop's calls then grows for as long as the loop runs.
func collect[T any](out []T, rows *sqlx.Rows) ([]T, error) {
	defer rows.Close()
	fields := reflect.TypeFor[T]().Kind() == reflect.Struct
	for rows.Next() {
		var (
			one T
			err error
		)
		if fields {
			err = rows.StructScan(&one)
		} else {
			err = rows.Scan(&one)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// one reads a query's first row; no row is sql.ErrNoRows.
func one[T any](ctx context.Context, db sqlx.ExtContext, q *query, a args) (T, error) {
	rows, err := all[T](ctx, db, q, a)
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		var none T
		return none, err
	}
	return rows[0], nil
}
