package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// twinStyle is how a file of answers is written: UTF-8 with a mark, by which Excel knows it, and rows that end in CR LF.
type twinStyle struct {
	comma rune // a semicolon, which Excel expects where numbers are written with a comma
	zone  *time.Location
	texts *connectors.Texts
}

// The columns of a file of answers. Others, which people add, are kept.
const (
	twinID     = "id"
	twinRef    = "ref"
	twinStatus = "status"
	twinNote   = "catatan"
	twinAgency = "instansi"
	twinNumber = "nomor LAPOR"
	twinTime   = "waktu"
	twinSeq    = "perubahan"
)

func twinColumns() []string {
	return []string{twinID, twinRef, twinStatus, twinNote, twinAgency, twinNumber, twinTime, twinSeq}
}

// twin is a file of answers: its header, and one row for each complaint.
type twin struct {
	columns []string
	rows    [][]string
}

const mostTwin = 32 << 20 // bytes

var errLargeTwin = errors.New("is too large to be kept up to date")

// parse reads a file of answers, also one that a spreadsheet program has saved with another separator or encoding. Where
// there is none it is a new one.
func (s twinStyle) parse(content []byte) (*twin, error) {
	if len(content) == 0 {
		return &twin{columns: twinColumns()}, nil
	}
	if len(content) > mostTwin {
		return nil, errLargeTwin
	}
	encoding, err := detectEncoding(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(decoded(bytes.NewReader(content), encoding))
	if err != nil {
		return nil, err
	}
	for _, comma := range []rune{s.comma, ';', ',', '\t'} {
		reader := csv.NewReader(bytes.NewReader(text))
		reader.Comma, reader.FieldsPerRecord = comma, -1
		rows, err := reader.ReadAll()
		if err != nil || len(rows) == 0 {
			continue
		}
		t := &twin{columns: rows[0], rows: rows[1:]}
		if !slices.ContainsFunc(twinColumns(), func(name string) bool { return t.column(name) < 0 }) {
			return t, nil
		}
	}
	return nil, errors.New("cannot be read any more: a column is gone, or it is no CSV file")
}

func (t *twin) column(name string) int {
	return slices.IndexFunc(t.columns, func(c string) bool { return folded(c) == folded(name) })
}

// put sets the row of a complaint, and says whether that changed anything. What is older than what is there does not.
func (t *twin) put(cells map[string]string) bool {
	ref, seq := t.column(twinRef), t.column(twinSeq)
	at := slices.IndexFunc(t.rows, func(row []string) bool { return ref < len(row) && row[ref] == cells[twinRef] })
	var row []string
	if at >= 0 {
		row = t.rows[at]
		known, err := strconv.ParseInt(strings.TrimSpace(cellOf(row, seq)), 10, 64)
		if now, _ := strconv.ParseInt(cells[twinSeq], 10, 64); err == nil && known > now {
			return false
		}
	}
	changed := slices.Clone(row)
	for len(changed) < len(t.columns) {
		changed = append(changed, "")
	}
	for name, value := range cells {
		changed[t.column(name)] = value
	}
	switch {
	case at < 0:
		t.rows = append(t.rows, changed)
	case slices.Equal(row, changed):
		return false
	default:
		t.rows[at] = changed
	}
	return true
}

func cellOf(row []string, column int) string {
	if column >= len(row) {
		return ""
	}
	return row[column]
}

// row is what a file of answers says of a change.
func (s twinStyle) row(c connectors.StatusChange) map[string]string {
	cells := map[string]string{
		twinID: c.SourceID, twinRef: string(c.Ref), twinStatus: s.texts.Status(c.Status, c.Raw), twinNote: c.Note,
		twinAgency: c.Agency, twinNumber: c.TrackingID, twinSeq: strconv.FormatInt(c.Seq, 10), twinTime: "",
	}
	if !c.At.IsZero() {
		cells[twinTime] = c.At.In(s.zone).Format("2006-01-02 15:04")
	}
	for name, value := range cells {
		cells[name] = harmless(value)
	}
	return cells
}

// formula is what a spreadsheet program would compute: at the beginning of a cell, or behind a character that another
// program might take for the end of a cell.
var formula = regexp.MustCompile(`(^|[,;|"'])([\s"']*)([=+\-@＝＋－＠])`)

// harmless is a text on one line that no spreadsheet program takes for a formula. Made harmless again it is the same.
func harmless(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	return formula.ReplaceAllStringFunc(text, func(found string) string {
		parts := formula.FindStringSubmatch(found)
		if strings.HasSuffix(parts[1]+parts[2], "'") {
			return found
		}
		return parts[1] + parts[2] + "'" + parts[3]
	})
}

// text writes a file of answers.
func (s twinStyle) text(t *twin) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	writer := csv.NewWriter(&out)
	writer.Comma, writer.UseCRLF = s.comma, true
	if err := writer.Write(t.columns); err != nil {
		return nil, fmt.Errorf("word the answers: %w", err)
	}
	if err := writer.WriteAll(t.rows); err != nil {
		return nil, fmt.Errorf("word the answers: %w", err)
	}
	return out.Bytes(), nil
}
