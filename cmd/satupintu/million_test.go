package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/store/storetest"
)

// mostMemory is what a gateway may take while it reads a million rows, in MiB.
const mostMemory = 300

// BenchmarkAMillionRows reads a file of 10⁶ rows on both stores and reports the rate and the memory. Forwarding is paused,
// so that what is measured is intake and decision.
func BenchmarkAMillionRows(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				took := takeInRows(b, kind, 1_000_000)
				b.ReportMetric(took.kept, "kept/s")
				b.ReportMetric(took.decided, "decided/s")
				b.ReportMetric(float64(took.peak), "peak-MiB")
			}
		})
	}
}

// TestManyRowsAreTakenInWithinTheirMemory is the same with as many rows as every run can wait for: memory that grew with
// the rows would show.
func TestManyRowsAreTakenInWithinTheirMemory(t *testing.T) {
	storetest.Needs(t, "half a minute")
	t.Parallel() // beside the campaign
	took := takeInRows(t, "sqlite", 100_000)
	t.Logf("kept %.0f/s, kept and decided %.0f/s, peak memory %d MiB", took.kept, took.decided, took.peak)
}

// taken is how fast rows were taken in, a second, and the most memory it took, in MiB.
type taken struct {
	kept, decided float64
	peak          int
}

func takeInRows(t testing.TB, kind string, rows int64) taken {
	t.Helper()
	dsn := "sqlite:natuna.db"
	if kind == "postgres" {
		dsn = storetest.StartPostgres(t).Database(t)
	}
	r := newRegion(t, dsn, channelsOfTests)
	r.binary = built(t) // as it is shipped: the race detector multiplies time and memory
	writeRows(t, filepath.Join(r.folder, "inbox", "besar.csv"), rows)
	if code, out := r.run("queue", "pause"); code != exitOK {
		t.Fatal(out)
	}
	began := time.Now()
	r.start()
	r.eventually(30*time.Minute, "every row is kept", func() bool {
		return r.counter(`intake_complaints_total{connector="kantor",result="new"}`) == float64(rows)
	})
	kept := time.Since(began)
	r.eventually(30*time.Minute, "every row is decided", func() bool { return r.counter(`deliveries{state="ready"}`) == float64(rows) })
	decided, peak := time.Since(began), r.peakMemory()
	if peak >= mostMemory {
		t.Errorf("%d MiB of memory; want less than %d", peak, mostMemory)
	}
	r.stop()
	if l := r.audit(); l.Accepted != rows || l.Waiting != rows {
		t.Errorf("ledger %+v", l)
	}
	return taken{float64(rows) / kept.Seconds(), float64(rows) / decided.Seconds(), peak}
}

// built is the program as it is shipped.
func built(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "satupintu")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return path
}

func writeRows(t testing.TB, path string, rows int64) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "No,Waktu,Laporan")
	for n := range rows {
		fmt.Fprintf(out, "K-%d,%d Jan 2026,\"Baris %d: lampu jalan di Sungai Ulu mati sejak %d hari, warga takut lewat pada malam hari\"\n", n, 1+n%28, n, n%30)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

// peakMemory is the most memory the running gateway has held, in MiB, as the kernel counts it.
func (r *region) peakMemory() int {
	r.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.running.Process.Pid))
	if err != nil {
		r.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				r.Fatal(err)
			}
			return kib / 1024
		}
	}
	r.Fatal("the kernel does not say how much memory a process has held")
	return 0
}
