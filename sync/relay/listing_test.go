package relay

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

func at(minute int) time.Time { return time.Date(2026, 11, 24, 1, minute, 0, 0, time.UTC) }

func TestAListTellsNobodyWhoComplained(t *testing.T) {
	lat, long := 3.94, 108.38
	siti := complaint.Reporter{Name: "Siti Contoh", Phone: "081270004401", Email: "siti@natuna.example", Identity: "2103015501900001"}
	row := store.ListedComplaint{
		Complaint: complaint.Complaint{
			Ref: "SP-1KAZ5T8M3Q0X4RD", Category: "jalan", Title: "Jalan rusak di depan rumah Siti", Reporter: siti, ReceivedAt: at(5),
			Text:  "Saya SITI, 0812-7000-4401, siti@natuna.example, NIK 2103015501900001. Jalan di Sedanau rusak.",
			Place: complaint.Place{Address: "Jl. Pramuka, rumah Siti Contoh", Lat: &lat, Long: &long},
		},
		Status: complaint.Disposed, ChangedAt: at(1), Note: "Yth. Ibu Siti dan Bapak Budi, hubungi 081270004402.",
		About: store.Teller{Reporter: complaint.Reporter{Name: "Budi Contoh"}},
	}
	got := listedOf(row)
	for _, said := range []string{got.Title, got.Text, got.Place.Address, got.Note} {
		for _, personal := range []string{"siti", "contoh", "budi", "4401", "4402", "natuna.example", "2103015501900001"} {
			if strings.Contains(strings.ToLower(said), personal) {
				t.Errorf("%q tells %q", said, personal)
			}
		}
	}
	if !strings.Contains(got.Text, "Jalan di Sedanau rusak.") || got.Place.Lat == nil || !strings.Contains(got.Note, "[nama dihapus]") {
		t.Errorf("what tells nobody's name is gone too: %+v", got)
	}
	if !got.UpdatedAt.Equal(at(5)) {
		t.Errorf("it was updated at %s, before it was received", got.UpdatedAt)
	}
	row.Complaint.Anonymous = true
	if got := listedOf(row); got.Title+got.Text+got.Place.Address != "" || got.Place.Lat != nil || got.Status != complaint.Disposed {
		t.Errorf("an anonymous one is listed as %+v", got)
	}
	row.About.Secret = true
	row.Agency = "Inspektorat"
	if got := listedOf(row); got.Note+got.Agency != "" {
		t.Errorf("an answer to a secret complaint is shown: %q", got.Note)
	}
}

func TestAPublicChannelIsToldWhatAnybodyMayRead(t *testing.T) {
	n := store.News{Ref: "SP-1KAZ5T8M3Q0X4RD", Seq: 2, Told: 2, Change: store.Change{
		Status: complaint.Disposed, Raw: "Terdisposisi", Agency: "Dinas PU", TrackingID: "7001234",
		Note:    "Yth. Ibu Siti dan Bapak Budi, hubungi 081270004402.",
		Persons: []complaint.Reporter{{Name: "Budi Contoh"}, {Name: "Siti Contoh"}},
	}}
	told := func() (got connectors.StatusChange) {
		c := Channel{Name: "kota", Connector: connectors.Connector{Public: true, WriteStatus: tellFunc(func(c connectors.StatusChange) { got = c })}}
		if err := (&Relay{}).tellOne(t.Context(), c, n); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := told(); got.Note != "Yth. Ibu [nama dihapus] dan Bapak [nama dihapus], hubungi [telepon dihapus]." || got.Agency != "Dinas PU" {
		t.Errorf("told %+v", got)
	}
	whole := n.Change
	n.Change.Persons = nil
	if got := told(); got.Note != "" {
		t.Errorf("nobody knows whose names it holds, and %q is told", got.Note)
	}
	n.Change = whole
	n.Change.Secret = true
	if got := told(); got.Note+got.Agency+got.Raw+got.TrackingID != "" || got.Status != complaint.Disposed {
		t.Errorf("of a secret one is told %+v", got)
	}
}

// Siti's complaint is linked to Budi's: what the agency wrote to him, his name and number among it, is not hers to read. Of
// her own she hears all.
func TestWhoIsLinkedToAnotherHearsTheAnswerWithoutThatPerson(t *testing.T) {
	texts, err := connectors.ReadTexts("id", "")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	const note = "Yth. Bapak Budi, kami hubungi 081270004402."
	n := store.News{Ref: "SP-1KAZ5T8M3Q0X4RD", About: "SP-1KAZ5T8M3Q0X4RE", Seq: 2, Told: 2, Change: store.Change{
		Status: complaint.InProgress, Note: note, To: "6281270004401", Persons: []complaint.Reporter{{Name: "Siti Contoh"}, {Name: "Budi Contoh"}},
	}}
	heard := func() (told string, said string) {
		r := &Relay{texts: texts, cfg: cfg}
		c := Channel{Name: "desa", Connector: connectors.Connector{WriteStatus: tellFunc(func(c connectors.StatusChange) { told = c.Note })}}
		if err := r.tellOne(t.Context(), c, n); err != nil {
			t.Fatal(err)
		}
		s, err := r.saying(n)
		if err != nil {
			t.Fatal(err)
		}
		return told, s.Text
	}
	for range 2 { // with persons that are known, and unknown
		told, said := heard()
		for _, text := range []string{told, said} {
			if strings.Contains(text, "Budi") || strings.Contains(text, "4402") {
				t.Errorf("Siti hears %q", text)
			}
		}
		n.Change.Persons = nil
	}
	n.About = n.Ref
	if told, said := heard(); told != note || !strings.Contains(said, note) {
		t.Errorf("Budi hears %q and %q of his own", told, said)
	}
}

type tellFunc func(connectors.StatusChange)

func (f tellFunc) WriteStatus(_ context.Context, c connectors.StatusChange) error { f(c); return nil }

func TestNamesLeaveATextWholeOtherwise(t *testing.T) {
	for _, c := range []struct{ text, name, want string }{
		{"", "Siti", ""},
		{"Siti", "Siti", "[nama dihapus]"},
		{"Situs di Sitinjau, kata siti!", "Siti", "Situs di Sitinjau, kata [nama dihapus]!"},
		{"Pak Ali (RT 2)", "M. Ali", "Pak [nama dihapus] (RT 2)"},
		{"  Él  dan ÉL\n", "Él", "  Él  dan ÉL\n"}, // two letters are too common to be a name's alone
		{"rumah José.", "JOSÉ", "rumah [nama dihapus]."},
	} {
		if got := withoutName(c.text, c.name); got != c.want {
			t.Errorf("%q without %q is %q, want %q", c.text, c.name, got, c.want)
		}
	}
}
