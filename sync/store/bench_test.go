package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// BenchmarkKeep keeps pages of 500 complaints; the rate is of complaints.
func BenchmarkKeep(b *testing.B) { overBoth(b, keepPages) }

// BenchmarkThrough takes complaints all the way through the store as a busy gateway does, 64 at a time: kept one by one,
// decided, claimed, begun, settled.
func BenchmarkThrough(b *testing.B) { overBoth(b, through) }

func overBoth(b *testing.B, run func(*testing.B, *store.Store)) {
	b.Helper()
	open := func(b *testing.B, dsn string) {
		b.Helper()
		s, err := store.Open(b.Context(), store.Options{DSN: dsn, Owner: "natuna/1"})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		run(b, s)
	}
	b.Run("sqlite", func(b *testing.B) { open(b, "sqlite:"+filepath.Join(b.TempDir(), "natuna.db")) })
	b.Run("postgres", func(b *testing.B) {
		if dsn := os.Getenv("SATUPINTU_BENCH_DSN"); dsn != "" { // a server that is watched with other tools
			open(b, dsn)
			return
		}
		open(b, storetest.StartPostgres(b).Database(b))
	})
}

func ordinary(n int) complaint.Complaint {
	return complaint.Complaint{
		SourceID: fmt.Sprint(n), Title: "Lampu jalan mati", Class: complaint.Ordinary,
		Text: strings.Repeat("Lampu jalan di Sungai Ulu mati sejak seminggu, warga takut lewat pada malam hari. ", 8),
		Raw:  complaint.Payload{Type: "application/json", Body: []byte(strings.Repeat(`{"pesan":"lampu"}`, 60))},
	}
}

func keepPages(b *testing.B, s *store.Store) {
	b.Helper()
	n := 0
	for b.Loop() {
		page := store.Page{Source: "kantor", Complaints: make([]complaint.Complaint, 500)}
		for i := range page.Complaints {
			n++
			page.Complaints[i] = ordinary(n)
		}
		if _, err := s.Keep(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "complaints/s")
}

func through(b *testing.B, s *store.Store) {
	b.Helper()
	const atOnce = 64
	n := 0
	create := national.Step{Name: national.StepCreate, Last: true}
	by := &store.Comparison{Window: time.Hour, Judge: func(dedup.Print, []dedup.Earlier) dedup.Verdict { return dedup.Verdict{Answer: dedup.New} }}
	judge := func(c complaint.Complaint) store.Decision {
		return store.Decision{
			Agency: "21030", Category: "15", Rule: -1, Why: "fallback: no rule matched",
			Print: &dedup.Print{At: c.OccurredAt(), Reporters: []string{"text " + c.SourceID}}, By: by,
		}
	}
	start := time.Now().UnixNano()
	for b.Loop() {
		var keeping, forwarding errgroup.Group
		for range atOnce {
			n++
			c := ordinary(n)
			c.SourceID = fmt.Sprintf("%d-%d", start, n)
			keeping.Go(func() error {
				_, err := s.Keep(b.Context(), store.Page{Source: "kantor", Complaints: []complaint.Complaint{c}})
				return err
			})
		}
		if err := keeping.Wait(); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Decide(b.Context(), 200, judge, store.Appetite{}); err != nil {
			b.Fatal(err)
		}
		works, err := s.ClaimDue(b.Context(), store.Appetite{Most: 200, Lease: time.Minute}, store.Turn{})
		if err != nil || len(works) != atOnce {
			b.Fatal(len(works), err)
		}
		for _, w := range works {
			forwarding.Go(func() error {
				if err := s.Begin(b.Context(), w.Claim, create); err != nil {
					return err
				}
				return s.Settle(b.Context(), w.Claim, store.Settlement{
					State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: "n" + string(w.Ref)},
					News: store.Forwarded{SyncAt: time.Now().Add(time.Hour)},
				})
			})
		}
		if err := forwarding.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "complaints/s")
}
