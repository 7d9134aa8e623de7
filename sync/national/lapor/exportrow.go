package lapor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/workbook"
)

// The columns that are read, as they stand in columnNames.
const (
	trackingColumn = iota
	dateColumn
	timeColumn
	firstTextColumn
	lastTextColumn
	agencyColumn
	statusColumn
	whyColumn
	readColumns
)

// columnNames are the official spreadsheet's columns: those that are read, then those that are left alone.
func columnNames() []string {
	return []string{
		"Tracking ID", "Tanggal Laporan Masuk", "Waktu Laporan Masuk", "Isi Laporan Awal", "Isi Laporan Akhir", "Instansi Terdisposisi",
		"Status Laporan", "Alasan Tunda/Arsip",
		"Nama Pelapor", "Klasifikasi Laporan", "ID Kategori", "Kategori", "Judul Laporan", "Tipe Laporan (Anonim/Rahasia)",
		"Sumber Laporan", "Instansi Induk", "ID Instansi Terdisposisi", "Provinsi", "Kota/Kabupaten", "Kecamatan", "Kelurahan",
		"Nomor SK", "Url SK", "Url Dokumen Laporan Tahunan", "Laporan yang Masuk melalui Kanal Aduan Setwapres", "Rating",
	}
}

// columns are where a sheet has each column that is read; -1: nowhere.
type columns [readColumns]int

func (c columns) of(cells []string, column int) string {
	if at := c[column]; at >= 0 && at < len(cells) {
		return strings.TrimSpace(cells[at])
	}
	return ""
}

func isHeader(cells []string) bool {
	i := slices.IndexFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
	return i >= 0 && fold(cells[i]) == fold(columnNames()[trackingColumn])
}

// header finds the columns, and notes those that are missing and those nobody knows.
func (x *exportReader) header(cells []string) {
	names := columnNames()
	var missing, strange []string
	for column := range x.columns {
		x.columns[column] = slices.IndexFunc(cells, func(cell string) bool { return fold(cell) == fold(names[column]) })
		if x.columns[column] < 0 {
			missing = append(missing, names[column])
		}
	}
	for _, cell := range cells {
		if fold(cell) != "" && !slices.ContainsFunc(names, func(name string) bool { return fold(name) == fold(cell) }) {
			strange = append(strange, cut(x.client.clean.line(cell), 60))
		}
	}
	if len(missing) > 0 {
		x.note("columns that are missing: %s", strings.Join(missing, ", "))
	}
	if len(strange) > 0 {
		x.note("columns that are not known, and not read: %s", strings.Join(strange[:min(len(strange), 10)], ", "))
	}
}

// trackingID is what a citizen types on the platform's site.
var trackingID = regexp.MustCompile(`^[0-9]{1,10}$`)

const (
	mostRaw    = 80     // characters of a status
	mostName   = 200    // characters of an agency's name
	mostReason = 2000   // characters of why something was postponed or archived
	fullCell   = 32_000 // bytes: a spreadsheet's cell ends soon after
)

// entry reads one row; ok is false for one without a tracking id, of which only our references and the date are read.
func (x *exportReader) entry(row workbook.Row) (e national.Entry, ok bool) {
	of := func(column int) string { return x.columns.of(row.Cells, column) }
	e = national.Entry{Row: row.Number, TrackingID: strings.TrimPrefix(of(trackingColumn), "#")}
	x.texts(&e, of(firstTextColumn), of(lastTextColumn))
	e.Arrived = x.arrived(of(dateColumn), of(timeColumn))
	if !trackingID.MatchString(e.TrackingID) {
		x.note("row %d has no tracking id of at most 10 digits: it is not read", row.Number)
		return e, false
	}
	line := x.client.clean.line
	if e.Arrived.IsZero() && x.columns[dateColumn] >= 0 {
		x.note("row %d has no date that can be read", row.Number)
	}
	if e.Raw = line(of(statusColumn)); len([]rune(e.Raw)) > mostRaw {
		x.note("row %d has a status that is too long to be one: it does not count", row.Number)
		e.Raw = ""
	}
	e.Status = x.statuses.of(e.Raw)
	e.Agency, e.Why = cut(line(of(agencyColumn)), mostName), cut(line(of(whyColumn)), mostReason)
	return e, true
}

// texts finds our reference in a row's texts, those that stand beside it, and what the text says that it ends.
func (x *exportReader) texts(e *national.Entry, firstText, lastText string) {
	first, last := x.client.clean.plain(firstText), x.client.clean.plain(lastText)
	e.Ref, e.Clear = x.reference(firstText, lastText)
	e.Clear = e.Clear && len(firstText) < fullCell
	for _, text := range []string{first, last} {
		all := x.marker.shape.FindAllStringSubmatchIndex(text, -1)
		for i, at := range all {
			one, err := complaint.ParseRef(text[at[2]:at[3]])
			if err != nil {
				continue
			}
			e.Others = append(e.Others, one)
			if i == len(all)-1 && one == e.Ref {
				e.Words = append(e.Words, wordsOf(text[:at[0]])...)
			}
		}
	}
	e.Others = others(e.Ref, e.Others)
}

// added begins what content writes below a citizen's words.
var added = regexp.MustCompile(`Lokasi: |Catatan: masalah yang sama |\(\d+ berkas dari pelapor |Catatan: \d+ lampiran `)

// wordsOf are what a text says, whole and without what may have been added to it: a citizen may have written the same himself.
func wordsOf(text string) []string {
	said := []string{national.Words(text)}
	for _, at := range added.FindAllStringIndex(text, -1) {
		said = append(said, national.Words(text[:at[0]]))
	}
	return slices.DeleteFunc(said, func(one string) bool { return one == "" })
}

// reference finds our reference. Without one the first text alone can be clear: the last is the platform's to edit.
func (x *exportReader) reference(firstText, lastText string) (ref complaint.Ref, clear bool) {
	for _, raw := range []string{firstText, lastText} {
		written := x.marker.found(raw, x.client.clean.plain(raw))
		if ref, err := complaint.ParseRef(string(written)); err == nil {
			return ref, false
		}
		if written != "" { // one that is damaged, or somebody else's
			return "", false
		}
	}
	return "", x.marker.shown(firstText, x.client.clean.plain(firstText))
}

var clockOnly = regexp.MustCompile(`^\d{1,2}[:.]\d{2}`)

// arrived reads the two cells of a moment; without the second it is the day's beginning.
func (x *exportReader) arrived(day, hour string) time.Time {
	if clockOnly.MatchString(hour) {
		if at := x.date(day + " " + hour); !at.IsZero() {
			return at
		}
	}
	return x.date(day)
}

// date reads a date of the region's zone; zero when it is none. A bare number is none.
func (x *exportReader) date(written string) time.Time {
	if strings.Trim(written, "0123456789., ") == "" {
		return time.Time{}
	}
	at, err := connectors.ParseTime(written, nil, x.zone)
	if err != nil {
		return time.Time{}
	}
	return at.In(x.zone)
}

func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return fmt.Sprintf("%s…", string(runes[:most-1]))
	}
	return s
}
