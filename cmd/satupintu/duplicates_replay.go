package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/dedup/trial"
)

// replayFlags are what is replayed, and what is shown of it.
type replayFlags struct {
	engine     engineFlags
	complaints string
	sample     int
	seed       uint64
	texts      bool
}

func duplicatesReplay() *cobra.Command {
	c := &cobra.Command{
		Use: "replay --complaints C.csv", Args: exactly(0),
		Short: "Decide a table of complaints in time order, as the gateway would, and count what becomes of them",
		Long: "replay needs a column with the text and takes what else it knows by name: id, time, address, kelurahan, kecamatan, topic,\n" +
			"reporter. It looks for earlier complaints as the gateway does: the newest 64 of each key, the likeliest 32 of those.\n" +
			"It shows links, reviews and recurrences to read, by the line of the file. Nothing is stored.\n\n" + exitHelp,
	}
	var f replayFlags
	f.engine.add(c)
	asJSON := jsonFlag(c)
	c.Flags().StringVar(&f.complaints, "complaints", "", "CSV of complaints (required)")
	c.Flags().IntVar(&f.sample, "sample", 50, "show so many of each kind of outcome, drawn at random")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of the draw: the same seed draws the same")
	c.Flags().BoolVar(&f.texts, "texts", false, "show the texts of the sample: personal data, for your eyes")
	c.RunE = func(c *cobra.Command, _ []string) error {
		r, s, err := f.run()
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), r)
		}
		return f.print(c.OutOrStdout(), s, r)
	}
	return c
}

// replayed is a replay and what it cost.
type replayed struct {
	trial.Replay
	PerThousand map[trial.Outcome]float64 `json:"per_thousand"`
	Took        float64                   `json:"seconds"`
	PerSecond   float64                   `json:"per_second"`
	Memory      int64                     `json:"memory_bytes"` // of the index with its prints, and of the words
}

func (f replayFlags) run() (r replayed, s trial.Sheet, err error) {
	if f.sample < 0 {
		return r, s, usageError{errors.New("--sample must not be below 0")}
	}
	o, err := f.engine.options()
	if err != nil {
		return r, s, err
	}
	if s, err = sheetFrom(f.complaints); err != nil {
		return r, s, err
	}
	o = trial.Ready(o)
	before, start := heap(), time.Now()
	r.Replay = trial.ReplayStream(o, s)
	took := time.Since(start)
	r.Memory = heap() - before
	runtime.KeepAlive(o)
	r.Took, r.PerSecond = took.Seconds(), float64(len(s.Rows))/max(took.Seconds(), 1e-9)
	r.Replay.Sample(f.sample, f.seed)
	r.PerThousand = map[trial.Outcome]float64{}
	for _, outcome := range trial.Outcomes() {
		r.PerThousand[outcome] = r.Replay.PerThousand(outcome)
	}
	return r, s, nil
}

// heap is how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no machine has so much
}

func (f replayFlags) print(w io.Writer, s trial.Sheet, r replayed) error {
	fmt.Fprintf(w, "%d complaints from %s\n", r.Complaints, filepath.Base(f.complaints))
	printTaken(w, s)
	t := newTable(w, "OUTCOME", "COMPLAINTS", "PER THOUSAND", "KINDS")
	for _, o := range trial.Outcomes() {
		t.row(string(o), fmt.Sprint(r.Count[o]), fmt.Sprintf("%.1f", r.PerThousand[o]), orDash(kindsOf(r, o)))
	}
	if err := t.flush(); err != nil {
		return err
	}
	n := max(1, r.Complaints)
	fmt.Fprintf(w, "%.0f complaints a second on one core; compared with %.1f each; %.1f keys and %d bytes of print each; %.1f MB of memory\n\n",
		r.PerSecond, float64(r.Compared)/float64(n), float64(r.Keys)/float64(n), r.PrintBytes/n, float64(r.Memory)/1e6)
	t = newTable(w, "OUTCOME", "LINE", "EARLIER LINE", "KIND", "SCORE", "FOR", "AGAINST")
	for _, o := range trial.Outcomes() {
		for _, d := range r.Samples[o] {
			t.row(string(o), fmt.Sprint(d.Row), fmt.Sprint(d.Earlier), orDash(string(d.Kind)), fmt.Sprintf("%.2f", d.Score), evidence(d.For), evidence(d.Against))
		}
	}
	if err := t.flush(); err != nil || !f.texts {
		return err
	}
	for _, o := range trial.Outcomes() {
		for _, d := range r.Samples[o] {
			printTexts(w, fmt.Sprintf("%s: line %d and line %d", o, d.Earlier, d.Row), s.Rows[d.EarlierAt], s.Rows[d.At])
		}
	}
	return nil
}

// kindsOf are the kinds of an outcome with their counts.
func kindsOf(r replayed, o trial.Outcome) string {
	var kinds []string
	for name, n := range r.Kinds {
		if kind, ok := strings.CutPrefix(name, string(o)+" "); ok {
			kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
		}
	}
	slices.Sort(kinds)
	return strings.Join(kinds, ", ")
}
