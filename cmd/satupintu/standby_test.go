package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// The first server and its disk are gone in the middle of the work; the gateways find the standby under the same address
// and go on, without a restart.
func TestASynchronousStandbyTakesOverAndNothingAcknowledgedIsLost(t *testing.T) {
	storetest.Needs(t, "PostgreSQL")
	primary := storetest.StartPostgres(t)
	standby := primary.StartStandby(t)
	r := newRegion(t, primary.FailoverDatabase(t, standby), channelsOfTests)
	other := r.beside("kedua")
	if err := r.sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: 5 * time.Millisecond, Max: 60 * time.Millisecond}, Rules: []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Chance: 0.05},
	}}); err != nil {
		t.Fatal(err)
	}
	first, second := r.launch(), other.launch()
	var (
		senders sync.WaitGroup
		mu      sync.Mutex
		acked   = map[string]string{} // reference by message
	)
	sending, stop := context.WithTimeout(t.Context(), 90*time.Second)
	defer stop()
	const each = 150
	for n, to := range []*region{r, other, r, other} {
		senders.Go(func() {
			for i := range each {
				p := parcel{ticket: fmt.Sprintf("T-%d-%d", n, i), message: fmt.Sprintf("Pesan T-%d-%d dari Ranai", n, i)}
				ref := p.insist(sending, func() string { return to.intake })
				mu.Lock()
				acked[p.message] = ref
				mu.Unlock()
				within(10*time.Millisecond, nil)
			}
		})
	}
	r.eventually(30*time.Second, "half is acknowledged", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acked) > 2*each
	})
	primary.Kill()
	standby.Promote(t)
	began := time.Now()
	senders.Wait()
	r.eventually(time.Minute, "everything is delivered", func() bool {
		l := r.audit()
		return l.Accepted == 4*each && l.Waiting == 0
	})
	t.Logf("%s after the promotion everything was taken in and delivered", time.Since(began).Round(100*time.Millisecond))
	if first.over() || second.over() {
		t.Error("a gateway ended with its database")
	}
	r.exactlyOnce(4 * each)
	for message, ref := range acked {
		if found := r.sim.ByMarker(message); len(found) != 1 || len(r.sim.ByMarker(ref)) != 1 || ref == "" {
			t.Errorf("%q was acknowledged as %q and is %d times at the platform", message, ref, len(found))
		}
	}
}
