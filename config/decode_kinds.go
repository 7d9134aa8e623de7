package config

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// structure overlays a struct. Nothing (a section whose keys are all commented out) is an empty mapping.
func (d *Decoder) structure(node *yaml.Node, v reflect.Value, path string) {
	pairs, ok := d.entries(node, path)
	if !ok {
		return
	}
	fields := fieldsOf(v)
	given := map[string]bool{}
	for _, p := range pairs {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == p.key.Value })
		if i < 0 {
			given[d.unknown(p.key, fields, path)] = true
			continue
		}
		given[p.key.Value] = true
		d.field(p.value, fields[i], keyPath(path, p.key.Value))
	}
	for _, f := range fields {
		if f.required && !given[f.key] {
			d.missing = append(d.missing, keyPath(path, f.key))
			d.Problemf(node, path, "missing required key %q", f.key)
		}
	}
}

func (d *Decoder) field(node *yaml.Node, f field, path string) {
	before := len(d.problems)
	d.value(node, f.value, path)
	if len(d.problems) > before {
		return
	}
	if f.required && f.value.Kind() == reflect.String && f.value.Len() == 0 {
		d.Problemf(node, path, "must not be empty")
		return
	}
	d.oneOf(node, f.value, f.enum, path)
}

// oneOf checks a text, or each text of a list, against the words a key allows.
func (d *Decoder) oneOf(node *yaml.Node, v reflect.Value, words []string, path string) {
	if len(words) == 0 {
		return
	}
	node = deref(node)
	if v.Kind() == reflect.Slice && len(node.Content) == v.Len() {
		for i := range v.Len() {
			d.oneOf(node.Content[i], v.Index(i), words, index(path, i))
		}
		return
	}
	if v.Kind() == reflect.String && !slices.Contains(words, v.String()) {
		d.Want(node, path, alternatives(words))
	}
}

// unknown reports a key nobody knows and returns the key that was meant, if one is near.
func (d *Decoder) unknown(key *yaml.Node, fields []field, path string) string {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	meant := nearestWord(key.Value, known)
	switch {
	case meant != "":
		d.Problemf(key, path, "unknown key %s; did you mean %q?", quote(key.Value), meant)
	case len(known) == 0:
		d.Problemf(key, path, "unknown key %s; there are no keys here", quote(key.Value))
	default:
		d.Problemf(key, path, "unknown key %s; known here: %s", quote(key.Value), strings.Join(known, ", "))
	}
	return meant
}

// entries are a mapping's pairs, with what is wrong about its keys reported.
func (d *Decoder) entries(node *yaml.Node, path string) ([]pair, bool) {
	if isNull(node) {
		return nil, true
	}
	if node.Kind != yaml.MappingNode {
		d.Want(node, path, "a mapping")
		return nil, false
	}
	return entries(node, func(at *yaml.Node, message string) { d.Problemf(at, path, "%s", message) }), true
}

// dictionary overlays a map with text keys: entries given join those that are defaults.
func (d *Decoder) dictionary(node *yaml.Node, v reflect.Value, path string) {
	if v.Type().Key().Kind() != reflect.String {
		d.Problemf(node, path, "cannot be read into a %s: this is a mistake in the program", v.Type())
		return
	}
	pairs, ok := d.entries(node, path)
	if !ok || len(pairs) == 0 {
		return
	}
	into := reflect.MakeMap(v.Type()) // a copy: the defaults' own map may be shared
	for _, k := range v.MapKeys() {
		into.SetMapIndex(k, v.MapIndex(k))
	}
	for _, p := range pairs {
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(p.value, value, keyPath(path, p.key.Value))
		into.SetMapIndex(reflect.ValueOf(p.key.Value).Convert(v.Type().Key()), value)
	}
	v.Set(into)
}

// list replaces a list whole; nothing leaves the default.
func (d *Decoder) list(node *yaml.Node, v reflect.Value, path string) {
	if isNull(node) {
		return
	}
	if node.Kind != yaml.SequenceNode {
		d.Want(node, path, "a list")
		return
	}
	into := reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		d.value(item, into.Index(i), index(path, i))
	}
	v.Set(into)
}

// scalar reads text, numbers and booleans.
func (d *Decoder) scalar(node *yaml.Node, v reflect.Value, path string) {
	if v.Kind() == reflect.String {
		if text, ok := d.Text(node, path, "text"); ok {
			v.SetString(text)
		}
		return
	}
	what := typeWords(v.Type())
	if v.Kind() != reflect.Bool {
		what = "a " + what
	}
	ok := node.Kind == yaml.ScalarNode && setScalar(node.Value, v)
	switch {
	case !ok:
		d.Want(node, path, what)
	case node.ShortTag() == "!!str":
		d.Problemf(node, path, "want %s without quotes, not %s", what, inWords(node))
	}
}

// setScalar reads a number or boolean. Numbers are decimal: 010 is ten, and 0x10 is refused.
func setScalar(text string, v reflect.Value) bool {
	var err error
	switch {
	case v.Kind() == reflect.Bool:
		text = strings.ToLower(text)
		v.SetBool(text == "true")
		return text == "true" || text == "false"
	case v.CanInt():
		var n int64
		if n, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(n)
		}
	case v.CanUint():
		var n uint64
		if n, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(n)
		}
	case v.CanFloat():
		var f float64
		if f, err = strconv.ParseFloat(text, 64); err == nil {
			v.SetFloat(f)
		}
		return err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && !strings.ContainsAny(text, "xX_")
	default:
		return false
	}
	return err == nil
}
