package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

// through are the promises about who is related to what is linked itself.
func through() []promise {
	return []promise{
		{"who asks about a quiet follow-up hears nothing of its primary either", asksAboutAQuietOne},
		{"a follow-up in the same words again is judged by what it adds to", followUpSentAgain},
		{"who tells the same as a follow-up is not linked to what that one adds to", sameAsAFollowUp},
		{"a person cannot link to what became a follow-up, and is told what to do", reviewOfAFollowUp},
		{"a person's answer about a quiet follow-up links quietly", reviewOfAQuietOne},
		{"a person's answer about a follow-up whose writer is forgotten links quietly", reviewOfAForgottenOne},
		{"what adds to a complaint that becomes a quiet follow-up is quiet as well", additionsComeAlong},
		{"what repeats a complaint that becomes a follow-up is forwarded", repeatsAreLeft},
		{"an operator cannot link to a follow-up, and is told what to do", orderToAFollowUp},
		{"a number that is not one's own is named on no ticket, through whomever", numberOfAnothers},
		{"what is added to one's own addition goes on alone with one's own number", numberOfOnesOwn},
	}
}

// tells is what one person tells, of what earlier complaints, and what the judge makes of it: the first verdict about a complaint
// that it is compared with.
type tells struct {
	who      string
	verdicts []dedup.Verdict
}

func linked(kind dedup.Kind, to complaint.Ref) dedup.Verdict {
	return dedup.Verdict{Answer: dedup.Link, Kind: kind, Earlier: to, Score: 0.9}
}

func asked(kind dedup.Kind, about complaint.Ref) dedup.Verdict {
	return dedup.Verdict{Answer: dedup.Review, Kind: kind, Earlier: about, Score: 0.6}
}

// tell keeps and decides one complaint.
func (w world) tell(by tells) complaint.Ref {
	w.Helper()
	var count int64
	w.must(w.Handle().Get(&count, "SELECT count(*) FROM complaint"))
	ref := w.keep(report(int(count)))[0].Ref
	w.decideAll(func(c complaint.Complaint) store.Decision {
		d := comparedBy(c, func(_ dedup.Print, among []dedup.Earlier) dedup.Verdict {
			for _, v := range by.verdicts {
				if slices.ContainsFunc(among, func(e dedup.Earlier) bool { return e.Ref == v.Earlier }) {
					return v
				}
			}
			return dedup.Verdict{Answer: dedup.New}
		})
		d.Print.Ref, d.Print.Reporters = c.Ref, []string{"phone:" + by.who}
		for _, v := range by.verdicts {
			d.Print.Quoted = append(d.Print.Quoted, v.Earlier)
		}
		return d
	})
	return ref
}

// hersAndHis are Siti's complaint, and what Budi adds to it by its reference.
func (w world) hersAndHis() (hers, his complaint.Ref) {
	w.Helper()
	hers = w.tell(tells{"siti", nil})
	his = w.tell(tells{"budi", []dedup.Verdict{linked(dedup.FollowUp, hers)}})
	w.state(his, store.Linked)
	return hers, his
}

// answered has the platform answer a complaint, and returns who heard of it.
func (w world) answered(ref complaint.Ref) map[complaint.Ref][]string {
	w.Helper()
	w.deliver(ref, "700")
	w.says(ref, national.Event{Key: "s", Status: complaint.Done, Raw: "Selesai", Text: "Sudah."})
	return w.hear()
}

// addsTo says that a complaint is told on another's ticket, and that its reporter alone hears what comes of it.
func (w world) addsTo(ref, primary complaint.Ref) {
	w.Helper()
	if story := w.state(ref, store.Linked); story.Primary != primary || story.FollowUp == nil {
		w.Errorf("%s is linked to %s and told as %+v, want it told on the ticket of %s", ref, story.Primary, story.FollowUp, primary)
	}
	if heard := w.answered(primary); len(heard) != 1 || len(heard[primary]) == 0 {
		w.Errorf("heard %v; only the reporter of %s should", heard, primary)
	}
	if change, _, err := w.LastChange(w.Context(), "portal", ref); err != nil || change.Status != complaint.Received || change.TrackingID != "" {
		w.Errorf("%s reads %+v (%v)", ref, change, err)
	}
}

