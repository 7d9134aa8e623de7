package telegram

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

func TestImpossibleSettingsAreNamedAndNoSecretIs(t *testing.T) {
	sound := func() *Settings {
		s := defaults()
		s.Token = config.NewSecret(token)
		return s
	}
	if err := sound().Validate(); err != nil {
		t.Fatalf("sound settings: %v", err)
	}
	for name, c := range map[string]struct {
		field string
		spoil func(*Settings)
	}{
		"no token":            {"token", func(s *Settings) { s.Token = config.Secret{} }},
		"half a token":        {"token", func(s *Settings) { s.Token = config.NewSecret("RAHASIA") }},
		"a token and a space": {"token", func(s *Settings) { s.Token = config.NewSecret(token + " RAHASIA") }},
		"a secret of signs":   {"secret", func(s *Settings) { s.Secret = config.NewSecret("RAHASIA!") }},
		"an empty secret":     {"secret", func(s *Settings) { s.Secret = config.NewSecret("") }},
		"no silence":          {"join_within", func(s *Settings) { s.JoinWithin = 0 }},
		"a silence of days":   {"join_within", func(s *Settings) { s.JoinWithin = config.Duration(25 * time.Hour) }},
		"too long a wait":     {"wait", func(s *Settings) { s.Wait = config.Duration(51 * time.Second) }},
		"a wait before now":   {"wait", func(s *Settings) { s.Wait = -1 }},
		"no page":             {"page", func(s *Settings) { s.Page = 0 }},
		"too long a page":     {"page", func(s *Settings) { s.Page = 101 }},
		"no file":             {"max_file", func(s *Settings) { s.MaxFile = 0 }},
		"too large a file":    {"max_file", func(s *Settings) { s.MaxFile = 20<<20 + 1 }},
		"a person as a group": {"groups[1]", func(s *Settings) { s.Groups = []string{"-1001234500044", "812700044"} }},
		"a group by its name": {"groups[0]", func(s *Settings) { s.Groups = []string{"@rt02ranai"} }},
		"no server":           {"base_url", func(s *Settings) { s.BaseURL = "" }},
		"a server of no kind": {"base_url", func(s *Settings) { s.BaseURL = "api.telegram.org" }},
		"a server and a key":  {"base_url", func(s *Settings) { s.BaseURL = "https://a:RAHASIA@api.telegram.org" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := sound()
			c.spoil(s)
			var fault *config.FieldError
			err := s.Validate()
			if !errors.As(err, &fault) || fault.Field != c.field || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "RAHASIA") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheSecretDecidesTheWay(t *testing.T) {
	s := defaults()
	s.Token = config.NewSecret(token)
	for _, hooked := range []bool{false, true} {
		if hooked {
			s.Secret = config.NewSecret(secret)
		}
		c, err := open(connectors.Env{}, s)
		if err != nil || (c.Poll == nil) != hooked || (c.Receive == nil) == hooked || c.Say == nil || c.Fetch == nil || c.WriteStatus != nil || c.JoinWithin != 10*time.Minute {
			t.Errorf("with a secret %v: %+v, %v", hooked, c, err)
		}
	}
}

func TestTheGuidesExamplesLoad(t *testing.T) {
	guide, err := os.ReadFile("../../docs/telegram.md")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string]string{"telegram-token": token, "telegram-webhook": secret} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	examples := strings.Split(string(guide), "```yaml\n")[1:]
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		example = strings.ReplaceAll(example, "/etc/satupintu/secrets", folder)
		var file struct {
			Connectors []struct {
				Kind     string
				Settings yaml.Node
			}
		}
		if err := yaml.Unmarshal([]byte(example), &file); err != nil || len(file.Connectors) != 1 {
			t.Fatalf("%v in\n%s", err, example)
		}
		problems := config.Decode(&file.Connectors[0].Settings, defaults(), config.Place{})
		if len(problems) > 0 || file.Connectors[0].Kind != "telegram" {
			t.Errorf("kind %s: %v", file.Connectors[0].Kind, problems)
		}
	}
	if len(examples) != 2 {
		t.Errorf("the guide has %d examples, want polling and webhook", len(examples))
	}
}
