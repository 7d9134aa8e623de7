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

// Validate reports impossible values. It looks at the settings as the preset completes them.
func (s *Settings) Validate() error {
	var wrong config.Faults
	full := s.whole()
	full.checkReceive(&wrong)
	full.checkSend(&wrong)
	return errors.Join(wrong...)
}

func (s *Settings) checkReceive(wrong *config.Faults) {
	secret := s.Secret.Reveal()
	wrong.When(s.Secret.Set() && len(secret) < leastSecret, "secret", fmt.Sprintf("is shorter than %d characters: nothing else keeps strangers out", leastSecret))
	wrong.When(s.SecretIn == inPath && secret != url.PathEscape(secret), "secret", "holds characters that an address does not carry; use letters and digits")
	wrong.When(s.SecretIn != inPath && s.SecretName == "", "secret_name", "is missing: name the "+s.SecretIn)
	wrong.When(s.Fields.Sender == "", "fields.sender", "is missing: without a number nobody is answered")
	wrong.When(s.Fields.Text == "", "fields.text", "is missing: name the parameter with the words")
	_, err := s.zone(time.UTC)
	wrong.When(err != nil, "zone", zoneFault)
	wrong.When(s.JoinWithin <= 0, "join_within", "must be longer than nothing")
	wrong.When(s.Told.Type == "", "told.type", "is blank")
	wrong.When(s.Media.MaxSize < 1 || s.Media.MaxSize > 32<<20, "media.max_size", "is not between 1 byte and 32MiB")
	for i, host := range s.Media.Hosts {
		wrong.When(host == "" || strings.ContainsAny(host, "/:@ "), fmt.Sprintf("media.hosts[%d]", i), "is no host such as berkas.natuna.example")
	}
}

func (s *Settings) checkSend(wrong *config.Faults) {
	send := s.Send
	wrong.When(send.Parts < 0 || send.Parts > connectors.MostSMSParts, "send.parts", fmt.Sprintf("is not between 0 and %d", connectors.MostSMSParts))
	wrong.When(send.Timeout <= 0, "send.timeout", "must be longer than nothing")
	if send.URL == "" {
		wrong.When(true, "send.url", "is missing: the address of the gateway that sends, since who complains is answered")
		return
	}
	at, err := url.Parse(send.URL)
	wrong.When(err != nil || at.Host == "" || at.User != nil || !slices.Contains([]string{"http", "https"}, at.Scheme),
		"send.url", "is no address such as http://127.0.0.1:13013/cgi-bin/sendsms, without name and password")
	wrong.When(send.JSON != "" && len(send.Form) > 0, "send.form", "is given beside json; keep one")
	wrong.When(send.Method == "GET" && (send.JSON != "" || len(send.Form) > 0), "send.method", "GET carries no body")
	wrong.When(send.Secret.Value.Set() && send.Secret.Name == "", "send.secret.name", "is missing: name the header or the parameter that carries it")
	_, err = send.compile()
	wrong.When(err != nil, "send", fmt.Sprint(err))
	said := fmt.Sprint(send.Query, send.Form, send.JSON)
	for _, place := range []string{"{to}", "{text}"} {
		wrong.When(!strings.Contains(said, place), "send", "lacks "+place+": say where it goes, in query, form or json")
	}
}
