package sms

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

const (
	zoneFault   = "is no time zone; write it as Asia/Jakarta"
	leastSecret = 16 // characters
)

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
	full.checkReceive(&wrong)
	full.checkSend(&wrong)
	return errors.Join(wrong...)
}

func (s *Settings) checkReceive(wrong *faults) {
	secret := s.Secret.Reveal()
	wrong.when(s.Secret.Set() && len(secret) < leastSecret, "secret", fmt.Sprintf("is shorter than %d characters: nothing else keeps strangers out", leastSecret))
	wrong.when(s.SecretIn == inPath && secret != url.PathEscape(secret), "secret", "holds characters that an address does not carry; use letters and digits")
	wrong.when(s.SecretIn != inPath && s.SecretName == "", "secret_name", "is missing: name the "+s.SecretIn)
	wrong.when(s.Fields.Sender == "", "fields.sender", "is missing: without a number nobody is answered")
	wrong.when(s.Fields.Text == "", "fields.text", "is missing: name the parameter with the words")
	_, err := s.zone(time.UTC)
	wrong.when(err != nil, "zone", zoneFault)
	wrong.when(s.JoinWithin <= 0, "join_within", "must be longer than nothing")
	wrong.when(s.Told.Type == "", "told.type", "is blank")
	wrong.when(s.Media.MaxSize < 1 || s.Media.MaxSize > 32<<20, "media.max_size", "is not between 1 byte and 32MiB")
	for i, host := range s.Media.Hosts {
		wrong.when(host == "" || strings.ContainsAny(host, "/:@ "), fmt.Sprintf("media.hosts[%d]", i), "is no host such as berkas.natuna.example")
	}
}

func (s *Settings) checkSend(wrong *faults) {
	send := s.Send
	wrong.when(send.Parts < 0 || send.Parts > connectors.MostSMSParts, "send.parts", fmt.Sprintf("is not between 0 and %d", connectors.MostSMSParts))
	wrong.when(send.Timeout <= 0, "send.timeout", "must be longer than nothing")
	if send.URL == "" {
		wrong.when(true, "send.url", "is missing: the address of the gateway that sends, since who complains is answered")
		return
	}
	at, err := url.Parse(send.URL)
	wrong.when(err != nil || at.Host == "" || at.User != nil || !slices.Contains([]string{"http", "https"}, at.Scheme),
		"send.url", "is no address such as http://127.0.0.1:13013/cgi-bin/sendsms, without name and password")
	wrong.when(send.JSON != "" && len(send.Form) > 0, "send.form", "is given beside json; keep one")
	wrong.when(send.Method == "GET" && (send.JSON != "" || len(send.Form) > 0), "send.method", "GET carries no body")
	wrong.when(send.Secret.Value.Set() && send.Secret.Name == "", "send.secret.name", "is missing: name the header or the parameter that carries it")
	_, err = send.compile()
	wrong.when(err != nil, "send", fmt.Sprint(err))
	said := fmt.Sprint(send.Query, send.Form, send.JSON)
	for _, place := range []string{"{to}", "{text}"} {
		wrong.when(!strings.Contains(said, place), "send", "lacks "+place+": say where it goes, in query, form or json")
	}
}
