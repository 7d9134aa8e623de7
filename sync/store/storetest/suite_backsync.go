package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func (w world) delivered() complaint.Ref {
	ref := w.keep(report(1))[0].Ref
	w.decideAll(judge)
	w.deliver(ref, "700")
	return ref
}

func (w world) observe(ref complaint.Ref, state national.State) {
	w.Helper()
	w.must(w.Record(w.Context(), ref, store.Observation{State: state, SyncAt: w.clock.Now().Add(time.Hour)}))
}

// tellAll drains what the portal is to be told and returns it in order.
func (w world) tellAll() []store.Change {
	w.Helper()
	var told []store.Change
	for {
		news := w.news()
		if len(news) == 0 {
			return told
		}
		for _, n := range news {
			told = append(told, n.Change)
			w.must(w.SettleNews(w.Context(), n, store.Settlement{State: store.Done, Reason: retry.Success}))
		}
	}
}

func eventsOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	events := []national.Event{
		{Key: "1", At: w.clock.Now(), Status: complaint.Disposed, Raw: "Terdisposisi", To: "Dinas Perhubungan"},
		{Key: "2", At: w.clock.Now(), Text: "Akan kami periksa"},
		{Key: "3", At: w.clock.Now(), Status: complaint.InProgress, Raw: "Dalam Proses"},
	}
	w.observe(ref, national.State{Status: complaint.Disposed, Raw: "Terdisposisi", Events: events[:1]})
	w.clock.Advance(time.Second)
	for range 2 {
		w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses", TrackingID: "1234567", Agency: "Dinas Perhubungan", Events: events})
	}
	if first := w.news(); len(first) != 1 {
		t.Fatalf("%d things about one complaint are told at once", len(first))
	} else {
		w.must(w.SettleNews(t.Context(), first[0], store.Settlement{State: store.Ready, Due: w.clock.Now().Add(time.Minute), Reason: retry.Timeout}))
	}
	if early := w.news(); len(early) != 0 {
		t.Error("a later change overtook the one that failed")
	}
	w.clock.Advance(time.Minute)
	var got []complaint.Status
	for _, c := range w.tellAll() {
		got = append(got, c.Status)
	}
	want := []complaint.Status{complaint.Forwarded, complaint.Disposed, complaint.Disposed, complaint.InProgress} // the third says something and moves nothing
	if !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	change, seq, err := w.LastChange(t.Context(), "portal", ref)
	w.must(err)
	if change.Status != complaint.InProgress || change.Raw != "Dalam Proses" || change.TrackingID != "1234567" || change.Agency != "Dinas Perhubungan" || seq != 4 {
		t.Errorf("last change %+v, seq %d", change, seq)
	}
}

func undelivered(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	first := w.news()[0]
	w.must(w.Undelivered(t.Context(), "kantor", first, "another channel's"))
	w.must(w.Undelivered(t.Context(), "portal", first, "it came back at once"))
	if err := w.SettleNews(t.Context(), first, store.Settlement{State: store.Done, Reason: retry.Success}); !errors.Is(err, store.ErrLost) {
		t.Errorf("settled as told after it came back: %v", err)
	}
	w.observe(ref, national.State{Status: complaint.Disposed, Raw: "Terdisposisi"})
	second := w.news()[0]
	w.must(w.SettleNews(t.Context(), second, store.Settlement{State: store.Ready, Due: w.clock.Now().Add(time.Hour), Reason: retry.Timeout}))
	w.must(w.Undelivered(t.Context(), "portal", second, "it is told again anyway"))
	untold, err := w.NotTold(t.Context(), 10)
	if err != nil || len(untold) != 2 || untold[0].State != store.Dead || untold[0].Detail != "it came back at once" || untold[1].State != store.Ready {
		t.Errorf("not told is %+v, %v", untold, err)
	}
	w.clock.Advance(time.Hour)
	w.tellAll()
	w.must(w.Undelivered(t.Context(), "portal", second, "it came back late"))
	if untold, err := w.NotTold(t.Context(), 10); err != nil || len(untold) != 2 || untold[1].Detail != "it came back late" {
		t.Errorf("not told is %+v, %v", untold, err)
	}
}

