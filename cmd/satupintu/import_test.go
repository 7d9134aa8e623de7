package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/reconcile"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

// natunaReport has a line of each kind.
func natunaReport() reconcile.Report {
	at := time.Date(2026, 11, 24, 1, 5, 0, 0, time.UTC)
	return reconcile.Report{
		From: at.Add(-48 * time.Hour), AsOf: at.Add(2 * time.Hour), Entries: 6, Same: 3,
		Notes: []string{"columns that are missing: Waktu Laporan Masuk"},
		Lines: []reconcile.Line{
			{Kind: reconcile.Found, Ref: "SP-1KAZ5T8M3Q0X401", TrackingID: "7654321", Was: "received", Status: "Dalam Proses", At: at, Agency: "Dinas Perhubungan"},
			{Kind: reconcile.NotSent, Ref: "SP-1KAZ5T8M3Q0X402", Was: "received", At: at},
			{Kind: reconcile.Unknown, Ref: "SP-1KAZ5T8M3Q0X403", Was: "received", At: at, Why: "it went out too late to be sure to be in the list"},
			{Kind: reconcile.Conflict, Ref: "SP-1KAZ5T8M3Q0X404", Was: "received", At: at, Why: "the platform has it as 1, 2: a person must say which one stays"},
			{Kind: reconcile.Refreshed, Ref: "SP-1KAZ5T8M3Q0X405", TrackingID: "7654322", Was: "Terdisposisi", Status: "Selesai", At: at, Agency: "=Dinas\tPekerjaan Umum"},
			{Kind: reconcile.OnlyHere, Ref: "SP-1KAZ5T8M3Q0X406", Was: "Terdisposisi", At: at},
			{Kind: reconcile.OnlyThere, TrackingID: "7654323", Status: "Selesai", At: at},
			{Kind: reconcile.OnlyThere, TrackingID: "7654324", Status: "Selesai"},
		},
	}
}

func TestTheReportOfAnImport(t *testing.T) {
	wib := time.FixedZone("WIB", 7*60*60)
	var table, sheet bytes.Buffer
	if err := printReport(&table, natunaReport(), wib, importFlags{most: 1, dryRun: true}); err != nil {
		t.Fatal(err)
	}
	if err := reportCSV(&sheet, natunaReport(), wib); err != nil {
		t.Fatal(err)
	}
	golden(t, "import.txt", table.Bytes())
	golden(t, "import.csv", sheet.Bytes())
}

// golden compares with a file of testdata; UPDATE_GOLDEN=1 writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

// exportOf is the official spreadsheet of what a simulated platform holds.
func exportOf(t *testing.T, sim *simulator.Simulator, skip ...string) string {
	t.Helper()
	zone := time.FixedZone("WIB", 7*60*60)
	rows := [][]any{
		{"Daftar Laporan"}, {"Tanggal: " + time.Now().In(zone).Format("02-01-2006 15:04:05")},
		{"Tracking ID", "Tanggal Laporan Masuk", "Waktu Laporan Masuk", "Nama Pelapor", "Isi Laporan Awal", "Isi Laporan Akhir", "Instansi Terdisposisi", "Status Laporan", "Alasan Tunda/Arsip"},
		{"1", time.Now().In(zone).AddDate(0, 0, -7).Format("2 Jan 2006"), "08:00", "Budi Contoh", "Jalan di Sedanau rusak berat", "", "Dinas Pekerjaan Umum", "Selesai", ""},
	}
	for _, c := range sim.Complaints() {
		if at := c.CreatedAt.In(zone); !strings.Contains(strings.Join(skip, " "), c.ID) {
			rows = append(rows, []any{c.TrackingID, at.Format("2 Jan 2006"), at.Format("15:04:05"), c.Name, c.Content, "", c.Holder.Name, "Dalam Proses", ""})
		}
	}
	return workbooktest.Rows(t, rows...)
}

