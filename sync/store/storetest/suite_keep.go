package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

func keepSurvives(t *testing.T, h Harness) {
	clock := NewClock()
	lat, long := 3.94, 108.38
	c := complaint.Complaint{
		SourceID: "A/1", Title: "Air", Text: "Air PDAM di Sedanau keruh ☔ 'sekali'", Class: complaint.Supervised, Anonymous: true, Secret: true,
		Reporter: complaint.Reporter{Name: "Warga Contoh", Phone: "0812 0000 0000"}, Place: complaint.Place{Region: "21.03", Lat: &lat, Long: &long},
		Category: "air", ReportedAt: clock.Now().Add(-time.Hour), Raw: complaint.Payload{Type: "application/octet-stream", Body: []byte{0, 255, 's'}},
		Attachments: []complaint.Attachment{{Name: "keran.jpg", Type: "image/jpeg", Size: 3, SHA256: "ab"}},
	}
	w := open(t, h, clock, "natuna/1")
	ref := w.keep(c)[0].Ref
	w.decideAll(judge)
	w.must(w.Close())

	w = open(t, h, clock, "natuna/2")
	got := w.claimWork(1)[0].Job.Complaint
	c.Ref, c.Source, c.ReceivedAt = ref, "portal", clock.Now()
	if got.ContentHash() != c.ContentHash() || string(got.Raw.Body) != string(c.Raw.Body) || !got.ReceivedAt.Equal(c.ReceivedAt) || got.Ref != ref {
		t.Errorf("got  %+v\nwant %+v", got, c)
	}
	w.ledger(store.Ledger{Accepted: 1, Waiting: 1})
}

func keepOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1), report(2), report(1))
	again := w.keep(report(2), report(1), report(3))
	if first[0].Known || first[1].Known || !first[2].Known || first[2].Ref != first[0].Ref {
		t.Errorf("first page: %+v", first)
	}
	if !again[0].Known || again[0].Ref != first[1].Ref || !again[1].Known || again[1].Ref != first[0].Ref || again[2].Known {
		t.Errorf("second page: %+v", again)
	}
	other, err := w.Keep(t.Context(), store.Page{Source: "desa", Complaints: []complaint.Complaint{report(1)}})
	w.must(err)
	if other[0].Known {
		t.Error("the same id of another source is taken for the same complaint")
	}
	w.ledger(store.Ledger{Accepted: 4, Waiting: 4})
}

func keepRevision(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	edited := report(1)
	edited.Text = "Lampu jalan sudah menyala lagi"
	for range 2 {
		if k := w.keep(edited)[0]; !k.Known || !k.Revised || k.Ref != ref {
			t.Errorf("kept %+v", k)
		}
	}
	if n, err := w.Revisions(t.Context()); err != nil || n != 1 {
		t.Errorf("%d revisions, %v", n, err)
	}
	for _, of := range []complaint.Ref{"", ref} {
		seen, err := w.RevisionsOf(t.Context(), of, 10)
		w.must(err)
		if len(seen) != 1 || seen[0].Ref != ref || seen[0].Text != edited.Text || seen[0].Before != report(1).Text || seen[0].Source != "portal" || !seen[0].Seen.Equal(w.clock.Now()) {
			t.Errorf("revisions of %q: %+v", of, seen)
		}
	}
	if seen, err := w.RevisionsOf(t.Context(), "SP-000000000000000", 10); err != nil || len(seen) != 0 {
		t.Errorf("another's revisions: %+v, %v", seen, err)
	}
	if story := w.state(ref, store.New); len(story.Revisions) != 1 {
		t.Errorf("the story shows %d revisions", len(story.Revisions))
	}
	w.decideAll(judge)
	if claims := w.claim(10); len(claims) != 1 {
		t.Errorf("%d deliveries of one complaint", len(claims))
	}
}

