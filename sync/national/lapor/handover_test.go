package lapor_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/retry"
)

func notOurs() national.Submission {
	s := lamp()
	s.HandOver = "21031"
	return s
}

// handing answers a submission: the holders one after the other, the last one for good, and this to the hand-over.
func handing(status int, body string, holders ...string) *platformOf {
	return &platformOf{answer: func(r *http.Request, _ []byte) (int, string) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/reject") || strings.HasSuffix(r.URL.Path, "/serahkan"):
			return status, body
		case r.Method == http.MethodPost:
			return http.StatusOK, `{"complaint_id":"50/1"}`
		}
		now := holders[0]
		if len(holders) > 1 {
			holders = holders[1:]
		}
		return http.StatusOK, `{"results":{"data":{"status_name":"Belum Terverifikasi","disposition_id":` + now + `}}}`
	}}
}

func TestWhatAHandOverSends(t *testing.T) {
	for path, edit := range map[string]func(*lapor.Settings){
		base + "/complaints/process/50%2F1/reject": nil,
		base + "/laporan/50%2F1/serahkan": func(s *lapor.Settings) {
			s.HandOver, s.HandOverReason = "laporan/{id}/serahkan", "Jalan provinsi"
		},
	} {
		wire := handing(http.StatusOK, `{"success":true}`, "21032")
		ticket, err := open(t, wire, settings(edit)).Submit.Submit(t.Context(), notOurs(), forgetful{})
		if err != nil || ticket.ID != "50/1" {
			t.Fatalf("got %v, %v", ticket, err)
		}
		sent := wire.sent[len(wire.sent)-1]
		if sent.URL.EscapedPath() != path || sent.Method != http.MethodPost {
			t.Errorf("sent %s %s, want %s", sent.Method, sent.URL.EscapedPath(), path)
		}
		checkHeaders(t, sent)
		if edit == nil {
			golden(t, "handover.json", indented(t, wire.last()))
		} else if !strings.Contains(string(wire.last()), `"Jalan provinsi"`) {
			t.Errorf("sent %s", wire.last())
		}
	}
}

// "Handed over already" is a refusal in the platform's words; its own record says what it means.
func TestARefusedHandOverIsDoneWhereTheAgencyHasIt(t *testing.T) {
	const refused = `{"success":false,"message":"Laporan sudah diteruskan"}`
	for name, c := range map[string]struct {
		status  int
		holders []string
		done    bool
	}{
		"the agency has it":            {422, []string{"21032", "21031"}, true},
		"in a list, with a 200":        {200, []string{`"21032"`, `"21031"`}, true},
		"somebody else has it":         {422, []string{"21032", "21039"}, false},
		"the platform does not say":    {422, []string{"21032", "null"}, false},
		"it had it before it was sent": {422, []string{"21031"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			ticket, err := open(t, handing(c.status, refused, c.holders...), settings(nil)).Submit.Submit(t.Context(), notOurs(), forgetful{})
			if ticket.ID != "50/1" {
				t.Errorf("the ticket is %+v", ticket)
			}
			switch {
			case c.done && err != nil:
				t.Error(err)
			case !c.done && (retry.Of(err).Verdict != retry.Permanent || !strings.Contains(err.Error(), "Laporan sudah diteruskan")):
				t.Errorf("got %v (%s), want the platform's words for a person", err, retry.Of(err).Verdict)
			}
		})
	}
}

func TestAHandOverThatIsDoneWithErrorsIsUncertain(t *testing.T) {
	const errors = `{"success":true,"errors":["surel pemberitahuan gagal"]}`
	_, err := open(t, handing(http.StatusOK, errors, "21032"), settings(nil)).Submit.Submit(t.Context(), notOurs(), forgetful{})
	if got := retry.Of(err); got.Verdict != retry.Uncertain || got.Reason != retry.Malformed {
		t.Errorf("got %v: %s (%s)", err, got.Verdict, got.Reason)
	}
}

func TestWithoutAHandOverCreateIsTheLastStep(t *testing.T) {
	for handOver, want := range map[string]string{"": `["create"]`, "21031": `["hand-over"]`} {
		last := []string{}
		j := spy(func(step national.Step, _ string) {
			if step.Last {
				last = append(last, step.Name)
			}
		})
		s := lamp()
		s.HandOver = handOver
		if _, err := open(t, handing(200, `{"success":true}`, "1"), settings(nil)).Submit.Submit(t.Context(), s, j); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(last); err != nil || string(got) != want {
			t.Errorf("hand-over %q: the last steps are %s, %v", handOver, got, err)
		}
	}
}
