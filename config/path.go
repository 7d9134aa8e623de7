package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Path names a file or folder; it may be a pattern where the key says so. Read from a file it is absolute: a relative one
// starts at the configuration file's folder. Empty is not set.
type Path string

// TypeName is the type's name in the reference.
func (Path) TypeName() string { return "path" }

// DecodeNode implements NodeDecoder.
func (p *Path) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	text, ok := d.Text(node, path, "a path")
	switch {
	case !ok:
	case strings.ContainsRune(text, 0):
		d.Problemf(node, path, "a path cannot hold a zero byte")
	default:
		*p = Path(d.Resolve(text))
	}
}

// readable opens a file and closes it again. Only regular files will do: start-up must not wait on a pipe.
func readable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("cannot read %s: it is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return unreadable(path, err)
	}
	return f.Close()
}

// unreadable says once, not twice, which file it was.
func unreadable(path string, err error) error {
	return fmt.Errorf("cannot read %s: %w", path, causeOf(err))
}

// causeOf is an error without the name of its file.
func causeOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
