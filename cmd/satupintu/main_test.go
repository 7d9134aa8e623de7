package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// asProgram makes the test binary run as satupintu itself, so that a test can kill it as a power cut would.
const asProgram = "SATUPINTU_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		signIn()
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx = byClock(dieAt(ctx, os.Getenv(deathPoint)), os.Getenv(clockFile))
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// deathPoint names where the program dies as by kill -9, and at which passing: "create:answer#3".
const deathPoint = "SATUPINTU_DIE_AT"

func dieAt(ctx context.Context, where string) context.Context {
	name, nth, _ := strings.Cut(where, "#")
	if name == "" {
		return ctx
	}
	left := new(atomic.Int64)
	n, err := strconv.ParseInt(nth, 10, 64)
	left.Store(max(n, 1))
	if err != nil && nth != "" {
		return ctx
	}
	return context.WithValue(ctx, pointsKey{}, func(p relay.Point) {
		if string(p) == name && left.Add(-1) == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing more happens here
		}
	})
}

// region is a folder with a configuration, a simulated platform, and the programs a test runs there.
type region struct {
	testing.TB
	folder  string
	file    string
	binary  string // of satupintu; empty: the test's own
	sim     *simulator.Simulator
	intake  string
	metrics string
	running *exec.Cmd
	log     *os.File
	wrong   *wrong
}

// wrong repeats below a long log what a test found: who sees only the end of the output sees why.
type wrong struct {
	mu    sync.Mutex
	found []string
}

func (w *wrong) add(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line, _, _ := strings.Cut(text, "\n")
	w.found = append(w.found, line)
}

func (w *wrong) first(n int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.found[:min(n, len(w.found))], "\n")
}

func (r *region) Errorf(format string, args ...any) {
	r.Helper()
	r.wrong.add(fmt.Sprintf(format, args...))
	r.TB.Errorf(format, args...)
}

func (r *region) Fatalf(format string, args ...any) {
	r.Helper()
	r.wrong.add(fmt.Sprintf(format, args...))
	r.TB.Fatalf(format, args...)
}

// newRegion writes a configuration whose parts a test may replace: store.dsn, connectors, and what becomes of complaints
// at the platform (without a scenario, nothing).
func newRegion(t testing.TB, dsn, connectors string, scenarios ...simulator.Scenario) *region {
	t.Helper()
	if len(scenarios) == 0 {
		scenarios = simulator.Still()
	}
	r := &region{TB: t, folder: t.TempDir(), sim: simulator.New(simulator.Options{Search: true, Lean: true, Scenarios: scenarios}), wrong: &wrong{}}
	platform := httptest.NewServer(r.sim)
	t.Cleanup(platform.Close)
	r.intake, r.metrics = freeAddress(t), freeAddress(t)
	r.file = r.write("gateway.yaml", fmt.Sprintf(`
region: { code: "21.03", name: Kabupaten Natuna }
store: { dsn: %q }
server: { listen: %s, metrics: %s }
national:
  kind: lapor
  rate: 2000/s
  concurrency: 16
  timeout: 1s
  settings:
    base_url: %s
    headers: { Authorization: { env: LAPOR_AUTHORIZATION }, token: { env: LAPOR_TOKEN } }
    channel: 13
    lookup: search
    search: { path: complaints/search, query: { keyword: "{ref}" }, items: results.data, id: id, text: content }
delivery:
  backoff: { first: 200ms, max: 1s, factor: 2, jitter: 0.2 }
  settle: 2s
  lease: 5s
  breaker: { failures: 5, open_for: 2s }
dedup: { review_above: 1 } # complaints of tests are much alike: all are compared, nobody is asked
routing:
  fallback: { agency: "21030", category: "15" }
connectors:
%s`, dsn, r.intake, r.metrics, platform.URL, connectors))
	log, err := os.Create(filepath.Join(r.folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	r.log = log
	t.Cleanup(func() {
		r.kill()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("the gateway's log:\n%s\nwhat was wrong:\n%s", said, r.wrong.first(10))
		}
		_ = log.Close()
	})
	return r
}

// portalToken is what the channels of tests sign in with, and are signed in with.
const portalToken = "token-portal-natuna"

// signIn puts the credentials of tests where configurations look for them.
func signIn() {
	for name, value := range map[string]string{
		"LAPOR_AUTHORIZATION": simulator.DefaultAuth, "LAPOR_TOKEN": simulator.DefaultToken, "PORTAL_TOKEN": portalToken,
	} {
		_ = os.Setenv(name, value) // it is a name
	}
}

func (r *region) write(name, content string) string {
	r.Helper()
	path := filepath.Join(r.folder, name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o600))
	if err != nil {
		r.Fatal(err)
	}
	return path
}

