package open311_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
)

func TestSettingsThatCannotBeAreNamed(t *testing.T) {
	for says, edit := range map[string]func(*open311.Settings){
		"url: is missing":                   func(s *open311.Settings) { s.URL = "" },
		"url: must begin with https://":     func(s *open311.Settings) { s.URL = "ftp://kota.example" },
		"url: must not carry a name":        func(s *open311.Settings) { s.URL = "https://u:rahasia@kota.example/" },
		"url: must end with its path":       func(s *open311.Settings) { s.URL = "https://kota.example/?x=1" },
		"api_key: is missing":               func(s *open311.Settings) { s.APIKey = config.Secret{} },
		"window: must be from 1m to 90d":    func(s *open311.Settings) { s.Window = config.Duration(91 * 24 * time.Hour) },
		"overlap: must be from 1m to 45d":   func(s *open311.Settings) { s.Overlap = 0 },
		"media_hosts[0]: want a host":       func(s *open311.Settings) { s.MediaHosts = []string{"https://a"} },
		"max_file: must be above zero":      func(s *open311.Settings) { s.MaxFile = 0 },
		"max_files: must be 0 or more":      func(s *open311.Settings) { s.MaxFiles = -1 },
		"map.foto: is no field":             func(s *open311.Settings) { s.Map["foto"] = connectors.Value{From: "a"} },
		"api_keys: is missing":              func(s *open311.Settings) { s.Serve = true },
		"services: is missing":              func(s *open311.Settings) { s.Serve = true },
		"services: cannot read /tiada.yaml": func(s *open311.Settings) { s.Serve, s.Services = true, "/tiada.yaml" },
		"media_wait: must be at most 10s":   func(s *open311.Settings) { s.Serve, s.MediaWait = true, config.Duration(time.Minute) },
		"public_url: has no host":           func(s *open311.Settings) { s.Serve, s.PublicURL = true, "https:///x" },
		"map.category: must stay":           func(s *open311.Settings) { s.Serve = true; s.Map["category"] = connectors.Value{From: "group"} },
	} {
		s := clientSettings(t)
		edit(s)
		err := s.Validate()
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "rahasia") {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}

func TestMistakesInTheFilesAreNamedWithTheirPlace(t *testing.T) {
	t.Setenv("FIXMYSTREET_KEY", fixmystreetKey)
	t.Setenv("SHORT_311", "empat")
	const fit = "service_code: a, service_name: b"
	for text, says := range map[string]string{
		"":                                     `missing required key "services"`,
		"services: []":                         "services: lists no service",
		"services: [{ service_code: a }]":      `services.yaml:1:12: services[0]: missing required key "service_name"`,
		"services: [{ " + fit + ", kind: x }]": `unknown key "kind"`,
		"services: [{ " + fit + ", type: sofort }]":                                                                                            `want realtime, batch or blackbox, not "sofort"`,
		"services: [{ " + fit + " }, { " + fit + " }]":                                                                                         "services[1].service_code: is the code of another service already",
		"services: [{ service_code: 'a,b', service_name: b }]":                                                                                 "must hold no comma",
		"services: [{ " + fit + ", attributes: [{ code: x }, { code: x }] }]":                                                                  "services[0].attributes[1].code: is the code of another attribute",
		"services: [{ " + fit + ", attributes: [{ code: 'x]' }] }]":                                                                            "must hold no brackets",
		"services: [{ " + fit + ", attributes: [{ code: x, order: 2 }, { code: y }] }]":                                                        "services[0].attributes[1].order: must be a number",
		"services: [{ " + fit + ", attributes: [{ code: x, datatype: int }] }]":                                                                "want string, number, datetime, text, singlevaluelist or multivaluelist",
		"services: [{ " + fit + ", attributes: [{ code: x, datatype: singlevaluelist }] }]":                                                    "values: are missing",
		"services: [{ " + fit + ", attributes: [{ code: x, values: [{ key: a, name: b }] }] }]":                                                "are for singlevaluelist and multivaluelist only",
		"services: [{ " + fit + ", attributes: [{ code: x, variable: false, required: true }] }]":                                              "cannot be, with variable: false",
		"services: [{ " + fit + ", attributes: [{ code: x, datatype: multivaluelist, values: [{ key: a, name: b }, { key: a, name: c }] }] }]": "values[1].key: is the key of another value",
		"services: [":  "is not YAML",
		"services: {}": "want a list",
	} {
		wantFileError(t, "services.yaml", text, says)
	}
	for text, says := range map[string]string{
		"keys: []":                                             "keys: lists no key: nobody could post",
		"keys: [{ name: a, key: terbuka }]":                    "a secret is never written here",
		"keys: [{ name: a, key: { env: TIADA_311 } }]":         "the environment variable TIADA_311 is not set",
		"keys: [{ name: a, key: { env: SHORT_311 } }]":         "keys[0].key: is shorter than 16 characters",
		"keys: [{ name: A/b, key: { env: FIXMYSTREET_KEY } }]": "keys[0].name: must be of small letters",
		"keys: [{ name: a, key: { env: FIXMYSTREET_KEY } }, { name: b, key: { env: FIXMYSTREET_KEY } }]": "keys[1].key: is the same as another's",
		"keys: [{ name: a, key: { env: FIXMYSTREET_KEY } }, { name: a, key: { env: FIXMYSTREET_KEY } }]": "keys[1].name: is the name of another key",
	} {
		wantFileError(t, "keys.yaml", text, says)
	}
}

func wantFileError(t *testing.T, name, text, says string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := settings(t)
	if name == "keys.yaml" {
		s.APIKeys = config.Path(file)
	} else {
		s.Services = config.Path(file)
	}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "terbuka") {
		t.Errorf("%s\nwant %q, got %v", text, says, err)
	}
}

func TestACheckSaysWhatIsServed(t *testing.T) {
	said, err := opened(t, &desk{}).Check.Check(t.Context())
	if err != nil || said != "3 services for 2 keys, under /open311/kota-311/v2/; no media_hosts: files that are only named by media_url are not fetched" {
		t.Errorf("%q, %v", said, err)
	}
	plain := settings(t)
	file := filepath.Join(t.TempDir(), "services.yaml")
	if err := os.WriteFile(file, []byte("services: [{ service_code: a, service_name: b }]"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain.Services, plain.MediaHosts = config.Path(file), []string{"foto.natuna.example"}
	c, err := open311.Definition().Open(connectors.Env{Name: "kota", Zone: wib}, plain)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := c.Check.Check(t.Context()); err != nil || !strings.HasSuffix(said, "no service asks for fixmystreet_id: what FixMyStreet sends twice is two requests") {
		t.Errorf("%q, %v", said, err)
	}
}
