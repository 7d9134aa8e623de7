package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

const channelsOfTests = `
  - { name: portal, kind: webhook, settings: { bearer: { env: PORTAL_TOKEN }, rate: 5000/s, map: { id: ticket, text: message } } }
  - name: kantor
    kind: spreadsheet
    every: 1s
    settings: { path: inbox, page: 25, map: { id: No, text: Laporan, reported_at: Waktu } }
`

// TestKilledTenTimesNothingIsLostOrSentTwice kills the gateway ten times at random moments while a sender repeats what
// was not answered, a spreadsheet is read, and the platform loses answers. The seed is printed; SATUPINTU_SEED replays it.
func TestKilledTenTimesNothingIsLostOrSentTwice(t *testing.T) {
	storetest.Needs(t, "half a minute")
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			dsn := "sqlite:natuna.db"
			if kind == "postgres" {
				dsn = storetest.StartPostgres(t).Database(t)
			}
			seed := uint64(time.Now().UnixNano())
			if s, err := strconv.ParseUint(os.Getenv("SATUPINTU_SEED"), 10, 64); err == nil {
				seed = s
			}
			t.Logf("SATUPINTU_SEED=%d", seed)
			killTenTimes(newRegion(t, dsn, channelsOfTests), rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

const (
	killedRows = 400
	killedSent = 300
)

func killTenTimes(r *region, random *rand.Rand) {
	r.Helper()
	if err := r.sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: time.Millisecond, Max: 60 * time.Millisecond}, Rules: []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Chance: 0.03},
		{Call: simulator.CallCreate, Fault: simulator.ServerErrorBefore, Chance: 0.03},
		{Call: simulator.CallCreate, Fault: simulator.Throttle, Chance: 0.01, RetryAfter: time.Second},
	}}); err != nil {
		r.Fatal(err)
	}
	r.write("inbox/aduan.csv", sheetOf(killedRows))
	acknowledged := map[string]string{}
	var sender sync.WaitGroup
	sender.Go(func() { sendUntilAcknowledged(r, acknowledged) })

	for range 10 {
		r.start()
		life := time.NewTimer(time.Duration(150+random.IntN(1500)) * time.Millisecond)
		<-life.C
		r.kill()
	}
	r.start()
	sender.Wait()
	r.eventually(2*time.Minute, "everything is delivered", func() bool {
		l := r.audit()
		return l.Accepted == killedRows+killedSent && l.Waiting == 0
	})
	if took := r.stop(); took > 20*time.Second {
		r.Errorf("SIGTERM took %s", took)
	}
	l := r.audit()
	if l.Delivered != killedRows+killedSent || l.Held+l.Dead+l.Refused+l.Linked != 0 {
		r.Errorf("ledger %+v", l)
	}
	r.exactlyOnce(l.Delivered)
	for ticket, ref := range acknowledged {
		if len(r.sim.ByMarker("Pesan "+ticket+" dari")) != 1 || len(r.sim.ByMarker(ref)) != 1 {
			r.Errorf("acknowledged complaint %s (%s) is not once at the platform", ticket, ref)
		}
	}
	fmt.Fprintf(r.Output(), "faults met: %v\n", r.sim.Stats().Faults)
}

func sheetOf(rows int) string {
	var sheet strings.Builder
	sheet.WriteString("No,Waktu,Laporan\n")
	for n := range rows {
		fmt.Fprintf(&sheet, "K-%d,%d Jan 2026,Baris %d: air keruh di Sedanau\n", n, 1+n%28, n)
	}
	return sheet.String()
}

// sendUntilAcknowledged repeats each complaint until it is answered, as a channel does.
func sendUntilAcknowledged(r *region, acknowledged map[string]string) {
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for n := range killedSent {
		ticket := fmt.Sprintf("T-%d", n)
		for ref := ""; ref == ""; {
			select {
			case <-pause.C:
				ref = r.post(fmt.Sprintf(`{"ticket": %q, "message": "Pesan %s dari Ranai"}`, ticket, ticket))
				acknowledged[ticket] = ref
			case <-r.Context().Done():
				return
			}
		}
	}
}
