package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/reconcile"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type ctx = context.Context

// office is a database with a clock, and the list somebody downloaded.
type office struct {
	*testing.T
	*store.Store
	clock *storetest.Clock
	opts  reconcile.Options
	n     int
	refs  []complaint.Ref // of what was kept
}

func newOffice(t *testing.T) *office {
	t.Helper()
	clock := storetest.NewClock()
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db"), Owner: "natuna/1", Now: clock.Now, LeasesByNow: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context(), []string{"portal"}, nil); err != nil {
		t.Fatal(err)
	}
	o := &office{T: t, Store: s, clock: clock, opts: reconcile.Options{Store: s, Settle: 5 * time.Minute, Complete: true}}
	t.Cleanup(func() {
		ledger, err := s.Audit(context.WithoutCancel(t.Context()))
		if err == nil && !ledger.Balanced {
			t.Errorf("the ledger does not balance: %+v", ledger)
		}
		if err := errors.Join(err, s.Close()); err != nil {
			t.Error(err)
		}
	})
	return o
}

func (o *office) Context() ctx { return o.T.Context() }

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// keep takes in one complaint and decides about it.
func (o *office) keep() complaint.Ref {
	o.Helper()
	o.n++
	kept, err := o.Keep(o.Context(), store.Page{Source: "portal", Complaints: []complaint.Complaint{
		{SourceID: fmt.Sprint(o.n), Title: "Lampu jalan", Text: fmt.Sprintf("Lampu nomor %d di Ranai mati", o.n), Class: complaint.Ordinary},
	}})
	o.must(err)
	_, err = o.Decide(o.Context(), 10, func(complaint.Complaint) store.Decision {
		return store.Decision{Agency: "21030", Category: "15", Rule: -1}
	}, store.Appetite{})
	o.must(err)
	o.refs = append(o.refs, kept[0].Ref)
	return kept[0].Ref
}

// send makes an attempt at everything that is due, and ends it so.
func (o *office) send(id string, to store.Settlement) {
	o.Helper()
	works, err := o.ClaimDue(o.Context(), store.Appetite{Most: 10, Lease: time.Minute}, store.Turn{})
	o.must(err)
	for _, work := range works {
		c := work.Claim
		create := national.Step{Name: national.StepCreate}
		o.must(o.Begin(o.Context(), c, create))
		if id != "" {
			ticket := national.Ticket{ID: id}
			news := store.Forwarded{SyncAt: o.clock.Now().Add(time.Hour)}
			o.must(o.StepDone(o.Context(), c, store.Succeeded{Step: create, Result: ticket.Record(), Ticket: ticket, News: news}))
		}
		o.must(o.Settle(o.Context(), c, to))
	}
}

func (o *office) unknown(state store.State) complaint.Ref {
	o.Helper()
	ref := o.keep()
	o.send("", store.Settlement{State: state, Open: true, Due: o.clock.Now().Add(1000 * time.Hour), Reason: retry.CannotTell})
	o.clock.Advance(time.Second)
	return ref
}

func (o *office) delivered(id string) complaint.Ref {
	o.Helper()
	ref := o.keep()
	o.send(id, store.Settlement{State: store.Done, Reason: retry.Success})
	o.clock.Advance(time.Second)
	return ref
}

// listed is an entry that arrived just now.
func (o *office) listed(tracking string, ref complaint.Ref, raw string, status complaint.Status) {
	o.opts.List.Entries = append(o.opts.List.Entries, national.Entry{
		TrackingID: tracking, Ref: ref, Clear: ref == "", Arrived: o.clock.Now(), Raw: raw, Status: status, Agency: "Dinas Perhubungan",
	})
}

// made ends the list: it covers a day before the clock's beginning to an hour from now.
func (o *office) made() {
	o.opts.List.From = storetest.NewClock().Now().Add(-24 * time.Hour)
	o.clock.Advance(time.Hour)
	o.opts.List.Made = o.clock.Now()
	o.clock.Advance(time.Minute)
}

// run compares and writes each line as "kind ref tracking status: why", with our references numbered.
func (o *office) run(refs ...complaint.Ref) []string {
	o.Helper()
	r, err := reconcile.Run(o.Context(), o.opts)
	o.must(err)
	var lines []string
	for _, l := range r.Lines {
		line := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s: %s", l.Kind, l.Ref, l.TrackingID, l.Status, l.Why)), " ")
		for i, ref := range refs {
			line = strings.ReplaceAll(line, string(ref), fmt.Sprintf("#%d", i+1))
		}
		lines = append(lines, strings.Replace(strings.TrimSuffix(strings.TrimSuffix(line, ":"), " "), " :", ":", 1))
	}
	return lines
}