// A city's app was set up anew and counts from 1: what it sends is another person's, however often it sends it.
func keepsBeside(t *testing.T, h Harness) {
	w := begin(t, h)
	post := func(text, name string) complaint.Complaint {
		return complaint.Complaint{SourceID: "request/kota/17", Title: "Aduan", Text: text, Class: complaint.Ordinary, Reporter: complaint.Reporter{Name: name}}
	}
	lamp, road := post("Lampu jalan di Ranai mati sejak kemarin", "Siti Contoh"), post("Jalan di Sedanau berlubang besar", "Budi Contoh")
	keep := func(all ...complaint.Complaint) []store.Kept {
		kept, err := w.Keep(t.Context(), store.Page{Source: "kota", Complaints: slices.Clone(all), Beside: true})
		w.must(err)
		return kept
	}
	first := keep(lamp)[0]
	second := keep(road)[0]
	if second.Known || second.Ref == first.Ref {
		t.Fatalf("another person's complaint is %+v, beside %+v", second, first)
	}
	withPhoto := road
	withPhoto.Attachments = []complaint.Attachment{{Name: "1.jpg", Type: "image/jpeg", Size: 1, SHA256: strings.Repeat("0", 64)}}
	if again := keep(withPhoto)[0]; again.Ref != second.Ref || !again.Known {
		t.Errorf("sent again with the photo that was not there at first it is %+v, at first %+v", again, second)
	}
	edited := lamp
	edited.Text += " malam"
	for range 2 {
		if got := keep(lamp, road, edited); got[0].Ref != first.Ref || got[1].Ref != second.Ref || !got[1].Known || got[2].Ref != first.Ref || !got[2].Revised {
			t.Errorf("sent again: %+v", got)
		}
	}
	third := keep(post("Sampah menumpuk di pasar Midai", "Tini Contoh"), post("Air PDAM keruh di Serasan", "Wati Contoh"))
	if third[0].Ref == third[1].Ref || third[0].Known || third[1].Known {
		t.Errorf("two more at once: %+v", third)
	}
	w.decideAll(judge)
	texts := map[string]bool{}
	for _, work := range w.claimWork(10) {
		texts[work.Job.Complaint.Text] = true
	}
	if len(texts) != 4 {
		t.Errorf("forwarded: %v", texts)
	}
	w.ledger(store.Ledger{Accepted: 4, Waiting: 4})
}

// Where ids may begin anew an edit is told from another complaint, which is never lost without a word.
func refusesSameID(t *testing.T, h Harness) {
	w := begin(t, h)
	at := w.clock.Now()
	january := complaint.Complaint{
		SourceID: "1", Title: "Lampu", Text: "Lampu jalan di Ranai mati sejak kemarin", Class: complaint.Ordinary, ReportedAt: at,
		Reporter: complaint.Reporter{Name: "Warga Contoh", Phone: "0812 0000 0000"},
	}
	changed := func(change func(*complaint.Complaint)) complaint.Complaint {
		c := january
		change(&c)
		return c
	}
	keep := func(all ...complaint.Complaint) []store.Kept {
		kept, err := w.Keep(t.Context(), store.Page{Source: "kantor", Complaints: all, SameID: func(c complaint.Complaint) store.Refusal {
			return store.Refusal{SourceID: c.SourceID, Where: "sheet of " + c.Text, Reason: "same_id", Raw: []byte(c.Text)}
		}})
		w.must(err)
		return kept
	}
	other := complaint.Complaint{SourceID: "2", Title: "Air", Text: "Air PDAM keruh", Class: complaint.Ordinary}
	otherwise := other
	otherwise.Text = "Sampah menumpuk di pasar Sedanau"
	if kept := keep(january, other, otherwise); kept[0].Known || kept[1].Known || !kept[2].SameID {
		t.Errorf("in one page: %+v", kept)
	}
	for name, c := range map[string]struct {
		now  complaint.Complaint
		want store.Kept
	}{
		"the same":          {january, store.Kept{Known: true}},
		"a word corrected":  {changed(func(c *complaint.Complaint) { c.Text += " malam" }), store.Kept{Known: true, Revised: true}},
		"another time":      {changed(func(c *complaint.Complaint) { c.ReportedAt = at.Add(time.Hour) }), store.Kept{Known: true, Revised: true}},
		"a phone comes in":  {changed(func(c *complaint.Complaint) { c.Text += " malam"; c.Reporter.Phone = "" }), store.Kept{Known: true, Revised: true}},
		"other words":       {changed(func(c *complaint.Complaint) { c.Text = "Jembatan di Serasan rusak" }), store.Kept{Known: true, SameID: true}},
		"half other words":  {changed(func(c *complaint.Complaint) { c.Text = "Lampu jalan Sedanau padam" }), store.Kept{Known: true, SameID: true}},
		"other day, person": {changed(func(c *complaint.Complaint) { c.ReportedAt, c.Reporter.Phone = at.Add(720*time.Hour), "0813 1" }), store.Kept{Known: true, SameID: true}},
		"other text, day":   {changed(func(c *complaint.Complaint) { c.ReportedAt = at.Add(720 * time.Hour); c.Text += " malam" }), store.Kept{Known: true, SameID: true}},
	} {
		for range 2 {
			kept := keep(c.now)[0]
			kept.Ref = ""
			if kept != c.want {
				t.Errorf("%s: %+v", name, kept)
			}
		}
	}
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2, Refused: 5})
}

