package simulator_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

func TestIDsAreEightDigitsTrackingIDsSevenAndNoneComesTwice(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{Lean: true}))
	for i := range 3000 {
		p.create(t, fmt.Sprint(i))
	}
	seen := map[string]bool{}
	for _, c := range p.sim.Complaints() {
		if len(c.ID) != 8 || len(c.TrackingID) != 7 || seen[c.ID] || seen[c.TrackingID] {
			t.Fatalf("id %s, tracking id %s: wrong length or come before", c.ID, c.TrackingID)
		}
		seen[c.ID], seen[c.TrackingID] = true, true
	}
	if len(seen) != 6000 {
		t.Errorf("%d ids, want 6000", len(seen))
	}
}

func TestByMarkerFindsExactlyTheOnesThatSayIt(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{}))
	for _, title := range []string{"A1", "A10", "B1", "A1"} {
		p.create(t, title)
	}
	for marker, want := range map[string]int{"SP-A1]": 2, "SP-A1": 3, "SP-B1": 1, "SP-C": 0, "": 4} {
		if got := len(p.sim.ByMarker(marker)); got != want {
			t.Errorf("%q is in %d complaints, want %d", marker, got, want)
		}
	}
}

func TestUnderConcurrentUseEachComplaintIsCountedOnce(t *testing.T) {
	const workers, each = 8, 40
	rules := []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.ServerErrorBefore, Every: 7},
		{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Every: 5},
		{Call: simulator.CallCreate, Fault: simulator.Late, Delay: time.Millisecond, Every: 3},
		{Call: simulator.CallStatus, Fault: simulator.Throttle, Chance: 0.5},
	}
	eachMode(t, simulator.Options{Now: time.Now, Faults: simulator.Faults{Rules: rules}}, func(t *testing.T, p *peer) {
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				for i := range each {
					p.busy(t, fmt.Sprintf("%d-%d.", w, i))
				}
			})
		}
		all.Wait()
		p.sim.Wait()
		stats := p.sim.Stats()
		want := workers*each - stats.Faults[simulator.ServerErrorBefore]
		if stats.Complaints != want || len(p.sim.Complaints()) != want {
			t.Errorf("%d complaints, %d listed, want %d", stats.Complaints, len(p.sim.Complaints()), want)
		}
		for w := range workers {
			for i := range each {
				if n := len(p.sim.ByMarker(fmt.Sprintf("SP-%d-%d.]", w, i))); n > 1 {
					t.Errorf("complaint %d-%d is there %d times", w, i, n)
				}
			}
		}
		if stats.Calls[simulator.CallCreate] != workers*each || stats.Faults[simulator.CloseAfter] == 0 {
			t.Errorf("got %+v, want %d creates, some of them cut", stats, workers*each)
		}
	})
}

// busy creates a complaint, asks about the first and moves it by hand.
func (p *peer) busy(t *testing.T, title string) {
	_, err := p.do(t.Context(), "POST", "/complaints/complaint", "application/json", createJSON(title))
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("creating %s: %v", title, err)
	}
	for _, path := range []string{"/complaints/10000001/complaint", "/complaints/10000001/followups", "/_sim/stats"} {
		if _, err := p.do(t.Context(), "GET", path, "", ""); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := p.sim.AddFollowUp("10000001", simulator.FollowUp{Text: title}); err != nil && len(p.sim.Complaints()) > 0 {
		t.Error(err)
	}
	p.sim.ByMarker(title)
}

func open(t *testing.T, path string, lean bool) *peer {
	t.Helper()
	sim, err := simulator.Open(simulator.Options{Now: newClock().now, Lean: lean}, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() }) // most are closed earlier, on purpose
	return inProcess(t, sim)
}

func (p *peer) someHistory(t *testing.T) {
	t.Helper()
	kind, body := form(t, nil, upload{"attachments[]", "a.jpg", "image/jpeg", "gambar"})
	if _, err := p.do(t.Context(), "POST", "/complaints/complaint/file", kind, body); err != nil {
		t.Fatal(err)
	}
	p.create(t, "0001")
	p.post(t, "/complaints/complaint", strings.Replace(createJSON("0002"), `"attachments":false`, `"attachments":"[4199656]"`, 1))
	p.post(t, "/complaints/process/10000001/reject", `{"is_request":1,"reason":"21038","not_authority":1}`)
	if err := p.sim.SetStatus("10000002", simulator.StatusDone, "Selesai."); err != nil {
		t.Fatal(err)
	}
}

