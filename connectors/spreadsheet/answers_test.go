package spreadsheet

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// toldIn are the rows of a file of answers.
func toldIn(t testing.TB, folder, name string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	must(t, err)
	parsed, err := (twinStyle{comma: ';'}).parse(content)
	must(t, err)
	var lines []string
	for _, row := range parsed.rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	return lines
}

// answering is an inbox whose answers are written, with what the gateway kept of each complaint.
type answering struct {
	*inbox
	sent map[complaint.Ref]string // the file each came from
	connectors.Connector
}

func newAnswering(t *testing.T, change ...func(*Settings)) *answering {
	t.Helper()
	a := &answering{inbox: newInbox(t, append(change, func(s *Settings) { s.Answers = true })...), sent: map[complaint.Ref]string{}}
	a.reopen()
	return a
}

// reopen is another gateway on the same folder.
func (a *answering) reopen() {
	a.t.Helper()
	opened, err := Definition().Open(connectors.Env{
		Name: "kantor-camat", Zone: wib(), Log: slog.New(slog.NewTextHandler(&a.log, nil)),
		Sent: func(_ context.Context, ref complaint.Ref) (complaint.Payload, error) {
			if a.sent[ref] == "" {
				return complaint.Payload{}, nil
			}
			return complaint.Payload{Type: "application/json", Body: fmt.Appendf(nil, `{"file":%q,"row":"3"}`, a.sent[ref])}, nil
		},
	}, a.set)
	must(a.t, err)
	a.Connector = opened
	a.t.Cleanup(func() { must(a.t, opened.Close()) })
}

func news(ref string, seq int64) connectors.StatusChange {
	return connectors.StatusChange{
		Ref: complaint.Ref(ref), SourceID: "7", Seq: seq, Status: complaint.InProgress, Note: "Petugas menuju Sedanau", Agency: "Dinas Perhubungan",
		TrackingID: "7000123", At: time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC),
	}
}

func (a *answering) tell(changes ...connectors.StatusChange) {
	a.t.Helper()
	for _, change := range changes {
		must(a.t, a.WriteStatus.WriteStatus(a.t.Context(), change))
	}
}

func TestTheSuiteOfAFolderWithAnswers(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
		dir := filepath.Join(t.TempDir(), "inbox")
		must(t, os.Mkdir(dir, 0o755))
		files, complaints := 0, 0
		return connectortest.Channel{
			Open: func(env connectors.Env) (connectors.Connector, error) {
				s := defaults()
				s.Path, s.Answers = config.Path(dir), true
				s.Map = connectors.Mapping{"id": {From: "No"}, "text": {From: "Laporan"}}
				return Definition().Open(env, s)
			},
			Break: func() { must(t, os.RemoveAll(dir)) },
			Told:  func() []string { return toldIn(t, dir, loneTwin) },
			Add: func(t testing.TB, n int) {
				files++
				path := filepath.Join(dir, fmt.Sprintf("aduan-%d.csv", files))
				old := time.Now().Add(time.Duration(files)*time.Second - time.Hour)
				must(t, os.WriteFile(path, []byte(rows(complaints+1, complaints+n)), 0o644), os.Chtimes(path, old, old))
				complaints += n
			},
		}
	}})
}

func TestAnswersStandBesideTheFileTheyAreAbout(t *testing.T) {
	a := newAnswering(t)
	a.put("aduan.xlsx", "the original")
	a.sent["SP-1"], a.sent["SP-2"], a.sent["SP-3"] = "aduan.xlsx", "aduan.xlsx", "lain.csv"
	a.tell(news("SP-1", 1), news("SP-2", 1), news("SP-3", 1), news("SP-4", 1))
	content, err := os.ReadFile(filepath.Join(a.dir, "aduan.jawaban.csv"))
	must(t, err)
	want := "\ufeffid;ref;status;catatan;instansi;nomor LAPOR;waktu;perubahan\r\n" +
		"7;SP-1;sedang diproses;Petugas menuju Sedanau;Dinas Perhubungan;7000123;2026-01-03 14:05;1\r\n" +
		"7;SP-2;sedang diproses;Petugas menuju Sedanau;Dinas Perhubungan;7000123;2026-01-03 14:05;1\r\n"
	if diff := cmp.Diff(want, string(content)); diff != "" {
		t.Error(diff)
	}
	if len(toldIn(t, a.dir, "lain.jawaban.csv")) != 1 || len(toldIn(t, a.dir, loneTwin)) != 1 {
		t.Error("the others have none")
	}
	original, err := os.ReadFile(filepath.Join(a.dir, "aduan.xlsx"))
	entries, err2 := os.ReadDir(a.dir)
	must(t, err, err2)
	if string(original) != "the original" || len(entries) != 5 { // and the lock
		t.Errorf("the original is %q among %d files", original, len(entries))
	}
}

