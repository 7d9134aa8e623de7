package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// ending is a way in which a primary ends unheard.
type ending struct {
	name string
	end  func(w world, primary complaint.Ref)
}

func endings() []ending {
	return []ending{
		{"archived before the follow-up is told", func(w world, primary complaint.Ref) {
			w.deliver(primary, "of "+string(primary))
			w.archive(primary)
		}},
		{"archived after the follow-up was told", func(w world, primary complaint.Ref) {
			w.deliver(primary, "of "+string(primary))
			w.tellAllFollowUps(store.Settlement{State: store.Done, Reason: retry.Success})
			w.archive(primary)
		}},
		{"archived after the follow-up was refused", func(w world, primary complaint.Ref) {
			w.deliver(primary, "of "+string(primary))
			w.tellAllFollowUps(store.Settlement{State: store.Dead, Reason: retry.Rejected, Detail: "422"})
			w.archive(primary)
		}},
		{"refused", func(w world, primary complaint.Ref) {
			w.must(w.Settle(w.Context(), w.claim(1)[0], store.Settlement{State: store.Dead, Reason: retry.Rejected, Detail: "422"}))
		}},
		{"dropped", func(w world, primary complaint.Ref) { w.must(w.Drop(w.Context(), primary, "percobaan")) }},
	}
}

func (w world) archive(ref complaint.Ref) {
	w.Helper()
	w.says(ref, national.Event{Key: "a", Status: complaint.Archived, Raw: "Diarsipkan"})
}

func (w world) tellFollowUp(f store.FollowUp, to store.Settlement) {
	w.Helper()
	w.must(w.BeginFollowUp(w.Context(), f.Claim))
	w.must(w.SettleFollowUp(w.Context(), f.Claim, to))
}

func (w world) tellAllFollowUps(to store.Settlement) {
	w.Helper()
	for _, f := range w.followUps() {
		w.tellFollowUp(f, to)
	}
}

// behind keeps a complaint in the words of report(n), told a second after the last, and has it linked.
func (w world) behind(n int, id string, judge func(complaint.Complaint) store.Decision) complaint.Ref {
	w.Helper()
	w.clock.Advance(time.Second)
	ref := w.keep(copyOf(n, fmt.Sprint(id, " ", n)))[0].Ref
	w.decideAll(judge)
	w.state(ref, store.Linked)
	return ref
}

// Who told the same is heard, whether somebody asked before or after; what was asked is told on his ticket.
func followUpIsNoHeir(t *testing.T, h Harness) {
	w, n := begin(t, h), 0
	for _, e := range endings() {
		for _, asksFirst := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, asked first %v", e.name, asksFirst), func(t *testing.T) {
				w.T, n = t, n+1
				primary := w.keep(report(n))[0].Ref
				w.decideAll(judgeByText)
				var asks, other complaint.Ref
				if asksFirst {
					asks = w.behind(n, "asks", judgeFollowUp)
				}
				other = w.behind(n, "other", judgeByText)
				if !asksFirst {
					asks = w.behind(n, "asks", judgeFollowUp)
				}
				e.end(w, primary)
				w.state(other, store.Ready)
				if story := w.state(asks, store.Linked); story.Primary != other {
					t.Errorf("what was asked is linked to %q, want %s", story.Primary, other)
				}
				if early := w.followUps(); len(early) != 0 {
					t.Errorf("told before the ticket is there: %+v", early)
				}
				w.deliver(other, "of "+string(other))
				f := w.followUp()
				if f.Ref != asks || f.About != other || f.Ticket.ID != "of "+string(other) || f.Attempts != 1 {
					t.Errorf("told is %+v", f)
				}
				w.tellFollowUp(f, store.Settlement{State: store.Done, Reason: retry.Success})
				if again := w.followUps(); len(again) != 0 {
					t.Errorf("told twice: %+v", again)
				}
				if heard := w.hear(); fmt.Sprint(heard[asks]) != fmt.Sprint(heard[other]) {
					t.Errorf("who asked heard %v, who told the same %v", heard[asks], heard[other])
				}
			})
		}
	}
}

