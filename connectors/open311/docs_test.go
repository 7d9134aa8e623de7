package open311_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
)

// The examples of the page load as they stand there, with the files beside them.
func TestTheExamplesOfTheGuideLoad(t *testing.T) {
	guide, err := os.ReadFile("../../docs/open311.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("FIXMYSTREET_KEY", fixmystreetKey)
	t.Setenv("APLIKASI_KEY", appKey)
	folder, loaded := t.TempDir(), 0
	text := strings.ReplaceAll(string(guide), "/etc/satupintu/secrets/kota-key", filepath.Join(folder, "kota-key"))
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("kota-key", clientKey)
	for _, name := range []string{"keys.yaml", "services.yaml"} {
		_, block, _ := strings.Cut(text, "```yaml "+name+"\n")
		block, _, _ = strings.Cut(block, "```")
		write(name, block)
	}
	text = strings.ReplaceAll(text, "```yaml gateway.yaml\n", "```yaml\n")
	for _, block := range strings.Split(text, "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		var file struct {
			Connectors []struct {
				Kind     string
				Settings yaml.Node
			}
		}
		if err := yaml.Load([]byte(block), &file, yaml.WithKnownFields(false)); err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Connectors {
			s := open311.Definition().Defaults()
			if err := config.Decode(&c.Settings, s, config.Place{File: filepath.Join(folder, "gateway.yaml")}).Err(); err != nil {
				t.Error(err)
				continue
			}
			if _, err := open311.Definition().Open(connectors.Env{Name: "kota-311", Zone: wib}, s); err != nil || c.Kind != "open311" {
				t.Errorf("%s: %v", c.Kind, err)
			}
			loaded++
		}
	}
	if loaded != 2 {
		t.Errorf("%d examples were found", loaded)
	}
}

func TestTheGuideHasTheTableOfStatuses(t *testing.T) {
	guide, err := os.ReadFile("../../docs/open311.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, line := range strings.Split(string(guide), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		for _, status := range strings.Split(cells[1], ",") {
			told[strings.Trim(status, " `")] = strings.TrimSpace(cells[2]) + " " + strings.TrimSpace(cells[3])
		}
	}
	for _, status := range complaint.Statuses() {
		d := goldenDesk()
		d.listed[0].Status, d.updates[0].Status = status, status
		served := serve(t, d)
		want := between(ask(t, served, "requests/SP-1KAZ5T8M3Q0X4RB.xml", nil).body) + " " + between(ask(t, served, "servicerequestupdates.xml", nil).body)
		if told[string(status)] != want {
			t.Errorf("%s is %q, and the guide says %q", status, want, told[string(status)])
		}
	}
}

// between is the first status in a document.
func between(body string) string {
	_, word, _ := strings.Cut(body, "<status>")
	word, _, _ = strings.Cut(word, "<")
	return word
}
