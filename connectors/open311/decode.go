package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// item is one element of a list: its fields, and the bytes it came in.
type item struct {
	record map[string]any // of texts, json.Number, bool, nil, and maps and lists of these
	raw    []byte
	broken bool // it is no object, and has no fields
}

const mostDepth = 32 // of XML elements in one another

// decodeList reads a list that another server answered. Anything else than a whole list of that name is an error: a page of
// HTML, an error in disguise, a list that breaks off. Its errors never quote what came.
func decodeList(format string, body []byte, root, element string) ([]item, error) {
	decode := decodeXML
	if format == jsonFormat {
		decode = decodeJSON
	}
	items, err := decode(body, root, element)
	if err != nil {
		return nil, retry.UnreadableAnswer(fmt.Errorf("what came is no list of %s in %s: %w", root, strings.ToUpper(format), err))
	}
	return items, nil
}

var errOther = errors.New("it holds something else")

func decodeJSON(body []byte, root, _ string) ([]item, error) {
	body, err := connectors.JSON(body)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) != nil {
		var wrapped map[string]json.RawMessage // as some servers put it around the list
		if json.Unmarshal(body, &wrapped) != nil || wrapped[root] == nil || json.Unmarshal(wrapped[root], &list) != nil {
			return nil, errOther
		}
	}
	if list == nil {
		return nil, errOther // null is not "none"
	}
	items := make([]item, len(list))
	words, objects := false, false
	for i, raw := range list {
		record, err := connectors.Record(raw)
		items[i] = item{record: record, raw: raw, broken: err != nil}
		objects = objects || err == nil
		words = words || err != nil && string(raw) != "null"
	}
	if words && !objects {
		return nil, errOther // an error in disguise: what was asked for may be there all the same
	}
	return items, nil
}

func decodeXML(body []byte, root, element string) ([]item, error) {
	body = readable(body)
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.CharsetReader = charset.NewReaderLabel
	decoder.Entity = xml.HTMLEntity
	if err := enter(decoder, root); err != nil {
		return nil, err
	}
	var items []item
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, errors.New("it breaks off, or is not XML")
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local != element {
				return nil, errOther
			}
			value, err := tree(decoder, 1)
			if err != nil {
				return nil, err
			}
			record, _ := value.(map[string]any)
			raw, err := json.Marshal(record)
			if err != nil {
				return nil, err
			}
			items = append(items, item{record: record, raw: raw})
		case xml.EndElement:
			return items, nil
		}
	}
}

// enter goes to the root, which must have the name.
func enter(decoder *xml.Decoder, root string) error {
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.New("it is empty, or is not XML")
		}
		if start, ok := token.(xml.StartElement); ok {
			if start.Name.Local != root {
				return errOther
			}
			return nil
		}
	}
}

// tree reads an element's content: a text, or a map of its children, where one that comes several times is a list.
func tree(decoder *xml.Decoder, level int) (any, error) {
	if level > mostDepth {
		return nil, errors.New("it is nested too deep")
	}
	var text strings.Builder
	children := map[string]any{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return nil, errors.New("it breaks off, or is not XML")
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			child, err := tree(decoder, level+1)
			if err != nil {
				return nil, err
			}
			add(children, token.Name.Local, child)
		case xml.EndElement:
			if len(children) > 0 || level == 1 {
				return children, nil
			}
			return strings.TrimSpace(text.String()), nil
		}
	}
}

func add(children map[string]any, name string, child any) {
	switch known := children[name].(type) {
	case nil:
		children[name] = child
	case []any:
		children[name] = append(known, child)
	default:
		children[name] = []any{known, child}
	}
}

var reference = regexp.MustCompile(`&#(x[0-9a-fA-F]{1,8}|[0-9]{1,10});`)

// readable drops the characters that no XML document may hold, written out or as references: one of them in one request
// must not hide the others.
func readable(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	body = slices.DeleteFunc(slices.Clone(body), func(b byte) bool { return b < 0x20 && b != '\t' && b != '\n' && b != '\r' })
	return reference.ReplaceAllFunc(body, func(found []byte) []byte {
		digits, base := string(found[2:len(found)-1]), 10
		if digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseInt(digits, base, 32)
		if err != nil || legal(string(rune(n))) == "" || rune(n) == 0xFFFD {
			return nil
		}
		return found
	})
}
