package deploy

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/relay"
)

type channel struct{}

func (channel) Poll(context.Context, connectors.Cursor) (connectors.Page, error) {
	return connectors.Page{}, nil
}
func (channel) Receive(*http.Request) (connectors.Received, error) {
	return connectors.Received{}, nil
}
func (channel) WriteStatus(context.Context, connectors.StatusChange) error { return nil }
func (channel) Say(context.Context, connectors.Saying) error               { return nil }

// metric is a metric with its labels and the values that are known beforehand.
type metric struct {
	kind   string
	labels map[string][]string
}

// openLabels have values that belong to an installation, or to Prometheus.
var openLabels = []string{"connector", "instance", "job", "version", "goversion", "le"}

// metrics are those the gateway has, by name.
func metrics(t *testing.T) map[string]metric {
	t.Helper()
	reg := prometheus.NewRegistry()
	c := channel{}
	relay.NewMetrics(reg).Expect([]relay.Channel{{Name: "portal", Connector: connectors.Connector{Poll: c, Receive: c, WriteStatus: c, Say: c, JoinWithin: time.Minute}}})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]metric{}
	for _, f := range families {
		m := metric{strings.ToLower(f.GetType().String()), map[string][]string{}}
		for _, series := range f.GetMetric() {
			for _, l := range series.GetLabel() {
				m.labels[l.GetName()] = append(m.labels[l.GetName()], l.GetValue())
			}
		}
		found[f.GetName()] = m
	}
	found["satupintu_build_info"] = buildInfo(t)
	return found
}

// buildInfo is registered by the program itself.
func buildInfo(t *testing.T) metric {
	t.Helper()
	source := text(t, "../cmd/satupintu/run.go")
	for _, word := range []string{"satupintu_build_info", "version", "goversion", "store"} {
		if !strings.Contains(source, `"`+word+`"`) {
			t.Fatalf("cmd/satupintu/run.go says nothing of %q: what is satupintu_build_info like now?", word)
		}
	}
	return metric{"gauge", map[string][]string{"version": nil, "goversion": nil, "store": {"sqlite", "postgres"}}}
}

var (
	selector = regexp.MustCompile(`(satupintu_[a-z0-9_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	template = regexp.MustCompile(`\{\{\s*([a-z_]+)\s*\}\}|\$labels\.([a-z_]+)`)
)

// wrongUses says what a text gets wrong about the metrics: names, labels and values that there are not.
func wrongUses(known map[string]metric, words string) []string {
	var wrong []string
	for _, use := range selector.FindAllStringSubmatch(words, -1) {
		m, ok := known[baseName(known, use[1])]
		if !ok {
			wrong = append(wrong, "there is no metric "+use[1])
			continue
		}
		for _, label := range matcher.FindAllStringSubmatch(use[2], -1) {
			if why := m.wrongMatch(label[1], label[2], label[3]); why != "" {
				wrong = append(wrong, use[1]+": "+why)
			}
		}
	}
	return append(wrong, wrongLabels(known, words)...)
}

func wrongLabels(known map[string]metric, words string) []string {
	var wrong []string
	for _, list := range grouping.FindAllStringSubmatch(words, -1) {
		for name := range strings.SplitSeq(list[1], ",") {
			if name = strings.TrimSpace(name); !anyLabel(known, name) {
				wrong = append(wrong, "no metric has the label "+name)
			}
		}
	}
	for _, use := range template.FindAllStringSubmatch(words, -1) {
		if name := use[1] + use[2]; !anyLabel(known, name) {
			wrong = append(wrong, "no metric has the label "+name)
		}
	}
	return wrong
}

func anyLabel(known map[string]metric, name string) bool {
	if slices.Contains(openLabels, name) {
		return true
	}
	for _, m := range known {
		if _, ok := m.labels[name]; ok {
			return true
		}
	}
	return false
}

// baseName is a metric's name without what a histogram's series add.
func baseName(known map[string]metric, name string) string {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && known[base].kind == "histogram" {
			return base
		}
	}
	return name
}

// wrongMatch says why a label's matcher is wrong: every alternative of a pattern must be a value that there is.
func (m metric) wrongMatch(label, op, value string) string {
	values, ok := m.labels[label]
	switch {
	case slices.Contains([]string{"instance", "job", "le"}, label):
		return ""
	case !ok:
		return "it has no label " + label
	case slices.Contains(openLabels, label):
		return ""
	}
	wanted := []string{value}
	if strings.HasSuffix(op, "~") {
		wanted = strings.Split(value, "|")
	}
	for _, want := range wanted {
		if !slices.Contains(values, want) {
			return label + " is never " + want
		}
	}
	return ""
}

func TestAlertsTheirTestsAndTheDashboardNameOnlyWhatThereIs(t *testing.T) {
	known := metrics(t)
	for _, path := range []string{"prometheus/alerts.yml", "prometheus/alerts_test.yml", "grafana/dashboard.json"} {
		var document any
		readYAML(t, path, &document) // JSON is YAML
		seen := 0
		stringsIn(document, func(words string) {
			seen += len(selector.FindAllString(words, -1))
			for _, wrong := range wrongUses(known, words) {
				t.Errorf("%s: %s, in %s", path, wrong, words)
			}
		})
		if seen == 0 {
			t.Errorf("%s names no metric at all", path)
		}
	}
}

func TestAWrongNameLabelOrValueIsFound(t *testing.T) {
	known := metrics(t)
	for words, want := range map[string]string{
		`satupintu_deliverys`:                            "there is no metric satupintu_deliverys",
		`satupintu_deliveries{stat="dead"}`:              "satupintu_deliveries: it has no label stat",
		`satupintu_deliveries{state="deed"}`:             "satupintu_deliveries: state is never deed",
		`satupintu_deliveries{state=~"dead|gone"}`:       "satupintu_deliveries: state is never gone",
		`satupintu_deliveries_count`:                     "there is no metric satupintu_deliveries_count",
		`sum by (stage) (up)`:                            "no metric has the label stage",
		`{{ $labels.channel }} is silent`:                "no metric has the label channel",
		`{{stage}}`:                                      "no metric has the label stage",
		`satupintu_intake_duration_seconds_bucket`:       "",
		`satupintu_intake_duration_seconds{portal="x"}`:  "satupintu_intake_duration_seconds: it has no label portal",
		`satupintu_forwarding_paused{reason="operator"}`: "",
	} {
		got := strings.Join(wrongUses(known, words), "; ")
		if got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
}

func TestEveryKindOfMetricIsOneOfThree(t *testing.T) {
	for name, m := range metrics(t) {
		if !slices.Contains([]string{"counter", "gauge", "histogram"}, m.kind) {
			t.Errorf("%s is a %s", name, m.kind)
		}
		for label := range m.labels {
			if label == "instance" || label == "job" {
				t.Errorf("%s has the label %s, which is Prometheus's own", name, label)
			}
		}
	}
	if dto.MetricType_HISTOGRAM.String() != "HISTOGRAM" {
		t.Error("kinds are no longer named as this test reads them")
	}
}