func (o *office) want(got []string, want ...string) {
	o.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		o.Errorf("(-want +got)\n%s", diff)
	}
}

func (o *office) state(ref complaint.Ref, want store.State) store.Story {
	o.Helper()
	story, err := o.Story(o.Context(), ref)
	o.must(err)
	if story.State != want {
		o.Errorf("%s is %s (%s), want %s", ref, story.State, story.Detail, want)
	}
	return story
}

func TestWhatAListSettles(t *testing.T) {
	o := newOffice(t)
	there, absent, delivered := o.unknown(store.Held), o.unknown(store.Unknown), o.delivered("700")
	o.listed("1000001", there, "Selesai", complaint.Done)
	o.listed("1000002", delivered, "Dalam Proses", complaint.InProgress)
	o.listed("1000003", "", "Selesai", complaint.Done)
	o.listed("1000004", "SP-1KAZ5T8M3Q0X4RD", "Selesai", complaint.Done)
	o.made()
	refs := []complaint.Ref{there, absent, delivered}
	want := []string{
		"found #1 1000001 Selesai", "not sent #2", "refreshed #3 1000002 Dalam Proses",
		"only there 1000003 Selesai", "only there SP-1KAZ5T8M3Q0X4RD 1000004 Selesai: carries a reference of ours that this database does not know",
	}
	o.opts.DryRun = true
	o.want(o.run(refs...), want...)
	o.state(there, store.Held)
	o.state(absent, store.Unknown)
	if story := o.state(delivered, store.Done); story.TrackingID != "" || len(story.Events) != 1 {
		t.Errorf("a dry run changed %+v", story)
	}
	o.opts.DryRun = false
	o.want(o.run(refs...), want...)
	if story := o.state(there, store.Done); story.TrackingID != "1000001" || story.NationalID != "" || story.Status != complaint.Done {
		t.Errorf("got %+v", story)
	}
	o.state(absent, store.Ready)
	if story := o.state(delivered, store.Done); story.Status != complaint.InProgress || story.TrackingID != "1000002" || story.NationalID != "700" {
		t.Errorf("got %+v", story)
	}
	before := [2]store.Story{o.state(there, store.Done), o.state(delivered, store.Done)}
	o.want(o.run(refs...), want[3:]...)
	if diff := cmp.Diff(before, [2]store.Story{o.state(there, store.Done), o.state(delivered, store.Done)}); diff != "" {
		t.Errorf("the second import changed\n%s", diff)
	}
}

// Absence is a proof only when everything speaks for it; each of these is enough to leave it open.
func TestWhenAbsenceProvesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*office)
		why  string
	}{
		"nobody says that the list is whole": {func(o *office) { o.opts.Complete = false }, "proves nothing unless the list is whole"},
		"nobody knows when it was made":      {func(o *office) { o.opts.List.Made = time.Time{} }, "does not say when it was made"},
		"it was made too soon":               {func(o *office) { o.opts.AsOf = o.clock.Now().Add(-61*time.Minute + 4*time.Minute) }, "too late to be sure"},
		"it begins later":                    {func(o *office) { o.opts.From = o.clock.Now().Add(-30 * time.Minute) }, "before the time the list covers"},
		"no row has a date":                  {func(o *office) { o.opts.List.From = time.Time{} }, "before the time the list covers"},
		"it shows no reference":              {func(o *office) { o.opts.List.Entries = o.opts.List.Entries[1:] }, "shows none of our references"},
		"a text is masked":                   {func(o *office) { o.opts.List.Entries[1].Clear = false }, "1 of its texts are not whole"},
		"a text is masked, without a date": {func(o *office) {
			o.opts.List.Entries[1].Clear, o.opts.List.Entries[1].Arrived = false, time.Time{}
		}, "1 of its texts are not whole"},
		"one that is surely there is missing": {func(o *office) {
			o.opts.List.Entries[0].Ref = "SP-1KAZ5T8M3Q0X4RD"
		}, "1 that the platform surely has are not in it either, so it is not whole"},
		"a row without a tracking id is masked": {func(o *office) {
			o.opts.List.Unread = []national.Entry{{Row: 7, Arrived: o.opts.List.Entries[0].Arrived}}
		}, "1 of its rows or sheets cannot be read"},
		"a sheet is not known": {func(o *office) { o.opts.List.Unread = []national.Entry{{}} }, "1 of its rows or sheets cannot be read"},
		"another's text has its reference": {func(o *office) {
			o.opts.List.Entries[0].Others = []complaint.Ref{o.refs[0]}
		}, "1000001 has its reference in its text"},
		"the text of a row without a tracking id has its reference": {func(o *office) {
			o.opts.List.Unread = []national.Entry{{Row: 7, Ref: "SP-1KAZ5T8M3Q0X4RD", Others: []complaint.Ref{o.refs[0]}}}
		}, "row 7 has its reference in its text"},
		"one of ours shows no reference": {func(o *office) {
			o.opts.List.Entries = append(o.opts.List.Entries, national.Entry{TrackingID: "1000009", Arrived: o.clock.Now(), Clear: true})
			o.opts.List.Entries[0].TrackingID = "1000009" // learnt below
			o.run()
			o.opts.List.Entries[0] = national.Entry{TrackingID: "1000010", Ref: "SP-1KAZ5T8M3Q0X4RD", Arrived: o.clock.Now()}
			o.opts.Complete = true
		}, "1 complaints of ours show no reference"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			ref := o.unknown(store.Unknown)
			o.listed("1000001", o.delivered("700"), "", "")
			o.listed("1000002", "", "Selesai", complaint.Done)
			o.made()
			if strings.HasPrefix(name, "one of ours") {
				o.opts.Complete = false
			}
			c.edit(o)
			got := strings.Join(o.run(ref), "\n")
			if !strings.Contains(got, "unknown #1:") || !strings.Contains(got, c.why) {
				t.Errorf("no %q in\n%s", c.why, got)
			}
			o.state(ref, store.Unknown)
		})
	}
}

