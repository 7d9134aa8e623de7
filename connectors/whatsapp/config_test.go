package whatsapp

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func TestImpossibleSettingsAreNamed(t *testing.T) {
	if err := office().Validate(); err != nil {
		t.Fatalf("sound settings: %v", err)
	}
	for name, c := range map[string]struct {
		field string
		spoil func(*Settings)
	}{
		"the number for its id":     {"phone_number_id", func(s *Settings) { s.PhoneNumberID = "+62 812 7000 4411" }},
		"no id":                     {"phone_number_id", func(s *Settings) { s.PhoneNumberID = "" }},
		"no app secret":             {"app_secret", func(s *Settings) { s.AppSecret = config.Secret{} }},
		"a blank app secret":        {"app_secret", func(s *Settings) { s.AppSecret = config.NewSecret(" ") }},
		"no token":                  {"token", func(s *Settings) { s.Token = config.Secret{} }},
		"no verify token":           {"verify_token", func(s *Settings) { s.VerifyToken = config.NewSecret("") }},
		"a verify token of pages":   {"verify_token", func(s *Settings) { s.VerifyToken = config.NewSecret(strings.Repeat("x", 1001)) }},
		"no time to join":           {"join_within", func(s *Settings) { s.JoinWithin = 0 }},
		"two days to join":          {"join_within", func(s *Settings) { s.JoinWithin = config.Duration(48 * time.Hour) }},
		"a template's title":        {"template.name", func(s *Settings) { s.Template.Name = "Status Laporan" }},
		"a language in words":       {"template.language", func(s *Settings) { s.Template.Language = "Indonesia" }},
		"no file":                   {"max_file", func(s *Settings) { s.MaxFile = 0 }},
		"files beyond WhatsApp's":   {"max_file", func(s *Settings) { s.MaxFile = 101 << 20 }},
		"a version without v":       {"version", func(s *Settings) { s.Version = "25.0" }},
		"no address":                {"base_url", func(s *Settings) { s.BaseURL = "graph.facebook.com" }},
		"an address and a query":    {"base_url", func(s *Settings) { s.BaseURL = "https://graph.facebook.com?x=1" }},
		"an address that ends in /": {"base_url", func(s *Settings) { s.BaseURL += "/" }},
		"a host with a path":        {"media_hosts", func(s *Settings) { s.MediaHosts = []string{"lookaside.fbsbx.com/x"} }},
		"every host":                {"media_hosts", func(s *Settings) { s.MediaHosts = []string{"*"} }},
	} {
		s := office()
		c.spoil(s)
		var fault *config.FieldError
		if err := s.Validate(); !errors.As(err, &fault) || fault.Field != c.field || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheGuidesExampleLoads(t *testing.T) {
	guide, err := os.ReadFile("../../docs/whatsapp.md")
	must(t, err)
	_, rest, _ := strings.Cut(string(guide), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	secrets := t.TempDir()
	for _, name := range []string{"wa-app-secret", "wa-token", "wa-verify-token"} {
		must(t, os.WriteFile(filepath.Join(secrets, name), []byte(name), 0o600))
	}
	example = strings.ReplaceAll(example, "/etc/satupintu/secrets", secrets)
	var file struct {
		Connectors []struct {
			Kind     string
			Settings yaml.Node
		}
	}
	must(t, yaml.Unmarshal([]byte(example), &file))
	settings := defaults()
	if problems := config.Decode(&file.Connectors[0].Settings, settings, config.Place{}); len(problems) > 0 || file.Connectors[0].Kind != "whatsapp" {
		t.Errorf("kind %s: %v", file.Connectors[0].Kind, problems)
	}
	if settings.Template.Name != "status_laporan" || settings.Token.Reveal() != "wa-token" || settings.BaseURL != "https://graph.facebook.com" || settings.MaxFile != 16<<20 {
		t.Errorf("read as %+v", settings)
	}
}

// The page of operators says what happens at each code that is given up or waited on.
func TestTheGuideKnowsTheCodes(t *testing.T) {
	guide := readFile(t, "../../docs/whatsapp.md")
	for _, code := range []string{"190", "131031", "131042", "133010", "131056", "130429", "80007", "131048", "131047", "131026", "131049"} {
		if !strings.Contains(guide, code) {
			t.Errorf("code %s is not in the guide", code)
		}
	}
}

func TestOtherSettingsAreNotOpened(t *testing.T) {
	if _, err := Definition().Open(connectors.Env{}, nil); err == nil {
		t.Error("no settings are opened")
	}
}

func TestAConversationIsJoinedWithinTheSettingsTime(t *testing.T) {
	s := office()
	s.JoinWithin = config.Duration(3 * time.Minute)
	c, err := Definition().Open(connectors.Env{}, s)
	if err != nil || c.JoinWithin != 3*time.Minute || c.WriteStatus != nil {
		t.Errorf("got %+v, %v", c, err)
	}
}
