package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// mostParts bounds a form's parts; a complaint's files and fields are far fewer.
const mostParts = 1000

func (h *hook) decodeMultipart(body []byte, boundary string) (delivery, error) {
	fields, files, err := takeApart(body, boundary)
	if err != nil {
		return delivery{}, err
	}
	raw, err := json.Marshal(fields.record())
	if err != nil {
		return delivery{}, err
	}
	sent, err := h.fromForm(fields, complaint.Payload{Type: jsonType, Body: raw})
	if err != nil {
		return delivery{}, err
	}
	if len(files) > 0 && len(sent.entries) > 1 {
		return delivery{}, badField(payloadField, "is a list, and files came with it; send the files with the one complaint they belong to")
	}
	sent.files = files
	return sent, nil
}

func takeApart(body []byte, boundary string) (form, []file, error) {
	if boundary == "" {
		return nil, nil, refuse(http.StatusBadRequest, "Content-Type names no boundary")
	}
	fields, files := form{}, []file(nil)
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for range mostParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, files, nil
		}
		if err != nil {
			return nil, nil, refuse(http.StatusBadRequest, "the form ends too early or is not one")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, refuse(http.StatusBadRequest, "the form ends inside a part")
		}
		if isFile(part) {
			if len(content) > 0 || part.FileName() != "" { // a browser sends an empty part for a file nobody chose
				files = append(files, file{fileName(part), content})
			}
			continue
		}
		if err := fields.add(part, content); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, refuse(http.StatusBadRequest, "the form has too many parts")
}

func (f form) add(part *multipart.Part, content []byte) error {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		params = nil
	}
	text, err := inUTF8(content, params["charset"])
	if err != nil {
		return err
	}
	f[part.FormName()] = append(f[part.FormName()], string(text))
	return nil
}

// isFile tells a file from a field: it has a file name, even an empty one, or a type that is no text.
func isFile(part *multipart.Part) bool {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if _, named := params["filename"]; err == nil && named {
		return true
	}
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	return err == nil && !strings.HasPrefix(kind, "text/") && kind != jsonType
}

func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		params = nil
	}
	return cleanName(params["filename"])
}

func cleanName(name string) string { return cmp.Or(connectors.FileName(name, 200), "attachment") }
