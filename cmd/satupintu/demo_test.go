package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// whole skips a demonstration that runs to its end, unless all tests are asked for.
func whole(t *testing.T) {
	t.Helper()
	if testing.Short() || os.Getenv("SATUPINTU_TEST") != "all" {
		t.Skip("takes a quarter of a minute: set SATUPINTU_TEST=all and leave -short out")
	}
}

var ledgerLine = regexp.MustCompile(`^ledger: balanced, accepted=(\d+) delivered=(\d+) linked=(\d+) lost=0$`)

// ownTemp makes the demonstration's folder lie where the test can see it.
func ownTemp(t *testing.T) string {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	return temp
}

func TestTheDemonstrationEndsWithABalancedLedger(t *testing.T) {
	whole(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	temp := ownTemp(t)
	var out strings.Builder
	n := demoCrowd()
	d := &demo{seed: 7, crowd: n, patience: 5 * time.Minute, out: &out} // the race detector is slow
	if err := d.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	// Whoever told again what the platform then closed unheard is at the platform too.
	last := lines[len(lines)-1]
	var accepted, delivered, linked int
	_, err := fmt.Sscanf(last, "ledger: balanced, accepted=%d delivered=%d linked=%d lost=0", &accepted, &delivered, &linked)
	if err != nil || accepted != n.portal+n.counter || delivered+linked != accepted || linked < 1 || linked > n.again+n.acrossAgain || !ledgerLine.MatchString(last) {
		t.Errorf("the last line is %q (%v)", last, err)
	}
	for _, want := range []string{
		"sent twice, one ticket", "same reporter, exactly the same text", "found by lookup", "with photo", "set aside: rekap-aduan.csv row",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not show %q:\n%s", want, out.String())
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind (%v)", left, err)
	}
}

// watcher is an output that tells when a text was written.
type watcher struct {
	word  string
	found func()

	mu  sync.Mutex
	all strings.Builder
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	if w.found != nil && strings.Contains(w.all.String(), w.word) {
		w.found()
		w.found = nil
	}
	return len(p), nil
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

func TestADemonstrationThatIsInterruptedLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	temp := ownTemp(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := &watcher{word: "accepted 0 ", found: interrupt}
	var errOut strings.Builder
	if code := execute(ctx, []string{"demo"}, out, &errOut); code != exitFailed || !strings.Contains(errOut.String(), "interrupted") {
		t.Errorf("exit code %d: %s\n%s", code, errOut.String(), out)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind (%v)", left, err)
	}
}

func TestADemonstrationThatIsKeptRunsUntilItIsInterrupted(t *testing.T) {
	whole(t)
	temp := ownTemp(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := &watcher{word: "ledger: balanced", found: interrupt}
	d := &demo{seed: 7, keep: true, crowd: crowd{portal: 14, counter: 6, again: 2, acrossAgain: 1, twice: 2, photos: 2}, patience: time.Minute, out: out}
	if err := d.run(ctx); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"/in/portal", "/metrics", "/_sim/", filepath.Join(d.folder, "natuna.db"), filepath.Join(d.folder, "gateway.log")} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %s:\n%s", want, out)
		}
	}
	if left, err := filepath.Glob(filepath.Join(temp, "satupintu-demo-*", "natuna.db")); err != nil || len(left) != 1 {
		t.Errorf("the database is not left: %v (%v)", left, err)
	}
	var audit strings.Builder
	if code := execute(t.Context(), []string{"audit", "-c", filepath.Join(d.folder, "gateway.yaml")}, &audit, &audit); code != exitOK {
		t.Errorf("audit of what is left: exit code %d\n%s", code, audit.String())
	}
}

func TestADemonstrationThatCannotEndSaysWhatIsMissing(t *testing.T) {
	ownTemp(t)
	d := &demo{seed: 7, crowd: crowd{portal: 4, counter: 3}, out: &watcher{}}
	if err := d.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := d.await(ctx, time.Now()) // nobody tells anything
	if err == nil || !strings.Contains(err.Error(), "complaints accepted: 0 of 7") {
		t.Errorf("it says %v", err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

func TestTheDemonstrationsConfigurationIsInOrder(t *testing.T) {
	folder := t.TempDir()
	at := demoAddresses{Intake: "127.0.0.1:1", Admin: "127.0.0.1:2", Platform: "http://127.0.0.1:3", Portal: "http://127.0.0.1:4"}
	file, err := layOut(folder, at, "rahasia-portal-natuna")
	if err != nil {
		t.Fatal(err)
	}
	p, err := loadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Connectors[0].Name != portalName || p.Connectors[1].Name != counterName || p.Server.Listen != at.Intake {
		t.Errorf("connectors %s and %s at %s", p.Connectors[0].Name, p.Connectors[1].Name, p.Server.Listen)
	}
	known := map[string]bool{}
	for _, institution := range simulator.Institutions() {
		known[institution.ID] = true
	}
	for _, rule := range p.Routing.Rules {
		if !known[rule.To.Agency] {
			t.Errorf("no agency of the platform has the id %s", rule.To.Agency)
		}
	}
	err = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if info, statErr := os.Stat(path); statErr == nil && !entry.IsDir() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := layOut(folder, at, "rahasia-portal-natuna"); err == nil {
		t.Error("it wrote over an earlier configuration")
	}
}

func TestTheSlowestComplaintEndsWithinTheTimeItIsGiven(t *testing.T) {
	at := someDay
	sim := simulator.New(simulator.Options{Speed: demoSpeed(4 * time.Second), Now: func() time.Time { return at }})
	s := &simulating{T: t}
	for range 40 {
		if status := s.served(sim); status != 200 {
			t.Fatalf("create: %d", status)
		}
	}
	at = at.Add(4*time.Second + time.Millisecond)
	ends := map[string]bool{simulator.StatusDone: true, simulator.StatusRejected: true, simulator.StatusArchived: true}
	for _, c := range sim.Complaints() {
		if !ends[c.Status] {
			t.Errorf("complaint %s is still %s", c.ID, c.Status)
		}
	}
}
