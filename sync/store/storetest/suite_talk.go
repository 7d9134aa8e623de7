package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func conversations() []promise {
	return []promise{
		{"a message is kept once, and with its page's cursor", messagesOnce},
		{"a sender is looked at when silent, or after the longest", silence},
		{"a sender is looked at by one gateway at a time", talkLease},
		{"many senders at once are each made one complaint", talksConcurrently},
		{"a complaint and the end of its messages are one transaction", filingIsAtomic},
		{"what is said meanwhile is not lost", saidMeanwhile},
		{"a receipt is the first its sender hears", receiptFirst},
		{"who adds to a complaint is told of it by nobody but as its reporter", additionsAreQuiet},
		{"the platform's number names only a complaint of the sender's own", tracksAreOnesOwn},
		{"who adds to a complaint that is gone goes alone", additionToADeadOne},
		{"who added to a complaint that is closed unheard is heard by itself", additionOutlivesItsPrimary},
		{"a sender who is asked has one conversation until then", askedOnce},
		{"a file is fetched once", filesAreSaved},
		{"the audit finds a message that vanished", auditFindsMessages},
		{"the audit finds senders nobody looks at", auditFindsForgotten},
		{"who speaks is sealed at rest", sealsSenders},
		{"what could not be had is remembered", missingIsKept},
		{"news is secret when either complaint is", secretNews},
	}
}

var joining = store.Joining{Within: time.Minute, Longest: 5 * time.Minute}

func said(id, sender, text string) connectors.Message {
	return connectors.Message{ID: id, Sender: sender, Text: text, Raw: complaint.Payload{Type: "text/plain", Body: []byte("raw " + text)}}
}

func (w world) hears(messages ...connectors.Message) int {
	w.Helper()
	_, fresh, err := w.KeepAll(w.Context(), store.Page{Source: "portal", Messages: messages, Joining: joining})
	w.must(err)
	return fresh
}

func (w world) talks() []store.Talk {
	w.Helper()
	talks, err := w.ClaimTalks(w.Context(), "portal", 10, 30*time.Second)
	w.must(err)
	for _, t := range talks {
		w.must(t.Err)
	}
	return talks
}

// talk claims the one that is due.
func (w world) talk() store.Talk {
	w.Helper()
	talks := w.talks()
	if len(talks) != 1 {
		w.Fatalf("%d senders are due, want 1", len(talks))
	}
	return talks[0]
}

// filing is the complaint made of all that a sender said.
func filing(t store.Talk) store.Filing {
	f := store.Filing{Whole: true, Within: joining.Within, Complaint: complaint.Complaint{Class: complaint.Ordinary, Reporter: complaint.Reporter{Account: t.Sender}}}
	for _, m := range t.Messages {
		f.IDs = append(f.IDs, m.ID)
		f.Complaint.Text += m.Text + "\n"
	}
	f.Complaint.SourceID = f.IDs[0]
	return f
}

func (w world) file(t store.Talk, edit func(*store.Filing)) (complaint.Ref, store.MessageState) {
	w.Helper()
	f := filing(t)
	if edit != nil {
		edit(&f)
	}
	kept, as, err := w.FileTalk(w.Context(), t, f)
	w.must(err)
	return kept.Ref, as
}

// filed makes a complaint of what one sender says now.
func (w world) filed(id, sender, text string, edit func(*store.Filing)) (complaint.Ref, store.MessageState) {
	w.Helper()
	w.hears(said(id, sender, text))
	w.clock.Advance(joining.Within)
	return w.file(w.talk(), edit)
}

