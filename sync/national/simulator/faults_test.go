package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// faultCase is what a create call that meets a fault sees, and what it leaves behind.
type faultCase struct {
	rule   simulator.Rule
	status int    // 0: no answer
	body   string // part of the answer
	header string // Retry-After
	left   int    // complaints
}

func faultCases() []faultCase {
	s := func(f simulator.Fault) simulator.Rule { return simulator.Rule{Fault: f} }
	return []faultCase{
		{rule: s(simulator.Throttle), status: 429, body: ""},
		{rule: simulator.Rule{Fault: simulator.Throttle, RetryAfter: 1500 * time.Millisecond}, status: 429, header: "2"},
		{rule: s(simulator.Unavailable), status: 503, body: `"code":303001`},
		{rule: simulator.Rule{Fault: simulator.Unavailable, RetryAfter: time.Minute, XML: true}, status: 503, body: `<am:code>303001</am:code>`, header: "60"},
		{rule: s(simulator.LostBefore), status: 503, body: "reset reason: connection termination"},
		{rule: s(simulator.LostAfter), status: 503, body: "reset reason: connection termination", left: 1},
		{rule: s(simulator.ServerErrorBefore), status: 500, body: `{"message":"Server Error"}`},
		{rule: s(simulator.ServerErrorAfter), status: 500, body: `{"message":"Server Error"}`, left: 1},
		{rule: s(simulator.BadGatewayBefore), status: 502, body: "<h1>502 Bad Gateway</h1>"},
		{rule: s(simulator.BadGatewayAfter), status: 502, body: "<h1>502 Bad Gateway</h1>", left: 1},
		{rule: s(simulator.GatewayTimeoutBefore), status: 504, body: "<h1>504 Gateway Time-out</h1>"},
		{rule: s(simulator.GatewayTimeoutAfter), status: 504, body: "<h1>504 Gateway Time-out</h1>", left: 1},
		{rule: s(simulator.Malformed), status: 200, body: `{"success":true,"results":{"compl`, left: 1},
		{rule: s(simulator.Empty), status: 200, body: "", left: 1},
		{rule: s(simulator.CloseBefore)},
		{rule: s(simulator.CloseAfter), left: 1},
		{rule: s(simulator.HangBefore)},
		{rule: s(simulator.HangAfter), left: 1},
		{rule: s(simulator.Unauthorized), status: 401, body: `"code":900901`},
		{rule: simulator.Rule{Fault: simulator.Unauthorized, XML: true}, status: 401, body: `<ams:code>900901</ams:code>`},
		{rule: s(simulator.Forbidden), status: 403, body: `"code":900910`},
		{rule: s(simulator.Unpublished), status: 404, body: `"type":"Status report"`},
		{rule: s(simulator.Refuse), status: 422, body: `"message":"Isi laporan tidak dapat diterima."`},
		{rule: simulator.Rule{Fault: simulator.Refuse, Message: "Kategori tidak dikenal"}, status: 422, body: `"message":"Kategori tidak dikenal"`},
		{rule: simulator.Rule{Fault: simulator.Slow, Delay: time.Millisecond}, status: 200, body: "complaint_id", left: 1},
		{rule: simulator.Rule{Fault: simulator.Late, Delay: time.Millisecond}, status: 200, body: "complaint_id", left: 1},
	}
}

func hangs(f simulator.Fault) bool { return f == simulator.HangBefore || f == simulator.HangAfter }

func TestEachFaultIsSeenAndLeavesWhatItsNameSays(t *testing.T) {
	for _, c := range faultCases() {
		t.Run(string(c.rule.Fault), func(t *testing.T) {
			eachMode(t, simulator.Options{}, func(t *testing.T, p *peer) {
				c.rule.Call, c.rule.Next = simulator.CallCreate, 1
				if err := p.sim.AddRule(c.rule); err != nil {
					t.Fatal(err)
				}
				c.meet(t, p)
				if n := len(p.sim.ByMarker("SP-0001")); n != c.left {
					t.Errorf("%d complaints left behind, want %d", n, c.left)
				}
				if c.rule.Fault.Acts() != (c.left == 1) {
					t.Errorf("Acts says %v, %d complaints left behind", c.rule.Fault.Acts(), c.left)
				}
				if n := p.sim.Stats().Faults[c.rule.Fault]; n != 1 {
					t.Errorf("counted %d times, want once", n)
				}
				if got := p.create(t, "0002"); got.status != 200 {
					t.Errorf("after the fault: %d %s, want 200", got.status, got.body)
				}
			})
		})
	}
}