func illegalMove(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses"})
	w.tellAll()
	w.observe(ref, national.State{Status: complaint.Forwarded, Raw: "Belum Terverifikasi"})
	if told := w.tellAll(); len(told) != 0 {
		t.Errorf("told %+v", told)
	}
	story := w.state(ref, store.Done)
	if last := story.Events[len(story.Events)-1]; last.Applied || last.Raw != "Belum Terverifikasi" {
		t.Errorf("last event %+v", last)
	}
	if story.Status != complaint.InProgress || story.StatusRaw != "Belum Terverifikasi" {
		t.Errorf("status %s, raw %s", story.Status, story.StatusRaw)
	}
}

// A platform that lists the arrival behind what came after it in the same second says nothing new.
func unorderedEvents(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.tellAll()
	events := []national.Event{
		{Key: "1", Status: complaint.InProgress, Raw: "Dalam Proses"},
		{Key: "2", Status: complaint.Forwarded, Raw: "Belum Terverifikasi"},
	}
	for range 2 {
		w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses", Events: events})
	}
	if told := w.tellAll(); len(told) != 1 || told[0].Status != complaint.InProgress {
		t.Errorf("told %+v", told)
	}
	if story := w.state(ref, store.Done); story.StatusRaw != "Dalam Proses" || len(story.Events) != 3 {
		t.Errorf("raw status %q, %d events", story.StatusRaw, len(story.Events))
	}
}

func finalIsFinal(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.clock.Advance(5 * time.Minute)
	asked, err := w.ClaimSync(t.Context(), 10, time.Minute)
	w.must(err)
	if len(asked) != 1 || asked[0].Ref != ref || asked[0].NationalID != "700" {
		t.Fatalf("asked %+v", asked)
	}
	if twice, err := w.ClaimSync(t.Context(), 10, time.Minute); err != nil || len(twice) != 0 {
		t.Errorf("asked twice at once: %+v, %v", twice, err)
	}
	w.observe(ref, national.State{Status: complaint.Done, Raw: "Selesai"})
	w.clock.Advance(1000 * time.Hour)
	if after, err := w.ClaimSync(t.Context(), 10, time.Minute); err != nil || len(after) != 0 {
		t.Errorf("asked about a closed one: %+v, %v", after, err)
	}
	if err := w.PostponeSync(t.Context(), asked[0], w.clock.Now()); !errors.Is(err, store.ErrLost) {
		t.Errorf("a late answer postpones a closed one: %v", err)
	}
	if after, err := w.ClaimSync(t.Context(), 10, time.Minute); err != nil || len(after) != 0 {
		t.Errorf("a late answer woke a closed one: %+v, %v", after, err)
	}
}

