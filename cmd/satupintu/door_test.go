package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// door is a channel as the people on it know it.
type door interface {
	// complain tells complaint n, with a photo where the channel carries any. A channel that posts to us does so beside the
	// test, again and again until it is answered.
	complain(r *region, n int)
	// heard lists what the channel holds of what was told about complaint n, in order and in the channel's own form. What such
	// a channel itself knows for a repeat is left out, as it would.
	heard(r *region, n int) []string
}

// talker is a door where people can be asked what it is about.
type talker interface {
	door
	// greet has the person who will tell complaint n say hello, and nothing else yet.
	greet(r *region, n int)
}

// doorway is a door, how a gateway is configured for it, and what is to be expected there.
type doorway struct {
	door
	name      string        // of the connector
	connector string        // lines of configuration
	points    []relay.Point // where the gateway passes: it must die at each
	photos    int           // of a complaint
	tells     []string      // words of each piece of news, in order
	repeats   bool          // the channel cannot know a repeat: what was said when the gateway died is said again
	latest    bool          // the channel holds the last news alone, so that what came between may not be seen
}

// text is what complaint n of a door says.
func doorText(door string, n int) string {
	return fmt.Sprintf("Jembatan nomor %d (%s) rusak di Midai", n, door)
}

// doorPhoto is its photo, which no other complaint has.
func doorPhoto(door string, n int) []byte {
	return fmt.Appendf(nil, "\xff\xd8\xff\xe0 %s", doorText(door, n))
}

// doorNews are words of what soonDone makes of a complaint, with the answer last.
func doorNews() []string {
	return []string{"diteruskan ke SP4N-LAPOR!", "Mohon ditindaklanjuti.", "Sedang kami proses.", "Sudah selesai."}
}

// handOverNews are words of what the hand-over to the agency becomes.
const handOverNews = "Bukan kewenangan instansi kami."

// talkedNews begins with the receipt of a conversation.
func talkedNews() []string {
	return append([]string{"Laporan Anda sudah kami terima dengan nomor SP-"}, doorNews()...)
}

// polledPoints are passed with a channel that is polled; pushedPoints with one that posts to us.
func polledPoints() []relay.Point { return relay.Points() }

func pushedPoints() []relay.Point { return without(relay.Points(), relay.PageKept) }

// talkedPoints are passed with a channel of conversations too.
func talkedPoints(points []relay.Point) []relay.Point { return append(points, relay.TalkPoints()...) }

// photolessPoints leaves out those of files.
func photolessPoints(points []relay.Point) []relay.Point {
	points = without(points, relay.FileFetched, relay.FileSaved)
	return slices.DeleteFunc(points, func(p relay.Point) bool { return strings.HasPrefix(string(p), "upload:") })
}

func without(points []relay.Point, left ...relay.Point) []relay.Point {
	return slices.DeleteFunc(points, func(p relay.Point) bool { return slices.Contains(left, p) })
}

// doors are all of them, by the kind of their connector. What they need is started with the test and ends with it.
func doors() []kindOfDoor {
	return []kindOfDoor{
		{"email", mailDoor},
		{"open311", cityAppDoor},
		{"open311", otherCityDoor},
		{"rest", officeDoor},
		{"sms", fonnteDoor},
		{"sms", kannelDoor},
		{"spreadsheet", folderDoor},
		{"spreadsheet", uploadDoor},
		{"sql", villageDoor},
		{"sql", smsdDoor},
		{"telegram", telegramDoor},
		{"telegram", telegramHookDoor},
		{"webhook", webhookDoor},
		{"whatsapp", whatsappDoor},
	}
}

type kindOfDoor struct {
	kind string
	open func(t *testing.T, need *servers) doorway
}

func TestEveryKindHasADoor(t *testing.T) {
	for _, kind := range connectorKinds() {
		if !slices.ContainsFunc(doors(), func(d kindOfDoor) bool { return d.kind == kind.Kind }) {
			t.Errorf("nobody complains through %s while the gateway dies", kind.Kind)
		}
	}
}

// A complaint of each channel goes once to the platform, with its photo, and every answer comes back there once and in order,
// wherever between two steps the gateway dies.
func TestEveryDoorIsAnsweredWhereverTheGatewayDies(t *testing.T) {
	storetest.Needs(t, "some minutes")
	signIn(t)
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
	r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }", `category: "15" }`, `category: "15", hand_over: "21034" }`)
	for n, point := range w.points {
		if w.isGreeted(n) {
			w.door.(talker).greet(r, n)
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
	if there := r.sim.ByMarker(doorText(w.name, n)); len(there) != 1 || len(there[0].Attachments) != w.photos {
		r.Errorf("complaint %d is %d times at the platform, want once with %d photos: %+v", n, len(there), w.photos, there)
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
		for w.latest && next < len(tells) && !strings.Contains(one, handOverNews) && !strings.Contains(one, tells[next]) {
			next++
		}
		switch {
		case strings.Contains(one, handOverNews):
			if handedOver++; handedOver > 1 && strings.Contains(heard[i-1], handOverNews) {
				handedOver--
				repeats++
			}
		case next < len(tells) && strings.Contains(one, tells[next]):
			next++
		case next > 0 && strings.Contains(one, tells[next-1]):
			repeats++
		default:
			next = len(tells) + 1
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

// insistence is how a channel posts what it has: again and again until it is answered, or the test ends.
type insistence struct{ posting *sync.WaitGroup }

func newInsistence(t *testing.T) insistence {
	i := insistence{&sync.WaitGroup{}}
	t.Cleanup(i.posting.Wait)
	return i
}

func (i insistence) until(r *region, answered func(ctx context.Context) bool) {
	ctx := r.Context()
	i.posting.Go(func() {
		pause := time.NewTicker(100 * time.Millisecond)
		defer pause.Stop()
		for !answered(ctx) {
			select {
			case <-pause.C:
			case <-ctx.Done():
				return
			}
		}
	})
}
