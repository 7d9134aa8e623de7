package lapor_test

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

const exported = complaint.Ref("SP-1KAZ5T8M3Q0X4RD")

var head = []any{
	"Tracking ID", "Tanggal Laporan Masuk", "Waktu Laporan Masuk", "Nama Pelapor", "Judul Laporan", "Isi Laporan Awal",
	"Isi Laporan Akhir", "Instansi Terdisposisi", "Status Laporan", "Alasan Tunda/Arsip",
}

func exportOf(t *testing.T, path string, edit func(*lapor.Settings)) (national.Export, error) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return open(t, always(500, ""), settings(edit)).Export.Export(t.Context(), file)
}

func wib(year int, month time.Month, day, hour, minute int) time.Time {
	return time.Date(year, month, day, hour, minute, 0, 0, time.FixedZone("WIB", 7*60*60))
}

func TestTheOfficialSpreadsheetIsRead(t *testing.T) {
	const clear = "Lampu jalan di simpang Sungai Ulu sudah tiga minggu mati."
	path := workbooktest.Rows(t,
		[]any{"Daftar Laporan"}, []any{"Instansi", "Pemerintah Kabupaten Natuna"}, []any{"Periode: 1 Jan 2026 - 31 Jan 2026"},
		[]any{"Tanggal unduh: 5 Februari 2026 09:30 WIB"}, nil, head,
		[]any{7654321, "3 Jan 2026", "14:05", "Budi Contoh", "Lampu", clear + "\n\n[Ref " + string(exported) + "]", "Lampu mati", "Dinas Perhubungan", "Dalam Proses", ""},
		[]any{"1234567", "4 Januari 2026", "08.10 WITA", "", "", clear, "", "Dinas &amp; PU", "Diarsipkan", "Bukan <b>wewenang</b>"},
		nil, head,
		[]any{"0012345", "5/1/2026", "", "", "", "", "<p>Air mati</p><p>[ref sp-1kaz5t8m3q0x4re]</p>", "", "Menunggu Rapat", ""},
		[]any{"22", "lusa", "", "", "", "Laporan rahasia ***", "", "", "", ""},
		[]any{"23", "6 Jan 2026", "", "", "", clear + "\n[Ref SP-1KAZ", "", "", "Selesai", ""},
		[]any{"24", "6 Jan 2026", "", "", "", clear + "\n[Ref LAIN-7]", "", "", "Selesai", ""},
		[]any{"Jumlah: 6"},
	)
	got, err := exportOf(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := national.Export{
		Made: wib(2026, 2, 5, 9, 30), From: wib(2026, 1, 3, 14, 5),
		Entries: []national.Entry{
			{Row: 7, TrackingID: "7654321", Ref: exported, Words: []string{national.Words(clear)}, Arrived: wib(2026, 1, 3, 14, 5), Status: complaint.InProgress, Raw: "Dalam Proses", Agency: "Dinas Perhubungan"},
			{Row: 8, TrackingID: "1234567", Clear: true, Arrived: wib(2026, 1, 4, 7, 10), Status: complaint.Archived, Raw: "Diarsipkan", Agency: "Dinas & PU", Why: "Bukan wewenang"},
			{Row: 11, TrackingID: "0012345", Ref: "SP-1KAZ5T8M3Q0X4RE", Words: []string{national.Words("air mati")}, Arrived: wib(2026, 1, 5, 0, 0), Status: complaint.Other, Raw: "Menunggu Rapat"},
			{Row: 12, TrackingID: "22"},
			{Row: 13, TrackingID: "23", Arrived: wib(2026, 1, 6, 0, 0), Status: complaint.Done, Raw: "Selesai"},
			{Row: 14, TrackingID: "24", Arrived: wib(2026, 1, 6, 0, 0), Status: complaint.Done, Raw: "Selesai"},
		},
		Notes: []string{"row 12 has no date that can be read", "row 15 has no tracking id of at most 10 digits: it is not read"},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A made-up date must never be later than the file was made: an absence would be taken for a proof.
func TestWhenAFileWasMadeIsNeverGuessedTooLate(t *testing.T) {
	row := []any{"7", "3 Jan 2026", "14:05", "", "", "", "", "", "", ""}
	for title, want := range map[string]time.Time{
		"Dibuat 24-11-2025":                   wib(2026, 1, 3, 14, 5),
		"Tanggal: 4 Januari 2026":             wib(2026, 1, 4, 0, 0),
		"2026-01-04 10:00":                    wib(2026, 1, 4, 10, 0),
		"Periode: 31 Jan 2026":                wib(2026, 1, 3, 14, 5),
		"1 Jan 2026 s.d. 31 Jan 2026":         wib(2026, 1, 3, 14, 5),
		"Tanggal: 4 Januari 2199":             wib(2026, 1, 3, 14, 5),
		"46040":                               wib(2026, 1, 3, 14, 5),
		"Laporan Januari: seluruh kecamatan":  wib(2026, 1, 3, 14, 5),
		"Kabupaten Natuna, 5 Feb 2026: rekap": wib(2026, 1, 3, 14, 5),
	} {
		got, err := exportOf(t, workbooktest.Rows(t, []any{title}, head, row), nil)
		if err != nil || !got.Made.Equal(want) {
			t.Errorf("%s: made %s, want %s, %v", title, got.Made, want, err)
		}
	}
}

func TestRowsOfOneComplaintAreOneEntry(t *testing.T) {
	marked := func(ref string) string { return "Lampu jalan mati di Ranai\n[Ref " + ref + "]" }
	got, err := exportOf(t, workbooktest.Rows(t, head,
		[]any{"1", "", "", "", "", marked(string(exported)), "", "Dinas A", "Selesai", ""},
		[]any{"1", "", "", "", "", marked(string(exported)), "", "Dinas B", "Selesai", ""},
		[]any{"2", "", "", "", "", marked(string(exported)), "", "", "Selesai", ""},
		[]any{"2", "", "", "", "", "", "", "", "Dalam Proses", ""},
		[]any{"3", "", "", "", "", marked(string(exported)), "", "", "Selesai", ""},
		[]any{"3", "", "", "", "", marked("SP-1KAZ5T8M3Q0X4RE"), "", "", "Selesai", ""},
	), nil)
	if err != nil || len(got.Entries) != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, want := range []national.Entry{
		{Raw: "Selesai", Status: complaint.Done}, {},
		{Raw: "Selesai", Status: complaint.Done, Disputed: true, Others: []complaint.Ref{"SP-1KAZ5T8M3Q0X4RE"}},
	} {
		e := got.Entries[i]
		if e.Raw != want.Raw || e.Status != want.Status || e.Disputed != want.Disputed || e.Ref != exported || !slices.Equal(e.Others, want.Others) {
			t.Errorf("entry %d is %+v", i, e)
		}
	}
}

// What is not read may be the very complaint somebody asks about: it is kept in mind, so that its absence proves nothing.
func TestWhatCannotBeReadIsKeptInMind(t *testing.T) {
	const clear = "Lampu jalan di simpang Sungai Ulu sudah tiga minggu mati."
	marked := clear + "\n[Ref " + string(exported) + "]"
	for name, c := range map[string]struct {
		row  []any
		want []national.Entry
	}{
		"no tracking id":             {[]any{"", "3 Jan 2026", "14:05", "", "", marked}, []national.Entry{{Row: 3, Ref: exported, Words: []string{national.Words(clear)}, Arrived: wib(2026, 1, 3, 14, 5)}}},
		"a prefix":                   {[]any{"LPR-7654321", "3 Jan 2026", "14:05", "", "", marked}, []national.Entry{{Row: 3, Ref: exported, Words: []string{national.Words(clear)}, Arrived: wib(2026, 1, 3, 14, 5)}}},
		"11 digits":                  {[]any{"76543210123", "", "", "", "", "Lampu mati", marked}, []national.Entry{{Row: 3, Ref: exported, Words: []string{national.Words(clear)}}}},
		"a masked text":              {[]any{"LPR-7", "3 Jan 2026", "", "", "", "Laporan rahasia ***"}, []national.Entry{{Row: 3, Arrived: wib(2026, 1, 3, 0, 0)}}},
		"no text, and a date":        {[]any{"LPR-7", "3 Jan 2026", "", "", "", ""}, []national.Entry{{Row: 3, Arrived: wib(2026, 1, 3, 0, 0)}}},
		"a whole text of others":     {[]any{"LPR-7", "3 Jan 2026", "", "", "", clear}, nil},
		"a sum":                      {[]any{"Jumlah: 6"}, nil},
		"a sum in the second column": {[]any{"", "", "", "Jumlah", "6"}, nil},
	} {
		got, err := exportOf(t, workbooktest.Rows(t, head, []any{"7", "2 Jan 2026", "", "", "", clear}, c.row), nil)
		if err != nil || len(got.Entries) != 1 || !got.From.Equal(wib(2026, 1, 2, 0, 0)) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if diff := cmp.Diff(c.want, got.Unread, cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// What we sent is known by its words whatever was added to it, and whatever the platform made of its lines.
func TestWhatWasSentIsKnownByItsWords(t *testing.T) {
	for name, edit := range map[string]func(*lapor.Settings, *national.Submission){
		"plain":      func(*lapor.Settings, *national.Submission) {},
		"a place":    func(s *lapor.Settings, _ *national.Submission) { s.WritePlace = true },
		"an earlier": func(_ *lapor.Settings, s *national.Submission) { s.Earlier = "7654321" },
		"a photo that was not had": func(_ *lapor.Settings, s *national.Submission) {
			s.Complaint.Missing = 2
		},
		"all": func(set *lapor.Settings, s *national.Submission) {
			set.WritePlace, s.Earlier, s.Complaint.Missing, s.Files = true, "7654321", 1, []national.File{attached("b", "", "", "")}
		},
		"his own words like ours": func(set *lapor.Settings, s *national.Submission) {
			set.WritePlace, s.Complaint.Text = true, "Lampu mati.\n\nLokasi: simpang Ranai\n\nCatatan: 3 lampiran menyusul"
		},
	} {
		s, wire := lamp(), always(200, `{"complaint_id":1}`)
		platform := open(t, wire, settings(func(given *lapor.Settings) { edit(given, &s) }))
		if _, err := platform.Submit.Submit(t.Context(), s, uploadedOnly{recorded{"upload b": ""}}); err != nil {
			t.Fatal(err)
		}
		var sent struct{ Content string }
		if err := json.Unmarshal(wire.bodies[0], &sent); err != nil {
			t.Fatal(err)
		}
		page := "<p>" + strings.ReplaceAll(html.EscapeString(sent.Content), "\n\n", "</p><p>") + "</p>"
		for _, shown := range []string{sent.Content, page, strings.Join(strings.Fields(sent.Content), " ")} {
			got, err := exportOf(t, workbooktest.Rows(t, head, []any{"7", "", "", "", "", shown}), nil)
			if err != nil || len(got.Entries) != 1 || !slices.Contains(got.Entries[0].Words, national.Words(s.Complaint.Text)) {
				t.Errorf("%s: not known in %q: %+v, %v", name, shown, got.Entries, err)
			}
		}
	}
	if national.Words("Lampu di Ranai mati") == national.Words("Lampu di Midai mati") || national.Words(" -- ") != "" {
		t.Error("other words are the same")
	}
}

// A reference that stands beside the complaint's own, in a quoted text or in what the platform made of it, is no other entry's.
func TestReferencesBesideAComplaintsOwnAreNamed(t *testing.T) {
	const quoted, merged = complaint.Ref("SP-1KAZ5T8M3Q0X4RA"), complaint.Ref("SP-1KAZ5T8M3Q0X4RB")
	got, err := exportOf(t, workbooktest.Rows(t, head, []any{"7", "", "", "", "",
		"Seperti [Ref " + string(quoted) + "] yang lalu\n[Ref " + string(exported) + "]", "Digabung:\n[Ref " + string(merged) + "]\n[Ref " + string(exported) + "]"}), nil)
	if err != nil || len(got.Entries) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if e := got.Entries[0]; e.Ref != exported || e.Disputed || !slices.Equal(e.Others, []complaint.Ref{quoted, merged}) {
		t.Errorf("got %+v", e)
	}
}

func TestColumnsThatAreMissingOrStrangeAreNamed(t *testing.T) {
	got, err := exportOf(t, workbooktest.Rows(t,
		[]any{" tracking  id", "STATUS LAPORAN", "Nomor Urut"}, []any{"7", "Selesai", "1"},
	), nil)
	if err != nil || len(got.Entries) != 1 || got.Entries[0].Status != complaint.Done || got.Entries[0].Clear {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := []string{
		"columns that are missing: Tanggal Laporan Masuk, Waktu Laporan Masuk, Isi Laporan Awal, Isi Laporan Akhir, Instansi Terdisposisi, Alasan Tunda/Arsip",
		"columns that are not known, and not read: Nomor Urut",
	}
	if diff := cmp.Diff(want, got.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestAWrongFileIsExplained(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, path := range map[string]string{
		"this is not the official spreadsheet": workbooktest.Rows(t, []any{"No", "Laporan"}, []any{"1", "rahasia"}),
		"save it as XLSX without a password":   write("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"),
		"the file is no whole XLSX file":       write("<html>Silakan masuk</html>"),
		"the file is damaged":                  workbooktest.Zip(t, t.TempDir(), map[string]string{"_rels/.rels": "<x/>", "xl/workbook.xml": "<workbook/>"}),
	} {
		if got, err := exportOf(t, path, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "rahasia") {
			t.Errorf("got %+v, %v; want %q", got, err, want)
		}
	}
}

func TestSheetsWithTheHeaderAreAllRead(t *testing.T) {
	path := workbooktest.Make(t, func(f *excelize.File) {
		for i, name := range []string{"Sheet1", "Lanjutan", "Catatan", "Arsip"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			rows := [][]any{head, {i + 1, "3 Jan 2026"}}
			if name == "Catatan" {
				rows = [][]any{{"Catatan"}, {"77", "Budi Contoh"}}
			}
			for n, row := range rows {
				cell, err := excelize.CoordinatesToCellName(1, n+1)
				if err != nil {
					t.Fatal(err)
				}
				if err := f.SetSheetRow(name, cell, &row); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := f.SetSheetVisible("Arsip", false); err != nil {
			t.Fatal(err)
		}
	})
	got, err := exportOf(t, path, nil)
	if err != nil || len(got.Entries) != 2 || got.Entries[0].TrackingID != "1" || got.Entries[1].TrackingID != "2" {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(got.Unread) != 1 || got.Unread[0].Row != 0 || len(got.Notes) != 1 || !strings.HasPrefix(got.Notes[0], "sheet 3 has rows") {
		t.Errorf("of a sheet that nobody knows it says %+v, %q", got.Unread, got.Notes)
	}
}

// Whatever the cells hold, reading ends with entries that can be used.
func FuzzTheExport(f *testing.F) {
	f.Add("7654321", "3 Jan 2026", "14:05", "Lampu mati\n[Ref SP-1KAZ5T8M3Q0X4RD]", "Selesai", "Tanggal: 5 Jan 2026")
	f.Add("#1", "46025", "0.5", "<p>[Ref ", "\x00", ":")
	f.Add("=1+1", "", "", strings.Repeat("x", 40_000), strings.Repeat("y", 100), "Periode")
	f.Fuzz(func(t *testing.T, id, day, hour, text, status, title string) {
		path := workbooktest.Rows(t, []any{title}, head, []any{id, day, hour, "Budi Contoh", "", text, "", status, status, status})
		got, err := exportOf(t, path, nil)
		if err != nil && !strings.Contains(err.Error(), "save") { // signs no spreadsheet can hold
			t.Fatal(err)
		}
		for _, e := range got.Entries {
			if slices.Contains(e.Others, e.Ref) || strings.Trim(e.TrackingID, "0123456789") != "" || len(e.TrackingID) > 10 || len([]rune(e.Raw)) > 80 || e.Ref != "" && e.Clear {
				t.Errorf("got %+v", e)
			}
		}
		if got.Made.After(time.Now()) {
			t.Errorf("made %s", got.Made)
		}
	})
}
