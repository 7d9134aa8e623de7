package spreadsheet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// found is a file as a listing shows it: a change of any of these makes it another file.
type found struct {
	name     string // below the folder, with slashes
	size     int64
	modified int64 // unix nanoseconds
}

// place is where files lie: a folder of this machine, or of an SFTP server.
type place interface {
	// look lists the files there are, the oldest first. Close the visit.
	look(ctx context.Context) (visit, error)
	// ownClock says whether the files' times are by our clock. Another machine's may be set wrong.
	ownClock() bool
	io.Closer
}

// visit is one look at a place.
type visit interface {
	files() []found
	// open opens a file for reading, in whole; errChanged when it is not what was listed.
	open(file found) (*os.File, error)
	// unchanged is errChanged when a file is no longer what was listed.
	unchanged(file found) error
	io.Closer
}

// folder is the place the setting path names. Nothing outside of it is ever read, whatever symbolic links say.
type folder struct {
	base    string
	pattern string // below base, with slashes; empty: every spreadsheet in it
	exact   bool   // pattern is one file's name
}

// newFolder takes the setting path apart: the folders before the first pattern character, and the rest. What is not there
// and has no extension is taken for a folder: one that is away is an error, a file that is not there yet is none.
func newFolder(setting string) folder {
	setting = filepath.Clean(setting)
	if !isPattern(setting) {
		info, err := os.Stat(setting)
		if err == nil && info.IsDir() || err != nil && filepath.Ext(setting) == "" {
			return folder{base: setting}
		}
		return folder{base: filepath.Dir(setting), pattern: filepath.Base(setting), exact: true}
	}
	base, pattern := cutPattern(filepath.ToSlash(setting))
	return folder{base: filepath.FromSlash(base), pattern: pattern}
}

func isPattern(setting string) bool { return strings.ContainsAny(setting, `*?[`) }

// cutPattern cuts a pattern behind the folders before its first pattern character.
func cutPattern(setting string) (base, pattern string) {
	base = setting
	for isPattern(base) {
		pattern = path.Join(path.Base(base), pattern)
		base = path.Dir(base)
	}
	return base, pattern
}

// localPlace is a folder of this machine. It is looked for anew each time: it may be mounted later.
type localPlace struct{ settings *Settings }

func (p localPlace) look(context.Context) (visit, error) {
	return newFolder(string(p.settings.Path)).look()
}
func (localPlace) ownClock() bool { return true }
func (localPlace) Close() error   { return nil }

// localVisit is a folder that is open.
type localVisit struct {
	root   *os.Root
	listed []found
}

func (f folder) look() (visit, error) {
	root, err := os.OpenRoot(f.base)
	if err != nil {
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	names, err := f.names(root.FS())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("list the folder: %w", err), root.Close())
	}
	var files []found
	for _, name := range names {
		info, err := root.Lstat(filepath.FromSlash(name))
		if err != nil || !info.Mode().IsRegular() || ignored(path.Base(name)) {
			continue // gone again, or no file of its own
		}
		files = append(files, found{name, info.Size(), info.ModTime().UnixNano()})
	}
	return &localVisit{root, oldestFirst(files)}, nil
}

func oldestFirst(files []found) []found {
	slices.SortFunc(files, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.modified, b.modified), cmp.Compare(a.name, b.name))
	})
	return files
}

func (v *localVisit) files() []found { return v.listed }
func (v *localVisit) Close() error   { return v.root.Close() }

func (v *localVisit) open(file found) (*os.File, error) {
	raw, err := v.root.Open(filepath.FromSlash(file.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errChanged
	}
	if err != nil {
		return nil, err
	}
	info, err := raw.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, raw.Close())
	case !file.is(info):
		return nil, errors.Join(errChanged, raw.Close())
	}
	return raw, nil
}

func (v *localVisit) unchanged(file found) error {
	info, err := v.root.Lstat(filepath.FromSlash(file.name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !file.is(info) {
		return errChanged
	}
	return err
}

// is says whether a file is what a listing showed.
func (f found) is(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Size() == f.size && info.ModTime().UnixNano() == f.modified
}

func (f folder) names(files fs.FS) ([]string, error) {
	switch {
	case f.exact:
		return []string{f.pattern}, nil
	case f.pattern != "":
		if _, err := fs.ReadDir(files, "."); err != nil {
			return nil, err // fs.Glob would keep silent about it
		}
		return fs.Glob(files, f.pattern)
	}
	entries, err := fs.ReadDir(files, ".")
	var names []string
	for _, entry := range entries {
		if isSpreadsheet(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

func isSpreadsheet(name string) bool {
	return slices.Contains(spreadsheets(), strings.ToLower(path.Ext(name)))
}

// spreadsheets are the extensions looked for in a folder. Those that cannot be read are set aside with advice.
func spreadsheets() []string {
	return []string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
}

// ignored says whether a name belongs to a file that another program is still busy with, or to our own answers.
func ignored(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, "~") || isTwin(name) {
		return true
	}
	busy := []string{".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".lock", ".swp"}
	return slices.Contains(busy, strings.ToLower(path.Ext(name)))
}
