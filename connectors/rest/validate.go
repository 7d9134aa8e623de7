package rest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

const zoneFault = "is no time zone; write it as Asia/Jakarta"

// Validate reports impossible values. It looks at the settings as the preset completes them.
func (s *Settings) Validate() error {
	var wrong config.Faults
	full := s.whole()
	full.checkServer(&wrong)
	full.checkAuth(&wrong)
	full.checkPaging(&wrong)
	full.checkSince(&wrong)
	full.checkPhotos(&wrong)
	full.checkCalls(&wrong)
	return errors.Join(append(wrong, full.Map.Validate())...)
}

func (s *Settings) checkServer(wrong *config.Faults) {
	wrong.When(connectors.BadAddress(s.URL) != "", "url", "is no address such as https://aduan.natuna.example/api/laporan, without name, password and # part")
	wrong.When(s.Timeout <= 0, "timeout", "must be longer than nothing")
	_, err := connectors.NewCondition(s.Where, time.UTC)
	wrong.When(err != nil, "where", fmt.Sprint(err))
	wrong.When(s.Message != "" && strings.TrimSpace(s.Message) == "", "message", "is blank")
}

func (s *Settings) checkAuth(wrong *config.Faults) {
	a, given := s.Auth, 0
	for _, one := range []bool{a.Bearer.Set(), a.Basic.User != "", a.Key.Value.Set(), a.OAuth2.TokenURL != ""} {
		if one {
			given++
		}
	}
	wrong.When(given > 1, "auth", "holds several ways to sign in; keep one of bearer, basic, key and oauth2")
	wrong.When(a.Basic.User == "" && a.Basic.Password.Set(), "auth.basic.user", "is missing")
	wrong.When(a.Key.Value.Set() && a.Key.Name == "", "auth.key.name", "is missing: name the header or the parameter that carries the key")
	o := a.OAuth2
	wrong.When(o.TokenURL != "" && connectors.BadAddress(o.TokenURL) != "", "auth.oauth2.token_url", "is no address such as https://masuk.natuna.example/token")
	wrong.When(o.TokenURL != "" && (o.ClientID == "" || !o.ClientSecret.Set()), "auth.oauth2", "lacks client_id or client_secret")
	wrong.When(o.TokenURL == "" && (o.ClientID != "" || o.ClientSecret.Set()), "auth.oauth2.token_url", "is missing")
}

func (s *Settings) checkPaging(wrong *config.Faults) {
	p := s.Paging
	byParam := slices.Contains([]string{byPage, byOffset, byCursor}, p.Style)
	wrong.When(byParam && p.Param == "", "paging.param", "is missing: name the parameter that carries the "+p.Style)
	wrong.When((p.Style == byCursor || p.Style == byNext) && p.Next == "", "paging.next", "is missing: say where an answer holds what leads on")
	wrong.When(p.Style == byGrowing && p.Limit == "", "paging.limit", "is missing: name the parameter that asks for so many items")
	wrong.When(p.Size < 1 || p.Size > mostItems, "paging.size", fmt.Sprintf("is not between 1 and %d", mostItems))
	wrong.When(p.Most < 1 || p.Most > mostPages, "paging.most", fmt.Sprintf("is not between 1 and %d", mostPages))
	wrong.When(p.First < 0, "paging.first", "is below 0")
	wrong.When((s.Empty.Field == "") != (s.Empty.Is == ""), "empty", "needs both field and is")
}

func (s *Settings) checkSince(wrong *config.Faults) {
	c := s.Since
	wrong.When(c.Param != "" && c.Field == "", "since.field", "is missing: without it nobody can see whether the server gives what it is asked for")
	wrong.When(c.Within != "" && strings.Count(c.Within, sinceValue) != 1, "since.within", "must hold {since} once")
	wrong.When(c.Overlap < 0, "since.overlap", "is below nothing")
	wrong.When(c.Behind < 1, "since.behind", "must be at least 1: what was seen last must come again, or nobody can see that the server does as it is asked")
	wrong.When(!isFormat(c.Format), "since.format", "is none of rfc3339, unix, unix_ms, date, number, and no layout of Go such as 2006-01-02 15:04:05")
	_, err := s.zone(time.UTC)
	wrong.When(err != nil, "since.zone", zoneFault)
}

// isFormat says whether a format is known, or a layout that tells days apart.
func isFormat(format string) bool {
	if slices.Contains([]string{rfc3339Format, unixFormat, unixMSFormat, dateFormat, numberFormat}, format) {
		return true
	}
	day := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	return day.Format(format) != day.AddDate(0, 0, 1).Format(format) && day.Format(format) != day.AddDate(1, 0, 0).Format(format)
}

func (s *Settings) checkPhotos(wrong *config.Faults) {
	p := s.Photos
	wrong.When(p.MaxSize < 1 || p.MaxSize > 32<<20, "photos.max_size", "is not between 1 byte and 32MiB")
	wrong.When(p.Most < 1 || p.Most > complaint.MaxAttachments, "photos.most", fmt.Sprintf("is not between 1 and %d", complaint.MaxAttachments))
	for i, host := range p.Hosts {
		wrong.When(host == "" || strings.ContainsAny(host, "/:@ "), fmt.Sprintf("photos.hosts[%d]", i), "is no host such as foto.natuna.example")
	}
}

func (s *Settings) checkCalls(wrong *config.Faults) {
	wrong.When(s.SMSParts < 1 || s.SMSParts > connectors.MostSMSParts, "sms_parts", fmt.Sprintf("is not between 1 and %d", connectors.MostSMSParts))
	for status, one := range s.WriteBack {
		field := "write_back." + status
		wrong.When(status != anyStatus && !slices.Contains(complaint.Statuses(), complaint.Status(status)), field, "is no status; "+statusWords())
		_, err := newCall(one)
		wrong.When(err != nil, field, fmt.Sprint(err))
		wrong.When(one.Path != "" && !strings.HasPrefix(one.Path, "/"), field+".path", "must begin with /")
		wrong.When(strings.ContainsAny(one.Path, "?#"), field+".path", "holds ? or #; parameters go into query")
		wrong.When(one.JSON != "" && len(one.Form) > 0, field+".form", "is given beside json; keep one")
		wrong.When(one.Method == "GET" && (one.JSON != "" || len(one.Form) > 0), field+".method", "GET carries no body")
		wrong.When((one.Good.Field == "") != (one.Good.Is == ""), field+".good", "needs both field and is")
	}
}

func statusWords() string {
	var words []string
	for _, status := range complaint.Statuses() {
		words = append(words, string(status))
	}
	return "the statuses are " + strings.Join(words, ", ") + "; any stands for the others"
}
