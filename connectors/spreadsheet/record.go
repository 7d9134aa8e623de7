package spreadsheet

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// What a record holds beside the columns. Columns of these names are hidden by them.
const (
	fileKey  = "file"
	sheetKey = "sheet"
	rowKey   = "row"
)

// recorder makes records of a table's rows for the mapping.
type recorder struct {
	header  *header
	keys    []string       // of every record, in the order of the columns; the mapping's own spellings after them
	column  []int          // of each key
	quoted  [][]byte       // each key as JSON, with its colon
	layout  map[int]string // how the mapping wants the dates of a column written
	zone    *time.Location
	record  map[string]any
	file    string
	sheet   string
	surplus []string          // keys of cells beyond the header in the record at hand
	dates   map[string]string // of the record at hand, what is written as the mapping wants it: as the file shows it
}

func newRecorder(head *header, mapping connectors.Mapping, zone *time.Location) *recorder {
	r := &recorder{header: head, layout: map[int]string{}, zone: zone, record: map[string]any{}, dates: map[string]string{}}
	for column, name := range head.names {
		r.keys, r.column = append(r.keys, name), append(r.column, column)
	}
	for _, name := range mapping.Names() {
		column, known := head.under[name]
		if known && !slices.Contains(head.names, name) {
			r.keys, r.column = append(r.keys, name), append(r.column, column)
		}
	}
	for _, key := range r.keys {
		r.quoted = append(r.quoted, append(appendJSON(nil, key), ':'))
	}
	for _, field := range []string{"incident_at", "reported_at"} {
		value := mapping[field]
		if column, known := head.under[value.From]; known && len(value.Layout) > 0 {
			r.layout[column] = value.Layout[0]
		}
	}
	return r
}

// take makes the record of a row. It is valid until the next one.
func (r *recorder) take(next line) map[string]any {
	clear(r.record)
	clear(r.dates)
	r.surplus = r.surplus[:0]
	for i, key := range r.keys {
		cell := r.cell(next, r.column[i])
		if r.record[key] = cell; r.column[i] < len(next.cells) && cell != next.cells[r.column[i]] {
			r.dates[key] = next.cells[r.column[i]]
		}
	}
	for column := len(r.header.names); column < len(next.cells); column++ {
		if strings.TrimSpace(next.cells[column]) != "" {
			key := extraName(column)
			r.surplus = append(r.surplus, key)
			r.record[key] = next.cells[column]
		}
	}
	r.record[fileKey], r.record[sheetKey], r.record[rowKey] = r.file, r.sheet, strconv.Itoa(next.row)
	return r.record
}

// cell is a column's value. A real date is written as the mapping expects this column's times, so that the layout that
// is right for what people see is right for what the file holds.
func (r *recorder) cell(next line, column int) string {
	if column >= len(next.cells) {
		return ""
	}
	at, isDate := next.dates[column]
	layout, wanted := r.layout[column]
	if isDate && wanted {
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, r.zone).Format(layout)
	}
	return next.cells[column]
}

// raw is the record at hand as a JSON object, in the order of the columns. Real dates are in it as the file shows them, whatever
// layout the mapping had: Reread makes the same of it again.
func (r *recorder) raw() []byte {
	text := make([]byte, 0, 256)
	for i, key := range []string{fileKey, sheetKey, rowKey} {
		text = append(appendJSON(append(text, "{,,"[i]), key), ':')
		text = r.appendValue(text, key)
	}
	for i, key := range r.keys {
		if key != fileKey && key != sheetKey && key != rowKey {
			text = r.appendValue(append(append(text, ','), r.quoted[i]...), key)
		}
	}
	for _, key := range r.surplus {
		text = r.appendValue(append(appendJSON(append(text, ','), key), ':'), key)
	}
	return append(text, '}')
}

func (r *recorder) appendValue(to []byte, key string) []byte {
	value, _ := r.record[key].(string)
	if date, is := r.dates[key]; is {
		value = date
	}
	return appendJSON(to, value)
}

func appendJSON(to []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // of a string, never
		quoted = []byte(`""`)
	}
	return append(to, quoted...)
}

// advice is an id mapping that tells more rows apart than the one there is.
func (r *recorder) advice(mapping connectors.Mapping) string {
	id := mapping["id"]
	first := "(" + id.Expr + ")"
	if id.From != "" {
		first = variable(id.From)
	}
	second := mapping["reported_at"].From
	if second == "" || second == id.From || strings.Contains(id.Expr, second) {
		second = ""
		for _, name := range r.header.names {
			if name != id.From && !strings.Contains(id.Expr, name) {
				second = name
				break
			}
		}
	}
	if second == "" {
		return "add a column with a number of its own for each complaint"
	}
	return fmt.Sprintf(`map it from more columns, such as id: { expr: "%s + '/' + %s" }`, first, variable(second))
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`)

// variable is a column as an expression names it.
func variable(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "$env['" + strings.ReplaceAll(name, "'", `\'`) + "']"
}

// sameID is what is set aside of a row that has the id of another complaint, which an earlier file brought.
func (c *connector) sameID(one complaint.Complaint) connectors.SetAside {
	var row struct {
		File  string `json:"file"`
		Sheet string `json:"sheet"`
		Row   int    `json:"row,string"`
	}
	_ = json.Unmarshal(one.Raw.Body, &row) // we wrote it
	advice := "give each row a number of its own"
	if id := c.settings.Map["id"]; id.From != "" || id.Expr != "" {
		advice = fmt.Sprintf(`map it from more, such as id: { expr: "file + '/' + sheet + '/' + %s" }`, idPart(id))
		if strings.Contains(id.Expr, fileKey) && strings.Contains(id.Expr, sheetKey) {
			advice = "give each row a number of its own, and each file a name of its own"
		}
	}
	return connectors.SetAside{
		SourceID: one.SourceID, Where: where(row.File, position{row.Sheet, row.Row}), Reason: connectors.SameID, Raw: one.Raw.Body,
		Detail: "another complaint came under this id before, so the id is not unique: " + advice,
	}
}

func idPart(id connectors.Value) string {
	if id.From != "" {
		return variable(id.From)
	}
	return "(" + id.Expr + ")"
}
