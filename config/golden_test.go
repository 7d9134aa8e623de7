package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTenMistakesGiveTenMessagesWithLineAndColumn(t *testing.T) {
	c, err := Loader{Env: environment()}.Load("testdata/ten-mistakes.yaml")
	var problems Problems
	if !errors.As(err, &problems) || c == nil {
		t.Fatalf("config %v, error %T: %v", c != nil, err, err)
	}
	for i := range c.Connectors {
		problems = append(problems, c.Connectors[i].Decode(&portalSettings{Method: "POST"})...)
	}
	got := problems.Err().Error() + "\n"
	golden := "testdata/ten-mistakes.golden"
	if *update {
		write(t, golden, got)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(problems) != 10 {
		t.Errorf("%d messages for ten mistakes", len(problems))
	}
	for _, secret := range []string{"rahasia@", "kata-sandi"} {
		if strings.Contains(got, secret) {
			t.Errorf("a message repeats a secret: %s", secret)
		}
	}
}

func TestMessageFormIsFileLineColumnPathReason(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "gateway.yaml", minimal+`  - name: dua
    kind: webhook
    settings:
      methd: POST
`)
	c, err := Load("gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := c.Connectors[1].Decode(&portalSettings{}).Error()
	want := `gateway.yaml:10:7: connectors[1].settings: unknown key "methd"; did you mean "method"?`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// minimal is the least a gateway needs, with one connector.
const minimal = `region: { code: "21.03" }
store: { dsn: sqlite:natuna.db }
national: { kind: manual }
routing: { fallback: { agency: "21030" } }
connectors:
  - { name: satu, kind: webhook }
`

// parseIn parses text as a file in a folder of its own.
func parseIn(t *testing.T, text string) (*Config, Problems) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	write(t, path, text)
	c, err := Loader{Env: environment("ADA", "nilai")}.Load(path)
	var problems Problems
	if err != nil && !errors.As(err, &problems) {
		t.Fatalf("error is a %T: %v", err, err)
	}
	return c, problems
}

// lines are problems without the folder of the file.
func lines(problems Problems) string {
	out := make([]string, len(problems))
	for i, p := range problems {
		p.At.File = filepath.Base(p.At.File)
		out[i] = p.String()
	}
	return strings.Join(out, "\n")
}
