package sql

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// source is where rows are read from, as SQL.
type source struct {
	settings *Settings
	dialect  dialect
	zone     *time.Location
	custom   statement // of the setting query; its text is empty with a table
	columns  string    // quoted, with commas
	table    string
	where    string
	time, id string
}

func newSource(s *Settings, d dialect, zone *time.Location) (source, error) {
	src := source{settings: s, dialect: d, zone: zone}
	if s.Query != "" {
		var err error
		src.custom, err = parseNamed(s.Query, queryParameters(), d.mark)
		return src, err
	}
	src.table, src.time, src.id = d.table(s.Table), d.quote(s.Time), d.quote(s.ID)
	src.where = "1 = 1"
	if s.Where != "" {
		src.where = "(" + s.Where + ")"
	}
	var quoted []string
	for _, name := range s.columns() {
		if name == "*" {
			quoted = []string{"*"}
			break
		}
		quoted = append(quoted, d.quote(name))
	}
	src.columns = strings.Join(quoted, ", ")
	return src, nil
}

// columns are those that something reads, each once.
func (s *Settings) columns() []string {
	columns := []string{s.ID, s.Time}
	columns = append(columns, s.Map.Keys()...)
	columns = append(columns, s.hiding()...)
	columns = append(columns, s.Columns...)
	if s.Parts.UDH != "" {
		columns = append(columns, s.Parts.UDH, s.Parts.Text, s.Parts.Time, s.Parts.Sender)
	}
	if s.Photos.Column != "" {
		columns = append(columns, s.Photos.Column)
	}
	var once []string
	for _, column := range columns {
		if column != "" && !slices.Contains(once, column) {
			once = append(once, column)
		}
	}
	return once
}

// hiding are the columns that say who is anonymous or secret, also where only an expression reads them: one that is not there would
// read as no.
func (s *Settings) hiding() []string {
	return slices.Concat(s.Map["anonymous"].Names(), s.Map["secret"].Names())
}

// query is a statement that is being put together.
type query struct {
	source
	text string
	args []any
}

func (q *query) arg(value any) string {
	q.args = append(q.args, value)
	return q.dialect.mark(len(q.args))
}

func (s source) rows() *query {
	return &query{source: s, text: "SELECT " + s.columns + " FROM " + s.table + " WHERE " + s.where + " AND "}
}

// page is the statement for the rows after the note's place, in the order of time and id.
func (s source) page(n note) *query {
	if s.custom.text != "" {
		return s.customPage(n)
	}
	q, key := s.rows(), s.dialect.key(s.time)
	switch {
	case n.At != nil:
		at := timeParam(n.At.Time, n.Unit, s.zone)
		q.text += "(" + key + " > " + q.arg(at) + " OR (" + key + " = " + q.arg(at) + " AND " + s.id + " > " + q.arg(s.dialect.id(n.At.ID)) + "))"
	case n.Low != 0:
		q.text += key + " >= " + q.arg(timeParam(n.Low, n.Unit, s.zone))
	default:
		q.text += "NOT (" + s.dialect.noTime(s.time) + ")"
	}
	q.text += " ORDER BY " + key + ", " + s.id + s.dialect.limit(q.arg(s.settings.Page))
	return q
}

func (s source) customPage(n note) *query {
	from := key{Time: n.Low, ID: rowID{Text: s.settings.FirstID}}
	if n.At != nil {
		from = *n.At
	}
	values := map[string]any{"after": timeParam(from.Time, n.Unit, s.zone), "id": from.ID.param(), "limit": s.settings.Page}
	return &query{source: s, text: s.custom.text, args: s.custom.args(values)}
}

// timeless is the statement for the ids of rows without a time, in their order.
func (s source) timeless(n note, most int) *query {
	q := &query{source: s, text: "SELECT " + s.id + ", " + s.time + " FROM " + s.table + " WHERE " + s.where + " AND " + s.noTime(n)}
	if n.Floor != nil {
		q.text += " AND " + s.id + " > " + q.arg(*n.Floor)
	}
	q.text += " ORDER BY " + s.id + s.dialect.limit(q.arg(most))
	return q
}

// timelessRows is the statement for some of the rows without a time.
func (s source) timelessRows(n note, ids []rowID) *query {
	q := s.rows()
	q.text += s.noTime(n) + " AND " + q.among(ids) + " ORDER BY " + s.id
	return q
}

func (s source) noTime(n note) string {
	none := s.dialect.noTime(s.time)
	if n.Unit != "" {
		none += " OR " + s.time + " = 0"
	}
	return "(" + none + ")"
}

// byID is the statement for rows that are known, whether or not they are complaints still.
func (s source) byID(ids []rowID) *query {
	q := &query{source: s, text: "SELECT " + s.columns + " FROM " + s.table + " WHERE "}
	q.text += q.among(ids)
	return q
}

func (q *query) among(ids []rowID) string {
	marks := make([]string, len(ids))
	for i, id := range ids {
		marks[i] = q.arg(q.dialect.id(id))
	}
	return q.id + " IN (" + strings.Join(marks, ", ") + ")"
}

func (q *query) read(ctx context.Context, tx *sql.Tx, unit *string, limit int) ([]row, error) {
	rows, err := tx.QueryContext(ctx, q.text, q.args...)
	if err != nil {
		return nil, err
	}
	scan := scanner{zone: q.zone, time: q.settings.Time, id: q.settings.ID, unit: unit, coarse: q.dialect.coarse, walls: q.dialect.walls}
	return scan.all(rows, limit)
}
