package lapor_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/nationaltest"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
)

// Whatever the simulator knows to do wrong, once, to the create call: going on by the verdicts leaves one complaint.
func TestEveryFaultOfTheSimulatorLeavesOneComplaint(t *testing.T) {
	for _, fault := range simulator.KnownFaults() {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New(simulator.Options{Base: base, Search: true, Scenarios: simulator.Still()})
				rule := simulator.Rule{Call: simulator.CallCreate, Fault: fault, Next: 1, RetryAfter: time.Minute, Message: "Ditolak"}
				if fault == simulator.Slow || fault == simulator.Late {
					rule.Delay = time.Minute
				}
				if err := sim.AddRule(rule); err != nil {
					t.Fatal(err)
				}
				want := 1
				if fault == simulator.Refuse {
					want = 0
				}
				deliver(t, open(t, impatient{sim.Transport()}, settings(nil)))
				sim.Wait()
				if got := len(sim.Complaints()); got != want {
					t.Errorf("the platform has %d complaints, want %d", got, want)
				}
			})
		})
	}
}

// deliver does what the gateway does, in little.
func deliver(t *testing.T, p national.Platform) {
	t.Helper()
	j := nationaltest.NewJournal()
	for range 5 {
		_, err := p.Submit.Submit(t.Context(), lamp(), j)
		switch verdict := retry.Of(err).Verdict; {
		case err == nil || verdict == retry.Permanent:
			return
		case verdict == retry.Uncertain:
			<-time.After(5 * time.Minute) // delivery.settle, of the bubble's clock
			ticket, err := p.Lookup.Lookup(t.Context(), lamp().Complaint.Ref)
			if err == nil {
				result, err := json.Marshal(ticket)
				if err != nil {
					t.Fatal(err)
				}
				j.Complete(national.StepCreate, string(result))
			} else if !errors.Is(err, national.ErrAbsent) {
				t.Fatal(err)
			}
		}
		j.Restart()
	}
	t.Error("five attempts were not enough")
}

// impatient ends a request after 30 seconds.
type impatient struct{ base http.RoundTripper }

func (i impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
	answer, err := i.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	answer.Body = ending{answer.Body, cancel}
	return answer, nil
}

type ending struct {
	io.ReadCloser
	end func()
}

func (e ending) Close() error {
	e.end()
	return e.ReadCloser.Close()
}

// plant makes a complaint as another client of the platform would.
func plant(t *testing.T, sim *simulator.Simulator, text string) {
	t.Helper()
	body := `{"title":"Lain","content":` + quoted(text) + `,"is_new_user_slider":false,"user_id":7,"attachments":false}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://lapor.example"+base+"/complaints/complaint", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", simulator.DefaultAuth)
	r.Header.Set("token", simulator.DefaultToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := sim.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("planting: %d", answer.StatusCode)
	}
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
