package sms

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
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
	t.Setenv("KUNCI", ourSecret)
	t.Setenv("PENDEK", "sandi/1")
	var node yaml.Node
	must(t, yaml.Unmarshal([]byte(text), &node))
	settings := defaults()
	err := config.Decode(&node, settings, config.Place{File: "gateway.yaml", Path: "connectors[0].settings"}).Err()
	return settings, err
}

func TestEveryMistakeInTheSettingsIsToldAtOnce(t *testing.T) {
	var said string
	for _, text := range []string{
		`preset: kanel
secret: { env: PENDEK }
secret_in: cookie
from: [10.1.0.7/16, kantor, 10.1.0.7]
rate: 0
field: {}
zone: Ranai
join_within: 0s
told: { type: "" }
media: { hosts: ["https://berkas.natuna.example"], max_size: 0 }
send: { url: "ftp://u:RAHASIA@sms.natuna.example", method: GET, form: { a: "{nomor}" }, parts: 21, timeout: 0s, answer: xml, secret: { value: { env: KUNCI } } }
`,
		"secret: { env: KUNCI }\nsecret_in: header\npreset: kannel\nsend: { secret: { value: { env: KUNCI } } }\n",
		"secret: { env: KUNCI }\nfields: { sender: dari, text: isi }\nsend: { url: https://sms.natuna.example/kirim, form: { ke: '{to}' } }\n",
		"secret: { env: KUNCI }\n",
		"",
	} {
		_, err := decode(t, text)
		if err == nil {
			t.Errorf("taken without an error:\n%s", text)
			continue
		}
		said += err.Error() + "\n\n"
	}
	if strings.Contains(said, "RAHASIA") || strings.Contains(said, "sandi/1") {
		t.Error("a secret is told")
	}
	path := filepath.Join("testdata", "problems.txt")
	if *update {
		must(t, os.WriteFile(path, []byte(said), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), said); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestAPresetIsWhatIsLeftOut(t *testing.T) {
	own, err := decode(t, `preset: fonnte
secret: { env: KUNCI }
from: [10.1.0.7, 2001:db8::/32]
fields: { text: pesan }
send: { secret: { value: { env: KUNCI } }, form: { delay: "2" } }
`)
	must(t, err)
	full := own.whole()
	if full.Fields.Text != "pesan" || full.Fields.ID != "inboxid" || full.Send.URL != "https://api.fonnte.com/send" || full.Send.Parts != 0 ||
		full.Send.Form["delay"] != "2" || full.Send.Form["target"] != "{to}" || !slices.Equal(full.Media.Hosts, []string{".fonnte.com"}) {
		t.Errorf("the settings are %+v", full)
	}
	if got := full.From[0].String() + " " + full.From[1].String(); got != "10.1.0.7/32 2001:db8::/32" {
		t.Errorf("from is %s", got)
	}
}

// Every example of the page loads, with settings that make sense.
func TestTheExamplesOfThePageLoad(t *testing.T) {
	for _, name := range []string{"SMS_SECRET", "KANNEL_PASSWORD", "FONNTE_TOKEN", "PLAYSMS_TOKEN"} {
		t.Setenv(name, ourSecret)
	}
	page, err := os.ReadFile("../../docs/sms.md")
	must(t, err)
	examples := 0
	for _, block := range strings.Split(string(page), "```yaml\n")[1:] {
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
			opened, err := Definition().Open(connectors.Env{Name: one.Name}, settings)
			must(t, err)
			if one.Kind != "sms" || opened.Receive == nil || opened.Say == nil {
				t.Errorf("%s does not hear and speak", one.Name)
			}
		}
	}
	if examples != 4 {
		t.Errorf("the page holds %d examples, want 4", examples)
	}
}
