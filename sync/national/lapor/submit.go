package lapor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// Submit uploads each file in a request and a step of its own, then creates the complaint, then hands it over where the
// submission names somebody. A file that the platform will never take, or that is gone, does not stop the complaint:
// its step is done with an empty result, and the text says how many are missing. So does one at which the platform fails again
// and again, when the journal says so.
func (p *platform) Submit(ctx context.Context, s national.Submission, j national.Journal) (national.Ticket, error) {
	files, unsent, err := p.upload(ctx, s, j)
	if err != nil {
		return national.Ticket{}, err
	}
	step := national.Step{Name: national.StepCreate, Last: s.HandOver == ""}
	recorded, err := j.Do(ctx, step, func(ctx context.Context) (string, error) {
		body, err := p.createBody(s, files, unsent)
		if err != nil {
			return "", err // nothing was sent
		}
		return p.create(ctx, s, body)
	})
	if err != nil {
		return national.Ticket{}, fmt.Errorf("create: %w", err)
	}
	var ticket national.Ticket
	if err := json.Unmarshal([]byte(recorded), &ticket); err != nil || ticket.ID == "" {
		return national.Ticket{}, retry.Unknown(errors.New("create: the journal's record holds no ticket"))
	}
	if s.HandOver == "" {
		return ticket, nil
	}
	step = national.Step{Name: national.StepHandOver, Last: true}
	_, err = j.Do(ctx, step, func(ctx context.Context) (string, error) { return p.handOver(ctx, ticket, s) })
	if err != nil {
		return ticket, fmt.Errorf("hand over to %s: %w", s.HandOver, err)
	}
	return ticket, nil
}

// upload returns the ids of the files that were taken, in order, and how many were not. The same file twice is sent once.
func (p *platform) upload(ctx context.Context, s national.Submission, j national.Journal) (ids []string, unsent int, err error) {
	var seen []string
	for _, file := range s.Files {
		if slices.Contains(seen, file.SHA256) {
			continue
		}
		seen = append(seen, file.SHA256)
		step := national.Step{Name: "upload " + file.SHA256, Harmless: true}
		id, err := j.Do(ctx, step, func(ctx context.Context) (string, error) {
			id, err := p.uploadOne(ctx, file, privateOf(s.Complaint))
			return id, p.skip(ctx, file, err)
		})
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", step.Name, err)
		}
		if id == "" {
			unsent++
			continue
		}
		ids = append(ids, id)
	}
	return ids, unsent, nil
}

// skip turns an error that will be the same next time into a warning.
func (p *platform) skip(ctx context.Context, file national.File, err error) error {
	if err == nil || retry.Of(err).Verdict != retry.Permanent {
		return err
	}
	p.log.WarnContext(ctx, "an attachment is not sent", "sha256", file.SHA256, "reason", err.Error())
	return nil
}

func (p *platform) uploadOne(ctx context.Context, file national.File, hiding private) (string, error) {
	hiding.values = append(hiding.values, file.Name)
	content, err := read(ctx, file, int64(p.settings.MaxFile))
	if err != nil {
		return "", err
	}
	q := call{method: http.MethodPost, path: "complaints/complaint/file", private: hiding, aimless: true, prepare: func(r *resty.Request) {
		r.SetMultipartField("attachments[]", fileName(file.Attachment), mediaType(file.Type), bytes.NewReader(content))
	}}
	object, err := p.client.do(ctx, q)
	if err != nil {
		return "", err
	}
	if id := fileID(object); id != "" {
		return id, nil
	}
	return "", p.client.lacking(q, object, "id of the file")
}

// read takes a file into memory. A file that is gone or too large is never sent; whatever else keeps us from reading it is
// tried again, so that no complaint goes without a file that the store has.
func read(ctx context.Context, file national.File, most int64) ([]byte, error) {
	content, err := readFile(ctx, file, most)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, retry.Never(fmt.Errorf("read the attachment: %w", err))
	case err != nil:
		return nil, fmt.Errorf("read the attachment: %w", err)
	case int64(len(content)) > most:
		return nil, retry.Never(fmt.Errorf("it is larger than the %d bytes of max_file", most))
	}
	return content, nil
}

func readFile(ctx context.Context, file national.File, most int64) ([]byte, error) {
	opened, err := file.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, most+1))
}

// fileID finds the id of the one file that was sent: pictures come back under images, all else under docs.
func fileID(object map[string]any) string {
	for _, group := range []string{"results.images", "results.docs"} {
		list, _ := rows(at(object, group))
		for _, row := range list {
			if id := identity(at(row, "id")); id != "" {
				return id
			}
		}
	}
	return ""
}

// fileName is safe inside a multipart header, where a line break would begin a header of the sender's making.
func fileName(a complaint.Attachment) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '"' || r == '\\' || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, path.Base(strings.ReplaceAll(a.Name, `\`, "/")))
	if a.Name == "" || strings.Trim(name, "./_ ") == "" {
		return "lampiran"
	}
	return name
}

func mediaType(declared string) string {
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil || !strings.Contains(kind, "/") {
		return "application/octet-stream"
	}
	return kind
}

// create makes the complaint and returns its ticket as the journal keeps it.
func (p *platform) create(ctx context.Context, s national.Submission, body []byte) (string, error) {
	q := call{method: http.MethodPost, path: p.settings.Create, private: privateOf(s.Complaint), prepare: func(r *resty.Request) {
		r.SetHeader("Content-Type", "application/json").SetBody(bytes.NewReader(body)) // bytes themselves resty would copy twice
	}}
	object, err := p.client.do(ctx, q)
	if err != nil {
		return "", err
	}
	ticket := ticketOf(object)
	if ticket.ID == "" {
		return "", p.client.lacking(q, object, "complaint id")
	}
	return string(encode(ticket)), nil
}

// ticketOf reads the answer to a create: the id has been seen in four places. The tracking id is read from the same
// places and from nowhere else; neither is taken for the other.
func ticketOf(object map[string]any) national.Ticket {
	var t national.Ticket
	for _, place := range []string{"complaint_id", "results.complaint.id", "data.complaint_id", "data.results.complaint.id"} {
		if t.ID == "" {
			t.ID = identity(at(object, place))
		}
		above, _, nested := cutLast(place)
		beside := "tracking_id"
		if nested {
			beside = above + ".tracking_id"
		}
		if t.TrackingID == "" {
			t.TrackingID = identity(at(object, beside))
		}
	}
	return t
}
