package connectortest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestASoundConnectorPasses(t *testing.T) {
	Run(t, fakeHarness(""))
}

// broken is a connector that breaks a promise: the fake with one defect, a part of the promise that must notice, and a part
// of what the connector's author is told.
type broken struct{ defect, promise, told string }

func brokenConnectors() []broken {
	return []broken{
		{"no abilities", "has an ability", "none of Poll, Receive and Routes"},
		{"check takes a complaint", "check says what it saw", "after Check the first page is another"},
		{"check tells a status", "check says what it saw", "Check changes the channel: 1 statuses told"},
		{"check marks a complaint", "check says what it saw", "1 marked as taken in; before: 0 statuses told, 0 things said, 0 marked"},
		{"check says nothing", "check says what it saw", "want words for an operator"},
		{"secret in what check says", "check says what it saw", "a secret or personal data stands in"},
		{"check overlooks a broken channel", "broken channel", `Check of a broken channel says "the channel is there" and no error`},
		{"poll overlooks a broken channel", "broken channel", "Poll of a broken channel gives no error"},
		{"unmarked when away", "broken channel", "it gives the channel is away: want an error that carries its verdict"},
		{"secret in an error", "broken channel", "a secret or personal data stands in an error"},
		{"secret in an error of telling", "broken channel", "a secret or personal data stands in an error"},
		{"leaks a goroutine", "outlives it", "a goroutine still runs after Close"},

		{"cursor moves on nothing", "an empty channel", "want an empty page and the cursor"},
		{"page changes", "the same page twice", "the same page is another the second time"},
		{"id changes", "the same page twice", "the same page is another the second time"},
		{"takes while it polls", "the same page twice", "the same page is another the second time"},
		{"page repeated for ever", "comes to an end", "after 100 pages there is still more, although only 1 complaints or messages came"},
		{"endless more", "comes to an end", "after 100 pages there is still more, although only 7 complaints or messages came"},
		{"cursor stands still", "comes to an end", "the cursor stands still at a page of 2"},
		{"cursor skips", "comes to an end", "of 7 complaints 6 came"},
		{"ends early", "comes to an end", "of 7 complaints 4 came"},
		{"huge cursor", "comes to an end", "the cursor has 1048577 bytes; the most is 1048576"},
		{"secret in a log", "comes to an end", "or in a log: Secrets[0]"},
		{"secret in a set-aside", "comes to an end", "in a SetAside's words"},
		{"cursor moves on nothing", "nothing new gives", "want an empty page and the cursor"},
		{"looks once", "what comes later", "three, and two more: of 5 complaints 3 came"},
		{"state in memory", "at any page", "opened anew for each page, with nothing but the cursor: of 6 complaints 2 came"},
		{"reads by time alone", "more of one moment", "seven of one moment, and two later: of 9 complaints 4 came"},
		{"reads by time alone", "written late", "three, and then two whose time is a minute earlier: of 5 complaints"},
		{"reads by time alone", "in the future", "one with a time in the future, and three after it: of 4 complaints 1 came"},
		{"leaves the old alone while it has read nothing", "found empty", "and then three of a month ago: of 3 complaints 0 came"},
		{"unclean", "poll: complaints are fit", `complaint "1" is not cleaned`},
		{"fills the gateway's fields", "poll: complaints are fit", "has Ref, Source or ReceivedAt, which are the gateway's"},
		{"sets a sound one aside", "poll: complaints are fit", "a sound complaint was set aside (bad_field)"},
		{"marks while it polls", "by Acknowledge and not before", "Poll marks 5 complaints as taken in before they are kept"},
		{"marks nothing", "by Acknowledge and not before", "Acknowledge of a page of 2 marks nothing"},
		{"acknowledges once", "acknowledged twice", "Acknowledge: acknowledged already"},
		{"hangs when cancelled", "poll: a cancelled context", "Poll with a cancelled context does not return"},
		{"ignores the context", "poll: a cancelled context", "Poll of a channel that never answers does not return"},

		{"rereads nothing", "reread: what is kept of", `what is kept of complaint "1" becomes 0 complaints, 0 set aside`},
		{"rereads under another id", "reread: what is kept of", `what is kept of complaint "1" becomes another, with the id "2"`},
		{"believes anything", "reread: what cannot be read", "of which nothing can be read, becomes 1 complaints"},
		{"fails at what is not kept", "reread: what cannot be read", "which is no ErrNotKept"},

		{"unfit", "receive: complaints are fit", `complaint "1" is not fit: text: is missing`},
		{"loses the raw bytes", "receive: complaints are fit", "has lost what the channel sent (Raw)"},
		{"answers by itself", "receive: complaints are fit", "brings its own answer, before anything is kept"},
		{"id changes", "the same request twice", `the same request gives complaint "1-1" and then "1-2"`},
		{"takes anybody's", "without credentials", "without credentials: want a RequestError with 401, got <nil>"},
		{"decodes before it asks who", "without credentials", "without credentials, a body nobody can read: want a RequestError with 401, got one with 400"},
		{"keeps files before it asks who", "without credentials", "left 0 complaints or messages and 1 files"},
		{"secret in a refusal", "without credentials", "a secret or personal data stands in an error"},
		{"takes wrong signatures", "spoilt credentials", "the last character of X-Sum changed: want a RequestError with 401"},
		{"takes stale requests", "stale or future", "signed -24h0m0s from now: want a RequestError with 401"},
		{"takes any size", "a body over the limit", "a body over Env.MaxBody: want a RequestError with 413"},
		{"takes any type", "content type", `Content-Type "application/pdf": want a RequestError with 415`},
		{"takes broken bodies", "breaks off", "a body that breaks off gives 1 complaints or messages"},
		{"anybody may ask", "its sender and nobody else", "a stranger's question gives <nil>, want a RequestError with 401"},

		{"tells twice", "told twice", `told once, the channel holds ["SP-1KAZ5T8M3Q0X4RD1forwarded"]; told again, [`},
		{"tells nothing", "each change", "a second change leaves the channel as it was"},
		{"polls its own answers", "come back as a complaint", `what was told comes back through Poll as "4"`},
		{"unmarked refusal", "write status: a refusal", "it gives refused: want an error that carries its verdict"},
		{"retries a refusal for ever", "write status: a refusal", "answered 400, the verdict is transient, want permanent"},
		{"hangs when told cancelled", "write status: a cancelled context", "WriteStatus with a cancelled context does not return"},
		{"claims what it did not tell", "write status: a cancelled context", "says it told the channel, and did not"},
	}
}

