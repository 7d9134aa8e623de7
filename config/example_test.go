package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"
)

// portalSettings are the settings of an invented kind, with what a real kind has: a secret, a path, a nested section, and
// a mapping of fields that may be written in two forms.
type portalSettings struct {
	Secret Secret                 `yaml:"secret" doc:"signs requests"`
	Method string                 `yaml:"method" doc:"of the request" enum:"POST,PUT"`
	Path   Path                   `yaml:"path" doc:"where files lie"`
	Every  Duration               `yaml:"every"`
	Search portalSearch           `yaml:"search" doc:"how one is found"`
	Map    map[string]fieldSource `yaml:"map" doc:"where each field comes from"`
}

type portalSearch struct {
	Path string `yaml:"path" doc:"of the call" required:"true"`
	Item int    `yaml:"item" doc:"which answer counts"`
}

// fieldSource is a plain name or { from, layout, key }.
type fieldSource struct {
	From   string `yaml:"from" required:"true"`
	Layout string `yaml:"layout"`
	Key    Secret `yaml:"key"`
	File   Path   `yaml:"file"`
}

func (f *fieldSource) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	if node.Kind == yaml.ScalarNode {
		f.From, _ = d.Text(node, path, "a name or { from: NAME }")
		return
	}
	type plain fieldSource
	d.Decode(node, (*plain)(f), path)
}

func (s *portalSettings) Validate() error {
	var errs []error
	for key, source := range s.Map {
		if source.Layout == "besok" {
			errs = append(errs, fmt.Errorf("map: %w", &FieldError{"map." + key + ".layout", "this is not a layout of dates"}))
		}
	}
	if s.Search.Item > 9 {
		errs = append(errs, &FieldError{"search.item", "must be at most 9"})
	}
	if s.Method == "PUT" && s.Search.Path == "" {
		errs = append(errs, &FieldError{"search.path", "is needed with method PUT"})
	}
	return errors.Join(errs...)
}

func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func loadExample(t *testing.T) *Config {
	t.Helper()
	c, err := Loader{Env: environment(
		"LAPOR_AUTHORIZATION", "Basic contoh", "PORTAL_SECRET", "contoh-rahasia",
		"CREDENTIALS_DIRECTORY", "testdata/credentials")}.Load("testdata/example.yaml")
	if err != nil {
		t.Fatalf("the example does not load:\n%v", err)
	}
	return c
}

