package nationaltest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

const ref = complaint.Ref("SP-1KAZ5T8M3Q0X4RD")

// submission is an invented complaint with two files.
func submission(h Harness) national.Submission {
	s := national.Submission{
		Complaint: complaint.Complaint{
			Ref: ref, Source: "portal", SourceID: "7", Title: "Lampu jalan mati di Ranai", Class: complaint.Ordinary,
			Text:       "Lampu jalan di simpang Sungai Ulu sudah tiga minggu mati.\nWarga takut lewat pada malam hari.",
			Reporter:   complaint.Reporter{Name: "Budi Contoh", Phone: "081200000007", Email: "budi.contoh@surat.example", Identity: "2103000000000007"},
			IncidentAt: time.Date(2026, 11, 3, 20, 15, 0, 0, time.UTC),
			ReceivedAt: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC),
		},
		Agency: "21032", Category: "436",
	}
	if !h.NoFiles {
		s.Files = []national.File{
			file("foto.jpg", "image/jpeg", "\xff\xd8\xff\xe0\x00\x10JFIF not a whole picture \x00\r\n--"),
			file("surat rt 02.pdf", "application/pdf", "%PDF-1.7\r\n\x00\x01 bukti"),
		}
	}
	return s
}

func file(name, kind, content string) national.File {
	sum := sha256.Sum256([]byte(content))
	return national.File{
		Attachment: complaint.Attachment{Name: name, Type: kind, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])},
		Open:       func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
	}
}

func submit(t *testing.T, p national.Platform, s national.Submission, j *Journal) national.Ticket {
	t.Helper()
	ticket, err := p.Submit.Submit(t.Context(), s, j)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	j.whole()
	return ticket
}

// one asserts that exactly one ticket is there and that it is the one we know.
func one(t *testing.T, side Side, ticket national.Ticket, j *Journal) Held {
	t.Helper()
	held := side.Tickets()
	if len(held) != 1 {
		t.Fatalf("the other side has %d tickets, want 1", len(held))
	}
	if held[0].ID != ticket.ID {
		t.Fatalf("the ticket is %q, the other side has %q", ticket.ID, held[0].ID)
	}
	for _, err := range j.misuse {
		t.Error(err)
	}
	return held[0]
}

func replay(t *testing.T, h Harness) {
	side, j, s := h.New(t), NewJournal(), submission(h)
	ticket := submit(t, side.Open(t, side.Transport), s, j)
	for range 3 {
		j.Restart()
		if again := submit(t, side.Open(t, side.Transport), s, j); again != ticket {
			t.Errorf("the replay says %v, the first said %v", again, ticket)
		}
	}
	one(t, side, ticket, j)
	for step, n := range j.ran {
		if n != 1 {
			t.Errorf("the step %q ran %d times", step, n)
		}
	}
	if last := j.order[len(j.order)-1]; last != national.StepCreate {
		t.Errorf("the last step is %q", last)
	}
}

// crashes kills the gateway at every place where that leaves a clear record.
func crashes(t *testing.T, h Harness) {
	sample := NewJournal()
	side := h.New(t)
	submit(t, side.Open(t, side.Transport), submission(h), sample)
	for _, step := range sample.order {
		for _, when := range []moment{beforeRun, beforeDone, afterDone} {
			if step == national.StepCreate && when == beforeDone {
				continue // that leaves an unknown outcome: see lostRecord
			}
			side, j, s := h.New(t), NewJournal(), submission(h)
			j.dieAt(step, when)
			if _, err := side.Open(t, side.Transport).Submit.Submit(t.Context(), s, j); !errors.Is(err, ErrDied) {
				t.Fatalf("dying at %q: %v", step, err)
			}
			j.Restart()
			one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
			checkRuns(t, j, step, when)
		}
	}
}

func checkRuns(t *testing.T, j *Journal, died string, when moment) {
	t.Helper()
	for name, n := range j.ran {
		want := 1
		if name == died && when == beforeDone {
			want = 2
		}
		if n != want {
			t.Errorf("dying at %q (%d): the step %q ran %d times, want %d", died, when, name, n, want)
		}
	}
}

// lostRecord has the ticket made and its record lost: only a lookup can tell, and it does.
func lostRecord(t *testing.T, h Harness) {
	side, j, s := h.New(t), NewJournal(), submission(h)
	j.dieAt(national.StepCreate, beforeDone)
	p := side.Open(t, side.Transport)
	if _, err := p.Submit.Submit(t.Context(), s, j); !errors.Is(err, ErrDied) {
		t.Fatalf("got %v", err)
	}
	if p.Lookup == nil {
		if n := len(side.Tickets()); n != 1 {
			t.Fatalf("the other side has %d tickets", n)
		}
		return
	}
	settle(t, p, j, s.Complaint.Ref)
	one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
	if j.ran[national.StepCreate] != 1 {
		t.Errorf("create ran %d times", j.ran[national.StepCreate])
	}
}

// settle does what the gateway does about an unknown outcome.
func settle(t *testing.T, p national.Platform, j *Journal, ref complaint.Ref) {
	t.Helper()
	j.Restart()
	ticket, err := p.Lookup.Lookup(t.Context(), ref)
	if errors.Is(err, national.ErrAbsent) {
		return
	}
	if err != nil {
		t.Fatalf("lookup: %v", err)
	}
	result, err := json.Marshal(ticket)
	if err != nil {
		t.Fatal(err)
	}
	j.Complete(national.StepCreate, string(result))
}

