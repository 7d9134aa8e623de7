package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// results are what the sides measured.
type results struct {
	full map[string][]measured // as fast as they can, a round each
	half map[string]measured   // paced to half of that
}

// halfFor is how long senders are paced.
const halfFor = 8 * time.Second

// compare lets the chosen sides take turns and prints what they came to.
func compare(ctx context.Context, o options) (err error) {
	picked := o.chosen()
	b, err := openBench(ctx, o, picked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	all := results{map[string][]measured{}, map[string]measured{}}
	if err := b.takeTurns(ctx, o, picked, all); err != nil {
		return err
	}
	if o.half {
		if err := b.takeHalfTurns(ctx, picked, all); err != nil {
			return err
		}
	}
	page := tables(picked, all)
	fmt.Print(page)
	if o.write == "" {
		return nil
	}
	return replaceTables(o.write, comparison, setting(o)+page)
}

func (b *bench) takeTurns(ctx context.Context, o options, picked []entry, all results) error {
	for round := range o.rounds {
		for _, e := range picked {
			r := run{entry: e, load: load{requests: o.requests}}
			if round == o.rounds-1 {
				r.profile = o.profile
			}
			m, err := b.measure(ctx, r)
			if err != nil {
				return err
			}
			all.full[e.name] = append(all.full[e.name], m)
			fmt.Fprintf(os.Stderr, "round %d  %-18s %6.0f/s  %5.0f us CPU (own %.0f, server %.0f)  %.3f syncs  %.1f KiB written  peak %d MiB\n",
				round+1, e.name, m.rate, m.own+m.server, m.own, m.server, m.syncs, m.written/1024, m.peak>>20)
		}
	}
	return nil
}

// takeHalfTurns paces each side to half of what it did, and counts SQLite's syncs on the way.
func (b *bench) takeHalfTurns(ctx context.Context, picked []entry, all results) error {
	_, err := exec.LookPath("strace")
	counts := err == nil
	for _, e := range picked {
		if counts && e.store == sqlite {
			if err := b.countSyncs(ctx, e, all.full[e.name]); err != nil {
				return err
			}
		}
		if e.raw {
			continue
		}
		pace := middle(all.full[e.name], measured.perSecond) / 2
		m, err := b.measure(ctx, run{entry: e, load: load{requests: max(100, int(pace*halfFor.Seconds())), pace: pace}})
		if err != nil {
			return err
		}
		all.half[e.name] = m
		fmt.Fprintf(os.Stderr, "half     %-18s %6.0f/s  p50 %v  p99 %v\n", e.name, pace, m.waits.P50, m.waits.P99)
	}
	return nil
}

// countSyncs runs a SQLite side under strace, which stops it at its syncs and nowhere else, and adds what it counts to
// what the side measured without.
func (b *bench) countSyncs(ctx context.Context, e entry, rounds []measured) error {
	r := run{entry: e, load: load{requests: 5000}, trace: filepath.Join(b.dir, "syncs")}
	if _, err := b.measure(ctx, r); err != nil {
		return err
	}
	text, err := os.ReadFile(r.trace)
	if err != nil {
		return err
	}
	calls := callsCounted(string(text))
	for i := range rounds {
		rounds[i].syncs = float64(calls) / float64(r.requests)
	}
	return nil
}

// callsCounted adds up the calls of strace -c: columns of share, seconds, microseconds a call, calls, errors and name.
func callsCounted(text string) int {
	sum := 0
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !slices.Contains([]string{"fsync", "fdatasync"}, fields[len(fields)-1]) {
			continue
		}
		if n, err := strconv.Atoi(fields[3]); err == nil {
			sum += n
		}
	}
	return sum
}

func openBench(ctx context.Context, o options, picked []entry) (*bench, error) {
	b := &bench{}
	var err error
	if b.dir, err = os.MkdirTemp(o.dir, "satupintu-bench-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(b.dir, 0o711); err != nil { // the database server runs as another user
		return nil, errors.Join(err, b.close())
	}
	if b.stub, err = startStub(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	if slices.ContainsFunc(picked, func(e entry) bool { return e.store == postgres }) {
		if b.server, err = startCluster(ctx, b.dir); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

func (b *bench) close() error {
	var errs []error
	if b.server != nil {
		errs = append(errs, b.server.stop())
	}
	if b.stub != nil {
		errs = append(errs, b.stub.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(b.dir))...)
}