// What is delivered in the time the list covers, and not in it, is shown; nothing is sent again by a list that lacks it.
func TestAListThatLacksWhatIsThereSettlesNoAbsence(t *testing.T) {
	o := newOffice(t)
	open, delivered, gone := o.unknown(store.Unknown), o.delivered("700"), o.delivered("701")
	unread := o.delivered("702")
	o.listed("1000001", delivered, "", "")
	o.opts.List.Unread = []national.Entry{{Row: 7, Ref: unread}}
	o.made()
	o.want(o.run(open, delivered, gone, unread),
		"unknown #1: not in the list, but 1 that the platform surely has are not in it either, so it is not whole",
		"refreshed #2 1000001: its tracking id alone", "only here #3")
	o.state(open, store.Unknown)
}

// When the platform got what only a list named is not known: a younger list that begins after we had it may lack it and be whole.
func TestWhatAnEarlierListNamedMayBeOlderThanThisOne(t *testing.T) {
	o := newOffice(t)
	earlier := o.unknown(store.Held)
	o.listed("1000001", earlier, "", "")
	o.made()
	o.run()
	o.opts.List.Entries = nil
	begins := o.clock.Now().Add(-time.Minute)
	o.clock.Advance(time.Minute)
	open := o.unknown(store.Unknown)
	o.listed("1000002", o.delivered("700"), "", "")
	o.made()
	o.opts.From = begins
	o.want(o.run(earlier, open)[:1], "not sent #2")
	o.opts.From = time.Time{}
	o.want(o.run(earlier, open), "only here #1 1000001")
}

// A text that is masked does not matter when it arrived long before the request went out.
func TestAnOldMaskedTextHidesNothing(t *testing.T) {
	o := newOffice(t)
	o.listed("1000002", "", "Selesai", complaint.Done)
	o.opts.List.Entries[0].Clear = false
	o.clock.Advance(25 * time.Hour)
	ref := o.unknown(store.Unknown)
	o.listed("1000001", o.delivered("700"), "", "")
	o.made()
	o.run()
	o.state(ref, store.Ready)
}

