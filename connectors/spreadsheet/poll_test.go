package spreadsheet

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

func TestAFileThatWasReadIsNotReadAgain(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Page = 3 })
	b.put("a.csv", rows(1, 7))
	g := b.drain("")
	if g.ids() != "1 2 3 4 5 6 7" || g.pages != 3 {
		t.Fatalf("%d pages: %s", g.pages, g.ids())
	}
	for range 2 {
		if again := b.drain(g.next); len(again.complaints) != 0 || again.next != g.next {
			t.Fatalf("read again: %s", again.ids())
		}
		b.restart()
	}
	b.put("a.csv", rows(1, 8))
	if g = b.drain(g.next); g.ids() != "1 2 3 4 5 6 7 8" {
		t.Errorf("changed: %s", g.ids())
	}
	must(t, os.Rename(filepath.Join(b.dir, "a.csv"), filepath.Join(b.dir, "b.csv")))
	if g = b.drain(g.next); g.ids() != "1 2 3 4 5 6 7 8" || strings.Contains(string(g.next), "a.csv") {
		t.Errorf("renamed: %s; the cursor is %s", g.ids(), g.next)
	}
}

// The gateway may stop between any two pages, and may ask for a page again: nothing is lost, and the same cursor gives
// the same page.
func TestTheSameCursorGivesTheSamePage(t *testing.T) {
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 0))
		b := newInbox(t, func(s *Settings) { s.Page = 1 + random.IntN(9) })
		b.put("aduan.xlsx", string(content))
		b.put("januari.csv", january)
		b.put("rusak.csv", "No,Waktu,Laporan\n1,,a\n2,,\x00b\n3,,c\x00\n4,,d\n")
		b.put("lain.csv", "x,y\n1,2\n")
		whole := b.drain("")
		b.restart()
		g := got{}
		for more := true; more; {
			page, err := b.Poll(t.Context(), g.next)
			must(t, err)
			if random.IntN(2) == 0 {
				b.restart()
			}
			if random.IntN(2) == 0 {
				again, err := b.Poll(t.Context(), g.next)
				must(t, err)
				if diff := cmp.Diff(page, again); diff != "" {
					t.Fatalf("seed %d: from %s: %s", seed, g.next, diff)
				}
			}
			g.complaints, g.asides = append(g.complaints, page.Complaints...), append(g.asides, page.SetAside...)
			g.next, more = page.Next, page.More
		}
		if diff := cmp.Diff(whole.asides, g.asides); diff != "" || whole.ids() != g.ids() || whole.next != g.next {
			t.Fatalf("seed %d: %s\nwant %s\n%s", seed, g.ids(), whole.ids(), diff)
		}
		if len(g.asides) < 8 || len(g.complaints) < 7 {
			t.Fatalf("seed %d: only %d complaints, %d set aside", seed, len(g.complaints), len(g.asides))
		}
	}
}

func TestAPageIsTheGatewaysToFillIn(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Page = 2 })
	b.put("a.csv", rows(1, 9))
	page, err := b.Poll(t.Context(), "")
	must(t, err)
	reading := b.reading
	page.Complaints[0].Ref = "SP-1"
	if again, err := b.Poll(t.Context(), ""); err != nil || again.Complaints[0].Ref != "" {
		t.Errorf("got %+v, %v", again, err)
	}
	if b.reading != reading {
		t.Error("the file is read from its beginning for a page that was just made")
	}
}

func TestTheOldestFileComesFirst(t *testing.T) {
	b := newInbox(t)
	b.putAged("c.csv", rows(3, 3), time.Hour)
	b.putAged("a.csv", rows(1, 1), 2*time.Hour)
	b.putAged("b.csv", rows(2, 2), time.Hour)
	if g := b.drain(""); g.ids() != "1 2 3" {
		t.Errorf("got %s", g.ids())
	}
}

func TestAFileStillBeingWrittenWaits(t *testing.T) {
	whole, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	for name, c := range map[string]struct {
		file, content string
		age           time.Duration // at the first look, by its own time
		early         time.Duration // after the first look: still waits
		late          time.Duration // after the first look: is taken
		taken         string        // complaints, or else
		aside         string        // what is set aside
	}{
		"fresh":                  {"a.csv", rows(1, 2), 4 * time.Second, 0, time.Second, "1 2", ""},
		"without the last break": {"a.csv", strings.TrimSpace(rows(1, 2)), time.Hour, 9 * time.Minute, 10 * time.Minute, "1 2", ""},
		"inside a quoted cell":   {"a.csv", rows(1, 2) + "3,,\"Lampu\n", time.Hour, 9 * time.Minute, 10 * time.Minute, "1 2", "a.csv row 4"},
		"empty":                  {"a.csv", "", time.Hour, 9 * time.Minute, 10 * time.Minute, "", "a.csv"},
		"half a workbook":        {"a.xlsx", string(whole[:len(whole)/2]), 5 * time.Second, 9 * time.Minute, 10 * time.Minute, "", "a.xlsx"},
		"a workbook of zeros":    {"a.xlsx", string(make([]byte, 4096)), time.Hour, 9 * time.Minute, 10 * time.Minute, "", "a.xlsx"},
		"an old workbook":        {"a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more", time.Hour, 9 * time.Minute, 10 * time.Minute, "", "a.xls"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newInbox(t)
			b.putAged(c.file, c.content, c.age)
			b.putAged("other.csv", rows(9, 9), time.Minute)
			g := b.drain("")
			b.clock = b.clock.Add(c.early)
			if g.ids() != "9" || len(g.asides) != 0 {
				t.Fatalf("while it waits: %s, set aside %s", g.ids(), g.wheres())
			}
			for range 3 {
				g = b.drain(g.next)
			}
			if told := strings.Count(b.log.String(), "a file waits"); told != 1 {
				t.Errorf("the log says %d times that it waits:\n%s", told, b.log.String())
			}
			b.clock = b.clock.Add(c.late - c.early)
			if g = b.drain(g.next); g.ids() != c.taken || g.wheres() != c.aside {
				t.Errorf("then: %q, set aside %+v", g.ids(), g.asides)
			}
			if again := b.drain(g.next); len(again.complaints)+len(again.asides) != 0 {
				t.Errorf("and again: %+v", again)
			}
		})
	}
}

