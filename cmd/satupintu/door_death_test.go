package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// A complaint of each channel goes once to the platform, with its photo, and every answer comes back there once and in order,
// wherever between two steps the gateway dies.
func TestEveryDoorIsAnsweredWhereverTheGatewayDies(t *testing.T) {
	storetest.Needs(t, "some minutes")
	need := &servers{t: t}
	for _, d := range doors() {
		w := d.open(t, need)
		t.Run(d.kind+"/"+w.name, func(t *testing.T) {
			t.Parallel()
			w.dieEverywhere(t)
		})
	}
}

func (w doorway) dieEverywhere(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", w.connector, soonDone())
	r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }")
	if !w.latest {
		r.edit(`category: "15" }`, `category: "15", hand_over: "21034" }`)
	}
	for name, content := range w.files {
		r.write(name, content)
	}
	for n, point := range w.points {
		if w.isGreeted(n) {
			w.greet(r, n)
		} else {
			w.complain(r, n)
		}
		life := r.launch(deathPoint + "=" + string(point))
		if !within(time.Minute, life.ended) || !life.killed() {
			r.Fatalf("it did not die at %s:\n%s", point, r.lastWords())
		}
	}
	last := r.launch(clockFile + "=" + r.write("clock", "15m")) // what was asked at a death is asked again after five minutes
	defer last.kill()
	for n := range w.points {
		if w.isGreeted(n) {
			r.eventually(time.Minute, "who said hello is asked", func() bool { return len(w.heard(r, n)) > 0 })
			w.complain(r, n)
		}
	}
	w.complain(r, len(w.points)) // and one that no death disturbs
	repeats := 0
	for n := range len(w.points) + 1 {
		w.wantThere(r, n)
		repeats += w.wantHeard(r, n)
	}
	if most := mostRepeats * len(w.points); repeats > most {
		r.Errorf("%d pieces of news were told again, want no more than %d after %d deaths", repeats, most, len(w.points))
	}
	w.wantSettled(r)
}

// isGreeted says whether complaint n comes after a greeting, because its point is one of asking.
func (w doorway) isGreeted(n int) bool {
	return n < len(w.points) && (w.points[n] == relay.BeforeAsk || w.points[n] == relay.Asked)
}

// mostRepeats is how much a gateway may be saying to a channel at once when it dies.
const mostRepeats = 4

// wantThere waits until complaint n is told to be done, and wants it at the platform once, with its photo.
func (w doorway) wantThere(r *region, n int) {
	r.Helper()
	var heard []string
	if !r.comesTo(time.Minute, func() bool {
		heard = w.heard(r, n)
		return slices.ContainsFunc(heard, func(one string) bool { return strings.Contains(one, w.tells[len(w.tells)-1]) })
	}) {
		_, story := r.run("queue", "list", "--json")
		r.Fatalf("complaint %d is not told to be done but %q; at the platform: %+v; in the queue: %s", n, heard, r.sim.ByMarker(doorText(w.name, n)), story)
	}
	want := ""
	if w.photo {
		want = fmt.Sprintf("%x", sha256.Sum256(doorPhoto(w.name, n)))
	}
	there := r.sim.ByMarker(doorText(w.name, n))
	if len(there) != 1 || hashes(there[0].Attachments) != want {
		r.Errorf("complaint %d is %d times at the platform, want once, with the photo %q: %+v", n, len(there), want, there)
	}
}

// wantHeard checks that complaint n was told each piece of news, once and in order, and returns how many were told again
// right away. When our hand-over to another agency becomes news depends on the death; after one that the platform was
// quicker than, it does not.
func (w doorway) wantHeard(r *region, n int) (repeats int) {
	r.Helper()
	heard, tells := w.heard(r, n), w.tells
	if w.isGreeted(n) {
		tells = append([]string{"Mohon tuliskan apa yang ingin dilaporkan"}, tells...)
	}
	next, handedOver := 0, 0
	for i, one := range heard {
		says := func(at int) bool { return at >= 0 && at < len(tells) && strings.Contains(one, tells[at]) }
		for w.latest && next < len(tells) && !says(next) && !says(next-1) {
			next++
		}
		switch {
		case isHandOver(one) && i > 0 && isHandOver(heard[i-1]):
			repeats++
		case isHandOver(one):
			handedOver++
		case says(next):
			next++
		case says(next - 1):
			repeats++
		default:
			next = len(tells) + 1 // and nothing is right after it
		}
	}
	if next != len(tells) || handedOver > 1 {
		r.Errorf("complaint %d is told %q, want each of %q in order, and at most once %q", n, heard, tells, handOverNews)
	}
	if repeats > 0 && (!w.repeats || n == len(w.points)) {
		r.Errorf("complaint %d is told again what it was told: %q", n, heard)
	}
	return repeats
}

func isHandOver(news string) bool { return strings.Contains(news, handOverNews) }

// wantSettled checks that nothing else is at the platform, that the ledger balances, and that nothing is in anybody's hands.
func (w doorway) wantSettled(r *region) {
	r.Helper()
	complaints := int64(len(w.points) + 1)
	r.exactlyOnce(complaints)
	if l := r.audit(); l.Accepted != complaints || l.Delivered != complaints {
		r.Errorf("ledger %+v, want %d accepted and delivered", l, complaints)
	}
	if leased := r.queue("leased"); len(leased) > 0 {
		r.Errorf("still leased: %v", leased)
	}
}

func hashes(files []simulator.File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.SHA256)
	}
	return strings.Join(all, " ")
}
