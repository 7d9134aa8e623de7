package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// NodeDecoder is a type that reads itself, strictly and with positions: one that may be written in several forms, such as
// a plain word or a mapping. It reports what is wrong through d and uses d.Decode for its parts, so that unknown keys,
// secrets and paths inside it are treated as everywhere else. node is never an alias. To decode a struct form of the
// type itself, convert the receiver to a plain type first, as encoding/json has it.
type NodeDecoder interface {
	DecodeNode(d *Decoder, node *yaml.Node, path string)
}

// Decoder reads nodes into Go values and collects what is wrong. Paths are whole, from the file's root.
type Decoder struct {
	at       Place
	problems Problems
	missing  []string // paths of required keys that are not there
	steps    int
	depth    int
	stopped  bool
}

// No file a person writes comes near these; they end aliases that contain themselves or multiply.
const (
	maxSteps = 200_000
	maxDepth = 100
)

// Decode overlays settings, which hold their defaults, with a node, and validates them. An empty node leaves the
// defaults. Every problem is returned, sorted, with the position at names: unknown and duplicate keys, values of the wrong
// type, missing keys, secrets that cannot be read, and what Validate says.
func Decode(node *yaml.Node, into Settings, at Place) Problems {
	at.node = node
	d := &Decoder{at: at}
	d.Decode(node, into, at.Path)
	for _, e := range fieldErrors(into.Validate()) {
		if where := at.At(e.Field); !d.problems.about(where) && !d.misses(where) {
			d.problems = append(d.problems, Problem{At: where, Message: e.Reason})
		}
	}
	d.problems.sort()
	return d.problems
}

// misses reports whether a key at this place, or one it stands below, is known to be missing.
func (d *Decoder) misses(at Place) bool {
	return slices.ContainsFunc(d.missing, func(missing string) bool { return within(at.Path, missing) })
}

// Decode reads node into a pointer: our scalar types, text, numbers, booleans, structs by their yaml tags, lists, maps
// with text keys, pointers, yaml.Node, types that implement NodeDecoder, yaml.Unmarshaler or encoding.TextUnmarshaler.
func (d *Decoder) Decode(node *yaml.Node, into any, path string) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		d.Problemf(node, path, "cannot be read into a %T: this is a mistake in the program", into)
		return
	}
	d.resolveDefaults(v.Elem())
	d.value(node, v.Elem(), path)
}

// Problemf reports a problem at a node.
func (d *Decoder) Problemf(node *yaml.Node, path, format string, args ...any) {
	d.problems = append(d.problems, d.Place(node, path).Problemf(format, args...))
}

// Want reports that the node is something else than what: want a duration such as 30s, not "soon".
func (d *Decoder) Want(node *yaml.Node, path, what string) {
	d.Problemf(node, path, "want %s, not %s", what, inWords(deref(node)))
}

// Text is a scalar as it is written; anything else is reported: want what, not a list.
func (d *Decoder) Text(node *yaml.Node, path, what string) (string, bool) {
	node = deref(node)
	if node.Kind == yaml.ScalarNode {
		switch node.ShortTag() {
		case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!merge":
			return node.Value, true
		}
	}
	d.Want(node, path, what)
	return "", false
}

// Resolve makes a path absolute: a relative one starts at the configuration file's folder; the empty one stays empty.
func (d *Decoder) Resolve(file string) string { return d.at.resolve(file) }

// Place is where a node stands.
func (d *Decoder) Place(node *yaml.Node, path string) Place {
	at := d.at
	at.Path, at.node = path, node
	if node != nil && node.Line > 0 {
		at.Line, at.Column = node.Line, node.Column
	}
	return at
}

// value is one step of the walk, bounded against aliases that never end.
func (d *Decoder) value(node *yaml.Node, v reflect.Value, path string) {
	if d.stopped {
		return
	}
	d.steps++
	d.depth++
	defer func() { d.depth-- }()
	if d.depth > maxDepth || d.steps > maxSteps {
		d.stopped = true
		d.Problemf(node, path, "too deep or too large: do anchors and aliases repeat each other here?")
		return
	}
	node = deref(node)
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = deref(node.Content[0])
	}
	if !d.own(node, v, path) {
		d.kind(node, v, path)
	}
}

// own lets a type read itself.
func (d *Decoder) own(node *yaml.Node, v reflect.Value, path string) bool {
	switch into := v.Addr().Interface().(type) {
	case NodeDecoder:
		into.DecodeNode(d, node, path)
	case *yaml.Node:
		*into = *node
	case yaml.Unmarshaler:
		for _, e := range fieldErrors(into.UnmarshalYAML(node)) {
			d.problems = append(d.problems, d.Place(node, path).At(e.Field).Problemf("%s", e.Reason))
		}
	case encoding.TextUnmarshaler:
		text, ok := d.Text(node, path, typeWords(v.Type()))
		if !ok {
			break
		}
		if err := into.UnmarshalText([]byte(text)); err != nil {
			d.Problemf(node, path, "%s", err)
		}
	default:
		return false
	}
	return true
}

func (d *Decoder) kind(node *yaml.Node, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(node, v, path)
	case reflect.Map:
		d.dictionary(node, v, path)
	case reflect.Slice:
		d.list(node, v, path)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(node, v.Elem(), path)
	case reflect.Interface:
		if err := node.Decode(v.Addr().Interface()); err != nil {
			d.Problemf(node, path, "cannot be read")
		}
	default:
		d.scalar(node, v, path)
	}
}

// inWords is what a node holds, for "want a duration, not …".
func inWords(node *yaml.Node) string {
	switch {
	case isNull(node):
		return "nothing"
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	}
	return quote(node.Value)
}

// quote is a value in a message, cut where it is long.
func quote(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return strconv.Quote(s)
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
