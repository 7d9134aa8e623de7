package spreadsheet

import (
	"cmp"
	"errors"
	"fmt"
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
	if !strings.ContainsAny(setting, `*?[`) {
		info, err := os.Stat(setting)
		if err == nil && info.IsDir() || err != nil && filepath.Ext(setting) == "" {
			return folder{base: setting}
		}
		return folder{base: filepath.Dir(setting), pattern: filepath.Base(setting), exact: true}
	}
	base, pattern := setting, ""
	for strings.ContainsAny(base, `*?[`) {
		pattern = path.Join(filepath.Base(base), pattern)
		base = filepath.Dir(base)
	}
	return folder{base: base, pattern: pattern}
}

// list returns the files there are, the oldest first. The root is the caller's to close.
func (f folder) list() (*os.Root, []found, error) {
	root, err := os.OpenRoot(f.base)
	if err != nil {
		return nil, nil, fmt.Errorf("open the folder: %w", err)
	}
	names, err := f.names(root.FS())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("list the folder: %w", err), root.Close())
	}
	var files []found
	for _, name := range names {
		info, err := root.Lstat(filepath.FromSlash(name))
		if err != nil || !info.Mode().IsRegular() || ignored(path.Base(name)) {
			continue // gone again, or no file of its own
		}
		files = append(files, found{name, info.Size(), info.ModTime().UnixNano()})
	}
	slices.SortFunc(files, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.modified, b.modified), cmp.Compare(a.name, b.name))
	})
	return root, files, nil
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
		if slices.Contains(spreadsheets(), strings.ToLower(path.Ext(entry.Name()))) {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// spreadsheets are the extensions looked for in a folder. Those that cannot be read are set aside with advice.
func spreadsheets() []string {
	return []string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
}

// ignored says whether a name belongs to a file that another program is still busy with.
func ignored(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, "~") {
		return true
	}
	busy := []string{".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".lock", ".swp"}
	return slices.Contains(busy, strings.ToLower(path.Ext(name)))
}
