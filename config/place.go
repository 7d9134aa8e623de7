package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// Place is a position in a configuration file. One that comes from Load also knows the folder relative paths start at
// and where secrets are looked up, so that settings decoded later are read as the rest of the file was.
type Place struct {
	File   string // as it was named to Load
	Line   int    // from 1; 0 stands for the file as a whole
	Column int
	Path   string // such as connectors[1].settings; empty for the file's root

	node *yaml.Node
	from *source
}

// source is where a configuration comes from.
type source struct {
	dir string // absolute
	env func(string) (string, bool)
}

// String is the place as it stands before a message: gateway.yaml:41:7: connectors[1].settings.
func (p Place) String() string {
	var parts []string
	switch {
	case p.File != "" && p.Line > 0:
		parts = append(parts, fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column))
	case p.File != "":
		parts = append(parts, p.File)
	}
	if p.Path != "" {
		parts = append(parts, p.Path)
	}
	return strings.Join(parts, ": ")
}

// At is the place of a key below p, dotted, such as "search.path". Where the file does not hold the key, line and
// column are those of the nearest parent that it does hold.
func (p Place) At(field string) Place {
	if field == "" {
		return p
	}
	p.Path = join(p.Path, field)
	if p.node, _ = nearest(p.node, field); p.node != nil && p.node.Line > 0 {
		p.Line, p.Column = p.node.Line, p.node.Column
	}
	return p
}

// has reports whether the file itself gives a key below p.
func (p Place) has(field string) bool {
	_, rest := nearest(p.node, field)
	return rest == ""
}

// Problemf is a problem at this place.
func (p Place) Problemf(format string, args ...any) Problem {
	return Problem{At: p, Message: fmt.Sprintf(format, args...)}
}

func (p Place) lookup(name string) (string, bool) {
	if p.from != nil && p.from.env != nil {
		return p.from.env(name)
	}
	return os.LookupEnv(name)
}

// resolve makes a path absolute; the empty path stays empty.
func (p Place) resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.dir(), path)
}

func (p Place) dir() string {
	if p.from != nil {
		return p.from.dir
	}
	return folderOf(p.File)
}

// folderOf is the absolute folder of a file. Abs fails only where the working folder is gone; then the path stays
// relative, which fails with its name when it is used.
func folderOf(file string) string {
	dir := filepath.Dir(file)
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// join appends a key or an index to a dotted path.
func join(path, key string) string {
	if path == "" || strings.HasPrefix(key, "[") {
		return path + key
	}
	return path + "." + key
}

// keyPath appends a key as it stands in the file; one with spaces or unprintable characters is quoted, so that a message
// stays on its line.
func keyPath(path, key string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if key == "" || strings.HasPrefix(key, "[") || strings.ContainsFunc(key, odd) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	return join(path, key)
}

// nearest follows a dotted path as far as the nodes go and returns the rest that it could not follow. Keys may hold dots
// themselves (reporter.name): the longest key that fits wins.
func nearest(node *yaml.Node, path string) (_ *yaml.Node, rest string) {
	for node != nil && path != "" {
		next, after := step(deref(node), path)
		if next == nil {
			break
		}
		node, path = next, strings.TrimPrefix(after, ".")
	}
	return node, path
}

func step(node *yaml.Node, path string) (next *yaml.Node, rest string) {
	switch node.Kind {
	case yaml.DocumentNode:
		if len(node.Content) > 0 {
			return node.Content[0], path
		}
	case yaml.MappingNode:
		longest := -1
		for _, p := range entries(node, nil) {
			if key := p.key.Value; within(path, key) && len(key) > longest {
				next, rest, longest = p.value, path[len(key):], len(key)
			}
		}
	case yaml.SequenceNode:
		number, after, ok := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(number)
		if ok && err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], after
		}
	}
	return next, rest
}
