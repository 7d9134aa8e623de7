package store

import (
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
)

// The most that is kept in memory of what was kept in the database.
const (
	mostRecent      = 8_000
	mostRecentBytes = 16 << 20
)

// recent are complaints this gateway took in a moment ago, so that what goes straight on is not read back. A complaint is
// written once and never changed, so what is here is true; what is not here is read.
type recent struct {
	mu    sync.Mutex
	at    map[complaint.Ref]complaint.Complaint
	order []complaint.Ref // oldest first; some may be gone already
	bytes int
}

func sizeOf(c complaint.Complaint) int { return len(c.Text) + len(c.Raw.Body) + len(c.Title) + 512 }

func (r *recent) put(c complaint.Complaint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sizeOf(c) > mostRecentBytes/8 {
		return
	}
	if r.at == nil {
		r.at = map[complaint.Ref]complaint.Complaint{}
	}
	r.at[c.Ref] = c
	r.order = append(r.order, c.Ref)
	r.bytes += sizeOf(c)
	for r.bytes > mostRecentBytes || len(r.order) > mostRecent {
		r.remove(r.order[0])
		r.order = r.order[1:]
	}
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
