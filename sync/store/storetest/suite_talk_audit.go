package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

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

// After a long stop senders wait as deliveries do, and those of a connector that was removed wait for good.
func auditSaysWhoIsLate(t *testing.T, h Harness) {
	w := begin(t, h)
	late := func(when string, want int64) {
		t.Helper()
		l, err := w.Audit(t.Context())
		w.must(err)
		if !l.Balanced || l.Late["portal"] != want || len(l.Late) > int(want) {
			t.Errorf("%s: late are %v, want %d; problems %q", when, l.Late, want, l.Problems)
		}
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
	late("she is due", 0)
	w.clock.Advance(2 * time.Hour)
	w.keep(report(9)) // the first thing a gateway does that was off for long
	late("she is due for two hours", 1)
	talk := w.talk()
	late("she is looked at just now", 0)
	w.must(w.PostponeTalk(t.Context(), talk, w.clock.Now().Add(-time.Minute), true))
	late("she has waited for a minute", 0)
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
