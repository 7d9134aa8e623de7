// Package webhook takes complaints that a channel posts to us: JSON, a form, or a form with files, signed with HMAC or
// sent with a bearer token. It tells the channel what became of them by posting statuses to its callback.
package webhook

import (
	"errors"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings configure one webhook.
type Settings struct {
	Secret    config.Secret      `yaml:"secret" doc:"key of the HMAC-SHA256 that signs each request; or bearer"`
	Bearer    config.Secret      `yaml:"bearer" doc:"token each request carries as Authorization: Bearer; or secret"`
	Tolerance config.Duration    `yaml:"tolerance" doc:"how far a signed request's X-Timestamp may lie from our clock"`
	Rate      config.Rate        `yaml:"rate" doc:"the most requests taken; more are refused with 429"`
	Callback  string             `yaml:"callback" doc:"address that statuses are posted to, signed the same way; without one, none are"`
	Items     string             `yaml:"items" doc:"dotted path to the list of complaints in a JSON body; without one, the body is a complaint or a list"`
	Map       connectors.Mapping `yaml:"map" doc:"where a complaint's fields come from" required:"true"`
}

// Definition declares the kind webhook.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:    "webhook",
		Summary: "Complaints that a channel posts to us as JSON or a form, with files or without; statuses are posted back.",
		Defaults: func() config.Settings {
			return &Settings{Rate: 50, Tolerance: config.Duration(5 * time.Minute)}
		},
		Open: open,
	}
}

// Validate implements config.Settings.
func (s *Settings) Validate() error {
	errs := s.credentials().Faults("")
	wrong := func(field, reason string) {
		errs = append(errs, &config.FieldError{Field: field, Reason: reason})
	}
	if s.Callback != "" {
		if reason := connectors.BadAddress(s.Callback); reason != "" {
			wrong("callback", reason)
		}
	}
	return errors.Join(append(errs, s.Map.Validate())...)
}

func (s *Settings) credentials() connectors.Credentials {
	return connectors.Credentials{Secret: s.Secret, Bearer: s.Bearer, Tolerance: s.Tolerance.D()}
}
