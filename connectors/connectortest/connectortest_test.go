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

// defects are the ways in which the fake is broken, each with a part of the promise that must notice.
func defects() map[string]string {
	return map[string]string{
		"no abilities":                     "has an ability",
		"check takes a complaint":          "check says what it saw",
		"check overlooks a broken channel": "broken channel",
		"secret in an error":               "broken channel",
		"secret in a log":                  "comes to an end",
		"leaks a goroutine":                "outlives it",
		"endless more":                     "comes to an end",
		"cursor stands still":              "comes to an end",
		"cursor skips":                     "comes to an end",
		"ends early":                       "comes to an end",
		"huge cursor":                      "comes to an end",
		"cursor moves on nothing":          "an empty channel",
		"page changes":                     "the same page twice",
		"id changes":                       "the same page twice",
		"state in memory":                  "at any page",
		"unclean":                          "poll: complaints are fit",
		"unfit":                            "receive: complaints are fit",
		"fills the gateway's fields":       "poll: complaints are fit",
		"loses the raw bytes":              "receive: complaints are fit",
		"sets a sound one aside":           "poll: complaints are fit",
		"acknowledges once":                "acknowledged twice",
		"hangs when cancelled":             "poll: a cancelled context",
		"ignores the context":              "poll: a cancelled context",
		"answers by itself":                "receive: complaints are fit",
		"takes anybody's":                  "without credentials",
		"keeps files before it asks who":   "without credentials",
		"takes wrong signatures":           "spoilt credentials",
		"takes stale requests":             "stale or future",
		"takes any size":                   "over the limit",
		"takes any type":                   "content type",
		"takes broken bodies":              "breaks off",
		"anybody may ask":                  "its sender and nobody else",
		"tells twice":                      "told twice",
		"tells nothing":                    "each change",
		"unmarked refusal":                 "carries its verdict",
		"retries a refusal for ever":       "carries its verdict",
		"hangs when told cancelled":        "write status: a cancelled context",
		"claims what it did not tell":      "write status: a cancelled context",
	}
}

func TestEveryDefectIsNoticed(t *testing.T) {
	for defect, noticedBy := range defects() {
		t.Run(defect, func(t *testing.T) {
			p := promiseAbout(t, noticedBy)
			if failures := failuresOf(t, fakeHarness(defect), p); len(failures) == 0 {
				t.Errorf("%q passes although the connector is broken", p.says)
			}
		})
	}
}

func promiseAbout(t *testing.T, words string) promise {
	t.Helper()
	for _, p := range promises() {
		if strings.Contains(p.says, words) {
			return p
		}
	}
	t.Fatalf("no promise says %q", words)
	return promise{}
}

func TestEveryPromiseHasADefectThatBreaksIt(t *testing.T) {
	harnesses := make([]Harness, 0, len(defects()))
	for defect := range defects() {
		harnesses = append(harnesses, fakeHarness(defect))
	}
	for defect := range talkDefects() {
		harnesses = append(harnesses, talkHarness(defect))
	}
	for _, p := range promises() {
		if !slices.ContainsFunc(harnesses, func(h Harness) bool { return len(failuresOf(t, h, p)) > 0 }) {
			t.Errorf("no defect breaks %q: the promise has no teeth, or the fake needs another defect", p.says)
		}
	}
}

// failuresOf tries a promise and collects its failures, in place of failing t.
func failuresOf(t *testing.T, h Harness, p promise) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	h.patience = 200 * time.Millisecond
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
