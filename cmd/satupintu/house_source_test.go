package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/satupintu/satupintu"

// suites are the behaviour suites and the simulators of channels: test code, though their files are not called _test.go.
var suites = []string{
	"connectors/connectortest", "connectors/email/postoffice", "connectors/telegram/botapi", "connectors/whatsapp/cloudapi",
	"sync/store/storetest", "sync/national/nationaltest", "sync/workbook/workbooktest",
}

// simulator is imported by tests and by the command only, and imports none of ours.
const simulator = "sync/national/simulator"

// house is every Go file of the module, and what lies at its top.
type house struct {
	files []source
	top   []string
	set   *token.FileSet
}

type source struct {
	path string // from the module's root, with slashes
	ast  *ast.File
}

func readHouse(t *testing.T, root fs.FS) house {
	t.Helper()
	h := house{set: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skip(root, name, entry)
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(h.set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		h.files = append(h.files, source{path: name, ast: parsed})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		h.top = append(h.top, entry.Name())
	}
	if len(h.files) == 0 {
		t.Fatal("no Go files were found: the rules would hold of nothing")
	}
	return h
}

// skip passes over what the go command passes over, another module (bench) among it.
func skip(root fs.FS, name string, entry fs.DirEntry) error {
	base := entry.Name()
	if name != "." && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
		return fs.SkipDir
	}
	if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil && name != "." {
		return fs.SkipDir
	}
	return nil
}

func (s source) folder() string { return path.Dir(s.path) }

// isTest says that the file is compiled into tests only: suites are.
func (s source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || slices.Contains(suites, s.folder())
}

// imports are the import paths of a file, each with its line.
func (s source) imports() map[string]*ast.ImportSpec {
	found := map[string]*ast.ImportSpec{}
	for _, spec := range s.ast.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			found[name] = spec
		}
	}
	return found
}

// ours are the folders of this module that the file imports.
func (s source) ours() map[string]*ast.ImportSpec {
	found := map[string]*ast.ImportSpec{}
	for name, spec := range s.imports() {
		if folder, ok := strings.CutPrefix(name, module+"/"); ok {
			found[folder] = spec
		}
	}
	return found
}

// localName is what the file calls an imported package, "" when it does not import it.
func (s source) localName(imported string) string {
	spec, ok := s.imports()[imported]
	switch {
	case !ok:
		return ""
	case spec.Name != nil:
		return spec.Name.Name
	}
	return path.Base(imported)
}

func (h house) at(pos token.Pos, format string, args ...any) string {
	where := h.set.Position(pos)
	return fmt.Sprintf("%s:%d: %s", where.Filename, where.Line, fmt.Sprintf(format, args...))
}
