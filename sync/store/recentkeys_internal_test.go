package store

import (
	"path/filepath"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
)

func TestWhatIsSentAgainIsAnsweredWithoutATransaction(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	page := func(texts ...string) Page {
		p := Page{Source: "portal"}
		for i, text := range texts {
			p.Complaints = append(p.Complaints, complaint.Complaint{SourceID: string(rune('1' + i)), Text: text, Class: complaint.Ordinary})
		}
		return p
	}
	first, err := s.Keep(t.Context(), page("Lampu jalan mati", "Sampah menumpuk"))
	if err != nil {
		t.Fatal(err)
	}
	s.keeps.close() // from now on every transaction fails
	again, err := s.Keep(t.Context(), page("Lampu jalan mati", "Sampah menumpuk"))
	if err != nil || len(again) != 2 || again[0] != (Kept{Ref: first[0].Ref, Known: true}) || again[1] != (Kept{Ref: first[1].Ref, Known: true}) {
		t.Errorf("sent again they are %+v, %v; want known %+v", again, err, first)
	}
	with := func(change func(*Page)) Page {
		p := page("Lampu jalan mati")
		change(&p)
		return p
	}
	for name, p := range map[string]Page{
		"one that says something else": page("Lampu jalan mati lagi"),
		"one that is new":              page("Lampu jalan mati", "Sampah menumpuk", "Jalan berlubang"),
		"one of another channel":       with(func(p *Page) { p.Source = "loket" }),
		"a cursor that moves":          with(func(p *Page) { p.Cursor = &CursorMove{To: "2"} }),
		"a refusal":                    with(func(p *Page) { p.Refusals = []Refusal{{SourceID: "9"}} }),
		"nothing":                      page(),
	} {
		if kept, err := s.Keep(t.Context(), p); err == nil {
			t.Errorf("%s was answered without a transaction: %+v", name, kept)
		}
	}
	s.keys.forget()
	if kept, err := s.Keep(t.Context(), page("Lampu jalan mati")); err == nil {
		t.Errorf("what was forgotten was answered without a transaction: %+v", kept)
	}
}

// What was found in a database that is another by now is not remembered.
func TestWhatWasFoundInAnotherDatabaseIsNotKeptInMind(t *testing.T) {
	var keys recentKeys
	before := keys.at()
	keys.forget()
	keys.put(before, sourceKey{"portal", "1"}, keptKey{})
	if _, ok := keys.get(sourceKey{"portal", "1"}); ok {
		t.Error("it is remembered")
	}
}

func TestSoManyKeysAreKeptInMind(t *testing.T) {
	var keys recentKeys
	for n := range 3*mostYoungKeys + 1 {
		keys.put(0, sourceKey{"portal", string(rune(n))}, keptKey{})
	}
	if held := len(keys.young) + len(keys.old); held > 2*mostYoungKeys {
		t.Errorf("it holds %d, want at most %d", held, 2*mostYoungKeys)
	}
	if _, ok := keys.get(sourceKey{"portal", string(rune(2*mostYoungKeys + 1))}); !ok {
		t.Error("a recent one is gone")
	}
}
