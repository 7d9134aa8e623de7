package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

func numbered(n int) complaint.Complaint {
	return complaint.Complaint{Ref: complaint.Ref(fmt.Sprintf("SP-%06d", n)), Text: "Lampu jalan di Ranai mati."}
}

func (r *recent) holds(n int) bool {
	_, here := r.get(numbered(n).Ref)
	return here
}

// Where more wait than are kept in memory, those are that go on next, and whoever comes in has the place of who has gone on.
func TestWhatWaitsLongestStaysInMemory(t *testing.T) {
	var (
		r   recent
		now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	)
	for n := range mostRecent + 2 {
		r.put(numbered(n), now)
	}
	if !r.holds(0) || !r.holds(mostRecent-1) || r.holds(mostRecent) {
		t.Errorf("it holds the first: %t, the last that has room: %t, one more: %t; want the first two",
			r.holds(0), r.holds(mostRecent-1), r.holds(mostRecent))
	}
	r.drop(numbered(0).Ref)
	r.put(numbered(mostRecent+2), now)
	if !r.holds(mostRecent + 2) {
		t.Error("what came in when another had gone on is not held")
	}
}

// What waits for something else, as for a person, does not keep others out for ever.
func TestWhatDoesNotGoOnGivesItsPlaceUp(t *testing.T) {
	var (
		r   recent
		now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	)
	for n := range mostRecent {
		r.put(numbered(n), now)
	}
	r.put(numbered(mostRecent), now.Add(recentFor))
	if r.holds(0) || !r.holds(1) || !r.holds(mostRecent) {
		t.Errorf("it holds the oldest: %t, the next: %t, the new one: %t; want the last two", r.holds(0), r.holds(1), r.holds(mostRecent))
	}
}

// Whatever is long in a complaint counts.
func TestWhatIsLongTakesItsRoom(t *testing.T) {
	long := strings.Repeat("a", complaint.MaxText)
	for name, fill := range map[string]func(*complaint.Complaint){
		"text":     func(c *complaint.Complaint) { c.Text = long },
		"title":    func(c *complaint.Complaint) { c.Title = long },
		"address":  func(c *complaint.Complaint) { c.Place.Address = long },
		"category": func(c *complaint.Complaint) { c.Category = long },
		"reporter": func(c *complaint.Complaint) { c.Reporter.Name = long },
		"files":    func(c *complaint.Complaint) { c.Attachments = make([]complaint.Attachment, 1000) },
		"raw":      func(c *complaint.Complaint) { c.Raw.Body = []byte(long) },
	} {
		var r recent
		for n := range 200 {
			c := numbered(n)
			fill(&c)
			r.put(c, time.Time{})
		}
		if len(r.at) == 0 || len(r.at) > mostRecentBytes/complaint.MaxText {
			t.Errorf("%s: %d of 200 are held", name, len(r.at))
		}
	}
}

func TestWhatIsKeptInMemoryIsBounded(t *testing.T) {
	var (
		r   recent
		now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	)
	for n := range 100 {
		c := numbered(n)
		c.Text = strings.Repeat("a", 1<<20)
		r.put(c, now)
		r.put(c, now) // again: it counts once
	}
	if len(r.at) != mostRecentBytes/(1<<20)-1 || r.bytes > mostRecentBytes {
		t.Errorf("it holds %d of a megabyte, %d bytes", len(r.at), r.bytes)
	}
	for n := range 5 * mostRecent { // one that stays, and many that go on at once
		r.put(numbered(1000+n), now)
		r.drop(numbered(1000 + n).Ref)
	}
	if len(r.order) > 2*mostRecent {
		t.Errorf("it remembers the order of %d", len(r.order))
	}
	for n := range 100 {
		r.drop(numbered(n).Ref)
	}
	if len(r.at) != 0 || r.bytes != 0 {
		t.Errorf("it holds %d and counts %d bytes when all are gone", len(r.at), r.bytes)
	}
}