func (c faultCase) meet(t *testing.T, p *peer) {
	t.Helper()
	ctx, cancel := t.Context(), func() {}
	if hangs(c.rule.Fault) {
		ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
	}
	defer cancel()
	got, err := p.do(ctx, "POST", "/complaints/complaint", "application/json", createJSON("0001"))
	switch {
	case hangs(c.rule.Fault):
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
	case c.status == 0:
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %+v %v, want a closed connection", got, err)
		}
	case err != nil:
		t.Errorf("no answer: %v", err)
	default:
		if got.status != c.status || got.header.Get("Retry-After") != c.header || !strings.Contains(got.body, c.body) {
			t.Errorf("got %d Retry-After %q %s", got.status, got.header.Get("Retry-After"), got.body)
		}
		if c.body == "" && got.body != "" {
			t.Errorf("got the body %q, want none", got.body)
		}
	}
}

func TestEveryKnownFaultHasACase(t *testing.T) {
	seen := map[simulator.Fault]bool{simulator.Refused: true} // the transport's own test
	for _, c := range faultCases() {
		seen[c.rule.Fault] = true
	}
	for _, f := range simulator.KnownFaults() {
		if !seen[f] {
			t.Errorf("no case for %q", f)
		}
	}
}

func TestSignInFailsUntilItIsMended(t *testing.T) {
	eachMode(t, simulator.Options{}, func(t *testing.T, p *peer) {
		if err := p.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Fault: simulator.Unauthorized}}}); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if got := p.create(t, "0001"); got.status != 401 {
				t.Fatalf("got %d, want 401", got.status)
			}
		}
		p.sim.ClearFaults()
		if got := p.create(t, "0001"); got.status != 200 || len(p.sim.Complaints()) != 1 {
			t.Errorf("got %d, %d complaints; want 200, one", got.status, len(p.sim.Complaints()))
		}
	})
}

func TestAFaultWaitsForItsWord(t *testing.T) {
	eachMode(t, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.Refuse, Word: "SEDANAU"},
	}}}, func(t *testing.T, p *peer) {
		if got := p.create(t, "Jalan rusak di Ranai"); got.status != 200 {
			t.Errorf("without the word: %d, want 200", got.status)
		}
		if got := p.create(t, "Jalan rusak di \u0053edanau"); got.status != 422 {
			t.Errorf("with the word: %d, want 422", got.status)
		}
	})
}

// outcomes makes n calls that meet the given rules and writes . for an answer and x for a fault.
func outcomes(t testing.TB, n int, seed uint64, rules ...simulator.Rule) string {
	t.Helper()
	p := inProcess(t, simulator.New(simulator.Options{Seed: seed, Faults: simulator.Faults{Rules: rules}}))
	var out strings.Builder
	for range n {
		if p.get(t, "/masters/templates").status == 200 {
			out.WriteByte('.')
		} else {
			out.WriteByte('x')
		}
	}
	return out.String()
}

