package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The formats, as they end a path.
const (
	xmlFormat  = "xml"
	jsonFormat = "json"
)

const (
	xmlType  = "text/xml; charset=utf-8"
	jsonType = "application/json; charset=utf-8"
)

// element is a piece of an answer. XML and JSON write it by the protocol's Spark convention: in JSON a list is an array
// without its children's names, a list at the root too, and what is empty is null.
type element struct {
	name   string
	value  any // string, bool, int, float64 or nil
	fields []element
	list   bool // of elements of one name
}

func leaf(name string, value any) element           { return element{name: name, value: value} }
func object(name string, fields ...element) element { return element{name: name, fields: fields} }
func listOf(name string, elements ...element) element {
	return element{name: name, fields: elements, list: true}
}
func (e element) isLeaf() bool { return e.fields == nil && !e.list }

// text is a leaf's value in XML. Characters that XML cannot hold are dropped.
func (e element) text() string {
	switch v := e.value.(type) {
	case string:
		return legal(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// legal drops what no XML document may hold, however it is escaped.
func legal(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func (e element) writeXML(to *bytes.Buffer, indent int) {
	margin := strings.Repeat("  ", indent)
	to.WriteString(margin + "<" + e.name + ">")
	if e.isLeaf() {
		escapeXML(to, e.text())
	} else {
		to.WriteByte('\n')
		for _, field := range e.fields {
			field.writeXML(to, indent+1)
		}
		to.WriteString(margin)
	}
	to.WriteString("</" + e.name + ">\n")
}

// escapeXML leaves line ends and quotes as they are, which many a client takes literally otherwise.
func escapeXML(to *bytes.Buffer, s string) {
	_, _ = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "").WriteString(to, s) // a buffer never fails
}

func (e element) forJSON() any {
	switch {
	case e.list:
		all := make([]any, len(e.fields))
		for i, field := range e.fields {
			all[i] = field.forJSON()
		}
		return all
	case e.fields != nil:
		all := make(members, len(e.fields))
		for i, field := range e.fields {
			all[i] = member{field.name, field.forJSON()}
		}
		return all
	case e.value == "":
		return nil
	}
	if text, ok := e.value.(string); ok {
		return legal(text)
	}
	return e.value
}

// members is a JSON object in the order of the specification.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (m members) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, one := range m {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// render writes a whole document.
func (e element) render(format string) ([]byte, error) {
	if format == jsonFormat {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		err := encoder.Encode(e.forJSON())
		return out.Bytes(), err
	}
	out := bytes.NewBufferString(xml.Header)
	e.writeXML(out, 0)
	return out.Bytes(), nil
}

// answer writes a document in the format that was asked for.
func answer(w http.ResponseWriter, format string, status int, e element) {
	body, err := e.render(format)
	if err != nil { // only a number that is none can do this, and none is let in
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	kind := xmlType
	if format == jsonFormat {
		kind = jsonType
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", kind)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever is gone asks again
}

// failure is a request that is not carried out.
type failure struct {
	status  int
	reasons []string
}

func fail(status int, reasons ...string) *failure { return &failure{status, reasons} }

func (f *failure) Error() string { return strings.Join(f.reasons, "; ") }

func (f *failure) element() element {
	var all []element
	for _, reason := range f.reasons {
		all = append(all, object("error", leaf("code", f.status), leaf("description", reason)))
	}
	return listOf("errors", all...)
}

// w3c is a time as the protocol writes it: with its zone, in whole seconds.
func w3c(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Truncate(time.Second).Format(time.RFC3339)
}