func asksAboutAQuietOne(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, his := w.hersAndHis()
	asks := w.tell(tells{"budi", []dedup.Verdict{linked(dedup.FollowUp, his)}})
	w.addsTo(asks, hers)
	w.ledger(store.Ledger{Accepted: 3, Delivered: 1, Linked: 2})
}

// The same words again: where what they add to is found they are told there, and where it is not they go on alone.
func followUpSentAgain(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, his := w.hersAndHis()
	again := w.tell(tells{"budi", []dedup.Verdict{linked(dedup.Resubmission, his), linked(dedup.FollowUp, hers)}})
	alone := w.tell(tells{"budi", []dedup.Verdict{linked(dedup.Resubmission, his)}})
	w.state(alone, store.Ready)
	w.addsTo(again, hers)
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Linked: 2, Waiting: 1})
}

// Siti told of a lamp where she added to her complaint about the water; Budi tells of the same lamp.
func sameAsAFollowUp(t *testing.T, h Harness) {
	w := begin(t, h)
	water := w.tell(tells{"siti", nil})
	lamp := w.tell(tells{"siti", []dedup.Verdict{linked(dedup.FollowUp, water)}})
	for _, v := range []dedup.Verdict{linked(dedup.SameIncident, lamp), asked(dedup.SameIncident, lamp)} {
		w.state(w.tell(tells{"budi", []dedup.Verdict{v}}), store.Ready)
	}
	if heard := w.answered(water); len(heard) != 2 || len(heard[water]) == 0 || len(heard[lamp]) == 0 {
		t.Errorf("heard %v; only she should", heard)
	}
	w.ledger(store.Ledger{Accepted: 4, Delivered: 1, Linked: 1, Waiting: 2})
}

func reviewOfAFollowUp(t *testing.T, h Harness) {
	w := begin(t, h)
	water := w.tell(tells{"siti", nil})
	lamp := w.tell(tells{"siti", []dedup.Verdict{asked(dedup.FollowUp, water)}})
	his := w.tell(tells{"budi", []dedup.Verdict{asked(dedup.SameIncident, lamp)}})
	order := store.Order{By: "ani"}
	_, err := w.DecideReview(t.Context(), lamp, true, order)
	w.must(err)
	_, err = w.DecideReview(t.Context(), his, true, order)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("unlink %s first", lamp)) {
		t.Errorf("linked to a follow-up: %v", err)
	}
	w.state(his, store.Held)
	w.ledger(store.Ledger{Accepted: 3, Linked: 1, Waiting: 1, Held: 1, Reviews: 1})
	_, err = w.Unlink(t.Context(), lamp, order)
	w.must(err)
	if primary, err := w.DecideReview(t.Context(), his, true, order); err != nil || primary != lamp {
		t.Errorf("once it has a ticket, linked to %q, %v", primary, err)
	}
	w.ledger(store.Ledger{Accepted: 3, Linked: 1, Waiting: 2})
}

func reviewOfAQuietOne(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, his := w.hersAndHis()
	asks := w.tell(tells{"budi", []dedup.Verdict{asked(dedup.FollowUp, his)}})
	_, err := w.DecideReview(t.Context(), asks, true, store.Order{By: "ani"})
	w.must(err)
	w.addsTo(asks, hers)
}

// Two tellings of one person are no longer known to be that when by what they are compared is forgotten, before a person answers.
func reviewOfAForgottenOne(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.tell(tells{"siti", nil})
	asks := w.tell(tells{"siti", []dedup.Verdict{asked(dedup.FollowUp, first)}})
	w.clock.Advance(2 * time.Hour)
	if n, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-time.Hour), 10); err != nil || n != 2 {
		t.Fatalf("%d prints are forgotten, %v; want 2", n, err)
	}
	_, err := w.DecideReview(t.Context(), asks, true, store.Order{By: "ani"})
	w.must(err)
	w.addsTo(asks, first)
}

