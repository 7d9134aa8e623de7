package open311

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// What a list holds at most.
const (
	mostListed = 1000
	mostSkip   = 100_000 // rows before a page: the store counts them out each time
	mostSpan   = 90 * day
)

func notFound(err error) bool { return errors.Is(err, connectors.ErrNotFound) }

// requests lists requests, newest first. Its header Link names the page after it.
func (e *endpoint) requests(r request) (element, error) {
	p := params{Values: cleaned(r.URL.Query()), zone: e.env.Zone}
	q := p.query(time.Now())
	if len(p.wrong) > 0 {
		return element{}, fail(http.StatusBadRequest, p.wrong...)
	}
	if p.Get("service_request_id") != "" && len(q.Refs) == 0 {
		return listOf("service_requests"), nil // ids, and none of them ours
	}
	listed, err := e.desk.List(r.Context(), q)
	if err != nil {
		return element{}, err
	}
	if len(listed) == q.Most && len(q.Refs) == 0 {
		r.header.Set("Link", p.next(listed[len(listed)-1]))
	}
	return e.listed(listed, p.Get("extensions") == "true"), nil
}

// one is a list of one.
func (e *endpoint) one(r request, id string) (element, error) {
	ref, err := complaint.ParseRef(id)
	if err != nil {
		return element{}, connectors.ErrNotFound
	}
	listed, err := e.desk.List(r.Context(), connectors.Query{Refs: []complaint.Ref{ref}, Most: 1})
	if err == nil && len(listed) == 0 {
		err = connectors.ErrNotFound
	}
	return e.listed(listed, r.URL.Query().Get("extensions") == "true"), err
}

func (e *endpoint) listed(listed []connectors.Listed, extended bool) element {
	all := make([]element, 0, len(listed))
	for _, l := range listed {
		all = append(all, e.request(l, extended))
	}
	return listOf("service_requests", all...)
}

func (e *endpoint) request(l connectors.Listed, extended bool) element {
	s, _ := e.services.find(l.Category)
	stands := standingOf(l.Status)
	fields := []element{
		leaf("service_request_id", string(l.Ref)),
		leaf("status", stands.listed),
		leaf("status_notes", l.Note),
		leaf("service_name", cmp.Or(s.Name, l.Category)),
		leaf("service_code", l.Category),
		leaf("description", e.description(l)),
		leaf("agency_responsible", l.Agency),
		leaf("service_notice", s.Notice),
		leaf("requested_datetime", w3c(l.ReceivedAt, e.env.Zone)),
		leaf("updated_datetime", w3c(l.UpdatedAt, e.env.Zone)),
		leaf("expected_datetime", ""),
		leaf("address", l.Place.Address),
		leaf("address_id", ""),
		leaf("zipcode", ""),
		coordinate("lat", l.Place.Lat),
		coordinate("long", l.Place.Long),
		leaf("media_url", ""),
	}
	if extended {
		fields = append(fields, object("extended_attributes", leaf("detailed_status", stands.update)))
	}
	return object("request", fields...)
}

// description is what the citizen wrote, where the region shows it.
func (e *endpoint) description(l connectors.Listed) string {
	if !e.settings.ShowText {
		return ""
	}
	return shortened(l.Text)
}

// shortened keeps a text within the protocol's limit, whole characters.
func shortened(text string) string {
	if utf8.RuneCountInString(text) <= mostDescription {
		return text
	}
	return string([]rune(text)[:mostDescription-1]) + "…"
}

func coordinate(name string, degrees *float64) element {
	if degrees == nil {
		return leaf(name, "")
	}
	return leaf(name, *degrees)
}

// params are the parameters of a list, and what is wrong with them.
type params struct {
	url.Values
	zone  *time.Location
	wrong []string
}

func (p *params) fault(field, reason string) { p.wrong = append(p.wrong, field+" "+reason) }

