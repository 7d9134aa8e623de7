package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national"
)

// The runbook's restore: what was forwarded after the copy was made comes in once more under a new reference, and the official
// spreadsheet keeps it from being filed twice.
func TestWhatComesInAgainAfterARestoreIsNotFiledTwice(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	r.post(`{"ticket": "1", "message": "Lampu di Ranai mati sejak kemarin malam"}`)
	r.eventually(30*time.Second, "the first is delivered", func() bool { return r.audit().Delivered == 1 })
	r.stop()
	backup := map[string][]byte{}
	for _, name := range databaseFiles(t, r.folder) {
		content, err := os.ReadFile(filepath.Join(r.folder, name))
		if err != nil {
			t.Fatal(err)
		}
		backup[name] = content
	}
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	const told = `{"ticket": "2", "message": "Jembatan di Sungai Ulu rusak berat, hubungi 081234567890"}`
	before := r.post(told)
	r.eventually(30*time.Second, "the second is delivered", func() bool { return r.audit().Delivered == 2 })
	r.stop()

	for _, name := range databaseFiles(t, r.folder) {
		if err := os.Remove(filepath.Join(r.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range backup {
		r.write(name, string(content))
	}
	order := func(want string, args ...string) {
		t.Helper()
		code, out := r.run(args...)
		if flat := strings.Join(strings.Fields(out), " "); code != exitOK || !strings.Contains(flat, want) || strings.Contains(out, "Jembatan") {
			t.Errorf("%v: exit %d, no %q in\n%s", args, code, want, out)
		}
	}
	order("", "queue", "pause", "--reason", "restored")
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	again := r.post(told)
	other := r.post(`{"ticket": "3", "message": "Air di Midai keruh sejak hari Senin"}`)
	r.eventually(30*time.Second, "both are decided", func() bool { return len(r.queue("ready")) == 2 })
	ticket := r.sim.ByMarker(before)[0]
	order("conflict "+again+" "+ticket.TrackingID, "import", "lapor-export", exportOf(t, r.sim), "--restored")
	order("", "queue", "resume")
	r.eventually(30*time.Second, "the other is delivered", func() bool { return len(r.sim.ByMarker(other)) == 1 && len(r.queue("ready,leased")) == 0 })
	if l := r.audit(); l.Held != 1 || l.Delivered != 2 {
		t.Errorf("the ledger is %+v", l)
	}
	order("", "queue", "resolve", again, "--sent", ticket.ID, "--tracking", ticket.TrackingID)
	r.stop()
	if l := r.audit(); l.Delivered != 3 || !l.Balanced {
		t.Errorf("the ledger is %+v", l)
	}
	filed := 0
	for _, c := range r.sim.Complaints() {
		if text, _, _ := strings.Cut(c.Content, "[Ref"); national.Words(text) == national.Words("Jembatan di Sungai Ulu rusak berat, hubungi [telepon dihapus]") {
			filed++
		}
	}
	if filed != 1 {
		t.Errorf("it is at the platform %d times", filed)
	}
}

func databaseFiles(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "natuna.db*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%v: no database in %s", err, folder)
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	return names
}
