package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// part is one part of a multipart body.
type part struct {
	name, file, kind string
	data             []byte
}

func parts(in *request) ([]part, error) {
	kind, params, err := mime.ParseMediaType(in.header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, errors.New("Content-Type must be multipart/form-data") //nolint:staticcheck // a header's name
	}
	reader := multipart.NewReader(bytes.NewReader(in.body), params["boundary"])
	var all []part
	for {
		p, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the multipart body: %w", err)
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return nil, fmt.Errorf("reading the multipart body: %w", err)
		}
		all = append(all, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), data})
	}
}

func (s *Simulator) fileOf(p part) File {
	sum := sha256.Sum256(p.data)
	f := File{Name: p.file, Type: p.kind, Size: int64(len(p.data)), SHA256: hex.EncodeToString(sum[:]), Picture: isPicture(p)}
	if !s.options.Lean {
		f.Content = p.data
	}
	return f
}

func isPicture(p part) bool {
	return strings.HasPrefix(p.kind, "image/") ||
		slices.Contains([]string{"jpg", "jpeg", "png", "gif", "bmp", "webp"}, extension(p.file))
}

// upload keeps files and answers with their ids, pictures apart from documents.
func (s *Simulator) upload(in *request) answer {
	all, err := parts(in)
	if err != nil {
		return message(http.StatusUnprocessableEntity, err.Error())
	}
	var files []File
	for _, p := range all {
		if p.name == "attachments[]" && p.file != "" {
			files = append(files, s.fileOf(p))
		}
	}
	if len(files) == 0 {
		return message(http.StatusUnprocessableEntity, "attachments is required.")
	}
	if files, err = s.ledger.addFiles(files); err != nil {
		return message(http.StatusInternalServerError, err.Error())
	}
	images, docs := []any{}, []any{}
	for _, f := range files {
		row := map[string]any{"id": numeric(f.ID), "file_name": f.Name, "size": f.Size}
		if f.Picture {
			images = append(images, row)
		} else {
			docs = append(docs, row)
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"success": true, "results": map[string]any{"images": images, "docs": docs},
	})
}

// followUpAdd keeps what an agency says through the interface.
func (s *Simulator) followUpAdd(in *request) answer {
	all, err := parts(in)
	if err != nil {
		return message(http.StatusUnprocessableEntity, err.Error())
	}
	form, files := url.Values{}, []File{}
	for _, p := range all {
		if strings.HasPrefix(p.name, "attachment[") && p.file != "" {
			files = append(files, s.fileOf(p))
		} else {
			form.Set(p.name, string(p.data))
		}
	}
	f := fields{raw: quoted(form)}
	id, content, code := f.id("complaint_id"), f.text("content"), f.text("template_code")
	from, to, secret := f.id("institution_from_id"), f.id("institution_to_id"), f.flag("is_secret")
	f.id("user_id")
	f.require(id != "", "complaint_id", "is required")
	f.require(strings.TrimSpace(content) != "", "content", "is required")
	if err := f.err(); err != nil {
		return message(http.StatusUnprocessableEntity, err.Error())
	}
	if _, ok := s.ledger.find(id); !ok {
		return notFound()
	}
	if len(files) > 0 {
		if files, err = s.ledger.addFiles(files); err != nil {
			return message(http.StatusInternalServerError, err.Error())
		}
	}
	said := FollowUp{From: from, To: to, Template: code, Text: content, Secret: secret, Attachments: files}
	if err := s.AddFollowUp(id, said); err != nil {
		return message(http.StatusInternalServerError, err.Error())
	}
	return success("Tindak lanjut berhasil dikirim.")
}

// members reads a body that may be JSON or a form.
func members(in *request) map[string]json.RawMessage {
	var raw map[string]json.RawMessage
	switch kind := in.header.Get("Content-Type"); {
	case strings.HasPrefix(kind, "multipart/form-data"):
		all, _ := parts(in) // what cannot be read is missing, and said to be
		form := url.Values{}
		for _, p := range all {
			form.Set(p.name, string(p.data))
		}
		return quoted(form)
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		form, _ := url.ParseQuery(string(in.body))
		return quoted(form)
	default:
		_ = json.Unmarshal(in.body, &raw)
		return raw
	}
}

func quoted(form url.Values) map[string]json.RawMessage {
	raw := map[string]json.RawMessage{}
	for name := range form {
		text, err := json.Marshal(form.Get(name))
		if err == nil {
			raw[name] = text
		}
	}
	return raw
}
