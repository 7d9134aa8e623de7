package lapor

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// createBody is the create call's JSON. Identity numbers are written nowhere; who complains stands in the user fields
// alone, and is_anonymous and is_secret say what may be shown of it.
func (p *platform) createBody(s national.Submission, files []string, unsent int) map[string]any {
	c := s.Complaint
	body := map[string]any{
		"title":               title(c),
		"content":             p.content(s, unsent),
		"classification_id":   id(p.classification(c.Class)),
		"is_disposisi_slider": s.Agency != "",
		"disposition_id":      id(s.Agency),
		"category_id":         id(s.Category),
		"location_id":         id(firstOf(s.Location, p.settings.Location)),
		"date_of_incident":    p.incident(c),
		"tags_raw":            text(p.settings.Tags),
		"is_anonymous":        c.Anonymous,
		"is_secret":           c.Secret,
		"is_approval":         false,
		"is_priority":         false,
		"attachments":         attachments(files),
		"priority_program_id": nil,
		"community_id":        nil,
		"copy_externals":      nil,
		"info_disposition":    nil,
		"info_attachments":    nil,
	}
	if p.settings.Channel != 0 {
		body["channel"] = p.settings.Channel
	}
	maps.Copy(body, p.user(c.Reporter))
	for _, key := range []string{"classification_id", "disposition_id", "category_id", "location_id", "date_of_incident", "tags_raw", "emailUser", "phoneUser"} {
		if value, has := body[key]; has && value == nil {
			delete(body, key)
		}
	}
	maps.Copy(body, p.settings.Fields)
	return body
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

// user names the existing user of the account, or the reporter. The stand-in's contacts are sent only for a reporter who
// has none: with somebody else's address the platform would file the complaint under that person.
func (p *platform) user(r complaint.Reporter) map[string]any {
	if p.settings.UserID != "" {
		return map[string]any{"is_new_user_slider": false, "user_id": id(p.settings.UserID)}
	}
	email, phone := r.Email, r.Phone
	if email == "" && phone == "" {
		email, phone = p.settings.Reporter.Email, p.settings.Reporter.Phone
	}
	return map[string]any{
		"is_new_user_slider": true,
		"nameUser":           firstOf(r.Name, p.settings.Reporter.Name),
		"emailUser":          text(email),
		"phoneUser":          text(phone),
	}
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
