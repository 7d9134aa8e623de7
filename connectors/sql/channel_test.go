package sql

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/complaint"
)

func wib() *time.Location { return time.FixedZone("WIB", 7*3600) }

// channel is a connector on a real database, with the cursor its gateway would keep.
type channel struct {
	connectors.Connector
	server server
	db     *sql.DB // the administrator's
	name   string
	from   connectors.Cursor
	said   *connectortest.Log
	files  *connectortest.Shelf
	pages  int                                 // of the last drain
	kept   map[complaint.Ref]complaint.Payload // what the gateway has of its complaints, as they came
}

// newChannel makes a's database and opens a connector on it, with its settings changed by set.
func newChannel(t testing.TB, s server, a application, set func(*Settings)) *channel {
	t.Helper()
	name, db := a.open(t, s)
	c := &channel{server: s, db: db, name: name, said: &connectortest.Log{}, files: &connectortest.Shelf{}}
	settings := a.settings(s, name)
	if set != nil {
		set(settings)
	}
	c.open(t, settings)
	return c
}

func (c *channel) open(t testing.TB, settings *Settings) {
	t.Helper()
	must(t, settings.Validate())
	opened, err := Definition().Open(connectors.Env{
		Name: "desa", Zone: wib(), Files: c.files, Log: logTo(c.said), Transport: http.DefaultTransport,
		Sent: func(_ context.Context, ref complaint.Ref) (complaint.Payload, error) { return c.kept[ref], nil },
	}, settings)
	must(t, err)
	c.Connector = opened
	t.Cleanup(func() {
		_ = opened.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
}

func (c *channel) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, one := range statements {
		exec1(t, c.db, c.server.sql(one))
	}
}

// drain polls to the end. It fails when the end does not come.
func (c *channel) drain(t testing.TB) (got connectors.Page) {
	t.Helper()
	for c.pages = 1; c.pages < 1000; c.pages++ {
		page, err := c.Poll.Poll(t.Context(), c.from)
		must(t, err)
		got.Complaints = append(got.Complaints, page.Complaints...)
		got.SetAside = append(got.SetAside, page.SetAside...)
		c.from = page.Next
		if !page.More {
			return got
		}
	}
	t.Fatal("after 1000 pages there is still more")
	return got
}

// wantIDs drains, and wants exactly these complaints, in any order.
func (c *channel) wantIDs(t testing.TB, when string, ids ...string) connectors.Page {
	t.Helper()
	page := c.drain(t)
	var got []string
	for _, one := range page.Complaints {
		got = append(got, one.SourceID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("%s: got the complaints %q, want %q", when, got, ids)
	}
	return page
}

// rowsOf are the numbers of a complaint's rows, as they came.
func rowsOf(t testing.TB, column string, raw []byte) (ids []string) {
	t.Helper()
	rows, err := records(raw)
	must(t, err)
	for _, row := range rows {
		id, _ := idIn(row, column)
		ids = append(ids, id.Text)
	}
	return ids
}

func (c *channel) tell(t testing.TB, change connectors.StatusChange) {
	t.Helper()
	must(t, c.WriteStatus.WriteStatus(t.Context(), change))
}

func news(id string, seq int64, status complaint.Status) connectors.StatusChange {
	return connectors.StatusChange{
		Ref: "SP-1KAZ5T8M3Q0X4RD", SourceID: id, Seq: seq, Status: status, Note: "Petugas sudah ke lokasi", Agency: "Dinas Perhubungan",
		TrackingID: "7001", To: "6281255501234", At: time.Date(2026, 1, 3, 14, 5, int(seq), 0, time.UTC),
	}
}

func wantPart(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q:\n%s", what, part, text)
		}
	}
}

func wantNoPart(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%s says %q:\n%s", what, part, text)
		}
	}
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
