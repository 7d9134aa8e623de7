package lapor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/workbook"
)

const (
	mostTitles = 100 // rows above the header
	mostNotes  = 50
)

// Export reads the official spreadsheet: every visible sheet that has its header, the row whose first cell is Tracking ID.
// Columns may be missing and may stand in any order. Several rows of one tracking id are one entry.
func (p *platform) Export(ctx context.Context, file *os.File) (national.Export, error) {
	book, err := workbook.Open(ctx, file, workbook.MostUnpacked)
	if err != nil {
		return national.Export{}, fmt.Errorf("read the official spreadsheet: %w", err)
	}
	x := &exportReader{platform: p, now: time.Now(), known: map[string]int{}}
	err = x.book(ctx, book)
	if err = errors.Join(err, book.Close()); err != nil {
		return national.Export{}, fmt.Errorf("read the official spreadsheet: %w", err)
	}
	x.close()
	return x.Export, nil
}

// exportReader gathers what the sheets of one file say.
type exportReader struct {
	national.Export
	*platform
	now     time.Time
	columns columns        // of the sheet at hand
	known   map[string]int // index of the entry, by tracking id
	found   bool           // a header
	unnoted int
}

func (x *exportReader) note(format string, values ...any) {
	if len(x.Notes) >= mostNotes {
		x.unnoted++
		return
	}
	if said := fmt.Sprintf(format, values...); !slices.Contains(x.Notes, said) {
		x.Notes = append(x.Notes, said)
	}
}

func (x *exportReader) close() {
	if x.unnoted > 0 {
		x.Notes = append(x.Notes, fmt.Sprintf("%d more notes of this kind", x.unnoted))
	}
}

func (x *exportReader) book(ctx context.Context, book *workbook.Book) error {
	for i, sheet := range book.Sheets() {
		if sheet.Hidden {
			continue
		}
		rows, err := book.Rows(sheet)
		if err != nil {
			return err
		}
		unknown, err := x.sheet(ctx, rows)
		if err = errors.Join(err, rows.Close()); err != nil {
			return err
		}
		if unknown {
			x.note("sheet %d has rows, and none of its first %d begins with %q: it is not read", i+1, mostTitles, columnNames()[trackingColumn])
			x.Unread = append(x.Unread, national.Entry{})
		}
	}
	if !x.found {
		return fmt.Errorf("this is not the official spreadsheet: none of its first %d rows begins with the cell %q; download the list of complaints from the platform again, and do not change it", mostTitles, columnNames()[trackingColumn])
	}
	return nil
}

// sheet reads one sheet. unknown says that it has rows and no header.
func (x *exportReader) sheet(ctx context.Context, rows *workbook.Rows) (unknown bool, err error) {
	for within := false; ctx.Err() == nil; {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return unknown, nil
		case err != nil:
			return unknown, err
		case row.Empty():
		case !within && row.Number > mostTitles:
			return true, nil
		case isHeader(row.Cells):
			within, unknown, x.found = true, false, true
			x.header(row.Cells)
		case within:
			x.row(row)
		default:
			unknown = true
			x.title(row.Cells)
		}
	}
	return unknown, ctx.Err()
}

// title looks in a row above the header for the date the file was made. A period is no such date: it may end later.
func (x *exportReader) title(cells []string) {
	if words := strings.ToLower(strings.Join(cells, " ")); strings.Contains(words, "periode") || strings.Contains(words, "s.d") || strings.Contains(words, "sampai") {
		return
	}
	for _, cell := range cells {
		if at := x.date(cell); !at.IsZero() {
			x.made(at)
		} else if _, after, labelled := strings.Cut(cell, ":"); labelled {
			x.made(x.date(after))
		}
	}
}

// made keeps the latest moment before which the file cannot have been made. One in the future is a mistake.
func (x *exportReader) made(at time.Time) {
	if at.After(x.Made) && !at.After(x.now) {
		x.Made = at
	}
}

// row adds what a row says.
func (x *exportReader) row(row workbook.Row) {
	e, ok := x.entry(row)
	if !ok {
		x.unread(row, e)
		return
	}
	x.made(e.Arrived)
	if !e.Arrived.IsZero() && (x.From.IsZero() || e.Arrived.Before(x.From)) {
		x.From = e.Arrived
	}
	if i, again := x.known[e.TrackingID]; again {
		x.merge(&x.Entries[i], e)
		return
	}
	x.known[e.TrackingID] = len(x.Entries)
	x.Entries = append(x.Entries, e)
}

// unread keeps of a row without a tracking id what may be ours. One that has nothing of a complaint, such as a sum below the
// table, is none.
func (x *exportReader) unread(row workbook.Row, e national.Entry) {
	says := func(column int) bool { return x.columns.of(row.Cells, column) != "" }
	isComplaint := says(firstTextColumn) || says(lastTextColumn) || says(dateColumn) || says(statusColumn)
	if e.TrackingID = ""; isComplaint && !e.Clear {
		x.Unread = append(x.Unread, e)
	}
}

// merge adds another row of the same complaint, as there is where several agencies have it.
func (x *exportReader) merge(known *national.Entry, again national.Entry) {
	switch {
	case known.Ref != "" && again.Ref != "" && known.Ref != again.Ref:
		known.Disputed = true
		x.note("rows %d and %d have the same tracking id and different references: nothing is done about them", known.Row, again.Row)
	case known.Raw != again.Raw && known.Raw != "":
		known.Raw, known.Status, known.Why = "", "", ""
		x.note("rows %d and %d have the same tracking id and different statuses: neither counts", known.Row, again.Row)
	}
	if known.Ref == "" {
		known.Ref, known.Words = again.Ref, again.Words
	}
	known.Others = others(known.Ref, append(append(known.Others, again.Ref), again.Others...))
	known.Clear = known.Clear && again.Clear
}

// others are the references among seen that are not ref, each once.
func others(ref complaint.Ref, seen []complaint.Ref) []complaint.Ref {
	seen = slices.DeleteFunc(seen, func(one complaint.Ref) bool { return one == ref || one == "" })
	slices.Sort(seen)
	if seen = slices.Compact(seen); len(seen) == 0 {
		return nil
	}
	return seen
}