func TestExampleIsReadWhole(t *testing.T) {
	c := loadExample(t)
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) Path { return Path(filepath.Join(here, name)) }
	want := &Config{
		Region: Region{
			Code: "21.03", Name: "Kabupaten Natuna", Timezone: c.Region.Timezone,
			Codes: in("region/codes.csv"), Holidays: in("calendar/holidays.csv"),
		},
		Store:  Store{DSN: DSN("sqlite:" + string(in("natuna.db"))), Files: string(in("lampiran")), S3: S3{Timeout: span(2 * time.Minute)}},
		Server: Server{Listen: "127.0.0.1:8400", Metrics: "127.0.0.1:9400", MaxBody: 10 << 20},
		National: National{
			Kind: "lapor", Rate: 5, Concurrency: 2, Timeout: Duration(2 * time.Minute),
			Sync: Sync{Fresh: span(10 * time.Minute), Old: span(6 * time.Hour)},
		},
		Delivery: Delivery{
			Backoff:     Backoff{First: span(time.Minute), Max: span(12 * time.Hour), Factor: 1.5, Jitter: 0.1},
			GiveUpAfter: span(45 * day), Settle: span(10 * time.Minute),
			Breaker: Breaker{Failures: 3, OpenFor: span(2 * time.Minute)},
			Lease:   span(time.Minute), MaxAttempts: 200,
		},
		Dedup: Dedup{Window: span(60 * day), Mode: "review", ReviewAbove: 0.75, ReviewWait: span(90 * time.Minute)},
		Routing: Routing{
			Fallback: Target{Agency: "21030", Category: "15"},
			Rules: []Rule{
				{
					When: When{Category: []string{"jalan", "jembatan"}, Region: []string{"21.03.01"}},
					To:   Target{Agency: "21031", Category: "436", Location: "7"},
				},
				{
					When: When{Text: []string{"lampu jalan", "pju"}, Source: []string{"kantor-camat"}, Class: []string{"ordinary"}},
					To:   Target{Agency: "21032", HandOver: "21999"},
				},
			},
		},
		SLA: SLA{
			Verify: span(2 * day), Respond: span(4 * day), Information: span(6 * day),
			Ordinary: span(10 * day), Supervised: span(50 * day), Autoclose: span(8 * day),
		},
		Privacy:    Privacy{Key: NewSecret("contoh-kunci-penyegel"), Retention: span(3 * year), Redact: []string{"nik", "kk"}},
		Texts:      Texts{Language: "en", File: in("texts.yaml")},
		Users:      in("users.yaml"),
		Connectors: []Connector{{Name: "portal", Kind: "webhook"}, {Name: "kantor-camat", Kind: "spreadsheet", Every: span(5 * time.Minute)}},
		File:       "testdata/example.yaml",
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(Config{}), cmpopts.IgnoreTypes(Place{}, yaml.Node{}),
		cmp.Comparer(func(a, b Timezone) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if zone := c.Region.Timezone.Location().String(); zone != "Asia/Jakarta" {
		t.Errorf("time zone %s", zone)
	}
	if notices := c.Notices(); len(notices) != 0 {
		t.Errorf("the whole example has notices: %q", notices)
	}
}

func TestSettingsKeepTheirFilesContext(t *testing.T) {
	c := loadExample(t)
	var portal, camat portalSettings
	if err := c.Connectors[0].Decode(&portal).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Connectors[1].Decode(&camat).Err(); err != nil {
		t.Fatal(err)
	}
	if portal.Secret.Reveal() != "contoh-rahasia" || portal.Method != "POST" {
		t.Errorf("portal: secret %q, method %q", portal.Secret.Reveal(), portal.Method)
	}
	if want, _ := filepath.Abs("testdata/inbox/*.xlsx"); string(camat.Path) != want {
		t.Errorf("path %s, want %s", camat.Path, want)
	}
	var lapor struct {
		settingsWithoutRules
		BaseURL string            `yaml:"base_url"`
		Headers map[string]Secret `yaml:"headers"`
	}
	if err := c.National.Decode(&lapor).Err(); err != nil {
		t.Fatal(err)
	}
	if lapor.Headers["Authorization"].Reveal() != "Basic contoh" || lapor.Headers["token"].Reveal() != "contoh-token" {
		t.Errorf("headers: %q, %q", lapor.Headers["Authorization"].Reveal(), lapor.Headers["token"].Reveal())
	}
	if at := c.Connectors[1].Where.String(); at != "testdata/example.yaml:70:5: connectors[1]" {
		t.Errorf("the second connector stands at %s", at)
	}
}

type settingsWithoutRules struct{}

func (settingsWithoutRules) Validate() error { return nil }

// TestDesignExampleLoads reads the example the keys were agreed on, given the files and variables it names.
func TestDesignExampleLoads(t *testing.T) {
	data, err := os.ReadFile("../../shared/design/gateway.example.yaml")
	if err != nil {
		t.Skip("the agreed example is not beside this checkout; testdata/example.yaml stands for it")
	}
	dir := t.TempDir()
	text := strings.ReplaceAll(string(data), "/etc/satupintu/", filepath.ToSlash(dir)+"/")
	for name, content := range map[string]string{
		"gateway.yaml": text, "lapor-token": "contoh\n", "key": "contoh\n", "users.yaml": "[]\n",
		"region/codes.csv": "kode,nama\n", "calendar/holidays.csv": "",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	all := func(string) (string, bool) { return "contoh", true }
	c, err := Loader{Env: all}.Load(filepath.Join(dir, "gateway.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Connectors) != 5 || c.Connectors[4].Name != "kota-311" || len(c.Routing.Rules) != 2 {
		t.Errorf("read %d connectors and %d rules", len(c.Connectors), len(c.Routing.Rules))
	}
	shown, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	// The score is a probability: from which one a person looks follows from the model, which no figure here knows.
	c.Dedup.ReviewAbove = shown.Dedup.ReviewAbove
	if diff := cmp.Diff([]any{shown.Server, shown.Delivery, shown.Dedup, shown.SLA, shown.National.Rate, shown.National.Sync},
		[]any{c.Server, c.Delivery, c.Dedup, c.SLA, c.National.Rate, c.National.Sync}); diff != "" {
		t.Errorf("the defaults are not what the example shows (-default +example)\n%s", diff)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