func (p *params) query(now time.Time) connectors.Query {
	q := connectors.Query{
		Categories: p.words("service_code"), UpdatedFrom: p.date("updated_after"), UpdatedTo: p.end("updated_before"),
	}
	for _, id := range p.words("service_request_id") {
		if ref, err := complaint.ParseRef(id); err == nil {
			q.Refs = append(q.Refs, ref)
		}
	}
	if len(q.Refs) > mostListed {
		p.fault("service_request_id", fmt.Sprintf("may name %d requests at most", mostListed))
	}
	for _, status := range p.words("status") {
		switch strings.ToLower(status) {
		case "open":
			q.Open = true
		case "closed":
			q.Closed = true
		default:
			p.fault("status", "is open or closed")
		}
	}
	q.From, q.To = p.span(now)
	q.Most, q.Skip = p.page("follow the header Link, which goes further")
	q.BeforeAt, q.BeforeRef = p.before()
	return q
}

// words are a parameter's values, separated by commas or sent several times.
func (p *params) words(field string) []string {
	var words []string
	for _, value := range p.Values[field] {
		for _, word := range strings.Split(value, ",") {
			if word = strings.TrimSpace(word); word != "" {
				words = append(words, word)
			}
		}
	}
	return words
}

func (p *params) date(field string) time.Time {
	text := p.Get(field)
	if text == "" {
		return time.Time{}
	}
	at, err := readDate(text, p.zone)
	if err != nil {
		p.fault(field, err.Error())
	}
	return at
}

// end is a date up to which something is wanted: times are shown in whole seconds, so the whole second is.
func (p *params) end(field string) time.Time {
	at := p.date(field)
	if at.IsZero() {
		return at
	}
	return at.Truncate(time.Second).Add(time.Second - time.Millisecond)
}

// span is the time asked for: the last 90 days unless said otherwise, and never more than 90 days.
func (p *params) span(now time.Time) (from, to time.Time) {
	from, to = p.date("start_date"), p.end("end_date")
	switch {
	case from.IsZero() && to.IsZero():
		return now.Add(-mostSpan), time.Time{}
	case from.IsZero():
		from = to.Add(-mostSpan)
	case to.IsZero() && now.Sub(from) > mostSpan:
		to = from.Add(mostSpan)
	case !to.IsZero() && to.Sub(from) > mostSpan+time.Second:
		p.fault("end_date", "may lie 90 days after start_date at most")
	}
	return from, to
}

// page is how many are wanted, and how many come before them. further is how to get to those behind the last page.
func (p *params) page(further string) (most, skip int) {
	most = p.number("page_size", mostListed, mostListed)
	skip = (p.number("page", 1, 1_000_000) - 1) * most
	if skip > mostSkip {
		p.fault("page", fmt.Sprintf("may leave out %d entries at most: %s", mostSkip, further))
		return most, 0
	}
	return most, skip
}

func (p *params) number(field string, otherwise, most int) int {
	text := p.Get(field)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.fault(field, fmt.Sprintf("is a number from 1 to %d", most))
		return otherwise
	}
	return n
}

// before reads a place in a list, as next wrote it.
func (p *params) before() (time.Time, complaint.Ref) {
	text := p.Get("before")
	if text == "" {
		return time.Time{}, ""
	}
	milli, id, _ := strings.Cut(text, ".")
	at, err := strconv.ParseInt(milli, 10, 64)
	ref, refErr := complaint.ParseRef(id)
	if err != nil || refErr != nil {
		p.fault("before", "is not what a Link header said")
		return time.Time{}, ""
	}
	return time.UnixMilli(at), ref
}

// next is a Link header for what comes after a request in the list.
func (p *params) next(last connectors.Listed) string {
	q := url.Values{}
	for name, values := range p.Values {
		if name != "page" && name != keyField {
			q[name] = values
		}
	}
	q.Set("before", fmt.Sprintf("%d.%s", last.ReceivedAt.UnixMilli(), last.Ref))
	return "<?" + q.Encode() + `>; rel="next"`
}
