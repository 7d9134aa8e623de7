package relay

import (
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// openings are the open outcomes this process knows of, and since when, by a clock that does not jump.
type openings struct {
	mu sync.Mutex
	at map[complaint.Ref]time.Time
}

// begins notes that a request goes out now.
func (o *openings) begins(ref complaint.Ref) { o.note(ref, true) }

// seen notes that one was open before this process knew of it.
func (o *openings) seen(ref complaint.Ref) { o.note(ref, false) }

func (o *openings) note(ref complaint.Ref, again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at = map[complaint.Ref]time.Time{}
	}
	if _, known := o.at[ref]; again || !known {
		o.at[ref] = time.Now()
	}
}

func (o *openings) since(ref complaint.Ref) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, known := o.at[ref]; known {
		return time.Since(at)
	}
	return 0
}

func (o *openings) forget(ref complaint.Ref) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.at, ref)
}
