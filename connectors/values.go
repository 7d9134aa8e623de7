package connectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"
)

// source is a compiled Value.
type source struct {
	from     string
	program  *vm.Program
	layouts  []string
	lookup   map[string]string // by folded key; nil when there is none
	fallback string
}

func newSource(v Value, zone *time.Location) (source, error) {
	s := source{from: v.From, layouts: v.Layout, fallback: v.Default}
	if v.Expr != "" {
		program, err := compileExpr(v.Expr, zone)
		if err != nil {
			return source{}, err
		}
		s.program = program
	}
	if len(v.Lookup) > 0 {
		s.lookup = make(map[string]string, len(v.Lookup))
		for key, value := range v.Lookup {
			s.lookup[fold(key)] = value
		}
	}
	return s, nil
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// value is the record's value for this source: translated, or the fallback, or nil when there is none.
func (s source) value(record, vars map[string]any) (any, error) {
	found, err := s.find(record, vars)
	if err != nil {
		return nil, err
	}
	if blank(found) {
		return s.instead(), nil
	}
	if s.lookup == nil {
		return found, nil
	}
	text, err := textOf(found)
	if err != nil {
		return nil, err
	}
	if translated, ok := s.lookup[fold(text)]; ok {
		return translated, nil
	}
	if s.fallback == "" {
		return nil, errors.New("is not in the lookup table; add it there, or give a default")
	}
	return s.fallback, nil
}

func (s source) find(record, vars map[string]any) (any, error) {
	switch {
	case s.program != nil:
		return runExpr(s.program, vars)
	case s.from != "":
		return At(record, s.from), nil
	}
	return nil, nil
}

func (s source) instead() any {
	if s.fallback == "" {
		return nil
	}
	return s.fallback
}

func blank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []byte:
		return len(v) == 0
	case time.Time:
		return v.IsZero()
	}
	return false
}

// At returns what stands in a record under a key, or under a dotted path with list indexes (messages.0.text); nil when
// nothing does. A key that itself contains the dots is found first.
func At(value any, path string) any {
	switch node := value.(type) {
	case map[string]any:
		for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
			inner, known := node[path[:end]]
			switch {
			case !known:
			case end == len(path):
				return inner
			default:
				if found := At(inner, path[end+1:]); found != nil {
					return found
				}
			}
		}
	case []any:
		head, rest, deeper := strings.Cut(path, ".")
		index, err := strconv.ParseUint(head, 10, 31)
		switch {
		case err != nil || index >= uint64(len(node)):
		case deeper:
			return At(node[index], rest)
		default:
			return node[index]
		}
	}
	return nil
}

// textOf writes a value as text. Numbers keep every digit and get no exponent.
func textOf(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), nil
	case reflect.Float32:
		return strconv.FormatFloat(v.Float(), 'f', -1, 32), nil
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Map, reflect.Struct:
		return "", errors.New("is an object where one value is expected; name a key inside it")
	case reflect.Slice, reflect.Array:
		return "", errors.New("is a list where one value is expected; name one of it by its index")
	}
	return "", fmt.Errorf("is a %T, which cannot be read", value)
}

// setFlag reads yes and no. What is neither is an error: a misread anonymity cannot be taken back.
func setFlag(flag *bool, value any) error {
	text, err := textOf(value)
	if err != nil {
		return err
	}
	switch fold(text) {
	case "ya", "y", "yes", "true", "1", "on", "benar":
		*flag = true
	case "tidak", "tdk", "n", "no", "false", "0", "off", "salah":
		*flag = false
	default:
		return errors.New("is neither yes nor no (ya, tidak, true, false, 1, 0, yes, no)")
	}
	return nil
}

// setDegrees reads a coordinate, with a decimal point or a decimal comma.
func setDegrees(degrees **float64, value any) error {
	text, err := textOf(value)
	if err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	parsed, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(parsed) || math.IsInf(parsed, 0) || strings.ContainsAny(text, "xX_") {
		return errors.New("is not a number of degrees")
	}
	*degrees = &parsed
	return nil
}

func setTime(at *time.Time, value any, how reading) error {
	if known, ok := value.(time.Time); ok {
		*at = known
		return nil
	}
	text, err := textOf(value)
	if err != nil {
		return err
	}
	parsed, err := ParseTime(text, how.layouts, how.zone)
	if err != nil {
		return err
	}
	*at = parsed
	return nil
}
