package spreadsheet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Upload is how files are sent to /in/{connector}.
type Upload struct {
	Secret    config.Secret   `yaml:"secret" doc:"key of the HMAC-SHA256 that signs each request, as a webhook's; or bearer"`
	Bearer    config.Secret   `yaml:"bearer" doc:"token each request carries as Authorization: Bearer; or secret"`
	Tolerance config.Duration `yaml:"tolerance" doc:"how far a signed request's X-Timestamp may lie from our clock"`
	Rate      config.Rate     `yaml:"rate" doc:"the most files taken; more are refused with 429"`
}

func (u Upload) given() bool { return u.Secret.Set() || u.Bearer.Set() }

func (u Upload) credentials() connectors.Credentials {
	return connectors.Credentials{Secret: u.Secret, Bearer: u.Bearer, Tolerance: u.Tolerance.D()}
}

func (u Upload) faults() []error {
	if !u.given() {
		return nil
	}
	return u.credentials().Faults("upload.")
}

const (
	mostUploaded = 10_000   // rows of one file: they are kept in one transaction
	mostProblems = 100      // that an answer lists
	mostMisfit   = 4 << 20  // bytes of a file that is kept although its columns do not fit
	mostUnpacked = 64 << 20 // bytes that an XLSX file unpacks to: ten thousand rows are less
	mostName     = 200      // bytes of a file's name
)

// upload takes in files that are posted. All rows of one are kept, or set aside, in one transaction, or none.
type upload struct {
	*connector
	door *connectors.Door
}

// Receive implements connectors.Receiver.
func (u *upload) Receive(r *http.Request) (connectors.Received, error) {
	body, err := u.door.Body(r)
	if err != nil {
		return connectors.Received{}, err
	}
	name, content, err := fileOf(r.Header, body)
	if err != nil {
		return connectors.Received{}, err
	}
	return u.take(r.Context(), name, content)
}

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}

// fileOf finds the file in a request: the body itself, or the one file of a form.
func fileOf(header http.Header, body []byte) (name string, content []byte, err error) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil || header.Get("Content-Encoding") != "" && header.Get("Content-Encoding") != "identity":
		return "", nil, unsupported()
	case kind == "multipart/form-data":
		return fileOfForm(body, params["boundary"])
	case !slices.Contains(tableTypes(), kind):
		return "", nil, unsupported()
	}
	_, disposition, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	if err != nil {
		disposition = nil
	}
	return cleanName(disposition["filename"]), body, nil
}

// tableTypes are what senders call a CSV or XLSX file; which it is, its bytes say.
func tableTypes() []string {
	return []string{
		"text/csv", "application/csv", "text/tab-separated-values", "application/octet-stream", "application/vnd.ms-excel",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}
}

func unsupported() error {
	return refuse(http.StatusUnsupportedMediaType, "send a CSV or XLSX file, as text/csv, as application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, "+
		"or as the one file of a multipart/form-data; not compressed")
}

func fileOfForm(body []byte, boundary string) (name string, content []byte, err error) {
	const mostParts = 100
	if boundary == "" {
		return "", nil, refuse(http.StatusBadRequest, "Content-Type names no boundary")
	}
	found := false
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for range mostParts {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) && found {
			return name, content, nil
		}
		if errors.Is(err, io.EOF) {
			return "", nil, refuse(http.StatusBadRequest, "the form holds no file")
		}
		if err != nil {
			return "", nil, refuse(http.StatusBadRequest, "the form ends too early or is not one")
		}
		if part.FileName() == "" {
			continue // a field, or a file nobody chose
		}
		if found {
			return "", nil, refuse(http.StatusBadRequest, "the form holds several files: send one at a time")
		}
		if content, err = io.ReadAll(part); err != nil {
			return "", nil, refuse(http.StatusBadRequest, "the form ends inside its file")
		}
		name, found = cleanName(part.FileName()), true
	}
	return "", nil, refuse(http.StatusBadRequest, "the form has too many parts")
}

