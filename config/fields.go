package config

import (
	"reflect"
	"strings"

	"github.com/agnivade/levenshtein"
)

// field is one key of a struct.
type field struct {
	key      string
	doc      string
	required bool
	enum     []string
	value    reflect.Value
}

// fieldsOf lists a struct's keys in order; a struct tagged inline gives its own keys.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		key, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		switch {
		case !sf.IsExported() || key == "-":
			continue
		case options == "inline" && sf.Type.Kind() == reflect.Struct:
			fields = append(fields, fieldsOf(v.Field(i))...)
			continue
		case key == "":
			key = strings.ToLower(sf.Name)
		}
		f := field{key: key, doc: sf.Tag.Get("doc"), required: sf.Tag.Get("required") == "true", value: v.Field(i)}
		if words := sf.Tag.Get("enum"); words != "" {
			f.enum = strings.Split(words, ",")
		}
		fields = append(fields, f)
	}
	return fields
}

// resolveDefaults makes default paths absolute, as if they stood in the file.
func (d *Decoder) resolveDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for _, f := range fieldsOf(v) {
		if path, ok := f.value.Addr().Interface().(*Path); ok {
			*path = Path(d.Resolve(string(*path)))
		} else if f.value.Kind() == reflect.Struct {
			d.resolveDefaults(f.value)
		}
	}
}

// nearestWord is the known word that was probably meant: at most two changes away, with about half
// of it left as it was.
func nearestWord(word string, known []string) string {
	best, meant := 3, ""
	for _, k := range known {
		distance := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k))
		if distance < best && 2*distance <= len(word)+1 {
			best, meant = distance, k
		}
	}
	return meant
}

// alternatives is a list of words as people say it: link, review or off.
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
