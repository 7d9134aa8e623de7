package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

func conversations() []promise {
	return []promise{
		{"a message is kept once, and with its page's cursor", messagesOnce},
		{"a sender is looked at when silent, or after the longest", silence},
		{"a sender is looked at by one gateway at a time", talkLease},
		{"many senders at once are each made one complaint", talksConcurrently},
		{"a complaint and the end of its messages are one transaction", filingIsAtomic},
		{"messages that have the id of a complaint from before are a complaint of their own", sameIDIsAnotherMatter},
		{"what is said meanwhile is not lost", saidMeanwhile},
		{"a receipt is the first its sender hears", receiptFirst},
		{"who adds to a complaint is told of it by nobody but as its reporter", additionsAreQuiet},
		{"the platform's number names only a complaint of the sender's own", tracksAreOnesOwn},
		{"who adds to a complaint that is gone goes alone", additionToADeadOne},
		{"who added to a complaint that is closed unheard is heard by itself", additionOutlivesItsPrimary},
		{"a sender who is asked has one conversation until then", askedOnce},
		{"a flood of one sender's messages is read piece by piece", floodInPieces},
		{"a file is fetched once", filesAreSaved},
		{"the audit finds a message that vanished", auditFindsMessages},
		{"the audit says which senders are looked at too late, and finds no fault in it", auditSaysWhoIsLate},
		{"who speaks is sealed at rest", sealsSenders},
		{"what could not be had is remembered", missingIsKept},
		{"news is secret when either complaint is", secretNews},
	}
}

func messagesOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	page := func(from, to string, ids ...string) store.Page {
		p := store.Page{Source: "portal", Joining: joining, Cursor: &store.CursorMove{From: from, To: to}}
		for _, id := range ids {
			p.Messages = append(p.Messages, said(id, "0812700044"+id, "Lampu mati"))
		}
		return p
	}
	keep := func(p store.Page, want int) {
		t.Helper()
		if _, fresh, err := w.KeepAll(t.Context(), p); err != nil || fresh != want {
			t.Errorf("%d messages are new (%v), want %d", fresh, err, want)
		}
	}
	keep(page("", "a", "1", "2", "1"), 2)
	keep(page("a", "b", "2", "3"), 1)
	if _, _, err := w.KeepAll(t.Context(), page("a", "c", "4")); !errors.Is(err, store.ErrLost) {
		t.Errorf("a cursor that stands elsewhere was moved: %v", err)
	}
	w.messages(store.Messages{Heard: 3, Waiting: 3})
	w.clock.Advance(joining.Within)
	for _, one := range w.talks() {
		w.file(one, nil)
	}
	keep(page("b", "d", "1", "2", "3"), 0) // long after: they are part of a complaint
	w.messages(store.Messages{Heard: 3, Joined: 3})
	w.ledger(store.Ledger{Accepted: 3, Waiting: 3, Messages: store.Messages{Heard: 3, Joined: 3}})
}

func silence(t *testing.T, h Harness) {
	w := begin(t, h)
	due := func(want time.Duration) {
		t.Helper()
		at, err := w.NextTalk(t.Context(), "portal")
		w.must(err)
		if got := at.Sub(w.clock.Now()); got != want {
			t.Errorf("it is due in %s, want %s", got, want)
		}
	}
	if at, err := w.NextTalk(t.Context(), "portal"); err != nil || !at.IsZero() {
		t.Errorf("nothing was said, and it is due at %v (%v)", at, err)
	}
	w.hears(said("1", "siti", "Lampu mati"))
	due(time.Minute)
	for n := range 9 {
		w.clock.Advance(30 * time.Second)
		if len(w.talks()) > 0 {
			t.Fatal("somebody who goes on was cut short")
		}
		w.hears(said(fmt.Sprint("m", n), "siti", "dan lagi"))
		due(min(time.Minute, joining.Longest-time.Duration(n+1)*30*time.Second))
	}
	w.clock.Advance(30 * time.Second) // five minutes after the first
	talk := w.talk()
	if len(talk.Messages) != 10 || talk.Messages[0].ID != "1" || talk.Sender != "siti" || talk.Attempts != 1 {
		t.Errorf("it is %+v", talk)
	}
	w.file(talk, nil)
	if at, err := w.NextTalk(t.Context(), "portal"); err != nil || !at.IsZero() {
		t.Errorf("everything is said, and it is due at %v (%v)", at, err)
	}
	w.hears(said("later", "siti", "Air keruh"))
	due(time.Minute) // a conversation of its own
}

