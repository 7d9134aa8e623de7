package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// A gateway that is frozen past its lease with requests under way and with claims it has not begun is no longer theirs
// when it wakes: the other one has looked up and settled them, and what it knows counts no more.
func TestAFrozenGatewaySettlesNothingOfWhatItLost(t *testing.T) {
	storetest.Needs(t, "PostgreSQL")
	r := newRegion(t, storetest.StartPostgres(t).Database(t), channelsOfTests)
	// Few requests at once and slow ones: some claims are under way, some have lost their answer, some were not begun.
	r.edit("rate: 2000/s", "rate: 8/s", "settle: 2s", "settle: 4s")
	if err := r.sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: 300 * time.Millisecond, Max: 600 * time.Millisecond}, Rules: []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.HangAfter, Every: 3, Next: 4},
		{Call: simulator.CallCreate, Fault: simulator.HangBefore, Every: 4, Next: 4},
	}}); err != nil {
		t.Fatal(err)
	}
	const sent = 40
	other := r.beside("kedua")
	first := r.launch()
	for n := range sent {
		p := parcel{ticket: fmt.Sprintf("T-%d", n), message: fmt.Sprintf("Pesan T-%d dari Ranai", n)}
		p.insist(t.Context(), func() string { return r.intake })
	}
	r.eventually(30*time.Second, "the first has claimed work and requests under way", func() bool {
		return r.sim.Stats().Calls[simulator.CallCreate] > 4 && len(r.queue("leased")) > 4
	})
	first.freeze()
	lost := len(r.queue("leased"))
	second := other.launch()
	other.eventually(time.Minute, "the other has taken over and settled everything", func() bool { return other.audit().Waiting == 0 })
	before, calls := other.queue("done"), r.sim.Stats().Calls[simulator.CallCreate]
	first.thaw()
	r.eventually(30*time.Second, "the first works again", func() bool {
		return r.ready() && parcel{ticket: "T-lagi", message: "Pesan T-lagi dari Ranai"}.deliverTo(t.Context(), r.intake) != ""
	})
	other.eventually(30*time.Second, "what came afterwards is delivered", func() bool {
		l := other.audit()
		return l.Waiting == 0 && l.Delivered == sent+1
	})
	first.kill()
	second.kill()
	now := other.queue("done")
	for id, was := range before {
		if is := now[id]; is != was {
			t.Errorf("%s was settled again after the thaw:\nbefore %+v\nnow    %+v", id, was, is)
		}
	}
	if len(before) != sent {
		t.Errorf("%d of %d were settled before the thaw", len(before), sent)
	}
	if more := r.sim.Stats().Calls[simulator.CallCreate] - calls; more > 1 {
		t.Errorf("%d requests to create were made after the thaw; one was due", more)
	}
	other.exactlyOnce(sent + 1)
	t.Logf("%d claims were lost to the other gateway", lost)
}
