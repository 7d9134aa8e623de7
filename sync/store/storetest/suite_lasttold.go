package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

// A channel that knows a repeat by its words would show it twice otherwise.
func retoldWordForWord(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	first := w.news() // told, and the gateway dies before it records that
	w.observe(ref, national.State{
		Status: complaint.Disposed, Raw: "Terdisposisi", TrackingID: "1234567", Agency: "Dinas Perhubungan",
		Events: []national.Event{{Key: "1", At: w.clock.Now(), Status: complaint.Disposed, Raw: "Terdisposisi"}},
	})
	w.must(w.RescueNews(t.Context(), "natuna/1%"))
	told := w.tellAll()
	if len(first) != 1 || len(told) != 2 || !cmp.Equal(told[0], first[0].Change) {
		t.Fatalf("told %+v, and after the crash %+v", first, told)
	}
	if told[1].TrackingID != "1234567" {
		t.Errorf("what nobody had tried to tell before the number was known is told as %+v", told[1])
	}
}

// A platform lists what came in one second in any order, and may go back without a row that says so.
func lastToldIsTrue(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.tellAll()
	row := func(key string, status complaint.Status, raw string) national.Event {
		return national.Event{Key: key, At: w.clock.Now(), Status: status, Raw: raw}
	}
	working, disposed := row("1", complaint.InProgress, "Dalam Proses"), row("2", complaint.Disposed, "Terdisposisi")
	for _, rows := range [][]national.Event{{working, disposed}, {working, disposed, row("3", complaint.Postponed, "Tertunda")}} {
		for range 2 {
			w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses", Events: rows})
		}
		told := w.tellAll()
		if len(told) == 0 || told[len(told)-1].Status != complaint.InProgress {
			t.Errorf("of %d rows was told %+v", len(rows), told)
		}
		if story := w.state(ref, store.Done); story.Status != complaint.InProgress || story.StatusRaw != "Dalam Proses" {
			t.Errorf("of %d rows: status %s, raw %s", len(rows), story.Status, story.StatusRaw)
		}
	}
	done := row("4", complaint.Done, "Selesai")
	other := w.keep(report(2))[0].Ref
	w.decideAll(judge)
	w.deliver(other, "701")
	w.observe(other, national.State{Status: complaint.Disposed, Raw: "Terdisposisi", Events: []national.Event{row("1", complaint.Disposed, "Terdisposisi")}})
	w.tellAll()
	later := []national.Event{row("1", complaint.Disposed, "Terdisposisi"), row("2", complaint.InProgress, "Dalam Proses")}
	w.observe(other, national.State{Status: complaint.Disposed, Raw: "Terdisposisi", Events: later}) // it moved between the two questions
	w.observe(other, national.State{Status: complaint.Done, Raw: "Selesai", Events: append(later, done)})
	if told := w.tellAll(); len(told) != 2 || told[0].Status != complaint.InProgress || told[1].Status != complaint.Done {
		t.Errorf("of one that moved while it was asked about was told %+v", told)
	}
	if story := w.state(ref, store.Done); len(story.Events) != 6 {
		t.Errorf("%d events, want the three rows, two ways back and the arrival", len(story.Events))
	}
}

func eventWithoutTime(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.tellAll()
	w.observe(ref, national.State{Raw: "Dalam Proses", Status: complaint.InProgress, Events: []national.Event{{Key: "1", Text: "Akan kami periksa"}}})
	for _, change := range w.tellAll() {
		if !change.At.Equal(w.clock.Now()) {
			t.Errorf("told with the time %v", change.At)
		}
	}
}

// An older word of the platform, such as a list's, does not stand beside a status that nothing follows.
func finalKeepsItsWord(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.observe(ref, national.State{Status: complaint.Done, Raw: "Selesai"})
	w.tellAll()
	w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses"})
	if story := w.state(ref, store.Done); story.Status != complaint.Done || story.StatusRaw != "Selesai" {
		t.Errorf("status %s, raw %s", story.Status, story.StatusRaw)
	}
	if told := w.tellAll(); len(told) != 0 {
		t.Errorf("told %+v", told)
	}
}

func lastChangeIsPrivate(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	change, _, err := w.LastChange(t.Context(), "portal", ref)
	if err != nil || change.Status != complaint.Received || change.SourceID != "1" {
		t.Errorf("%+v, %v", change, err)
	}
	if _, _, err := w.LastChange(t.Context(), "desa", ref); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another source was answered: %v", err)
	}
	if _, _, err := w.LastChange(t.Context(), "portal", "SP-000000000000000"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown reference: %v", err)
	}
	sent := report(2)
	sent.Raw = complaint.Payload{Type: "application/json", Body: []byte(`{"file":"aduan.xlsx"}`)}
	ref = w.keep(sent)[0].Ref
	for range 2 { // from memory, and as it lies in the database
		if payload, err := w.Sent(t.Context(), "portal", ref); err != nil || string(payload.Body) != `{"file":"aduan.xlsx"}` || payload.Type != "application/json" {
			t.Errorf("what was sent: %+v, %v", payload, err)
		}
		if payload, err := w.Sent(t.Context(), "desa", ref); !errors.Is(err, store.ErrNotFound) || len(payload.Body) > 0 {
			t.Errorf("another source was told what was sent: %+v, %v", payload, err)
		}
		w.must(w.Close())
		w = open(t, h, NewClock(), "natuna/2")
	}
	if payload, err := w.Sent(t.Context(), "portal", "SP-000000000000000"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was sent under an unknown reference: %+v, %v", payload, err)
	}
}