func followUpsWithoutHeir(t *testing.T, h Harness) {
	w, n := begin(t, h), 0
	for _, e := range endings() {
		t.Run(e.name, func(t *testing.T) {
			w.T, n = t, n+1
			primary := w.keep(report(n))[0].Ref
			w.decideAll(judgeByText)
			asks := []complaint.Ref{w.behind(n, "asks", judgeFollowUp), w.behind(n, "asks again", judgeFollowUp)}
			e.end(w, primary)
			before, err := w.Story(t.Context(), primary)
			w.must(err)
			for _, ref := range asks {
				if story := w.state(ref, store.Ready); story.Primary != "" || story.Earlier != primary || story.Detail == "" {
					t.Errorf("alone it is %+v", story)
				}
			}
			works := w.claimWork(10)
			if len(works) != len(asks) {
				t.Errorf("%d are forwarded, want %d", len(works), len(asks))
			}
			for _, work := range works {
				if work.Job.Earlier != before.NationalID {
					t.Errorf("%s is forwarded with the earlier ticket %q, want %q", work.Ref, work.Job.Earlier, before.NationalID)
				}
				w.must(w.Settle(t.Context(), work.Claim, store.Settlement{State: store.Dead, Reason: retry.Rejected}))
			}
			w.must(w.RescueFollowUps(t.Context(), ""))
			if due := w.followUps(); len(due) != 0 {
				t.Errorf("told on a ticket as well: %+v", due)
			}
		})
	}
}

// What is being told on a ticket while another takes its primary's place is told on the other's too.
func followUpMovedWhileTold(t *testing.T, h Harness) {
	w := begin(t, h)
	primary := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	other := w.behind(1, "other", judgeByText)
	begun, claimed := w.behind(1, "asks", judgeFollowUp), w.behind(1, "asks again", judgeFollowUp)
	w.deliver(primary, "700")
	held := map[complaint.Ref]store.FollowUp{}
	for _, f := range w.followUps() {
		held[f.Ref] = f
	}
	w.must(w.BeginFollowUp(t.Context(), held[begun].Claim))
	w.archive(primary)
	if err := w.BeginFollowUp(t.Context(), held[claimed].Claim); !errors.Is(err, store.ErrLost) {
		t.Errorf("its link was moved, and it is begun: %v", err)
	}
	if err := w.GoAlone(t.Context(), held[claimed].Claim); !errors.Is(err, store.ErrLost) {
		t.Errorf("its link was moved, and it goes on alone: %v", err)
	}
	w.must(w.SettleFollowUp(t.Context(), held[begun].Claim, store.Settlement{State: store.Done, Reason: retry.Success}))
	w.must(w.SettleFollowUp(t.Context(), held[claimed].Claim, store.Settlement{State: store.Ready, Due: w.clock.Now()}))
	w.deliver(other, "701")
	due := w.followUps()
	if len(due) != 2 || due[0].Ticket.ID != "701" || due[1].Ticket.ID != "701" {
		t.Errorf("told on the next ticket are %+v, want both", due)
	}
	for _, f := range due {
		w.state(f.Ref, store.Linked)
		w.tellFollowUp(f, store.Settlement{State: store.Done, Reason: retry.Success})
		w.told(f.Ref, store.Done)
	}
}

// A person finds what was open on the old ticket; on the next one it is told as well.
func followUpFoundAndMoved(t *testing.T, h Harness) {
	w := begin(t, h)
	primary := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	other, asks := w.behind(1, "other", judgeByText), w.behind(1, "asks", judgeFollowUp)
	w.deliver(primary, "700")
	w.tellFollowUp(w.followUp(), store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell})
	w.archive(primary)
	w.deliver(other, "701")
	f := w.followUp()
	if f.Ticket.ID != "700" || f.SentAt.IsZero() {
		t.Errorf("what is open is looked for as %+v", f)
	}
	w.must(w.SettleFollowUp(t.Context(), f.Claim, store.Settlement{State: store.Held, Open: true, Reason: retry.CannotTell}))
	if again := w.followUps(); len(again) != 0 {
		t.Errorf("it is looked for without end: %+v", again)
	}
	w.must(w.ResolveSent(t.Context(), asks, national.Ticket{ID: "700"}, w.clock.Now()))
	if f = w.followUp(); f.Ticket.ID != "701" || !f.SentAt.IsZero() {
		t.Errorf("it is told as %+v", f)
	}
}
