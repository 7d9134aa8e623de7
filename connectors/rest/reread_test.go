package rest

import (
	"testing"

	"github.com/satupintu/satupintu/connectors"
)

// What a wrong map had set aside becomes, when map is corrected, what the list would: with its photos, unless where leaves it out
// now.
func TestItemsThatWereSetAsideBecomeWhatTheListWould(t *testing.T) {
	l := newList()
	l.size = 10
	l.entries = []entry{
		{ID: "1", Text: "lampu mati", At: day(), Photos: []photo{{Address: "/baik.jpg"}, {Address: "/hilang.jpg"}}},
		{ID: "2", Text: "jalan rusak", At: day()}, {ID: "3", At: day()}, {ID: "4", Text: "uji coba", At: day()},
	}
	s := agency(noPaging)
	s.Photos = Photos{List: "foto", URL: "url", MaxSize: 50, Most: 2}
	s.Map["text"] = connectors.Value{From: "keluhan"}
	before, fault := openOn(t, either{l, &photoServer{}}, s).drain(t.Context())
	if fault != "" || len(before.SetAside) != 4 || len(before.Complaints) > 0 {
		t.Fatalf("the wrong map gives %+v, %s", before, fault)
	}
	s.Map["text"], s.Where = connectors.Value{From: "isi"}, `isi != "uji coba"`
	c := openOn(t, either{l, &photoServer{}}, s)
	want, fault := c.drain(t.Context())
	if fault != "" || len(want.Complaints) != 2 {
		t.Fatalf("the list holds %+v, %s", want, fault)
	}
	var got connectors.Page
	for _, aside := range before.SetAside {
		page, err := c.Reread.Reread(t.Context(), connectors.NewPatience(connectors.PhotosTimeout), aside)
		must(t, err)
		got.Complaints, got.SetAside = append(got.Complaints, page.Complaints...), append(got.SetAside, page.SetAside...)
	}
	if len(got.Complaints) != 2 || len(got.SetAside) != 1 || got.SetAside[0].SourceID != "3" || got.SetAside[0].Detail != "isi (text): is missing" {
		t.Fatalf("got %+v", got)
	}
	for i, one := range want.Complaints {
		if again := got.Complaints[i]; again.ContentHash() != one.ContentHash() || again.Missing != one.Missing || again.Reporter.Account != one.Reporter.Account {
			t.Errorf("got %+v, want %+v", again, one)
		}
	}
	if photos := got.Complaints[0]; len(photos.Attachments) != 1 || photos.Missing != 1 {
		t.Errorf("of two photos, of which one is gone, %d came and %d are missing", len(photos.Attachments), photos.Missing)
	}
}
