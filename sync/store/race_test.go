package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
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

// Two gateways that take in the two copies of each pair at the same instant link each pair and make one ticket of it.
// SATUPINTU_PAIRS=5000 and SATUPINTU_SEEDS=10 make the full run.
func TestTwoGatewaysLinkEachPairTheyTakeInAtOnce(t *testing.T) {
	server := storetest.StartPostgres(t)
	pairs, seeds := number(t, "SATUPINTU_PAIRS", 1000), number(t, "SATUPINTU_SEEDS", 1)
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			dsn := server.Database(t)
			r := race{t, uint64(seed), pairs, [2]*store.Store{
				opener(dsn)(t, store.Options{Owner: "natuna-1/1"}), opener(dsn)(t, store.Options{Owner: "natuna-2/1"}),
			}, &atomic.Int64{}}
			r.run()
			r.check()
		})
	}
}

func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

type race struct {
	*testing.T
	seed     uint64
	pairs    int
	gateways [2]*store.Store
	tickets  *atomic.Int64
}

// run has each gateway take in one copy of each pair, both in the same shuffled order, while both decide and deliver.
func (r race) run() {
	r.Helper()
	order := rand.New(rand.NewPCG(r.seed, 1)).Perm(r.pairs)
	var all errgroup.Group
	for side, gateway := range r.gateways {
		kept := make(chan struct{})
		all.Go(func() error {
			defer close(kept)
			var senders errgroup.Group
			senders.SetLimit(32)
			for _, n := range order {
				senders.Go(func() error {
					page := store.Page{Source: fmt.Sprint("kanal-", side), Complaints: []complaint.Complaint{r.copy(n)}}
					_, err := gateway.Keep(r.Context(), page)
					return err
				})
			}
			return senders.Wait()
		})
		all.Go(func() error { return r.work(gateway, kept) })
	}
	if err := all.Wait(); err != nil {
		r.Fatal(err)
	}
}

func (r race) copy(n int) complaint.Complaint {
	return complaint.Complaint{SourceID: fmt.Sprint(n), Class: complaint.Ordinary, Text: fmt.Sprintf("Lampu jalan nomor %d di Sungai Ulu mati", n)}
}

// pairJudge finds a pair by its words among many of the same village: words weigh more, as an engine's do, or the newest of
// the village would be all that is looked at.
func pairJudge(c complaint.Complaint) store.Decision {
	print := dedup.Print{At: c.OccurredAt(), Reporters: []string{c.Text, "awal " + c.Text, "akhir " + c.Text, fmt.Sprint("desa ", len(c.Text))}}
	return store.Decision{Agency: "21030", Rule: -1, Print: &print, By: &store.Comparison{Window: time.Hour, Judge: sameText}}
}

func sameText(later dedup.Print, among []dedup.Earlier) dedup.Verdict {
	for _, a := range among {
		if a.Print.Reporters[0] == later.Reporters[0] {
			return dedup.Verdict{Answer: dedup.Link, Kind: dedup.Resubmission, Earlier: a.Ref, Score: 1}
		}
	}
	return dedup.Verdict{Answer: dedup.New}
}

// work decides and delivers until everything this gateway kept is decided.
func (r race) work(gateway *store.Store, kept <-chan struct{}) error {
	for {
		over := false
		select {
		case <-kept:
			over = true
		default:
		}
		decided, err := gateway.Decide(r.Context(), 200, pairJudge, store.Appetite{Most: 200, Lease: time.Minute})
		if err != nil {
			return err
		}
		if _, err := gateway.MergeKeys(r.Context()); err != nil {
			return err
		}
		for _, d := range decided {
			if d.Held != nil {
				return d.Held
			}
			if d.Work != nil {
				if err := r.deliver(r.Context(), gateway, d.Work.Claim); err != nil {
					return err
				}
			}
		}
		if over && len(decided) == 0 {
			return nil
		}
	}
}

func (r race) deliver(ctx context.Context, gateway *store.Store, c store.Claim) error {
	return gateway.Settle(ctx, c, store.Settlement{
		State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: strconv.FormatInt(r.tickets.Add(1), 10)},
	})
}

func (r race) check() {
	r.Helper()
	ledger, err := r.gateways[0].Audit(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	n := int64(r.pairs)
	if !ledger.Balanced || ledger.Accepted != 2*n || ledger.Delivered != n || ledger.Linked != n || r.tickets.Load() != n {
		r.Errorf("%d tickets, %+v; want one ticket and one link of each of %d pairs", r.tickets.Load(), ledger, n)
	}
	var strangers int
	err = r.gateways[0].Handle().GetContext(r.Context(), &strangers, `SELECT count(*) FROM link l JOIN complaint a ON a.ref = l.ref
		JOIN complaint b ON b.ref = l.primary_ref WHERE a.text <> b.text OR a.source = b.source`)
	if err != nil || strangers > 0 {
		r.Errorf("%d links are not between the copies of a pair (%v)", strangers, err)
	}
}
