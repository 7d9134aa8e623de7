package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// counter reads one series of /metrics.
func (r *region) counter(series string) float64 {
	r.Helper()
	response, err := http.Get("http://" + r.metrics + "/metrics")
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "satupintu_"+series+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				r.Fatal(err)
			}
			return n
		}
	}
	return -1
}

func TestABadReloadIsRefusedWholeAndTheOldOneStays(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	t.Setenv("KUNCI_LAMPIRAN", "natuna")
	good, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	const bucket = `"sqlite:natuna.db", files: "s3://lampiran/natuna", s3: { endpoint: "http://127.0.0.1:1", region: ap-southeast-3, ` +
		`access_key: { env: KUNCI_LAMPIRAN }, secret_key: { env: KUNCI_LAMPIRAN } }`
	good = []byte(strings.Replace(string(good), `"sqlite:natuna.db"`, bucket, 1)) // secrets that are read anew are no change
	r.write("gateway.yaml", string(good))
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	reload := func() (int, string) {
		response, err := http.Post("http://"+r.metrics+"/-/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		said, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(said)
	}
	r.write("gateway.yaml", strings.Replace(string(good), "map: { id: ticket", "mapp: { id: ticket", 1))
	if status, said := reload(); status != 500 || !strings.Contains(said, `unknown key "mapp"; did you mean "map"?`) {
		t.Errorf("%d %s", status, said)
	}
	if r.counter("config_last_reload_successful") != 0 {
		t.Error("the metric calls a refused reload a success")
	}
	if r.post(`{"ticket": "1", "message": "lampu"}`) == "" {
		t.Error("the old configuration does not work any more")
	}
	r.write("gateway.yaml", strings.Replace(string(good), "sqlite:natuna.db", "sqlite:lain.db", 1))
	if status, said := reload(); status != 500 || !strings.Contains(said, "restart") {
		t.Errorf("%d %s", status, said)
	}

	r.write("gateway.yaml", strings.Replace(string(good), "text: message", "text: pesan", 1))
	if err := r.running.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.eventually(30*time.Second, "the new mapping is at work", func() bool { return r.post(`{"ticket": "2", "pesan": "air"}`) != "" })
	if r.post(`{"ticket": "3", "message": "lampu"}`) != "" {
		t.Error("the old mapping still works")
	}
	r.eventually(30*time.Second, "ready", r.ready)
	if r.counter("config_last_reload_successful") != 1 {
		t.Error("the metric calls a good reload a failure")
	}
	r.eventually(30*time.Second, "both are delivered", func() bool { return r.audit().Delivered == 2 })
	r.stop()
}

func TestCheckSaysEverythingAtOnceAndOnlineWhatItSaw(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	r.write("inbox/aduan.csv", sheetOf(3))
	if code, out := r.run("check"); code != exitOK || !strings.Contains(out, "is in order") || !strings.Contains(out, "privacy.key is not set") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := r.run("check", "--online"); code != exitOK || !strings.Contains(out, "platform lapor: signed in") || !strings.Contains(out, "connector kantor:") {
		t.Errorf("exit %d: %s", code, out)
	}
	if err := r.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Fault: simulator.Unauthorized}}}); err != nil {
		t.Fatal(err)
	}
	code, out := r.run("check", "--online")
	if code != exitFailed || !strings.Contains(out, "platform lapor: FAILED") || strings.Contains(out, simulator.DefaultToken) {
		t.Errorf("exit %d: %s", code, out)
	}
	good, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.NewReplacer("kind: spreadsheet", "kind: lembar", "rate: 2000/s", "rate: cepat", "channel: 13", "chanel: 13").Replace(string(good))
	r.write("gateway.yaml", bad)
	code, out = r.run("check")
	for _, want := range []string{`"lembar" is not known`, `national.rate`, `did you mean "channel"?`} {
		if code != exitFailed || !strings.Contains(out, want) {
			t.Errorf("exit %d, no word of %s in:\n%s", code, want, out)
		}
	}
}

