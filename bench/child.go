package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"sync/atomic"
	"time"
)

// order is one run of one side, in a process of its own.
type order struct {
	Side       string  `json:"side"`
	DSN        string  `json:"dsn"`
	Dir        string  `json:"dir"` // for files
	Stub       string  `json:"stub"`
	Server     int     `json:"server"` // process id of the PostgreSQL server; 0: none
	First      int     `json:"first"`
	Requests   int     `json:"requests"`
	Pace       float64 `json:"pace"`
	Seeded     seeded  `json:"seeded"`
	CPUProfile string  `json:"cpu_profile"`
}

// said is a line of what a child tells: first its address where it has one, then its outcome.
type said struct {
	Listen  string   `json:"listen,omitempty"`
	Outcome *outcome `json:"outcome,omitempty"`
}

// outcome is what one run measured.
type outcome struct {
	Began    time.Time `json:"began"` // the first request
	Ended    time.Time `json:"ended"` // the last delivery was recorded
	Waits    latencies `json:"waits"`
	Own      usage     `json:"own"`
	Database usage     `json:"database"` // of the PostgreSQL server
	Peak     int64     `json:"peak"`     // bytes
}

// obey carries out an order and tells its outcome.
func obey(ctx context.Context, o order, tell io.Writer) error {
	e, ok := sideNamed(o.Side)
	if !ok {
		return fmt.Errorf("there is no side %q", o.Side)
	}
	var answers atomic.Int64
	environment := env{dsn: o.DSN, dir: o.Dir, stub: o.Stub, answers: &answers, want: distinct(o.Requests), seeded: o.Seeded}
	s, err := e.open(ctx, environment)
	if err != nil {
		return fmt.Errorf("open %s: %w", o.Side, err)
	}
	result, err := measure(ctx, s, o, func(ctx context.Context, r *outcome) error {
		if e.http {
			return listenUntil(ctx, s, tell, func() error { return delivered(ctx, s, environment) })
		}
		if r.Waits, err = drive(ctx, s, load{o.First, o.Requests, o.Pace}); err != nil {
			return err
		}
		if e.raw {
			return nil
		}
		return delivered(ctx, s, environment)
	})
	if err = errors.Join(err, s.Close(context.WithoutCancel(ctx))); err != nil {
		return fmt.Errorf("%s: %w", o.Side, err)
	}
	return json.NewEncoder(tell).Encode(said{Outcome: &result})
}

// measure takes the time and the usage of a run.
func measure(ctx context.Context, s side, o order, run func(context.Context, *outcome) error) (outcome, error) {
	var r outcome
	if o.CPUProfile != "" {
		file, err := os.Create(o.CPUProfile)
		if err != nil {
			return r, err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return r, err
		}
		defer pprof.StopCPUProfile()
	}
	own, err := ownUsage()
	if err != nil {
		return r, err
	}
	database, err := treeUsage(o.Server)
	if err != nil {
		return r, err
	}
	r.Began = time.Now()
	if err := run(ctx, &r); err != nil {
		return r, err
	}
	r.Ended = time.Now()
	if r.Own, err = ownUsage(); err != nil {
		return r, err
	}
	if r.Database, err = treeUsage(o.Server); err != nil {
		return r, err
	}
	r.Own, r.Database = r.Own.minus(own), r.Database.minus(database)
	r.Peak, err = peakMemory()
	return r, err
}

func drive(ctx context.Context, s side, l load) (latencies, error) {
	if d, ok := s.(driven); ok {
		return latencies{}, d.Drive(ctx, l.requests)
	}
	return send(ctx, l, s.Take)
}

// delivered waits until every complaint is recorded as delivered. The database is asked only when the platform has
// answered for all of them.
func delivered(ctx context.Context, s side, e env) error {
	for {
		if int(e.answers.Load()) >= e.want {
			n, err := s.Delivered(ctx)
			if err != nil || n >= e.want {
				return err
			}
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of %d complaints were answered for: %w", e.answers.Load(), e.want, ctx.Err())
		}
	}
}

// listenUntil serves a side's front, says where, and closes it when the work is done.
func listenUntil(_ context.Context, s side, tell io.Writer, done func() error) error {
	f, ok := s.(fronted)
	if !ok {
		return errors.New("it has no front")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := &http.Server{Handler: f.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() { _ = served.Serve(l) }() // ends with Close
	defer served.Close()
	if err := json.NewEncoder(tell).Encode(said{Listen: "http://" + l.Addr().String()}); err != nil {
		return err
	}
	return done()
}