// On a share of a machine whose clock is behind ours, what is being written to looks as old as what was left long ago.
func TestNoHalfRowIsTakenFromAShareWhoseClockIsBehind(t *testing.T) {
	b := newInbox(t)
	whole := rows(1, 3)
	for written := len(whole) - 60; written < len(whole); written += 5 {
		b.putAged("a.csv", whole[:written], 11*time.Minute)
		if g := b.drain(""); len(g.complaints)+len(g.asides) != 0 {
			t.Fatalf("after %q: took %s, set aside %s", whole[:written], g.ids(), g.wheres())
		}
		b.clock = b.clock.Add(still / 2)
	}
	b.putAged("a.csv", whole, 11*time.Minute)
	if g := b.drain(""); g.ids() != "1 2 3" || len(g.asides) != 0 {
		t.Errorf("took %s, set aside %s", g.ids(), g.wheres())
	}
}

func TestFilesOfOtherProgramsAreIgnored(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Path += "/*" })
	for _, name := range []string{".a.csv", "~$a.xlsx", ".~lock.a.csv#", "a.csv.part", "a.csv.tmp", "a.csv.filepart", "a.csv.crdownload", "a.csv~", "A.CSV.TMP"} {
		b.put(name, rows(1, 1))
	}
	must(t, os.Mkdir(filepath.Join(b.dir, "sub.csv"), 0o755))
	if g := b.drain(""); len(g.complaints)+len(g.asides) != 0 || b.log.Len() > 0 {
		t.Errorf("read %s, set aside %s\n%s", g.ids(), g.wheres(), b.log.String())
	}
}

func TestPaths(t *testing.T) {
	for name, c := range map[string]struct{ path, want string }{
		"a folder":            {"", "1 2"},
		"a file":              {"/a.csv", "1"},
		"a pattern":           {"/*.csv", "1"},
		"folders too":         {"/*/*.csv", "4"},
		"a pattern of one":    {"/[b]*", "2"},
		"a file not there":    {"/z.csv", ""},
		"every file":          {"/?.???", "1 2 3"},
		"a folder below":      {"/sub", "4"},
		"a slash at its end":  {"/sub/", "4"},
		"nothing matches yet": {"/*.xlsx", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newInbox(t)
			b.putAged("a.csv", rows(1, 1), 4*time.Hour)
			b.putAged("b.TXT", rows(2, 2), 3*time.Hour)
			b.putAged("c.dat", rows(3, 3), 2*time.Hour)
			b.putAged("sub/d.csv", rows(4, 4), time.Hour)
			b.set.Path = config.Path(b.dir + c.path)
			if g := b.drain(""); g.ids() != c.want {
				t.Errorf("got %s, want %s", g.ids(), c.want)
			}
		})
	}
}

func TestNoLinkLeadsOutOfTheFolder(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Path += "/in/*" })
	b.put("in/a.csv", rows(1, 1))
	b.put("secret.csv", rows(2, 2))
	b.put("far/deep.csv", rows(3, 3))
	must(t, os.Symlink(filepath.Join(b.dir, "secret.csv"), filepath.Join(b.dir, "in", "b.csv")), os.Symlink("../far", filepath.Join(b.dir, "in", "far")))
	if g := b.drain(""); g.ids() != "1" {
		t.Errorf("got %s", g.ids())
	}
	b.set.Path = config.Path(filepath.Join(b.dir, "in", "*", "*.csv"))
	if g := b.drain(""); g.ids() != "" {
		t.Errorf("through a linked folder: %s", g.ids())
	}
	if log := b.log.String(); strings.Contains(log, "waits") {
		t.Errorf("a link is waited for:\n%s", log)
	}
}

func TestTheOriginalStaysAsItIs(t *testing.T) {
	b := newInbox(t)
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.put("a.xlsx", string(content))
	b.put("a.csv", january)
	fingerprint := func() (all []string) {
		entries, err := os.ReadDir(b.dir)
		must(t, err)
		for _, entry := range entries {
			content, err := os.ReadFile(filepath.Join(b.dir, entry.Name()))
			info, err2 := entry.Info()
			must(t, err, err2)
			all = append(all, fmt.Sprintf("%s %s %s %x", entry.Name(), info.Mode(), info.ModTime(), sha256.Sum256(content)))
		}
		return all
	}
	before := fingerprint()
	b.drain("")
	if diff := cmp.Diff(before, fingerprint()); diff != "" {
		t.Error(diff)
	}
}

func TestATimeInTheFutureDoesNotHideAFile(t *testing.T) {
	b := newInbox(t)
	b.putAged("a.csv", rows(1, 1), -time.Hour)
	if g := b.drain(""); g.ids() != "" {
		t.Fatalf("at once: %s", g.ids())
	}
	b.clock = b.clock.Add(10 * time.Second)
	if g := b.drain(""); g.ids() != "1" {
		t.Errorf("after it was seen still: %q", g.ids())
	}
}
