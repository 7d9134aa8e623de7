package relay_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

var update = flag.Bool("update", false, "write the tables of docs/delivery.md anew")

// step is one of a submission whose mishaps the table shows. Path is how its request is known; bare is a complaint without a file,
// whose first request is the one that makes the ticket: that it goes out is recorded with its claim.
type step struct {
	name, path string
	bare       bool
}

func steps() []step {
	return []step{
		{name: "upload", path: "/complaints/complaint/file"},
		{name: national.StepCreate, path: "/complaints/complaint"},
		{name: national.StepCreate, path: "/complaints/complaint", bare: true},
		{name: national.StepHandOver, path: "/complaints/process/reject"},
		{name: stepFollowUp, path: "/complaints/followup/add"},
	}
}

// label is what the table calls it.
func (s step) label() string {
	if s.bare {
		return s.name + ", no file"
	}
	return s.name
}

const stepFollowUp = "follow-up"

// what is what goes wrong with it, in the table's words.
func (s step) what(m mishap) string {
	if s.bare && m.point == "begin" {
		return "we die between the claim, which records the start, and the request"
	}
	return m.what
}

// meddler stands between the gateway and the platform. It counts what reaches the platform and lets one step meet a mishap.
type meddler struct {
	base  http.RoundTripper
	path  string
	meet  meeting
	point relay.Point

	mu      sync.Mutex
	left    int // requests of the step that still meet it
	reached map[string]int
	dead    bool
}

func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	meets := m.meet != nil && callOf(r) == m.path && m.left > 0
	if meets {
		m.left--
	}
	m.mu.Unlock()
	if meets {
		return m.meet(m, r)
	}
	m.count(r)
	return m.base.RoundTrip(r)
}

func (m *meddler) count(r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reached[callOf(r)]++
}

var complaintID = regexp.MustCompile(`/process/[^/]+/`)

// callOf is the path of a request without the id in it.
func callOf(r *http.Request) string { return complaintID.ReplaceAllString(r.URL.Path, "/process/") }

// carryOut has the request carried out, whatever becomes of who made it.
func (m *meddler) carryOut(r *http.Request, later time.Duration) {
	r = r.WithContext(context.WithoutCancel(r.Context()))
	act := func() {
		if response, err := m.base.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
	}
	if later == 0 {
		act()
		return
	}
	time.AfterFunc(later, act)
}

func (m *meddler) died() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

// at dies at the mishap's moment: the worker is gone, and what it held stays as it is.
func (m *meddler) at(p relay.Point) {
	m.mu.Lock()
	now := p == m.point && m.left > 0
	if now {
		m.left--
		m.dead = true
	}
	m.mu.Unlock()
	if now {
		runtime.Goexit()
	}
}

// buried says whether the gateway died since it was last asked.
func (m *meddler) buried() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.dead
	m.dead = false
	return was
}

// crash is the end of a gateway that can do nothing any more: its database is closed under it.
func (r *rig) crash() {
	r.Helper()
	r.must(r.store.Close())
	r.stop()
	<-r.done // it complains about its database
	r.stop = nil
}

// outcome is a line of the table.
type outcome struct {
	state    store.State
	requests int // of the step that reached the platform
	lookups  int
	tickets  int
	bare     bool // the ticket lacks the photograph
	words    string
}

var checksum = regexp.MustCompile("[0-9a-f]{64}")

func (o outcome) cells() string {
	ends := string(o.state)
	if o.bare {
		ends += ", without the file"
	}
	words := checksum.ReplaceAllString(strings.NewReplacer("|", `\|`, "\n", " ").Replace(o.words), "FILE")
	return fmt.Sprintf("%s | %d | %d | %d | %s", ends, o.requests, o.lookups, o.tickets, words)
}

// meets sends one complaint with a photograph through a mishap and says how it ended. What is held is then resolved by a
// person who looks at the platform, after which it must be there once.
func meets(t *testing.T, step step, m mishap, lookup string) (got outcome) {
	if step.name == stepFollowUp {
		return meetsFollowUp(t, step.path, m, lookup)
	}
	bubble(t, func(r *rig) {
		r.lookup = lookup
		r.cfg.Delivery.Backoff = config.Backoff{First: config.Duration(2 * time.Second), Max: config.Duration(time.Hour), Factor: 2}
		meddler := &meddler{path: step.path, meet: m.meet, left: max(1, m.meets), reached: map[string]int{}}
		if m.point != "" {
			meddler.point = relay.Point(step.name + ":" + m.point)
		}
		if step.name == national.StepHandOver {
			r.cfg.Routing.Fallback.HandOver = "21034"
		}
		r.at = meddler.at
		r.between = func(base http.RoundTripper) http.RoundTripper {
			meddler.base = base
			return meddler
		}
		r.start()
		c := report(1)
		if !step.bare {
			c.Attachments = []complaint.Attachment{r.put("lampu.jpg", "foto lampu")}
		}
		ref := r.takeIn(c)[0]
		story := r.survives(meddler, ref)
		got = outcome{
			state: story.State, requests: meddler.reached[step.path], lookups: r.sim.Stats().Calls[simulator.CallSearch],
			tickets: r.atPlatform(ref), words: told(story),
		}
		for _, ticket := range r.sim.ByMarker(string(ref)) {
			got.bare = got.bare || len(ticket.Attachments) == 0 && !step.bare
		}
		if met := meddler.left; met > 0 {
			r.Errorf("%d requests more should have met it", met)
		}
		if n := got.tickets; n > 1 || (story.State == store.Done) != (n == 1) && story.State != store.Held {
			r.Errorf("it ended %s and is %d times at the platform", story.State, n)
		}
		r.resolved(ref, story)
		r.balanced()
	})
	return got
}

