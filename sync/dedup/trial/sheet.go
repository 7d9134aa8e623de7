package trial

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Row is a complaint of a table.
type Row struct {
	Line      int    // in the file, the header being 1
	ID        string // the table's own; the line where it has none
	Village   string // as the table says it; empty where it does not
	Complaint complaint.Complaint
}

// Sheet is a table of complaints.
type Sheet struct {
	Rows  []Row
	Taken []string // which column was taken for what, for people
	Empty int      // rows that were left out because they have no text
}

// field is something a column may hold, under one of several names; a name that stands earlier is preferred.
type field struct {
	name  string
	known []string
}

// fields are what is taken from a table; only the text must be there.
func fields() []field {
	return []field{
		{"id", []string{"id", "nid", "ref", "ticket"}},
		{"text", []string{"text", "laporan", "content_text", "isi", "isi_laporan", "message", "pesan"}},
		{"address", []string{"address", "alamat", "lokasi", "location"}},
		{"village", []string{"kelurahan", "desa", "village"}},
		{"district", []string{"kecamatan", "district"}},
		{"time", []string{"reported_at", "waktu", "tanggal", "date", "created_at"}},
		{"topic", []string{"topic", "kategori", "category", "topik"}},
		{"reporter", []string{"reporter", "pelapor_id", "pelapor"}},
		{"shared", []string{"akun_sms"}},
	}
}

// apart is how far apart rows lie in a table without times.
const apart = time.Minute

// ReadSheet reads complaints from a CSV with a header; columns are known by their names, in any order. name is the
// file's, for errors, which say line and column. Times without a zone are western Indonesian (WIB); rows of a table
// without times follow one another by a minute. A reporter is what the table says, unless its column akun_sms says that
// the account is shared.
func ReadSheet(r io.Reader, name string) (Sheet, error) {
	in, err := openTable(r, name)
	if err != nil {
		return Sheet{}, err
	}
	at := map[string]int{}
	var s Sheet
	for _, f := range fields() {
		if i, column := in.column(f.known); i >= 0 {
			at[f.name] = i
			s.Taken = append(s.Taken, f.name+": "+column)
		}
	}
	if _, ok := at["text"]; !ok {
		return Sheet{}, fmt.Errorf("%s:1: no column holds the text; name one of them text (known names: %s); the file has %s",
			name, strings.Join(fields()[1].known, ", "), strings.Join(in.header, ", "))
	}
	if _, ok := at["time"]; !ok {
		s.Taken = append(s.Taken, "time: none, one minute apart in the order of the file")
	}
	return s, in.each(func(cells []string) error { return s.take(in, at, cells) })
}

// take adds one row.
func (s *Sheet) take(in *table, at map[string]int, cells []string) error {
	cell := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	c := complaint.Complaint{Source: "file", Text: cell("text"), Category: cell("topic"), Class: complaint.Ordinary}
	if c.Text == "" {
		s.Empty++
		return nil
	}
	c.Place.Address = address(cell("address"), cell("village"), cell("district"))
	if who := cell("reporter"); who != "" && cell("shared") == "" {
		c.Reporter.Email = strings.Join(strings.Fields(who), ".") + "@table.invalid" // an id has no field of its own
	}
	var err error
	if c.ReportedAt, err = moment(cell("time"), len(s.Rows)+s.Empty); err != nil {
		return in.wrong(at["time"], err)
	}
	line, _ := in.rows.FieldPos(0)
	row := Row{Line: line, ID: cell("id"), Village: cell("village"), Complaint: c}
	if row.ID == "" {
		row.ID = fmt.Sprint(line)
	}
	row.Complaint.SourceID = row.ID
	row.Complaint.Clean()
	s.Rows = append(s.Rows, row)
	return nil
}

func address(street, village, district string) string {
	parts := []string{street, "Kelurahan " + village, "Kecamatan " + district}
	given := slices.DeleteFunc(parts, func(p string) bool { return p == "" || strings.HasSuffix(p, " ") })
	return strings.Join(given, ", ")
}

// moment reads a time, or makes one up for the nth row of a table that has none there.
func moment(text string, n int) (time.Time, error) {
	wib := time.FixedZone("WIB", 7*60*60)
	if text == "" {
		return time.Date(2017, 1, 1, 0, 0, 0, 0, wib).Add(time.Duration(n) * apart), nil
	}
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04", "02-01-2006 15:04", "02/01/2006 15:04", time.RFC3339, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, wib); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("not a time; want one such as 2026-03-02 09:15:00")
}

// table reads a CSV with a header and says where something is wrong.
type table struct {
	name   string
	rows   *csv.Reader
	header []string
}

func openTable(r io.Reader, name string) (*table, error) {
	t := &table{name: name, rows: csv.NewReader(r)}
	header, err := t.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:1: the file is empty; want a header and rows", name)
	}
	if err != nil {
		return nil, t.broken(err)
	}
	for _, h := range header {
		t.header = append(t.header, strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\uFEFF"))))
	}
	return t, nil
}

// column finds the first of the known names that the header has.
func (t *table) column(known []string) (int, string) {
	for _, k := range known {
		if i := slices.Index(t.header, k); i >= 0 {
			return i, k
		}
	}
	return -1, ""
}

func (t *table) each(f func(cells []string) error) error {
	for {
		cells, err := t.rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return t.broken(err)
		}
		if err := f(cells); err != nil {
			return err
		}
	}
}

// wrong says that a cell of the row just read is wrong.
func (t *table) wrong(column int, err error) error {
	line, at := t.rows.FieldPos(column)
	return fmt.Errorf("%s:%d:%d: %s: %w", t.name, line, at, t.header[column], err)
}

func (t *table) broken(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	if errors.Is(parse.Err, csv.ErrFieldCount) {
		return fmt.Errorf("%s:%d:1: the row has another number of columns than the header (%d)", t.name, parse.StartLine, len(t.header))
	}
	return fmt.Errorf("%s:%d:%d: %w", t.name, parse.Line, parse.Column, parse.Err)
}
