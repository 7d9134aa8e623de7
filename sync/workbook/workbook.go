// Package workbook reads XLSX files as rows of texts. excelize reads them, behind a guard: a file that is damaged, that is
// no workbook, or that would fill the memory is known before its first row is handed out, and never reads as a shorter one.
package workbook

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/xuri/excelize/v2"
)

// Book is an open XLSX file. excelize reads it, from a copy in a temporary folder: the library holds every part that is
// no sheet in memory, so the copy has no photos, and it takes what it cannot parse for the end, for an empty cell or for
// the first text of all, so each part is surveyed while it is copied.
type Book struct {
	dir    string
	file   *excelize.File
	d1904  bool // days are counted from 1904
	sheets []Sheet
}

// Sheet is one sheet of a book.
type Sheet struct {
	Name   string
	Hidden bool
	survey *survey
}

// DamageError says that a file, or what is left of one of its sheets, cannot be parsed: reading it again gives the same.
type DamageError struct{ Reason string }

func (e *DamageError) Error() string { return e.Reason }

// mostPart bounds the parts that are held in memory. Excel's own limits are far below.
const mostPart = 32 << 20

// The sheets, all parts that are needed, and those among them that the library streams from a file of its own.
var (
	isSheet  = regexp.MustCompile(`(?i)^xl/worksheets/[^/]+\.xml$`)
	needed   = regexp.MustCompile(isSheet.String() + `|^(_rels/\.rels|\[content_types\]\.xml|xl/[^/]+\.xml|xl/_rels/[^/]+\.rels)$`)
	streamed = regexp.MustCompile(`(?i)^xl/(sharedstrings|worksheets/sheet[^/]*)\.xml$`)
)

// MostUnpacked bounds, for Open, what a file unpacks to: a sheet of a million rows is a third of it.
const MostUnpacked = 1 << 30

// Open opens an XLSX file and reads all its parts once, so that a damaged one is known before its first row is handed out:
// that is a *DamageError, and so is one that unpacks to more bytes than most; any other error is the disk's or the context's.
// The file is not needed any more when Open returns; its caller closes it. Close the book.
func Open(ctx context.Context, file *os.File, most uint64) (*Book, error) {
	switch old, err := isOld(file); {
	case err != nil:
		return nil, err
	case old:
		return nil, &DamageError{Reason: "this is an old Excel file (XLS) or one with a password: save it as XLSX without a password"}
	}
	dir, err := os.MkdirTemp("", "satupintu-xlsx-*")
	if err != nil {
		return nil, fmt.Errorf("make room to read an XLSX file: %w", err)
	}
	book := &Book{dir: dir}
	if err := book.load(ctx, file, most); err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return book, nil
}