func (r *region) config() string { return r.file }

// addresses are those that freeAddress gave somebody.
var addresses sync.Map

// freeAddress is an address nobody listens on, and nobody was given before: what is free is soon given out again.
func freeAddress(t testing.TB) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, given := addresses.LoadOrStore(address, true); !given {
			return address
		}
	}
}

// program is satupintu as a process of its own.
func (r *region) program(args ...string) *exec.Cmd {
	r.Helper()
	binary := r.binary
	if binary == "" {
		binary = os.Args[0]
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = r.log, r.log
	return cmd
}

func (r *region) start() {
	r.Helper()
	r.running = r.program("run", "--config", r.config())
	if err := r.running.Start(); err != nil {
		r.Fatal(err)
	}
}

func (r *region) kill() {
	if r.running != nil {
		_ = r.running.Process.Kill()
		_ = r.running.Wait()
		r.running = nil
	}
}

// stop sends SIGTERM and returns how long the gateway took to end.
func (r *region) stop() time.Duration {
	r.Helper()
	began := time.Now()
	if err := r.running.Process.Signal(syscall.SIGTERM); err != nil {
		r.Fatal(err)
	}
	if err := r.running.Wait(); err != nil {
		r.Errorf("the gateway ended with %v", err)
	}
	r.running = nil
	return time.Since(began)
}

// run runs a command in this process and returns its exit code and what it printed.
func (r *region) run(args ...string) (int, string) {
	r.Helper()
	var out bytes.Buffer
	code := execute(r.Context(), append(args, "--config", r.config()), &out, &out)
	return code, out.String()
}

func (r *region) audit() store.Ledger {
	r.Helper()
	code, out := r.run("audit", "--json")
	var ledger store.Ledger
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &ledger); err != nil {
		r.Fatalf("audit: exit %d, %s", code, out)
	}
	if (code == 0) != ledger.Balanced || !ledger.Balanced {
		r.Errorf("audit: exit %d, %s", code, out)
	}
	return ledger
}

// eventually waits until a condition holds.
func (r *region) eventually(limit time.Duration, what string, holds func() bool) {
	r.Helper()
	if !r.comesTo(limit, holds) {
		r.Fatalf("after %s still not: %s", limit, what)
	}
}

// comesTo waits until a condition holds; false when it does not in time.
func (r *region) comesTo(limit time.Duration, holds func() bool) bool {
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (r *region) ready() bool {
	response, err := http.Get("http://" + r.metrics + "/-/ready")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// post sends one complaint to the portal; it returns the reference, empty when it was not acknowledged.
func (r *region) post(body string) string {
	return sendTo(r.Context(), r.intake, "application/json", strings.NewReader(body))
}

// exactlyOnce checks at the platform that each delivered complaint is there once, and that nothing else is.
func (r *region) exactlyOnce(delivered int64) {
	r.Helper()
	times := map[string]int{}
	for _, c := range r.sim.Complaints() {
		lines := strings.Split(strings.TrimSpace(c.Content), "\n")
		times[lines[len(lines)-1]]++
	}
	for marker, n := range times {
		if n != 1 || !strings.HasPrefix(marker, "[Ref SP-") {
			r.Errorf("%s is %d times at the platform", marker, n)
		}
	}
	if int64(len(times)) != delivered {
		r.Errorf("%d complaints are at the platform, the ledger says %d", len(times), delivered)
	}
}