func TestQueueOrdersBesideARunningGateway(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	if err := r.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Call: simulator.CallCreate, Fault: simulator.Refuse, Word: "ditolak", Message: "Bukan layanan publik"}}}); err != nil {
		t.Fatal(err)
	}
	must := func(want int, args ...string) string {
		t.Helper()
		code, out := r.run(args...)
		if code != want {
			t.Errorf("%v: exit %d, want %d: %s", args, code, want, out)
		}
		return out
	}
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	must(exitOK, "queue", "pause", "--for", "1h", "--reason", "pemeliharaan")
	r.eventually(20*time.Second, "paused", func() bool { return r.counter(`forwarding_paused{reason="operator"}`) == 1 })
	bad, good := r.post(`{"ticket": "1", "message": "ini ditolak"}`), r.post(`{"ticket": "2", "message": "air keruh"}`)
	if out := must(exitOK, "queue", "list"); !strings.Contains(out, bad) || !strings.Contains(out, good) {
		t.Error(out)
	}
	must(exitOK, "queue", "resume")
	r.eventually(30*time.Second, "one is delivered, one dead", func() bool { l := r.audit(); return l.Delivered == 1 && l.Dead == 1 })
	var entries []store.Entry
	if err := json.Unmarshal([]byte(must(exitOK, "queue", "list", "--json", "--state", "dead")), &entries); err != nil || len(entries) != 1 || string(entries[0].Ref) != bad {
		t.Errorf("%v: %+v", err, entries)
	}
	if out := must(exitOK, "queue", "show", bad); !strings.Contains(out, "Bukan layanan publik") || strings.Contains(out, "ini ditolak") {
		t.Error(out)
	}
	r.sim.ClearFaults()
	must(exitOK, "queue", "retry", bad)
	r.eventually(30*time.Second, "the retried one is delivered", func() bool { return r.audit().Delivered == 2 })
	must(exitFailed, "queue", "drop", good, "--reason", "salah")
	must(exitUsage, "queue", "drop", good)
	must(exitUsage, "queue", "show", "bukan-acuan")
	must(exitFailed, "queue", "show", "SP-000000000000000")
	must(exitUsage, "queue", "resolve", good)
	must(exitUsage, "queue", "list", "--state", "hilang")
	must(exitOK, "queue", "refused")
	must(exitOK, "queue", "untold", "--json")
	must(exitUsage, "queue", "retire", "portal") // it is in the configuration
	if out := must(exitFailed, "queue", "retire", "situs-lama"); !strings.Contains(out, "check the name") {
		t.Error(out)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(r.folder, "natuna.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Listen(t.Context(), []string{"situs-lama"}, nil), s.Close()); err != nil { // as it was before it left the configuration
		t.Fatal(err)
	}
	if out := must(exitOK, "queue", "retire", "situs-lama"); !strings.Contains(out, "situs-lama is told nothing more; 0 waited to be told") {
		t.Error(out)
	}
	r.stop()
}

func TestCommandsThatNeedNoConfiguration(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--help"}, exitOK, "Exit codes"},
		{[]string{"connectors", "list"}, exitOK, "spreadsheet"},
		{[]string{"connectors", "list", "--json"}, exitOK, `"kind":"webhook"`},
		{[]string{"connectors", "describe", "webhook"}, exitOK, "callback"},
		{[]string{"connectors", "describe", "fax"}, exitFailed, "webhook"},
		{[]string{"version", "--json"}, exitOK, `"go":`},
		{[]string{"completion", "bash"}, exitOK, "satupintu"},
		{[]string{"fly"}, exitUsage, "unknown command"},
		{[]string{"queue", "fly"}, exitUsage, "unknown command"},
		{[]string{"queue"}, exitOK, "pause"},
		{[]string{"check", "gateway.yaml"}, exitUsage, "check takes no argument: name the file with --config FILE"},
		{[]string{"run", "gateway.yaml"}, exitUsage, "run takes no argument: name the file with --config FILE"},
		{[]string{"version", "semua"}, exitUsage, `version takes no argument, and "semua" is one: satupintu version`},
		{[]string{"queue", "show"}, exitUsage, "show: 0 arguments given, want 1: satupintu queue show REF"},
		{[]string{"duplicates", "link", "SP-1"}, exitUsage, "link: 1 arguments given, want 2: satupintu duplicates link REF PRIMARY"},
		{[]string{"preview"}, exitUsage, "preview: 0 arguments given, want 1: satupintu preview CONNECTOR"},
		{[]string{"run", "--colour"}, exitUsage, "unknown flag"},
		{[]string{"check", "--config", "/nowhere/gateway.yaml"}, exitFailed, "/nowhere/gateway.yaml: cannot be read: no such file or directory; go to its folder (/etc/satupintu) or give --config FILE\n"},
	} {
		var out bytes.Buffer
		if code := execute(t.Context(), c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: exit %d, want %d and %q in:\n%s", c.args, code, c.code, c.want, out.String())
		}
	}
}

