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
	record, _ := readObject(raw)
	if record == nil {
		return nil, errors.New("is not an object")
	}
	return record, nil
}

// readObject reads the object at a text's beginning, and where it ends; nil where there is none.
func readObject(text []byte) (record map[string]any, end int64) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&record) != nil {
		return nil, 0
	}
	return record, decoder.InputOffset()
}

// Object is JSON and Record at once, for a body that is an object; for anything else both are nil.
func Object(body []byte) (text json.RawMessage, record map[string]any) {
	body = bytes.Trim(bytes.TrimPrefix(body, []byte("\uFEFF")), " \t\r\n")
	if len(body) == 0 || body[0] != '{' || depth(body) > maxDepth {
		return nil, nil
	}
	record, end := readObject(body)
	if end != int64(len(body)) {
		return nil, nil
	}
	return body, record
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
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += quoted(text[i+1:])
		case '[', '{':
			now++
			deepest = max(deepest, now)
		case ']', '}':
			now--
		}
	}
	return deepest
}

// quoted is how long a string is whose opening quote is before the text: its closing quote included, where it has one.
func quoted(text []byte) int {
	for from := 0; ; {
		end := bytes.IndexByte(text[from:], '"')
		if end < 0 {
			return len(text)
		}
		end += from
		slashes := 0
		for at := end - 1; at >= 0 && text[at] == '\\'; at-- {
			slashes++
		}
		if from = end + 1; slashes%2 == 0 {
			return from
		}
	}
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
