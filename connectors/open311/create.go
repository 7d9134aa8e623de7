package open311

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// repeatCode is the attribute by which a request is known that is sent again.
const repeatCode = "fixmystreet_id"

// mostDescription is the protocol's limit, in characters.
const mostDescription = 4000

// create takes in a request.
func (e *endpoint) create(r request) (element, error) {
	f, who, err := e.posted(r)
	if err != nil {
		return element{}, err
	}
	s, err := e.service(f)
	if err != nil {
		return element{}, err
	}
	wrong := append(location(f), s.check(f)...)
	if utf8.RuneCountInString(f.Get("description")) > mostDescription {
		wrong = append(wrong, fmt.Sprintf("description may have %d characters at most", mostDescription))
	}
	if len(wrong) > 0 {
		return element{}, fail(http.StatusBadRequest, wrong...)
	}
	c, err := e.complaint(f, s, who)
	if err != nil {
		return element{}, err
	}
	ref, err := e.take(r.Context(), c, f)
	if err != nil {
		return element{}, err
	}
	fields := []element{leaf("service_request_id", string(ref))}
	switch s.Type {
	case batch:
		fields = []element{leaf("token", tokenOf(ref))}
	case blackbox:
		fields = nil
	}
	fields = append(fields, leaf("service_notice", s.Notice), leaf("account_id", f.Get("account_id")))
	return listOf("service_requests", object("request", fields...)), nil
}

// posted is the form and the name of whoever has its key.
func (e *endpoint) posted(r request) (form, string, error) {
	f, err := readForm(r.Request)
	if err != nil {
		return f, "", err
	}
	who := e.keys.bearer(f.Get(keyField))
	if who == "" {
		return f, "", fail(http.StatusForbidden, "Missing or invalid api_key")
	}
	return f, who, e.jurisdiction(f.Get("jurisdiction_id"))
}

func (e *endpoint) service(f form) (service, error) {
	code := f.Get("service_code")
	if code == "" {
		return service{}, fail(http.StatusBadRequest, "service_code required")
	}
	s, ok := e.services.find(code)
	if !ok {
		return service{}, fail(http.StatusNotFound, "service_code not found")
	}
	return s, nil
}

// take keeps a complaint with its files. Files at addresses are waited for no longer than a client waits for us.
func (e *endpoint) take(ctx context.Context, c complaint.Complaint, f form) (complaint.Ref, error) {
	waiting, cancel := context.WithTimeout(ctx, e.settings.MediaWait.D())
	defer cancel()
	if err := e.media.keep(waiting, connectors.NewPatience(connectors.PhotosTimeout), &c, f.files, f.Values["media_url"]); err != nil {
		return "", err
	}
	refs, err := e.desk.TakeIn(ctx, []complaint.Complaint{c})
	if err != nil {
		return "", err
	}
	if len(refs) != 1 {
		return "", fmt.Errorf("one complaint was taken in as %d", len(refs))
	}
	return refs[0], nil
}

// complaint makes one of a form.
func (e *endpoint) complaint(f form, s service, who string) (complaint.Complaint, error) {
	record := f.record()
	record["id"] = "request/" + rand.Text() // sent again it is another, and found by its words
	if id := strings.Join(f.attribute(repeatCode), " "); id != "" {
		record["id"] = "request/" + who + "/" + id
	}
	record["service_name"], record["group"] = s.Name, s.Group
	record["title"], record["text"] = words(f, s)
	c, err := e.mapper.Map(record)
	c.Raw = f.payload()
	c.Secret, c.Anonymous = c.Secret || s.Secret, c.Anonymous || s.Anonymous
	return c, err
}

// words are the title, where the sender gives one, and the text: what was described, then the answers to what the service
// asks. A service's name stands for a description that is missing.
func words(f form, s service) (title, text string) {
	description := f.Get("description")
	if found := titleLine.FindStringSubmatch(description); found != nil && len(found[1]) <= complaint.MaxTitle {
		title = found[1]
	}
	if description == "" {
		title, description = s.Name, s.Name
	}
	parts := []string{description}
	if answers := s.words(f); answers != "" {
		parts = append(parts, answers)
	}
	if id := f.Get("address_id"); id != "" {
		parts = append(parts, "ID alamat: "+id)
	}
	return title, strings.Join(parts, "\n\n")
}

// titleLine is how FixMyStreet begins a description.
var titleLine = regexp.MustCompile(`^title: *(\S[^\n]*)\n+detail:`)

// record is a form as a mapping sees it.
func (f form) record() map[string]any {
	record := map[string]any{"attribute": f.attributes()}
	for _, name := range []string{
		"service_code", "description", "lat", "long", "address_string", "address_id", "email", "device_id", "account_id", "first_name",
		"last_name", "phone",
	} {
		if v := f.Get(name); v != "" {
			record[name] = v
		}
	}
	if v := f.Get("deviceid"); v != "" {
		record["device_id"] = v
	}
	record["address"] = f.Get("address_string")
	withoutNowhere(record)
	record["name"] = strings.TrimSpace(f.Get("first_name") + " " + f.Get("last_name"))
	return record
}

// A token is its request's id, told apart by its beginning: it is resolved at once, because clients soon give up asking.
const (
	refBegins   = "SP-"
	tokenBegins = "T-"
)

func tokenOf(ref complaint.Ref) string {
	return tokenBegins + strings.TrimPrefix(string(ref), refBegins)
}

// token answers with the id of a request that was taken in, a secret one too: only who posted it has the token.
func (e *endpoint) token(r request, token string) (element, error) {
	digits, ok := strings.CutPrefix(token, tokenBegins)
	ref, err := complaint.ParseRef(refBegins + digits)
	if !ok || err != nil {
		return element{}, fail(http.StatusNotFound, "token not found")
	}
	change, err := e.desk.Read(r.Context(), ref)
	if err == nil && isLaterWord(change) || notFound(err) {
		return element{}, fail(http.StatusNotFound, "token not found")
	}
	if err != nil {
		return element{}, err
	}
	return listOf("service_requests", object("request", leaf("service_request_id", string(ref)), leaf("token", token))), nil
}

func isLaterWord(change connectors.StatusChange) bool {
	return strings.HasPrefix(change.SourceID, connectors.LaterWord)
}
