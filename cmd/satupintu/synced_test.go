package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/store/storetest"
)

// What the kernel saw: between the arrival of each complaint and the first byte of its 202, a sync of the database's log
// began and ended. Nothing else writes at that moment: forwarding is paused, and each decision is waited for.
func TestEveryAcknowledgementWaitsForASyncToDisk(t *testing.T) {
	storetest.Needs(t, "strace and PostgreSQL")
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is not installed: apt-get install strace")
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			traces, dsn, log := t.TempDir(), "sqlite:natuna.db", "natuna.db-wal"
			var server func() []call
			if kind == "postgres" {
				p := storetest.StartPostgres(t)
				dsn, log = p.Database(t), "/pg_wal/"
				server = traced(t, p.Pid(), filepath.Join(traces, "postgres"))
			}
			r := newRegion(t, dsn, channelsOfTests)
			calls := postTraced(r, filepath.Join(traces, "gateway"))
			syncs := calls
			if server != nil {
				syncs = server()
			}
			checkSynced(t, calls, syncs, log)
		})
	}
}

const tracedPosts = 12

// postTraced runs a gateway under strace, posts complaints one after another, and returns what it called.
func postTraced(r *region, file string) []call {
	r.Helper()
	if code, out := r.run("queue", "pause"); code != exitOK {
		r.Fatal(out)
	}
	l := r.launch()
	r.eventually(30*time.Second, "the gateway is ready", r.ready)
	calls := traced(r, l.cmd.Process.Pid, file)
	for n := range tracedPosts {
		p := parcel{ticket: fmt.Sprintf("T-%d", n), message: fmt.Sprintf("Pesan T-%d dari Ranai", n)}
		if p.deliverTo(r.Context(), r.intake) == "" {
			r.Fatal("a complaint was not acknowledged")
		}
		r.eventually(30*time.Second, "it is decided", func() bool { return len(r.queue("ready")) == n+1 })
		within(100*time.Millisecond, nil)
	}
	return calls()
}

func checkSynced(t *testing.T, calls, syncs []call, log string) {
	t.Helper()
	arrived, answers := 0.0, 0
	for _, c := range calls {
		switch {
		case c.name == "read" && strings.Contains(c.text, "OST /in/portal"):
			arrived = c.end
		case c.name == "write" && strings.Contains(c.text, "HTTP/1.1 202"):
			answers++
			between := 0
			for _, s := range syncs {
				if (s.name == "fsync" || s.name == "fdatasync") && strings.Contains(s.text, log) && s.done && s.begin > arrived && s.end < c.begin {
					between++
				}
			}
			if arrived == 0 || between == 0 {
				t.Errorf("acknowledgement %d went out without a sync of %s since its request came", answers, log)
			}
			arrived = 0
		}
	}
	if answers != tracedPosts {
		t.Errorf("the trace shows %d acknowledgements, want %d", answers, tracedPosts)
	}
}

// call is one system call as strace saw it.
type call struct {
	name       string
	text       string // its arguments, the files behind descriptors by name
	begin, end float64
	done       bool // it succeeded
}

// traced follows a process and what it starts. The function it returns ends that and says what was called.
func traced(t testing.TB, pid int, file string) func() []call {
	t.Helper()
	cmd := exec.Command("strace", "-f", "-ttt", "-T", "-y", "-s", "32", "-e", "trace=read,write,fsync,fdatasync", "-o", file, "-p", strconv.Itoa(pid))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	following := false
	for last := time.Now().Add(10 * time.Second); !following && time.Now().Before(last); within(10*time.Millisecond, nil) {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		following = strings.Contains(string(status), "TracerPid:\t"+strconv.Itoa(cmd.Process.Pid))
	}
	if !following {
		t.Fatal("strace may not follow the process")
	}
	within(200*time.Millisecond, nil) // its other threads
	return func() []call {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return readTrace(string(text))
	}
}

// readTrace puts the two halves of calls together that others ran beside.
func readTrace(text string) []call {
	line := regexp.MustCompile(`^(\d+) +(\d+\.\d+) (?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$`)
	took := regexp.MustCompile(`= (-?\d+).* <(\d+\.\d+)>$`)
	var calls []call
	open := map[string]call{}
	for l := range strings.Lines(text) {
		m := line.FindStringSubmatch(strings.TrimSpace(l))
		if m == nil {
			continue
		}
		at, _ := strconv.ParseFloat(m[2], 64)
		c := call{name: m[4], text: m[5], begin: at}
		if m[3] != "" {
			c = open[m[1]]
			c.text += m[5]
		} else if strings.HasSuffix(m[5], "<unfinished ...>") {
			open[m[1]] = c
			continue
		}
		if end := took.FindStringSubmatch(m[5]); end != nil {
			spent, _ := strconv.ParseFloat(end[2], 64)
			c.end, c.done = c.begin+spent, !strings.HasPrefix(end[1], "-")
			calls = append(calls, c)
		}
	}
	return calls
}
