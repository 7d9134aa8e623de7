package spreadsheet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/sync/workbook"
)

// errChanged says that a file is no longer what the listing showed.
var errChanged = errors.New("the file has changed")

// opener opens files of one place.
type opener struct {
	visit
	settings *Settings
	rule     headerRule
	most     uint64 // bytes that an XLSX file unpacks to; 0: as many as workbook takes
}

// plan is what has to be known of a CSV file before its first row is read; it takes a pass over the whole file.
type plan struct {
	encoding string
	comma    rune
	partial  string // why it looks as if it were still being written; empty: it does not
}

// document opens a file. A *partialError or *damageError says that it cannot be read as it is now. known is the plan of the
// file, when it was made before; the one used is returned.
func (o opener) document(ctx context.Context, file found, known *plan) (*document, *plan, error) {
	raw, err := o.visit.open(file)
	if err != nil {
		return nil, nil, err
	}
	doc, known, err := o.read(ctx, raw, file.name, known)
	if err != nil {
		return nil, known, errors.Join(err, ignoreClosed(raw.Close()))
	}
	return doc, known, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

func (o opener) read(ctx context.Context, raw *os.File, name string, known *plan) (*document, *plan, error) {
	const ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	beginning := make([]byte, len(ole))
	n, err := raw.ReadAt(beginning, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	extension := strings.ToLower(path.Ext(name))
	switch {
	case n == 0:
		return nil, nil, &partialError{"the file is empty"}
	case string(beginning) == ole, bytes.HasPrefix(beginning, []byte("PK\x03\x04")):
		doc, err := o.workbook(ctx, raw)
		return doc, nil, err
	case extension == ".xlsx" || extension == ".xlsm":
		return nil, nil, &damageError{Reason: "this is no XLSX file, whatever its name says: save it again as XLSX or CSV"}
	}
	return o.csv(raw, known)
}

func (o opener) workbook(ctx context.Context, raw *os.File) (*document, error) {
	book, err := workbook.Open(ctx, raw, cmp.Or(o.most, workbook.MostUnpacked))
	if err != nil {
		return nil, err
	}
	if err := raw.Close(); err != nil {
		return nil, errors.Join(err, book.Close())
	}
	doc := &document{close: book.Close}
	for _, name := range o.settings.Sheets {
		if !slices.ContainsFunc(book.Sheets(), func(s workbook.Sheet) bool { return folded(s.Name) == folded(name) }) {
			doc.absent = append(doc.absent, name)
		}
	}
	for _, s := range book.Sheets() {
		if !o.reads(s) {
			continue
		}
		doc.tables = append(doc.tables, table{s.Name, func() (lines, error) {
			rows, err := book.Rows(s)
			if err != nil {
				return nil, err
			}
			return sheetLines{rows}, nil
		}})
	}
	return doc, nil
}

// reads says whether a sheet is to be read: a named one even when it is hidden.
func (o opener) reads(s workbook.Sheet) bool {
	if len(o.settings.Sheets) == 0 {
		return !s.Hidden
	}
	return slices.ContainsFunc(o.settings.Sheets, func(name string) bool { return folded(s.Name) == folded(name) })
}

func (o opener) csv(raw *os.File, known *plan) (*document, *plan, error) {
	if known == nil {
		var err error
		if known, err = o.plan(raw); err != nil {
			return nil, nil, err
		}
	}
	rows := func() (lines, error) {
		if _, err := raw.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return newCSVLines(decoded(raw, known.encoding), known.comma), nil
	}
	return &document{tables: []table{{"", rows}}, close: raw.Close}, known, nil
}

// plan reads the file twice: for its encoding, and to see whether its end is one.
func (o opener) plan(raw *os.File) (*plan, error) {
	made := &plan{encoding: o.settings.Encoding}
	var err error
	if made.encoding == autoEncoding {
		if made.encoding, err = detectEncoding(raw); err != nil {
			return nil, err
		}
	}
	if made.comma, _ = comma(o.settings.Delimiter); made.comma == 0 {
		if made.comma, err = o.sniff(raw, made.encoding); err != nil {
			return nil, err
		}
	}
	if _, err := raw.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	rows := newCSVLines(decoded(raw, made.encoding), made.comma)
	for err = nil; err == nil; {
		_, err = rows.Next()
	}
	var damage *damageError
	switch {
	case !errors.Is(err, io.EOF) && !errors.As(err, &damage):
		return nil, err
	case rows.endsOpen:
		made.partial = "the file ends inside a quoted cell"
	case rows.feed.added:
		made.partial = "the file's last row has no line break"
	}
	return made, nil
}

func (o opener) sniff(raw *os.File, encoding string) (rune, error) {
	if _, err := raw.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	beginning, err := io.ReadAll(io.LimitReader(decoded(raw, encoding), sniffSize))
	return detectComma(beginning, o.rule), err
}
