package store

import (
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// recentPrints are prints that were made or read a short while ago: what comes in is mostly compared with what came in just
// before. A print is written once and never changed, so what is here is true.
type recentPrints struct {
	mu sync.Mutex
	at lately[complaint.Ref, *dedup.Print]
}

// mostYoung bounds what is kept: twice as many prints of about 2 KiB.
const mostYoung = 4096

func (r *recentPrints) get(ref complaint.Ref) (*dedup.Print, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at.get(ref)
}

func (r *recentPrints) put(ref complaint.Ref, print *dedup.Print) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at.put(ref, print)
}
