package spreadsheet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

// Each example of the operators' page is what it says: settings that load.
func TestTheExamplesOfThePageLoad(t *testing.T) {
	page, err := os.ReadFile("../../docs/spreadsheet.md")
	must(t, err)
	private, _ := newKey(t)
	key := filepath.Join(t.TempDir(), "dishub-ed25519")
	must(t, os.WriteFile(key, []byte(private), 0o600))
	for _, name := range []string{"KECAMATAN_TOKEN", "FORM_TOKEN"} {
		t.Setenv(name, token)
	}
	blocks := strings.Split(strings.ReplaceAll(string(page), "/etc/satupintu/secrets/dishub-ed25519", key), "```yaml\n")[1:]
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		var entries []struct {
			Name, Kind string
			Settings   yaml.Node
		}
		must(t, yaml.Unmarshal([]byte(text), &entries))
		settings := Definition().Defaults()
		if err := config.Decode(&entries[0].Settings, settings, config.Place{File: "/etc/satupintu/gateway.yaml"}).Err(); err != nil {
			t.Errorf("%s: %v", entries[0].Name, err)
		}
	}
	if len(blocks) != 4 {
		t.Errorf("the page has %d examples", len(blocks))
	}
}
