package relay

import (
	"slices"
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// mostRefusals is how often the platform may turn one away, and take others in between, before that is taken for this one's own:
// a firewall that dislikes a complaint's words, an agency that our account may not write to, a photo that it cannot read.
const mostRefusals = 8

// turnedAway tells a platform that turns everybody away from one that does so to a single one in the same words. While it takes
// nobody's nothing is counted: the backlog waits, however long that is.
type turnedAway struct {
	mu    sync.Mutex
	taken int                   // since the start: of deliveries, those that became tickets
	of    map[tried]refusedOnes // that were refused when last tried
}

// tried is what was refused or taken: a delivery, or one step of it.
type tried struct {
	ref  complaint.Ref
	step string // empty: the delivery
}

type refusedOnes struct{ times, taken int }

// refused notes that one was refused and says how often it was, with others taken since the time before.
func (t *turnedAway) refused(one tried) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[tried]refusedOnes{}
	}
	before, known := t.of[one]
	if !known || t.taken > before.taken {
		before.times++
	}
	before.taken = t.taken
	t.of[one] = before
	return before.times
}

// ended notes that one was not refused: taken, or something else became of it.
func (t *turnedAway) ended(one tried, taken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, one)
	if taken {
		t.taken++
	}
}

// giveUp makes the error of a harmless step permanent when the complaint is to go on without it, rather than grow old for it: where
// the platform fails at this one and takes others, and whatever keeps it from being done once half of the delivery's time is over,
// or its last attempt has come. Until then a place to upload to that fails for everybody costs nobody a photo.
func (a *attempt) giveUp(step national.Step, err error) error {
	v := retry.Of(err)
	if !step.Harmless || v.Verdict != retry.Transient || !slices.Contains(inVain(), v.Reason) {
		return err
	}
	one := tried{a.claim.Ref, step.Name}
	alone := slices.Contains(ofTheFile(), v.Reason) && a.r.spoilt.refused(one) >= mostRefusals
	if !alone && !a.late() {
		return err
	}
	a.r.spoilt.ended(one, false)
	v.Verdict, v.Err = retry.Permanent, err
	return &v
}

// ofTheFile is how a request ends that the platform answers and cannot carry out, which may be for what is in it.
func ofTheFile() []retry.Reason {
	return []retry.Reason{retry.ServerError, retry.Malformed, retry.Rejected}
}

// inVain is how a request ends that was sent and not carried out, as far as anybody knows.
func inVain() []retry.Reason {
	return append(ofTheFile(), retry.BadGateway, retry.Timeout, retry.Reset)
}

// late says whether half of a delivery's time is over since it was first tried, or this is the last of its attempts.
func (a *attempt) late() bool {
	d := a.r.cfg.Delivery
	return a.r.leaps.age(a.r.now(), a.claim.TriedAt) > d.GiveUpAfter.D()/2 || d.MaxAttempts > 0 && a.claim.Attempts >= d.MaxAttempts
}
