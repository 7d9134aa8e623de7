package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// What a gateway commits is soon in the database file itself, long before its log would be full: the writer, who would stop
// for that, finds it done.
func TestAGatewayCopiesItsLogBesideTheWriter(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "satupintu.db")
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + file, Owner: "natuna/1"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := complaint.Complaint{SourceID: "1", Title: "Lampu", Text: "Lampu jalan di Sedanau mati", Class: complaint.Ordinary}
	if _, err := s.Keep(t.Context(), store.Page{Source: "portal", Complaints: []complaint.Complaint{c}}); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for began := time.Now(); ; <-look.C {
		if inFileAlone(t, file) == 1 {
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("after ten seconds the complaint is in the log alone")
		}
	}
}

// inFileAlone counts the complaints in a copy of a database file without its log.
func inFileAlone(t *testing.T, file string) (n int) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "alone.db")
	if err := os.WriteFile(alone, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + alone})
	if err != nil {
		return 0 // it was copied while it was being written
	}
	defer s.Close()
	if err := s.Handle().Get(&n, "SELECT count(*) FROM complaint"); err != nil {
		return 0
	}
	return n
}
