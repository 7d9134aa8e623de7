package store_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/dedup/trial"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/store"
)

// BenchmarkDecisions takes complaints in and decides about them while as many as SATUPINTU_OPEN says (10^6 unless it says)
// are open in the index: as fast as it goes, then at half that rate for how long one waits from arrival to decision. It
// prints the bytes of the index for one complaint and the most memory this process had. Run it with -benchtime 1x.
func BenchmarkDecisions(b *testing.B) {
	overBoth(b, func(b *testing.B, s *store.Store) {
		b.Helper()
		open := numberOf(b, "SATUPINTU_OPEN", 1_000_000)
		d := newDecisions(b, s)
		began := time.Now()
		size := d.fill(open)
		b.Logf("%s: %d open complaints in the index, made in %s", s.Kind(), open, time.Since(began).Round(time.Second))
		for b.Loop() {
			const many = 2000
			rate := d.through(many, 0)
			d.through(int(rate*5), rate/2)
			slices.Sort(d.waits)
			b.ReportMetric(rate, "decisions/s")
			b.ReportMetric(float64(d.waits[len(d.waits)/2])/1e6, "p50-ms")
			b.ReportMetric(float64(d.waits[len(d.waits)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(d.compared.Load())/float64(d.taken), "compared/decision")
		}
		b.ReportMetric(float64(size)/float64(open), "index-B/complaint")
		b.ReportMetric(peakMiB(), "peak-MiB")
	})
}

func numberOf(b *testing.B, variable string, usual int) int {
	b.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	var n int
	if _, err := fmt.Sscan(text, &n); err != nil {
		b.Fatalf("%s: %v", variable, err)
	}
	return n
}

// decisions is the whole intake: many senders, one loop that decides.
type decisions struct {
	*testing.B
	store    *store.Store
	engine   *dedup.Engine
	by       *store.Comparison
	taken    int
	compared atomic.Int64
	waits    []time.Duration
}

func newDecisions(b *testing.B, s *store.Store) *decisions {
	b.Helper()
	key, err := privacy.NewKey(strings.Repeat("kunci natuna ", 4))
	if err != nil {
		b.Fatal(err)
	}
	d := &decisions{B: b, store: s, engine: dedup.NewEngine(trial.Ready(dedup.Options{Hasher: key, Window: 90 * 24 * time.Hour}))}
	d.by = &store.Comparison{Window: 90 * 24 * time.Hour, ReviewWait: 4 * time.Hour, Judge: func(later dedup.Print, among []dedup.Earlier) dedup.Verdict {
		d.compared.Add(int64(len(among)))
		return d.engine.Judge(later, among)
	}}
	return d
}

// invented are complaints of people with phones, each at a point of the islands.
func (d *decisions) invented(n int, seed uint64) []complaint.Complaint {
	all := trial.Invented(n, seed)
	for i := range all {
		lat, long := 3.9+float64(i%97)/400, 108.1+float64(i*31%89)/400
		all[i].SourceID = fmt.Sprint(seed, "-", i)
		all[i].ReportedAt = time.Time{}
		all[i].Reporter.Phone = fmt.Sprintf("0812%08d", (uint64(i)*7919+seed*104_729)%300_000)
		all[i].Place.Lat, all[i].Place.Long = &lat, &long
	}
	return all
}

func (d *decisions) exec(text string, values ...any) {
	d.Helper()
	if d.store.Kind() == "postgres" {
		text = strings.NewReplacer("$1", "CAST($1 AS bigint)", "$2", "CAST($2 AS bigint)", "$3", "CAST($3 AS bigint)", "$4", "CAST($4 AS bigint)").Replace(text)
		text = strings.Replace(text, "SELECT 0 UNION", "SELECT CAST(0 AS bigint) UNION", 1)
	}
	if _, err := d.store.Handle().Exec(text, values...); err != nil {
		d.Fatal(err)
	}
}

// size is that of the index: all of SQLite's file, which grows by nothing else meanwhile.
func (d *decisions) size() (n int64) {
	d.Helper()
	ask := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if d.store.Kind() == "postgres" {
		ask = "SELECT pg_total_relation_size('print') + pg_total_relation_size('key_block') + pg_total_relation_size('key_digest')"
	}
	if err := d.store.Handle().Get(&n, ask); err != nil {
		d.Fatal(err)
	}
	return n
}

// through takes in so many complaints, at a pace or as fast as it goes, and returns how many were decided a second. How long
// each waited from its arrival to the commit of its decision is in waits.
func (d *decisions) through(many int, pace float64) float64 {
	d.Helper()
	complaints := d.invented(many, uint64(d.taken+2))
	d.taken += many
	ctx, stop := context.WithCancel(d.Context())
	defer stop()
	var arrived sync.Map
	d.waits = make([]time.Duration, 0, many)
	began := time.Now()
	var work errgroup.Group
	wake := make(chan struct{}, 1)
	mergeable := make(chan struct{}, 1)
	work.Go(func() error {
		defer close(mergeable)
		return d.decideAll(ctx, many, wake, mergeable, &arrived)
	})
	work.Go(func() error {
		for range mergeable {
			d.merge()
		}
		return nil
	})
	work.Go(func() error { return d.send(ctx, complaints, pace, wake, &arrived) })
	if err := work.Wait(); err != nil {
		d.Fatal(err)
	}
	return float64(many) / time.Since(began).Seconds()
}

func (d *decisions) send(ctx context.Context, complaints []complaint.Complaint, pace float64, wake chan struct{}, arrived *sync.Map) error {
	var senders errgroup.Group
	senders.SetLimit(64)
	var turns <-chan time.Time
	if pace > 0 {
		tick := time.NewTicker(time.Duration(float64(time.Second) / pace))
		defer tick.Stop()
		turns = tick.C
	}
	for _, c := range complaints {
		if turns != nil {
			<-turns
		}
		senders.Go(func() error {
			arrived.Store(c.SourceID, time.Now())
			_, err := d.store.Keep(ctx, store.Page{Source: "portal", Complaints: []complaint.Complaint{c}})
			select {
			case wake <- struct{}{}:
			default:
			}
			return err
		})
	}
	return senders.Wait()
}

func (d *decisions) decideAll(ctx context.Context, many int, wake, mergeable chan struct{}, arrived *sync.Map) error {
	for left := many; left > 0; {
		var batch []string
		var mu sync.Mutex
		decided, err := d.store.Decide(ctx, 200, func(c complaint.Complaint) store.Decision {
			mu.Lock()
			batch = append(batch, c.SourceID)
			mu.Unlock()
			print := d.engine.Print(c)
			return store.Decision{Agency: "21030", Category: "15", Rule: -1, Print: &print, By: d.by}
		}, store.Appetite{})
		if err != nil {
			return err
		}
		for _, id := range batch {
			if at, ok := arrived.LoadAndDelete(id); ok {
				d.waits = append(d.waits, time.Since(at.(time.Time)))
			}
		}
		select {
		case mergeable <- struct{}{}:
		default:
		}
		if left -= len(decided); len(decided) < 200 && left > 0 {
			<-wake
		}
	}
	return nil
}

func peakMiB() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			var kib float64
			if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
				return kib / 1024
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
