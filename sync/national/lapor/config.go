package lapor

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Settings say how the platform is spoken to. Its specification is shown to developer accounts only, so whatever may
// differ between accounts is a setting; the defaults are what was seen.
type Settings struct {
	BaseURL         string                   `yaml:"base_url" doc:"address below which the calls hang" required:"true"`
	Headers         map[string]config.Secret `yaml:"headers" doc:"headers of every request, names and whole values as the developer account says" required:"true"`
	Channel         int                      `yaml:"channel" doc:"the channel number of the account"`
	Marker          string                   `yaml:"marker" doc:"the text's last line; {ref} stands for our reference"`
	Lookup          string                   `yaml:"lookup" doc:"how an unknown outcome is found: none (a person), search, export (the official spreadsheet)" enum:"none,search,export"`
	Search          Search                   `yaml:"search" doc:"the account's call that finds complaints by words; with lookup: search"`
	Create          string                   `yaml:"create" doc:"path of the call that makes a complaint"`
	HandOver        string                   `yaml:"hand_over" doc:"path of the call that says whose a complaint is; {id} stands for the complaint id"`
	HandOverReason  string                   `yaml:"hand_over_reason" doc:"what that call says to the agency that gets it"`
	FollowUp        FollowUp                 `yaml:"follow_up" doc:"the call that adds to a complaint what a later one says about it"`
	DateLayout      string                   `yaml:"date_layout" doc:"how the platform writes a time, in Go's notation"`
	IncidentLayout  string                   `yaml:"incident_layout" doc:"how date_of_incident is sent, in Go's notation"`
	Classification  Classification           `yaml:"classification" doc:"classification ids; a class without one is sent without"`
	Location        string                   `yaml:"location" doc:"location id where routing names none"`
	UserID          string                   `yaml:"user_id" doc:"the platform's user under whom everything is filed; empty: a user for each reporter"`
	Reporter        Reporter                 `yaml:"reporter" doc:"stands in for a reporter nothing is known of"`
	Tags            string                   `yaml:"tags" doc:"tags_raw, such as #natuna"`
	Fields          map[string]any           `yaml:"fields" doc:"further fields of the create call, as the account wants them"`
	WritePlace      bool                     `yaml:"write_place" doc:"add the address of the matter to the text"`
	Statuses        map[string]string        `yaml:"statuses" doc:"further status names of the platform, and what each means here"`
	MaxFile         config.Size              `yaml:"max_file" doc:"larger attachments are not sent"`
	FollowupPages   int                      `yaml:"followup_pages" doc:"the most pages of follow-ups that are read"`
	InstitutionFrom string                   `yaml:"institution_from" doc:"name of the sender where a follow-up names none"`
}

// Search is the call behind lookup: search.
type Search struct {
	Path     string            `yaml:"path" doc:"below base_url"`
	Query    map[string]string `yaml:"query" doc:"{ref} stands for our reference"`
	Items    string            `yaml:"items" doc:"where the answer holds the list"`
	ID       string            `yaml:"id" doc:"where an entry holds the complaint id"`
	Text     string            `yaml:"text" doc:"where an entry holds the whole text"`
	Tracking string            `yaml:"tracking" doc:"where an entry holds the tracking id"`
	Pages    int               `yaml:"pages" doc:"the most pages that are read; more results than that cannot tell"`
}

// FollowUp is the call with which a follow-up joins an earlier complaint.
type FollowUp struct {
	Path        string            `yaml:"path" doc:"below base_url"`
	Institution string            `yaml:"institution" doc:"institution id of the sender, the account's own; empty: not sent"`
	Template    string            `yaml:"template" doc:"template code of a citizen's words; empty: not sent"`
	Fields      map[string]string `yaml:"fields" doc:"further fields of the call, as the account wants them"`
}

// Classification maps our classes to the platform's ids.
type Classification struct {
	Supervised  string `yaml:"supervised" doc:"pengaduan berkadar pengawasan"`
	Ordinary    string `yaml:"ordinary" doc:"pengaduan tidak berkadar pengawasan"`
	Aspiration  string `yaml:"aspiration" doc:"aspirasi"`
	Information string `yaml:"information" doc:"permintaan informasi"`
}

