package rest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

const zoneFault = "is no time zone; write it as Asia/Jakarta"

// faults collects what is wrong with the settings.
type faults []error

func (f *faults) when(bad bool, field, reason string) {
	if bad {
		*f = append(*f, &config.FieldError{Field: field, Reason: reason})
	}
}

// Validate reports impossible values. It looks at the settings as the preset completes them.
func (s *Settings) Validate() error {
	var wrong faults
	full := s.whole()
	full.checkServer(&wrong)
	full.checkAuth(&wrong)
	full.checkPaging(&wrong)
	full.checkSince(&wrong)
	full.checkPhotos(&wrong)
	full.checkCalls(&wrong)
	return errors.Join(append(wrong, full.Map.Validate())...)
}

func (s *Settings) checkServer(wrong *faults) {
	wrong.when(!isAddress(s.URL), "url", "is no address such as https://aduan.natuna.example/api/laporan, without name, password and # part")
	wrong.when(s.Timeout <= 0, "timeout", "must be longer than nothing")
	_, err := connectors.NewCondition(s.Where, time.UTC)
	wrong.when(err != nil, "where", fmt.Sprint(err))
	wrong.when(s.Message != "" && strings.TrimSpace(s.Message) == "", "message", "is blank")
}

// isAddress never quotes the address, which may hold a secret.
func isAddress(text string) bool {
	at, err := url.Parse(text)
	return err == nil && (at.Scheme == "https" || at.Scheme == "http") && at.Hostname() != "" && at.User == nil && at.Fragment == ""
}

func (s *Settings) checkAuth(wrong *faults) {
	a, given := s.Auth, 0
	for _, one := range []bool{a.Bearer.Set(), a.Basic.User != "", a.Key.Value.Set(), a.OAuth2.TokenURL != ""} {
		if one {
			given++
		}
	}
	wrong.when(given > 1, "auth", "holds several ways to sign in; keep one of bearer, basic, key and oauth2")
	wrong.when(a.Basic.User == "" && a.Basic.Password.Set(), "auth.basic.user", "is missing")
	wrong.when(a.Key.Value.Set() && a.Key.Name == "", "auth.key.name", "is missing: name the header or the parameter that carries the key")
	o := a.OAuth2
	wrong.when(o.TokenURL != "" && !isAddress(o.TokenURL), "auth.oauth2.token_url", "is no address such as https://masuk.natuna.example/token")
	wrong.when(o.TokenURL != "" && (o.ClientID == "" || !o.ClientSecret.Set()), "auth.oauth2", "lacks client_id or client_secret")
	wrong.when(o.TokenURL == "" && (o.ClientID != "" || o.ClientSecret.Set()), "auth.oauth2.token_url", "is missing")
}

func (s *Settings) checkPaging(wrong *faults) {
	p := s.Paging
	byParam := slices.Contains([]string{byPage, byOffset, byCursor}, p.Style)
	wrong.when(byParam && p.Param == "", "paging.param", "is missing: name the parameter that carries the "+p.Style)
	wrong.when((p.Style == byCursor || p.Style == byNext) && p.Next == "", "paging.next", "is missing: say where an answer holds what leads on")
	wrong.when(p.Style == byGrowing && p.Limit == "", "paging.limit", "is missing: name the parameter that asks for so many items")
	wrong.when(p.Size < 1 || p.Size > mostItems, "paging.size", fmt.Sprintf("is not between 1 and %d", mostItems))
	wrong.when(p.Most < 1 || p.Most > mostPages, "paging.most", fmt.Sprintf("is not between 1 and %d", mostPages))
	wrong.when(p.First < 0, "paging.first", "is below 0")
	wrong.when((s.Empty.Field == "") != (s.Empty.Is == ""), "empty", "needs both field and is")
}

func (s *Settings) checkSince(wrong *faults) {
	c := s.Since
	wrong.when(c.Param != "" && c.Field == "", "since.field", "is missing: without it nobody can see whether the server gives what it is asked for")
	wrong.when(c.Within != "" && strings.Count(c.Within, sinceValue) != 1, "since.within", "must hold {since} once")
	wrong.when(c.Overlap < 0, "since.overlap", "is below nothing")
	wrong.when(c.Behind < 1, "since.behind", "must be at least 1: what was seen last must come again, or nobody can see that the server does as it is asked")
	wrong.when(!isFormat(c.Format), "since.format", "is none of rfc3339, unix, unix_ms, date, number, and no layout of Go such as 2006-01-02 15:04:05")
	_, err := s.zone(time.UTC)
	wrong.when(err != nil, "since.zone", zoneFault)
}

// isFormat says whether a format is known, or a layout that tells days apart.
func isFormat(format string) bool {
	if slices.Contains([]string{rfc3339Format, unixFormat, unixMSFormat, dateFormat, numberFormat}, format) {
		return true
	}
	day := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	return day.Format(format) != day.AddDate(0, 0, 1).Format(format) && day.Format(format) != day.AddDate(1, 0, 0).Format(format)
}

func (s *Settings) checkPhotos(wrong *faults) {
	p := s.Photos
	wrong.when(p.MaxSize < 1 || p.MaxSize > 32<<20, "photos.max_size", "is not between 1 byte and 32MiB")
	wrong.when(p.Most < 1 || p.Most > complaint.MaxAttachments, "photos.most", fmt.Sprintf("is not between 1 and %d", complaint.MaxAttachments))
	for i, host := range p.Hosts {
		wrong.when(host == "" || strings.ContainsAny(host, "/:@ "), fmt.Sprintf("photos.hosts[%d]", i), "is no host such as foto.natuna.example")
	}
}

func (s *Settings) checkCalls(wrong *faults) {
	for status, one := range s.WriteBack {
		field := "write_back." + status
		wrong.when(status != anyStatus && !slices.Contains(complaint.Statuses(), complaint.Status(status)), field, "is no status; "+statusWords())
		_, err := newCall(one)
		wrong.when(err != nil, field, fmt.Sprint(err))
		wrong.when(one.Path != "" && !strings.HasPrefix(one.Path, "/"), field+".path", "must begin with /")
		wrong.when(strings.ContainsAny(one.Path, "?#"), field+".path", "holds ? or #; parameters go into query")
		wrong.when(one.JSON != "" && len(one.Form) > 0, field+".form", "is given beside json; keep one")
		wrong.when(one.Method == "GET" && (one.JSON != "" || len(one.Form) > 0), field+".method", "GET carries no body")
		wrong.when((one.Good.Field == "") != (one.Good.Is == ""), field+".good", "needs both field and is")
	}
}

func statusWords() string {
	var words []string
	for _, status := range complaint.Statuses() {
		words = append(words, string(status))
	}
	return "the statuses are " + strings.Join(words, ", ") + "; any stands for the others"
}