func (w world) messages(want store.Messages) {
	w.Helper()
	l, err := w.Audit(w.Context())
	w.must(err)
	if l.Messages != want || !l.Balanced {
		w.Errorf("messages %+v (%v), want %+v", l.Messages, l.Problems, want)
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

func receiptFirst(t *testing.T, h Harness) {
	w := begin(t, h)
	w.hears(connectors.Message{ID: "1", Sender: "siti", Text: "Lampu mati", At: w.clock.Now()})
	w.clock.Advance(joining.Within)
	ref, _ := w.file(w.talk(), nil)
	w.decideAll(judge)
	w.deliver(ref, "100") // sooner than anybody said a word
	receipt := w.news()
	if len(receipt) != 1 || !receipt[0].IsReceipt() || receipt[0].Change.Status != complaint.Received || receipt[0].Change.To != "siti" || receipt[0].Change.SourceID != "1" {
		t.Fatalf("first comes %+v", receipt)
	}
	if at := receipt[0].Change.HeardAt; !at.Equal(w.clock.Now().Add(-joining.Within)) {
		t.Errorf("she last wrote at %v", at)
	}
	if more := w.news(); len(more) != 0 {
		t.Fatalf("beside it comes %+v", more)
	}
	w.must(w.SettleNews(t.Context(), receipt[0], store.Settlement{State: store.Ready, Reason: retry.Unavailable, Due: w.clock.Now().Add(time.Minute)}))
	if more := w.news(); len(more) != 0 {
		t.Fatalf("before it is said comes %+v", more)
	}
	w.clock.Advance(time.Minute)
	heard := w.hear()
	if want := []string{"0 received", "1 forwarded"}; !slices.Equal(heard[ref], want) {
		t.Errorf("she hears %v, want %v", heard[ref], want)
	}
}

func additionsAreQuiet(t *testing.T, h Harness) {
	w := begin(t, h)
	primary, _ := w.filed("1", "siti", "Lampu mati", nil)
	w.decideAll(judge)
	w.deliver(primary, "100")
	w.hear()
	about, own, err := w.Named(t.Context(), "portal", "siti", []complaint.Ref{"SP-000000000000000", primary}, nil)
	if err != nil || about != primary || !own {
		t.Fatalf("she names %s (%v, %v)", about, own, err)
	}
	if about, own, err = w.Named(t.Context(), "portal", "budi", []complaint.Ref{primary}, nil); err != nil || about != primary || own {
		t.Fatalf("he names %s (%v, %v)", about, own, err)
	}
	if about, _, err = w.Named(t.Context(), "portal", "siti", []complaint.Ref{"SP-000000000000000"}, []string{"7212345"}); err != nil || about != "" {
		t.Fatalf("what nobody knows is %s (%v)", about, err)
	}
	hers, as := w.filed("2", "siti", "sudah ada?", func(f *store.Filing) { f.About, f.Own = primary, true })
	his, _ := w.filed("3", "budi", "sudah ada?", func(f *store.Filing) { f.About = primary })
	if as != store.MessageFollowed {
		t.Errorf("her messages are %s", as)
	}
	w.state(hers, store.Linked)
	w.state(his, store.Linked)
	for _, n := range w.news() {
		if !n.IsReceipt() || n.Ref == hers && (n.Change.Added != primary || n.Change.Status != complaint.Forwarded) ||
			n.Ref == his && (n.Change.Added != "" || n.Change.Status != complaint.Received || n.Change.TrackingID != "") {
			t.Errorf("%s hears %+v", n.Ref, n.Change)
		}
		w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Done, Reason: retry.Success}))
	}
	w.says(primary, national.Event{Key: "a", Status: complaint.InProgress, Raw: "Dalam Proses", Text: "Petugas datang."})
	heard := w.hear()
	if len(heard) != 1 || len(heard[primary]) != 1 {
		t.Errorf("heard %v; only its reporter should, once", heard)
	}
	if change, _, err := w.LastChange(t.Context(), "portal", his); err != nil || change.Status != complaint.Received {
		t.Errorf("his reads %+v (%v)", change, err)
	}
	if due := w.followUps(); len(due) != 2 || due[0].About != primary {
		t.Errorf("the platform is to be told %+v", due)
	}
	w.hears(said("4", "siti", "terima kasih"))
	w.clock.Advance(joining.Within)
	if last := w.talk().Last; last != primary {
		t.Errorf("her next words are about %s, want %s", last, primary)
	}
	w.messages(store.Messages{Heard: 4, Joined: 1, Followed: 2, Waiting: 1})
}

