package nationaltest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

const laterRef = complaint.Ref("SP-1KAZ5T8M3Q0X600")

// about is an invented complaint about the one that has the ticket.
func about(h Harness, ticket national.Ticket) national.FollowUp {
	s := submission(h)
	s.Complaint.Ref, s.Complaint.Title = laterRef, "Menanyakan laporan lampu"
	return national.FollowUp{Ticket: ticket, Complaint: s.Complaint, Agency: s.Agency, Files: s.Files}
}

func followUps(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness, Side, national.Ticket)
	}{
		{"it joins the ticket, and is found there by its whole reference only", followUpJoins},
		{"what is sent is what arrives", followUpContent},
		{"a file that is gone does not stop it", followUpBrokenFile},
		{"it is told to nobody, and an answer that quotes it is told", followUpIsNoEvent},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { withTicket(t, h, c.test) })
		})
	}
	for _, f := range faults(h.Refusal) {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				withTicket(t, h, func(t *testing.T, h Harness, side Side, ticket national.Ticket) { followUpFails(t, h, side, ticket, f) })
			})
		})
		t.Run("not found: "+f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				withTicket(t, h, func(t *testing.T, h Harness, side Side, ticket national.Ticket) {
					p := side.Open(t, &faulty{base: side.Transport, fault: f, meant: everything})
					if err := p.FollowUps.FindFollowUp(t.Context(), about(h, ticket)); err == nil || errors.Is(err, national.ErrAbsent) {
						t.Errorf("got %v", err)
					}
				})
			})
		})
	}
}

// withTicket runs a test with an earlier complaint at the other side.
func withTicket(t *testing.T, h Harness, test func(*testing.T, Harness, Side, national.Ticket)) {
	side := h.New(t)
	p := side.Open(t, side.Transport)
	if (p.FollowUps == nil) != (side.AddsFollowUp == nil) {
		t.Fatal("the kind and its side do not agree on whether it takes follow-ups")
	}
	if p.FollowUps == nil {
		t.Skip("this kind takes no follow-ups")
	}
	test(t, h, side, submit(t, p, submission(h), NewJournal()))
}

func add(t *testing.T, p national.Platform, f national.FollowUp) {
	t.Helper()
	if err := p.FollowUps.AddFollowUp(t.Context(), f); err != nil {
		t.Fatalf("add a follow-up: %v", err)
	}
}

// joined asserts that the ticket has one follow-up and returns it.
func joined(t *testing.T, side Side, ticket national.Ticket) Said {
	t.Helper()
	all := side.FollowUps(ticket.ID)
	if len(all) != 1 || len(side.Tickets()) != 1 {
		t.Fatalf("the ticket has %d follow-ups, and there are %d tickets; want one of each", len(all), len(side.Tickets()))
	}
	return all[0]
}

func followUpJoins(t *testing.T, h Harness, side Side, ticket national.Ticket) {
	p, f := side.Open(t, side.Transport), about(h, ticket)
	absent := func(f national.FollowUp) {
		t.Helper()
		if err := p.FollowUps.FindFollowUp(t.Context(), f); !errors.Is(err, national.ErrAbsent) {
			t.Errorf("%s: got %v", f.Complaint.Ref, err)
		}
	}
	side.Answer(t, ticket.ID, "<p>Baik, sedang kami periksa …</p>")
	absent(f)
	add(t, p, f)
	for range 30 { // more than a page
		side.Answer(t, ticket.ID, "<p>Petugas sedang menuju lokasi.</p>")
	}
	if err := side.Open(t, side.Transport).FollowUps.FindFollowUp(t.Context(), f); err != nil {
		t.Errorf("it is not found: %v", err)
	}
	f.Complaint.Ref = laterRef[:len(laterRef)-1] + "1"
	absent(f)
}

