package open311

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// form is what was posted.
type form struct {
	url.Values
	files []upload
}

// upload is a file of a form.
type upload struct {
	name string
	body []byte
}

const (
	formType  = "application/x-www-form-urlencoded"
	filesType = "multipart/form-data"
	keyField  = "api_key"
	mostParts = 1000 // of a form; a request's fields and files are far fewer
)

// readForm reads a posted form of either kind. Its errors are *failure, or connectors.ErrFull.
func readForm(r *http.Request) (form, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == formType:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return form{}, badBody(err)
		}
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return form{}, fail(http.StatusBadRequest, "the form cannot be read")
		}
		return form{Values: cleaned(values)}, nil
	case err == nil && kind == filesType && params["boundary"] != "":
		return readParts(multipart.NewReader(r.Body, params["boundary"]))
	}
	return form{}, fail(http.StatusBadRequest, "send "+formType+" or "+filesType)
}

func badBody(err error) error {
	var large *http.MaxBytesError
	if errors.Is(err, connectors.ErrFull) {
		return err // see refuse
	}
	if errors.As(err, &large) {
		return fail(http.StatusBadRequest, "the request is larger than this server takes")
	}
	return fail(http.StatusBadRequest, "the request ends too early")
}

func readParts(reader *multipart.Reader) (form, error) {
	f := form{Values: url.Values{}}
	for range mostParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			f.Values = cleaned(f.Values)
			return f, nil
		}
		if err != nil {
			return form{}, badBody(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return form{}, badBody(err)
		}
		if name, isFile := fileName(part); isFile {
			if len(content) > 0 { // a browser sends an empty part for a file nobody chose
				f.files = append(f.files, upload{name, content})
			}
			continue
		}
		f.Add(part.FormName(), string(content))
	}
	return form{}, fail(http.StatusBadRequest, "the form has too many parts")
}

// fileName tells a file from a field: it has a file name, even an empty one, or a type that is no text.
func fileName(part *multipart.Part) (name string, isFile bool) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name, isFile = params["filename"]
	if kind, _, typeErr := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || typeErr == nil && !strings.HasPrefix(kind, "text/") {
		isFile = true
	}
	return cleanName(name), isFile
}

func cleanName(name string) string { return cmp.Or(connectors.FileName(name, 200), "attachment") }

// cleaned is the values as text; a parameter that was sent empty counts as not sent.
func cleaned(values url.Values) url.Values {
	clean := make(url.Values, len(values))
	for name, list := range values {
		for _, value := range list {
			if value = complaint.CleanText(value); value != "" {
				clean[complaint.CleanText(name)] = append(clean[complaint.CleanText(name)], value)
			}
		}
	}
	return clean
}

// payload is the form for replay, without the key.
func (f form) payload() complaint.Payload {
	kept := maps.Clone(f.Values)
	delete(kept, keyField)
	return complaint.Payload{Type: formType, Body: []byte(kept.Encode())}
}

// attribute is the values of attribute[CODE], written either way.
func (f form) attribute(code string) []string {
	return append(append([]string(nil), f.Values["attribute["+code+"]"]...), f.Values["attribute["+code+"][]"]...)
}

// attributes are all that were sent, by code: one text, or a list where there are several.
func (f form) attributes() map[string]any {
	all := map[string]any{}
	for name := range f.Values {
		code, ok := strings.CutPrefix(name, "attribute[")
		code, closed := strings.CutSuffix(strings.TrimSuffix(code, "[]"), "]")
		if !ok || !closed {
			continue
		}
		values := f.attribute(code)
		if len(values) == 1 {
			all[code] = values[0]
			continue
		}
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		all[code] = list
	}
	return all
}
