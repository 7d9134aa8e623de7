package store

import (
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
)

// recentKeys are complaints that were found in the database, or put there, a short while ago, by source and source id. A channel that
// did not hear our answer sends a complaint again soon: it is answered without a transaction when it says the same. A complaint is
// never changed and never deleted, so what is here is true for as long as the database is the same: it is forgotten with every new
// connection, because behind that the database may be another, of an hour ago.
type recentKeys struct {
	mu         sync.Mutex
	young, old map[sourceKey]keptKey
	database   int // how often everything was forgotten
}

// keptKey is under which reference a complaint lies, and the hash of what it says.
type keptKey struct {
	ref  complaint.Ref
	hash string
}

// mostYoungKeys bounds what is kept: twice as many keys of about 200 bytes.
const mostYoungKeys = 12_000

func (r *recentKeys) get(key sourceKey) (keptKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept, ok := r.young[key]; ok {
		return kept, true
	}
	kept, ok := r.old[key]
	return kept, ok
}

// put remembers what a transaction found or kept that began when the database was that one.
func (r *recentKeys) put(database int, key sourceKey, kept keptKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if database != r.database {
		return
	}
	if r.young == nil || len(r.young) >= mostYoungKeys {
		r.young, r.old = map[sourceKey]keptKey{}, r.young
	}
	r.young[key] = kept
}

// at says which database it is, for put.
func (r *recentKeys) at() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.database
}

func (r *recentKeys) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.young, r.old = nil, nil
	r.database++
}

// keptBefore answers for a page that changes nothing: all it brings are complaints that are here, word for word.
func (s *Store) keptBefore(page Page) ([]Kept, bool) {
	if page.Cursor != nil || len(page.Messages)+len(page.Refusals) > 0 || len(page.Complaints) == 0 {
		return nil, false
	}
	kept := make([]Kept, len(page.Complaints))
	for i, c := range page.Complaints {
		before, ok := s.keys.get(sourceKey{page.Source, c.SourceID})
		if !ok || before.hash != page.encoded[i].hash {
			return nil, false
		}
		kept[i] = Kept{Ref: before.ref, Known: true}
	}
	return kept, true
}
