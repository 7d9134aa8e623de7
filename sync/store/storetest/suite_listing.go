package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

const later = "update/"

func listings() []promise {
	return []promise{
		{"a list has what its filters say, and nothing secret", listsAsAsked},
		{"pages of a list stay what they are while new complaints arrive", pagesStayStable},
		{"a list shows where a complaint stands, by the primary's ticket too", listsStandings},
		{"updates are in the order they became known, each under one name for ever", listsUpdates},
		{"what was said about a secret primary is marked", marksSecretPrimaries},
	}
}

func (w world) listing(wanted store.Wanted) []string {
	w.Helper()
	if wanted.Most == 0 {
		wanted.Most = 100
	}
	listed, err := w.Listing(w.Context(), "portal", later, wanted)
	w.must(err)
	ids := []string{}
	for _, l := range listed {
		ids = append(ids, l.Complaint.Text)
	}
	return ids
}

func (w world) wantListed(wanted store.Wanted, numbers ...int) {
	w.Helper()
	var texts []string
	for _, n := range numbers {
		texts = append(texts, report(n).Text)
	}
	if got := w.listing(wanted); !slices.Equal(got, texts) {
		w.Errorf("listed %q, want %q for %+v", got, texts, wanted)
	}
}

func listsAsAsked(t *testing.T, h Harness) {
	w := begin(t, h)
	at := map[int]time.Time{}
	refs := map[int]complaint.Ref{}
	for n := 1; n <= 5; n++ {
		c := report(n)
		c.Category = []string{"jalan", "lampu"}[n%2]
		at[n], refs[n] = w.clock.Now(), w.keep(c)[0].Ref
		w.clock.Advance(time.Minute)
	}
	secret, word := report(6), report(7)
	secret.Secret, word.SourceID = true, later+"fms/9"
	hidden, said := w.keep(secret)[0].Ref, w.keep(word)[0].Ref
	if _, err := w.Keep(t.Context(), store.Page{Source: "desa", Complaints: []complaint.Complaint{report(8)}}); err != nil {
		t.Fatal(err)
	}
	w.decideAll(judge)
	w.deliver(refs[2], "700")
	w.clock.Advance(time.Hour)
	w.observe(refs[2], national.State{Status: complaint.Done, Raw: "Selesai"})

	w.wantListed(store.Wanted{}, 5, 4, 3, 2, 1)
	w.wantListed(store.Wanted{Most: 1}, 5) // a page is full although what is hidden is newer
	w.wantListed(store.Wanted{Categories: []string{"jalan"}}, 4, 2)
	w.wantListed(store.Wanted{Categories: []string{"jalan", "lampu"}, Most: 2, Skip: 1}, 4, 3)
	w.wantListed(store.Wanted{From: at[2], To: at[4]}, 4, 3, 2)
	w.wantListed(store.Wanted{From: at[2].Add(time.Millisecond)}, 5, 4, 3)
	w.wantListed(store.Wanted{Open: true}, 5, 4, 3, 1)
	w.wantListed(store.Wanted{Closed: true}, 2)
	w.wantListed(store.Wanted{Open: true, Closed: true}, 5, 4, 3, 2, 1)
	w.wantListed(store.Wanted{UpdatedFrom: at[5].Add(time.Minute)}, 2)
	w.wantListed(store.Wanted{UpdatedTo: at[5]}, 5, 4, 3, 1)
	w.wantListed(store.Wanted{Refs: []complaint.Ref{refs[1], refs[5], hidden, said, "SP-000000000000000"}, Closed: true, From: at[5]}, 5, 1)
}

func pagesStayStable(t *testing.T, h Harness) {
	w := begin(t, h)
	for n := 1; n <= 9; n++ {
		w.keep(report(n)) // many in one millisecond: the reference breaks the tie
		if n%3 == 0 {
			w.clock.Advance(time.Millisecond)
		}
	}
	var read []string
	wanted := store.Wanted{Most: 2}
	for n := 10; n < 100; n++ {
		listed, err := w.Listing(t.Context(), "portal", later, wanted)
		w.must(err)
		if len(listed) == 0 {
			break
		}
		for _, l := range listed {
			read = append(read, l.Complaint.SourceID+l.Complaint.Text)
		}
		last := listed[len(listed)-1].Complaint
		wanted.BeforeAt, wanted.BeforeRef = last.ReceivedAt, last.Ref
		w.keep(report(n))
	}
	var want []string
	for n := 9; n > 0; n-- {
		want = append(want, report(n).Text)
	}
	if !slices.Equal(read, want) {
		t.Errorf("read page by page: %q, want %q", read, want)
	}
}

