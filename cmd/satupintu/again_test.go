package main

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
)

// What a wrong map had set aside is delivered, once, when map is corrected and the operator says so: beside the running gateway,
// with everything sealed, however often it is said and though the file is read again afterwards.
func TestWhatAWrongMapSetAsideIsDeliveredOnceItIsCorrected(t *testing.T) {
	t.Setenv("NATUNA_KEY", strings.Repeat("kunci-natuna-", 4))
	r := newRegion(t, "sqlite:natuna.db", `
  - name: kantor
    kind: spreadsheet
    every: 1s
    settings: { path: inbox/*.csv, quiet: 10ms, map: { id: No, text: Catatan, reported_at: Waktu } }
`)
	r.edit("delivery:\n", "privacy: { key: { env: NATUNA_KEY } }\ndelivery:\n")
	const sheet = "No,Waktu,Laporan,Catatan\n1,3 Jan 2026,Lampu jalan di Ranai mati,\n2,4 Jan 2026,Air PDAM di Sedanau keruh,\n3,5 Jan 2026,,\n"
	file := r.write("inbox/aduan.csv", sheet)
	again := func(flags ...string) (found relay.Again) {
		code, out := r.run(append([]string{"queue", "refused", "--again", "kantor", "--json"}, flags...)...)
		if err := json.Unmarshal([]byte(out), &found); err != nil || code != exitOK {
			t.Fatalf("exit %d, %v: %s", code, err, out)
		}
		return found
	}
	r.start()
	r.eventually(30*time.Second, "every row is set aside", func() bool { return r.ready() && r.audit().Refused == 3 })
	if found := again(); found.TakenIn != 0 || found.Unfit != 3 || len(found.First) != 3 || found.First[0].Detail != "Catatan (text): is missing" {
		t.Errorf("with the wrong map: %+v", found)
	}

	const loaded = "config_last_reload_success_timestamp_seconds"
	before := r.counter(loaded)
	r.edit("text: Catatan", "text: Laporan")
	if err := r.running.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.eventually(30*time.Second, "the correction is in force", func() bool { return r.counter(loaded) > before })
	if found := again("--dry-run"); found.TakenIn != 2 || found.Unfit != 1 {
		t.Errorf("it would be: %+v", found)
	}
	if l := r.audit(); l.Accepted != 0 || l.Refused != 3 {
		t.Errorf("after a dry run: %+v", l)
	}
	code, out := r.run("queue", "refused", "--again", "kantor")
	for _, says := range []string{"SET ASIDE BY kantor", "came in 2", "were known already 0", "still do not fit 1", "aduan.csv row 4", "Laporan (text): is missing"} {
		if code != exitOK || !strings.Contains(strings.Join(strings.Fields(out), " "), says) {
			t.Errorf("exit %d, and it does not say %q:\n%s", code, says, out)
		}
	}
	if found := again(); found.TakenIn+found.Known != 0 || found.Unfit != 1 {
		t.Errorf("a second time: %+v", found)
	}
	delivered := func() bool { l := r.audit(); return l.Delivered == 2 && l.Waiting == 0 }
	r.eventually(30*time.Second, "both are at the platform", delivered)

	r.write("inbox/aduan.csv", strings.Replace(sheet, "5 Jan 2026,,", "5 Jan 2026,Sampah menumpuk di Midai,", 1)) // the office filled it in
	later := time.Now().Add(-time.Minute)
	if err := os.Chtimes(file, later, later); err != nil {
		t.Fatal(err)
	}
	r.eventually(30*time.Second, "the file is read again", func() bool { l := r.audit(); return l.Accepted == 3 && l.Delivered == 3 })
	if l := r.audit(); l.Refused != 1 {
		t.Errorf("%+v", l)
	}
	r.exactlyOnce(3)
	if _, out := r.run("queue", "revisions"); strings.Contains(out, "kantor") {
		t.Errorf("what was read twice is a revision: %s", out)
	}
	r.stop()
}

// Of a sheet that does not fit nothing is kept: it is said that it comes by itself, and it does.
func TestASheetThatCannotBeReadAgainComesByItself(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", `
  - name: kantor
    kind: spreadsheet
    every: 1s
    settings: { path: inbox/*.csv, quiet: 10ms, map: { id: No, text: Laporan, reported_at: Waktu } }
`)
	r.write("inbox/aduan.csv", "No,Waktu,Isi\n1,3 Jan 2026,Lampu jalan di Ranai mati\n")
	r.start()
	r.eventually(30*time.Second, "the sheet is set aside", func() bool { return r.ready() && r.audit().Refused == 1 })
	if code, out := r.run("queue", "refused", "--again", "kantor"); code != exitOK || !strings.Contains(out, "cannot be read again  1") || !strings.Contains(out, "read again by itself") {
		t.Errorf("exit %d: %s", code, out)
	}
	r.edit("text: Laporan", "text: Isi")
	if err := r.running.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.eventually(30*time.Second, "the sheet is read", func() bool { return r.audit().Accepted == 1 })
	r.stop()
}

func TestReadingAgainIsCalledRightly(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", "  - { name: portal, kind: webhook, settings: { bearer: { env: PORTAL_TOKEN }, map: { id: id, text: isi } } }")
	for _, call := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--again", "kantor"}, exitUsage, `no channel "kantor"; it has portal`},
		{[]string{"--again", ""}, exitUsage, "name the channel"},
		{[]string{"--dry-run"}, exitUsage, "name the channel"},
		{[]string{"--again", "portal"}, exitOK, "came in"},
	} {
		if code, out := r.run(append([]string{"queue", "refused"}, call.args...)...); code != call.code || !strings.Contains(out, call.says) {
			t.Errorf("%q: exit %d: %s", call.args, code, out)
		}
	}
}
