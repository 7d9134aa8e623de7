package rest

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

func wib() *time.Location { return time.FixedZone("WIB", 7*3600) }

// agency are settings for a list.
func agency(style string) *Settings {
	s := defaults()
	s.URL, s.Items = "http://aduan.natuna.example/api/laporan", "data.aduan"
	s.Paging.Style, s.Paging.Param, s.Paging.Limit, s.Paging.Size = style, style, "limit", 100
	if style == byCursor || style == byNext {
		s.Paging.Next = "lanjut"
	}
	if style == noPaging {
		s.Paging.Limit = ""
	}
	if style == byGrowing {
		s.Paging.Size = 2
	}
	s.Since.Field, s.Since.First = "dibuat", connectors.Reach{All: true}
	s.Map = connectors.Mapping{"id": {From: "nomor"}, "text": {From: "isi"}, "reporter.phone": {From: "hp"}, "reported_at": {From: "dibuat"}}
	return s
}

// channel is an open connector with the cursor its gateway would keep.
type channel struct {
	connectors.Connector
	from  connectors.Cursor
	said  *connectortest.Log
	files *connectortest.Shelf
	polls int
}

func openOn(t testing.TB, transport http.RoundTripper, s *Settings) *channel {
	t.Helper()
	must(t, s.Validate())
	c := &channel{said: &connectortest.Log{}, files: &connectortest.Shelf{}}
	opened, err := Definition().Open(connectors.Env{
		Name: "dinas", Zone: wib(), Files: c.files, Log: slog.New(slog.NewTextHandler(c.said, nil)), Transport: transport,
	}, s)
	must(t, err)
	c.Connector = opened
	return c
}

// drain polls to the end, and counts how often. It says what is wrong when the end does not come.
func (c *channel) drain(ctx context.Context) (got connectors.Page, fault string) {
	for range 2_000 {
		c.polls++
		page, err := c.Poll.Poll(ctx, c.from)
		if err != nil {
			return got, err.Error()
		}
		got.Complaints = append(got.Complaints, page.Complaints...)
		got.SetAside = append(got.SetAside, page.SetAside...)
		c.from = page.Next
		if !page.More {
			return got, ""
		}
	}
	return got, "after 2000 polls there is still more"
}

func (c *channel) ids(t testing.TB) []string {
	t.Helper()
	page, fault := c.drain(t.Context())
	if fault != "" {
		t.Fatal(fault)
	}
	return idsOf(page)
}

func idsOf(page connectors.Page) []string {
	var ids []string
	for _, one := range page.Complaints {
		ids = append(ids, one.SourceID)
	}
	return ids
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
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
