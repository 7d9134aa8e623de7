package main

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/segment"
)

//go:embed seed_*.sql
var seeds embed.FS

// seeded is what a database held before a run.
type seeded struct {
	Waiting   int `json:"waiting"`
	Delivered int `json:"delivered"`
}

// mostMemory is what the gateway may take however much its database holds, in bytes.
const mostMemory = 250 << 20

// filled is a database in which something stands already.
type filled struct {
	title string
	seed  string // the name of its seed; empty: nothing
	rows  int
	dsn   string
	runs  int // made on it
}

// measuredOn are the sides that are measured on each database, by the beginnings of their names.
func measuredOn() []string { return []string{"ours-", "plain-"} }

// compareLarge measures ours on databases that hold much, in turn with an empty one.
func compareLarge(ctx context.Context, o options) (err error) {
	var picked []entry
	for _, name := range o.stores {
		for _, side := range measuredOn() {
			e, ok := sideNamed(side + name)
			if !ok {
				return fmt.Errorf("there is no store %q", name)
			}
			picked = append(picked, e)
		}
	}
	b, err := openBench(ctx, o, picked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	var page strings.Builder
	for sides := range slices.Chunk(picked, len(measuredOn())) {
		text, err := b.largeStore(ctx, o, sides)
		if err != nil {
			return err
		}
		page.WriteString(text)
	}
	fmt.Print(page.String())
	if o.write != "" {
		return replaceTables(o.write, largeStore, setting(o)+page.String())
	}
	return nil
}

// largeStore measures the sides of one store: a table with a line for each database of each.
func (b *bench) largeStore(ctx context.Context, o options, sides []entry) (string, error) {
	databases := []*filled{{title: "empty"}}
	if o.waiting > 0 {
		databases = append(databases, &filled{title: fmt.Sprintf("%d waiting", o.waiting), seed: "waiting", rows: o.waiting})
	}
	if o.history > 0 {
		databases = append(databases, &filled{title: fmt.Sprintf("%d delivered long ago", o.history), seed: "history", rows: o.history})
	}
	for _, d := range databases[1:] {
		drop, err := b.fill(ctx, sides[0], d)
		if err != nil {
			return "", err
		}
		defer drop()
	}
	rounds := map[string][][]measured{}
	for _, e := range sides {
		rounds[e.name] = make([][]measured, len(databases))
	}
	for round := range o.rounds {
		for turn := range len(sides) * len(databases) {
			e, i := sides[turn/len(databases)], turn%len(databases)
			d := databases[i]
			m, err := b.measure(ctx, d.run(e, o))
			if err != nil {
				return "", fmt.Errorf("%s: %w", d.title, err)
			}
			fmt.Fprintf(os.Stderr, "round %d  %-14s %-28s %6.0f/s  %5.0f us CPU, %.0f of it the server's  peak %d MiB\n", round+1, e.name, d.title, m.rate, m.cpu(), m.server, m.peak>>20)
			rounds[e.name][i] = append(rounds[e.name][i], m)
		}
	}
	return largeTable(sides, databases, rounds)
}

// run is one on a database: on one that is filled it goes on where the last ended.
func (d *filled) run(e entry, o options) run {
	r := run{entry: e, load: load{requests: o.requests}}
	if d.seed == "" {
		return r
	}
	r.dsn, r.first = d.dsn, d.runs*o.requests
	r.seeded.Delivered = d.runs * distinct(o.requests)
	d.runs++
	if d.seed == "waiting" {
		r.seeded.Waiting = d.rows
	} else {
		r.seeded.Delivered += d.rows
	}
	return r
}

func largeTable(sides []entry, databases []*filled, rounds map[string][][]measured) (string, error) {
	var (
		out  strings.Builder
		errs []error
	)
	fmt.Fprintf(&out, "\n### %s\n\n| | database | rate/s | of the empty one's | CPU µs | of it the server's | p99 ms of acceptance | peak MiB |\n", sides[0].store)
	out.WriteString("|---|---|---|---|---|---|---|---|\n")
	for _, e := range sides {
		for i, d := range databases {
			of := rounds[e.name]
			peak := peakOf(of[i])
			out.WriteString(line([]string{
				e.title(), d.title, spread("%.0f", of[i], measured.perSecond), ratios("%.2f", of[i], of[0], measured.perSecond),
				spread("%.0f", of[i], measured.cpu), spread("%.0f", of[i], func(m measured) float64 { return m.server }),
				spread("%.0f", of[i], func(m measured) float64 { return float64(m.waits.P99.Milliseconds()) }), fmt.Sprint(peak >> 20),
			}))
			if peak > mostMemory {
				errs = append(errs, fmt.Errorf("%s, %s: %d MiB of memory; the most is %d", e.name, d.title, peak>>20, mostMemory>>20))
			}
		}
	}
	return out.String(), errors.Join(errs...)
}

// fill makes a database as the gateway does, and fills it.
func (b *bench) fill(ctx context.Context, e entry, d *filled) (drop func(), err error) {
	d.dsn, drop, err = b.database(ctx, run{entry: e})
	if err != nil {
		return nil, err
	}
	began := time.Now()
	s, err := store.Open(ctx, store.Options{DSN: d.dsn})
	if err != nil {
		return drop, err
	}
	if err := s.Close(); err != nil {
		return drop, err
	}
	text, err := seeds.ReadFile("seed_" + d.seed + "_" + e.store + ".sql")
	if err != nil {
		return drop, err
	}
	db, err := openForSeed(e.store, d.dsn)
	if err != nil {
		return drop, err
	}
	defer db.Close()
	if err := seed(ctx, db, string(text), d.rows); err != nil {
		return drop, fmt.Errorf("%s: %w", d.title, err)
	}
	if d.seed == "waiting" {
		if err := seedKeys(ctx, db, d.rows); err != nil {
			return drop, fmt.Errorf("%s: %w", d.title, err)
		}
	}
	settle := []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
	if e.store == postgres {
		settle = []string{"VACUUM ANALYZE", "CHECKPOINT"}
	}
	for _, text := range settle {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return drop, err
		}
	}
	fmt.Fprintf(os.Stderr, "filled %s: %s in %s\n", e.store, d.title, time.Since(began).Round(time.Second))
	return drop, nil
}

