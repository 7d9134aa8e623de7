package lapor_test

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/national/lapor"
)

func decode(t *testing.T, text string) (*lapor.Settings, config.Problems) {
	t.Helper()
	t.Setenv("LAPOR_AUTHORIZATION", "Bearer rahasia")
	t.Setenv("LAPOR_TOKEN", "{00000000-0000-0000-0000-000000000000}")
	t.Setenv("BROKEN", "a\nb")
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		t.Fatal(err)
	}
	s := lapor.Definition().Defaults().(*lapor.Settings)
	at := config.Place{File: "gateway.yaml", Path: "national.settings"}
	return s, config.Decode(&node, s, at)
}

const least = `
base_url: https://lapor.example/lapor/3.0.0
headers: { Authorization: { env: LAPOR_AUTHORIZATION }, token: { env: LAPOR_TOKEN } }
`

func TestTheLeastSettingsAreEnough(t *testing.T) {
	s, problems := decode(t, least)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if s.Headers["Authorization"].Reveal() != "Bearer rahasia" || s.Marker != "[Ref {ref}]" || s.Lookup != "none" {
		t.Errorf("got %+v", s)
	}
}

func TestWhatSettingsSay(t *testing.T) {
	s, problems := decode(t, least+`
channel: 13
lookup: search
search: { path: complaints/search, query: { keyword: "{ref}" }, items: results.data, id: id, text: content }
statuses: { Menunggu Konfirmasi: other, "Perlu Tanggapan": in_progress }
fields: { is_approval: true, info_disposition: "-", priority_program_id: 3, community_id: null }
max_file: 2MiB
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if s.Search.Pages != 20 || s.MaxFile != 2<<20 || s.Fields["is_approval"] != true {
		t.Errorf("got %+v", s)
	}
}

// The page shows what an operator sees.
func TestEverySettingThatCannotBeIsNamed(t *testing.T) {
	_, problems := decode(t, `
base_url: lapor.example/lapor
headers: { "Bad Name": { env: LAPOR_TOKEN }, Idempotency-Key: { env: LAPOR_TOKEN }, token: { env: BROKEN } }
channel: -1
marker: "[Ref]"
lookup: search
search: { path: "https://elsewhere.example/cari", query: { keyword: aduan }, items: "", pages: 0 }
create: ""
hand_over: complaints/process/reject
hand_over_reason: " "
date_layout: "15:04"
incident_layout: soon
reporter: { name: "" }
fields: { content: x, nested: [1], score: .inf }
follow_up: { path: "", fields: { is_secret: "0", "attachment[0]": x, rating: "5" } }
statuses: { Selesai: finished, Baru: received }
max_file: 1GiB
followup_pages: 0
chanel: 4
`)
	golden(t, "settings.problems", []byte(problems.Error()+"\n"))
	_, problems = decode(t, strings.Replace(least, "lapor.example", "user:pass@lapor.example", 1)+"marker: \"{ref} {ref}\"\n")
	golden(t, "settings-credentials.problems", []byte(problems.Error()+"\n"))
	_, problems = decode(t, "base_url: https://lapor.example\nheaders: {}\n")
	golden(t, "settings-headers.problems", []byte(problems.Error()+"\n"))
}

func TestEverySettingIsExplained(t *testing.T) {
	for _, key := range config.Describe(lapor.Definition().Defaults()) {
		if key.Doc == "" {
			t.Errorf("%s has no doc", key.Path)
		}
	}
}
