package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// results are what each side measured, a round each.
type results map[string][]measured

// compare lets the chosen sides take turns and prints what they came to.
func compare(ctx context.Context, o options) (err error) {
	picked := o.chosen()
	b, err := openBench(ctx, o, picked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	all := results{}
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
			all[e.name] = append(all[e.name], m)
			fmt.Printf("round %d  %-20s %7.0f/s  CPU %5.0f us (own %.0f, server %.0f)  %.3f syncs  %.1f KiB written  p50 %v p99 %v  peak %d MiB\n",
				round+1, e.name, m.rate, m.own+m.server, m.own, m.server, m.syncs, m.written/1024, m.waits.P50, m.waits.P99, m.peak>>20)
		}
	}
	return nil
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
