package connectors

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// counterSettings are those of an invented kind.
type counterSettings struct {
	Desk string  `yaml:"desk" doc:"which desk | or window" required:"true"`
	Mode string  `yaml:"mode" doc:"how it is asked" enum:"slow,quick"`
	Map  Mapping `yaml:"map" doc:"where a complaint's fields come from" required:"true"`
}

func (s *counterSettings) Validate() error {
	var errs []error
	if s.Desk == "0" {
		errs = append(errs, &config.FieldError{Field: "desk", Reason: "must not be 0"})
	}
	return errors.Join(append(errs, s.Map.Validate())...)
}

func counter() Definition {
	return Definition{
		Kind: "counter", Summary: "Complaints told at a counter.",
		Defaults: func() config.Settings { return &counterSettings{Mode: "quick"} },
	}
}

func decodeCounter(t *testing.T, text string) (config.Settings, error) {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		t.Fatal(err)
	}
	settings := counter().Defaults()
	if err := config.Decode(&node, settings, config.Place{File: "gateway.yaml", Path: "connectors[0].settings"}).Err(); err != nil {
		return nil, err
	}
	return settings, nil
}

func TestSettingsAreReadOverTheDefaults(t *testing.T) {
	got, err := decodeCounter(t, "desk: Ranai\nmap: { id: nomor, text: isi }\n")
	if err != nil {
		t.Fatal(err)
	}
	want := &counterSettings{Desk: "Ranai", Mode: "quick", Map: Mapping{"id": {From: "nomor"}, "text": {From: "isi"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryProblemOfTheSettingsPointsAtItsPlace(t *testing.T) {
	got, err := decodeCounter(t, `
desk: "0"
mod: slow
map:
  id: nomor
  text: isi
  reporter.fone: telp
  reported_at: { from: waktu, layout: dd-mm-yyyy }
  class: { expr: "jenis +" }
`)
	if got != nil || err == nil {
		t.Fatalf("got %v, %v", got, err)
	}
	golden(t, "problems.txt", err.Error()+"\n")
}

func TestTheReferenceListsEverySetting(t *testing.T) {
	golden(t, "reference.md", Reference([]Definition{counter()}))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
