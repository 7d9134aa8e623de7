package nationaltest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// failures meets the create call with each fault, once, and goes on as the verdict says. In the end there must be
// exactly one ticket, or, where a person must decide, what the verdict promised.
func failures(t *testing.T, h Harness) {
	for _, f := range faults(h.Refusal) {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { fail(t, h, f) })
		})
	}
	t.Run("an error repeats nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { echo(t, h) })
	})
}

func fail(t *testing.T, h Harness, f fault) {
	side, j, s := h.New(t), NewJournal(), submission(h)
	needsRequests(t, side)
	wire := &faulty{base: side.Transport, fault: f, meant: side.Creates}
	p := side.Open(t, wire)
	began := time.Now()
	_, err := p.Submit.Submit(t.Context(), s, j)
	took := time.Since(began)

	got := retry.Of(err)
	if err == nil || got.Verdict != f.verdict || got.Reason != f.reason || got.After != f.after {
		t.Errorf("got %v\n%s (%s), after %s; want %s (%s), after %s", err, got.Verdict, got.Reason, got.After, f.verdict, f.reason, f.after)
	}
	if held := len(side.Tickets()); (held == 1) != f.carried || held > 1 {
		t.Errorf("the other side has %d tickets; carried out: %t", held, f.carried)
	}
	if f.reason != retry.Timeout && took > 2*time.Second {
		t.Errorf("it took %s: waiting belongs to the queue", took)
	}
	if most := tries(f); wire.met > most {
		t.Errorf("the request was made %d times, want at most %d", wire.met, most)
	}
	leaksNothing(t, h, s, err)
	goOn(t, side, j, s, got.Verdict)
}

func needsRequests(t *testing.T, side Side) {
	t.Helper()
	if side.Creates == nil {
		t.Skip("this kind makes no requests")
	}
}

// tries is how often a request may be made at once: again only where no connection came about.
func tries(f fault) int {
	switch f.reason {
	case retry.Refused, retry.DNS, retry.Unreachable:
		return 2
	}
	return 1
}

// goOn does what the gateway does after a verdict, over a wire that works again.
func goOn(t *testing.T, side Side, j *Journal, s national.Submission, verdict retry.Verdict) {
	t.Helper()
	p := side.Open(t, side.Transport)
	switch {
	case verdict == retry.Permanent:
		return
	case verdict == retry.Uncertain && p.Lookup == nil:
		return // a person decides
	case verdict == retry.Uncertain:
		settle(t, p, j, s.Complaint.Ref)
	}
	j.Restart()
	one(t, side, submit(t, p, s, j), j)
}

// echo has the other side repeat the whole request and the credentials in its refusal.
func echo(t *testing.T, h Harness) {
	side, s := h.New(t), submission(h)
	needsRequests(t, side)
	r := s.Complaint.Reporter
	said := strings.Join([]string{
		"Isi:", s.Complaint.Text, "; pelapor", r.Name, r.Phone, "+62" + r.Phone[1:], r.Email, strings.ToUpper(r.Email), r.Identity,
		strings.Join(h.Secrets, " "), "tidak dapat diterima",
	}, " ")
	said = strings.ReplaceAll(said, "\n", " ")
	f := fault{meet: instead(false, http.StatusUnprocessableEntity, http.Header{"Content-Type": {"application/json"}}, h.Refusal(said))}
	p := side.Open(t, &faulty{base: side.Transport, fault: f, meant: side.Creates})
	_, err := p.Submit.Submit(t.Context(), s, NewJournal())
	if retry.Of(err).Verdict != retry.Permanent {
		t.Fatalf("got %v", err)
	}
	leaksNothing(t, h, s, err)
	if !strings.Contains(err.Error(), "tidak dapat diterima") {
		t.Errorf("the platform's own words are lost: %v", err)
	}
}

func leaksNothing(t *testing.T, h Harness, s national.Submission, err error) {
	t.Helper()
	if err == nil {
		return
	}
	r := s.Complaint.Reporter
	for _, private := range append([]string{
		r.Name, "Contoh", r.Phone, r.Phone[1:], r.Email, r.Identity, "simpang Sungai Ulu sudah", "takut lewat pada malam",
	}, h.Secrets...) {
		if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(private)) {
			t.Errorf("the error says %q: %v", private, err)
		}
	}
	if strings.ContainsAny(err.Error(), "<>\n") || len([]rune(err.Error())) > 700 {
		t.Errorf("the error is not one short line of plain text: %q", err)
	}
}

// failedLookups meets every lookup with each fault: whatever happened, it must not read as absent.
func failedLookups(t *testing.T, h Harness) {
	for _, f := range faults(h.Refusal) {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				side := h.New(t)
				needsRequests(t, side)
				p := side.Open(t, &faulty{base: side.Transport, fault: f, meant: everything})
				if p.Lookup == nil {
					t.Skip("this kind has no lookup")
				}
				if ticket, err := p.Lookup.Lookup(t.Context(), ref); err == nil || errors.Is(err, national.ErrAbsent) {
					t.Errorf("got %v, %v", ticket, err)
				}
			})
		})
	}
}

func everything(*http.Request) bool { return true }

// failedStatuses meets each request of a status with each fault.
func failedStatuses(t *testing.T, h Harness) {
	for _, f := range faults(h.Refusal) {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				side, j := h.New(t), NewJournal()
				needsRequests(t, side)
				p := side.Open(t, side.Transport)
				if p.Status == nil {
					t.Skip("this kind has no status")
				}
				ticket := submit(t, p, submission(h), j)
				p = side.Open(t, &faulty{base: side.Transport, fault: f, meant: everything})
				if state, err := p.Status.Status(t.Context(), ticket.ID); err == nil {
					t.Errorf("got %+v", state)
				}
				probed, err := p.Probe.Probe(t.Context())
				if got := retry.Of(err); err == nil || f.verdict == retry.SignIn && got.Verdict != retry.SignIn {
					t.Errorf("the probe says %q, %v", probed, err)
				}
			})
		})
	}
}