func TestAComplaintHasOneRowAndTheLastWord(t *testing.T) {
	a := newAnswering(t)
	done := news("SP-1", 2)
	done.Status, done.Note = complaint.Done, "Sudah diperbaiki"
	a.tell(news("SP-1", 1), news("SP-2", 1), done)
	a.reopen()
	file := filepath.Join(a.dir, loneTwin)
	before, err := os.Stat(file)
	must(t, err)
	a.tell(done, news("SP-1", 1)) // once more after a crash, and one that came late
	after, err := os.Stat(file)
	must(t, err)
	told := toldIn(t, a.dir, loneTwin)
	if len(told) != 2 || !strings.HasPrefix(told[0], "7|SP-1|selesai|Sudah diperbaiki|") || !os.SameFile(before, after) {
		t.Errorf("the file has %q; written again: %t", told, !os.SameFile(before, after))
	}
}

func TestAnswersAreNeverReadAsComplaints(t *testing.T) {
	a := newAnswering(t, func(s *Settings) {
		s.Path += "/*"
		s.Map = connectors.Mapping{"id": {From: "id"}, "text": {From: "catatan"}}
	})
	a.sent["SP-1"] = "aduan.xlsx"
	a.tell(news("SP-1", 1), news("SP-2", 1))
	for _, name := range []string{"aduan.jawaban.csv", loneTwin} {
		a.age(name, time.Hour)
	}
	a.put("ADUAN.JAWABAN.CSV", "id,catatan\n1,Lampu mati\n")
	if g := a.drain(""); len(g.complaints)+len(g.asides) != 0 {
		t.Errorf("read %s, set aside %s", g.ids(), g.wheres())
	}
}

func TestWhatPeopleAddToAnswersStays(t *testing.T) {
	a := newAnswering(t)
	file := filepath.Join(a.dir, loneTwin)
	// As Excel saves it elsewhere: with commas, another encoding, a column of the office's own, and columns moved.
	must(t, os.WriteFile(file, []byte("petugas,ref,id,status,catatan,instansi,nomor LAPOR,waktu,perubahan\r\n"+
		"Bu Siti,SP-1,7,diteruskan,Caf\xe9,x,,2026-01-03 14:05,1\r\nPak Amir,SP-9,8,selesai,,x,,,3\r\n"), 0o644))
	a.tell(news("SP-1", 2))
	want := []string{"Bu Siti|SP-1|7|sedang diproses|Petugas menuju Sedanau|Dinas Perhubungan|7000123|2026-01-03 14:05|2", "Pak Amir|SP-9|8|selesai||x|||3"}
	if diff := cmp.Diff(want, toldIn(t, a.dir, loneTwin)); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatIsNotOursIsNotOverwritten(t *testing.T) {
	a := newAnswering(t)
	file := filepath.Join(a.dir, loneTwin)
	for _, content := range []string{"No,Laporan\n1,Lampu mati\n", "id;ref\n", "\"", "\x00\x01"} {
		must(t, os.WriteFile(file, []byte(content), 0o644))
		err := a.WriteStatus.WriteStatus(t.Context(), news("SP-1", 1))
		got := retry.Of(err)
		if err == nil || got.Verdict != retry.Transient || !strings.Contains(err.Error(), "move it elsewhere") {
			t.Errorf("%q: %v", content, err)
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != content {
			t.Errorf("%q became %q, %v", content, now, err)
		}
	}
}

func TestAHugeFileOfAnswersIsNotReadWhole(t *testing.T) {
	folders := map[string]func(t *testing.T) *answering{
		"a folder": func(t *testing.T) *answering { return newAnswering(t) },
		"a server": func(t *testing.T) *answering {
			server := startSSHD(t)
			a := newAnswering(t, func(s *Settings) { s.Path, s.SFTP = "", server.account("*.csv") })
			a.dir = server.home
			return a
		},
	}
	for name, begin := range folders {
		t.Run(name, func(t *testing.T) {
			a := begin(t)
			file := filepath.Join(a.dir, loneTwin)
			must(t, os.WriteFile(file, nil, 0o644))
			must(t, os.Truncate(file, 64<<30)) // a hole, which takes no room on the disk
			err := a.WriteStatus.WriteStatus(t.Context(), news("SP-1", 1))
			if err == nil || !strings.Contains(err.Error(), "is too large to be kept up to date; move it elsewhere") {
				t.Errorf("told: %v", err)
			}
		})
	}
	whole := limited{most: 3}
	if _, err := whole.Write([]byte("abc")); err != nil {
		t.Error(err)
	}
	if _, err := whole.Write([]byte("d")); !errors.Is(err, errLargeTwin) || whole.String() != "abc" {
		t.Errorf("of a file that grew %q is kept, %v", whole.String(), err)
	}
}

func TestFormulasAreMadeHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+62812": "'+62812", "-5": "'-5", "@SUM(A1)": "'@SUM(A1)", "  =1": "'=1", "\t=1": "'=1", "\"=1": "\"'=1", "＝1": "'＝1",
		"a,=1": "a,'=1", "a; -1": "a; '-1", "baris\n=1": "baris =1", "selesai": "selesai", "a-b": "a-b", "'=1": "'=1", "": "",
	} {
		if got := harmless(text); got != want || harmless(got) != got {
			t.Errorf("%q: %q, want %q; again %q", text, got, want, harmless(got))
		}
	}
}

