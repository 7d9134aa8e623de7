package spreadsheet

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// inbox is a folder with a clock, and a connector that reads it.
type inbox struct {
	t     *testing.T
	dir   string
	clock time.Time
	set   *Settings
	log   strings.Builder
	*connector
}

func wib() *time.Location { return time.FixedZone("WIB", 7*60*60) }

func newInbox(t *testing.T, change ...func(*Settings)) *inbox {
	t.Helper()
	b := &inbox{t: t, dir: t.TempDir(), clock: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), set: defaults()}
	b.set.Path = config.Path(b.dir)
	b.set.Map = connectors.Mapping{
		"id":          {From: "No"},
		"text":        {From: "Laporan"},
		"reported_at": {From: "Waktu", Layout: []string{"02-01-2006 15:04"}},
	}
	for _, f := range change {
		f(b.set)
	}
	if err := b.set.Validate(); err != nil {
		t.Fatal(err)
	}
	b.restart()
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// restart is a new process: nothing is left but the files and what the gateway kept.
func (b *inbox) restart() {
	b.t.Helper()
	if b.connector != nil {
		if err := b.close(); err != nil {
			b.t.Fatal(err)
		}
	}
	c, err := newConnector(connectors.Env{Name: "kantor-camat", Zone: wib(), Log: slog.New(slog.NewTextHandler(&b.log, nil))}, b.set)
	if err != nil {
		b.t.Fatal(err)
	}
	c.now = func() time.Time { return b.clock }
	b.connector = c
}

// put writes a file that has been still for an hour.
func (b *inbox) put(name, content string) {
	b.t.Helper()
	b.putAged(name, content, time.Hour)
}

func (b *inbox) putAged(name, content string, age time.Duration) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.age(name, age)
}

func (b *inbox) age(name string, age time.Duration) {
	b.t.Helper()
	at := b.clock.Add(-age)
	if err := os.Chtimes(filepath.Join(b.dir, name), at, at); err != nil {
		b.t.Fatal(err)
	}
}

// got is what several polls gave.
type got struct {
	complaints []complaint.Complaint
	asides     []connectors.SetAside
	next       connectors.Cursor
	pages      int
}

func (g got) ids() string {
	ids := make([]string, len(g.complaints))
	for i, c := range g.complaints {
		ids[i] = c.SourceID
	}
	return strings.Join(ids, " ")
}

func (g got) wheres() string {
	wheres := make([]string, len(g.asides))
	for i, a := range g.asides {
		wheres[i] = a.Where
	}
	return strings.Join(wheres, ", ")
}

// drain polls until there is nothing more.
func (b *inbox) drain(from connectors.Cursor) got {
	b.t.Helper()
	g := got{next: from}
	for range 100_000 {
		page, err := b.Poll(b.t.Context(), g.next)
		if err != nil {
			b.t.Fatal(err)
		}
		if rows := len(page.Complaints) + len(page.SetAside); rows > b.set.Page {
			b.t.Fatalf("a page of %d rows; the most is %d", rows, b.set.Page)
		}
		g.pages++
		g.complaints = append(g.complaints, page.Complaints...)
		g.asides = append(g.asides, page.SetAside...)
		g.next = page.Next
		if !page.More {
			return g
		}
	}
	b.t.Fatal("there is always more")
	return g
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// rowsOf reads a table to its end.
func rowsOf(t *testing.T, rows lines) []line {
	t.Helper()
	var all []line
	for {
		next, err := rows.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		next.cells = append([]string(nil), next.cells...)
		all = append(all, next)
	}
}
