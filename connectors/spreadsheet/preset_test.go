package spreadsheet

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

//go:embed testdata/lapor.csv
var laporSheet string

//go:embed testdata/formulir.csv
var formSheet string

func TestThePlatformsOwnSpreadsheet(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Preset, s.Map = laporExport, nil })
	b.put("lapor.csv", laporSheet)
	g := b.drain("")
	if g.ids() != "7000101 7000102" {
		t.Fatalf("complaints %s, set aside %+v", g.ids(), g.asides)
	}
	one, two := g.complaints[0], g.complaints[1]
	one.Raw, two.Raw = complaint.Payload{}, complaint.Payload{}
	want := complaint.Complaint{
		SourceID: "7000101", Title: "Taman bermain", Text: "Mohon taman bermain di Ranai", Class: complaint.Aspiration, Category: "Taman",
		Reporter: complaint.Reporter{Name: "Warga A"}, Place: complaint.Place{Address: "Ranai, Bunguran Timur, Kabupaten Natuna"},
		ReportedAt: time.Date(2026, 1, 3, 14, 5, 0, 0, wib()),
	}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Error(diff)
	}
	if !two.Anonymous || !two.Secret || two.Class != complaint.Supervised || !two.ReportedAt.Equal(time.Date(2026, 1, 4, 0, 0, 0, 0, wib())) {
		t.Errorf("got %+v", two)
	}
	if len(g.asides) != 1 || g.asides[0].SourceID != "7000103" || !strings.Contains(g.asides[0].Detail, "as SP-1KAZ5T8M3Q0X4RD, and is not taken in once more") {
		t.Errorf("our own: %+v", g.asides)
	}
	if Definition().BringsFrom(b.set) != "lapor" {
		t.Error("nobody is warned that it brings what the platform has")
	}
}

func TestThePlatformsSpreadsheetSaysWhoIsAnonymous(t *testing.T) {
	const kind = "Tipe Laporan (Anonim/Rahasia)"
	b := newInbox(t, func(s *Settings) { s.Preset, s.Map = laporExport, nil })
	b.put("lapor.csv", strings.Replace(laporSheet, kind, "TIPE LAPORAN  (anonim/rahasia)", 1))
	if g := b.drain(""); g.ids() != "7000101 7000102" || !g.complaints[1].Anonymous || !g.complaints[1].Secret {
		t.Errorf("in other case: complaints %+v", g.complaints)
	}
	b.restart()
	b.put("lapor.csv", strings.Replace(laporSheet, kind, "Tipe", 1))
	if g := b.drain(""); len(g.complaints) != 0 || len(g.asides) != 1 || !strings.Contains(g.asides[0].Detail, `lacks the column "`+kind+`"`) {
		t.Errorf("without the column: complaints %s, set aside %+v", g.ids(), g.asides)
	}
}

func TestTheSheetOfAForm(t *testing.T) {
	titles := func(s *Settings) {
		s.Preset = googleForms
		s.Map = connectors.Mapping{"text": {From: "Isi laporan Anda"}, "reported_at": {From: "Stempel waktu"}, "reporter.phone": {From: "Nomor HP"}}
	}
	b := newInbox(t, titles)
	b.put("formulir.csv", formSheet)
	g := b.drain("")
	if len(g.complaints) != 2 || len(g.asides) != 0 {
		t.Fatalf("complaints %s, set aside %+v", g.ids(), g.asides)
	}
	if one := g.complaints[0]; one.SourceID != "03/01/2026 14:05:09/Lampu jalan di Ranai mati" || !one.ReportedAt.Equal(time.Date(2026, 1, 3, 14, 5, 9, 0, wib())) {
		t.Errorf("got %+v", one)
	}
	// A title changed without notice: nothing is taken in, and the operator is told which.
	renamed := strings.Replace(formSheet, "Isi laporan Anda", "Laporan Anda", 1)
	b.put("formulir.csv", renamed)
	if g = b.drain(g.next); len(g.complaints) != 0 || len(g.asides) != 1 || !strings.Contains(g.asides[0].Detail, `lacks the column "Isi laporan Anda"`) {
		t.Errorf("complaints %s, set aside %+v", g.ids(), g.asides)
	}
	received, err := openUpload(t, uploading(titles)).Receive.Receive(post(csvType, "formulir.csv", []byte(renamed)))
	if err != nil || received.Refuse == nil || received.Refuse.Field != "Isi laporan Anda" || string(received.SetAside[0].Raw) != renamed {
		t.Errorf("uploaded: %+v, %v", received.Refuse, err)
	}
}

func TestAPresetLeavesWhatIsGiven(t *testing.T) {
	s := defaults()
	s.Path, s.Preset, s.Map = "inbox", laporExport, connectors.Mapping{"text": {From: "Isi Laporan Akhir"}}
	must(t, s.Validate())
	if whole := s.whole(); whole.Map["text"].From != "Isi Laporan Akhir" || whole.Map["id"].From != "Tracking ID" || len(s.Map) != 1 {
		t.Errorf("got %+v", whole.Map)
	}
	s.Preset, s.Map = googleForms, connectors.Mapping{}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "map.text") || !strings.Contains(err.Error(), "map.id") {
		t.Errorf("a form without its question: %v", err)
	}
}