// cleanName is a file's name as a sender gives it, without folders and what no file system takes.
func cleanName(name string) string {
	name = complaint.CleanText(path.Base(strings.ReplaceAll(name, `\`, "/")))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ".~ ")
	for len(name) > mostName { // the end says what kind of file it is
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	if name == "" || name == "/" {
		return "upload"
	}
	return name
}

func (u *upload) take(ctx context.Context, name string, content []byte) (connectors.Received, error) {
	if isTwin(name) {
		return connectors.Received{}, refuse(http.StatusBadRequest, "this is a file of answers: it is not read")
	}
	raw, err := temporary(content)
	if err != nil {
		return connectors.Received{}, err
	}
	doc, _, err := opener{settings: u.settings, rule: u.rule, most: mostUnpacked}.read(ctx, raw, name, nil)
	var damage *damageError
	var partial *partialError
	switch {
	case errors.As(err, &damage), errors.As(err, &partial):
		return connectors.Received{}, errors.Join(refuse(http.StatusBadRequest, err.Error()), ignoreClosed(raw.Close()))
	case err != nil:
		return connectors.Received{}, errors.Join(fmt.Errorf("read an uploaded file: %w", err), ignoreClosed(raw.Close()))
	}
	reader := u.reader(found{name: name, size: int64(len(content))}, doc)
	received, err := u.rows(ctx, reader, content)
	return received, errors.Join(err, reader.Close())
}

// temporary is a file of ours with the content; its name is gone already.
func temporary(content []byte) (*os.File, error) {
	raw, err := os.CreateTemp("", "satupintu-upload-*")
	if err != nil {
		return nil, fmt.Errorf("make room for an uploaded file: %w", err)
	}
	_ = os.Remove(raw.Name())
	_, err = raw.Write(content)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make room for an uploaded file: %w", err), raw.Close())
	}
	return raw, nil
}

func (u *upload) rows(ctx context.Context, reader *fileReader, content []byte) (connectors.Received, error) {
	var received connectors.Received
	sum := sha256.Sum256(content)
	for items := 1; ; items++ { // rows, and what else is set aside of the file
		next, err := reader.next()
		switch {
		case errors.Is(err, io.EOF):
			return u.answered(reader, received, content)
		case err != nil:
			return connectors.Received{}, fmt.Errorf("read an uploaded file: %w", err)
		case ctx.Err() != nil:
			return connectors.Received{}, ctx.Err()
		case items > mostUploaded:
			return connectors.Received{}, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the file has more than %d rows: send it in parts", mostUploaded))
		}
		if next.complaint != nil {
			received.Complaints = append(received.Complaints, *next.complaint)
		}
		if next.aside != nil {
			next.aside.Where = fmt.Sprintf("upload %x: %s", sum[:4], next.aside.Where) // another file may have the same name
			received.SetAside = append(received.SetAside, *next.aside)
		}
	}
}

// told is the answer to an upload. Each row is in one of taken_in, known, revised, repeated and set_aside; what is set aside of
// the file as a whole is no row.
type told struct {
	File     string    `json:"file"`
	Rows     int       `json:"rows"`
	TakenIn  int       `json:"taken_in"`
	Known    int       `json:"known"`    // came before, with the same words
	Revised  int       `json:"revised"`  // came before, with a few words changed: kept beside, not forwarded
	Repeated int       `json:"repeated"` // stand in the file twice
	SetAside int       `json:"set_aside"`
	Problems []problem `json:"problems"` // the first of what was set aside
}

type problem struct {
	Where  string                   `json:"where"`
	ID     string                   `json:"id,omitempty"`
	Reason connectors.SetAsideCause `json:"reason"`
	Detail string                   `json:"detail"`
}

// answered adds what the sender is told. A file in which no table has the columns is refused, and kept.
func (u *upload) answered(reader *fileReader, received connectors.Received, content []byte) (connectors.Received, error) {
	if reader.misfit && reader.taken == 0 {
		return misfit(reader, received, content), nil
	}
	if len(received.Complaints)+len(received.SetAside) == 0 {
		return connectors.Received{}, refuse(http.StatusBadRequest, "the file has no rows below its header")
	}
	rows, complaints := received.SetAside, received.Complaints
	received.Tell = func(became []connectors.Outcome) connectors.Answer {
		answer := told{File: reader.file.name, Rows: reader.taken, Repeated: reader.repeats, Problems: []problem{}}
		asides := slices.Clone(rows)
		for i, one := range became {
			switch {
			case one.SameID:
				asides = append(asides, u.sameID(complaints[i]))
			case one.Revised:
				answer.Revised++
			case one.Known:
				answer.Known++
			default:
				answer.TakenIn++
			}
		}
		return answer.json(asides)
	}
	return received, nil
}

func (t told) json(asides []connectors.SetAside) connectors.Answer {
	t.SetAside = len(asides)
	for _, aside := range asides[:min(len(asides), mostProblems)] {
		t.Problems = append(t.Problems, problem{aside.Where, aside.SourceID, aside.Reason, aside.Detail})
	}
	body, err := json.Marshal(t)
	if err != nil { // of texts and numbers, never
		body = []byte("{}")
	}
	return connectors.Answer{Type: "application/json", Body: body}
}

func misfit(reader *fileReader, received connectors.Received, content []byte) connectors.Received {
	received.Refuse = &connectors.RequestError{Status: http.StatusBadRequest, Detail: received.SetAside[0].Detail}
	if len(reader.missing) > 0 {
		received.Refuse.Field = reader.missing[0]
	}
	if len(content) <= mostMisfit {
		received.SetAside[0].Raw = content
		received.Refuse.Detail += "; the file is kept: see the rows set aside"
	}
	return received
}
