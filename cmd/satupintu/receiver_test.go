package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// notice is one request in which a channel was told a status.
type notice struct {
	Ref    string `json:"ref"`
	ID     string `json:"id"`
	Seq    int64  `json:"seq"`
	Status string `json:"status"`
	Note   string `json:"note"`
	At     string `json:"at"`

	came     time.Time
	answered bool // with 200; false where the answer was lost, late or a failure
}

func (t notice) String() string {
	return fmt.Sprintf("%s seq %d %s (answered %v)", t.came.Format("15:04:05.000"), t.Seq, t.Status, t.answered)
}

// same says whether two requests tell the same thing.
func (t notice) same(other notice) bool {
	t.came, t.answered, other.came, other.answered = time.Time{}, false, time.Time{}, false
	return t == other
}

// receiver is the portal's end of the write-back. It can misbehave like any other server.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	heard    map[string][]notice // by ticket, in the order they came
	mischief func() receiverFault
	met      map[receiverFault]int
}

// receiverFault is how the portal fails to answer. It has heard what it was told all the same.
type receiverFault string

const (
	receiverFails   receiverFault = "500"
	receiverBusy    receiverFault = "503 with Retry-After"
	receiverHangs   receiverFault = "hangs"
	receiverLoses   receiverFault = "loses the answer"
	receiverBehaves receiverFault = ""
)

func receiverFaults() []receiverFault {
	return []receiverFault{receiverFails, receiverBusy, receiverHangs, receiverLoses}
}

// newReceiver makes a portal that answers everything, until misbehave says otherwise.
func newReceiver(t testing.TB) *receiver {
	r := &receiver{heard: map[string][]notice{}, met: map[receiverFault]int{}}
	r.misbehave(nil)
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

// misbehave has a function choose the fault of each request; nil ends that.
func (r *receiver) misbehave(choose func() receiverFault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mischief = choose; choose == nil {
		r.mischief = func() receiverFault { return receiverBehaves }
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var t notice
	if err := json.NewDecoder(request.Body).Decode(&t); err != nil {
		w.WriteHeader(http.StatusInternalServerError) // cut short by a kill: it was not heard
		return
	}
	r.hear(t).answer(w, request)
}

// answer fails to answer.
func (f receiverFault) answer(w http.ResponseWriter, request *http.Request) {
	switch f {
	case receiverFails:
		w.WriteHeader(http.StatusInternalServerError)
	case receiverBusy:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	case receiverHangs:
		<-request.Context().Done()
	case receiverLoses:
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	}
}

func (r *receiver) hear(t notice) receiverFault {
	r.mu.Lock()
	defer r.mu.Unlock()
	fault := r.mischief()
	t.came, t.answered = time.Now(), fault == receiverBehaves
	r.heard[t.ID] = append(r.heard[t.ID], t)
	if fault != receiverBehaves {
		r.met[fault]++
	}
	return fault
}

// about is what was heard about one ticket.
func (r *receiver) about(ticket string) []notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard[ticket])
}

// standing is the last status that was heard about a ticket, and answered.
func (r *receiver) standing(ticket string) string {
	last := notice{}
	for _, t := range r.about(ticket) {
		if t.answered && t.Seq >= last.Seq {
			last = t
		}
	}
	return last.Status
}

// disorder says what is wrong with the order in which a ticket's news came: each status once, in order, a repeat only right
// after the request it repeats, word for word, and only where excused says why that one was repeated.
func disorder(heard []notice, excused func(first, again notice) bool) string {
	for i := 1; i < len(heard); i++ {
		before, now := heard[i-1], heard[i]
		switch c := cmp.Compare(now.Seq, before.Seq); {
		case c < 0:
			return fmt.Sprintf("news came out of order: %v after %v", now, before)
		case c == 0 && !now.same(before):
			return fmt.Sprintf("news was told again in other words: %v %q after %v %q", now, now.Note, before, before.Note)
		case c == 0 && before.answered && !excused(before, now):
			return fmt.Sprintf("news was told again without need: %v after %v", now, before)
		}
	}
	return ""
}

// statuses are what a ticket's channel was told, repeats left out.
func statuses(heard []notice) []string {
	var all []string
	last := int64(-1)
	for _, t := range heard {
		if t.Seq != last {
			all, last = append(all, t.Status), t.Seq
		}
	}
	return all
}
