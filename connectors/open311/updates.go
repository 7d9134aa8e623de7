package open311

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// updates lists what was said about requests, oldest first: a client that asks again and again for the last hours meets
// each, however many there are.
func (e *endpoint) updates(r request) (element, error) {
	p := params{Values: cleaned(r.URL.Query()), zone: e.env.Zone}
	q := connectors.UpdateQuery{From: p.date("start_date"), To: p.end("end_date")}
	q.Most, q.Skip = p.page("ask from a later start_date")
	if len(p.wrong) > 0 {
		return element{}, fail(http.StatusBadRequest, p.wrong...)
	}
	if q.From.IsZero() && q.To.IsZero() {
		q.From = time.Now().Add(-mostSpan)
	}
	found, err := e.desk.Updates(r.Context(), q)
	if err != nil {
		return element{}, err
	}
	all := make([]element, 0, len(found))
	for _, u := range found {
		all = append(all, object("request_update",
			leaf("update_id", u.ID), leaf("service_request_id", string(u.Ref)), leaf("status", standingOf(u.Status).update),
			leaf("updated_datetime", w3c(u.At, e.env.Zone)), leaf("description", shortened(spoken(e.env.Texts, connectors.StatusChange{Status: u.Status, Agency: u.Agency, Note: u.Note}))), leaf("media_url", "")))
	}
	return listOf("service_request_updates", all...), nil
}

// update takes in what a person said later about a request. It is a complaint that names the first one, so that it becomes
// a follow-up of it.
func (e *endpoint) update(r request) (element, error) {
	f, who, err := e.posted(r)
	if err != nil {
		return element{}, err
	}
	words, wrong := checkUpdate(f)
	if len(wrong) > 0 {
		return element{}, fail(http.StatusBadRequest, wrong...)
	}
	ref, err := complaint.ParseRef(f.Get("service_request_id"))
	if err != nil {
		return element{}, connectors.ErrNotFound
	}
	c := complaint.Complaint{
		SourceID: connectors.LaterWord + who + "/" + string(ref) + "/" + f.Get("update_id"),
		Text:     "Menanggapi " + string(ref) + "\n\n" + words,
		Reporter: complaint.Reporter{
			Name: strings.TrimSpace(f.Get("first_name") + " " + f.Get("last_name")), Phone: f.Get("phone"), Email: f.Get("email"),
		},
		Raw: f.payload(),
	}
	c.ReportedAt, _ = readDate(f.Get("updated_datetime"), e.env.Zone) // checked
	if err := e.inherit(r, ref, &c); err != nil {
		return element{}, err
	}
	c.Clean()
	c.Title = complaint.TitleFrom(words)
	if _, err := e.take(r.Context(), c, f); err != nil {
		return element{}, err
	}
	return listOf("service_request_updates", object("request_update", leaf("update_id", f.Get("update_id")))), nil
}

// checkUpdate says what is wrong with an update, and what it says.
func checkUpdate(f form) (words string, wrong []string) {
	for _, field := range []string{"service_request_id", "update_id", "status", "updated_datetime"} {
		if f.Get(field) == "" {
			wrong = append(wrong, field+" required")
		}
	}
	status, known := saidStatus(f.Get("status"))
	if !known && f.Get("status") != "" {
		wrong = append(wrong, "status is none of the words for it")
	}
	if at := f.Get("updated_datetime"); at != "" {
		if _, err := readDate(at, time.UTC); err != nil {
			wrong = append(wrong, "updated_datetime "+err.Error())
		}
	}
	description := f.Get("description")
	if utf8.RuneCountInString(description) > mostDescription {
		wrong = append(wrong, "description may have 4000 characters at most")
	}
	words = strings.TrimSpace(description + "\n\n" + status)
	if words == "" && known {
		wrong = append(wrong, "description required")
	}
	return words, wrong
}

// inherit checks that the request is there, and takes over who may know of it: what is said about a secret one is secret.
func (e *endpoint) inherit(r request, ref complaint.Ref, c *complaint.Complaint) error {
	change, err := e.desk.Read(r.Context(), ref)
	if err != nil {
		return err
	}
	if isLaterWord(change) {
		return connectors.ErrNotFound
	}
	listed, err := e.desk.List(r.Context(), connectors.Query{Refs: []complaint.Ref{ref}, Most: 1})
	if err != nil {
		return err
	}
	if c.Secret = len(listed) == 0; !c.Secret {
		c.Anonymous, c.Category = listed[0].Anonymous, listed[0].Category
	}
	return nil
}
