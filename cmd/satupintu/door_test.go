package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
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

// doorway is a door, how a gateway is configured for it, and what is to be expected there.
type doorway struct {
	door
	name      string            // of the connector
	connector string            // lines of configuration
	files     map[string]string // beside the configuration, by name
	points    []relay.Point     // where the gateway passes: it must die at each
	photo     bool              // a complaint has one
	tells     []string          // words of each piece of news, in order
	repeats   bool              // the channel cannot know a repeat: what was said when the gateway died is said again
	latest    bool              // the channel holds the last news alone: what came between may not be seen, and nothing is handed over
	// greet has the person who will tell complaint n say hello and nothing else, on a channel of conversations.
	greet func(r *region, n int)
}

// doorText is what complaint n of a door says.
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
	return withoutStep(without(points, relay.FileFetched, relay.FileSaved), "upload")
}

func withoutStep(points []relay.Point, step string) []relay.Point {
	return slices.DeleteFunc(points, func(p relay.Point) bool { return strings.HasPrefix(string(p), step+":") })
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

// insist is how a channel posts what it has: again and again until it is answered, or the test ends.
func insist(r *region, answered func(ctx context.Context) bool) {
	ctx, ended := r.Context(), make(chan struct{})
	go func() {
		defer close(ended)
		pause := time.NewTicker(100 * time.Millisecond)
		defer pause.Stop()
		for !answered(ctx) && ctx.Err() == nil {
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
	}()
	r.Cleanup(func() { <-ended })
}
