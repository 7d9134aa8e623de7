package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
)

//go:embed skeleton/*.tmpl
var skeletonFiles embed.FS

// skeleton is a connector to be written.
type skeleton struct {
	Kind                    string
	Module                  string // of the source it is written into
	Poll, Receive, Messages bool
}

func connectorsNew() *cobra.Command {
	c := &cobra.Command{
		Use:   "new KIND",
		Short: "Write the skeleton of a new kind into the source: it compiles, and its tests say what to fill in",
		Args:  exactly(1),
	}
	var s skeleton
	dir := c.Flags().String("dir", ".", "folder of the source of Satu Pintu")
	c.Flags().BoolVar(&s.Poll, "poll", false, "the gateway asks the channel for what is new")
	c.Flags().BoolVar(&s.Receive, "receive", false, "the channel sends requests to the gateway")
	c.Flags().BoolVar(&s.Messages, "messages", false, "it is a conversation: several messages become one complaint, and answers go to the person")
	c.RunE = func(c *cobra.Command, args []string) error {
		s.Kind = args[0]
		if !s.Poll && !s.Receive {
			return usageError{errors.New("say how complaints come: --poll, --receive, or both")}
		}
		if err := kindIsFree(s.Kind); err != nil {
			return usageError{err}
		}
		var err error
		if s.Module, err = moduleOf(*dir); err != nil {
			return err
		}
		written, err := s.writeTo(*dir)
		if err != nil {
			return err
		}
		s.sayNext(c.OutOrStdout(), written)
		return nil
	}
	return c
}

var kindForm = regexp.MustCompile(`^[a-z][a-z0-9]{1,19}$`)

// notKinds mean something else as a folder or a file of ours, or to Go, or say nothing.
var notKinds = []string{
	"config", "connectors", "connectortest", "poll", "receive", "main", "internal", "vendor", "testdata", "util", "common", "helpers",
	"types", "models", "manager", "service", "sync",
}

// kindIsFree says why a word cannot be the name of a new kind, which is also its package's.
func kindIsFree(kind string) error {
	switch {
	case !kindForm.MatchString(kind):
		return fmt.Errorf("kind %q: want 2 to 20 lower-case letters and digits, the first a letter", kind)
	case token.IsKeyword(kind), types.Universe.Lookup(kind) != nil, slices.Contains(notKinds, kind):
		return fmt.Errorf("kind %q means something else in the source: want another name", kind)
	}
	for _, d := range connectorKinds() {
		if d.Kind == kind {
			return fmt.Errorf("kind %q is there already: satupintu connectors describe %s", kind, kind)
		}
	}
	return nil
}

var moduleLine = regexp.MustCompile(`(?m)^module (\S+)$`)

// moduleOf is the name of the module in a folder, which must be the source of Satu Pintu.
func moduleOf(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "connectors", "connectors.go"))
	}
	name := moduleLine.FindSubmatch(text)
	if err != nil || name == nil {
		return "", fmt.Errorf("%s is not the source of Satu Pintu: give its folder with --dir", dir)
	}
	return string(name[1]), nil
}

// files are the skeleton's, by their path from the module's root.
func (s skeleton) files() (map[string][]byte, error) {
	folder := "connectors/" + s.Kind + "/"
	wanted := map[string]string{
		"config.go.tmpl": folder + "config.go", "kind.go.tmpl": folder + s.Kind + ".go", "suite_test.go.tmpl": folder + "suite_test.go",
		"kind.md.tmpl": "docs/" + s.Kind + ".md",
	}
	if s.Poll {
		wanted["poll.go.tmpl"] = folder + "poll.go"
	}
	if s.Receive {
		wanted["receive.go.tmpl"] = folder + "receive.go"
	}
	templates, err := template.ParseFS(skeletonFiles, "skeleton/*.tmpl")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, path := range wanted {
		var text bytes.Buffer
		if err := templates.ExecuteTemplate(&text, name, s); err != nil {
			return nil, err
		}
		files[path] = text.Bytes()
		if strings.HasSuffix(path, ".go") {
			if files[path], err = format.Source(text.Bytes()); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return files, nil
}

// writeTo writes the skeleton, and overwrites nothing: when something of it is there, nothing is written.
func (s skeleton) writeTo(dir string) ([]string, error) {
	files, err := s.files()
	if err != nil {
		return nil, err
	}
	var paths []string
	for path := range files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range append(paths, "connectors/"+s.Kind) {
		if _, err := os.Lstat(filepath.Join(dir, path)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is there already: nothing was written", filepath.Join(dir, path))
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "connectors", s.Kind), 0o755); err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := os.WriteFile(filepath.Join(dir, path), files[path], 0o644); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func (s skeleton) sayNext(out io.Writer, written []string) {
	for _, path := range written {
		fmt.Fprintln(out, "wrote", path)
	}
	fmt.Fprintf(out, `
Next:
1. Add it to the catalogue, cmd/satupintu/catalog.go:
       "%[1]s/connectors/%[2]s"
       %[2]s.Definition(),
2. go test ./connectors/%[2]s
   What fails says what to fill in, until nothing does. Then search for "fill in" once more.
3. make docs, and describe it for operators in docs/%[2]s.md; its example is tested.
4. A line in CHANGELOG.md, and the kind's name in README.md.
`, s.Module, s.Kind)
}
