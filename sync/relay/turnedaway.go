package relay

import (
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
)

// mostRefusals is how often the platform may refuse to let us in for one complaint, and take others in between, before a person
// looks: a firewall that dislikes its words, or an agency that our account may not write to.
const mostRefusals = 8

// turnedAway tells a platform that refuses our credentials from one that refuses a single complaint in the same words. While it takes
// nobody's nothing is counted: the backlog waits, however long that is.
type turnedAway struct {
	mu    sync.Mutex
	taken int                           // complaints that became tickets, since the start
	of    map[complaint.Ref]refusedOnes // that were refused when last tried
}

type refusedOnes struct{ times, taken int }

// refused notes that one was refused and says how often it was, with others taken since the time before.
func (t *turnedAway) refused(ref complaint.Ref) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[complaint.Ref]refusedOnes{}
	}
	before, known := t.of[ref]
	if !known || t.taken > before.taken {
		before.times++
	}
	before.taken = t.taken
	t.of[ref] = before
	return before.times
}

// ended notes that one was not refused: it became a ticket, or something else became of it.
func (t *turnedAway) ended(ref complaint.Ref, taken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, ref)
	if taken {
		t.taken++
	}
}
