package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/store"
)

func TestARestoredDatabaseLearnsWhatWasSent(t *testing.T) {
	o := newOffice(t)
	ref := o.keep()
	o.listed("1000001", ref, "Dalam Proses", complaint.InProgress)
	o.made()
	o.opts.Restored = true
	o.want(o.run(ref), "found #1 1000001 Dalam Proses: not known as sent: the database was restored")
	o.state(ref, store.Done)
}

// A channel that is read again gives its complaint a new reference: what was sent of it before the disk died is known by its words.
func TestWhatARestoredDatabaseTookInAgainIsHeld(t *testing.T) {
	o := newOffice(t)
	o.opts.Redactor = privacy.NewRedactor([]string{"phone"})
	before := []string{"SP-1KAZ5T8M3Q0X4RA", "SP-1KAZ5T8M3Q0X4RB"}
	again, another, waiting := o.keep(), o.keep(), o.keep()
	o.must(o.HoldListed(t.Context(), waiting, "for another reason"))
	for i, text := range []string{"LAMPU nomor 1 di Ranai mati!", "Lampu nomor 3 di Ranai mati"} {
		o.listed(fmt.Sprint(1000001+i), complaint.Ref(before[i]), "Dalam Proses", complaint.InProgress)
		o.opts.List.Entries[i].Words = []string{national.Words(text + " Lokasi: Ranai"), national.Words(text)}
	}
	o.made()
	strangers := []string{
		"only there " + before[0] + " 1000001 Dalam Proses: carries a reference of ours that this database does not know",
		"only there " + before[1] + " 1000002 Dalam Proses: carries a reference of ours that this database does not know",
	}
	o.want(o.run(again, another, waiting), strangers...)
	o.state(again, store.Ready)
	o.opts.Restored = true
	why := func(n int) string {
		return fmt.Sprintf(" %d Dalam Proses: the platform has the same words as %[1]d (%s), with a reference that this database does not know: it may have been sent before", 1000001+n, before[n])
	}
	want := append([]string{"conflict #1" + why(0), "conflict #3" + why(1)}, strangers...)
	o.opts.DryRun = true
	o.want(o.run(again, another, waiting), want...)
	o.state(again, store.Ready)
	o.opts.DryRun = false
	for range 2 {
		o.want(o.run(again, another, waiting), want...)
		if story := o.state(again, store.Held); !strings.Contains(story.Detail, "1000001 ("+before[0]+")") {
			t.Errorf("a person is told %q", story.Detail)
		}
		o.state(another, store.Ready)
		if story := o.state(waiting, store.Held); story.Detail != "for another reason" {
			t.Errorf("what is held already is told %q", story.Detail)
		}
	}
	o.must(o.ResolveSent(t.Context(), again, national.Ticket{ID: "700", TrackingID: "1000001"}, o.clock.Now()))
}

// What may be at the platform is held in a restored database, also where the list has it by its reference and says no more.
func TestARestoredDatabaseSendsNothingThatIsInConflict(t *testing.T) {
	o := newOffice(t)
	twice, unread, again := o.keep(), o.keep(), o.keep()
	o.listed("1000001", twice, "", "")
	o.listed("1000002", twice, "", "")
	o.opts.List.Unread = []national.Entry{
		{Row: 7, Ref: unread, Words: []string{national.Words("Lampu nomor 2 di Ranai mati")}},
		{Row: 8, Ref: "SP-1KAZ5T8M3Q0X4RA", Words: []string{national.Words("Lampu nomor 3 di Ranai mati")}},
	}
	o.made()
	o.opts.Restored = true
	o.want(o.run(twice, unread, again),
		"conflict #1: the platform has it as 1000001, 1000002: a person must say which one stays",
		"conflict #2: row 7 carries its reference, and no tracking id that can be read: look for it at the platform",
		"conflict #3: the platform has the same words as row 8 (SP-1KAZ5T8M3Q0X4RA), with a reference that this database does not know: it may have been sent before")
	o.state(again, store.Held)
	o.state(twice, store.Held)
	o.state(unread, store.Held)
}

// Words are compared as they are sent: what is removed from a text stands in no list.
func TestWhatWasTakenInAgainIsKnownWithoutWhatIsNeverSent(t *testing.T) {
	o := newOffice(t)
	o.opts.Restored, o.opts.Redactor = true, privacy.NewRedactor([]string{"phone"})
	kept, err := o.Keep(t.Context(), store.Page{Source: "portal", Complaints: []complaint.Complaint{
		{SourceID: "1", Title: "Lampu", Text: "Lampu mati, hubungi 081234567890", Class: complaint.Ordinary},
	}})
	o.must(err)
	o.listed("1000001", "SP-1KAZ5T8M3Q0X4RA", "", "")
	o.opts.List.Entries[0].Words = []string{national.Words("Lampu mati, hubungi [telepon dihapus]")}
	o.made()
	if got := o.run(kept[0].Ref); len(got) != 2 || !strings.HasPrefix(got[0], "conflict #1 1000001") {
		t.Errorf("got %q", got)
	}
	o.state(kept[0].Ref, store.Held)
}
