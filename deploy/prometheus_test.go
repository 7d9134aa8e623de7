package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

type rule struct {
	Alert, Expr         string
	Labels, Annotations map[string]string
}

func alerts(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	readYAML(t, "prometheus/alerts.yml", &file)
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("there are no alerts")
	}
	return all
}

func TestPromtoolTakesTheRulesTheirTestsAndTheConfiguration(t *testing.T) {
	promtool := need(t, "promtool", "prometheus")
	for _, args := range [][]string{
		{"check", "rules", "prometheus/alerts.yml"},
		{"test", "rules", "prometheus/alerts_test.yml"},
		{"check", "config", "prometheus/prometheus.yml"},
	} {
		if said, err := run(t, promtool, args...); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}

func TestPromtoolUnderstandsEveryQuestionOfTheDashboard(t *testing.T) {
	promtool := need(t, "promtool", "prometheus")
	type recorded struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var rules []recorded
	for _, p := range readDashboard(t).Panels {
		for i, target := range p.Targets {
			expr := strings.ReplaceAll(target.Expr, "$job", ".+")
			rules = append(rules, recorded{fmt.Sprintf("panel:%d:%d", p.ID, i), expr})
		}
	}
	data, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := run(t, promtool, "check", "rules", path); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

var runbook = regexp.MustCompile(`^https://github\.com/satupintu/satupintu/blob/main/docs/operating\.md#([a-z-]+)$`)

func TestEveryAlertSaysWhatToDo(t *testing.T) {
	anchors := anchorsOf(t, "../docs/operating.md")
	for _, a := range alerts(t) {
		if !slices.Contains([]string{"critical", "warning", "info"}, a.Labels["severity"]) {
			t.Errorf("%s: severity %q", a.Alert, a.Labels["severity"])
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("%s has no summary", a.Alert)
		}
		if !strings.Contains(a.Annotations["description"], "`") {
			t.Errorf("%s: its description names no command", a.Alert)
		}
		to := runbook.FindStringSubmatch(a.Annotations["runbook_url"])
		if to == nil || !slices.Contains(anchors, to[1]) {
			t.Errorf("%s: its runbook %q leads nowhere", a.Alert, a.Annotations["runbook_url"])
		}
	}
}

func TestEveryAlertIsSeenToFireAndSeenNotTo(t *testing.T) {
	var file struct {
		Tests []struct {
			Samples []struct {
				Expr    string
				Samples []any `yaml:"exp_samples"`
			} `yaml:"promql_expr_test"`
		}
	}
	readYAML(t, "prometheus/alerts_test.yml", &file)
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, s := range test.Samples {
			if len(s.Samples) > 0 {
				fires[s.Expr] = true
			} else {
				quiet[s.Expr] = true
			}
		}
	}
	for _, a := range alerts(t) {
		expr := fmt.Sprintf(`ALERTS{alertname=%q, alertstate="firing"}`, a.Alert)
		if !fires[expr] || !quiet[expr] {
			t.Errorf("%s: seen to fire %v, seen not to %v", a.Alert, fires[expr], quiet[expr])
		}
		delete(quiet, expr)
	}
	for expr := range quiet {
		t.Errorf("%s is not seen because there is no such alert", expr)
	}
}

func TestTheAlertsAskForTheJobThatPrometheusHas(t *testing.T) {
	var file struct {
		RuleFiles []string `yaml:"rule_files"`
		Scrape    []struct {
			Name    string                       `yaml:"job_name"`
			Targets []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "prometheus/prometheus.yml", &file)
	var jobs []string
	for _, s := range file.Scrape {
		jobs = append(jobs, s.Name)
	}
	if !slices.Contains(jobs, "satupintu") || !slices.Equal(file.RuleFiles, []string{"alerts.yml"}) {
		t.Errorf("jobs %v, rules %v", jobs, file.RuleFiles)
	}
	if got := file.Scrape[0].Targets[0].Targets; !slices.Equal(got, []string{"gateway:9311"}) {
		t.Errorf("asks %v, and compose.yaml calls it gateway:9311", got)
	}
	if !strings.Contains(alerts(t)[0].Expr, `up{job="satupintu"}`) {
		t.Error("the first alert does not ask whether the job satupintu is up")
	}
}
