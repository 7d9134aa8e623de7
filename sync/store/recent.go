package store

import (
	"slices"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// The most that is kept in memory of what was kept in the database.
const (
	mostRecent      = 8_000
	mostRecentBytes = 16 << 20
)

// recentFor is how long a complaint is sure of its place: where more come in than go on, what waits longest goes on next, and would
// be read back just because what goes on last came after it. Later than that it waits for something else.
const recentFor = 30 * time.Second

// recent are complaints this gateway took in a moment ago, so that what goes straight on is not read back. A complaint is
// written once and never changed, so what is here is true; what is not here is read.
type recent struct {
	mu    sync.Mutex
	at    map[complaint.Ref]complaint.Complaint
	order []arrival // oldest first; some may be gone already
	bytes int
}

type arrival struct {
	ref complaint.Ref
	at  time.Time
}

// sizeOf is about how much memory a complaint takes: what may be long in it, and the rest.
func sizeOf(c complaint.Complaint) int {
	size := 512 + len(c.Raw.Body) + len(c.Raw.Type)
	for _, text := range []string{
		c.SourceID, c.Title, c.Text, c.Category, c.Place.Region, c.Place.Address,
		c.Reporter.Name, c.Reporter.Phone, c.Reporter.Email, c.Reporter.Identity, c.Reporter.Account,
	} {
		size += len(text)
	}
	for _, a := range c.Attachments {
		size += 256 + len(a.Name)
	}
	return size
}

// put keeps a complaint that was taken in now, if there is room.
func (r *recent) put(c complaint.Complaint, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(c.Ref)
	size := sizeOf(c)
	if size > mostRecentBytes/8 || !r.makeRoom(size, now) {
		return
	}
	if r.at == nil {
		r.at = map[complaint.Ref]complaint.Complaint{}
	}
	r.at[c.Ref] = c
	r.order = append(r.order, arrival{c.Ref, now})
	r.bytes += size
}

// makeRoom forgets who is not sure of their place any more, the oldest first, and says whether so many bytes have room then.
func (r *recent) makeRoom(bytes int, now time.Time) bool {
	if len(r.order) >= 2*mostRecent { // behind an old one that is here still many may be gone
		r.order = slices.DeleteFunc(r.order, func(a arrival) bool { _, here := r.at[a.ref]; return !here })
	}
	for r.bytes+bytes > mostRecentBytes || len(r.at) >= mostRecent {
		oldest := r.order[0]
		if _, here := r.at[oldest.ref]; here && now.Sub(oldest.at) < recentFor {
			return false
		}
		r.remove(oldest.ref)
		r.order = r.order[1:]
	}
	return true
}

func (r *recent) get(ref complaint.Ref) (complaint.Complaint, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.at[ref]
	return c, ok
}

// drop forgets what is done with.
func (r *recent) drop(ref complaint.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(ref)
}

func (r *recent) remove(ref complaint.Ref) {
	if c, ok := r.at[ref]; ok {
		r.bytes -= sizeOf(c)
		delete(r.at, ref)
	}
}