// becomesFollowUp has Budi quote Siti's number, which waits for a person, say more meanwhile, and the person say that it is about hers.
func (w world) becomesFollowUp(kinds ...dedup.Kind) (hers complaint.Ref, more []complaint.Ref) {
	w.Helper()
	hers = w.tell(tells{"siti", nil})
	his := w.tell(tells{"budi", []dedup.Verdict{asked(dedup.FollowUp, hers)}})
	for _, kind := range kinds {
		more = append(more, w.tell(tells{"budi", []dedup.Verdict{linked(kind, his)}}))
		w.state(more[len(more)-1], store.Linked)
	}
	_, err := w.DecideReview(w.Context(), his, true, store.Order{By: "ani"})
	w.must(err)
	return hers, more
}

func additionsComeAlong(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, more := w.becomesFollowUp(dedup.FollowUp)
	w.addsTo(more[0], hers)
	w.ledger(store.Ledger{Accepted: 3, Delivered: 1, Linked: 2})
}

func repeatsAreLeft(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, more := w.becomesFollowUp(dedup.Resubmission, dedup.FollowUp, dedup.Resubmission)
	w.state(more[0], store.Ready)
	for _, ref := range more[1:] {
		if story := w.state(ref, store.Linked); story.Primary != more[0] {
			t.Errorf("%s is linked to %s, want the oldest that tells the same", ref, story.Primary)
		}
	}
	if heard := w.answered(hers); len(heard) != 1 {
		t.Errorf("heard %v; only the reporter of %s should", heard, hers)
	}
	w.ledger(store.Ledger{Accepted: 5, Delivered: 1, Linked: 3, Waiting: 1})
}

func orderToAFollowUp(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, his := w.hersAndHis()
	other := w.tell(tells{"dewi", nil})
	_, err := w.Link(t.Context(), other, his, store.Order{By: "ani"})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("link %s to %s", other, hers)) {
		t.Errorf("linked to a follow-up: %v", err)
	}
	w.state(other, store.Ready)
	as, err := w.Link(t.Context(), other, hers, store.Order{By: "ani"})
	if err != nil || as.Primary != hers {
		t.Errorf("linked to %s, %v", as.Primary, err)
	}
}

// Her matter is closed, so what Budi said goes on alone, and a trouble like that comes back: no ticket has the number of hers.
func numberOfAnothers(t *testing.T, h Harness) {
	w := begin(t, h)
	hers, his := w.hersAndHis()
	asks := w.tell(tells{"budi", []dedup.Verdict{linked(dedup.FollowUp, his)}})
	w.deliver(hers, "700")
	again := w.tell(tells{"dewi", []dedup.Verdict{{Answer: dedup.New, Kind: dedup.Recurrence, Earlier: his}}})
	w.says(hers, national.Event{Key: "s", Status: complaint.Done, Raw: "Selesai"})
	for _, f := range w.followUps() {
		if f.Ref == asks {
			w.must(w.GoAlone(t.Context(), f.Claim))
		}
	}
	seen := 0
	for _, work := range w.claimWork(10) {
		if work.Ref == asks || work.Ref == again {
			seen++
		}
		if work.Job.Earlier != "" {
			t.Errorf("%s is forwarded with the number %s", work.Ref, work.Job.Earlier)
		}
	}
	if seen != 2 {
		t.Errorf("%d of 2 are forwarded", seen)
	}
}

func numberOfOnesOwn(t *testing.T, h Harness) {
	w := begin(t, h)
	first, _ := w.filed("1", "siti", "Lampu mati", nil)
	w.decideAll(judge)
	w.deliver(first, "700")
	second, _ := w.filed("2", "siti", "sudah ada?", func(f *store.Filing) { f.About, f.Own = first, true })
	third, _ := w.filed("3", "siti", "dan sekarang?", func(f *store.Filing) { f.About, f.Own = second, true })
	w.says(first, national.Event{Key: "s", Status: complaint.Done, Raw: "Selesai"})
	for _, f := range w.followUps() {
		if f.Ref == third {
			w.must(w.GoAlone(t.Context(), f.Claim))
		}
	}
	w.decideAll(judge)
	if works := w.claimWork(10); len(works) != 1 || works[0].Ref != third || works[0].Job.Earlier != "700" {
		t.Errorf("it is forwarded as %+v, want it with the number of hers", works)
	}
}
