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

// query is one named query of queries/*.sql, made ready for a database. What differs between the databases are a few
// tokens, and no more:
//
//	{lock} {lock-wait}            the row lock; SQLite has one writer and needs none
//	{now}                         the clock leases run by, in unix milliseconds: see Store.leaseClock
//	{clock}                       the database's own clock, in unix microseconds
//	{in :names}                   one of a list
//	{rows name text, seq bigint}  a set of rows, as the table r
type query struct {
	name   string
	text   string
	params []string // names of the placeholders, in order
	rows   []string // names of the columns of {rows …}
	clock  func() int64
	stmt   *sqlx.Stmt
}

// args are a query's named parameters.
type args = map[string]any

// set is the rows of {rows …}: each column is a []string or a []int64, all of the same length.
type set map[string]any

const (
	postgresNow = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
	rowsParam   = "rows_"
)

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
		return q.expandRows(d, rowsToken.FindStringSubmatch(token)[1])
	})
	if d == postgres {
		text = inToken.ReplaceAllString(text, "= ANY(CAST(:$1 AS text[]))")
	} else {
		text = inToken.ReplaceAllString(text, "IN (SELECT value FROM json_each(:$1))")
	}
	q.text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		q.params = append(q.params, p[1:])
		if d == postgres {
			return "$" + strconv.Itoa(len(q.params))
		}
		return "?"
	})
	return q
}

func (q *query) expandRows(d dialect, columns string) string {
	var casts, picks []string
	for i, column := range strings.Split(columns, ",") {
		fields := strings.Fields(column)
		q.rows = append(q.rows, fields[0])
		casts = append(casts, fmt.Sprintf("CAST(:%s AS %s[])", fields[0], fields[1]))
		picks = append(picks, fmt.Sprintf("value->>%d AS %s", i, fields[0]))
	}
	if d == postgres {
		return "unnest(" + strings.Join(casts, ", ") + ") AS r(" + strings.Join(q.rows, ", ") + ")"
	}
	if len(picks) == 1 {
		picks[0] = "value AS " + q.rows[0]
	}
	return "(SELECT " + strings.Join(picks, ", ") + " FROM json_each(:rows_)) AS r"
}

// bind puts a query's parameters in order. A parameter that is missing is an error that names it and shows no value.
func (q *query) bind(a args, rows set) ([]any, error) {
	values := make([]any, len(q.params))
	for i, name := range q.params {
		value, ok := a[name]
		switch {
		case name == rowsParam:
			text, err := q.encodeRows(rows)
			if err != nil {
				return nil, err
			}
			value = text
		case name == "lease_clock":
			value = q.clock()
		case !ok && rows != nil:
			value, ok = rows[name]
			fallthrough
		default:
			if !ok {
				return nil, fmt.Errorf("query %s: parameter %s is missing", q.name, name)
			}
			value = q.listed(value)
		}
		values[i] = value
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
	default:
		return value
	}
	if strings.Contains(q.text, "json_each") {
		encoded, _ := json.Marshal(texts) // strings always encode
		return string(encoded)
	}
	return pq.StringArray(texts)
}

func textsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = string(t)
	}
	return texts
}

// encodeRows writes the columns as a JSON list of rows; of a single column, as a list of its values.
func (q *query) encodeRows(rows set) (string, error) {
	columns := make([]func([]byte, int) []byte, len(q.rows))
	n := 0
	for i, name := range q.rows {
		switch column := rows[name].(type) {
		case []string:
			columns[i], n = func(to []byte, at int) []byte { return appendText(to, column[at]) }, len(column)
		case []int64:
			columns[i], n = func(to []byte, at int) []byte { return strconv.AppendInt(to, column[at], 10) }, len(column)
		default:
			return "", fmt.Errorf("query %s: column %s is missing", q.name, name)
		}
	}
	out := append(make([]byte, 0, 64*n), '[')
	for at := range n {
		if len(columns) == 1 {
			out = append(columns[0](out, at), ',')
			continue
		}
		out = append(out, '[')
		for _, column := range columns {
			out = append(column(out, at), ',')
		}
		out[len(out)-1] = ']'
		out = append(out, ',')
	}
	if n == 0 {
		return "[]", nil
	}
	out[len(out)-1] = ']'
	return string(out), nil
}

func appendText(to []byte, text string) []byte {
	encoded, _ := json.Marshal(text) // strings always encode
	return append(to, encoded...)
}

// prepared is a database that is asked outside of transactions by statements that were made once.
type prepared struct{ *sqlx.DB }

// madeOn is a query's statement where db has one; nil: the query is sent as text, and planned for this once.
func (q *query) madeOn(ctx context.Context, db sqlx.ExtContext) *sqlx.Stmt {
	switch db := db.(type) {
	case *sqlx.Tx:
		return db.StmtxContext(ctx, q.stmt)
	case prepared:
		return q.stmt
	}
	return nil
}

// run executes a query and returns how many rows it changed.
func run(ctx context.Context, db sqlx.ExtContext, q *query, a args) (int64, error) {
	return runSet(ctx, db, q, a, nil)
}

func runSet(ctx context.Context, db sqlx.ExtContext, q *query, a args, rows set) (int64, error) {
	values, err := q.bind(a, rows)
	if err != nil {
		return 0, err
	}
	var result sql.Result
	if stmt := q.madeOn(ctx, db); stmt != nil {
		result, err = stmt.ExecContext(ctx, values...)
	} else {
		result, err = db.ExecContext(ctx, q.text, values...)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", q.name, err)
	}
	return result.RowsAffected()
}

// all reads a query's rows.
func all[T any](ctx context.Context, db sqlx.ExtContext, q *query, a args) ([]T, error) {
	return allSet[T](ctx, db, q, a, nil)
}

func allSet[T any](ctx context.Context, db sqlx.ExtContext, q *query, a args, rows set) ([]T, error) {
	values, err := q.bind(a, rows)
	if err != nil {
		return nil, err
	}
	var found *sqlx.Rows
	if stmt := q.madeOn(ctx, db); stmt != nil {
		found, err = stmt.QueryxContext(ctx, values...)
	} else {
		found, err = db.QueryxContext(ctx, q.text, values...)
	}
	var out []T
	if err == nil {
		out, err = collect[T](found)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.name, err)
	}
	return out, nil
}

// collect reads rows: a struct's fields by their columns' names, anything else from the only column. It is sqlx's Select without
// the interface behind which that one puts the rows: a method called through it never returns in the race detector's eyes
// (golang.org/issue/73915), whose memory of a loop's calls then grows for as long as the loop runs.
func collect[T any](rows *sqlx.Rows) ([]T, error) {
	defer rows.Close()
	var out []T
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
