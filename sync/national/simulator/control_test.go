package simulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

func TestFaultsAreSwitchedOverHTTP(t *testing.T) {
	eachMode(t, simulator.Options{}, func(t *testing.T, p *peer) {
		const faults = `{"latency":{"min":"0s","max":"1ms"},"rules":[{"call":"create","fault":"429","next":1,"retry_after":"90s"}]}`
		got := p.post(t, "/_sim/faults", faults)
		const want = `{"latency":{"min":"0s","max":"1ms"},"rules":[{"call":"create","fault":"429","next":1,"fired":0,"retry_after":"1m30s"}]}`
		if got.status != 200 || got.body != want {
			t.Errorf("got %d %s, want %s", got.status, got.body, want)
		}
		if got := p.create(t, "0001"); got.status != 429 || got.header.Get("Retry-After") != "90" {
			t.Errorf("got %d Retry-After %q, want 429 and 90", got.status, got.header.Get("Retry-After"))
		}
		shown := p.get(t, "/_sim/faults").body
		if shown != strings.Replace(want, `"fired":0`, `"fired":1`, 1) {
			t.Errorf("got %s, want the rule met once", shown)
		}
		if got := p.post(t, "/_sim/faults", shown); got.body != want {
			t.Errorf("what is shown cannot be sent back: %s", got.body)
		}
		if got, err := p.do(t.Context(), "DELETE", "/_sim/faults", "", ""); err != nil || got.body != `{"rules":[]}` {
			t.Errorf("got %s %v, want no faults", got.body, err)
		}
		if got := p.create(t, "0001"); got.status != 200 {
			t.Errorf("got %d, want 200", got.status)
		}
	})
}

func TestStatusesAndFollowUpsAreSetOverHTTP(t *testing.T) {
	eachMode(t, simulator.Options{}, func(t *testing.T, p *peer) {
		p.create(t, "0001")
		if got := p.post(t, "/_sim/complaints/10000001/followups", `{"text":"<p>Baik.</p>","from":"21038"}`); got.status != 200 {
			t.Errorf("follow-up: %d %s", got.status, got.body)
		}
		if got := p.post(t, "/_sim/complaints/10000001/status", `{"status":"Selesai","note":"<p>Sudah.</p>"}`); got.status != 200 {
			t.Errorf("status: %d %s", got.status, got.body)
		}
		rows := p.get(t, "/complaints/10000001/followups").body
		for _, want := range []string{"Baik.", "Sudah.", "Perusahaan Daerah Air Minum"} {
			if !strings.Contains(rows, want) {
				t.Errorf("%q is not in %s", want, rows)
			}
		}
		said := p.get(t, "/_sim/complaints/10000001/followups").body
		if !strings.Contains(said, `"from":"21038"`) || strings.Contains(said, "Sudah.") {
			t.Errorf("what was said apart from statuses is %s", said)
		}
		if got := p.get(t, "/_sim/complaints/10000009/followups"); got.status != 404 {
			t.Errorf("of no complaint: %d %s", got.status, got.body)
		}
		if got := p.get(t, "/_sim/complaints/10000001"); !strings.Contains(got.body, `"status":"Selesai"`) {
			t.Errorf("got %s, want Selesai", got.body)
		}
	})
}

func TestTheControlPathsSayWhatIsWrong(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{}))
	p.create(t, "0001")
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/_sim/faults", `{"rules":[{"falt":"429"}]}`, 400, `unknown field \"falt\"`},
		{"POST", "/_sim/faults", `{"rules":[{"fault":"418"}]}`, 400, `rules[0]: fault \"418\" is not one of`},
		{"POST", "/_sim/faults", `{"rules":[{"fault":"refused"}]}`, 400, "cannot refuse connections"},
		{"POST", "/_sim/faults", `{"rules":[{"fault":"late","delay":"soon"}]}`, 400, "invalid duration"},
		{"POST", "/_sim/complaints/10000001/status", `{"state":"x"}`, 400, "unknown field"},
		{"POST", "/_sim/complaints/10000001/status", `{}`, 400, "must have a name"},
		{"POST", "/_sim/complaints/10000001/followups", `[]`, 400, "reading the body"},
		{"POST", "/_sim/complaints/7/status", `{"status":"x"}`, 404, `id \"7\"`},
		{"GET", "/_sim/complaints/7", "", 404, `id \"7\"`},
		{"PUT", "/_sim/stats", "", 404, "GET /_sim/ lists"},
		{"GET", "/_sim/", "", 200, "POST   /_sim/faults"},
		{"GET", "/_sim", "", 200, "GET    /_sim/stats"},
	} {
		got, err := p.do(t.Context(), c.method, c.path, "application/json", c.body)
		if err != nil || got.status != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%s %s %s: got %d %s %v, want %d %s", c.method, c.path, c.body, got.status, got.body, err, c.status, c.want)
		}
	}
}

func TestTheControlPathsMeetNoFaultAndNeedNoSignIn(t *testing.T) {
	eachMode(t, simulator.Options{Faults: simulator.Faults{
		Latency: simulator.Latency{Min: time.Hour}, Rules: []simulator.Rule{{Fault: simulator.CloseBefore}},
	}}, func(t *testing.T, p *peer) {
		p.header = nil
		if err := p.sim.AddRule(simulator.Rule{Fault: simulator.Refused}); err != nil {
			t.Fatal(err)
		}
		if got := p.get(t, "/_sim/stats"); got.status != 200 || !strings.Contains(got.body, `"unknown":0`) {
			t.Errorf("got %d %s, want 200 and nothing counted", got.status, got.body)
		}
	})
}