// The whole way: an outcome only the export can tell is held and says so; the import settles it, and the channel hears.
func TestTheOfficialExportSettlesWhatNothingElseCan(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	good, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	r.write("gateway.yaml", strings.Replace(string(good), "lookup: search", "lookup: export", 1))
	if err := r.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{
		{Call: simulator.CallCreate, Fault: simulator.ServerErrorAfter, Word: "hilang"},
		{Call: simulator.CallCreate, Fault: simulator.ServerErrorBefore, Word: "gagal", Next: 1},
	}}); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	there, absent := r.post(`{"ticket": "1", "message": "lampu di Ranai mati, jawabannya hilang"}`), r.post(`{"ticket": "2", "message": "air di Midai keruh, gagal dikirim"}`)
	delivered := r.post(`{"ticket": "3", "message": "jembatan di Sungai Ulu rusak"}`)
	r.eventually(30*time.Second, "two are held, one is delivered", func() bool { l := r.audit(); return l.Held == 2 && l.Delivered == 1 })
	_, story := r.run("queue", "show", there)
	if !strings.Contains(story, "satupintu import lapor-export FILE.xlsx") {
		t.Errorf("nobody says what to do:\n%s", story)
	}
	must := func(want int, args ...string) string {
		t.Helper()
		code, out := r.run(args...)
		if code != want {
			t.Errorf("%v: exit %d, want %d: %s", args, code, want, out)
		}
		for _, private := range []string{"Budi", "Contoh", "Sedanau", "jawabannya", "keruh"} {
			if strings.Contains(out, private) {
				t.Errorf("%v says %q:\n%s", args, private, out)
			}
		}
		return out
	}
	said := func(out string, want ...string) {
		t.Helper()
		flat := strings.Join(strings.Fields(out), " ")
		for _, w := range want {
			if !strings.Contains(flat, w) {
				t.Errorf("no %q in\n%s", w, out)
			}
		}
	}
	file := exportOf(t, r.sim)
	out := must(exitOK, "import", "lapor-export", file, "--dry-run")
	said(out, "found "+there, "unknown "+absent, "proves nothing", "refreshed "+delivered, "only there - 1 ", "--dry-run: nothing was changed")
	if l := r.audit(); l.Held != 2 {
		t.Errorf("a dry run changed the ledger: %+v", l)
	}
	csv := filepath.Join(r.folder, "beda.csv")
	said(must(exitOK, "import", "lapor-export", file, "--csv", csv), "found "+there, "unknown "+absent)
	if l := r.audit(); l.Held != 1 || l.Delivered != 2 || !l.Balanced {
		t.Errorf("the ledger is %+v", l)
	}
	whole, err := os.ReadFile(csv)
	if err != nil || strings.Count(string(whole), "\n") != 5 || strings.Contains(string(whole), "Budi") {
		t.Errorf("%v: %s", err, whole)
	}
	if again := must(exitFailed, "import", "lapor-export", file, "--csv", csv); !strings.Contains(again, "exists") {
		t.Error(again)
	}
	said(must(exitOK, "import", "lapor-export", file), "found 0", "refreshed 0", "nothing new 2")
	_, story = r.run("queue", "show", there)
	said(story, "tracking id "+r.sim.ByMarker(there)[0].TrackingID, "in_progress (Dalam Proses)")

	said(must(exitOK, "import", "lapor-export", file, "--complete"), "unknown "+absent, "too late to be sure")
	must(exitUsage, "import", "lapor-export", file, "--as-of", "besok")
	must(exitUsage, "import", "lapor-export", file, "--as-of", "2199-01-01")
	must(exitUsage, "import", "lapor-export")
	must(exitFailed, "import", "lapor-export", filepath.Join(r.folder, "gateway.yaml"))
	r.eventually(30*time.Second, "the time to settle is over", func() bool {
		_, out := r.run("import", "lapor-export", exportOf(t, r.sim), "--complete", "--dry-run", "--from", "2026-01-01")
		return strings.Contains(strings.Join(strings.Fields(out), " "), "not sent "+absent)
	})
	said(must(exitOK, "import", "lapor-export", exportOf(t, r.sim), "--complete"), "not sent "+absent)
	r.eventually(30*time.Second, "the absent one is sent again", func() bool { return r.audit().Delivered == 3 })
	for _, ref := range []string{there, absent, delivered} {
		if n := len(r.sim.ByMarker(ref)); n != 1 {
			t.Errorf("%s is %d times at the platform", ref, n)
		}
	}
	r.stop()
}

func TestNoCellOfThePlatformsIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "-5": "'-5", "Dinas": "Dinas", "": "", string(complaint.Done): "done"} {
		if got := noFormula(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}
