package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestATenthOfTheRequestsRepeatEarlierOnes(t *testing.T) {
	const n = 5000
	seen := map[string][]byte{}
	for i := range n {
		body := payload(100, i)
		r, err := readReport(body)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) != payloadSize {
			t.Fatalf("request %d has %d bytes; want %d", i, len(body), payloadSize)
		}
		earlier, known := seen[r.ID]
		if known != repeats(i) {
			t.Fatalf("request %d: id %s known %v; want %v", i, r.ID, known, repeats(i))
		}
		if known && !bytes.Equal(earlier, body) {
			t.Fatalf("request %d says something else than the one it repeats", i)
		}
		seen[r.ID] = body
	}
	if len(seen) != distinct(n) {
		t.Errorf("%d distinct ids; distinct says %d", len(seen), distinct(n))
	}
}

func TestRunsThatFollowEachOtherShareNoComplaint(t *testing.T) {
	seen := map[string]bool{}
	for i := range 1000 {
		seen[string(payload(0, i))] = true
	}
	for i := range 1000 {
		if seen[string(payload(1000, i))] {
			t.Fatalf("request %d of the second run was in the first", i)
		}
	}
}

// record runs a side and returns what the platform was sent of complaint 3.
func record(t *testing.T, name string, requests int) map[string]any {
	t.Helper()
	stub, err := startStub()
	if err != nil {
		t.Fatal(err)
	}
	defer stub.Close()
	bodies := make(chan []byte, 4*requests) // room for a side that asks too often
	stub.sees = func(body []byte) { bodies <- body }
	o := order{Side: name, DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db"), Dir: t.TempDir(), Stub: stub.url, Requests: requests}
	var out bytes.Buffer
	if err := obey(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	var last said
	if err := json.Unmarshal(bytes.TrimSpace(out.Bytes()), &last); err != nil || last.Outcome == nil {
		t.Fatalf("it told %q: %v", out.Bytes(), err)
	}
	if got, want := int(stub.created.Load()), distinct(requests); got != want {
		t.Errorf("the platform was asked %d times; want %d", got, want)
	}
	if last.Outcome.Own.CPU <= 0 || last.Outcome.Own.Written <= 0 || !last.Outcome.Ended.After(last.Outcome.Began) || last.Outcome.Waits.P99 <= 0 {
		t.Errorf("something was not measured: %+v", last.Outcome)
	}
	for range distinct(requests) {
		var body map[string]any
		if err := json.Unmarshal(<-bodies, &body); err != nil {
			t.Fatal(err)
		}
		if body["nameUser"] == "Warga Contoh 3" {
			return body
		}
	}
	t.Fatal("the platform was never sent complaint 3")
	return nil
}

func TestEverySideSendsEachComplaintOnceAndInTheSameWords(t *testing.T) {
	ours := record(t, "ours-sqlite", 40)
	for _, name := range []string{"river-sqlite", "tuned-sqlite"} {
		theirs := record(t, name, 40)
		for _, body := range []map[string]any{ours, theirs} {
			text, _, _ := strings.Cut(body["content"].(string), "\n\n[Ref ") // each side has references of its own
			body["content"] = text
		}
		if a, b := encode(ours), encode(theirs); !bytes.Equal(a, b) {
			t.Errorf("%s sent\n%s\nours sent\n%s", name, b, a)
		}
	}
}

func TestARunWhosePlatformLosesACallFails(t *testing.T) {
	e, _ := sideNamed("raw-post")
	r, o := run{entry: e, load: load{requests: 10}}, outcome{Began: time.Unix(0, 0), Ended: time.Unix(1, 0)}
	if _, err := r.reckon(o, reading{}, reading{created: 9}); err == nil {
		t.Error("9 calls for 10 complaints were taken for a good run")
	}
	if m, err := r.reckon(o, reading{}, reading{created: 10, syncs: 5}); err != nil || m.rate != 10 || m.syncs != 0.5 {
		t.Errorf("measured %+v, %v", m, err)
	}
}

func TestAPagesOwnWordsStayAroundItsTables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n<!-- large: begin -->\nold\n<!-- large: end -->\nafter\n")
	if err := replaceTables(file, largeStore, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(file)
	if want := "before\n<!-- large: begin -->\nnew\n\n<!-- large: end -->\nafter\n"; string(got) != want {
		t.Errorf("the page is %q; want %q", got, want)
	}
	write("before\n<!-- large: begin -->\nold\n")
	if err := replaceTables(file, largeStore, "new\n"); err == nil {
		t.Error("a page without an end was written")
	}
}

func TestARatioIsTakenWithinARound(t *testing.T) {
	ours, theirs := []measured{{rate: 10}, {rate: 40}, {rate: 90}}, []measured{{rate: 10}, {rate: 20}, {rate: 30}}
	if got, want := ratios("%.1f", ours, theirs, measured.perSecond), "2.0 (1.0 … 3.0)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAProcessIsReadWithWhatItsEndedChildrenUsed(t *testing.T) {
	pid, p, err := readStat([]byte("77 (postgres: a) b) S 12 77 77 0 -1 4194560 1 2 3 4 100 20 3 7 20 0 1 0 5 6"))
	if err != nil || pid != 77 || p.parent != 12 || p.cpu != 1300*time.Millisecond {
		t.Errorf("read %d %+v, %v", pid, p, err)
	}
	if _, _, err := readStat([]byte("77 (postgres")); err == nil {
		t.Error("a broken line was read")
	}
}

func TestCallsThatStraceCountedAreAddedUp(t *testing.T) {
	const text = "% time     seconds  usecs/call     calls    errors syscall\n------ ----\n 98.00    0.5           63      1234           fsync\n  2.00    0.1           10         6           fdatasync\n100.00    0.6           63      1240           total\n"
	if got := callsCounted(text); got != 1240 {
		t.Errorf("counted %d", got)
	}
}

func TestSendersKeepTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		waits, err := send(t.Context(), load{requests: 51, pace: 250}, func(context.Context, []byte) error { return nil })
		if took := time.Since(began); err != nil || took != 200*time.Millisecond || waits.P99 != 0 {
			t.Errorf("51 requests at 250 a second took %s and waited %s: %v", took, waits.P99, err)
		}
	})
}

func TestASenderThatIsRefusedEndsTheRun(t *testing.T) {
	_, err := send(t.Context(), load{requests: 50}, func(context.Context, []byte) error { return io.ErrUnexpectedEOF })
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the run ended with %v", err)
	}
}
