package webhook

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// delivery is a request's body, taken apart.
type delivery struct {
	entries []entry
	list    bool
	files   []file
}

// entry is one complaint as it was sent.
type entry struct {
	where  string // such as "[3]."; empty when there is but one
	record map[string]any
	raw    complaint.Payload
}

type file struct {
	name string
	body []byte
}

const (
	jsonType  = "application/json"
	formType  = "application/x-www-form-urlencoded"
	filesType = "multipart/form-data"
	// payloadField is a form's field that holds JSON.
	payloadField = "payload"
)

func (h *hook) decode(header http.Header, body []byte) (delivery, error) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || header.Get("Content-Encoding") != "" && header.Get("Content-Encoding") != "identity" {
		return delivery{}, unsupported()
	}
	switch {
	case kind == jsonType || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
		text, err := inUTF8(body, params["charset"])
		if err != nil {
			return delivery{}, err
		}
		return h.decodeJSON(text)
	case kind == formType:
		return h.decodeForm(body, params["charset"], header.Get("Content-Type"))
	case kind == filesType:
		return h.decodeMultipart(body, params["boundary"])
	}
	return delivery{}, unsupported()
}

func unsupported() error {
	return refuse(http.StatusUnsupportedMediaType, "send application/json, application/x-www-form-urlencoded or multipart/form-data, not compressed")
}

// inUTF8 translates a text from the charset its sender names.
func inUTF8(text []byte, charset string) ([]byte, error) {
	if charset == "" || strings.EqualFold(charset, "utf-8") {
		return text, nil
	}
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, refuse(http.StatusUnsupportedMediaType, "the charset is not known; send UTF-8")
	}
	decoded, err := encoding.NewDecoder().Bytes(text)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the text is not in the charset that Content-Type names")
	}
	return decoded, nil
}

func (h *hook) decodeForm(body []byte, charset, contentType string) (delivery, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return delivery{}, refuse(http.StatusBadRequest, "the form cannot be read")
	}
	fields := make(form, len(values))
	for name, list := range values {
		for _, value := range list {
			text, err := inUTF8([]byte(value), charset)
			if err != nil {
				return delivery{}, err
			}
			fields[name] = append(fields[name], string(text))
		}
	}
	return h.fromForm(fields, complaint.Payload{Type: contentType, Body: body})
}

// form is a form's fields, several values a name.
type form map[string][]string

// record is the form as a mapping sees it: a text, or a list where a name came more than once.
func (f form) record() map[string]any {
	record := make(map[string]any, len(f))
	for name, values := range f {
		if len(values) == 1 {
			record[name] = values[0]
			continue
		}
		list := make([]any, len(values))
		for i, value := range values {
			list[i] = value
		}
		record[name] = list
	}
	return record
}

func (h *hook) fromForm(fields form, raw complaint.Payload) (delivery, error) {
	if len(fields) == 0 {
		return delivery{}, refuse(http.StatusBadRequest, "the form is empty")
	}
	if payload := fields[payloadField]; len(payload) == 1 && !h.mapsPayload() {
		return h.decodeJSON([]byte(payload[0]))
	}
	return delivery{entries: []entry{{record: fields.record(), raw: raw}}}, nil
}

// mapsPayload says whether the mapping takes a field of that name for itself.
func (h *hook) mapsPayload() bool {
	for _, key := range h.settings.Map.Keys() {
		if key == payloadField {
			return true
		}
	}
	return false
}

func (h *hook) decodeJSON(body []byte) (delivery, error) {
	if h.settings.Items == "" { // most are one complaint, and need to be read once only
		if text, record := connectors.Object(body); record != nil {
			return delivery{entries: []entry{{record: record, raw: complaint.Payload{Type: jsonType, Body: text}}}}, nil
		}
	}
	list, err := connectors.JSON(body)
	if err != nil {
		return delivery{}, refuse(http.StatusBadRequest, err.Error())
	}
	where := ""
	if h.settings.Items != "" {
		list, where = connectors.RawAt(list, h.settings.Items), h.settings.Items
		if len(list) == 0 || list[0] != '[' {
			return delivery{}, badField(where, "is not a list of complaints")
		}
	}
	if len(list) == 0 || list[0] != '[' {
		one, err := newEntry("", list)
		return delivery{entries: []entry{one}}, err
	}
	return decodeList(list, where)
}

func decodeList(list []byte, where string) (delivery, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil {
		return delivery{}, badField(where, "is not a list")
	}
	if len(items) == 0 {
		return delivery{}, badField(where, "the list of complaints is empty")
	}
	d := delivery{list: true}
	for i, item := range items {
		one, err := newEntry(fmt.Sprintf("%s[%d]", where, i), item)
		if err != nil {
			return delivery{}, err
		}
		d.entries = append(d.entries, one)
	}
	return d, nil
}

func newEntry(where string, raw []byte) (entry, error) {
	record, err := connectors.Record(raw)
	switch {
	case err != nil && where == "":
		return entry{}, refuse(http.StatusBadRequest, "the body is neither a JSON object nor a list of them")
	case err != nil:
		return entry{}, badField(where, err.Error())
	}
	if where != "" {
		where += "."
	}
	return entry{where: where, record: record, raw: complaint.Payload{Type: jsonType, Body: raw}}, nil
}
