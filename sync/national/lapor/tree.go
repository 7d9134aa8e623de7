package lapor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// parse reads one JSON value and nothing after it, with numbers kept as they are written: an id of 20 digits stays
// exact. A byte order mark before it is passed over.
func parse(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\uFEFF"))))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	return v, nil
}

// at walks down objects by a dotted path; nil when there is no such place.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[key]
	}
	return v
}

// words reads a text, or a number as it is written; anything else is empty.
func words(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// first is the first of the places that holds words.
func first(v any, paths ...string) string {
	for _, path := range paths {
		if s := words(at(v, path)); s != "" {
			return s
		}
	}
	return ""
}

const mostID = 100 // bytes; a longer one is no id

// identity reads an id, which the platform writes as a number or as a string. Zero, fractions, exponents and blanks
// are no ids.
func identity(v any) string {
	id := words(v)
	if number, ok := v.(json.Number); ok && strings.Trim(number.String(), "0123456789") != "" {
		return ""
	}
	if len(id) > mostID || strings.Trim(id, "0") == "" || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return ""
	}
	return id
}

// rows reads a list. An object whose keys are all numbers is one too: that is how PHP writes a list with gaps.
func rows(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case map[string]any:
		return numbered(v)
	}
	return nil, false
}

func numbered(object map[string]any) ([]any, bool) {
	indexes := make([]int, 0, len(object))
	for key := range object {
		n, err := strconv.Atoi(key)
		if err != nil || n < 0 || strconv.Itoa(n) != key {
			return nil, false
		}
		indexes = append(indexes, n)
	}
	slices.Sort(indexes)
	list := make([]any, 0, len(indexes))
	for _, n := range indexes {
		list = append(list, object[strconv.Itoa(n)])
	}
	return list, len(list) > 0
}