func TestASchedulePicksItsCalls(t *testing.T) {
	const fault = simulator.ServerErrorBefore
	for _, c := range []struct {
		name string
		rule simulator.Rule
		want string
	}{
		{"always", simulator.Rule{}, "xxxxxxxxxx"},
		{"the next three", simulator.Rule{Next: 3}, "xxx......."},
		{"every third", simulator.Rule{Every: 3}, "..x..x..x."},
		{"after two", simulator.Rule{Skip: 2}, "..xxxxxxxx"},
		{"after two, every second, twice", simulator.Rule{Skip: 2, Every: 2, Next: 2}, "...x.x...."},
		{"for certain", simulator.Rule{Chance: 1, Next: 4}, "xxxx......"},
		{"another call", simulator.Rule{Call: simulator.CallCreate}, ".........."},
		{"this call", simulator.Rule{Call: simulator.CallTemplates, Next: 1}, "x........."},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.rule.Fault = fault
			if got := outcomes(t, 10, 1, c.rule); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	first, second := simulator.Rule{Fault: fault, Next: 2}, simulator.Rule{Fault: simulator.Throttle, Next: 1}
	if got := outcomes(t, 5, 1, first, second); got != "xxx.." {
		t.Errorf("a spent rule hides the next: %s", got)
	}
}

func TestChanceIsDecidedByTheSeed(t *testing.T) {
	rule := simulator.Rule{Fault: simulator.Throttle, Chance: 0.3}
	one, again, other := outcomes(t, 400, 1, rule), outcomes(t, 400, 1, rule), outcomes(t, 400, 2, rule)
	if one != again || one == other {
		t.Errorf("same seed alike: %v, other seed alike: %v", one == again, one == other)
	}
	if n := strings.Count(one, "x"); n < 80 || n > 160 {
		t.Errorf("%d of 400 calls met a chance of 0.3", n)
	}
}

func TestAScheduleNeverTakesMoreThanItMay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rule := simulator.Rule{
			Fault: simulator.Throttle,
			Skip:  rapid.IntRange(0, 5).Draw(rt, "skip"), Every: rapid.IntRange(0, 4).Draw(rt, "every"),
			Next: rapid.IntRange(0, 6).Draw(rt, "next"),
		}
		n := rapid.IntRange(0, 30).Draw(rt, "calls")
		want := max(n-rule.Skip, 0) / max(rule.Every, 1)
		if rule.Next > 0 {
			want = min(want, rule.Next)
		}
		if got := strings.Count(outcomes(t, n, 1, rule), "x"); got != want {
			rt.Fatalf("%d calls met %+v, want %d", got, rule, want)
		}
	})
}

func TestFaultsThatMakeNoSenseAreRefused(t *testing.T) {
	sim := newSim(t, simulator.Options{})
	for want, rule := range map[string]simulator.Rule{
		`fault "418"`:         {Fault: "418"},
		`call "delete"`:       {Fault: simulator.Empty, Call: "delete"},
		"chance 1.5":          {Fault: simulator.Empty, Chance: 1.5},
		"must not be below":   {Fault: simulator.Empty, Next: -1},
		"needs a delay":       {Fault: simulator.Late},
		"carries no word":     {Fault: simulator.Refused, Word: "x"},
		`fault "" is not one`: {},
	} {
		for how, err := range map[string]error{
			"AddRule":   sim.AddRule(rule),
			"SetFaults": sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{rule}}),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", how, err, want)
			}
		}
	}
	if err := sim.SetFaults(simulator.Faults{Latency: simulator.Latency{Min: -1}}); err == nil {
		t.Error("a latency below zero was taken")
	}
	if got := sim.Faults(); len(got.Rules) != 0 {
		t.Errorf("refused faults are in force: %+v", got)
	}
	p := inProcess(t, newSim(t, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Rule{{Fault: "418"}}}}))
	if got := p.get(t, "/masters/templates"); got.status != 501 || !strings.Contains(got.body, "418") {
		t.Errorf("an unchecked fault: %d %s, want it named", got.status, got.body)
	}
}

func TestRulesTellHowOftenTheyWereMet(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Rule{
		{Fault: simulator.Throttle, Next: 2, Fired: 9}, {Fault: simulator.Empty, Every: 2},
	}}}))
	for range 5 {
		p.get(t, "/masters/templates")
	}
	rules := p.sim.Faults().Rules
	if got := fmt.Sprint(rules[0].Fired, rules[1].Fired); got != "2 1" {
		t.Errorf("met %s times, want 2 1", got)
	}
}