// Reporter is the new user that is sent.
type Reporter struct {
	Name  string `yaml:"name" doc:"nameUser; also for a reporter whose name alone is unknown"`
	Email string `yaml:"email" doc:"emailUser"`
	Phone string `yaml:"phone" doc:"phoneUser"`
}

const (
	refSlot = "{ref}"
	idSlot  = "{id}"
)

func defaults() config.Settings {
	return &Settings{
		Marker: "[Ref {ref}]", Lookup: "none", Create: "complaints/complaint",
		HandOver: "complaints/process/{id}/reject", HandOverReason: "Bukan kewenangan instansi kami. Mohon diteruskan kepada instansi yang berwenang.",
		FollowUp:       FollowUp{Path: "complaints/followup/add"},
		Search:         Search{Items: "results.data", ID: "id", Text: "content", Tracking: "tracking_id", Pages: 20},
		DateLayout:     "02-01-2006 15:04:05",
		IncidentLayout: time.DateOnly,
		Reporter:       Reporter{Name: "Warga"},
		MaxFile:        10 << 20,
		FollowupPages:  100,
	}
}

// faults collects what is wrong with settings.
type faults []error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, &config.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)})
}

// Validate reports every value the platform cannot be asked with.
func (s *Settings) Validate() error {
	var f faults
	s.checkBase(&f)
	s.checkHeaders(&f)
	s.checkText(&f)
	s.checkSearch(&f)
	s.checkFields(&f)
	s.checkFollowUp(&f)
	s.checkStatuses(&f)
	s.checkBounds(&f)
	return errors.Join(f...)
}

func (s *Settings) checkBase(f *faults) {
	base, err := url.Parse(s.BaseURL)
	switch {
	case s.BaseURL == "": // Decode has said so
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http":
		f.add("base_url", "is not a web address: give https://HOST/PATH")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		f.add("base_url", "may hold a host and a path only: credentials belong into headers")
	}
	if path, err := url.Parse(s.Create); err != nil || s.Create == "" || path.IsAbs() || path.Host != "" {
		f.add("create", "is not a path below base_url")
	}
	path, err := url.Parse(strings.ReplaceAll(s.HandOver, idSlot, "7"))
	if err != nil || path.IsAbs() || path.Host != "" || strings.Count(s.HandOver, idSlot) != 1 {
		f.add("hand_over", "is not a path below base_url with {id} once, such as complaints/process/{id}/reject")
	}
}

// ownHeaders are not the region's to set. Go's transport sends a POST again by itself when it carries an idempotency
// key, and the platform knows no such key.
func ownHeaders() []string {
	return []string{
		"accept", "connection", "content-encoding", "content-length", "content-type", "host", "idempotency-key",
		"transfer-encoding", "x-idempotency-key",
	}
}

func (s *Settings) checkHeaders(f *faults) {
	if len(s.Headers) == 0 {
		f.add("headers", "are missing: give those with which the developer account signs in")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		field := "headers." + name
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			f.add(field, "is not the name of a header")
		case slices.Contains(ownHeaders(), strings.ToLower(name)):
			f.add(field, "is set by the gateway itself")
		case s.Headers[name].Reveal() == "":
			f.add(field, "is empty")
		case !httpguts.ValidHeaderFieldValue(s.Headers[name].Reveal()):
			f.add(field, "holds a sign no header may hold, such as a line break")
		}
	}
}

func (s *Settings) checkText(f *faults) {
	if strings.Count(s.Marker, refSlot) != 1 || strings.ContainsAny(s.Marker, "\r\n") {
		f.add("marker", "must be one line with {ref} once, such as [Ref {ref}]")
	}
	for _, layout := range []struct{ field, value string }{{"date_layout", s.DateLayout}, {"incident_layout", s.IncidentLayout}} {
		at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
		read, err := time.Parse(layout.value, at.Format(layout.value))
		if err != nil || !read.Equal(at) {
			f.add(layout.field, "does not write a whole date: use Go's notation, such as 02-01-2006 15:04:05")
		}
	}
	if strings.TrimSpace(s.HandOverReason) == "" {
		f.add("hand_over_reason", "is missing: the agency that gets a complaint is told why")
	}
	if s.UserID == "" && s.Reporter.Name == "" {
		f.add("reporter.name", "is missing: without user_id every complaint needs a name")
	}
}

