// Command bench measures the gateway beside river, a job queue, on the same machine in the same run: the same complaints,
// the same senders, the same platform, the same durability.
//
// Each run of each side is a process of its own, on a database of its own, and the sides take turns. The platform and the
// senders of an HTTP front are this process's, so that their work is in nobody's CPU time.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// options are what is measured.
type options struct {
	rounds   int
	requests int
	waiting  int
	history  int
	stores   []string
	only     []string
	profile  string
	dir      string
	write    string
	half     bool
	repeat   string // the command that does this again
}

const childWord = "child" // the first argument of a child; its order follows

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == childWord {
		var o order
		if err := json.Unmarshal([]byte(args[1]), &o); err != nil {
			return err
		}
		return obey(ctx, o, os.Stdout)
	}
	o, err := read(args)
	if err != nil {
		return err
	}
	if o.waiting+o.history > 0 {
		return compareLarge(ctx, o)
	}
	return compare(ctx, o)
}

func read(args []string) (options, error) {
	var (
		o            options
		stores, only string
		flags        = flag.NewFlagSet("bench", flag.ContinueOnError)
	)
	flags.IntVar(&o.rounds, "rounds", 3, "how often each side is measured; they take turns")
	flags.IntVar(&o.requests, "n", 20000, "complaints of a round")
	flags.IntVar(&o.waiting, "waiting", 0, "measure ours with so many deliveries waiting, beside an empty database")
	flags.IntVar(&o.history, "history", 0, "measure ours with so many complaints delivered long ago, beside an empty database")
	flags.StringVar(&stores, "store", "postgres,sqlite", "which stores")
	flags.StringVar(&only, "only", "", "which sides, such as ours-sqlite,tuned-sqlite; all: "+strings.Join(names(), ","))
	flags.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the last round of the one side that -only names")
	flags.StringVar(&o.dir, "dir", "", "folder of the databases, on a real disk; empty: the system's for temporary files")
	flags.StringVar(&o.write, "write", "", "a file whose tables, between two markers, are replaced by this run's")
	flags.BoolVar(&o.half, "latency", true, "measure acceptance at half load too")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.repeat = strings.Join(append([]string{"cd bench && go run ."}, args...), " ")
	o.stores = strings.Split(stores, ",")
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	for _, name := range o.only {
		if _, ok := sideNamed(name); !ok {
			return o, fmt.Errorf("there is no side %q: give some of %s", name, strings.Join(names(), ","))
		}
	}
	if o.rounds < 1 || o.requests < 10 {
		return o, errors.New("give at least -rounds 1 and -n 10")
	}
	if o.profile != "" && len(o.only) != 1 {
		return o, errors.New("-cpuprofile needs one side: give -only")
	}
	return o, nil
}

func names() []string {
	var all []string
	for _, e := range sides() {
		all = append(all, e.name)
	}
	return all
}

// chosen are the sides to be measured.
func (o options) chosen() []entry {
	var picked []entry
	for _, e := range sides() {
		if len(o.only) > 0 && !slices.Contains(o.only, e.name) {
			continue
		}
		if len(o.only) == 0 && e.store != "" && !slices.Contains(o.stores, e.store) {
			continue
		}
		picked = append(picked, e)
	}
	return picked
}
