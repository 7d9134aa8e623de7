package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Key is one key of the reference.
type Key struct {
	Path     string // dotted; [] stands for each entry of a list, NAME for a key of the operator's own
	Type     string // in words
	Default  string // empty when there is none
	Required bool
	Doc      string
	Enum     []string
}

// TypeNamer is a type that names itself in the reference, such as "duration". Its own fields are then not listed.
type TypeNamer interface {
	TypeName() string
}

// Describe lists the keys of settings, a struct or a pointer to one that holds the defaults, in the order of its fields:
// the generated reference and `connectors describe` are made of it. A section is listed before its keys.
func Describe(settings any) []Key {
	v := reflect.ValueOf(settings)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	return describe(v, "")
}

func describe(v reflect.Value, path string) []Key {
	var keys []Key
	for _, f := range fieldsOf(v) {
		below := join(path, f.key)
		t := f.value.Type()
		keys = append(keys, Key{
			Path: below, Type: typeWords(t), Default: defaultWords(f.value),
			Required: f.required, Doc: f.doc, Enum: f.enum,
		})
		value := f.value
		for isContainer(t) {
			switch t.Kind() {
			case reflect.Slice:
				below += "[]"
			case reflect.Map:
				below += ".NAME"
			}
			t = t.Elem()
			value = reflect.New(t).Elem()
		}
		if isSection(t) {
			keys = append(keys, describe(value, below)...)
		}
	}
	return keys
}

// opaque reports whether a type's inside is its own affair.
func opaque(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case TypeNamer, *yaml.Node, yaml.Unmarshaler, encoding.TextUnmarshaler:
		return true
	}
	return false
}

func isContainer(t reflect.Type) bool {
	return !opaque(t) && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Pointer)
}

func isSection(t reflect.Type) bool { return t.Kind() == reflect.Struct && !opaque(t) }

// typeWords is a type as people call it.
func typeWords(t reflect.Type) string {
	switch of := reflect.New(t).Interface().(type) {
	case TypeNamer:
		return of.TypeName()
	case *yaml.Node:
		return "settings"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + many(typeWords(t.Elem()))
	case reflect.Map:
		return "mapping of " + many(typeWords(t.Elem()))
	case reflect.Pointer:
		return typeWords(t.Elem())
	case reflect.Interface:
		return "any value"
	case reflect.Struct:
		if !opaque(t) {
			return "section"
		}
	}
	if n := reflect.New(t).Elem(); n.CanInt() || n.CanUint() {
		return "whole number"
	}
	return "text"
}

func many(words string) string {
	if words == "section" {
		return "sections"
	}
	return words
}

// defaultWords is a default as it would be written. A secret has none.
func defaultWords(v reflect.Value) string {
	switch {
	case v.Type() == reflect.TypeFor[Secret](), v.Type() == reflect.TypeFor[yaml.Node]():
		return ""
	case v.Kind() == reflect.Slice && v.Len() > 0 && !isSection(v.Type().Elem()):
		items := make([]string, v.Len())
		for i := range items {
			items[i] = fmt.Sprint(v.Index(i).Interface())
		}
		return "[" + strings.Join(items, ", ") + "]"
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Map, v.Kind() == reflect.Pointer, isSection(v.Type()):
		return ""
	case v.IsZero() && (opaque(v.Type()) || v.Kind() == reflect.String || v.Kind() == reflect.Interface):
		return ""
	}
	return fmt.Sprint(v.Interface())
}
