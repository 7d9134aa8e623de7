package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescribeListsEveryKeyInWords(t *testing.T) {
	got := Describe(&portalSettings{Method: "POST", Every: span(day), Secret: NewSecret(canary), Search: portalSearch{Path: "cari"}})
	want := []Key{
		{Path: "secret", Type: "secret", Doc: "signs requests"},
		{Path: "method", Type: "text", Default: "POST", Doc: "of the request", Enum: []string{"POST", "PUT"}},
		{Path: "path", Type: "path", Doc: "where files lie"},
		{Path: "every", Type: "duration", Default: "1d"},
		{Path: "search", Type: "section", Doc: "how one is found"},
		{Path: "search.path", Type: "text", Default: "cari", Required: true, Doc: "of the call"},
		{Path: "search.item", Type: "whole number", Default: "0", Doc: "which answer counts"},
		{Path: "map", Type: "mapping of sections", Doc: "where each field comes from"},
		{Path: "map.NAME.from", Type: "text", Required: true},
		{Path: "map.NAME.layout", Type: "text"},
		{Path: "map.NAME.key", Type: "secret"},
		{Path: "map.NAME.file", Type: "path"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDescribeOfTheConfigurationHasDocsAndDefaults(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]Key{}
	for _, k := range Describe(c) {
		if k.Doc == "" || k.Type == "" {
			t.Errorf("%s has no words", k.Path)
		}
		keys[k.Path] = k
	}
	for path, want := range map[string]string{
		"region.timezone": "time zone Asia/Jakarta", "server.max_body": "size 25MiB", "national.rate": "rate 5/s",
		"delivery.backoff.factor": "number 2", "delivery.max_attempts": "whole number 0", "privacy.retention": "duration 5y",
		"privacy.redact": "list of text [nik, kk, phone, email]", "privacy.key": "secret ", "store.dsn": "DSN ",
		"connectors": "list of sections ", "connectors[].settings": "settings ", "routing.rules[].when.class": "list of text ",
		"users": "path ", "dedup.review_above": "number 0",
	} {
		if got := keys[path].Type + " " + keys[path].Default; got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if !keys["region.code"].Required || keys["region.name"].Required || len(keys["dedup.mode"].Enum) != 3 {
		t.Error("required and enum are lost")
	}
}

func TestDescribeKnowsEveryType(t *testing.T) {
	var got []string
	for _, k := range Describe(everythingButTree{}) {
		got = append(got, k.Path+": "+k.Type)
	}
	want := `shared: text
flag: true or false
optional: section
optional.name: text
optional.size: size
any: any value
names: mapping of text
secrets: list of secret
old: text
rates: mapping of rate`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if Describe(5) != nil || Describe(nil) != nil {
		t.Error("what has no keys is described")
	}
}

type everythingButTree struct {
	Common   common            `yaml:",inline"`
	Flag     bool              `yaml:"flag"`
	Optional *inner            `yaml:"optional"`
	Any      any               `yaml:"any"`
	Names    map[string]string `yaml:"names"`
	Secrets  []Secret          `yaml:"secrets"`
	Old      oldStyle          `yaml:"old"`
	Rates    map[string]Rate   `yaml:"rates"`
}
