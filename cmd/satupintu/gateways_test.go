package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// BenchmarkGatewaysBesideEachOther says what one, two and three gateways on one PostgreSQL take in and deliver, how long
// it takes until the others have taken over from one that is killed, what share each has, and that nothing is doubled. The
// platform takes 10 ms a request; senders, platform, database and gateways share this machine's cores.
func BenchmarkGatewaysBesideEachOther(b *testing.B) {
	var rows []together
	for gateways := 1; gateways <= 3; gateways++ {
		b.Run(fmt.Sprint(gateways), func(b *testing.B) {
			for b.Loop() {
				m := measureTogether(b, gateways)
				rows = append(rows, m)
				b.ReportMetric(m.rate, "complaints/s")
				b.ReportMetric(m.takeover.Seconds(), "takeover-s")
				b.ReportMetric(float64(m.doubles), "doubles")
			}
		})
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "GATEWAYS\tCOMPLAINTS/S\tTAKEOVER AFTER KILL -9\tSHARE OF EACH\tDOUBLES")
	for _, m := range rows {
		fmt.Fprintf(out, "%d\t%.0f\t%s\t%s\t%d\n", len(m.shares), m.rate, m.takeover.Round(100*time.Millisecond), percent(m.shares), m.doubles)
	}
	_ = out.Flush()
}

// together is what was measured of gateways beside each other.
type together struct {
	rate     float64       // complaints a second, from the first request to the last delivery
	takeover time.Duration // from the kill until everything that was acknowledged before is delivered
	shares   []float64     // of the deliveries, by gateway
	doubles  int
}

const (
	togetherSent    = 6000
	togetherSenders = 24
	takenOver       = 60 // complaints a gateway is sent before one is killed
)

func measureTogether(b *testing.B, gateways int) together {
	r := newRegion(b, storetest.StartPostgres(b).Database(b), channelsOfTests)
	r.binary = built(b)
	all, lives := []*region{r}, []*life{}
	for i := 1; i < gateways; i++ {
		all = append(all, r.beside(fmt.Sprintf("gateway-%d", i+1)))
	}
	for _, g := range all {
		lives = append(lives, g.launch())
	}
	r.eventually(30*time.Second, "all are ready", func() bool {
		return !slices.ContainsFunc(all, func(g *region) bool { return !g.ready() })
	})
	r.slow(10 * time.Millisecond)
	began := time.Now()
	sendTogether(all, "T", togetherSent)
	r.eventually(5*time.Minute, "everything is delivered", func() bool { return r.sim.Stats().Complaints >= togetherSent && r.audit().Waiting == 0 })
	m := together{rate: togetherSent / time.Since(began).Seconds(), shares: shares(all)}
	m.takeover = takeOver(r, all, lives)
	m.doubles = doubles(r)
	if l := r.audit(); l.Delivered != togetherSent+int64(gateways*takenOver) {
		b.Errorf("ledger %+v", l)
	}
	if idle := slices.Min(m.shares); gateways > 1 && idle < 0.5/float64(gateways) {
		b.Errorf("a gateway stood idle: %s", percent(m.shares))
	}
	return m
}

func (r *region) slow(latency time.Duration) {
	r.Helper()
	if err := r.sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: latency, Max: latency}}); err != nil {
		r.Fatal(err)
	}
}

// sendTogether sends complaints to all gateways in turn, from several senders at once.
func sendTogether(to []*region, name string, total int) {
	var (
		next    atomic.Int64
		senders sync.WaitGroup
	)
	for range togetherSenders {
		senders.Go(func() {
			for n := next.Add(1); n <= int64(total); n = next.Add(1) {
				p := parcel{ticket: fmt.Sprintf("%s-%d", name, n), message: fmt.Sprintf("Pesan %s-%d dari Ranai", name, n)}
				p.insist(to[0].Context(), func() string { return to[n%int64(len(to))].intake })
			}
		})
	}
	senders.Wait()
}

// takeOver kills the first gateway while the platform is slow and all of its requests are under way. Where it is alone it
// is started again at once.
func takeOver(r *region, all []*region, lives []*life) time.Duration {
	r.slow(500 * time.Millisecond)
	before := r.sim.Stats().Calls[simulator.CallCreate]
	sendTogether(all, "A", takenOver*len(all))
	r.eventually(30*time.Second, "requests are under way", func() bool { return r.sim.Stats().Calls[simulator.CallCreate] > before })
	lives[0].kill()
	killed := time.Now()
	if len(all) == 1 {
		r.launch()
	}
	total := togetherSent + takenOver*len(all)
	r.eventually(2*time.Minute, "everything is taken over", func() bool { return r.sim.Stats().Complaints >= total && r.audit().Waiting == 0 })
	return time.Since(killed)
}

func shares(all []*region) []float64 {
	done, total := make([]float64, len(all)), 0.0
	for i, g := range all {
		done[i] = g.counter(`delivery_attempts_total{reason="success"}`)
		total += done[i]
	}
	for i := range done {
		done[i] /= total
	}
	return done
}

func percent(shares []float64) string {
	var words []string
	for _, s := range shares {
		words = append(words, fmt.Sprintf("%.0f %%", 100*s))
	}
	return strings.Join(words, ", ")
}

func doubles(r *region) int {
	seen, twice := map[string]bool{}, 0
	for _, c := range r.sim.Complaints() {
		text, _, _ := strings.Cut(c.Content, "\n")
		if seen[text] {
			twice++
		}
		seen[text] = true
	}
	return twice
}