// Two gateways on one folder, each telling of other complaints: no answer is lost.
func TestTwoGatewaysLoseNoAnswer(t *testing.T) {
	a := newAnswering(t)
	first := a.Connector
	a.reopen()
	var tellers sync.WaitGroup
	const each = 40
	for g, gateway := range []connectors.Connector{first, a.Connector} {
		tellers.Go(func() {
			for i := range each {
				for {
					err := gateway.WriteStatus.WriteStatus(t.Context(), news(fmt.Sprintf("SP-%d-%d", g, i), 1))
					if err == nil {
						break
					}
					if got := retry.Of(err); got.After == 0 {
						t.Errorf("not because the other is at it: %v", err)
						return
					}
				}
			}
		})
	}
	tellers.Wait()
	if n := len(toldIn(t, a.dir, loneTwin)); n != 2*each {
		t.Errorf("%d of %d answers are there", n, 2*each)
	}
}

func TestALockIsWaitedForAndEndsWithItsOwner(t *testing.T) {
	a := newAnswering(t)
	unlock, err := localDrawer{func() string { return a.dir }}.lock(t.Context())
	must(t, err)
	err = a.WriteStatus.WriteStatus(t.Context(), news("SP-1", 1))
	if got := retry.Of(err); err == nil || got.Verdict != retry.Transient || got.After <= 0 || len(toldIn(t, a.dir, loneTwin)) > 0 {
		t.Errorf("while another has it: %v", err)
	}
	must(t, unlock(t.Context()))
	a.tell(news("SP-1", 1))
}

func TestALockOfTheDeadIsBrokenOnAServer(t *testing.T) {
	server := startSSHD(t)
	a := newAnswering(t, func(s *Settings) { s.Path, s.SFTP = "", server.account("") })
	a.dir = server.home
	at := time.Now()
	writer, ok := a.WriteStatus.(*answers)
	if !ok {
		t.Fatal("answers are written by something else")
	}
	drawer, ok := writer.drawer.(*remoteDrawer)
	if !ok {
		t.Fatal("answers lie somewhere else")
	}
	drawer.now = func() time.Time { return at }
	lock := filepath.Join(a.dir, lockName)
	must(t, os.WriteFile(lock, nil, 0o600))
	for _, wait := range []time.Duration{0, 2*mostHeld - time.Second} {
		at = at.Add(wait)
		err := a.WriteStatus.WriteStatus(t.Context(), news("SP-1", 1))
		if got := retry.Of(err); err == nil || got.Verdict != retry.Transient || got.After <= 0 {
			t.Fatalf("after %s: %v", wait, err)
		}
	}
	at = at.Add(time.Second)
	a.tell(news("SP-1", 1))
	if _, err := os.Stat(lock); !errors.Is(err, os.ErrNotExist) || len(toldIn(t, a.dir, loneTwin)) != 1 {
		t.Errorf("the lock is there still: %v", err)
	}
}