// survives lets time pass until the complaint has come to rest, and starts the gateway again when it died.
func (r *rig) survives(m *meddler, ref complaint.Ref) store.Story {
	r.Helper()
	synctest.Wait() // until it has met its mishap
	for began := time.Now(); time.Since(began) < 3*time.Hour; pass(2 * time.Second) {
		if m.buried() {
			r.crash()
			r.start()
			continue
		}
		if story := r.story(ref); story.State == store.Done || story.State == store.Held || story.State == store.Dead {
			pass(2 * time.Second) // what the platform still carries out
			return r.story(ref)
		}
	}
	r.Fatalf("after three hours it is still on its way:\n%s", r.log.String())
	return store.Story{}
}

// told is what queue show says of a mishap: of the first attempt that failed, and of where it ended when that is elsewhere.
func told(s store.Story) string {
	var words []string
	if len(s.Attempted) > 0 && s.Attempted[0].Reason != string(retry.Success) {
		words = append(words, s.Attempted[0].Reason+": "+s.Attempted[0].Detail)
	}
	if last := s.Reason + ": " + s.Detail; s.State != store.Done && (len(words) == 0 || words[0] != last) {
		words = append(words, last)
	}
	return strings.Join(words, "; then ")
}

// resolved does what the guide tells a person to do with a held complaint.
func (r *rig) resolved(ref complaint.Ref, story store.Story) {
	r.Helper()
	if story.State != store.Held {
		return
	}
	there := r.sim.ByMarker(string(ref))
	if len(there) == 1 {
		r.must(r.store.ResolveSent(r.Context(), ref, national.Ticket{ID: there[0].ID}, time.Now()))
	} else {
		r.must(r.store.ResolveNotSent(r.Context(), ref, 0))
	}
	r.until(ref, store.Done)
	if n := r.atPlatform(ref); n != 1 {
		r.Errorf("resolved by a person, it is %d times at the platform", n)
	}
}

// written reads the request's body, as a connection does, and returns a copy that can still be carried out.
func (m *meddler) written(r *http.Request) *http.Request {
	m.count(r)
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return again
}

const deliveryPage = "../../docs/delivery.md"

// TestEveryFaultOfEveryStepEndsAsThePageSays makes the tables of docs/delivery.md; `make docs` writes them.
func TestEveryFaultOfEveryStepEndsAsThePageSays(t *testing.T) {
	page, err := os.ReadFile(deliveryPage)
	if err != nil {
		t.Fatal(err)
	}
	made := replaced(t, string(page), "meaning", meaningTable())
	made = replaced(t, made, "faults", faultTable(t))
	if *update {
		if err := os.WriteFile(deliveryPage, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if made != string(page) && !*update {
		t.Errorf("docs/delivery.md is not what happens: run `make docs` and read what changed\n%s", firstDifference(made, string(page)))
	}
}

func faultTable(t *testing.T) string {
	var table strings.Builder
	table.WriteString("| step | what goes wrong | lookup | ends | requests | lookups | tickets | what `queue show` says |\n|---|---|---|---|---|---|---|---|\n")
	for _, step := range steps() {
		got := make([][2]string, len(mishaps()))
		t.Run(step.label(), func(t *testing.T) {
			for n, m := range mishaps() {
				for i, lookup := range []string{"search", "none"} {
					t.Run(m.what+"/"+lookup, func(t *testing.T) { got[n][i] = meets(t, step, m, lookup).cells() })
				}
			}
		}) // returns when all have ended, which run beside each other
		for n, m := range mishaps() {
			lookups := []string{"search", "none"}
			if got[n][0] == got[n][1] {
				lookups = []string{"either"}
			}
			for i, lookup := range lookups {
				fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", step.label(), step.what(m), lookup, got[n][i])
			}
		}
	}
	return table.String()
}

func meaningTable() string {
	var table strings.Builder
	table.WriteString("| met | verdict | reason |\n|---|---|---|\n")
	for _, row := range retry.Table() {
		if row.Reason != retry.Success {
			fmt.Fprintf(&table, "| %s | %s | `%s` |\n", row.Met, row.Verdict, row.Reason)
		}
	}
	return table.String()
}

// replaced puts a generated part into the page, between its marks.
func replaced(t *testing.T, page, name, part string) string {
	t.Helper()
	before, rest, ok := strings.Cut(page, "<!-- "+name+": generated -->\n")
	_, after, closed := strings.Cut(rest, "<!-- /"+name+" -->")
	if !ok || !closed {
		t.Fatalf("the page has no place for the table %q", name)
	}
	return before + "<!-- " + name + ": generated -->\n" + part + "<!-- /" + name + " -->" + after
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "now:  " + x[i] + "\npage: " + y[i]
		}
	}
	return fmt.Sprintf("now %d lines, the page has %d", len(x), len(y))
}