func TestWhatAPersonMustLookAt(t *testing.T) {
	for name, c := range map[string]struct {
		setUp func(*office) complaint.Ref
		want  string
	}{
		"twice there": {func(o *office) complaint.Ref {
			ref := o.unknown(store.Held)
			o.listed("1000001", ref, "Selesai", complaint.Done)
			o.listed("1000002", ref, "Selesai", complaint.Done)
			return ref
		}, "conflict #1: the platform has it as 1000001, 1000002"},
		"quoted before it was sent": {func(o *office) complaint.Ref {
			arrived := o.clock.Now()
			o.clock.Advance(48 * time.Hour)
			ref := o.unknown(store.Held)
			o.listed("1000001", ref, "Selesai", complaint.Done)
			o.opts.List.Entries[0].Arrived = arrived
			return ref
		}, "conflict #1 1000001 Selesai: the list has its reference from before it was sent"},
		"never sent": {func(o *office) complaint.Ref {
			ref := o.keep()
			o.listed("1000001", ref, "Selesai", complaint.Done)
			return ref
		}, "conflict #1 1000001 Selesai: the list has it although it was never sent (ready)"},
		"several references in one": {func(o *office) complaint.Ref {
			ref := o.unknown(store.Held)
			o.listed("1000001", ref, "Selesai", complaint.Done)
			o.opts.List.Entries[0].Disputed = true
			return ref
		}, "conflict #1: 1000001 carries several references"},
		"the second of several references in one": {func(o *office) complaint.Ref {
			ref := o.unknown(store.Unknown)
			o.listed("1000001", o.unknown(store.Held), "Selesai", complaint.Done)
			o.opts.List.Entries[0].Disputed, o.opts.List.Entries[0].Others = true, []complaint.Ref{ref}
			return ref
		}, "conflict #1: 1000001 carries several references"},
		"a row without a tracking id": {func(o *office) complaint.Ref {
			ref := o.unknown(store.Unknown)
			o.listed("1000001", o.delivered("700"), "Selesai", complaint.Done)
			o.opts.List.Unread = []national.Entry{{Row: 7, Ref: ref, Arrived: o.clock.Now()}}
			return ref
		}, "conflict #1: row 7 carries its reference, and no tracking id that can be read"},
		"another tracking id": {func(o *office) complaint.Ref {
			ref := o.unknown(store.Held)
			o.listed("1000001", ref, "", "")
			o.made()
			o.run()
			o.opts.List.Entries[0].TrackingID = "1000002"
			return ref
		}, "conflict #1 1000001: it is at the platform as 1000001, and in the list as 1000002"},
		"another's tracking id": {func(o *office) complaint.Ref {
			o.listed("1000001", o.unknown(store.Held), "", "")
			o.made()
			o.run()
			ref := o.unknown(store.Held)
			o.opts.List.Entries[0].Ref, o.opts.List.Entries[0].Arrived = ref, o.clock.Now()
			return ref
		}, "conflict #1: 1000001 carries its reference in the list, and is the tracking id of"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			ref := c.setUp(o)
			o.made()
			before, err := o.Story(t.Context(), ref)
			o.must(err)
			if got := strings.Join(o.run(ref), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("no %q in\n%s", c.want, got)
			}
			after, err := o.Story(t.Context(), ref)
			if diff := cmp.Diff(before, after); err != nil || diff != "" {
				t.Errorf("%v: it was changed:\n%s", err, diff)
			}
		})
	}
}

// Lists come in any order; what was learnt from a younger one, or from the platform itself since, stays.
func TestAnOlderListTakesNothingBack(t *testing.T) {
	o := newOffice(t)
	listed, asked := o.unknown(store.Held), o.delivered("700")
	both := func(raw string, status complaint.Status) reconcile.Options {
		o.opts.List.Entries = nil
		o.listed("1000001", listed, raw, status)
		o.listed("1000002", asked, raw, status)
		o.made()
		return o.opts
	}
	older, younger := both("Terdisposisi", complaint.Disposed), both("Dalam Proses", complaint.InProgress)
	for _, opts := range []reconcile.Options{younger, older, younger} {
		o.opts = opts
		o.run()
		for _, ref := range []complaint.Ref{listed, asked} {
			if story := o.state(ref, store.Done); story.StatusRaw != "Dalam Proses" || len(story.Events) != 2 {
				t.Errorf("%s: %s with %d events", ref, story.StatusRaw, len(story.Events))
			}
		}
	}
	o.opts = both("Tertunda", complaint.Postponed)
	o.must(o.Record(t.Context(), asked, store.Observation{
		State:  national.State{Status: complaint.Done, Raw: "Selesai", Events: []national.Event{{Key: "9", At: o.opts.List.Made.Add(-time.Minute), Status: complaint.Done, Raw: "Selesai"}}},
		SyncAt: o.clock.Now().Add(time.Hour),
	}))
	o.run()
	if story := o.state(asked, store.Done); story.StatusRaw != "Selesai" {
		t.Errorf("the platform said Selesai after the list was made, and it is %s", story.StatusRaw)
	}
	if story := o.state(listed, store.Done); story.StatusRaw != "Tertunda" {
		t.Errorf("it is %s", story.StatusRaw)
	}
}

func TestAListThatDoesNotSayWhenGivesNoStatus(t *testing.T) {
	o := newOffice(t)
	found, asked := o.unknown(store.Held), o.delivered("700")
	o.listed("1000001", found, "Selesai", complaint.Done)
	o.listed("1000002", asked, "Selesai", complaint.Done)
	o.want(o.run(found, asked), "found #1 1000001 Selesai", "refreshed #2 1000002 Selesai: its tracking id alone")
	for _, ref := range []complaint.Ref{found, asked} {
		if story := o.state(ref, store.Done); story.Status != complaint.Forwarded || story.TrackingID == "" {
			t.Errorf("got %+v", story)
		}
	}
}