// openForSeed opens a database for what need not survive: if it is lost, so is the run.
func openForSeed(kind, dsn string) (*sql.DB, error) {
	if kind == postgres {
		return sql.Open("postgres", dsn+"&synchronous_commit=off")
	}
	file := filepath.Clean(strings.TrimPrefix(dsn, "sqlite:"))
	return sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=cache_size(-1000000)&_pragma=busy_timeout(5000)")
}

// seedChunk is how many rows a transaction of a seed makes.
const seedChunk = 100_000

func seed(ctx context.Context, db *sql.DB, text string, rows int) error {
	now := time.Now()
	for from := 1; from <= rows; from += seedChunk {
		to := min(from+seedChunk-1, rows)
		filledIn := strings.NewReplacer("{from}", fmt.Sprint(from), "{to}", fmt.Sprint(to), "{now}", fmt.Sprint(now.UnixMilli()), "{ref}", refsOf(now.Add(-waited))).Replace(text)
		if err := inOne(ctx, db, strings.Split(filledIn, ";\n")); err != nil {
			return fmt.Errorf("rows %d to %d: %w", from, to, err)
		}
	}
	return nil
}

// The index of keys as a gateway leaves it: so many keys for each complaint, and of the largest segments as many as there can be before
// they are merged.
const (
	seededKeys     = 13
	seededSegments = 7
)

// waited is how long ago what waits was taken in.
const waited = time.Hour

// refsOf is how the references of a time begin; seven digits follow.
func refsOf(t time.Time) string {
	ref := string(complaint.FirstRef(t))
	return ref[:len(ref)-7]
}

func seedKeys(ctx context.Context, db *sql.DB, rows int) error {
	accepted := time.Now().Add(-waited)
	for part := range seededSegments {
		var entries []segment.Entry
		for i := rows*part/seededSegments + 1; i <= rows*(part+1)/seededSegments; i++ {
			ref := fmt.Sprintf("%s%07d", refsOf(accepted), i)
			for range seededKeys {
				entries = append(entries, segment.Entry{Key: int64(rand.Uint64()), At: accepted.UnixMilli(), Ref: ref}) //nolint:gosec // any key
			}
		}
		slices.SortFunc(entries, segment.Compare)
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		err = store.AddSegment(ctx, tx, func(yield func(segment.Entry, error) bool) {
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
		})
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func inOne(ctx context.Context, db *sql.DB, statements []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, statement := range slices.DeleteFunc(statements, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}
