package deploy

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type service struct {
	Image string
	Build struct{ Context, Dockerfile string }
	// DependsOn is a list or a mapping.
	DependsOn   any `yaml:"depends_on"`
	Environment map[string]string
	Command     []string
	Ports       []string
	Volumes     []string
	Secrets     []string
	Healthcheck struct{ Test []string }
}

type compose struct {
	Services map[string]service
	Volumes  map[string]any
	Secrets  map[string]struct{ File string }
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	readYAML(t, "compose.yaml", &c)
	if len(c.Services) == 0 {
		t.Fatal("compose.yaml has no services")
	}
	return c
}

func (s service) dependsOn() []string {
	var names []string
	switch v := s.DependsOn.(type) {
	case []any:
		for _, name := range v {
			names = append(names, name.(string))
		}
	case map[string]any:
		names = slices.Collect(maps.Keys(v))
	}
	return names
}

func TestComposeRefersOnlyToWhatThereIs(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		for _, other := range s.dependsOn() {
			if _, ok := c.Services[other]; !ok {
				t.Errorf("%s depends on %s, which there is not", name, other)
			}
		}
		for _, mount := range s.Volumes {
			from, _, ok := strings.Cut(mount, ":")
			_, named := c.Volumes[from]
			switch {
			case !ok:
				t.Errorf("%s: the volume %q has no place", name, mount)
			case !strings.HasPrefix(from, ".") && !named:
				t.Errorf("%s: the volume %s is not declared", name, from)
			case strings.HasPrefix(from, "."):
				if err := exists(from); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s: the secret %s is not declared", name, secret)
			}
		}
		for key, value := range s.Environment {
			if path, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(s.Secrets, path) {
				t.Errorf("%s: %s reads a secret that is not given to it", name, key)
			}
		}
	}
	if b := c.Services["gateway"].Build; exists(filepath.Join(b.Context, b.Dockerfile)) != nil || exists(filepath.Join(b.Context, "go.mod")) != nil {
		t.Errorf("the gateway is built from %+v, which is not here", b)
	}
}

// An empty image has no program that could look after its health; where there is one, it is used.
func TestHealthIsAskedWhereThereIsAProgramToAsk(t *testing.T) {
	for name, s := range readCompose(t).Services {
		if got := len(s.Healthcheck.Test) > 0; got == (name == "gateway") {
			t.Errorf("%s: health check %v", name, s.Healthcheck.Test)
		}
	}
}

func TestNothingIsPublishedBeyondTheMachineAndMetricsNotAtAll(t *testing.T) {
	for name, s := range readCompose(t).Services {
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s to everybody", name, port)
			}
			if name == "gateway" && strings.HasSuffix(port, ":9311") {
				t.Error("the listener that can reload the gateway is published")
			}
		}
	}
}

var secretPath = regexp.MustCompile(`/run/secrets/([a-z-]+)`)

func TestEverySecretIsGivenIsExplainedAndIsInNoFileHere(t *testing.T) {
	c := readCompose(t)
	explained := text(t, "compose/secrets/README.md")
	for name, secret := range c.Secrets {
		if filepath.Dir(secret.File) != "compose/secrets" || !strings.Contains(explained, "`"+name+"`") {
			t.Errorf("%s stands in %s, or compose/secrets/README.md does not explain it", name, secret.File)
		}
	}
	var used []string
	for _, m := range secretPath.FindAllStringSubmatch(text(t, "compose/gateway.yaml"), -1) {
		used = append(used, m[1])
	}
	given := slices.Clone(c.Services["gateway"].Secrets)
	slices.Sort(used)
	slices.Sort(given)
	if !slices.Equal(used, given) {
		t.Errorf("the configuration names %v, compose gives %v", used, given)
	}
	if kept := text(t, "compose/secrets/.gitignore"); !strings.HasPrefix(kept, "*\n") {
		t.Error("secrets would go into the repository")
	}
}

func TestTheConfigurationsGivenHereAreInOrder(t *testing.T) {
	for path, secrets := range map[string]string{
		"compose/gateway.yaml": "/run/secrets/",
		"systemd/gateway.yaml": "/etc/satupintu/secrets/",
	} {
		folder := t.TempDir()
		words := strings.ReplaceAll(text(t, path), secrets, folder+"/")
		for _, m := range regexp.MustCompile(regexp.QuoteMeta(folder)+`/([a-z-]+)`).FindAllStringSubmatch(words, -1) {
			value := "postgres://satupintu:invented@postgres/satupintu?sslmode=disable-0123456789"
			write(t, filepath.Join(folder, m[1]), value)
		}
		file := filepath.Join(folder, "gateway.yaml")
		write(t, file, words)
		if said, err := run(t, gateway(t), "check", "--config", file); err != nil {
			t.Errorf("%s: %v\n%s", path, err, said)
		}
	}
}

