package spreadsheet

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// item is what one row gives: a complaint, a row set aside, or nothing when it repeats an earlier one.
type item struct {
	at        position
	complaint *complaint.Complaint
	aside     *connectors.SetAside
}

// first is the first row of a file with some id, in 16 bytes: a file may have a million rows.
type first struct {
	words uint64 // the beginning of the complaint's content hash
	row   uint32
	table uint16
}

// fileReader reads one file from its beginning to its end. It is a cache: opened again and moved forward, it goes on
// with the same items.
type fileReader struct {
	kind    *connector
	file    found
	doc     *document
	at      position // of the last item
	table   int      // index of the next table
	absent  int      // index of the next absent sheet
	rows    lines    // of the table under way; nil between tables
	record  *recorder
	last    int // the last row read
	seed    maphash.Seed
	seen    map[uint64]first // by hash of the id
	taken   int              // rows that were read
	repeats int              // rows among them that say again what an earlier one said
	misfit  bool             // a table's columns, or a sheet, were missing
	fitted  []string         // the tables whose columns were there
	missing []string         // the columns
}

func (c *connector) reader(file found, doc *document) *fileReader {
	return &fileReader{kind: c, file: file, doc: doc, seed: maphash.MakeSeed(), seen: map[uint64]first{}}
}

func (r *fileReader) Close() error {
	var err error
	if r.rows != nil {
		err = r.rows.Close()
	}
	return errors.Join(err, r.doc.close())
}

// next returns the next item; io.EOF at the end. Any other error is the disk's.
func (r *fileReader) next() (item, error) {
	if r.absent < len(r.doc.absent) {
		name := r.doc.absent[r.absent]
		r.absent, r.misfit = r.absent+1, true
		return r.trouble(position{name, 0}, connectors.BadField, "the file has no sheet of this name; correct the setting sheets, or the sheet's name"), nil
	}
	for {
		if r.rows == nil {
			trouble, err := r.openTable()
			if trouble != nil || err != nil {
				return deref(trouble), err
			}
			continue
		}
		next, err := r.rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			if err := r.closeTable(); err != nil {
				return item{}, err
			}
		case err != nil:
			return r.broken(err)
		case next.fault == "" && (next.empty() || r.record.header.repeatedAt(next.cells)):
			r.last = next.row
		default:
			r.last = next.row
			return r.item(next), nil
		}
	}
}

func deref(trouble *item) item {
	if trouble == nil {
		return item{}
	}
	return *trouble
}

func (r *fileReader) closeTable() error {
	err := r.rows.Close()
	r.rows = nil
	return err
}

// openTable opens the next table and reads its header. An item says why it has none.
func (r *fileReader) openTable() (*item, error) {
	if r.table >= len(r.doc.tables) {
		return nil, io.EOF
	}
	t := r.doc.tables[r.table]
	r.table++
	rows, err := t.open()
	if err != nil {
		return r.unreadable(t.name, err)
	}
	r.rows, r.last = rows, 0
	head, err := r.kind.rule.find(rows)
	var misfit *headerError
	switch {
	case errors.As(err, &misfit):
		r.misfit, r.missing = true, append(r.missing, misfit.missing...)
		trouble := r.trouble(position{t.name, 0}, connectors.BadField, misfit.reason)
		return &trouble, r.closeTable()
	case err != nil:
		return r.unreadable(t.name, err)
	case head == nil:
		return nil, r.closeTable()
	}
	r.fitted = append(r.fitted, t.name)
	r.record = newRecorder(head, r.kind.settings.Map, r.kind.zone)
	r.record.file, r.record.sheet = path.Base(r.file.name), t.name
	return nil, nil
}

func (r *fileReader) unreadable(table string, err error) (*item, error) {
	var damage *damageError
	if !errors.As(err, &damage) {
		return nil, err
	}
	trouble := r.trouble(position{table, 0}, connectors.Unreadable, damage.Reason)
	if r.rows == nil {
		return &trouble, nil
	}
	return &trouble, r.closeTable()
}