func TestEveryDefectIsNoticed(t *testing.T) {
	isNoticed(t, fakeHarness, brokenConnectors())
}

// isNoticed tries each broken connector on the promise it breaks.
func isNoticed(t *testing.T, harness func(defect string) Harness, all []broken) {
	for _, b := range all {
		p := promiseAbout(t, b.promise)
		t.Run(b.defect+", "+p.says, func(t *testing.T) {
			h := harness(b.defect)
			h.patience = 200 * time.Millisecond
			failures := failuresOf(t, h, p)
			if !slices.ContainsFunc(failures, func(told string) bool { return strings.Contains(told, b.told) }) {
				t.Errorf("its author is told %q, want %q", failures, b.told)
			}
			if sound := failuresOf(t, harness(""), p); len(sound) > 0 {
				t.Errorf("without the defect it fails too: %q", sound)
			}
		})
	}
}

func promises() []promise {
	var all []promise
	for _, g := range groups() {
		all = append(all, g.promises...)
	}
	return all
}

func promiseAbout(t *testing.T, words string) promise {
	t.Helper()
	var about []promise
	for _, p := range promises() {
		if strings.Contains(p.says, words) {
			about = append(about, p)
		}
	}
	if len(about) != 1 {
		t.Fatalf("%d promises say %q, want one", len(about), words)
	}
	return about[0]
}

func TestEveryPromiseIsBrokenByAConnector(t *testing.T) {
	var tried []string
	for _, b := range slices.Concat(brokenConnectors(), brokenConversations()) {
		tried = append(tried, promiseAbout(t, b.promise).says)
	}
	for _, p := range promises() {
		if !slices.Contains(tried, p.says) {
			t.Errorf("no broken connector is tried on %q: has it teeth?", p.says)
		}
	}
}

// failuresOf tries a promise and collects its failures, in place of failing t.
func failuresOf(t *testing.T, h Harness, p promise) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // Fatalf ends its goroutine
		defer close(done)
		try(r, h, p)
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

// recorder is a testing.TB whose failures are kept.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
