package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
)

// A transaction that PostgreSQL undoes is run again with the same page: what the first try wrote into it must fit together.
func TestWhatIsKeptBesideIsTheSameWhenItIsTriedAgain(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	page := func(text, name string) Page {
		c := complaint.Complaint{Source: "kota", SourceID: "17", Text: text, Class: complaint.Ordinary, Reporter: complaint.Reporter{Name: name}}
		return Page{Source: "kota", Complaints: []complaint.Complaint{c}, Beside: true}
	}
	if _, err := s.Keep(t.Context(), page("Lampu jalan di Ranai mati", "Siti Contoh")); err != nil {
		t.Fatal(err)
	}
	job := &keepJob{page: page("Jalan di Sedanau berlubang besar", "Budi Contoh")}
	undone := errors.New("undone")
	for _, want := range []error{undone, nil} {
		err := s.inWriter(t.Context(), func(w *writer) error {
			return errors.Join(applyKeeps(context.Background(), w, []*keepJob{job}), want)
		})
		if !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	stored := struct{ Hash, SourceID string }{}
	row := s.read.QueryRowContext(t.Context(), "SELECT hash, source_id FROM complaint WHERE ref = ?", string(job.kept[0].Ref))
	if err := row.Scan(&stored.Hash, &stored.SourceID); err != nil {
		t.Fatal(err)
	}
	if own := job.page.Complaints[0]; stored.SourceID != own.SourceID || stored.SourceID == "17" || stored.Hash != own.ContentHash() {
		t.Errorf("it lies there as %+v; want %s with the hash of what it says, %s", stored, own.SourceID, own.ContentHash())
	}
}
