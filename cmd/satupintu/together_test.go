package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// Two gateways share one PostgreSQL; one is killed in the middle. The other takes over its leases and its sheet, and each
// complaint is at the platform once.
func TestTwoGatewaysShareOneDatabaseAndOneOutlivesTheOther(t *testing.T) {
	storetest.Needs(t, "PostgreSQL")
	r := newRegion(t, storetest.StartPostgres(t).Database(t), channelsOfTests)
	second := r.beside("kedua")
	if err := r.sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: 5 * time.Millisecond, Max: 60 * time.Millisecond}, Rules: []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Chance: 0.03},
	}}); err != nil {
		t.Fatal(err)
	}
	const rows, sent = 400, 200
	r.write("inbox/aduan.csv", sheetOf(rows))
	r.start()
	second.start()
	r.eventually(30*time.Second, "both are ready", func() bool { return r.ready() && second.ready() })
	for n := range sent {
		to := r
		if n%2 == 0 && n < sent/2 || n >= sent/2 { // the second one alone, once the first is dead
			to = second
		}
		ticket := fmt.Sprintf("T-%d", n)
		if n == sent/2 {
			r.kill()
		}
		second.eventually(30*time.Second, "a complaint is acknowledged", func() bool {
			return to.post(fmt.Sprintf(`{"ticket": %q, "message": "Pesan %s dari Ranai"}`, ticket, ticket)) != ""
		})
	}
	second.eventually(time.Minute, "the other one has taken over", func() bool {
		l := second.audit()
		return l.Accepted == rows+sent && l.Waiting == 0
	})
	if took := second.stop(); took > 20*time.Second {
		t.Errorf("SIGTERM took %s", took)
	}
	l := second.audit()
	if l.Delivered != rows+sent {
		t.Errorf("ledger %+v", l)
	}
	r.exactlyOnce(l.Delivered)
}

// beside is a second gateway on the same database and the same folder, at addresses of its own.
func (r *region) beside(name string) *region {
	r.Helper()
	other := *r
	other.running = nil
	other.intake, other.metrics = freeAddress(r), freeAddress(r)
	content, err := os.ReadFile(r.config())
	if err != nil {
		r.Fatal(err)
	}
	changed := strings.NewReplacer(r.intake, other.intake, r.metrics, other.metrics).Replace(string(content))
	other.file = filepath.Join(r.folder, name+".yaml")
	if err := os.WriteFile(other.file, []byte(changed), 0o600); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(other.kill)
	return &other
}