// broken sets aside what is left of a table that cannot be read any further.
func (r *fileReader) broken(err error) (item, error) {
	var damage *damageError
	if !errors.As(err, &damage) {
		return item{}, err
	}
	trouble := r.trouble(position{r.record.sheet, -1}, connectors.Unreadable, fmt.Sprintf("nothing after row %d can be read: %s", r.last, damage.Reason))
	return trouble, r.closeTable()
}

func (r *fileReader) trouble(at position, cause connectors.SetAsideCause, detail string) item {
	r.at = at
	return item{at: at, aside: &connectors.SetAside{Where: where(r.file.name, at), Reason: cause, Detail: detail}}
}

// where is a position in words: aduan.xlsx sheet Januari row 17.
func where(file string, at position) string {
	if at.Sheet != "" {
		file += " sheet " + at.Sheet
	}
	if at.Row > 0 {
		file += fmt.Sprintf(" row %d", at.Row)
	}
	return file
}

func (r *fileReader) item(next line) item {
	at := position{r.record.sheet, next.row}
	if next.fault != "" {
		return r.trouble(at, connectors.Unreadable, next.fault)
	}
	r.at = at
	r.taken++
	record := r.record.take(next)
	raw := r.record.raw()
	c, unfit := r.kind.fit(record, raw)
	aside := connectors.SetAside{SourceID: c.SourceID, Where: where(r.file.name, at), Raw: raw}
	if unfit != nil {
		aside.Reason, aside.Detail = unfit.cause, unfit.detail
		return item{at: at, aside: &aside}
	}
	earlier, words := r.earlier(c, next.row)
	switch {
	case earlier == nil:
		return item{at: at, complaint: &c}
	case earlier.words == words:
		r.repeats++
		return item{at: at}
	}
	aside.Reason, aside.Detail = connectors.SameID, r.sameID(*earlier)
	return item{at: at, aside: &aside}
}

// unfit is why a row by itself is set aside.
type unfit struct {
	cause  connectors.SetAsideCause
	detail string
}

// fit makes a complaint of a row, or says why it is none.
func (c *connector) fit(record map[string]any, raw []byte) (complaint.Complaint, *unfit) {
	one, err := c.mapper.Map(record)
	one.Raw = complaint.Payload{Type: "application/json", Body: raw}
	if err != nil {
		return one, &unfit{connectors.BadField, strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	if ours := ownReference.FindString(one.Text); ours != "" && c.settings.bringsNational() {
		return one, &unfit{connectors.SameID, "it came to the platform through a gateway, as " + ours + ", and is not taken in once more"}
	}
	return one, nil
}

// ownReference is a gateway's own reference, as it stands in the text of what it sent to the platform.
var ownReference = regexp.MustCompile(`\bSP-[0-9A-Z]{15}\b`)

// earlier returns the first row with the complaint's id, nil when this is it, and the complaint's own words.
func (r *fileReader) earlier(c complaint.Complaint, row int) (*first, uint64) {
	words := contentWords(c)
	id := maphash.String(r.seed, c.SourceID)
	if known, there := r.seen[id]; there {
		return &known, words
	}
	r.seen[id] = first{words, uint32(row), uint16(r.table - 1)}
	return nil, words
}

func contentWords(c complaint.Complaint) uint64 {
	var sum [8]byte
	_, _ = hex.Decode(sum[:], []byte(c.ContentHash()[:2*len(sum)])) // it is hex
	return binary.BigEndian.Uint64(sum[:])
}

func (r *fileReader) sameID(earlier first) string {
	sheet := ""
	if name := r.doc.tables[earlier.table].name; name != r.record.sheet {
		sheet = "sheet " + name + " "
	}
	return fmt.Sprintf("%srow %d has the same id and other words, so the id is not unique: %s",
		sheet, earlier.row, r.record.advice(r.kind.settings.Map))
}

// forward moves to just behind a position. When the file has no such row, there is false.
func (r *fileReader) forward(ctx context.Context, to position) (there bool, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		next, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case next.at == to:
			return true, nil
		}
	}
}
