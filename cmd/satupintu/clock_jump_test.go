package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// A clock that jumps while a request is under way makes nothing look older than it is: the platform carries the request
// out three seconds later, as a slow one does, and has it once.
func TestAClockThatJumpsWhileARequestIsUnderWayDoublesNothing(t *testing.T) {
	storetest.Needs(t, "half a minute")
	for _, off := range []string{"1h", "-1h"} {
		t.Run(off, func(t *testing.T) {
			r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
			r.edit("settle: 2s", "settle: 6s")
			clock := r.write("clock", "0s")
			if err := r.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Call: simulator.CallCreate, Fault: simulator.Late, Delay: 4 * time.Second, Next: 1}}}); err != nil {
				t.Fatal(err)
			}
			r.launch(clockFile + "=" + clock)
			deliverOneAcrossAJump(r, off)
		})
	}
}

// The clocks of two gateways may be an hour apart: neither takes what the other holds for abandoned.
func TestTwoGatewaysWhoseClocksAreAnHourApartDoubleNothing(t *testing.T) {
	storetest.Needs(t, "PostgreSQL")
	r := newRegion(t, storetest.StartPostgres(t).Database(t), channelsOfTests)
	r.edit("settle: 2s", "settle: 6s")
	if err := r.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Call: simulator.CallCreate, Fault: simulator.Slow, Delay: 800 * time.Millisecond}}}); err != nil {
		t.Fatal(err)
	}
	other := r.beside("kedua")
	r.launch()
	other.launch(clockFile + "=" + r.write("clock", "1h"))
	r.eventually(30*time.Second, "both are ready", func() bool { return r.ready() && other.ready() })
	const sent = 50
	for n := range sent { // few, so that what is taken is looked up at once
		within(300*time.Millisecond, nil)
		p := parcel{ticket: fmt.Sprintf("T-%d", n), message: fmt.Sprintf("Pesan T-%d dari Ranai", n)}
		p.insist(t.Context(), func() string { return []*region{r, other}[n%2].intake })
	}
	r.eventually(time.Minute, "everything is delivered", func() bool { return r.audit().Waiting == 0 })
	r.exactlyOnce(sent)
}

func deliverOneAcrossAJump(r *region, off string) {
	r.Helper()
	p := parcel{ticket: "T-1", message: "Pesan T-1 dari Ranai"}
	p.insist(r.Context(), func() string { return r.intake })
	r.eventually(10*time.Second, "the request is under way", func() bool { return r.sim.Stats().Calls[simulator.CallCreate] == 1 })
	r.write("clock", off)
	r.sim.Wait()
	r.eventually(30*time.Second, "the outcome is found", func() bool {
		if off == "-1h" && r.audit().Waiting > 0 {
			r.write("clock", "0s") // what was due at the right time is due once the clock is right again
		}
		return r.audit().Waiting == 0
	})
	r.exactlyOnce(1)
}
