package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestASecretThatIsNotSetIsOneMistakeAndNoOther(t *testing.T) {
	variable := regexp.MustCompile(`env: ([A-Z_]+) \}`)
	check := func(r *region, content string) {
		t.Helper()
		want := map[string]bool{}
		for _, line := range strings.Split(content, "\n") {
			line, _, _ = strings.Cut(line, "#")
			for _, found := range variable.FindAllStringSubmatch(line, -1) {
				want[found[1]] = true
				if value, was := os.LookupEnv(found[1]); was {
					t.Setenv(found[1], value) // put back after the test
					_ = os.Unsetenv(found[1])
				}
			}
		}
		r.write("gateway.yaml", content)
		_, out := r.run("check")
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			if !strings.Contains(line, "the environment variable ") {
				t.Errorf("a mistake that is none: %s", line)
			}
		}
		for name := range want {
			if strings.Count(out, "variable "+name+" is not set") == 0 {
				t.Errorf("no word of %s in:\n%s", name, out)
			}
		}
	}
	r := newRegion(t, "sqlite:natuna.db", `
  - { name: kecamatan, kind: spreadsheet, settings: { upload: { bearer: { env: TIDAK_ADA } }, map: { id: No, text: Laporan } } }
  - { name: desa, kind: sql, settings: { preset: opensid, dsn: { env: TIDAK_ADA_JUGA } } }
  - { name: portal, kind: webhook, settings: { secret: { env: TIDAK_ADA_PULA }, map: { id: a, text: b } } }
`)
	own, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	check(r, string(own))
	example, err := os.ReadFile("../../docs/gateway.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	check(r, string(example))
}