func followUpContent(t *testing.T, h Harness, side Side, ticket national.Ticket) {
	for _, secret := range []bool{false, true} {
		f := about(h, ticket)
		f.Secret = secret
		add(t, side.Open(t, side.Transport), f)
	}
	for i, got := range side.FollowUps(ticket.ID) {
		f := about(h, ticket)
		lines := strings.Split(got.Text, "\n")
		if !strings.Contains(got.Text, f.Complaint.Text) || !strings.Contains(got.Text, f.Complaint.Title) || lines[len(lines)-1] != h.Marker(laterRef) {
			t.Errorf("the text is %q", got.Text)
		}
		r := f.Complaint.Reporter
		for _, private := range []string{r.Name, r.Phone, r.Email, r.Identity} {
			if strings.Contains(got.Text, private) {
				t.Errorf("the text says %q", private)
			}
		}
		if got.Secret != (i == 1) {
			t.Errorf("follow-up %d is secret: %t", i, got.Secret)
		}
		if !h.NoFiles && !slices.EqualFunc(got.Files, f.Files, sameFile(t)) {
			t.Errorf("the files arrived as %q", got.Files)
		}
	}
}

func sameFile(t *testing.T) func([]byte, national.File) bool {
	return func(arrived []byte, file national.File) bool {
		opened, err := file.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Equal(arrived, want)
	}
}

func followUpBrokenFile(t *testing.T, h Harness, side Side, ticket national.Ticket) {
	f := about(h, ticket)
	if h.NoFiles {
		t.Skip("this kind carries no files")
	}
	f.Files[0].Open = func(context.Context) (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	add(t, side.Open(t, side.Transport), f)
	if got := joined(t, side, ticket); len(got.Files) != 1 || !strings.Contains(got.Text, "1 lampiran") {
		t.Errorf("with %d files it says %q", len(got.Files), got.Text)
	}
}

func followUpIsNoEvent(t *testing.T, h Harness, side Side, ticket national.Ticket) {
	p := side.Open(t, side.Transport)
	if p.Status == nil {
		t.Skip("this kind has no status")
	}
	f := about(h, ticket)
	add(t, p, f)
	side.Answer(t, ticket.ID, side.FollowUps(ticket.ID)[0].Text+"<p>Terima kasih, sudah diperbaiki.</p>")
	state, err := p.Status.Status(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !tells(state.Events, "sudah diperbaiki") || len(state.Events) == 0 {
		t.Errorf("the answer is lost: %+v", state.Events)
	}
	for _, e := range state.Events {
		if strings.Contains(e.Text, f.Complaint.Title) && !strings.Contains(e.Text, "sudah diperbaiki") {
			t.Errorf("a citizen's words are told: %q", e.Text)
		}
	}
}

// followUpFails meets the request with a fault, once, and goes on by the verdict: unless it was refused for good the ticket
// has the follow-up once in the end.
func followUpFails(t *testing.T, h Harness, side Side, ticket national.Ticket, f fault) {
	said := about(h, ticket)
	wire := &faulty{base: side.Transport, fault: f, meant: side.AddsFollowUp}
	err := side.Open(t, wire).FollowUps.AddFollowUp(t.Context(), said)
	got := retry.Of(err)
	if err == nil || got.Verdict != f.verdict || got.Reason != f.reason || got.After != f.after {
		t.Errorf("got %v\n%s (%s), after %s; want %s (%s), after %s", err, got.Verdict, got.Reason, got.After, f.verdict, f.reason, f.after)
	}
	if n := len(side.FollowUps(ticket.ID)); (n == 1) != f.carried || n > 1 {
		t.Errorf("the ticket has %d follow-ups; carried out: %t", n, f.carried)
	}
	if most := tries(f); wire.met > most {
		t.Errorf("the request was made %d times, want at most %d", wire.met, most)
	}
	s := submission(h)
	leaksNothing(t, h, s, err)
	if got.Verdict == retry.Permanent {
		return
	}
	p := side.Open(t, side.Transport)
	if got.Verdict == retry.Uncertain {
		found := p.FollowUps.FindFollowUp(t.Context(), said)
		if found == nil {
			joined(t, side, ticket)
			return
		}
		if !errors.Is(found, national.ErrAbsent) {
			t.Fatal(found)
		}
	}
	add(t, p, said)
	joined(t, side, ticket)
}
