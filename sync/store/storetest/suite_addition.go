package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

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
	listed, err := w.Listing(t.Context(), "portal", later, store.Wanted{Refs: []complaint.Ref{his}, Most: 10})
	if err != nil || len(listed) != 1 || listed[0].Status != complaint.Received {
		t.Errorf("everybody reads of his %+v (%v)", listed, err)
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
			if story := w.state(hers, store.New); story.Earlier != primary || w.state(his, store.New).Earlier != "" {
				t.Errorf("hers points back to %q, want her own; what a stranger added to nothing", story.Earlier)
			}
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
