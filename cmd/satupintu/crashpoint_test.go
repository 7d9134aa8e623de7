package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// channelsThatAreTold is the portal, which is told at a receiver, and the spreadsheet.
func channelsThatAreTold(callback string) string {
	return fmt.Sprintf(`
  - name: portal
    kind: webhook
    settings: { bearer: { env: PORTAL_TOKEN }, rate: 5000/s, callback: %q, map: { id: ticket, text: message } }
  - name: kantor
    kind: spreadsheet
    every: 1s
    settings: { path: inbox/*.csv, page: 25, quiet: 300ms, map: { id: No, text: Laporan, reported_at: Waktu } }
`, callback+"/status")
}

// soonDone is what becomes of complaints where a test cannot wait for days.
func soonDone() simulator.Scenario {
	return simulator.Scenario{Name: "done", Steps: []simulator.Step{
		{After: 500 * time.Millisecond, Status: simulator.StatusDisposed, Text: "<p>Mohon ditindaklanjuti.</p>"},
		{After: 300 * time.Millisecond, Status: simulator.StatusWorking, Text: "<p>Sedang kami proses.</p>"},
		{After: 300 * time.Millisecond, Status: simulator.StatusDone, Text: "<p>Sudah selesai.</p>"},
	}}
}

func TestEveryCrashPointLosesNothingAndDoublesNothing(t *testing.T) {
	storetest.Needs(t, "two minutes")
	server := storetest.StartPostgres(t)
	for kind, dsn := range map[string]string{
		"sqlite": "sqlite:natuna.db", "sqlite, compared with nothing": "sqlite:natuna.db",
		"postgres": server.Database(t), "postgres, compared with nothing": server.Database(t),
	} {
		portal := newReceiver(t)
		r := newRegion(t, dsn, channelsThatAreTold(portal.URL), soonDone())
		r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }")
		r.edit(`category: "15" }`, `category: "15", hand_over: "21034" }`)
		if strings.HasSuffix(kind, "nothing") { // then it is decided, and claimed, as it is kept
			r.edit("review_above: 1", "mode: off")
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dieAtEveryPoint(t, r, portal)
		})
	}
}

func dieAtEveryPoint(t *testing.T, r *region, portal *receiver) {
	sent := 0
	for i, point := range relay.Points() {
		if t.Failed() {
			return // what one point broke would be said of all that follow
		}
		t.Run(string(point), func(t *testing.T) {
			here := *r
			here.TB = t
			sent += dieAndComeBack(&here, i, point)
			here.eventually(30*time.Second, "everything is delivered", func() bool {
				l := here.audit()
				return l.Accepted == int64(sent) && l.Waiting == 0
			})
			here.exactlyOnce(int64(sent))
			for n := range sentEachDeath {
				text := crashParcel(i, n).message
				if found := len(here.sim.ByMarker(text)); found != 1 {
					t.Errorf("%q is %d times at the platform", text, found)
				}
			}
		})
	}
	last := *r
	last.TB = t
	allTold(&last, portal)
}

const (
	sentEachDeath = 3
	rowsEachDeath = 2
)

func crashParcel(death, n int) parcel {
	p := parcel{ticket: fmt.Sprintf("T-%d-%d", death, n), message: fmt.Sprintf("Pesan T-%d-%d dari Ranai", death, n)}
	if n == 0 {
		p.file = "foto " + p.ticket
	}
	return p
}

// dieAndComeBack has the gateway die at a point while it is sent complaints, runs it again, and returns how many there were.
func dieAndComeBack(r *region, death int, point relay.Point) int {
	r.Helper()
	first := r.launch(deathPoint + "=" + string(point))
	var sender sync.WaitGroup
	sending, stop := context.WithTimeout(r.Context(), time.Minute)
	defer sender.Wait()
	defer stop()
	for n := range sentEachDeath {
		sender.Go(func() { crashParcel(death, n).insist(sending, func() string { return r.intake }) })
	}
	rows := strings.ReplaceAll(sheetOf(rowsEachDeath), "K-", fmt.Sprintf("K-%d-", death))
	r.write(fmt.Sprintf("inbox/aduan-%d.csv", death), strings.ReplaceAll(rows, "Baris", fmt.Sprintf("Berkas %d baris", death)))
	if !within(30*time.Second, first.ended) {
		first.kill()
		r.Fatalf("it never came to %s", point)
	}
	if !first.killed() {
		r.Fatalf("it ended with %v instead of dying at %s:\n%s", first.cmd.ProcessState, point, r.lastWords())
	}
	second := r.launch()
	r.Cleanup(second.kill) // before the next point's
	sender.Wait()
	return sentEachDeath + rowsEachDeath
}

// allTold checks that each ticket's channel was told how it ended, in order. A quarter of an hour later, because what a
// gateway was asking the platform when it died is asked again after five minutes.
func allTold(r *region, portal *receiver) {
	r.Helper()
	last := r.launch(clockFile + "=" + r.write("clock", "15m"))
	defer last.kill()
	for i := range relay.Points() {
		for n := range sentEachDeath {
			ticket := crashParcel(i, n).ticket
			r.eventually(30*time.Second, ticket+" is told to be done", func() bool { return portal.standing(ticket) == "done" })
			heard := portal.about(ticket)
			if wrong := disorder(heard, func(_, _ notice) bool { return true }); wrong != "" {
				r.Errorf("%s: %s: %v", ticket, wrong, heard)
			}
		}
	}
}