func listsStandings(t *testing.T, h Harness) {
	w := begin(t, h)
	first := report(1)
	first.Reporter.Name = "Siti Contoh"
	primary := w.keep(first)[0].Ref
	w.decideAll(judgeByText)
	w.deliver(primary, "700")
	moved := w.clock.Now()
	w.clock.Advance(time.Minute)
	second := w.keep(copyOf(1, "b"))[0].Ref
	w.decideAll(judgeByText)
	w.state(second, store.Linked)
	w.observe(primary, national.State{Status: complaint.Disposed, Raw: "Terdisposisi", Agency: "Dinas Perhubungan", Events: []national.Event{
		{Key: "1", At: moved, Status: complaint.Disposed, Raw: "Terdisposisi", Text: "Kami teruskan"}, {Key: "2", At: moved, Text: "Akan kami periksa"},
	}})
	listed, err := w.Listing(t.Context(), "portal", later, store.Wanted{Most: 10})
	w.must(err)
	if len(listed) != 2 {
		t.Fatalf("%d are listed, want 2", len(listed))
	}
	for _, l := range listed {
		if l.Status != complaint.Disposed || l.Agency != "Dinas Perhubungan" || l.Note != "Akan kami periksa" || l.About.Reporter.Name != "Siti Contoh" || l.About.Secret {
			t.Errorf("%s stands so: %+v", l.Complaint.Ref, l)
		}
		if !l.ChangedAt.Equal(w.clock.Now()) {
			t.Errorf("it changed at %s, want %s", l.ChangedAt, w.clock.Now())
		}
	}
}

func (w world) updates(span store.Span) []store.ListedUpdate {
	w.Helper()
	if span.Most == 0 {
		span.Most = 100
	}
	updates, err := w.Updates(w.Context(), "portal", later, span)
	w.must(err)
	return updates
}

func listsUpdates(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	secret, word := report(2), report(3)
	secret.Secret, word.SourceID = true, later+"fms/9"
	for _, c := range []complaint.Complaint{secret, word} {
		hidden := w.keep(c)[0].Ref
		w.decideAll(judge)
		w.deliver(hidden, "80"+c.SourceID)
	}
	long := w.clock.Now().Add(-30 * 24 * time.Hour) // the platform's own time says nothing of when it became known
	w.clock.Advance(time.Hour)
	w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses", Events: []national.Event{
		{Key: "1", At: long, Status: complaint.InProgress, Raw: "Dalam Proses"}, {Key: "2", At: long, Text: "Akan kami periksa"},
	}})
	all := w.updates(store.Span{})
	var said []string
	for _, u := range all {
		said = append(said, fmt.Sprint(u.ID == fmt.Sprint(ref, "-", len(said)+1), " ", u.Status, " ", u.Note))
	}
	if want := []string{"true forwarded ", "true in_progress ", "true in_progress Akan kami periksa"}; !slices.Equal(said, want) {
		t.Fatalf("updates %q, want %q", said, want)
	}
	w.tellAll()
	if again := w.updates(store.Span{}); fmt.Sprint(again) != fmt.Sprint(all) {
		t.Errorf("after they were told, they are others: %+v, before %+v", again, all)
	}
	now := w.clock.Now()
	for _, c := range []struct {
		span store.Span
		want int
	}{
		{store.Span{From: now}, 2}, {store.Span{To: now.Add(-time.Millisecond)}, 1}, {store.Span{From: now.Add(time.Millisecond)}, 0},
		{store.Span{Most: 2}, 2}, {store.Span{Most: 2, Skip: 2}, 1},
	} {
		if got := w.updates(c.span); len(got) != c.want {
			t.Errorf("%+v gives %d updates, want %d", c.span, len(got), c.want)
		}
	}
}

func marksSecretPrimaries(t *testing.T, h Harness) {
	w := begin(t, h)
	first := report(1)
	first.Secret, first.Reporter.Name = true, "Siti Contoh"
	primary := w.keep(first)[0].Ref
	w.decideAll(judgeByText)
	w.deliver(primary, "700")
	second := w.keep(copyOf(1, "b"))[0].Ref
	w.decideAll(judgeByText)
	w.observe(primary, national.State{Status: complaint.Done, Raw: "Selesai", Events: []national.Event{
		{Key: "1", At: w.clock.Now(), Status: complaint.Done, Raw: "Selesai", Text: "Sudah kami periksa, Bu Siti"},
	}})
	listed, err := w.Listing(t.Context(), "portal", later, store.Wanted{Most: 10})
	w.must(err)
	if len(listed) != 1 || listed[0].Complaint.Ref != second || !listed[0].About.Secret {
		t.Errorf("listed %+v, want the second alone, marked", listed)
	}
	updates := w.updates(store.Span{})
	if len(updates) != 2 || updates[1].Ref != second || !updates[1].About.Secret || updates[1].About.Reporter.Name != "Siti Contoh" {
		t.Fatalf("updates %+v, want two about the second, marked", updates)
	}
	own := string(second) + "-"
	for _, u := range updates {
		if len(u.ID) != len(own)+len("1-01234567") || u.ID[:len(own)] != own {
			t.Errorf("the update is called %s", u.ID)
		}
	}
	if updates[0].ID == updates[1].ID {
		t.Errorf("two updates are called %s", updates[0].ID)
	}
}
