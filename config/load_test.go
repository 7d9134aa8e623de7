package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"
)

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	c, problems := parseIn(t, minimal)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(c.File)
	want.File = c.File
	want.Region.Code, want.National.Kind, want.Routing.Fallback.Agency = "21.03", "manual", "21030"
	want.Store = Store{DSN: DSN("sqlite:" + filepath.Join(dir, "natuna.db")), Files: filepath.Join(dir, "files"), S3: want.Store.S3}
	want.Connectors = []Connector{{Name: "satu", Kind: "webhook"}}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(Config{}), cmpopts.IgnoreTypes(Place{}, yaml.Node{}),
		cmp.Comparer(func(a, b Timezone) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if c.Region.Timezone.String() != "Asia/Jakarta" || !slices.Equal(c.Privacy.Redact, []string{"nik", "kk", "phone", "email"}) {
		t.Errorf("zone %s, redact %v", c.Region.Timezone, c.Privacy.Redact)
	}
}

func TestAnEmptyListIsNotTheDefault(t *testing.T) {
	c, problems := parseIn(t, minimal+"privacy: { redact: [] }\n")
	if len(problems) > 0 || len(c.Privacy.Redact) != 0 {
		t.Errorf("redact: [] is read as %v, %v", c.Privacy.Redact, problems)
	}
	c, problems = parseIn(t, minimal+"privacy: { redact: }\n")
	if len(problems) > 0 || len(c.Privacy.Redact) != 4 {
		t.Errorf("redact with nothing is read as %v, %v", c.Privacy.Redact, problems)
	}
}

func TestRequiredSections(t *testing.T) {
	want := `gateway.yaml:1:1: missing required key "national"
gateway.yaml:1:1: missing required key "region"
gateway.yaml:1:1: missing required key "routing"
gateway.yaml:1:1: missing required key "store"
gateway.yaml:1:1: connectors: no connectors: list at least one here or in connectors.d/*.yaml`
	for _, text := range []string{"", "# nothing yet\n", "{}\n"} {
		if _, problems := parseIn(t, text); lines(problems) != want {
			t.Errorf("%q\ngot\n%s\nwant\n%s", text, lines(problems), want)
		}
	}
}

func TestSyntaxErrorsHaveAPlace(t *testing.T) {
	for text, want := range map[string]string{
		"region: [1\nstore: 2":      "gateway.yaml:2:6: this is not YAML: did not find expected ',' or ']' (while parsing a flow sequence that began on line 1)",
		"a: b: c":                   "gateway.yaml:1:5: this is not YAML: mapping values are not allowed in this context",
		"region:\n  code: 1\n x: y": "gateway.yaml:3:2: this is not YAML: did not find expected key (while parsing a block mapping that began on line 1)",
		"a: *b":                     "gateway.yaml:1:4: this is not YAML: unknown anchor 'b' referenced",
		"a: 1\n---\nb: 2":           "gateway.yaml: this is not YAML: expected single document, found multiple",
		"a: \x00":                   "gateway.yaml: this is not YAML: control characters are not allowed (value: 0)",
	} {
		c, problems := parseIn(t, text)
		if c != nil || lines(problems) != want {
			t.Errorf("%q\ngot  %s\nwant %s", text, lines(problems), want)
		}
	}
}

func TestAFileThatIsNotThereIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	c, err := Load(path)
	var problems Problems
	if c != nil || !errors.As(err, &problems) || err.Error() != path+": cannot be read: no such file or directory; go to its folder (/etc/satupintu) or give --config FILE" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestConnectorsFolderJoinsTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	main, _, _ := strings.Cut(minimal, "connectors:")
	write(t, "gateway.yaml", main)
	write(t, "connectors.d/b.yaml", "connectors:\n- { name: dua, kind: webhook, settings: { path: inbox } }\n")
	write(t, "connectors.d/a.yaml", "- { name: satu, kind: sql }\n- { name: sedanau, kind: sql }\n")
	write(t, "connectors.d/empty.yaml", "# later\n")
	write(t, "connectors.d/.a.yaml.swp.yaml", "::: not read")
	write(t, "connectors.d/c.yml", "::: not read")
	c, err := Load("gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, connector := range c.Connectors {
		names = append(names, connector.Name+" "+connector.Where.String())
	}
	want := []string{
		"satu connectors.d/a.yaml:1:3: connectors[0]", "sedanau connectors.d/a.yaml:2:3: connectors[1]",
		"dua connectors.d/b.yaml:2:3: connectors[0]",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
	var s portalSettings
	if err := c.Connectors[2].Decode(&s).Err(); err != nil {
		t.Fatal(err)
	}
	if here, _ := os.Getwd(); string(s.Path) != filepath.Join(here, "inbox") {
		t.Errorf("a path of connectors.d is %s: it starts where the main file's do", s.Path)
	}
	if !slices.ContainsFunc(c.Notices(), func(n string) bool { return strings.HasPrefix(n, "connectors.d/c.yml is not read") }) {
		t.Errorf("nothing is said of c.yml: %q", c.Notices())
	}
}