func (s *Settings) checkSearch(f *faults) {
	if !slices.Contains([]string{"none", "search", "export"}, s.Lookup) {
		f.add("lookup", "is %q: give none, search or export", s.Lookup)
	}
	if s.Lookup != "search" {
		return
	}
	for _, key := range []struct{ field, value string }{
		{"search.path", s.Search.Path}, {"search.items", s.Search.Items}, {"search.id", s.Search.ID}, {"search.text", s.Search.Text},
	} {
		if key.value == "" {
			f.add(key.field, "is missing: lookup: search needs it")
		}
	}
	if path, err := url.Parse(s.Search.Path); err != nil || path.IsAbs() || path.Host != "" || path.RawQuery != "" {
		f.add("search.path", "is not a path below base_url")
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(s.Search.Query)), func(v string) bool { return strings.Contains(v, refSlot) }) {
		f.add("search.query", "names {ref} nowhere: the search would not ask for our reference")
	}
	if s.Search.Pages < 1 {
		f.add("search.pages", "must be at least 1")
	}
}

// ownFields are what a complaint says: constants must not replace them.
func ownFields() []string {
	return []string{
		"title", "content", "user_id", "emailUser", "nameUser", "phoneUser", "is_new_user_slider", "disposition_id",
		"is_anonymous", "is_secret", "attachments", "date_of_incident",
	}
}

func (s *Settings) checkFields(f *faults) {
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		if slices.Contains(ownFields(), name) {
			f.add("fields."+name, "is said by each complaint: it cannot be the same for all")
		}
		switch value := s.Fields[name].(type) {
		case nil, bool, string, int, int64, uint64:
		case float64:
			if math.IsNaN(value) || math.IsInf(value, 0) {
				f.add("fields."+name, "is no number that can be sent")
			}
		default:
			f.add("fields."+name, "is not a text, a number, true, false or null")
		}
	}
}

// ownFollowUpFields are what each follow-up says.
func ownFollowUpFields() []string {
	return []string{"complaint_id", "content", "institution_from_id", "institution_to_id", "is_secret", "template_code", "user_id"}
}

func (s *Settings) checkFollowUp(f *faults) {
	if path, err := url.Parse(s.FollowUp.Path); err != nil || s.FollowUp.Path == "" || path.IsAbs() || path.Host != "" {
		f.add("follow_up.path", "is not a path below base_url")
	}
	for _, name := range slices.Sorted(maps.Keys(s.FollowUp.Fields)) {
		if slices.Contains(ownFollowUpFields(), name) || strings.HasPrefix(name, "attachment") {
			f.add("follow_up.fields."+name, "is said by each follow-up: it cannot be the same for all")
		}
	}
}

func (s *Settings) checkStatuses(f *faults) {
	for _, raw := range slices.Sorted(maps.Keys(s.Statuses)) {
		status := complaint.Status(s.Statuses[raw])
		if status == complaint.Received || !slices.Contains(complaint.Statuses(), status) {
			f.add("statuses."+raw, "is %q: give one of %s", status, statusNames())
		}
	}
}

func statusNames() string {
	var names []string
	for _, status := range complaint.Statuses() {
		if status != complaint.Received {
			names = append(names, string(status))
		}
	}
	return strings.Join(names, ", ")
}

func (s *Settings) checkBounds(f *faults) {
	if s.Channel < 0 {
		f.add("channel", "is %d: give the number of the account's channel", s.Channel)
	}
	if s.MaxFile < 1 || s.MaxFile > 100<<20 {
		f.add("max_file", "must be between 1 and %d bytes", 100<<20)
	}
	if s.FollowupPages < 1 || s.FollowupPages > 1000 {
		f.add("followup_pages", "is %s: give 1 to 1000", strconv.Itoa(s.FollowupPages))
	}
}
