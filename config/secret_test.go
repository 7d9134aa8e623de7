package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const canary = "jangan-sampai-terlihat"

// everyWay prints values in every way a program does without thinking.
func everyWay(t *testing.T, values ...any) []string {
	t.Helper()
	var out []string
	for _, v := range values {
		for _, verb := range "vsqxXdoObcUeEfFgGtTp" {
			for _, flags := range []string{"", "+", "#", "-30", "030", ".3", " "} {
				out = append(out, fmt.Sprintf("%"+flags+string(verb), v))
			}
		}
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("json of a %T: %v", v, err)
		}
		y, err := yaml.Dump(v)
		if err != nil {
			t.Fatalf("yaml of a %T: %v", v, err)
		}
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "v", v)
		out = append(out, fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("x: %v", v).Error(), string(j), string(y), logged.String())
	}
	return out
}

func TestSecretNeverPrints(t *testing.T) {
	s := NewSecret(canary)
	hidden := struct {
		name string
		key  Secret
		list []Secret
	}{"n", s, []Secret{s}}
	c := loadExample(t)
	c.Privacy.Key = s
	values := []any{
		s, &s, []Secret{s}, map[string]Secret{"token": s}, hidden, &hidden, struct{ Key Secret }{s},
		struct{ Deep *struct{ Key *Secret } }{&struct{ Key *Secret }{&s}}, c.Privacy, portalSettings{Secret: s},
	}
	for i, printed := range everyWay(t, values...) {
		if strings.Contains(printed, canary) || strings.Contains(strings.ToLower(printed), fmt.Sprintf("%x", canary[:6])) {
			t.Fatalf("%d: the secret prints: %s", i, printed)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if printed := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, *c); strings.Contains(printed, canary) {
			t.Errorf("the whole configuration prints the secret with %s", verb)
		}
	}
	if got := fmt.Sprintf("%v|%+v|%#v|%s|%x", s, s, s, s, s); got != strings.Repeat(dots+"|", 4)+dots {
		t.Errorf("prints %s", got)
	}
	if got := s.LogValue().String(); got != dots {
		t.Errorf("logs %s", got)
	}
	text, err := s.MarshalText()
	if err != nil || s.String() != dots || s.GoString() != dots || string(text) != dots {
		t.Errorf("says %s, %s, %s", s.String(), s.GoString(), text)
	}
	if s.Reveal() != canary || !s.Set() {
		t.Error("the secret is lost")
	}
}

func TestSecretsAreEqualByValue(t *testing.T) {
	if !NewSecret("a").Equal(NewSecret("a")) || NewSecret("a").Equal(NewSecret("b")) || NewSecret("").Equal(Secret{}) {
		t.Error("Equal does not compare values")
	}
	if (Secret{}).Set() || (Secret{}).Reveal() != "" {
		t.Error("the zero secret is set")
	}
}

func TestSecretReferences(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "kunci"), "isi berkas\r\n")
	write(t, filepath.Join(dir, "kosong"), "\n")
	write(t, filepath.Join(dir, "besar"), strings.Repeat("x", maxSecret+1))
	write(t, filepath.Join(dir, "creds", "nama"), "isi kredensial\n")
	full := environment("ADA", "nilai", "KOSONG", "", "CREDENTIALS_DIRECTORY", filepath.Join(dir, "creds"))
	tests := []struct {
		name, text, want, wrong string
		env                     func(string) (string, bool)
	}{
		{"variable", "{ env: ADA }", "nilai", "", full},
		{"file", "{ file: kunci }", "isi berkas", "", full},
		{"absolute file", "{ file: " + dir + "/kunci }", "isi berkas", "", full},
		{"credential", "{ cred: nama }", "isi kredensial", "", full},
		{"plain", canary, "", plainSecret, full},
		{"plain and quoted", `"` + canary + `"`, "", plainSecret, full},
		{"number", "12345", "", plainSecret, full},
		{"empty text", `""`, "", plainSecret, full},
		{"list", "[" + canary + "]", "", plainSecret, full},
		{"nothing", "", "", plainSecret, full},
		{"missing variable", "{ env: TIADA }", "", "the environment variable TIADA is not set", full},
		{"empty variable", "{ env: KOSONG }", "", "the environment variable KOSONG is empty", full},
		{"missing file", "{ file: tiada }", "", "cannot read " + dir + "/tiada: no such file or directory", full},
		{"empty file", "{ file: kosong }", "", dir + "/kosong is empty", full},
		{"huge file", "{ file: besar }", "", "too large", full},
		{"folder", "{ file: creds }", "", "it is not a file", full},
		{"missing credential", "{ cred: tiada }", "", "creds/tiada: no such file", full},
		{"credential outside", "{ cred: ../kunci }", "", "want a name, not a path", full},
		{"credential without systemd", "{ cred: nama }", "", "CREDENTIALS_DIRECTORY is not set", environment()},
		{"two references", "{ env: ADA, file: kunci }", "", "one of { env: NAME }", full},
		{"no reference", "{}", "", "one of { env: NAME }", full},
		{"empty reference", `{ env: "" }`, "", "one of { env: NAME }", full},
		{"unknown reference", "{ evn: ADA }", "", `unknown key "evn"; did you mean "env"?`, full},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(minimal, "connectors:", "privacy:\n  key: "+test.text+"\nconnectors:", 1)
			c, err := Loader{Env: test.env}.Parse(filepath.Join(dir, "gateway.yaml"), []byte(text))
			if test.wrong == "" {
				if err != nil || c.Privacy.Key.Reveal() != test.want {
					t.Fatalf("got %q, %v; want %q", c.Privacy.Key.Reveal(), err, test.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.wrong) || !strings.Contains(err.Error(), "privacy.key: ") {
				t.Fatalf("got %v; want %q", err, test.wrong)
			}
			if strings.Contains(err.Error(), canary) || c.Privacy.Key.Reveal() != "" {
				t.Errorf("repeated or kept: %v", err)
			}
		})
	}
}

func TestSecretIsLookedUpInTheProcessEnvironmentByDefault(t *testing.T) {
	t.Setenv("SATUPINTU_UJI", "dari proses")
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	write(t, path, minimal+"privacy: { key: { env: SATUPINTU_UJI } }\n")
	c, err := Load(path)
	if err != nil || c.Privacy.Key.Reveal() != "dari proses" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestWholeDSNMayBeASecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	text := strings.Replace(minimal, "sqlite:natuna.db", "{ env: DSN }", 1)
	env := environment("DSN", "postgres://natuna:"+canary+"@db/aduan")
	c, err := Loader{Env: env}.Parse(path, []byte(text))
	if err != nil || string(c.Store.DSN) != "postgres://natuna:"+canary+"@db/aduan" {
		t.Fatalf("got %v, %v", c.Store.DSN, err)
	}
	if printed := fmt.Sprintf("%+v %#v", c, *c); strings.Contains(printed, canary) {
		t.Error("the configuration prints the DSN's password")
	}
	_, err = Loader{Env: environment("DSN", "mysql://natuna:"+canary+"@db")}.Parse(path, []byte(text))
	if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "store.dsn: want sqlite:FILE") {
		t.Errorf("got %v", err)
	}
}

func TestPipeIsRefusedAsASecretFile(t *testing.T) {
	if _, err := readSecret(os.DevNull); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("got %v", err)
	}
}
