package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/national/simulator"
)

func TestTheExampleConfigurationsAreInOrder(t *testing.T) {
	t.Setenv("LAPOR_AUTHORIZATION", simulator.DefaultAuth)
	t.Setenv("LAPOR_TOKEN", simulator.DefaultToken)
	t.Setenv("PORTAL_SECRET", "rahasia")
	t.Setenv("SATUPINTU_KEY", strings.Repeat("0123456789abcdef", 4))
	for _, file := range []string{"gateway.example.yaml", "try.yaml"} {
		p, err := loadPlan("../../docs/" + file)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(p.connectors) != len(p.Connectors) || p.platform == nil {
			t.Errorf("%s: %d of %d connectors have settings", file, len(p.connectors), len(p.Connectors))
		}
	}
}

// Every example of a connector on a page loads as `satupintu check` loads a file, and opens; every kind has a page with one.
func TestTheExamplesOfEveryPageLoadAndOpen(t *testing.T) {
	shown := map[string]bool{} // "sql on sql.md"
	pages, err := filepath.Glob("../../docs/*.md")
	must(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		must(t, err)
		for n, example := range examplesOf(string(text)) {
			p, err := loadPlan(exampleFile(t, example))
			if err != nil {
				t.Errorf("%s, example %d: %v", page, n+1, err)
				continue
			}
			var o open
			o.channels, err = openChannels(p, noFiles{}, &o.wires, slog.New(slog.DiscardHandler))
			if err != nil || len(o.channels) == 0 {
				t.Errorf("%s, example %d: %d connectors open: %v", page, n+1, len(o.channels), err)
			}
			for _, c := range o.channels {
				shown[c.Kind+" on "+filepath.Base(page)] = true
				if c.Close != nil {
					must(t, c.Close())
				}
			}
			o.wires.close()
		}
	}
	for _, d := range connectorKinds() {
		if !shown[d.Kind+" on "+d.Kind+".md"] {
			t.Errorf("docs/%s.md shows no example of a connector of its kind", d.Kind)
		}
	}
}

// examplesOf are the YAML blocks of a page that hold connectors.
func examplesOf(page string) []string {
	var examples []string
	for _, block := range strings.Split(page, "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		switch {
		case strings.HasPrefix(text, "- name:"):
			examples = append(examples, "connectors:\n"+text)
		case strings.HasPrefix(text, "connectors:"):
			examples = append(examples, text)
		}
	}
	return examples
}

var (
	secretInEnv  = regexp.MustCompile(`\{ *env: *(\w+) *\}`)
	secretInFile = regexp.MustCompile(`(\{ *file: *)(\S+)( *\})`)
)

// exampleFile is a whole configuration with an example's connectors, whose secrets are there.
func exampleFile(t *testing.T, example string) string {
	t.Helper()
	const secret = "kunci-contoh-0123456789abcdef"
	try, err := os.ReadFile("../../docs/try.yaml")
	must(t, err)
	frame, _, _ := strings.Cut(string(try), "\nconnectors:")
	folder := t.TempDir()
	kept := filepath.Join(folder, "secret")
	must(t, os.WriteFile(kept, []byte(secret), 0o600))
	for _, name := range secretInEnv.FindAllStringSubmatch(frame+example, -1) {
		t.Setenv(name[1], secret)
	}
	example = secretInFile.ReplaceAllString(example, "${1}"+kept+"${3}")
	file := filepath.Join(folder, "gateway.yaml")
	must(t, os.WriteFile(file, []byte(frame+"\n"+example), 0o600))
	return file
}

func TestNoPageOfAKindHasAnythingLeftToFillIn(t *testing.T) {
	for _, d := range connectorKinds() {
		page, err := os.ReadFile("../../docs/" + d.Kind + ".md")
		must(t, err)
		if strings.Contains(strings.ToLower(string(page)+d.Summary), "fill in") {
			t.Errorf("docs/%s.md, or the kind's summary, still says what to fill in", d.Kind)
		}
	}
}

func TestThePreviewOfTheTrialReadsItsSheet(t *testing.T) {
	t.Setenv("LAPOR_AUTHORIZATION", simulator.DefaultAuth)
	t.Setenv("LAPOR_TOKEN", simulator.DefaultToken)
	rows, err := preview(t.Context(), "../../docs/try.yaml", "counter", 10)
	if err != nil || len(rows) != 2 || rows[1].Complaint == nil || localTime(rows[1].Complaint.ReportedAt) != "2025-08-17 00:00" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestTheReferenceOfConnectorsIsUpToDate(t *testing.T) {
	page, err := os.ReadFile("../../docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != connectors.Reference(connectorKinds()) {
		t.Error("docs/connectors.md is stale: run make docs")
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	for _, line := range strings.Split(connectors.Reference(connectorKinds()), "\n") {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |") {
			t.Errorf("a setting has no doc tag: %s", line)
		}
	}
}

// What a region's own texts get wrong stops start-up with its line, and once.
func TestTextsThatCannotBeReadAreReportedWhereTheyStand(t *testing.T) {
	t.Setenv("LAPOR_AUTHORIZATION", simulator.DefaultAuth)
	t.Setenv("LAPOR_TOKEN", simulator.DefaultToken)
	t.Setenv("PORTAL_SECRET", "rahasia")
	t.Setenv("SATUPINTU_KEY", strings.Repeat("0123456789abcdef", 4))
	example, err := os.ReadFile("../../docs/gateway.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, own := filepath.Join(dir, "gateway.yaml"), filepath.Join(dir, "texts.yaml")
	with := func(language string) {
		text := strings.Replace(string(example), "language: id ", "language: "+language+" ", 1)
		text = strings.Replace(text, "# file: texts.yaml", "file: texts.yaml", 1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with("id")
	if _, err := loadPlan(file); err == nil || strings.Count(err.Error(), "cannot read") != 1 || !strings.Contains(err.Error(), "texts.file: cannot read") {
		t.Errorf("without the file: %v", err)
	}
	if err := os.WriteFile(own, []byte("question: Apa?\nreceipt: '{{.Ref'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadPlan(file); err == nil || !strings.Contains(err.Error(), "texts.yaml:2:10: receipt: is no text") {
		t.Errorf("with a text that cannot be read: %v", err)
	}
	if err := os.WriteFile(own, []byte("question: Apa?\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := loadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := p.texts.Say(connectors.Question, connectors.Words{}); err != nil || said != "Apa?" {
		t.Errorf("it says %q, %v", said, err)
	}
	with("jv")
	if _, err := loadPlan(file); err == nil || !strings.Contains(err.Error(), `texts.language: want id or en, not "jv"`) {
		t.Errorf("in a language that there is not: %v", err)
	}
}