func tracksAreOnesOwn(t *testing.T, h Harness) {
	w := begin(t, h)
	tracked := func(sender, track string) complaint.Ref {
		ref, _ := w.filed("of "+track, sender, "Lampu mati", nil)
		w.decideAll(judge)
		w.deliver(ref, "id "+track)
		w.must(w.Record(t.Context(), ref, store.Observation{State: national.State{TrackingID: track}}))
		return ref
	}
	hers, his := tracked("siti", "72123"), tracked("budi", "72124")
	for _, c := range []struct {
		source, sender string
		refs           []complaint.Ref
		tracks         []string
		about          complaint.Ref
		own            bool
	}{
		{"portal", "siti", nil, []string{"72123"}, hers, true},
		{"portal", "siti", nil, []string{"72124"}, "", false}, // a number in a text of her own trouble
		{"portal", "siti", nil, []string{"72124", "72123"}, hers, true},
		{"portal", "siti", []complaint.Ref{his}, []string{"72123"}, hers, true},
		{"portal", "siti", []complaint.Ref{his}, []string{"72124"}, his, false}, // our reference nobody writes by chance
		{"portal", "andi", nil, []string{"72123", "72124"}, "", false},
		{"portal", "", nil, []string{"72123"}, "", false},
		{"sms", "siti", nil, []string{"72123"}, "", false}, // who has her number there may be somebody else
	} {
		about, own, err := w.Named(t.Context(), c.source, c.sender, c.refs, c.tracks)
		if err != nil || about != c.about || own != c.own {
			t.Errorf("%s of %s names by %v %v %q (%v, %v), want %q (%v)", c.sender, c.source, c.refs, c.tracks, about, own, err, c.about, c.own)
		}
	}
}

func additionToADeadOne(t *testing.T, h Harness) {
	w := begin(t, h)
	primary, _ := w.filed("1", "siti", "Lampu mati", nil)
	w.decideAll(judge)
	w.must(w.Drop(t.Context(), primary, "spam"))
	ref, as := w.filed("2", "siti", "lampu itu masih mati", func(f *store.Filing) { f.About, f.Own = primary, true })
	if as != store.MessageJoined {
		t.Errorf("its messages are %s", as)
	}
	w.state(ref, store.New)
	w.messages(store.Messages{Heard: 2, Joined: 2})
}