func talkLease(t *testing.T, h Harness) {
	w := begin(t, h)
	w.hears(said("1", "siti", "Lampu mati"))
	w.clock.Advance(joining.Within)
	first := w.talk()
	if again := w.talks(); len(again) != 0 {
		t.Fatal("it is looked at twice at once")
	}
	w.clock.Advance(31 * time.Second)
	other := w
	if h.Gateway > 1 {
		other = open(t, h, w.clock, "sedanau/1")
	}
	second := other.talk()
	if _, _, err := w.FileTalk(t.Context(), first, filing(first)); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first to look filed it: %v", err)
	}
	if err := w.EndTalk(t.Context(), first, store.Ending{State: store.MessageNoted, IDs: []string{"1"}}); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first to look ended it: %v", err)
	}
	if err := w.SaveFiles(t.Context(), first, "1", nil, time.Minute); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first to look lengthened its lease: %v", err)
	}
	w.must(w.PostponeTalk(t.Context(), first, w.clock.Now(), false)) // changes nothing
	other.file(second, nil)
	w.messages(store.Messages{Heard: 1, Joined: 1})

	w.hears(said("2", "siti", "Air keruh"))
	w.clock.Advance(joining.Within)
	other.talk()
	w.must(w.FreeTalks(t.Context(), strings.SplitN(other.Owner(), "/", 2)[0]+"/%")) // it died, and is back
	w.file(w.talk(), nil)
	w.messages(store.Messages{Heard: 2, Joined: 2})
}

