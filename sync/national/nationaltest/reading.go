package nationaltest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

func lookup(t *testing.T, h Harness) {
	side, j, s := h.New(t), NewJournal(), submission(h)
	p := side.Open(t, side.Transport)
	if p.Lookup == nil {
		t.Skip("this kind has no lookup")
	}
	absent := func(ref complaint.Ref) {
		t.Helper()
		if ticket, err := p.Lookup.Lookup(t.Context(), ref); !errors.Is(err, national.ErrAbsent) {
			t.Errorf("%s: got %v, %v", ref, ticket, err)
		}
	}
	absent(ref)
	ticket := submit(t, p, s, j)
	if found, err := p.Lookup.Lookup(t.Context(), ref); err != nil || found.ID != ticket.ID {
		t.Errorf("got %v, %v; want %v", found, err, ticket)
	}
	absent(ref[:len(ref)-1])
	absent(ref[:len(ref)-1] + "E")
	if side.Plant == nil {
		return
	}
	quoting := complaint.Ref("SP-1KAZ5T8M3Q0X500")
	side.Plant(t, "Seperti laporan "+h.Marker(quoting)+" sebelumnya.\n\n"+h.Marker("SP-1KAZ5T8M3Q0X501"))
	absent(quoting)
	side.Plant(t, "Kedua kalinya.\n\n"+h.Marker(ref))
	if found, err := p.Lookup.Lookup(t.Context(), ref); err == nil || errors.Is(err, national.ErrAbsent) || !strings.Contains(err.Error(), "2") {
		t.Errorf("of two it says %v, %v", found, err)
	}
}

func reference(t *testing.T, h Harness) {
	side := h.New(t)
	p := side.Open(t, side.Transport)
	said, err := p.Probe.Probe(t.Context())
	if err != nil || said == "" {
		t.Errorf("the probe says %q, %v", said, err)
	}
	if n := len(side.Tickets()); n != 0 {
		t.Errorf("the probe left %d tickets", n)
	}
	if p.Reference == nil {
		return
	}
	lists, err := p.Reference.Reference(t.Context())
	if err != nil || len(lists.Agencies) == 0 {
		t.Fatalf("got %v, %v", lists, err)
	}
	for _, agency := range lists.Agencies {
		if agency.ID == "" || agency.Name == "" {
			t.Errorf("an agency without id or name: %+v", agency)
		}
	}
}

func statuses(t *testing.T, h Harness) {
	words := maps.Clone(h.Statuses)
	words[h.Unknown] = complaint.Other
	for _, raw := range slices.Sorted(maps.Keys(words)) {
		t.Run(raw, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { status(t, h, raw, words[raw]) })
		})
	}
	t.Run("events are the same at each poll", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { events(t, h) })
	})
}

func status(t *testing.T, h Harness, raw string, want complaint.Status) {
	side, j := h.New(t), NewJournal()
	p := side.Open(t, side.Transport)
	if p.Status == nil || side.Move == nil {
		t.Skip("this kind has no status")
	}
	ticket := submit(t, p, submission(h), j)
	side.Move(t, ticket.ID, raw, "")
	state, err := p.Status.Status(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if state.Status != want || state.Raw != raw {
		t.Errorf("got %s, %q; want %s, %q", state.Status, state.Raw, want, raw)
	}
}

// events polls after each of several moves.
func events(t *testing.T, h Harness) {
	side, j := h.New(t), NewJournal()
	p := side.Open(t, side.Transport)
	if p.Status == nil || side.Move == nil {
		t.Skip("this kind has no status")
	}
	ticket := submit(t, p, submission(h), j)
	known := map[string]national.Event{}
	for i, raw := range slices.Sorted(maps.Keys(h.Statuses)) {
		<-time.After(time.Hour) // of the bubble's clock
		note := fmt.Sprintf(`<p>Catatan %d: periksa &amp; perbaiki</p><script>alert(1)</script>`, i)
		side.Move(t, ticket.ID, raw, note)
		state, err := p.Status.Status(t.Context(), ticket.ID)
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Status.Status(t.Context(), ticket.ID)
		if err != nil || !slices.Equal(again.Events, state.Events) {
			t.Fatalf("polled twice: %+v, then %+v, %v", state.Events, again.Events, err)
		}
		checkEvents(t, state.Events, known)
		if said := fmt.Sprintf("Catatan %d: periksa & perbaiki", i); !tells(state.Events, said) {
			t.Errorf("no event says %q: %+v", said, state.Events)
		}
	}
}

func tells(events []national.Event, said string) bool {
	return slices.ContainsFunc(events, func(e national.Event) bool { return strings.Contains(e.Text, said) })
}

// checkEvents compares with what was known and adds to it.
func checkEvents(t *testing.T, events []national.Event, known map[string]national.Event) {
	t.Helper()
	seen := map[string]bool{}
	for i, e := range events {
		if before, ok := known[e.Key]; ok && before != e {
			t.Errorf("the event %q has changed: %+v, before %+v", e.Key, e, before)
		}
		if e.Key == "" || seen[e.Key] {
			t.Errorf("the key %q comes twice", e.Key)
		}
		if i > 0 && e.At.Before(events[i-1].At) {
			t.Errorf("the event %q is not in its place", e.Key)
		}
		if strings.ContainsAny(e.Text, "<>") || strings.Contains(e.Text, "{{") || strings.Contains(e.Text, "alert(") {
			t.Errorf("not plain text: %q", e.Text)
		}
		seen[e.Key], known[e.Key] = true, e
	}
	for key := range known {
		if !seen[key] {
			t.Errorf("the event %q is gone", key)
		}
	}
}
