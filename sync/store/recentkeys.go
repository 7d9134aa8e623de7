package store

import (
	"strings"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// recentKeys are complaints that were found in the database, or put there, a short while ago, by source and source id. A channel that
// did not hear our answer sends a complaint again soon: it is answered without a transaction when it says the same. A complaint is
// never changed and never deleted, so what is here is true for as long as the database is the same. It is forgotten when a transaction
// fails and with every new connection, behind which the database may be another, of an hour ago; and it is asked only while the
// database is known to answer, so that nobody is told by memory alone that a complaint is safe.
type recentKeys struct {
	mu       sync.Mutex
	at       lately[sourceKey, keptKey]
	database int       // how often everything was forgotten
	answered time.Time // when the database last did
}

// keptKey is under which reference a complaint lies, and the hash of what it says.
type keptKey struct {
	ref  complaint.Ref
	hash string
}

// answersFor is how long a database that has answered is taken to answer.
const answersFor = time.Second

// mostYoungKeys bounds what is kept: twice as many keys, of 200 bytes mostly, and 700 at most.
const mostYoungKeys = 12_000

func (r *recentKeys) get(key sourceKey) (keptKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.answered) > answersFor {
		return keptKey{}, false
	}
	return r.at.get(key.own())
}

// put remembers what a transaction found or kept that began when the database was that one, and has just ended.
func (r *recentKeys) put(database int, key sourceKey, kept keptKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if database != r.database {
		return
	}
	r.answered = time.Now()
	r.at.put(key.own(), kept)
}

// own is a key whose id is no piece of a long row.
func (k sourceKey) own() sourceKey { return sourceKey{k.source, strings.Clone(k.id)} }

// inDatabase says which database it is, for put.
func (r *recentKeys) inDatabase() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.database
}

func (r *recentKeys) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at.forget()
	r.database++
}

// isPlain says whether a page is complaints and nothing else, of a source whose ids never begin anew.
func (p Page) isPlain() bool {
	return p.Cursor == nil && p.SameID == nil && !p.Beside && len(p.Messages)+len(p.Refusals) == 0 && len(p.Complaints) > 0
}

// keptBefore answers for a plain page of complaints that are here, word for word.
func (s *Store) keptBefore(page Page) ([]Kept, bool) {
	if !page.isPlain() {
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