func talksConcurrently(t *testing.T, h Harness) {
	w := begin(t, h)
	gateways := []world{w}
	if h.Gateway > 1 {
		gateways = append(gateways, open(t, h, w.clock, "sedanau/1"))
	}
	const senders, each = 12, 4
	var sending sync.WaitGroup
	for n := range senders {
		sending.Go(func() {
			for m := range each {
				one := said(fmt.Sprint(n, "-", m), fmt.Sprint("sender ", n), "Lampu mati")
				other := said(fmt.Sprint(n, "+", m), fmt.Sprint("sender ", (n+1)%senders), "dan air keruh")
				for range 2 { // the channel sends again
					if _, _, err := gateways[m%len(gateways)].KeepAll(context.Background(), store.Page{
						Source: "portal", Messages: []connectors.Message{one, other}, Joining: joining,
					}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	sending.Wait()
	w.clock.Advance(joining.Longest)
	var looking sync.WaitGroup
	for _, g := range gateways {
		looking.Go(func() {
			for {
				talks, err := g.ClaimTalks(context.Background(), "portal", 3, 30*time.Second)
				if err != nil || len(talks) == 0 {
					return
				}
				for _, talk := range talks {
					if _, _, err := g.FileTalk(context.Background(), talk, filing(talk)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	looking.Wait()
	w.ledger(store.Ledger{Accepted: senders, Waiting: senders, Messages: store.Messages{Heard: 2 * senders * each, Joined: 2 * senders * each}})
}

func filingIsAtomic(t *testing.T, h Harness) {
	w := begin(t, h)
	w.hears(said("1", "siti", "Lampu mati"), said("2", "siti", "di Ranai"))
	w.clock.Advance(joining.Within)
	talk := w.talk()
	bad := filing(talk)
	bad.IDs = append(bad.IDs, "nobody said this")
	if _, _, err := w.FileTalk(t.Context(), talk, bad); err == nil {
		t.Fatal("a message that is not there was joined")
	}
	w.ledger(store.Ledger{Messages: store.Messages{Heard: 2, Waiting: 2}}) // the complaint went with its messages' end
	ref, as := w.file(talk, nil)
	if as != store.MessageJoined {
		t.Errorf("its messages are %s", as)
	}
	w.ledger(store.Ledger{Accepted: 1, Waiting: 1, Messages: store.Messages{Heard: 2, Joined: 2}})
	w.decideAll(judge)
	if work := w.claimWork(1)[0]; work.Ref != ref || work.Job.Complaint.Text != "Lampu mati\ndi Ranai\n" || work.Job.Complaint.Source != "portal" {
		t.Errorf("forwarded is %+v", work.Job.Complaint)
	}
}

// A channel may name its messages as it named its complaints before, or count anew. Who wrote is heard all the same.
func sameIDIsAnotherMatter(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.hears(said("1", "siti", "Jembatan di Serasan rusak"), said("2", "siti", "sejak kemarin"))
	w.clock.Advance(joining.Within)
	talk := w.talk()
	kept, as, err := w.FileTalk(t.Context(), talk, filing(talk))
	w.must(err)
	if kept.Ref == first || kept.Known || kept.Revised || as != store.MessageJoined {
		t.Fatalf("kept as %+v, %s", kept, as)
	}
	if news := w.news(); len(news) != 1 || news[0].Ref != kept.Ref || news[0].Change.To != "siti" {
		t.Errorf("the receipt is %+v", news)
	}
	w.decideAll(judge)
	works := w.claimWork(2)
	if len(works) != 2 || works[1].Ref != kept.Ref || works[1].Job.Complaint.Text != "Jembatan di Serasan rusak\nsejak kemarin\n" || works[0].Job.Complaint.Text == works[1].Job.Complaint.Text {
		t.Errorf("forwarded are %+v", works)
	}
	w.hears(said("3", "siti", "sudah ada?"))
	w.clock.Advance(joining.Within)
	if talk := w.talk(); talk.Last != kept.Ref {
		t.Errorf("she is told where %q stands, want her own", talk.Last)
	}
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2, Messages: store.Messages{Heard: 3, Joined: 2, Waiting: 1}})
}

func saidMeanwhile(t *testing.T, h Harness) {
	w := begin(t, h)
	w.hears(said("1", "siti", "Lampu mati"))
	w.clock.Advance(joining.Within)
	talk := w.talk()
	w.hears(said("2", "siti", "di Ranai"))
	if _, _, err := w.FileTalk(t.Context(), talk, filing(talk)); !errors.Is(err, store.ErrMoreSaid) {
		t.Fatalf("it was filed without her last words: %v", err)
	}
	w.must(w.PostponeTalk(t.Context(), talk, w.clock.Now().Add(time.Hour), true))
	w.clock.Advance(joining.Within) // her silence counts, not the hour
	talk = w.talk()
	if len(talk.Messages) != 2 || talk.Attempts != 1 {
		t.Fatalf("it is %+v", talk)
	}
	w.hears(said("3", "siti", "Air juga keruh"))
	w.file(talk, func(f *store.Filing) { f.Whole = false }) // she has spoken for too long
	w.messages(store.Messages{Heard: 3, Joined: 2, Waiting: 1})
	w.clock.Advance(joining.Within)
	if rest := w.talk(); len(rest.Messages) != 1 || rest.Messages[0].ID != "3" {
		t.Errorf("what she said meanwhile is %+v", rest.Messages)
	}
}

func askedOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	w.hears(said("1", "siti", "halo"))
	w.clock.Advance(joining.Within)
	talk := w.talk()
	w.hears(said("2", "siti", "min?")) // while she is being asked
	asked := store.Ending{State: store.MessageAsked, IDs: []string{"1"}, AskedAt: w.clock.Now(), Due: w.clock.Now().Add(24 * time.Hour), Within: joining.Within}
	w.must(w.EndTalk(t.Context(), talk, asked))
	w.clock.Advance(joining.Within)
	talk = w.talk()
	if len(talk.Messages) != 2 || talk.Messages[0].State != store.MessageAsked || talk.Messages[1].State != store.MessageWaiting || !talk.AskedAt.Equal(asked.AskedAt) {
		t.Fatalf("it is %+v", talk)
	}
	asked.IDs = []string{"2"}
	w.must(w.EndTalk(t.Context(), talk, asked))
	w.messages(store.Messages{Heard: 2, Asked: 2})
	if len(w.talks()) != 0 {
		t.Fatal("nobody said anything more")
	}
	w.clock.Advance(24 * time.Hour)
	w.must(w.EndTalk(t.Context(), w.talk(), store.Ending{State: store.MessageNoted, IDs: []string{"1", "2"}}))
	w.messages(store.Messages{Heard: 2, Noted: 2})
	w.hears(said("3", "siti", "Lampu mati"))
	w.clock.Advance(joining.Within)
	if talk := w.talk(); len(talk.Messages) != 1 || !talk.AskedAt.IsZero() || !talk.TriedAt.Equal(w.clock.Now()) {
		t.Errorf("the next conversation is %+v", talk)
	}
}

// floodInPieces: whoever sends thousands of messages costs memory for a thousand, and nobody else is read later for it; what a
// person says after many greetings is read with the next look.
func floodInPieces(t *testing.T, h Harness) {
	const most = 1000
	w := begin(t, h)
	flood := func(from, n int) (messages []connectors.Message) {
		for i := range n {
			messages = append(messages, said(fmt.Sprint(from+i), "siti", "halo"))
		}
		return messages
	}
	w.hears(append(flood(0, most+100), said("lain", "tono", "Lampu mati"))...)
	w.clock.Advance(joining.Within)
	for _, talk := range w.talks() {
		if n := len(talk.Messages); talk.Sender == "siti" && (n != most || talk.Messages[0].ID != "0" || talk.Messages[n-1].ID != fmt.Sprint(most-1)) {
			t.Errorf("of siti %d messages are read, from %s to %s", n, talk.Messages[0].ID, talk.Messages[n-1].ID)
		} else if talk.Sender == "tono" && n != 1 {
			t.Errorf("of tono %d messages are read, want 1", n)
		}
		w.file(talk, nil)
	}
	w.clock.Advance(joining.Within)
	rest := w.talk()
	if len(rest.Messages) != 100 {
		t.Errorf("the rest are %d messages, want 100", len(rest.Messages))
	}
	w.file(rest, nil)
	w.messages(store.Messages{Heard: most + 101, Joined: most + 101})

	w.hears(flood(2*most, most+1)...)
	asked := store.Ending{State: store.MessageAsked, AskedAt: w.clock.Now(), Due: w.clock.Now().Add(24 * time.Hour), Within: joining.Within}
	end := func(e store.Ending, of store.MessageState) {
		t.Helper()
		talk := w.talk()
		e.IDs = nil
		for _, m := range talk.Messages {
			if m.State == of {
				e.IDs = append(e.IDs, m.ID)
			}
		}
		w.must(w.EndTalk(t.Context(), talk, e))
	}
	for range 2 {
		w.clock.Advance(joining.Within)
		end(asked, store.MessageWaiting)
	}
	w.messages(store.Messages{Heard: 2*most + 102, Joined: most + 101, Asked: most + 1})
	w.hears(said("akhirnya", "siti", "Air keruh"))
	w.clock.Advance(joining.Within)
	end(asked, store.MessageWaiting)
	w.messages(store.Messages{Heard: 2*most + 103, Joined: most + 101, Asked: most + 2})
	w.clock.Advance(24 * time.Hour)
	for range 2 {
		end(store.Ending{State: store.MessageNoted, Within: joining.Within}, store.MessageAsked)
		w.clock.Advance(joining.Within)
	}
	w.messages(store.Messages{Heard: 2*most + 103, Joined: most + 101, Noted: most + 2})
}

func filesAreSaved(t *testing.T, h Harness) {
	w := begin(t, h)
	photo := said("1", "siti", "Lampu mati")
	photo.Media = []connectors.Media{{ID: "a"}, {ID: "b"}}
	w.hears(photo)
	w.clock.Advance(joining.Within)
	talk := w.talk()
	files := talk.Messages[0].Files
	files[1].Attachment = &complaint.Attachment{Name: "b.jpg", SHA256: "bb"}
	w.clock.Advance(25 * time.Second)
	w.must(w.SaveFiles(t.Context(), talk, "1", files, 30*time.Second))
	w.clock.Advance(25 * time.Second)
	if len(w.talks()) != 0 {
		t.Error("who fetches loses the lease")
	}
	w.clock.Advance(10 * time.Second)
	again := w.talk().Messages[0].Files
	if len(again) != 2 || again[0].Attachment != nil || again[1].Attachment == nil || again[1].Attachment.SHA256 != "bb" {
		t.Errorf("after a crash it has %+v", again)
	}
}