func additionOutlivesItsPrimary(t *testing.T, h Harness) {
	for name, end := range map[string]func(world, complaint.Ref){
		"archived": func(w world, primary complaint.Ref) {
			w.deliver(primary, "100")
			w.says(primary, national.Event{Key: "a", Status: complaint.Archived, Raw: "Diarsipkan"})
		},
		"dropped": func(w world, primary complaint.Ref) { w.must(w.Drop(w.Context(), primary, "spam")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t, h)
			w.T = t
			primary, _ := w.filed("1 "+name, "siti", "Lampu mati, "+name, nil)
			w.decideAll(judgeByText)
			his, _ := w.filed("2 "+name, "budi", "di sini juga", func(f *store.Filing) { f.About = primary }) // the oldest that waits
			again, _ := w.filed("3 "+name, "andi", "Lampu mati, "+name, nil)
			others, _ := w.filed("4 "+name, "rina", "Lampu mati, "+name, nil)
			w.decideAll(judgeByText)
			hers, _ := w.filed("5 "+name, "siti", "sudah ada?", func(f *store.Filing) { f.About, f.Own = primary, true })
			end(w, primary)
			w.hear()
			if story := w.state(his, store.New); story.Primary != "" || story.Detail == "" {
				t.Errorf("what a stranger added is %+v", story)
			}
			w.state(hers, store.New)
			w.state(again, store.Ready)
			if story := w.state(others, store.Linked); story.Primary != again {
				t.Errorf("the others are linked to %s, want to the oldest that told the same, %s", story.Primary, again)
			}
			w.decideAll(judgeByText)
			w.deliver(his, "id of his "+name)
			if heard := w.hear(); fmt.Sprint(heard[his]) != "[1 forwarded]" {
				t.Errorf("who added to it heard %v of his own", heard)
			}
			if due := w.followUps(); len(due) > 0 {
				t.Errorf("it is told on a ticket as well: %+v", due)
			}
		})
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

func auditFindsMessages(t *testing.T, h Harness) {
	w := begin(t, h)
	w.filed("1", "siti", "Lampu mati", nil)
	w.hears(said("2", "siti", "halo"))
	w.messages(store.Messages{Heard: 2, Waiting: 1, Joined: 1})
	problems := func() string {
		l, err := w.Audit(t.Context())
		w.must(err)
		if l.Balanced == (len(l.Problems) > 0) {
			t.Errorf("it balances with %v", l.Problems)
		}
		return strings.Join(l.Problems, "\n")
	}
	w.exec("UPDATE talk SET due_at = 0")
	if got := problems(); !strings.Contains(got, "1 messages wait and nobody will look at them") {
		t.Errorf("found %q", got)
	}
	w.exec("DELETE FROM message WHERE id = '2'")
	if got := problems(); !strings.Contains(got, "2 messages were heard, 1 are accounted for") || !strings.Contains(got, "1 senders said more") {
		t.Errorf("found %q", got)
	}
	w.exec("UPDATE message SET ref = 'SP-X'")
	if got := problems(); !strings.Contains(got, "1 messages are part of a complaint that is not there") {
		t.Errorf("found %q", got)
	}
}

// A connector that was removed leaves senders behind that no gateway looks at.
func auditFindsForgotten(t *testing.T, h Harness) {
	w := begin(t, h)
	found := func() string {
		t.Helper()
		l, err := w.Audit(t.Context())
		w.must(err)
		return strings.Join(l.Problems, "\n")
	}
	oldest := func(want time.Time) {
		t.Helper()
		st, err := w.Standing(t.Context())
		w.must(err)
		if !st.OldestOpen.Equal(want) {
			t.Errorf("the oldest that is open is of %v, want %v", st.OldestOpen, want)
		}
	}
	w.hears(said("1", "siti", "halo"), said("2", "budi", "Lampu mati"))
	began := w.clock.Now()
	w.clock.Advance(joining.Within)
	asked, ref := w.clock.Now(), complaint.Ref("")
	for _, talk := range w.talks() {
		if talk.Sender == "siti" {
			w.must(w.EndTalk(t.Context(), talk, store.Ending{State: store.MessageAsked, IDs: []string{"1"}, AskedAt: asked, Due: asked.Add(24 * time.Hour)}))
			continue
		}
		oldest(began)
		ref, _ = w.file(talk, nil)
	}
	w.decideAll(judge)
	w.deliver(ref, "100")
	oldest(time.Time{})
	w.clock.Advance(24*time.Hour + time.Minute)
	oldest(asked.Add(24 * time.Hour)) // she is due, though nothing of hers waits
	w.clock.Advance(2 * time.Hour)
	if got := found(); got != "" { // a copy, or a gateway that stands still
		t.Errorf("where nothing comes in any more the audit finds %q", got)
	}
	w.keep(report(9))
	const words = "1 senders should have been looked at over an hour ago"
	if got := found(); !strings.Contains(got, words) {
		t.Errorf("the audit finds %q", got)
	}
	talk := w.talk()
	if got := found(); got != "" {
		t.Errorf("she is looked at just now, and the audit finds %q", got)
	}
	w.must(w.PostponeTalk(t.Context(), talk, w.clock.Now().Add(-time.Minute), true))
	if got := found(); got != "" {
		t.Errorf("she has waited for a minute, and the audit finds %q", got)
	}
}

func sealsSenders(t *testing.T, h Harness) {
	clock := NewClock()
	w := world{t, h.Open(t, store.Options{Owner: "natuna/1", Now: clock.Now, LeasesByNow: true, Sealer: sealer{}}), clock}
	const sender = "628127000441"
	one := said("1", sender, "Kepala desa meminta uang")
	one.Reporter = complaint.Reporter{Phone: sender, Name: "Siti Contoh"}
	w.hears(one, said("2", "628127000442", "halo"))
	for _, query := range []string{"SELECT sender || content || files || raw FROM message", "SELECT sender || ref || owner FROM talk"} {
		var rows []string
		w.must(w.Handle().Select(&rows, query))
		for _, row := range rows {
			for _, word := range []string{"6281", "Siti", "uang"} {
				if strings.Contains(row, word) {
					t.Errorf("%q lies in the database: %s", word, row)
				}
			}
		}
		if len(rows) != 2 {
			t.Errorf("%d rows of %s", len(rows), query)
		}
	}
	clock.Advance(joining.Within)
	talks := w.talks()
	i := slices.IndexFunc(talks, func(t store.Talk) bool { return t.Sender == sender })
	if len(talks) != 2 || i < 0 || talks[i].Messages[0].Text != one.Text || string(talks[i].Messages[0].Raw.Body) != string(one.Raw.Body) {
		t.Fatalf("unsealed it is %+v", talks)
	}
	w.file(talks[i], nil)
	var left string
	w.must(w.Handle().Get(&left, "SELECT content || raw FROM message WHERE id = '1'"))
	if left != "" {
		t.Errorf("in two places lies %q", left)
	}
	if news := w.news(); len(news) != 1 || news[0].Change.To != sender || news[0].Change.HeardAt.IsZero() {
		t.Errorf("the receipt is %+v", news)
	}
}

func missingIsKept(t *testing.T, h Harness) {
	w := begin(t, h)
	w.filed("1", "siti", "Lampu mati", func(f *store.Filing) { f.Complaint.Missing = 3 })
	w.must(w.Close())
	w = open(t, h, w.clock, "natuna/2")
	w.decideAll(judge)
	if got := w.claimWork(1)[0].Job.Complaint.Missing; got != 3 {
		t.Errorf("%d files are missing, want 3", got)
	}
}

func secretNews(t *testing.T, h Harness) {
	w := begin(t, h)
	for i, c := range []struct{ primary, linked bool }{{true, false}, {false, true}, {false, false}} {
		one, other := report(i), report(i)
		other.SourceID, one.Secret, other.Secret = fmt.Sprint("again ", i), c.primary, c.linked
		one.Reporter.Name = "Siti Contoh"
		primary := w.keep(one)[0].Ref
		linked := w.keep(other)[0].Ref
		w.decideAll(judgeByText)
		w.state(linked, store.Linked)
		w.deliver(primary, fmt.Sprint("id ", c))
		w.tellAll()
		w.observe(primary, national.State{Status: complaint.Other, Raw: "Terbuka", Agency: "Inspektorat", Events: []national.Event{
			{Key: "1", At: w.clock.Now(), Status: complaint.Other, Raw: "Terbuka", From: "Inspektorat", Text: "Bu Siti, kami periksa"},
		}})
		secret := map[complaint.Ref]bool{}
		for _, n := range w.news() {
			secret[n.Ref] = n.Change.Secret
			said := n.Change.Raw != "" && n.Change.Note != "" && n.Change.Agency != ""
			silent := n.Change.Raw+n.Change.Note+n.Change.Agency+n.Change.TrackingID == ""
			if foreign := n.Ref == linked && c.primary; said == foreign || silent != foreign || n.Change.Status != complaint.Other {
				t.Errorf("%+v: %s is told %+v", c, n.Ref, n.Change)
			}
			if len(n.Change.Persons) != 2 || n.Change.Persons[1] != one.Reporter {
				t.Errorf("%+v: it may name %+v, want %+v too", c, n.Change.Persons, one.Reporter)
			}
			last, _, err := w.LastChange(t.Context(), "portal", n.Ref)
			if w.must(err); (last.Raw+last.Agency+last.TrackingID == "") != (n.Ref == linked && c.primary) {
				t.Errorf("%+v: %s stands as %+v", c, n.Ref, last)
			}
			w.must(w.SettleNews(t.Context(), n, store.Settlement{State: store.Done, Reason: retry.Success}))
		}
		if len(secret) != 2 || secret[primary] != c.primary || secret[linked] != (c.primary || c.linked) {
			t.Errorf("%+v: secret is %v", c, secret)
		}
	}
}
