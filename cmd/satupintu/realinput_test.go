package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// sharedFile is evaluation data that lies beside the project on some machines and never in it.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../../shared/data", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the evaluation file %s beside the project, which is not here", name)
	}
	return path
}

func TestRealInputArrivesOnceAndAgainAddsNothing(t *testing.T) {
	const rows = 1627
	file := sharedFile(t, "laporgub/complaints.csv")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRegion(t, "sqlite:natuna.db", `
  - { name: portal, kind: webhook, settings: { bearer: { env: PORTAL_TOKEN }, map: { id: ticket, text: message } } }
  - name: gubernur
    kind: spreadsheet
    every: 1s
    settings:
      path: inbox/*.csv
      quiet: 1s
      map:
        id: { expr: "src + '/' + no + '/' + waktu" }
        text: laporan
        reported_at: { from: waktu, layout: "02-01-2006 15:04" }
        category: kategori
`)
	r.write("inbox/pertama.csv", string(content))
	r.start()
	r.eventually(time.Minute, "the portal answers", func() bool { return r.post(`{"ticket": "1", "message": "lampu mati di Midai"}`) != "" })
	done := func() bool {
		l := r.audit()
		return l.Accepted+l.Refused >= rows+1 && l.Waiting == 0
	}
	r.eventually(2*time.Minute, "every row is accounted for", done)
	first := r.audit()
	if first.Accepted+first.Refused != rows+1 || first.Held != first.Reviews || first.Dead != 0 { // some tell what another told: linked, or asked about
		t.Errorf("of %d rows and one message: %+v", rows, first)
	}
	r.exactlyOnce(first.Delivered)

	// The same file again, under another name: every row is known.
	r.write("inbox/kedua.csv", string(content))
	r.eventually(time.Minute, "the copy is read", func() bool {
		return r.counter(`intake_complaints_total{connector="gubernur",result="known"}`) == float64(first.Accepted-1)
	})
	r.stop()
	if again := r.audit(); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("the same file again changed %+v into %+v", first, again)
	}
	r.exactlyOnce(first.Delivered)
	t.Logf("ledger: %+v", first)
}

func TestPreviewShowsAndStoresNothing(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	r.write("inbox/aduan.csv", sheetOf(3)+"K-9,kapan-kapan,Tanggal ini tidak terbaca\n")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(r.folder, "inbox/aduan.csv"), old, old); err != nil {
		t.Fatal(err)
	}
	code, out := r.run("preview", "kantor")
	if code != exitOK || !strings.Contains(out, "K-2") || !strings.Contains(out, "21030") || !strings.Contains(out, "aduan.csv row 5") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	code, out = r.run("preview", "kantor", "--json")
	var rows []previewed
	if err := json.Unmarshal([]byte(out), &rows); code != exitOK || err != nil || len(rows) != 4 || rows[0].Complaint.Text != "Baris 0: air keruh di Sedanau" {
		t.Errorf("exit %d, %v:\n%s", code, err, out)
	}
	if code, out = r.run("preview", "portal"); code != exitFailed || !strings.Contains(out, "not polled") {
		t.Errorf("exit %d: %s", code, out)
	}
	if l := r.audit(); fmt.Sprint(l) != fmt.Sprint(store.Ledger{Balanced: true}) {
		t.Errorf("a preview stored something: %+v", l)
	}
}