// isOld says whether a file begins as those do that Excel wrote before XLSX, and those with a password.
func isOld(file *os.File) (bool, error) {
	const ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	beginning := make([]byte, len(ole))
	if _, err := file.ReadAt(beginning, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(beginning) == ole, nil
}

// Sheets are the book's sheets in their order, hidden ones too.
func (b *Book) Sheets() []Sheet { return b.sheets }

// Close removes what was copied.
func (b *Book) Close() error {
	var err error
	if b.file != nil {
		err = b.file.Close()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

func (b *Book) load(ctx context.Context, file *os.File, most uint64) error {
	copied := filepath.Join(b.dir, "copy.xlsx")
	surveyed, err := surveyInto(ctx, copied, file, most)
	if err != nil {
		return err
	}
	b.file, err = excelize.OpenFile(copied, excelize.Options{TmpDir: b.dir, UnzipXMLSizeLimit: 1})
	if err != nil {
		return asDamage(err, "the file is damaged")
	}
	properties, err := b.file.GetWorkbookProps()
	if err != nil {
		return asDamage(err, "the file is damaged")
	}
	b.d1904 = properties.Date1904 != nil && *properties.Date1904
	return errors.Join(b.findSheets(surveyed), os.Remove(copied))
}

func (b *Book) findSheets(surveyed *surveys) error {
	for _, s := range b.file.WorkBook.Sheets.Sheet {
		found := surveyed.sheets[surveyed.targets[s.ID]]
		if found == nil && strings.Contains(surveyed.targets[s.ID], "chartsheets/") {
			continue
		}
		if found == nil {
			return &DamageError{Reason: fmt.Sprintf("the file lacks the content of sheet %q: save it again", s.Name)}
		}
		b.sheets = append(b.sheets, Sheet{Name: s.Name, Hidden: s.State != "" && s.State != "visible", survey: found})
	}
	if len(b.sheets) == 0 {
		return &DamageError{Reason: "this is no XLSX workbook: save it as XLSX or CSV"}
	}
	return nil
}

// surveys is what is known of a file before excelize opens it.
type surveys struct {
	sheets  map[string]*survey // by part
	targets map[string]string  // parts by the id that the workbook knows them by
	texts   int                // how many texts its cells share
}

// surveyInto reads the needed parts of a workbook to their ends, and copies them.
func surveyInto(ctx context.Context, name string, file *os.File, most uint64) (*surveys, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, asDamage(err, "the file is no whole XLSX file")
	}
	if unpacked(archive) > most {
		return nil, &DamageError{Reason: fmt.Sprintf("the file unpacks to more than %d MiB: divide it", most>>20)}
	}
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	copied := zip.NewWriter(out)
	found := &surveys{sheets: map[string]*survey{}, targets: map[string]string{}}
	for _, part := range archive.File {
		if err := found.take(ctx, part, copied); err != nil {
			return nil, err
		}
	}
	for _, part := range archive.File { // sheets at last, when the number of texts is known
		if isSheet.MatchString(part.Name) {
			if found.sheets[part.Name], err = surveySheet(ctx, part, found.texts); err != nil {
				return nil, err
			}
		}
	}
	return found, errors.Join(copied.Close(), out.Close())
}

// unpacked is how large the parts are that are read. zip gives no more of one than it says of itself.
func unpacked(archive *zip.Reader) uint64 {
	all := uint64(0)
	for _, part := range archive.File {
		if needed.MatchString(partName(part)) {
			if all += part.UncompressedSize64; all < part.UncompressedSize64 {
				return math.MaxUint64
			}
		}
	}
	return all
}

func partName(part *zip.File) string {
	return strings.TrimPrefix(strings.ReplaceAll(part.Name, `\`, "/"), "/")
}

// take copies a part, if it is needed, and surveys it, unless it is a sheet.
func (s *surveys) take(ctx context.Context, part *zip.File, copied *zip.Writer) error {
	part.Name = partName(part)
	switch name := strings.ToLower(part.Name); {
	case name == "content.xml":
		return &DamageError{Reason: "this is an OpenDocument file: save it as XLSX or CSV"}
	case !needed.MatchString(name) || name == "xl/calcchain.xml":
		return nil
	case part.UncompressedSize64 > mostPart && !streamed.MatchString(name):
		return &DamageError{Reason: "the file's part " + part.Name + " is larger than any spreadsheet program writes"}
	case name == "xl/styles.xml":
		return dateStyles(ctx, part, copied)
	case !isSheet.MatchString(name):
		if err := s.part(ctx, part); err != nil {
			return err
		}
	}
	if err := copied.Copy(part); err != nil {
		return asDamage(err, "the file is damaged")
	}
	return nil
}

// hasRoom is an error when the disk is full. excelize writes the shared texts to a file when the first one is asked for,
// and does not mind when that fails: the texts are empty then.
func (b *Book) hasRoom() error {
	const enough = 1 << 20
	name := filepath.Join(b.dir, "room")
	if err := os.WriteFile(name, make([]byte, enough), 0o600); err != nil {
		return fmt.Errorf("make room for the texts of an XLSX file: %w", err)
	}
	return os.Remove(name)
}

// asDamage is err as a *DamageError, unless the disk failed or nobody waits any more.
func asDamage(err error, what string) error {
	var disk syscall.Errno
	if errors.As(err, &disk) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &DamageError{Reason: what + " (" + err.Error() + "): save it again as XLSX"}
}

// target is the part that a relationship of the workbook names.
func target(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name)[1:]
	}
	return path.Join("xl", name)
}