// Who asked, was frozen past its hold and wakes, knows less than who asked after it.
func staleAnswer(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.tellAll()
	other := w
	if h.Gateway > 1 {
		other = open(t, h, w.clock, "sedanau/1")
	}
	w.clock.Advance(5 * time.Minute)
	claim := func(by world) store.Asked {
		asked, err := by.ClaimSync(t.Context(), 10, 5*time.Minute)
		w.must(err)
		if len(asked) != 1 || !asked[0].Until.Equal(w.clock.Now().Add(5*time.Minute)) {
			t.Fatalf("asked %+v", asked)
		}
		return asked[0]
	}
	answer := func(by world, a store.Asked, status complaint.Status, raw string) error {
		return by.Record(t.Context(), ref, store.Observation{
			State: national.State{Status: status, Raw: raw}, SyncAt: w.clock.Now().Add(time.Hour), Held: a.Until,
		})
	}
	w.must(answer(w, claim(w), complaint.InProgress, "Dalam Proses"))
	w.clock.Advance(time.Hour)
	first := claim(w)
	w.clock.Advance(5 * time.Minute)
	second := claim(other)
	if err := answer(w, first, complaint.InProgress, "Dalam Proses"); !errors.Is(err, store.ErrLost) {
		t.Errorf("while another asks, the first to ask recorded its answer: %v", err)
	}
	w.must(answer(other, second, complaint.Postponed, "Tertunda"))
	if err := answer(w, first, complaint.InProgress, "Dalam Proses"); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first to ask recorded what it had read before: %v", err)
	}
	next := w.whereabouts(ref).SyncAt
	if err := w.PostponeSync(t.Context(), first, w.clock.Now()); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first to ask says when to ask again: %v", err)
	}
	if now := w.whereabouts(ref); !now.SyncAt.Equal(next) || now.Status != complaint.Postponed || now.StatusRaw != "Tertunda" {
		t.Errorf("got %+v, want it asked about at %s", now, next)
	}
	var told []complaint.Status
	for _, c := range w.tellAll() {
		told = append(told, c.Status)
	}
	if want := []complaint.Status{complaint.InProgress, complaint.Postponed}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func namedLease(t *testing.T, h Harness) {
	clock := NewClock()
	a := open(t, h, clock, "natuna/1")
	take := func(w world, dead string) bool {
		got, err := w.TakeLease(t.Context(), "poll:kantor", dead, 30*time.Second)
		w.must(err)
		return got
	}
	if !take(a, "") || !take(a, "") {
		t.Fatal("a free lease was refused, or its owner could not renew it")
	}
	if h.Gateway > 1 {
		b := open(t, h, clock, "anambas/1")
		if take(b, "anambas/%") {
			t.Error("a lease has two owners")
		}
		clock.Advance(31 * time.Second)
		if !take(b, "") || take(a, "") {
			t.Error("an ended lease did not move")
		}
		w := b
		w.must(w.DropLeases(t.Context()))
		if !take(a, "") {
			t.Error("a lease given back is not free")
		}
	}
	a.must(a.Close())
	again := open(t, h, clock, "natuna/2")
	if !take(again, "natuna/%") {
		t.Error("the next run must wait for the lease of the run before")
	}
}

func pauseEnds(t *testing.T, h Harness) {
	w := begin(t, h)
	paused := func() bool {
		p, err := w.Paused(t.Context())
		w.must(err)
		return p != nil
	}
	if paused() {
		t.Error("paused from the start")
	}
	w.must(w.SetPause(t.Context(), store.Pause{Why: "pemeliharaan", Until: w.clock.Now().Add(2 * time.Hour)}))
	if !paused() {
		t.Error("not paused")
	}
	w.clock.Advance(2 * time.Hour)
	if paused() {
		t.Error("paused past its time")
	}
	w.must(w.SetPause(t.Context(), store.Pause{Why: "tanpa batas"}))
	w.clock.Advance(1000 * time.Hour)
	if !paused() {
		t.Error("a pause without an end ended")
	}
	w.must(w.Resume(t.Context()))
	if paused() {
		t.Error("paused after resume")
	}
}

func auditFinds(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.delivered()
	w.keep(report(2))
	w.ledger(store.Ledger{Accepted: 2, Delivered: 1, Waiting: 1})
	w.must(Sabotage(t, w.Store, "DELETE FROM delivery WHERE ref <> '"+string(ref)+"'"))
	ledger, err := w.Audit(t.Context())
	w.must(err)
	if ledger.Balanced || len(ledger.Problems) != 2 {
		t.Errorf("a lost delivery balances: %+v", ledger)
	}
	w.must(Sabotage(t, w.Store, "UPDATE ticket SET national_id = ''"))
	ledger, err = w.Audit(t.Context())
	w.must(err)
	if len(ledger.Problems) != 3 {
		t.Errorf("a delivery without an id balances: %+v", ledger)
	}
}
