package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/store"
)

// street is a SQLite store whose complaints are all about the same broken lamp.
type street struct {
	*testing.T
	*store.Store
}

func newStreet(t *testing.T) street {
	return street{t, opener("sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))(t, store.Options{Owner: "natuna/1"})}
}

func (s street) keep(n int) complaint.Ref      { return s.keepText(n, "Lampu jalan di Ranai mati") }
func (s street) keepOther(n int) complaint.Ref { return s.keepText(n, "Air PDAM di Sedanau keruh") }

// keepText keeps a complaint within a moment, or says that it could not.
func (s street) keepText(n int, text string) complaint.Ref {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 3*time.Second)
	defer cancel()
	kept, err := s.Keep(ctx, store.Page{Source: "portal", Complaints: []complaint.Complaint{{
		SourceID: fmt.Sprint(n), Title: "Lampu jalan", Text: text, Class: complaint.Ordinary,
	}}})
	if err != nil {
		s.Fatalf("complaint %d is not kept: %v", n, err)
	}
	return kept[0].Ref
}

// decide decides what waits: each repeats the oldest. meanwhile happens once, while the first of them is thought over.
func (s street) decide(meanwhile func()) {
	s.Helper()
	var once sync.Once
	repeats := func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
		once.Do(meanwhile)
		return dedup.Verdict{Answer: dedup.Link, Kind: dedup.Resubmission, Earlier: among[len(among)-1].Ref, Score: 1}
	}
	if _, err := s.Decide(s.Context(), 100, func(c complaint.Complaint) store.Decision {
		return store.Decision{
			Agency: "21030", Category: "15", Print: &dedup.Print{At: c.OccurredAt(), Reporters: []string{c.Text}},
			By: &store.Comparison{Window: time.Hour, Judge: repeats},
		}
	}, store.Appetite{}); err != nil {
		s.Fatal(err)
	}
}

func (s street) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s street) state(ref complaint.Ref, want store.State) {
	s.Helper()
	story, err := s.Story(s.Context(), ref)
	if err != nil || story.State != want {
		s.Errorf("%s is %s, want %s (%v)", ref, story.State, want, err)
	}
}

func (s street) ledger(want store.Ledger) {
	s.Helper()
	want.Balanced = true
	if l, err := s.Audit(s.Context()); err != nil || fmt.Sprint(l) != fmt.Sprint(want) {
		s.Errorf("ledger %+v, want %+v (%v)", l, want, err)
	}
}

func TestOnSQLiteComplaintsAreKeptWhileOthersAreThoughtOver(t *testing.T) {
	s := newStreet(t)
	first, second := s.keep(1), s.keep(2)
	var third complaint.Ref
	s.decide(func() { third = s.keep(3) })
	s.state(first, store.Ready)
	s.state(second, store.Linked)
	s.state(third, store.New)
	s.ledger(store.Ledger{Accepted: 3, Waiting: 2, Linked: 1})
}

// On SQLite what is found out before the transaction may be over when it begins.
func TestAnOperatorsWordStandsAgainstADecisionThatWasThoughtOverBefore(t *testing.T) {
	t.Run("it was linked", func(t *testing.T) {
		s := newStreet(t)
		first, second, third := s.keep(1), s.keep(2), s.keep(3)
		s.decide(func() {
			_, err := s.Link(t.Context(), first, third, store.Order{By: "budi", Why: "sama"})
			s.must(err)
		})
		s.state(first, store.Linked)
		s.state(second, store.Ready)
		s.state(third, store.Linked)
	})
	t.Run("it was linked to another than it repeats", func(t *testing.T) {
		s := newStreet(t)
		first := s.keep(1)
		s.decide(func() {})
		other := s.keepOther(2)
		s.decide(func() { t.Error("the other repeats nothing") })
		third := s.keep(3)
		s.decide(func() {
			_, err := s.Link(t.Context(), third, other, store.Order{By: "budi", Why: "sama"})
			s.must(err)
		})
		s.state(first, store.Ready)
		if links, err := s.Links(t.Context(), 10); err != nil || len(links) != 1 || links[0].Primary != other {
			t.Errorf("links %+v, want one to %s (%v)", links, other, err)
		}
		s.ledger(store.Ledger{Accepted: 3, Waiting: 2, Linked: 1})
	})
	t.Run("it was dropped", func(t *testing.T) {
		s := newStreet(t)
		first, second := s.keep(1), s.keep(2)
		s.decide(func() { s.must(s.Drop(t.Context(), second, "uji coba")) })
		s.state(first, store.Ready)
		s.state(second, store.Dead)
		s.ledger(store.Ledger{Accepted: 2, Waiting: 1, Dead: 1})
	})
	t.Run("what it repeats was dropped", func(t *testing.T) {
		s := newStreet(t)
		first := s.keep(1)
		s.decide(func() {})
		second := s.keep(2)
		s.decide(func() { s.must(s.Drop(t.Context(), first, "uji coba")) })
		s.state(second, store.Ready)
		s.ledger(store.Ledger{Accepted: 2, Waiting: 1, Dead: 1})
	})
	t.Run("what it repeats was dropped, and another stands for both", func(t *testing.T) {
		s := newStreet(t)
		first := s.keep(1)
		s.decide(func() {})
		heir := s.keep(2)
		s.decide(func() {})
		s.state(heir, store.Linked)
		third := s.keep(3)
		s.decide(func() { s.must(s.Drop(t.Context(), first, "uji coba")) })
		s.state(heir, store.Ready)
		s.state(third, store.Linked)
		s.ledger(store.Ledger{Accepted: 3, Waiting: 1, Linked: 1, Dead: 1})
	})
	t.Run("what it repeats was parted from it", func(t *testing.T) {
		s := newStreet(t)
		first := s.keep(1)
		s.decide(func() {})
		second := s.keep(2)
		s.decide(func() {
			_, err := s.Link(t.Context(), second, first, store.Order{By: "budi"})
			s.must(err)
			_, err = s.Unlink(t.Context(), second, store.Order{By: "budi", Why: "lain tiang"})
			s.must(err)
		})
		s.state(second, store.Ready)
	})
}