func TestARestartedSimulatorRemembers(t *testing.T) {
	for _, lean := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "state.jsonl")
		p := open(t, path, lean)
		p.someHistory(t)
		want := p.sim.Complaints()
		for i := range want {
			for j := range want[i].Attachments {
				want[i].Attachments[j].Content = nil
			}
		}
		if err := p.sim.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, path, lean)
		if diff := cmp.Diff(want, again.sim.Complaints()); diff != "" {
			t.Errorf("lean %v (-before +after):\n%s", lean, diff)
		}
		again.create(t, "0003")
		if got := again.sim.ByMarker("SP-0003"); len(got) != 1 || got[0].ID != "10000003" {
			t.Errorf("lean %v: the next complaint is %+v, want the id 10000003", lean, got)
		}
	}
}

func TestTheStateFileHoldsNoSignInAndIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.jsonl")
	open(t, path, false).someHistory(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), simulator.DefaultAuth) || strings.Contains(string(text), simulator.DefaultToken) {
		t.Error("the state file holds the sign-in values")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestALineCutShortIsDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.jsonl")
	p := open(t, path, false)
	p.someHistory(t)
	if err := p.sim.Close(); err != nil {
		t.Fatal(err)
	}
	torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := torn.WriteString(`{"complaint":{"at":"` + strings.Repeat("2026", 2000)); err != nil {
		t.Fatal(err)
	}
	if err := torn.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p = open(t, path, false)
		p.create(t, "0003")
		if err := p.sim.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(open(t, path, false).sim.Complaints()); n != 4 {
		t.Errorf("%d complaints, want 4", n)
	}
}

func TestAStateFileThatIsNotOneIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"not json\n": "line 1",
		`{"entry":{"id":"10000001","at":"2026-03-02T01:00:00Z"}}` + "\n":                                                  "no complaint",
		`{"complaint":{"body":{"title":"x"}}}` + "\n":                                                                     "content is required",
		`{"complaint":{"body":{"title":"x","content":"y","user_id":1,"attachments":"[4199656]"}}}` + "\n":                 "no file",
		`{"files":[]}` + "\n" + `{"complaint":{"body":{"title":"x","content":"y","user_id":1}}}` + "\n" + "{]\n" + "{}\n": "line 3",
	} {
		path := filepath.Join(t.TempDir(), "state.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := simulator.Open(simulator.Options{}, path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v, want %q and the path in it", text, err, want)
		}
	}
	if _, err := simulator.Open(simulator.Options{}, filepath.Join(t.TempDir(), "no", "such", "folder")); err == nil {
		t.Error("a path that cannot be made was opened")
	}
	bad := simulator.Options{Faults: one(simulator.Rule{Fault: "418"})}
	if _, err := simulator.Open(bad, ""); err == nil {
		t.Error("faults that make no sense were opened")
	}
}

func TestWhatCannotBeRememberedIsNotDone(t *testing.T) {
	p := open(t, filepath.Join(t.TempDir(), "state.jsonl"), false)
	p.create(t, "0001")
	if err := p.sim.Close(); err != nil {
		t.Fatal(err)
	}
	kind, body := form(t, nil, upload{"attachments[]", "a.jpg", "image/jpeg", "gambar"})
	file, err := p.do(t.Context(), "POST", "/complaints/complaint/file", kind, body)
	if err != nil {
		t.Fatal(err)
	}
	reject := p.post(t, "/complaints/process/10000001/reject", `{"is_request":1,"reason":"21038","not_authority":1}`)
	for _, got := range []reply{file, reject, p.create(t, "0002")} {
		if got.status != 500 {
			t.Errorf("got %d %s, want 500", got.status, got.body)
		}
	}
	if stats := p.sim.Stats(); stats.Complaints != 1 || stats.Files != 0 || p.sim.Complaints()[0].Events != 1 {
		t.Errorf("got %+v, want nothing new", stats)
	}
}
