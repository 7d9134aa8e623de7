package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// traced makes one create call and lists the hooks in the order they were called.
func traced(t *testing.T, sim *simulator.Simulator, url string) ([]string, error) {
	t.Helper()
	var hooks []string
	note := func(format string, args ...any) { hooks = append(hooks, fmt.Sprintf(format, args...)) }
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn:              func(at string) { note("GetConn %s", at) },
		GotConn:              func(httptrace.GotConnInfo) { note("GotConn") },
		ConnectStart:         func(_, at string) { note("ConnectStart %s", at) },
		ConnectDone:          func(_, _ string, err error) { note("ConnectDone failed=%v", err != nil) },
		WroteHeaders:         func() { note("WroteHeaders") },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { note("WroteRequest failed=%v", info.Err != nil) },
		GotFirstResponseByte: func() { note("GotFirstResponseByte") },
	})
	p := newPeer(sim, &http.Client{Transport: sim.Transport()}, url)
	_, err := p.do(ctx, "POST", "/complaints/complaint", "application/json", createJSON("0001"))
	return hooks, err
}

func TestTheTraceTellsWhatWasWritten(t *testing.T) {
	whole := []string{"GotConn", "WroteHeaders", "WroteRequest failed=false"}
	for _, c := range []struct {
		name, url, at string
		fault         simulator.Fault
		want          []string
		err           error
	}{
		{"answered", "https://lapor.example", "lapor.example:443", "", append(whole[:3:3], "GotFirstResponseByte"), nil},
		{"lost", "http://lapor.example", "lapor.example:80", simulator.CloseAfter, whole, io.ErrUnexpectedEOF},
		{
			"refused", "https://lapor.example:8243", "lapor.example:8243", simulator.Refused,
			[]string{"ConnectStart lapor.example:8243", "ConnectDone failed=true"}, syscall.ECONNREFUSED,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := newSim(t, simulator.Options{})
			if c.fault != "" {
				if err := sim.AddRule(simulator.Rule{Fault: c.fault}); err != nil {
					t.Fatal(err)
				}
			}
			hooks, err := traced(t, sim, c.url)
			if !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if diff := cmp.Diff(append([]string{"GetConn " + c.at}, c.want...), hooks); diff != "" {
				t.Errorf("hooks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefusedConnectionLooksLikeOne(t *testing.T) {
	sim := newSim(t, simulator.Options{})
	if err := sim.SetFaults(one(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Refused, Skip: 1, Next: 1})); err != nil {
		t.Fatal(err)
	}
	p := inProcess(t, sim)
	p.create(t, "0001")
	_, err := p.do(t.Context(), "POST", "/complaints/complaint", "application/json", createJSON("0002"))
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || !strings.HasSuffix(err.Error(), "dial tcp lapor.example:443: connect: connection refused") {
		t.Errorf("got %v, want what a dial says", err)
	}
	p.create(t, "0003")
	stats := sim.Stats()
	if stats.Complaints != 2 || stats.Calls[simulator.CallCreate] != 2 || stats.Faults[simulator.Refused] != 1 {
		t.Errorf("got %+v, want two complaints, two calls that arrived, one refused", stats)
	}
}

func TestAServedHandlerPassesARefusedRuleBy(t *testing.T) {
	p := served(t, newSim(t, simulator.Options{Faults: one(simulator.Rule{Fault: simulator.Refused})}))
	if got := p.create(t, "0001"); got.status != 200 {
		t.Errorf("got %d, want 200", got.status)
	}
	if n := p.sim.Faults().Rules[0].Fired; n != 0 {
		t.Errorf("the rule counts as met %d times", n)
	}
}

type tattler struct {
	io.Reader
	closed int
}

func (b *tattler) Close() error { b.closed++; return nil }

func TestTheBodyIsClosedHoweverTheCallEnds(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		fault simulator.Fault
		fails bool
	}{
		"answered": {t.Context(), "", false},
		"refused":  {t.Context(), simulator.Refused, true},
		"cut":      {t.Context(), simulator.CloseBefore, true},
		"gone":     {gone, "", true},
	} {
		sim := newSim(t, simulator.Options{})
		if c.fault != "" {
			if err := sim.AddRule(simulator.Rule{Fault: c.fault}); err != nil {
				t.Fatal(err)
			}
		}
		body := &tattler{Reader: strings.NewReader(createJSON("0001"))}
		r, err := http.NewRequestWithContext(c.ctx, "POST", "https://lapor.example/complaints/complaint", body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := sim.Transport().RoundTrip(r)
		if (err != nil) != c.fails {
			t.Errorf("%s: got %v", name, err)
		}
		if err == nil {
			resp.Body.Close()
		}
		if body.closed != 1 {
			t.Errorf("%s: closed %d times, want once", name, body.closed)
		}
	}
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	sim := newSim(t, simulator.Options{})
	why := errors.New("the gateway stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	r, err := http.NewRequestWithContext(ctx, "GET", "https://lapor.example/masters/templates", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Transport().RoundTrip(r); !errors.Is(err, why) {
		t.Errorf("got %v, want the context's cause, as http.Transport gives", err)
	}
	if n := sim.Stats().Calls[simulator.CallTemplates]; n != 0 {
		t.Errorf("%d calls counted, want none", n)
	}
}

func TestABodyThatBreaksIsNotSent(t *testing.T) {
	sim := newSim(t, simulator.Options{})
	broken := errors.New("the file is gone")
	body := io.MultiReader(strings.NewReader(`{"title":`), &failing{broken})
	r, err := http.NewRequestWithContext(t.Context(), "POST", "https://lapor.example/complaints/complaint", body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Transport().RoundTrip(r); !errors.Is(err, broken) {
		t.Errorf("got %v, want the body's own error", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestAConnectionThatCannotBeClosedSaysSo(t *testing.T) {
	sim := newSim(t, simulator.Options{Faults: one(simulator.Rule{Fault: simulator.CloseBefore})})
	w := &recorder{header: http.Header{}}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "/masters/templates", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	sim.ServeHTTP(w, r)
	if w.status != 502 || !strings.Contains(w.body.String(), "cannot close") {
		t.Errorf("got %d %s, want a 502 that says why", w.status, w.body.String())
	}
}

type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
