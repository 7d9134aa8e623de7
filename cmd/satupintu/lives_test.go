package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// life is one run of the program that a test ends, freezes, or that ends itself at a crash point.
type life struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// launch starts the gateway with more in its environment, beside what start started. It ends with the test.
func (r *region) launch(env ...string) *life {
	r.Helper()
	l := &life{cmd: r.program("run", "--config", r.config()), ended: make(chan struct{})}
	l.cmd.Env = append(l.cmd.Env, env...)
	if err := l.cmd.Start(); err != nil {
		r.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait()
		close(l.ended)
	}()
	r.Cleanup(l.kill)
	return l
}

// kill ends it as a power cut would, also while it is frozen.
func (l *life) kill() {
	_ = l.cmd.Process.Kill()
	<-l.ended
}

func (l *life) freeze() { _ = l.cmd.Process.Signal(syscall.SIGSTOP) }
func (l *life) thaw()   { _ = l.cmd.Process.Signal(syscall.SIGCONT) }

// over says whether it has ended.
func (l *life) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// killed says whether it ended by SIGKILL.
func (l *life) killed() bool {
	status, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return l.over() && ok && status.Signal() == syscall.SIGKILL
}

// within waits for something that closes a channel; false when it did not in time.
func within(limit time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// edit replaces parts of the region's configuration: old, new, old, new.
func (r *region) edit(oldNew ...string) {
	r.Helper()
	content, err := os.ReadFile(r.config())
	if err != nil {
		r.Fatal(err)
	}
	for i := 0; i < len(oldNew); i += 2 {
		before, after, found := strings.Cut(string(content), oldNew[i])
		if !found {
			r.Fatalf("the configuration has no %q", oldNew[i])
		}
		content = []byte(before + oldNew[i+1] + after)
	}
	if err := os.WriteFile(r.config(), content, 0o600); err != nil {
		r.Fatal(err)
	}
}

// lastWords are the newest lines of the gateways' log.
func (r *region) lastWords() string {
	said, err := os.ReadFile(r.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(said[max(0, len(said)-3000):])
}

// queue is what `queue list` says of the deliveries in some states, by what their source calls them.
func (r *region) queue(states string) map[string]store.Entry {
	r.Helper()
	code, out := r.run("queue", "list", "--json", "--limit", "1000000", "--state", states)
	var all []store.Entry
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitOK {
		r.Fatalf("queue list: exit %d, %v\n%s", code, err, out)
	}
	byID := map[string]store.Entry{}
	for _, e := range all {
		if other, twice := byID[e.SourceID]; twice {
			r.Errorf("%s was accepted twice, as %s and %s", e.SourceID, other.Ref, e.Ref)
		}
		byID[e.SourceID] = e
	}
	return byID
}
