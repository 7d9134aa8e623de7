package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// bubble runs with a simulator made inside a synctest bubble, on the bubble's clock.
func bubble(t *testing.T, faults simulator.Faults, run func(*testing.T, *peer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		run(t, inProcess(t, newSim(t, simulator.Options{Now: time.Now, Faults: faults})))
	})
}

func one(rule simulator.Rule) simulator.Faults {
	return simulator.Faults{Rules: []simulator.Rule{rule}}
}

func (p *peer) createWithin(t *testing.T, patience time.Duration) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	_, err := p.do(ctx, "POST", "/complaints/complaint", "application/json", createJSON("0001"))
	return time.Since(began), err
}

func TestAHangEndsWithTheContext(t *testing.T) {
	for fault, left := range map[simulator.Fault]int{simulator.HangBefore: 0, simulator.HangAfter: 1} {
		bubble(t, one(simulator.Rule{Fault: fault}), func(t *testing.T, p *peer) {
			took, err := p.createWithin(t, 30*time.Second)
			if took != 30*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v after %v, want the deadline after 30s", fault, err, took)
			}
			if n := len(p.sim.Complaints()); n != left {
				t.Errorf("%s: %d complaints, want %d", fault, n, left)
			}
		})
	}
}

func TestAHangEndsWhenItsCallerStops(t *testing.T) {
	bubble(t, one(simulator.Rule{Fault: simulator.HangBefore}), func(t *testing.T, p *peer) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		if _, err := p.do(ctx, "GET", "/masters/templates", "", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
}

func TestAClientTimeoutEndsAHang(t *testing.T) {
	bubble(t, one(simulator.Rule{Fault: simulator.HangAfter}), func(t *testing.T, p *peer) {
		p.client.Timeout = 5 * time.Second
		_, err := p.do(t.Context(), "GET", "/masters/templates", "", "")
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("got %v, want a time-out", err)
		}
	})
}

func TestALateActIsCarriedOutThoughTheClientIsGone(t *testing.T) {
	bubble(t, one(simulator.Rule{Fault: simulator.Late, Delay: 2 * time.Minute}), func(t *testing.T, p *peer) {
		if took, err := p.createWithin(t, 30*time.Second); took != 30*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%v after %v, want the deadline after 30s", err, took)
		}
		if n := len(p.sim.Complaints()); n != 0 {
			t.Fatalf("%d complaints before the delay is over, want none", n)
		}
		gone := time.Now()
		p.sim.Wait()
		if wait := time.Since(gone); wait != 90*time.Second {
			t.Errorf("carried out %v after the client went, want 90s", wait)
		}
		if n := len(p.sim.Complaints()); n != 1 {
			t.Errorf("%d complaints after the delay, want one", n)
		}
	})
}

func TestALateActDoesNotWaitForTheLatency(t *testing.T) {
	faults := one(simulator.Rule{Fault: simulator.Late, Delay: time.Minute})
	faults.Latency = simulator.Latency{Min: time.Hour}
	bubble(t, faults, func(t *testing.T, p *peer) {
		if _, err := p.createWithin(t, time.Second); err == nil {
			t.Fatal("answered before the delay was over")
		}
		p.sim.Wait()
		if n := len(p.sim.Complaints()); n != 1 {
			t.Errorf("%d complaints, want one", n)
		}
	})
}

func TestALateActThroughASocketIsCarriedOutOnce(t *testing.T) {
	sim := newSim(t, simulator.Options{Faults: one(simulator.Rule{Fault: simulator.Late, Delay: 20 * time.Millisecond})})
	arrived, left := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		defer close(left)
		sim.ServeHTTP(w, r)
	}))
	defer server.Close()
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		<-arrived
		giveUp()
	}()
	_, err := newPeer(sim, server.Client(), server.URL).do(ctx, "POST", "/complaints/complaint", "application/json", createJSON("0001"))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's end", err)
	}
	<-left
	sim.Wait()
	if n := len(sim.Complaints()); n != 1 {
		t.Errorf("%d complaints, want one", n)
	}
}

func TestCloseForgetsWhatIsStillToCome(t *testing.T) {
	bubble(t, one(simulator.Rule{Fault: simulator.Late, Delay: time.Hour}), func(t *testing.T, p *peer) {
		if _, err := p.createWithin(t, time.Second); err == nil {
			t.Fatal("answered before the delay was over")
		}
		if err := p.sim.Close(); err != nil {
			t.Fatal(err)
		}
		p.sim.Wait()
		<-time.After(2 * time.Hour)
		if n := len(p.sim.Complaints()); n != 0 {
			t.Errorf("%d complaints after Close, want none", n)
		}
	})
}

func TestASlowCallThatIsGivenUpLeavesNothing(t *testing.T) {
	for patience, left := range map[time.Duration]int{time.Second: 0, 10 * time.Second: 1} {
		bubble(t, one(simulator.Rule{Fault: simulator.Slow, Delay: 5 * time.Second}), func(t *testing.T, p *peer) {
			took, err := p.createWithin(t, patience)
			if (err == nil) != (left == 1) || took != min(patience, 5*time.Second) {
				t.Errorf("patience %v: %v after %v", patience, err, took)
			}
			if n := len(p.sim.Complaints()); n != left {
				t.Errorf("patience %v: %d complaints, want %d", patience, n, left)
			}
		})
	}
}

func TestLatencyStaysWithinItsRange(t *testing.T) {
	latency := simulator.Latency{Min: time.Second, Max: 3 * time.Second}
	bubble(t, simulator.Faults{Latency: latency}, func(t *testing.T, p *peer) {
		distinct := map[time.Duration]bool{}
		for range 20 {
			took, err := p.createWithin(t, time.Minute)
			if err != nil || took < latency.Min || took > latency.Max {
				t.Fatalf("%v after %v, want an answer after 1s to 3s", err, took)
			}
			distinct[took] = true
		}
		if len(distinct) < 2 {
			t.Error("the latency never changes")
		}
	})
	bubble(t, simulator.Faults{Latency: simulator.Latency{Min: time.Minute}}, func(t *testing.T, p *peer) {
		if took, err := p.createWithin(t, time.Hour); err != nil || took != time.Minute {
			t.Errorf("%v after %v, want an answer after exactly a minute", err, took)
		}
	})
}

func TestABodyNobodyFeedsEndsWithTheContext(t *testing.T) {
	bubble(t, simulator.Faults{}, func(t *testing.T, p *peer) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		body, feed := io.Pipe()
		defer feed.Close()
		r, err := http.NewRequestWithContext(ctx, "POST", p.base+"/complaints/complaint", body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.sim.Transport().RoundTrip(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if n := p.sim.Stats().Calls[simulator.CallCreate]; n != 0 {
			t.Errorf("%d calls counted, want none: the request never arrived whole", n)
		}
	})
}
