package main

import (
	"crypto/ed25519"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Every example of a connector on a page loads as `satupintu check` loads a file, and opens; every kind has a page with one.
func TestTheExamplesOfEveryPageLoadAndOpen(t *testing.T) {
	shown := map[string]bool{} // "sql on sql.md"
	pages, err := filepath.Glob("../../docs/*.md")
	must(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		must(t, err)
		examples, files := examplesOf(string(text))
		for n, example := range examples {
			for _, kind := range opens(t, exampleFile(t, example, files)) {
				shown[kind+" on "+filepath.Base(page)] = true
			}
			if t.Failed() {
				t.Fatalf("that was example %d of %s", n+1, page)
			}
		}
	}
	for _, d := range connectorKinds() {
		if !shown[d.Kind+" on "+d.Kind+".md"] {
			t.Errorf("docs/%s.md shows no example of a connector of its kind", d.Kind)
		}
	}
}

// opens loads a configuration, opens its connectors, and returns their kinds.
func opens(t *testing.T, file string) []string {
	t.Helper()
	p, err := loadPlan(file)
	if err != nil {
		t.Error(err)
		return nil
	}
	var o open
	o.channels, err = openChannels(p, keeping{files: noFiles{}}, &o.wires, slog.New(slog.DiscardHandler))
	if err != nil || len(o.channels) == 0 {
		t.Errorf("%d connectors open: %v", len(o.channels), err)
	}
	var kinds []string
	for _, c := range o.channels {
		kinds = append(kinds, c.Kind)
		if c.Close != nil {
			must(t, c.Close())
		}
	}
	o.wires.close()
	return kinds
}

var yamlBlock = regexp.MustCompile("(?s)```yaml ?([^\n]*)\n(.*?)```")

// examplesOf are the YAML blocks of a page that hold connectors, and the files beside them: blocks that begin "yaml NAME".
func examplesOf(page string) (examples []string, files map[string]string) {
	files = map[string]string{}
	for _, block := range yamlBlock.FindAllStringSubmatch(page, -1) {
		switch name, text := block[1], block[2]; {
		case name != "":
			files[name] = text
		case strings.HasPrefix(text, "- name:"):
			examples = append(examples, "connectors:\n"+text)
		case strings.HasPrefix(text, "connectors:"):
			examples = append(examples, text)
		}
	}
	return examples, files
}

var (
	secretInEnv  = regexp.MustCompile(`\{ *env: *(\w+) *\}`)
	secretInFile = regexp.MustCompile(`(\{ *file: *)([\w/-]+)( *\})`)
)

// exampleFile is a whole configuration with an example's connectors. Its secrets and the files of its page are there.
func exampleFile(t *testing.T, example string, files map[string]string) string {
	t.Helper()
	try, err := os.ReadFile("../../docs/try.yaml")
	must(t, err)
	frame, _, _ := strings.Cut(string(try), "\nconnectors:")
	folder := t.TempDir()
	write := func(name, text string) string {
		for _, env := range secretInEnv.FindAllStringSubmatch(text, -1) {
			t.Setenv(env[1], secretOf(env[1]))
		}
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for name, text := range files {
		write(name, text)
	}
	example = secretInFile.ReplaceAllStringFunc(example, func(reference string) string {
		parts := secretInFile.FindStringSubmatch(reference)
		secret := secretOf(parts[2])
		if strings.HasSuffix(parts[2], "ed25519") {
			secret = privateKey(t)
		}
		return parts[1] + write(filepath.Base(parts[2]), secret) + parts[3]
	})
	return write("gateway.yaml", frame+"\n"+example)
}

// privateKey is one as ssh-keygen writes it.
func privateKey(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(key, "")
	must(t, err)
	return string(pem.EncodeToMemory(block))
}

// secretOf is an invented secret, another for each name, in the form the name leads one to expect: a bot's token has a
// number before it.
func secretOf(name string) string {
	secret := "AAkunci-contoh_0123456789abcdef-" + filepath.Base(name)
	if strings.Contains(strings.ToLower(name), "token") {
		return "123456789:" + secret
	}
	return secret
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
