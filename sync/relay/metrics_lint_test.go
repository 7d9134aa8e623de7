package relay_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// everything is a channel with every ability, so that every series there can be is expected.
type everything struct{}

func (everything) Poll(context.Context, connectors.Cursor) (connectors.Page, error) {
	return connectors.Page{}, nil
}
func (everything) Receive(*http.Request) (connectors.Received, error) {
	return connectors.Received{}, nil
}
func (everything) Acknowledge(context.Context, connectors.Page) error         { return nil }
func (everything) WriteStatus(context.Context, connectors.StatusChange) error { return nil }
func (everything) Check(context.Context) (string, error)                      { return "", nil }
func (everything) Say(context.Context, connectors.Saying) error               { return nil }
func (e everything) connector() connectors.Connector {
	return connectors.Connector{Poll: e, Receive: e, Acknowledge: e, WriteStatus: e, Say: e, Check: e, JoinWithin: time.Minute}
}

// noted is a registry that remembers the names of what is registered: a vector without series is not gathered.
type noted struct {
	*prometheus.Registry
	names []string
}

var describedName = regexp.MustCompile(`fqName: "([^"]+)"`)

func (n *noted) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		descriptions := make(chan *prometheus.Desc, 8)
		c.Describe(descriptions)
		close(descriptions)
		for d := range descriptions {
			n.names = append(n.names, describedName.FindStringSubmatch(d.String())[1])
		}
	}
	n.Registry.MustRegister(cs...)
}

func expected(t *testing.T) *noted {
	t.Helper()
	reg := &noted{Registry: prometheus.NewRegistry()}
	relay.NewMetrics(reg).Expect([]relay.Channel{
		{Name: "portal", Kind: "webhook", Connector: everything{}.connector()},
		{Name: "kantor-camat", Kind: "spreadsheet", Connector: everything{}.connector()},
	})
	return reg
}

func TestTheNamesOfMetricsFollowPrometheusCustoms(t *testing.T) {
	problems, err := testutil.GatherAndLint(expected(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestPromtoolFindsNothingWrongWithTheMetrics(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("SATUPINTU_TEST") == "all" {
			t.Fatal("promtool is not here: apt-get install prometheus")
		}
		t.Skip("promtool is not here (apt-get install prometheus): the metrics are not checked by it")
	}
	reg := expected(t)
	text, err := testutil.GatherAndFormat(reg, expfmt.TypeTextPlain, reg.names...)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) == 0 {
		t.Fatal("there is nothing to check")
	}
	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = bytes.NewReader(text)
	if said, err := check.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, said)
	}
}

func TestEveryMetricHasItsSeriesAtZeroBeforeAnythingHappens(t *testing.T) {
	reg := expected(t)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var gathered []string
	for _, f := range families {
		gathered = append(gathered, f.GetName())
		for _, m := range f.GetMetric() {
			if v := valueOf(m); v != 0 {
				t.Errorf("%s %v starts at %v", f.GetName(), m.GetLabel(), v)
			}
		}
	}
	slices.Sort(reg.names)
	if !slices.Equal(gathered, reg.names) {
		t.Errorf("registered: %v\nwith series: %v", reg.names, gathered)
	}
}

func valueOf(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
}

func TestEveryValueOfAClosedLabelHasItsSeries(t *testing.T) {
	reg := expected(t)
	const channels = 2
	reasons, states := len(retry.Reasons()), len(store.States())
	for name, want := range map[string]int{
		"satupintu_intake_complaints_total":              3 * channels,
		"satupintu_intake_refused_total":                 channels * (len(relay.RequestRefusals()) + len(connectors.SetAsideCauses())),
		"satupintu_intake_duration_seconds":              channels,
		"satupintu_duplicates_total":                     len(dedup.Kinds()),
		"satupintu_duplicate_reviews_total":              2,
		"satupintu_duplicate_reviews_waiting":            1,
		"satupintu_routed_total":                         2,
		"satupintu_connector_polls_total":                2 * channels,
		"satupintu_delivery_attempts_total":              reasons,
		"satupintu_backsync_polls_total":                 reasons,
		"satupintu_writebacks_total":                     reasons * channels,
		"satupintu_deliveries":                           states,
		"satupintu_writebacks":                           4,
		"satupintu_forwarding_paused":                    5,
		"satupintu_panics_total":                         10,
		"satupintu_messages":                             5,
		"satupintu_messages_total":                       6 * channels,
		"satupintu_message_files_total":                  2 * channels,
		"satupintu_sayings_total":                        reasons * channels,
		"satupintu_follow_up_attempts_total":             reasons,
		"satupintu_follow_ups":                           6,
		"satupintu_oldest_undelivered_timestamp_seconds": 1,
	} {
		if got, err := testutil.GatherAndCount(reg, name); err != nil || got != want {
			t.Errorf("%s has %d series (%v), want %d", name, got, err, want)
		}
	}
}

func TestAChannelIsExpectedToDoOnlyWhatItCan(t *testing.T) {
	reg := prometheus.NewRegistry()
	relay.NewMetrics(reg).Expect([]relay.Channel{{Name: "desa", Connector: connectors.Connector{Poll: everything{}, Check: everything{}}}})
	for name, want := range map[string]int{
		"satupintu_connector_polls_total":   2,
		"satupintu_intake_duration_seconds": 0,
		"satupintu_writebacks_total":        0,
		"satupintu_messages_total":          0,
		"satupintu_sayings_total":           0,
		"satupintu_intake_refused_total":    len(connectors.SetAsideCauses()),
	} {
		if got, err := testutil.GatherAndCount(reg, name); err != nil || got != want {
			t.Errorf("%s has %d series (%v), want %d", name, got, err, want)
		}
	}
}
