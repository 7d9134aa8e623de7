package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	januarySheet  = "No,Waktu,Laporan\n1,3 Jan 2026,Lampu jalan di Ranai mati\n2,4 Jan 2026,Air PDAM di Sedanau keruh\n"
	februarySheet = "No,Waktu,Laporan\n1,2 Feb 2026,Jembatan di Serasan rusak\n2,4 Jan 2026,Air PDAM di Sedanau keruh sekali\n3,5 Feb 2026,Sampah menumpuk di Midai\n"
)

func TestNoComplaintOfTheNextMonthsSheetIsLostWithoutAWord(t *testing.T) {
	const sheets = `
  - name: kantor
    kind: spreadsheet
    every: 1s
    settings: { path: inbox/*.csv, quiet: 10ms, map: { id: No, text: Laporan, reported_at: Waktu } }
  - name: kecamatan
    kind: spreadsheet
    settings: { upload: { bearer: { env: PORTAL_TOKEN }, rate: 100/s }, map: { id: No, text: Laporan, reported_at: Waktu } }
`
	r := newRegion(t, "sqlite:natuna.db", sheets)
	r.write("inbox/januari.csv", januarySheet)
	r.write("inbox/februari.csv", februarySheet)
	r.eventually(30*time.Second, "preview says that an id comes twice", func() bool {
		_, out := r.run("preview", "kantor", "-n", "1")
		return strings.Contains(out, `2 complaints have the id of an earlier one and say something else, such as "1"`)
	})
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	r.eventually(30*time.Second, "both sheets of the folder are read", func() bool { l := r.audit(); return l.Accepted == 3 && l.Refused == 1 })
	if code, out := r.run("queue", "refused"); code != exitOK || !strings.Contains(out, "same_id") || !strings.Contains(out, ".csv row 2") {
		t.Errorf("exit %d: %s", code, out)
	}
	upload := func(sheet string) (told struct {
		TakenIn  int `json:"taken_in"`
		SetAside int `json:"set_aside"`
		Known    int
		Revised  int
		Problems []struct{ ID, Reason, Detail string }
	},
	) {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+r.intake+"/in/kecamatan", strings.NewReader(sheet))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "text/csv")
		request.Header.Set("Authorization", "Bearer "+portalToken)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(body, &told) != nil {
			t.Fatalf("%v: %d %s", err, response.StatusCode, body)
		}
		return told
	}
	if told := upload(januarySheet); told.TakenIn != 2 {
		t.Errorf("January: %+v", told)
	}
	if told := upload(januarySheet); told.Known != 2 || told.TakenIn != 0 {
		t.Errorf("January again: %+v", told)
	}
	told := upload(februarySheet)
	if told.TakenIn != 1 || told.Revised != 1 || told.SetAside != 1 || len(told.Problems) != 1 || told.Problems[0].Reason != "same_id" ||
		!strings.Contains(told.Problems[0].Detail, `id: { expr: "file + '/' + sheet + '/' + No" }`) {
		t.Errorf("February: %+v", told)
	}
	if n := r.counter(`intake_refused_total{connector="kecamatan",reason="same_id"}`); n != 1 {
		t.Errorf("%v are counted as set aside", n)
	}
	if code, out := r.run("queue", "revisions"); code != exitOK || strings.Count(out, "kecamatan") != 1 || !strings.Contains(out, "Air PDAM di Sedanau keruh sekali") {
		t.Errorf("exit %d: %s", code, out)
	}
	var revisions []struct{ Ref, Before, Text string }
	if _, out := r.run("queue", "revisions", "--json"); json.Unmarshal([]byte(out), &revisions) != nil || len(revisions) != 2 {
		t.Fatalf("revisions: %s", out)
	}
	if code, out := r.run("queue", "show", revisions[0].Ref); code != exitOK || !strings.Contains(out, "satupintu queue revisions "+revisions[0].Ref) {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := r.run("queue", "revisions", revisions[0].Ref); code != exitOK || strings.Count(out, "SP-") != 1 {
		t.Errorf("exit %d: %s", code, out)
	}
	if l := r.audit(); l.Accepted != 6 || l.Refused != 2 {
		t.Errorf("%+v", l)
	}
	r.stop()
}
