package email

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func TestImpossibleSettingsAreNamed(t *testing.T) {
	if err := office().Validate(); err != nil {
		t.Fatalf("sound settings: %v", err)
	}
	for field, spoil := range map[string]func(*Settings){
		"address":       func(s *Settings) { s.Address = "Aduan <aduan@natuna.example>" },
		"imap.server":   func(s *Settings) { s.IMAP.Server = "imap.natuna.example" },
		"imap.security": func(s *Settings) { s.IMAP.Security = "ssl" },
		"imap.password": func(s *Settings) { s.IMAP.Password = config.Secret{} },
		"smtp.server":   func(s *Settings) { s.SMTP.Server = "smtp" },
		"smtp.security": func(s *Settings) { s.SMTP.Security = "" },
		"mailbox":       func(s *Settings) { s.Mailbox = " " },
		"move_to":       func(s *Settings) { s.MoveTo = "INBOX" },
		"mark":          func(s *Settings) { s.Mark = "delete" },
		"page":          func(s *Settings) { s.Page = 0 },
		"max_mail":      func(s *Settings) { s.MaxMail, s.MaxFile = 1000, 1000 },
		"max_file":      func(s *Settings) { s.MaxFile = s.MaxMail + 1 },
		"max_files":     func(s *Settings) { s.MaxFiles = 41 },
		"idle":          func(s *Settings) { s.Idle = -1 },
		"reply":         func(s *Settings) { s.Reply = "{{.Nama}}" },
		"map.text":      func(s *Settings) { s.Map = connectors.Mapping{"id": {From: "id"}} },
	} {
		s := office()
		spoil(s)
		var fault *config.FieldError
		if err := s.Validate(); !errors.As(err, &fault) || fault.Field != field || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestWhatSMTPLeavesOutIsIMAPs(t *testing.T) {
	s := office()
	s.IMAP.User = "aduan"
	s.SMTP.Server = "smtp.natuna.example:587"
	if got := s.sender(); got.User != "aduan" || got.Password.Reveal() != "KATASANDI" || got.Security != starttlsSecurity {
		t.Errorf("got %v", got)
	}
	s.SMTP.User, s.SMTP.Password = "pengirim", config.NewSecret("LAIN")
	if got := s.sender(); got.User != "pengirim" || got.Password.Reveal() != "LAIN" {
		t.Errorf("got %v", got)
	}
}

func TestAMailsFieldsMayBeMappedOtherwise(t *testing.T) {
	s := office()
	s.Map["place.address"] = connectors.Value{Expr: `text contains "Ranai" ? "Ranai" : ""`}
	s.Map["category"] = connectors.Value{Default: "surat"}
	page, _ := admitted(t, s, arrived([]byte(letterOf("1@x", "Pipa bocor di Ranai"))))
	if len(page.Complaints) != 1 || page.Complaints[0].Place.Address != "Ranai" || page.Complaints[0].Category != "surat" {
		t.Errorf("got %+v, %+v", page.Complaints, page.SetAside)
	}
}

func TestTheGuidesExampleLoads(t *testing.T) {
	guide, err := os.ReadFile("../../docs/email.md")
	must(t, err)
	_, rest, _ := strings.Cut(string(guide), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	secret := filepath.Join(t.TempDir(), "mail-password")
	must(t, os.WriteFile(secret, []byte("KATASANDI"), 0o600))
	example = strings.Replace(example, "/etc/satupintu/secrets/mail-password", secret, 1)
	var file struct {
		Connectors []struct {
			Kind     string
			Settings yaml.Node
		}
	}
	must(t, yaml.Unmarshal([]byte(example), &file))
	settings := defaults()
	if problems := config.Decode(&file.Connectors[0].Settings, settings, config.Place{}); len(problems) > 0 || file.Connectors[0].Kind != "email" {
		t.Errorf("kind %s: %v", file.Connectors[0].Kind, problems)
	}
	if settings.MoveTo != "Diterima" || settings.IMAP.Security != tlsSecurity || settings.Mailbox != "INBOX" {
		t.Errorf("read as %+v", settings)
	}
	_, rest, _ = strings.Cut(rest, "```text\n")
	template, _, _ := strings.Cut(rest, "```")
	if _, err := parseReply(template); err != nil || template == "" {
		t.Errorf("the template: %v", err)
	}
}