func together(t *testing.T, h Harness) {
	const many = 16
	side := h.New(t)
	p := side.Open(t, side.Transport)
	tickets := make([]national.Ticket, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() {
			s := submission(h)
			s.Complaint.Ref = complaint.Ref(fmt.Sprintf("SP-1KAZ5T8M3Q0X%03d", i))
			ticket, err := p.Submit.Submit(t.Context(), s, NewJournal())
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
			tickets[i] = ticket
		})
	}
	group.Wait()
	byID := map[string]string{}
	for _, held := range side.Tickets() {
		byID[held.ID] = held.Text
	}
	for i, ticket := range tickets {
		marker := h.Marker(complaint.Ref(fmt.Sprintf("SP-1KAZ5T8M3Q0X%03d", i)))
		if !strings.HasSuffix(byID[ticket.ID], marker) {
			t.Errorf("ticket %q of complaint %d is another's: %q", ticket.ID, i, byID[ticket.ID])
		}
	}
}

func stopping(t *testing.T, h Harness) {
	side := h.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := side.Open(t, side.Transport).Submit.Submit(ctx, submission(h), NewJournal())
	if got := retry.Of(err); err == nil || got.Verdict != retry.Transient || got.Reason != retry.Shutdown {
		t.Errorf("got %v: %s (%s)", err, got.Verdict, got.Reason)
	}
	if n := len(side.Tickets()); n != 0 {
		t.Errorf("the other side has %d tickets", n)
	}
}

func content(t *testing.T, h Harness) {
	side, j, s := h.New(t), NewJournal(), submission(h)
	held := one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
	if !strings.HasPrefix(held.Text, s.Complaint.Text) {
		t.Errorf("the text is changed: %q", held.Text)
	}
	if lines := strings.Split(held.Text, "\n"); lines[len(lines)-1] != h.Marker(ref) {
		t.Errorf("the last line is %q, want %q", lines[len(lines)-1], h.Marker(ref))
	}
	if bytes.Contains(held.Body, []byte(s.Complaint.Reporter.Identity)) {
		t.Error("the identity number is sent")
	}
	for _, private := range []string{s.Complaint.Reporter.Name, s.Complaint.Reporter.Phone, s.Complaint.Reporter.Email} {
		if strings.Contains(held.Text+held.Title, private) {
			t.Errorf("the text says %q", private)
		}
	}
}

// recurrence is forwarded with the number of the earlier ticket between the citizen's words and our reference.
func recurrence(t *testing.T, h Harness) {
	const earlier = "7654321"
	side, j, s := h.New(t), NewJournal(), submission(h)
	s.Earlier = earlier
	held := one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
	between, isLast := strings.CutSuffix(held.Text, h.Marker(ref))
	between, isFirst := strings.CutPrefix(between, s.Complaint.Text)
	if !isFirst || !isLast || strings.Count(between, earlier) != 1 {
		t.Errorf("the text is %q", held.Text)
	}
}

func files(t *testing.T, h Harness) {
	if h.NoFiles {
		t.Skip("this kind carries no files")
	}
	side, j, s := h.New(t), NewJournal(), submission(h)
	s.Files = append(s.Files, s.Files[0]) // the same file twice is one file
	held := one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
	if len(held.Files) != 2 {
		t.Fatalf("%d files arrived, want 2", len(held.Files))
	}
	for i, arrived := range held.Files {
		opened, err := s.Files[i].Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(arrived, want) {
			t.Errorf("file %d arrived as %q", i, arrived)
		}
	}
}

func brokenFile(t *testing.T, h Harness) {
	if h.NoFiles {
		t.Skip("this kind carries no files")
	}
	side, j, s := h.New(t), NewJournal(), submission(h)
	s.Files[0].Open = func(context.Context) (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	held := one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
	if len(held.Files) != 1 {
		t.Errorf("%d files arrived, want 1", len(held.Files))
	}
	if !strings.Contains(held.Text, "1 lampiran") || !strings.HasSuffix(held.Text, "\n"+h.Marker(ref)) {
		t.Errorf("the text does not say that a file is missing, above the marker: %q", held.Text)
	}
}

// awayFile is a file that cannot be read just now: without it nothing is created, and it is with it later.
func awayFile(t *testing.T, h Harness) {
	if h.NoFiles {
		t.Skip("this kind carries no files")
	}
	side, j, s := h.New(t), NewJournal(), submission(h)
	p, open := side.Open(t, side.Transport), s.Files[0].Open
	s.Files[0].Open = func(context.Context) (io.ReadCloser, error) { return nil, errors.New("the bucket is away") }
	if _, err := p.Submit.Submit(t.Context(), s, j); err == nil || retry.Of(err).Verdict != retry.Transient || retry.Of(err).Reason != retry.Failed {
		t.Errorf("got %v (%s)", err, retry.Of(err).Reason)
	}
	s.Files[0].Open = open
	j.Restart()
	if held := one(t, side, submit(t, p, s, j), j); len(held.Files) != 2 {
		t.Errorf("%d files arrived, want 2", len(held.Files))
	}
}

func flags(t *testing.T, h Harness) {
	if h.NoFlags {
		t.Skip("this kind carries no flags")
	}
	for _, want := range []struct{ anonymous, secret bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		t.Run(fmt.Sprintf("anonymous %t secret %t", want.anonymous, want.secret), func(t *testing.T) {
			side, j, s := h.New(t), NewJournal(), submission(h)
			s.Complaint.Anonymous, s.Complaint.Secret = want.anonymous, want.secret
			held := one(t, side, submit(t, side.Open(t, side.Transport), s, j), j)
			if held.Anonymous != want.anonymous || held.Secret != want.secret {
				t.Errorf("arrived as anonymous %t, secret %t", held.Anonymous, held.Secret)
			}
		})
	}
}
