package lapor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// followUpHeading tells an agency that a follow-up is a citizen's, and tells us at a poll that it is ours.
const followUpHeading = "Keterangan tambahan dari warga atas laporan ini:"

// mostTogether is how many bytes of files go with one follow-up, which carries them all in its one request.
const mostTogether = 32 << 20

// AddFollowUp sends one multipart request with the words and the files. A file that is gone, is too large or does
// not fit stays behind, and the text says how many did. Who complains is not said: the call has no fields for that.
func (p *platform) AddFollowUp(ctx context.Context, f national.FollowUp) error {
	files, unsent, err := p.followUpFiles(ctx, f)
	if err != nil {
		return err
	}
	hiding := privateOf(f.Complaint)
	for _, file := range files {
		hiding.values = append(hiding.values, file.name)
	}
	q := call{method: http.MethodPost, path: p.settings.FollowUp.Path, private: hiding, prepare: func(r *resty.Request) {
		r.SetMultipartFields(p.followUpForm(f, files, unsent)...)
	}}
	object, err := p.client.do(ctx, q)
	if err == nil && !succeeded(object) {
		return p.client.lacking(q, object, "success")
	}
	return err
}

// sendable is a file in memory, under a name that is safe in a header.
type sendable struct {
	name, kind string
	content    []byte
}

func (p *platform) followUpFiles(ctx context.Context, f national.FollowUp) (files []sendable, unsent int, err error) {
	var (
		seen  []string
		total int
	)
	for _, file := range f.Files {
		if slices.Contains(seen, file.SHA256) {
			continue
		}
		seen = append(seen, file.SHA256)
		content, err := read(ctx, file, min(int64(p.settings.MaxFile), int64(mostTogether-total)))
		if err = p.skip(ctx, file, err); err != nil {
			return nil, 0, fmt.Errorf("attachment %s: %w", file.SHA256, err)
		}
		if content == nil {
			unsent++
			continue
		}
		total += len(content)
		files = append(files, sendable{fileName(file.Attachment), mediaType(file.Type), content})
	}
	return files, unsent, nil
}

// followUpForm is the parts of the request, in an order of their own.
func (p *platform) followUpForm(f national.FollowUp, files []sendable, unsent int) []*resty.MultipartField {
	s := p.settings.FollowUp
	secret := "0"
	if f.Secret {
		secret = "1"
	}
	var parts []*resty.MultipartField
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, &resty.MultipartField{Param: name, Reader: strings.NewReader(value)})
		}
	}
	add("complaint_id", f.Ticket.ID)
	add("user_id", p.settings.UserID)
	add("institution_from_id", s.Institution)
	add("institution_to_id", f.Agency)
	add("template_code", s.Template)
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		add(name, s.Fields[name])
	}
	add("is_secret", secret)
	add("content", p.followUpText(f.Complaint, unsent))
	for i, file := range files {
		var content io.Reader = bytes.NewReader(file.content)
		parts = append(parts, &resty.MultipartField{
			Param: "attachment[" + strconv.Itoa(i) + "]", FileName: file.name, ContentType: file.kind, Reader: content,
		})
	}
	return parts
}

// followUpText is composed like the text of a complaint, under a heading; there is no title, so it goes before the words
// unless they begin with it.
func (p *platform) followUpText(c complaint.Complaint, unsent int) string {
	if c.Title != "" && !strings.HasPrefix(fold(c.Text), fold(strings.TrimSuffix(c.Title, "…"))) {
		c.Text = c.Title + "\n" + c.Text
	}
	return followUpHeading + "\n\n" + p.content(national.Submission{Complaint: c}, unsent)
}

// FindFollowUp reads every page of the ticket's follow-ups. It says ErrAbsent only when it came to their end and none that
// is cut short or masked may be ours.
func (p *platform) FindFollowUp(ctx context.Context, f national.FollowUp) error {
	failed := func(err error) error { return fmt.Errorf("look for the follow-up %s: %w", f.Complaint.Ref, err) }
	list, whole, err := p.client.walk(ctx, paged{
		first: get("complaints/"+url.PathEscape(f.Ticket.ID)+"/followups", url.Values{"page": {"1"}}), items: "results.data",
		most: p.settings.FollowupPages,
	})
	if err != nil {
		return failed(err)
	}
	sent, unclear := fold(p.followUpText(f.Complaint, 0)), false
	for _, row := range list {
		text := p.client.clean.plain(words(at(row, "content")))
		if p.marker.of(text) == f.Complaint.Ref {
			return nil
		}
		unclear = unclear || hidesWhose(row, text, sent) && p.marker.of(text) == ""
	}
	switch {
	case unclear:
		return failed(retry.Never(errors.New("the platform shows follow-ups of this complaint masked or shortened: a person must look whether ours is there")))
	case !whole:
		return failed(fmt.Errorf("there are more than %d pages, or one is repeated: it cannot tell; raise followup_pages", p.settings.FollowupPages))
	}
	return national.ErrAbsent
}

// hidesWhose says whether a follow-up without a reference may be what was sent, folded, with its end cut off, or hidden.
func hidesWhose(row any, text, sent string) bool {
	shown := fold(text)
	if shown == "" {
		return strings.Contains(text, "*") || slices.Contains([]any{"1", json.Number("1"), true}, at(row, "is_secret"))
	}
	return strings.HasPrefix(sent, shown) || strings.Contains(text, "***") && strings.HasPrefix(shown, fold(followUpHeading))
}

// isOurs says whether a row is what AddFollowUp sent: a citizen's words, under our heading down to our reference. An answer
// that quotes them and goes on below is an answer.
func (p *platform) isOurs(row any) bool {
	text := p.client.clean.plain(firstOf(words(at(row, "content")), words(at(row, "note"))))
	if !strings.HasPrefix(fold(text), fold(followUpHeading)) {
		return false
	}
	all := p.marker.shape.FindAllStringIndex(text, -1)
	return len(all) == 0 || strings.TrimSpace(text[all[len(all)-1][1]:]) == ""
}