func cursorIsAtomic(t *testing.T, h Harness) {
	w := begin(t, h)
	page := func(from, to string, n int) store.Page {
		return store.Page{Source: "kantor", Complaints: []complaint.Complaint{report(n)}, Cursor: &store.CursorMove{From: from, To: to}}
	}
	_, err := w.Keep(t.Context(), page("", "a", 1))
	w.must(err)
	_, err = w.Keep(t.Context(), page("a", "b", 2))
	w.must(err)
	if _, err := w.Keep(t.Context(), page("a", "c", 3)); !errors.Is(err, store.ErrLost) {
		t.Errorf("a cursor that stands elsewhere was moved: %v", err)
	}
	if at, err := w.Cursor(t.Context(), "kantor"); err != nil || at != "b" {
		t.Errorf("the cursor stands at %q, %v", at, err)
	}
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2}) // report 3 went with its cursor
}

func refusalOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	refusals := []store.Refusal{
		{SourceID: "9", Where: "aduan.csv row 9", Reason: "bad_field", Detail: "text: is missing", Raw: []byte("9;;\x00")},
		{Where: "aduan.csv row 10", Reason: "bad_field", Detail: "text: is missing", Raw: []byte("9;;\x00")},
	}
	for range 2 {
		_, err := w.Keep(t.Context(), store.Page{Source: "kantor", Refusals: refusals})
		w.must(err)
	}
	w.ledger(store.Ledger{Refused: 2})
	seen, err := w.Refusals(t.Context(), 10)
	w.must(err)
	if len(seen) != 2 || seen[0].Source != "kantor" || seen[0].Reason != "bad_field" {
		t.Errorf("refusals %+v", seen)
	}
}

func keepConcurrently(t *testing.T, h Harness) {
	w := begin(t, h)
	const senders, each = 16, 20
	refs := make([]map[string]complaint.Ref, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			refs[i] = map[string]complaint.Ref{}
			for n := range each {
				kept, err := w.Keep(context.Background(), store.Page{Source: "portal", Complaints: []complaint.Complaint{report(n)}})
				if err != nil {
					t.Error(err)
					return
				}
				refs[i][fmt.Sprint(n)] = kept[0].Ref
			}
		})
	}
	wg.Wait()
	for i := range senders {
		for id, ref := range refs[i] {
			if ref != refs[0][id] {
				t.Fatalf("complaint %s has the references %s and %s", id, ref, refs[0][id])
			}
		}
	}
	w.ledger(store.Ledger{Accepted: each, Waiting: each})
}

func decideRoutes(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	if oldest, err := w.OldestUndecided(t.Context()); err != nil || !oldest.Equal(w.clock.Now()) {
		t.Errorf("oldest undecided %v, %v", oldest, err)
	}
	decided := w.decideAll(judge)
	if len(decided) != 1 || decided[0].Ref != ref || decided[0].Primary != "" {
		t.Errorf("decided %+v", decided)
	}
	if story := w.state(ref, store.Ready); story.Agency != "21030" || story.Category != "15" || story.Why == "" {
		t.Errorf("story %+v", story)
	}
	if again := w.decideAll(judge); len(again) != 0 {
		t.Errorf("decided twice: %+v", again)
	}
}
