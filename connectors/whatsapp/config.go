package whatsapp

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings configure one WhatsApp number.
type Settings struct {
	PhoneNumberID string          `yaml:"phone_number_id" doc:"the number's id as Meta shows it under API Setup; not the number itself" required:"true"`
	AppSecret     config.Secret   `yaml:"app_secret" doc:"the app's secret, which signs every webhook"`
	Token         config.Secret   `yaml:"token" doc:"access token of a system user, without expiry: answers are sent and files are fetched with it"`
	VerifyToken   config.Secret   `yaml:"verify_token" doc:"a word of your own, typed into Meta's form for the webhook as well"`
	JoinWithin    config.Duration `yaml:"join_within" doc:"how long a person must be silent until what they said becomes a complaint"`
	Template      Template        `yaml:"template" doc:"what is said once 24 hours have passed since the person wrote"`
	MaxFile       config.Size     `yaml:"max_file" doc:"the largest file that is kept"`
	Version       string          `yaml:"version" doc:"version of the Graph API"`
	BaseURL       string          `yaml:"base_url" doc:"address of the Graph API"`
	MediaHosts    []string        `yaml:"media_hosts" doc:"hosts that files are fetched from; the token goes to no other"`
}

// Template is an approved message template, the only thing that may be said to a person who last wrote more than 24 hours
// ago. Its body has two variables: {{1}} is our reference, {{2}} the status in words.
type Template struct {
	Name     string `yaml:"name" doc:"name of an approved template whose body has {{1}}, our reference, and {{2}}, the status in words; without one, later statuses are not told"`
	Language string `yaml:"language" doc:"the template's language"`
}

const (
	mostFile   = 100 << 20 // WhatsApp carries no larger one
	mostJoin   = 24 * time.Hour
	mostSecret = 1000 // characters of verify_token
)

// Definition declares the kind whatsapp.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "whatsapp",
		Summary:  "Messages to a WhatsApp number, by Meta's Cloud API; answers and statuses are messages to the sender.",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

func defaults() *Settings {
	return &Settings{
		JoinWithin: config.Duration(10 * time.Minute), Template: Template{Language: "id"}, MaxFile: 16 << 20,
		Version: "v25.0", BaseURL: "https://graph.facebook.com", MediaHosts: []string{"lookaside.fbsbx.com"},
	}
}

var (
	digits       = regexp.MustCompile(`^[0-9]{1,32}$`)
	versionForm  = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)
	templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2})?$`)
	hostForm     = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// Validate reports impossible values.
func (s *Settings) Validate() error {
	var wrong config.Faults
	wrong.When(!digits.MatchString(s.PhoneNumberID), "phone_number_id", "is not the number's id, which has digits only")
	for field, secret := range map[string]config.Secret{"app_secret": s.AppSecret, "token": s.Token, "verify_token": s.VerifyToken} {
		wrong.When(strings.TrimSpace(secret.Reveal()) == "", field, "is missing or empty")
	}
	wrong.When(len(s.VerifyToken.Reveal()) > mostSecret, "verify_token", "is longer than 1000 characters")
	wrong.When(s.JoinWithin <= 0 || s.JoinWithin.D() > mostJoin, "join_within", "is not between 1s and 24h")
	wrong.When(s.Template.Name != "" && !templateName.MatchString(s.Template.Name), "template.name", "is no template's name: those have a-z, 0-9 and _")
	wrong.When(!languageForm.MatchString(s.Template.Language), "template.language", "is no language such as id or en_US")
	wrong.When(s.MaxFile < 1 || s.MaxFile > mostFile, "max_file", "is not between 1 byte and 100MiB")
	wrong.When(!versionForm.MatchString(s.Version), "version", "is no version such as v25.0")
	wrong.When(connectors.BadAddress(s.BaseURL) != "" || strings.Contains(s.BaseURL, "?") || strings.HasSuffix(s.BaseURL, "/"),
		"base_url", "is not an address such as https://graph.facebook.com")
	wrong.When(slices.ContainsFunc(s.MediaHosts, func(h string) bool { return !hostForm.MatchString(h) }), "media_hosts", "are not names of hosts such as lookaside.fbsbx.com")
	return errors.Join(wrong...)
}