func TestAnswersAreAsOpenAsTheirFolder(t *testing.T) {
	a := newAnswering(t)
	must(t, os.Chmod(a.dir, 0o2750))
	a.tell(news("SP-1", 1))
	info, err := os.Stat(filepath.Join(a.dir, loneTwin))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAnswersOverSFTP(t *testing.T) {
	server := startSSHD(t)
	a := newAnswering(t, func(s *Settings) { s.Path, s.SFTP = "", server.account("*.csv") })
	a.dir = server.home
	a.put("aduan.csv", rows(1, 2))
	must(t, os.Chmod(filepath.Join(a.dir, "aduan.csv"), 0o444))
	a.sent["SP-1"], a.sent["SP-2"] = "aduan.csv", "aduan.csv"
	a.tell(news("SP-1", 1), news("SP-2", 1), news("SP-1", 2))
	told := toldIn(t, a.dir, "aduan.jawaban.csv")
	if len(told) != 2 || !strings.HasSuffix(told[0], "|2") {
		t.Errorf("got %q", told)
	}
	said, err := a.Check.Check(t.Context())
	if err != nil || !strings.HasSuffix(said, "; answers go to "+server.home+" on 127.0.0.1") {
		t.Errorf("Check says %s, %v", said, err)
	}
	a.clock = a.clock.Add(time.Hour)
	a.settle()
	if g := a.drain(""); g.ids() != "1 2" {
		t.Errorf("read %s", g.ids())
	}
	// A line that breaks at any moment: the file is the old one or the new one, and then the new one.
	breaks := 0
	for seq := int64(3); seq < 80; seq++ {
		server.cutAfter((seq - 3) * 20) // an answer of the server is longer
		err := a.WriteStatus.WriteStatus(t.Context(), news("SP-1", seq))
		if got := retry.Of(err); err != nil && got.Verdict != retry.Transient {
			t.Errorf("a broken line is %s: %v", got.Verdict, err)
		}
		if err != nil {
			breaks++
		}
		told := toldIn(t, a.dir, "aduan.jawaban.csv")
		if len(told) != 2 {
			t.Fatalf("after a broken line the file has %q", told)
		}
		server.cutAfter(-1)
		must(t, ignoreAbsent(os.Remove(filepath.Join(a.dir, lockName)))) // see TestALockOfTheDeadIsBrokenOnAServer
		a.tell(news("SP-1", seq))
		if told := toldIn(t, a.dir, "aduan.jawaban.csv"); !strings.HasSuffix(told[0], fmt.Sprintf("|%d", seq)) {
			t.Fatalf("then %q", told)
		}
	}
	if breaks < 20 {
		t.Errorf("the line broke %d times", breaks)
	}
	entries, err := os.ReadDir(a.dir)
	must(t, err)
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	if !slices.Equal(names, []string{"aduan.csv", "aduan.jawaban.csv"}) {
		t.Errorf("left behind: %q", names)
	}
}

// Whatever the words, a file of answers reads back as it was written, and no spreadsheet program computes anything of it,
// whatever it takes for a separator.
func FuzzAnswers(f *testing.F) {
	f.Add("7", "Petugas menuju Sedanau", "Dinas Perhubungan", "7000123", int64(1))
	f.Add("=1+1", "a,=HYPERLINK(\"x\")\n=2", "\"; @x", "'+7", int64(2))
	f.Add("\xff\x00", "\ufeff=1", "a;\"\"-1", "\t|=1", int64(-1))
	f.Fuzz(func(t *testing.T, id, note, agency, tracking string, seq int64) {
		style := twinStyle{comma: ';', zone: wib()}
		change := connectors.StatusChange{
			Ref: "SP-1", SourceID: id, Seq: seq, Status: complaint.Done, Note: note, Agency: agency, TrackingID: tracking, At: time.Unix(1767423900, 0),
		}
		first, err := style.parse(nil)
		must(t, err)
		if !first.put(style.row(change)) || first.put(style.row(change)) {
			t.Fatal("it is not changed once")
		}
		text, err := style.text(first)
		must(t, err)
		back, err := style.parse(text)
		must(t, err)
		if diff := cmp.Diff(first.rows, back.rows); diff != "" || back.put(style.row(change)) {
			t.Fatalf("it reads back otherwise: %s", diff)
		}
		for _, comma := range []rune{';', ',', '\t', '|'} {
			reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
			reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = comma, true, -1
			lines, err := reader.ReadAll()
			if err != nil {
				continue
			}
			for _, cell := range slices.Concat(lines...) {
				cell = strings.Trim(cell, " \"")
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") && !(seq < 0 && strings.HasPrefix(cell, "-")) {
					t.Errorf("with %q a cell is %q", comma, cell)
				}
			}
		}
	})
}

// Whatever lies where answers are to go, it is refused, or changed in the one row.
func FuzzTwin(f *testing.F) {
	f.Add([]byte("\ufeffid;ref;status;catatan;instansi;nomor LAPOR;waktu;perubahan\r\n7;SP-1;x;x;x;x;x;1\r\n"))
	f.Add([]byte("a,ref,id,status,catatan,instansi,NOMOR lapor,waktu,perubahan\n,SP-1\n\n,SP-2,\"\n\""))
	f.Add([]byte("\""))
	f.Fuzz(func(t *testing.T, content []byte) {
		style := twinStyle{comma: ';', zone: wib()}
		parsed, err := style.parse(content)
		if err != nil {
			return
		}
		before := len(parsed.rows)
		parsed.put(style.row(news("SP-1", 7)))
		if parsed.put(style.row(news("SP-1", 7))) || len(parsed.rows) > before+1 {
			t.Fatal("the same once more changes it")
		}
		text, err := style.text(parsed)
		must(t, err)
		if _, err := style.parse(text); err != nil {
			t.Fatalf("what is written cannot be read: %v", err)
		}
	})
}