func TestProblemsOfTheConnectorsFolderNameTheirFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "gateway.yaml", minimal+"extra: 1\n")
	write(t, "connectors.d/a.yaml", "- { name: satu, kind: sql, evry: 5m }\n- { name: Dua, kind: sql }\n")
	write(t, "connectors.d/b.yaml", "conectors: []\n")
	write(t, "connectors.d/c.yaml", "- [\n")
	write(t, "connectors.d/d.yaml", "word\n")
	if err := os.Mkdir("connectors.d/e.yaml", 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Load("gateway.yaml")
	want := `connectors.d/a.yaml:1:11: connectors[0].name: "satu" is the name of another connector already: gateway.yaml:6
connectors.d/a.yaml:1:28: connectors[0]: unknown key "evry"; did you mean "every"?
connectors.d/a.yaml:2:11: connectors[1].name: want at most 40 lower-case letters, digits and dashes, the first no dash, not "Dua"
connectors.d/b.yaml:1:1: unknown key "conectors"; did you mean "connectors"?
connectors.d/c.yaml:2:1: this is not YAML: did not find expected node content (while parsing a flow node that began on line 2)
connectors.d/d.yaml:1:1: want a mapping, not "word"
connectors.d/e.yaml: cannot be read: is a directory
gateway.yaml:7:1: unknown key "extra"; known here: region, store, server, national, delivery, dedup, routing, sla, privacy, texts, users, connectors`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if c == nil || len(c.Connectors) != 3 {
		t.Error("what could be read is not there for further checks")
	}
}

func TestConnectorsFolderThatIsAFileIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "gateway.yaml", minimal)
	write(t, "connectors.d", "")
	if _, err := Load("gateway.yaml"); err == nil || !strings.Contains(err.Error(), "connectors.d: cannot be read: not a directory") {
		t.Errorf("got %v", err)
	}
}

func TestNoticesSayWhatIsLeftOut(t *testing.T) {
	c, problems := parseIn(t, strings.Replace(minimal, "sqlite:natuna.db", "postgres://natuna@db/aduan", 1)+
		"server: { listen: ':8311' }\nprivacy: { redact: [] }\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []string{
		"privacy.key is not set: names, phones and identity numbers are stored unsealed",
		"privacy.redact is empty: identity numbers in free text leave as they came",
		"server.tls is not set: what reaches :8311 travels in the clear unless a proxy in front of it speaks TLS",
		"store.files is a folder: several gateways on one database need one they all share, or s3://",
	}
	if diff := cmp.Diff(want, c.Notices()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestUnknownKindIsPlacedAtItsKey(t *testing.T) {
	c, _ := parseIn(t, minimal)
	got := lines(Problems{c.Connectors[0].Where.At("kind").Problemf("unknown kind %q", c.Connectors[0].Kind)})
	if want := `gateway.yaml:6:25: connectors[0].kind: unknown kind "webhook"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.National.Where.At("kind").String(); !strings.HasSuffix(got, "gateway.yaml:3:19: national.kind") {
		t.Errorf("national.kind is at %s", got)
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	for _, name := range []string{"testdata/example.yaml", "testdata/ten-mistakes.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range []string{
		minimal, "", "a: &a [*a]", "region: &r { <<: *r }", "region: !x y", "? [a]\n: b", "connectors: &c [*c, {<<: [*c]}]", "\xff\xfe", "[]",
		"routing: {rules: [{when: {text: ['']}}, 5, ~]}", "connectors: [{settings: [1]}, {settings: }]", "store: {dsn: {env: ADA}, files: s3://}",
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Loader{Env: environment()}.Parse(filepath.Join(dir, "gateway.yaml"), data)
		var problems Problems
		switch {
		case err == nil && c == nil:
			t.Fatal("neither a configuration nor an error")
		case err != nil && (!errors.As(err, &problems) || len(problems) == 0):
			t.Fatalf("the error is no list of problems: %v", err)
		}
		if c == nil {
			return
		}
		for i := range c.Connectors {
			problems = append(problems, c.Connectors[i].Decode(&portalSettings{})...)
		}
		problems = append(problems, c.National.Decode(&everything{})...)
		for _, p := range problems {
			if p.Message == "" || p.At.File == "" || strings.ContainsAny(p.String(), "\n\r") {
				t.Fatalf("a problem without words or on two lines: %q", p.String())
			}
		}
		c.Notices()
	})
}
