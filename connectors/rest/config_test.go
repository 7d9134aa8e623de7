package rest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func decode(t *testing.T, text string) (*Settings, error) {
	t.Helper()
	t.Setenv("KUNCI", apiKey)
	var node yaml.Node
	must(t, yaml.Unmarshal([]byte(text), &node))
	settings := defaults()
	err := config.Decode(&node, settings, config.Place{File: "gateway.yaml", Path: "connectors[0].settings"}).Err()
	return settings, err
}

func TestEveryMistakeInTheSettingsIsToldAtOnce(t *testing.T) {
	var said string
	for _, text := range []string{
		`url: aduan.natuna.example/RAHASIA
timeout: 0s
item: data
where: "status =="
message: " "
auth: { bearer: { env: KUNCI }, basic: { password: { env: KUNCI } }, key: { value: { env: KUNCI }, in: cookie }, oauth2: { client_id: a } }
empty: { field: error }
paging: { style: page, size: 0, most: 0, first: -1 }
since: { param: sejak, within: "{}", format: jam, zone: Ranai, overlap: -1s, behind: 0 }
photos: { hosts: ["https://foto.natuna.example"], max_size: 0, most: 51 }
write_back:
  selesai: {}
  done: { path: "api?x", method: GET, json: "{", form: { a: b } }
  closed: { query: { id: "{nomor}" }, good: { is: OK }, method: DELETE }
map: { id: id, teks: isi }
`,
		"url: https://u:RAHASIA@aduan.natuna.example/\npaging: { style: cursor }\nmap: { id: a, text: b }\n",
		"url: https://aduan.natuna.example/\npaging: { style: grow }\nauth: { oauth2: { token_url: x } }\nmap: { id: a, text: b }\n",
		"url: https://kobo.natuna.example/api/v2/assets/aX1/data/\npreset: kobo\n",
		"",
	} {
		_, err := decode(t, text)
		if err == nil {
			t.Errorf("taken without an error:\n%s", text)
			continue
		}
		said += err.Error() + "\n\n"
	}
	wantNoPart(t, "what is told", said, "RAHASIA")
	path := filepath.Join("testdata", "problems.txt")
	if *update {
		must(t, os.WriteFile(path, []byte(said), 0o644))
	}
	if diff := cmp.Diff(read(t, path), said); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func TestAPresetIsWhatIsLeftOut(t *testing.T) {
	own, err := decode(t, `preset: playsms
url: https://sms.natuna.example/index.php
query: { u: dinas, op: in }
auth: { key: { value: { env: KUNCI } } }
map: { reporter.name: { default: Warga } }
`)
	must(t, err)
	full := own.whole()
	if full.Auth.Key.In != inQuery || full.Query["op"] != "in" || full.Query["app"] != "ws" || full.Paging.Style != byGrowing || full.Since.Format != numberFormat {
		t.Errorf("the settings are %+v", full)
	}
	if full.Map["text"].From != "msg" || full.Map["reporter.name"].Default != "Warga" || len(full.WriteBack) != 1 {
		t.Errorf("the map is %+v", full.Map)
	}
	if own.Query["app"] != "" {
		t.Error("the operator's own settings were changed")
	}
}

// Every example of the page loads, with settings that make sense.
func TestTheExamplesOfThePageLoad(t *testing.T) {
	for _, name := range []string{"KOBO_TOKEN", "PLAYSMS_TOKEN", "SAPAWARGA_KEY", "SIPADU_SECRET"} {
		t.Setenv(name, apiKey)
	}
	examples := 0
	for _, block := range strings.Split(read(t, "../../docs/rest.md"), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		var list []struct {
			Name, Kind string
			Settings   yaml.Node
		}
		must(t, yaml.Unmarshal([]byte(text), &list))
		for _, one := range list {
			examples++
			settings := defaults()
			if err := config.Decode(&one.Settings, settings, config.Place{File: one.Name}).Err(); err != nil {
				t.Error(err)
				continue
			}
			opened, err := Definition().Open(connectors.Env{Name: one.Name, Zone: wib()}, settings)
			must(t, err)
			if one.Kind != "rest" || opened.Poll == nil || opened.Check == nil {
				t.Errorf("%s cannot be polled", one.Name)
			}
		}
	}
	if examples != 4 {
		t.Errorf("the page holds %d examples, want 4", examples)
	}
}