func TestAnAuditThatDoesNotBalanceExitsWithOne(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	r.start()
	r.eventually(30*time.Second, "a complaint is delivered", func() bool {
		return r.post(`{"ticket": "1", "message": "air keruh"}`) != "" && r.audit().Delivered == 1
	})
	r.stop()
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(r.folder, "natuna.db")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Handle().Exec("DELETE FROM ticket"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"audit"}, {"audit", "--json"}} {
		code, out := r.run(args...)
		if code != exitFailed || !strings.Contains(out, "1 complaints have no delivery and no ticket") {
			t.Errorf("exit %d: %s", code, out)
		}
	}
}

// After a long stop what people said waits, as deliveries do; only of a connector that is gone nobody ever looks at it.
func TestAnAuditAfterALongStopFindsNoFaultButForAConnectorThatIsGone(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	dsn := "sqlite:" + filepath.Join(r.folder, "natuna.db")
	hear := func(source string) {
		t.Helper()
		s, err := store.Open(t.Context(), store.Options{DSN: dsn, Now: func() time.Time { return time.Now().Add(-3 * time.Hour) }})
		if err != nil {
			t.Fatal(err)
		}
		said := []connectors.Message{{ID: "1", Sender: "warga", Text: "Lampu di dermaga Sedanau mati"}}
		if _, err := s.Keep(t.Context(), store.Page{Source: source, Messages: said, Joining: store.Joining{Within: time.Minute, Longest: time.Hour}}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	hear("portal")
	if code, out := r.run("audit"); code != exitOK || !strings.Contains(out, "senders looked at too late") {
		t.Errorf("of a connector that is there: exit %d: %s", code, out)
	}
	hear("wa-lama")
	if code, out := r.run("audit"); code != exitFailed || !strings.Contains(out, `no connector is named "wa-lama"`) || strings.Contains(out, `"portal"`) {
		t.Errorf("of one that is gone: exit %d: %s", code, out)
	}
}

func TestOneMistakeIsReportedOnce(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", "  - { name: portal, kind: webhook, settings: { bearer: { env: PORTAL_TOKEN } } }\n")
	code, out := r.run("check")
	if code != exitFailed || strings.Count(strings.TrimSpace(out), "\n") != 0 || !strings.Contains(out, `missing required key "map"`) {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

func TestCheckSaysWhatThisVersionCannotDoYet(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	good, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	r.write("users.yaml", "[]")
	r.write("gateway.yaml", string(good)+"users: users.yaml\n")
	code, out := r.run("check")
	if code != exitOK || !strings.Contains(out, "users is read and not used yet") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestCheckOnlineAsksTheBucket(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	good, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	bucket := `"sqlite:natuna.db", files: "s3://lampiran/natuna", s3: { endpoint: "http://127.0.0.1:1", region: ap-southeast-3 }`
	r.write("gateway.yaml", strings.Replace(string(good), `"sqlite:natuna.db"`, bucket, 1))
	if code, out := r.run("check"); code != exitOK {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := r.run("check", "--online"); code != exitFailed || !strings.Contains(out, "store.files: FAILED: write to the bucket: ") {
		t.Errorf("exit %d: %s", code, out)
	}
}
