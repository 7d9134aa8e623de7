package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// BenchmarkKeep keeps pages of 500 complaints; the rate is of complaints.
func BenchmarkKeep(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { keepPages(b, "sqlite:"+filepath.Join(b.TempDir(), "natuna.db")) })
	b.Run("postgres", func(b *testing.B) { keepPages(b, storetest.StartPostgres(b).Database(b)) })
}

func keepPages(b *testing.B, dsn string) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{DSN: dsn, Owner: "natuna/1"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	n := 0
	for b.Loop() {
		page := store.Page{Source: "kantor", Complaints: make([]complaint.Complaint, 500)}
		for i := range page.Complaints {
			n++
			page.Complaints[i] = complaint.Complaint{
				SourceID: fmt.Sprint(n), Title: "Lampu jalan mati", Class: complaint.Ordinary,
				Text: "Lampu jalan di Sungai Ulu mati sejak seminggu, warga takut lewat pada malam hari",
			}
		}
		if _, err := s.Keep(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "complaints/s")
}
