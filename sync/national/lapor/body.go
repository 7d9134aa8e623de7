package lapor

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// createCall is the create call's JSON, by name. What is nil and marked so is left out; of the others the platform wants to hear
// even where they say nothing.
type createCall struct {
	Attachments    any    `json:"attachments"`
	Category       any    `json:"category_id,omitempty"`
	Channel        int    `json:"channel,omitempty"`
	Classification any    `json:"classification_id,omitempty"`
	Community      any    `json:"community_id"`
	Content        string `json:"content"`
	Copies         any    `json:"copy_externals"`
	Incident       any    `json:"date_of_incident,omitempty"`
	Agency         any    `json:"disposition_id,omitempty"`
	Email          any    `json:"emailUser,omitempty"`
	NoteFiles      any    `json:"info_attachments"`
	Note           any    `json:"info_disposition"`
	Anonymous      bool   `json:"is_anonymous"`
	Approval       bool   `json:"is_approval"`
	Routed         bool   `json:"is_disposisi_slider"`
	NewUser        bool   `json:"is_new_user_slider"`
	Priority       bool   `json:"is_priority"`
	Secret         bool   `json:"is_secret"`
	Location       any    `json:"location_id,omitempty"`
	Name           any    `json:"nameUser,omitempty"`
	Phone          any    `json:"phoneUser,omitempty"`
	Program        any    `json:"priority_program_id"`
	Tags           any    `json:"tags_raw,omitempty"`
	Title          string `json:"title"`
	User           any    `json:"user_id,omitempty"`
}

// createBody is the create call's JSON. Identity numbers are written nowhere; who complains stands in the user fields
// alone, and is_anonymous and is_secret say what may be shown of it.
func (p *platform) createBody(s national.Submission, files []string, unsent int) ([]byte, error) {
	c := s.Complaint
	call := createCall{
		Title:          title(c),
		Content:        p.content(s, unsent),
		Classification: id(p.classification(c.Class)),
		Routed:         s.Agency != "",
		Agency:         id(s.Agency),
		Category:       id(s.Category),
		Location:       id(firstOf(s.Location, p.settings.Location)),
		Incident:       p.incident(c),
		Tags:           text(p.settings.Tags),
		Anonymous:      c.Anonymous,
		Secret:         c.Secret,
		Attachments:    attachments(files),
		Channel:        p.settings.Channel,
	}
	p.sayWho(&call, c.Reporter)
	body := encode(call)
	if len(p.settings.Fields) == 0 {
		return body, nil
	}
	whole := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, fmt.Errorf("write the create call: %w", err)
	}
	for name, value := range p.settings.Fields {
		if whole[name] = encode(value); whole[name] == nil {
			return nil, fmt.Errorf("write the create call: JSON cannot say %v, which fields.%s is to be", value, name)
		}
	}
	return encode(whole), nil
}

func title(c complaint.Complaint) string {
	if c.Title != "" {
		return apart(c.Title)
	}
	return apart(complaint.TitleFrom(c.Text))
}

// content is the citizen's words, what must be added, and our marker on the last line: a lookup finds it there.
func (p *platform) content(s national.Submission, unsent int) string {
	c := s.Complaint
	parts := []string{strings.TrimRight(apart(c.Text), " \t\n")}
	if p.settings.WritePlace && c.Place.Address != "" {
		parts = append(parts, "Lokasi: "+strings.Join(strings.Fields(apart(c.Place.Address)), " "))
	}
	if earlier := strings.Join(strings.Fields(s.Earlier), " "); earlier != "" {
		parts = append(parts, fmt.Sprintf("Catatan: masalah yang sama pernah dilaporkan dengan nomor laporan %s.", earlier))
	}
	if c.Missing > 0 {
		parts = append(parts, fmt.Sprintf("(%d berkas dari pelapor tidak dapat disertakan.)", c.Missing))
	}
	if unsent > 0 {
		parts = append(parts, fmt.Sprintf("Catatan: %d lampiran tidak dapat dikirim.", unsent))
	}
	return strings.Join(append(parts, p.marker.write(c.Ref)), "\n\n")
}

func (p *platform) classification(class complaint.Class) string {
	ids := p.settings.Classification
	switch class {
	case complaint.Supervised:
		return ids.Supervised
	case complaint.Aspiration:
		return ids.Aspiration
	case complaint.Information:
		return ids.Information
	default:
		return ids.Ordinary
	}
}

// incident is when it happened, in the region's zone; where the channel does not say, when it was told.
func (p *platform) incident(c complaint.Complaint) any {
	at := c.IncidentAt
	if at.IsZero() {
		at = c.OccurredAt()
	}
	if at.IsZero() {
		return nil
	}
	return at.In(p.zone).Format(p.settings.IncidentLayout)
}

// sayWho names the existing user of the account, or the reporter. The stand-in's contacts are sent only for a reporter who
// has none: with somebody else's address the platform would file the complaint under that person.
func (p *platform) sayWho(call *createCall, r complaint.Reporter) {
	if p.settings.UserID != "" {
		call.User = id(p.settings.UserID)
		return
	}
	email, phone := r.Email, r.Phone
	if email == "" && phone == "" {
		email, phone = p.settings.Reporter.Email, p.settings.Reporter.Phone
	}
	call.NewUser, call.Name, call.Email, call.Phone = true, firstOf(r.Name, p.settings.Reporter.Name), text(email), text(phone)
}

// attachments is the list of uploaded files, which the platform wants as a text; false when there is none.
func attachments(ids []string) any {
	if len(ids) == 0 {
		return false
	}
	written := make([]string, len(ids))
	for i, one := range ids {
		encoded, err := json.Marshal(id(one))
		if err != nil { // a text or a number: it can always be written
			continue
		}
		written[i] = string(encoded)
	}
	return "[" + strings.Join(written, ",") + "]"
}

// id writes an id as the platform does: a number where it is one, exact at any length; null when there is none.
func id(s string) any {
	switch {
	case s == "":
		return nil
	case strings.Trim(s, "0123456789") == "" && s[0] != '0':
		return json.Number(s)
	}
	return s
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// clock reads the platform's times, which carry no zone: they are the region's.
type clock struct {
	zone   *time.Location
	layout string
}

// at reads a time as the platform writes it, as databases do, or as seconds since 1970; zero when it is none of these.
func (c clock) at(written string) time.Time {
	for _, layout := range []string{c.layout, "02-01-2006 15:04:05", time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "02-01-2006 15:04", "02-01-2006", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, written, c.zone); err == nil {
			return at.In(c.zone)
		}
	}
	if seconds, err := json.Number(written).Int64(); err == nil && seconds > 0 && seconds < 1<<33 {
		return time.Unix(seconds, 0).In(c.zone)
	}
	return time.Time{}
}
