package storetest

import (
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

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
