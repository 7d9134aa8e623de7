package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func (m measured) perSecond() float64 { return m.rate }
func (m measured) cpu() float64       { return m.own + m.server }

// tables writes what was measured, a table for each way in.
func tables(picked []entry, all results) string {
	var out strings.Builder
	for _, t := range []struct {
		title string
		of    func(entry) bool
	}{
		{"In process, PostgreSQL", func(e entry) bool { return e.store == postgres && !e.http && !e.raw }},
		{"In process, SQLite", func(e entry) bool { return e.store == sqlite && !e.http && !e.raw }},
		{"Behind HTTP, PostgreSQL", func(e entry) bool { return e.store == postgres && e.http }},
		{"Behind HTTP, SQLite", func(e entry) bool { return e.store == sqlite && e.http }},
		{"Limits of this machine", func(e entry) bool { return e.raw }},
	} {
		rows := slices.DeleteFunc(slices.Clone(picked), func(e entry) bool { return !t.of(e) })
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\n### %s\n\n", t.title)
		out.WriteString("| | rate/s | CPU µs | of it the server's | rate of satupintu to this | with `dedup.mode: off` | CPU of that to this |\n|---|---|---|---|---|---|---|\n")
		for _, e := range rows {
			out.WriteString(speedRow(e, all))
		}
		out.WriteString("\n| | syncs | KiB written | peak MiB | accepted at half load: rate/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|\n")
		for _, e := range rows {
			out.WriteString(costRow(e, all))
		}
	}
	return out.String()
}

func (e entry) title() string {
	if e.store != "" && e.raw {
		return e.words + ", " + e.store
	}
	return e.words
}

// speedRow is how fast a side is, and ours beside it.
func speedRow(e entry, all results) string {
	rounds := all.full[e.name]
	whole, plain := e.ours()
	cells := []string{
		e.title(), spread("%.0f", rounds, measured.perSecond), spread("%.0f", rounds, measured.cpu),
		fmt.Sprintf("%.0f", middle(rounds, func(m measured) float64 { return m.server })), "", "", "",
	}
	compared := func(name string) bool {
		return !e.raw && e.name != whole && e.name != plain && len(all.full[name]) == len(rounds)
	}
	if compared(whole) {
		cells[4] = ratios("%.2f", all.full[whole], rounds, measured.perSecond)
	}
	if compared(plain) {
		cells[5] = ratios("%.2f", all.full[plain], rounds, measured.perSecond)
		cells[6] = ratios("%.2f", all.full[plain], rounds, measured.cpu)
	}
	return line(cells)
}

// costRow is what a side takes of disk and memory, and how long its senders wait.
func costRow(e entry, all results) string {
	rounds := all.full[e.name]
	cells := []string{
		e.title(), fmt.Sprintf("%.3f", middle(rounds, func(m measured) float64 { return m.syncs })),
		fmt.Sprintf("%.1f", middle(rounds, func(m measured) float64 { return m.written / 1024 })),
		fmt.Sprint(peakOf(rounds) >> 20), "", "", "",
	}
	if half, ok := all.half[e.name]; ok {
		cells[4], cells[5], cells[6] = fmt.Sprintf("%.0f", half.rate), milliseconds(half.waits.P50), milliseconds(half.waits.P99)
	}
	return line(cells)
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func peakOf(rounds []measured) int64 {
	return slices.MaxFunc(rounds, func(a, b measured) int { return cmp.Compare(a.peak, b.peak) }).peak
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

// middle is the median of a value over the rounds.
func middle(rounds []measured, value func(measured) float64) float64 {
	return median(valuesOf(rounds, value))
}

func valuesOf(rounds []measured, value func(measured) float64) []float64 {
	values := make([]float64, len(rounds))
	for i, m := range rounds {
		values[i] = value(m)
	}
	return values
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// spread is the median of a value, and the least and the most of it.
func spread(format string, rounds []measured, value func(measured) float64) string {
	return around(format, valuesOf(rounds, value))
}

// ratios are ours over theirs, round by round.
func ratios(format string, ours, theirs []measured, value func(measured) float64) string {
	values := make([]float64, len(ours))
	for i := range ours {
		values[i] = value(ours[i]) / value(theirs[i])
	}
	return around(format, values)
}

func around(format string, values []float64) string {
	if len(values) == 1 {
		return fmt.Sprintf(format, values[0])
	}
	return fmt.Sprintf(format+" ("+format+" … "+format+")", median(values), slices.Min(values), slices.Max(values))
}

// Names of the parts of a page that are replaced.
const (
	comparison = "comparison"
	largeStore = "large"
)

// replaceTables puts text between the markers of a part of a page, and leaves what people wrote around them.
func replaceTables(file, part, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- "+part+": begin -->\n"), []byte("<!-- "+part+": end -->")
	head, rest, found := bytes.Cut(page, begin)
	_, tail, closed := bytes.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no lines %q and %q to write between", file, bytes.TrimSpace(begin), end)
	}
	return os.WriteFile(file, slices.Concat(head, begin, []byte(text+"\n"), end, tail), 0o644)
}

// setting says where and when a run was made, and how to repeat it.
func setting(o options) string {
	return fmt.Sprintf("Measured on %s: %d cores (%s), Linux %s, %s; %d rounds of %d requests. Repeat: `%s`.\n",
		time.Now().Format("2 January 2006"), runtime.NumCPU(), processor(), kernel(), runtime.Version(), o.rounds, o.requests, o.repeat)
}

func kernel() string {
	var u syscall.Utsname
	if err := syscall.Uname(&u); err != nil {
		return "of unknown version"
	}
	var release []byte
	for _, c := range u.Release { // up to the builder's own mark
		if c == 0 || c == '-' {
			break
		}
		release = append(release, byte(c))
	}
	return string(release)
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
