package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// bench runs sides one after the other, each in a process of its own, beside the platform and the database server.
type bench struct {
	dir    string // of databases, on a real disk
	stub   *stub
	server *cluster // nil where no side needs it
}

// run is one side's turn.
type run struct {
	entry
	load
	profile string
	trace   string // where strace counts the syncs; empty: it does not
	dsn     string // of a database that is filled already; empty: a fresh one
	seeded  seeded // what it holds
}

// measured is what a run came to, each for one complaint.
type measured struct {
	rate    float64 // complaints a second, the repeated ones among them
	own     float64 // CPU of the side's process, microseconds
	server  float64 // CPU of the database server, microseconds
	syncs   float64
	written float64 // bytes
	peak    int64   // bytes of memory of the side's process
	waits   latencies
}

// maxRun is how long one run may take.
const maxRun = 20 * time.Minute

// measure makes one run on a fresh database.
func (b *bench) measure(ctx context.Context, r run) (measured, error) {
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	dsn, drop, err := b.database(ctx, r)
	if err != nil {
		return measured{}, err
	}
	defer drop()
	syscall.Sync() // what an earlier run left to be written is not this one's
	before, err := b.read(ctx, r.store)
	if err != nil {
		return measured{}, err
	}
	o, err := b.child(ctx, r, dsn)
	if err != nil {
		return measured{}, fmt.Errorf("%s: %w", r.name, err)
	}
	after, err := b.read(ctx, r.store)
	if err != nil {
		return measured{}, err
	}
	return r.reckon(o, before, after)
}

// reading is what is read before and after a run.
type reading struct {
	created int64 // calls that the platform answered
	syncs   int64 // of PostgreSQL's log
}

func (b *bench) read(ctx context.Context, store string) (reading, error) {
	now := reading{created: b.stub.created.Load()}
	if store != postgres {
		return now, nil
	}
	var err error
	now.syncs, err = b.server.syncs(ctx)
	return now, err
}

// reckon divides what a run used by its requests. A run whose platform was not asked once for each complaint is none.
func (r run) reckon(o outcome, before, after reading) (measured, error) {
	if got, want := int(after.created-before.created), r.posts(); got != want {
		return measured{}, fmt.Errorf("%s: the platform was sent %d complaints, want %d", r.name, got, want)
	}
	n := float64(r.requests)
	return measured{
		rate: n / o.Ended.Sub(o.Began).Seconds(), own: float64(o.Own.CPU.Microseconds()) / n,
		server: float64(o.Database.CPU.Microseconds()) / n, syncs: float64(after.syncs-before.syncs) / n,
		written: float64(o.Own.Written+o.Database.Written) / n, peak: o.Peak, waits: o.Waits,
	}, nil
}

// posts is how many requests the platform gets.
func (r run) posts() int {
	switch {
	case r.raw && r.store != "":
		return 0
	case r.raw:
		return r.requests
	}
	return distinct(r.requests)
}

func (b *bench) database(ctx context.Context, r run) (dsn string, drop func(), err error) {
	switch {
	case r.dsn != "":
		return r.dsn, func() {}, nil
	case r.store == postgres:
		return b.server.database(ctx)
	case r.store == sqlite:
		dir, err := os.MkdirTemp(b.dir, "sqlite-")
		return "sqlite:" + filepath.Join(dir, "natuna.db"), func() { _ = os.RemoveAll(dir) }, err
	}
	return "", func() {}, nil
}

// child runs a side in a process of its own. The senders of a side with a front are here, as they are elsewhere in life.
func (b *bench) child(ctx context.Context, r run, dsn string) (outcome, error) {
	o := order{
		Side: r.name, DSN: dsn, Dir: b.dir, Stub: b.stub.url, First: r.first, Requests: r.requests,
		Pace: r.pace, Seeded: r.seeded, CPUProfile: r.profile,
	}
	if r.store == postgres {
		o.Server = b.server.pid()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd, err := r.command(ctx, o)
	if err != nil {
		return outcome{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return outcome{}, err
	}
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	result, failed := b.listen(ctx, cancel, r.load, bufio.NewScanner(out))
	return result, errors.Join(failed, context.Cause(ctx), cmd.Wait())
}

// command is ourselves as a child, counted by strace where that is asked for.
func (r run) command(ctx context.Context, o order) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	args := []string{self, childWord, string(text)}
	if r.trace != "" {
		args = append([]string{"strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync", "-o", r.trace}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// listen hears a child out, and sends it what it listens for.
func (b *bench) listen(ctx context.Context, fail context.CancelCauseFunc, l load, lines *bufio.Scanner) (outcome, error) {
	var (
		result outcome
		began  time.Time
		sent   = make(chan latencies, 1)
	)
	for lines.Scan() {
		var s said
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return result, fmt.Errorf("a child said %q: %w", lines.Bytes(), err)
		}
		if s.Listen != "" {
			began = time.Now()
			go func() {
				waits, err := send(ctx, l, overHTTP(s.Listen))
				if err != nil {
					fail(err)
				}
				sent <- waits
			}()
		}
		if s.Outcome != nil {
			result = *s.Outcome
		}
	}
	if !began.IsZero() {
		result.Waits, result.Began = <-sent, began
	}
	if result.Ended.IsZero() {
		return result, errors.New("it ended without an outcome")
	}
	return result, lines.Err()
}
