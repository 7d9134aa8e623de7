package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

const maxDepth = 64

// JSON reads a body as JSON that keeps its bytes, without its byte order mark and outer blanks. Its error says where the
// body goes wrong, never its words.
func JSON(body []byte) (json.RawMessage, error) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	if depth(body) > maxDepth {
		return nil, fmt.Errorf("the JSON is nested more than %d deep", maxDepth)
	}
	if !json.Valid(body) {
		var whole json.RawMessage
		return nil, errors.New("the body is not JSON: " + jsonFault(json.Unmarshal(body, &whole)))
	}
	return bytes.TrimSpace(body), nil
}

// Record is a JSON object as a Mapping reads it: an id of twenty digits stays as it is.
func Record(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var record map[string]any
	if err := decoder.Decode(&record); err != nil || record == nil {
		return nil, errors.New("is not an object")
	}
	return record, nil
}

// RawAt is At for JSON that keeps its bytes; objects only. It is nil where nothing stands.
func RawAt(raw []byte, path string) []byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	if inner, known := object[path]; known {
		return inner
	}
	head, rest, deeper := strings.Cut(path, ".")
	if inner, known := object[head]; known && deeper {
		return RawAt(inner, rest)
	}
	return nil
}

// depth is how deep arrays and objects are nested.
func depth(text []byte) int {
	deepest, now := 0, 0
	quoted, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '[' || c == '{':
			now++
			deepest = max(deepest, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return deepest
}

// jsonFault says where JSON goes wrong without its words.
func jsonFault(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it goes wrong at byte %d", syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return "it cannot be read"
}
