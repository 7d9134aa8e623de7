// Package nationaltest is the behaviour every kind of national platform shows. A kind's own test calls Run with a
// Harness that knows the other side: a model of the platform that says what really arrived there.
//
// What it proves of a kind:
//
//   - A complaint is made once, whatever breaks between its steps, and no step that is done is repeated.
//   - A complaint about a trouble that came back names the earlier ticket, within its text.
//   - Files arrive byte for byte, flags as they are, our reference on the text's last line.
//   - Each failure carries the verdict that fits what happened at the other side: never transient when the complaint
//     may be there, so that sending by the verdicts leaves exactly one.
//   - A complaint is handed over once, and whatever the platform says to that, its ticket stays known.
//   - A follow-up joins the ticket it is about once, hidden where it must be, and is told to nobody.
//   - A lookup says absent only when it is; events are the same at each poll; no failure becomes an empty answer.
//   - No error repeats personal data or a secret.
package nationaltest

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// Harness is one kind of platform and the model of its other side.
type Harness struct {
	// New makes a fresh other side. It is called inside a synctest bubble: it must use no sockets.
	New func(t *testing.T) Side
	// Marker is the last line of a text with the reference.
	Marker func(complaint.Ref) string
	// Statuses are words of the platform and what they mean; Unknown is one that nobody has mapped.
	Statuses map[string]complaint.Status
	Unknown  string
	// Refusal is the body with which the platform itself refuses a request, around the words it says.
	Refusal func(words string) string
	// Secrets are the credentials the other side was opened with.
	Secrets []string
	// What the kind cannot carry.
	NoFiles, NoFlags bool
}

// Side is an other side. Its functions may be called at any time.
type Side struct {
	Transport http.RoundTripper
	// Open opens the kind on a transport. It is opened again to stand for a gateway that was restarted.
	Open func(t *testing.T, transport http.RoundTripper) national.Platform
	// Creates says whether a request makes the ticket. Nil: the kind makes no requests, and its wire cannot fail.
	Creates func(*http.Request) bool
	// Tickets is what the other side holds, oldest first.
	Tickets func() []Held
	// Move gives a ticket a status, in the platform's words, with a note in the platform's markup. Nil: it cannot.
	Move func(t *testing.T, id, raw, note string)
	// Plant makes a ticket with this text behind the gateway's back. Nil: it cannot.
	Plant func(t *testing.T, text string)
	// HandsOver says whether a request hands a ticket over. Nil: the kind hands nothing over.
	HandsOver func(*http.Request) bool
	// AddsFollowUp says whether a request adds a follow-up, and FollowUps what the other side has of a ticket, oldest first.
	// Nil: the kind takes none.
	AddsFollowUp func(*http.Request) bool
	FollowUps    func(id string) []Said
	// Answer has the institution that has a ticket say something about it; set where AddsFollowUp is.
	Answer func(t *testing.T, id, text string)
	// Give hands a ticket to an institution behind the gateway's back; set where HandsOver is.
	Give func(t *testing.T, id, institution string)
}

// Held is one ticket as the other side has it.
type Held struct {
	ID        string
	Title     string
	Text      string
	Anonymous bool
	Secret    bool
	Files     [][]byte
	HandedTo  []string // the institutions it was asked to be handed over to, by the gateway, oldest first
	Body      []byte   // the request that made it, as it came
}

// Said is one follow-up as the other side has it.
type Said struct {
	Text   string
	Secret bool
	Files  [][]byte
}

// Run runs every behaviour.
func Run(t *testing.T, h Harness) {
	for _, behaviour := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"a complaint is made once and a replay changes nothing", replay},
		{"a crash between steps repeats no step that is done", crashes},
		{"an answer the journal lost is looked up or left alone", lostRecord},
		{"each of many at once gets its own ticket", together},
		{"nothing is sent when the gateway is stopping", stopping},
		{"what is sent is what arrives", content},
		{"a recurrence names the earlier ticket", recurrence},
		{"files arrive byte for byte", files},
		{"a file that is gone does not stop the complaint", brokenFile},
		{"a file that cannot be read just now holds the complaint back", awayFile},
		{"the platform can be asked for its lists and signed into", reference},
		{"a lookup finds by the whole reference only", lookup},
	} {
		t.Run(behaviour.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { behaviour.test(t, h) })
		})
	}
	t.Run("a failure has the verdict that fits", func(t *testing.T) { failures(t, h) })
	t.Run("handing over", func(t *testing.T) { handingOver(t, h) })
	t.Run("follow-ups", func(t *testing.T) { followUps(t, h) })
	t.Run("a failed lookup never says absent", func(t *testing.T) { failedLookups(t, h) })
	t.Run("a failed status is never an empty one", func(t *testing.T) { failedStatuses(t, h) })
	t.Run("statuses", func(t *testing.T) { statuses(t, h) })
	t.Run("flags", func(t *testing.T) { flags(t, h) })
}