func write(t *testing.T, path, words string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(words), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPrometheusReachesTheGatewayThatComposeStarts(t *testing.T) {
	var cfg struct {
		Server struct{ Listen, Metrics string }
	}
	readYAML(t, "compose/gateway.yaml", &cfg)
	for _, listen := range []string{cfg.Server.Listen, cfg.Server.Metrics} {
		if host, _, err := net.SplitHostPort(listen); err != nil || host != "0.0.0.0" {
			t.Errorf("%s is not reached from other containers", listen)
		}
	}
	_, port, _ := net.SplitHostPort(cfg.Server.Metrics)
	if !strings.Contains(text(t, "prometheus/prometheus.yml"), "[gateway:"+port+"]") {
		t.Errorf("prometheus.yml does not ask port %s", port)
	}
	_, port, _ = net.SplitHostPort(cfg.Server.Listen)
	if !slices.ContainsFunc(readCompose(t).Services["gateway"].Ports, func(p string) bool { return strings.HasSuffix(p, ":"+port) }) {
		t.Errorf("channels do not reach port %s", port)
	}
}

func TestGrafanaFindsItsDataAndItsDashboard(t *testing.T) {
	var sources struct {
		Datasources []struct{ Type, URL string }
	}
	readYAML(t, "grafana/provisioning/datasources/prometheus.yaml", &sources)
	if len(sources.Datasources) != 1 || sources.Datasources[0].Type != "prometheus" || sources.Datasources[0].URL != "http://prometheus:9090" {
		t.Errorf("data sources %+v", sources.Datasources)
	}
	var boards struct {
		Providers []struct{ Options struct{ Path string } }
	}
	readYAML(t, "grafana/provisioning/dashboards/satupintu.yaml", &boards)
	if len(boards.Providers) != 1 {
		t.Fatalf("providers %+v", boards.Providers)
	}
	mount := "./grafana/dashboard.json:" + boards.Providers[0].Options.Path + "/satupintu.json:ro"
	if !slices.Contains(readCompose(t).Services["grafana"].Volumes, mount) {
		t.Errorf("compose.yaml does not mount %s", mount)
	}
}

// instructions are a Dockerfile's, stage by stage.
func instructions(t *testing.T) [][][2]string {
	t.Helper()
	var stages [][][2]string
	for line := range strings.Lines(text(t, "Dockerfile")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, ok := strings.Cut(line, " ")
		if !ok || word != strings.ToUpper(word) {
			t.Fatalf("Dockerfile: %q is no instruction", line)
		}
		if word == "FROM" {
			stages = append(stages, nil)
		}
		if len(stages) == 0 {
			t.Fatalf("Dockerfile: %q stands before the first FROM", line)
		}
		last := len(stages) - 1
		stages[last] = append(stages[last], [2]string{word, rest})
	}
	return stages
}

func TestTheImageIsEmptyButForOneStaticProgramAndRunsAsNobody(t *testing.T) {
	stages := instructions(t)
	if len(stages) != 2 {
		t.Fatalf("%d stages", len(stages))
	}
	made := map[string]string{}
	for _, i := range stages[0] {
		made[i[0]] += i[1] + "\n"
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(text(t, "../go.mod"))[1]
	if made["FROM"] != "golang:"+goVersion+" AS build\n" || !strings.Contains(made["RUN"], "CGO_ENABLED=0 go build") {
		t.Errorf("built from %q by %q; go.mod says %s", made["FROM"], made["RUN"], goVersion)
	}
	if !strings.Contains(made["RUN"], "-X main.release=") || !strings.Contains(text(t, "../cmd/satupintu/version.go"), "\nvar release ") {
		t.Error("the version does not reach the program")
	}
	image := map[string]string{}
	for _, i := range stages[1] {
		image[i[0]] += i[1] + "\n"
	}
	if image["FROM"] != "scratch\n" || image["RUN"] != "" {
		t.Errorf("from %q, runs %q: there is no shell in it", image["FROM"], image["RUN"])
	}
	if !regexp.MustCompile(`^[1-9]\d{3,}:[1-9]\d{3,}\n$`).MatchString(image["USER"]) {
		t.Errorf("user %q: want a number other than root's", image["USER"])
	}
	if !strings.Contains(image["COPY"], "ca-certificates.crt") || image["VOLUME"] != "/var/lib/satupintu\n" || image["EXPOSE"] != "8311 9311\n" {
		t.Errorf("copy %q, volume %q, expose %q", image["COPY"], image["VOLUME"], image["EXPOSE"])
	}
	var entry, command []string
	if json.Unmarshal([]byte(image["ENTRYPOINT"]), &entry) != nil || json.Unmarshal([]byte(image["CMD"]), &command) != nil {
		t.Fatalf("entry point %q and command %q are no lists: they would want a shell", image["ENTRYPOINT"], image["CMD"])
	}
	if !strings.Contains(image["COPY"], "/out/satupintu "+entry[0]+"\n") {
		t.Errorf("%s is not copied there", entry[0])
	}
	if err := takes(t, command...); err != nil {
		t.Error(err)
	}
}
