package open311_test

import (
	"bytes"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
)

func clientSettings(t testing.TB, edit ...func(*open311.Settings)) *open311.Settings {
	t.Helper()
	s, ok := open311.Definition().Defaults().(*open311.Settings)
	if !ok {
		t.Fatal("the settings have another type")
	}
	s.URL, s.APIKey, s.Updates = "https://kota.example/open311/v2", config.NewSecret(clientKey), true
	for _, e := range edit {
		e(s)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

// reader polls a geoserver and keeps what came.
type reader struct {
	*testing.T
	g      *geoserver
	c      connectors.Connector
	files  *desk
	log    *bytes.Buffer
	cursor connectors.Cursor
	came   map[string]int
	latest map[string]complaint.Complaint
	aside  int
}

func newReader(t *testing.T, g *geoserver, edit ...func(*open311.Settings)) *reader {
	t.Helper()
	r := &reader{T: t, g: g, files: &desk{}, log: &bytes.Buffer{}, came: map[string]int{}, latest: map[string]complaint.Complaint{}}
	c, err := open311.Definition().Open(connectors.Env{
		Name: "kota", Zone: wib, Log: slog.New(slog.NewTextHandler(r.log, nil)), Files: r.files, MaxBody: maxBody, Transport: g,
	}, clientSettings(t, edit...))
	if err != nil {
		t.Fatal(err)
	}
	r.c = c
	return r
}

// drain polls until there is nothing more.
func (r *reader) drain() {
	r.Helper()
	for range 2000 {
		page, err := r.c.Poll.Poll(r.Context(), r.cursor)
		if err != nil {
			r.Fatal(err)
		}
		for _, c := range page.Complaints {
			r.came[c.SourceID]++
			r.latest[c.SourceID] = c
		}
		r.aside += len(page.SetAside)
		r.cursor = page.Next
		if !page.More {
			return
		}
	}
	r.Fatal("polling does not come to an end")
}

// wantOnce wants the requests of these numbers, each once.
func (r *reader) wantOnce(from, to int) {
	r.Helper()
	for id := from; id <= to; id++ {
		if n := r.came[strconv.Itoa(id)]; n != 1 {
			r.Errorf("request %d came %d times", id, n)
		}
	}
	if len(r.came) != to-from+1 {
		r.Errorf("%d requests came, want %d", len(r.came), to-from+1)
	}
}

func TestWhatIsNoWholeListIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"HTML": "<!DOCTYPE html><html><body>Sedang dipelihara</body></html>", "cut": "<service_requests><request><service_request_id>1</service_request_id></request>",
		"cut in a text": `<service_requests><request><description>Lampu`, "an error": "<errors><error><code>400</code></error></errors>",
		"another list": "<services/>", "foreign elements": "<service_requests><service/></service_requests>", "nothing": "<!-- -->",
		"json: HTML": "<html>", "json: cut": `[{"service_request_id":"1"}`, "json: an error": `[{"code":400`, "json: null": "null", "json: texts": `["a"]`,
		"json: an object": `{"error":"x"}`, "json: deep": strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100),
		"deep": "<service_requests><request>" + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + "</request></service_requests>",
	} {
		format := "xml"
		if strings.HasPrefix(name, "json") {
			format = "json"
		}
		r := newReader(t, &geoserver{body: body}, func(s *open311.Settings) { s.Format = format })
		page, err := r.c.Poll.Poll(t.Context(), "")
		if err == nil || strings.Contains(err.Error(), "dipelihara") {
			t.Errorf("%s gives %+v, %v", name, page, err)
		}
	}
}

func TestAnEntryThatIsNoRequestHidesNoOther(t *testing.T) {
	now := time.Now().UTC().Format(time.RFC3339)
	body := `[null,{"service_request_id":"1","description":"Lampu mati","requested_datetime":"` + now + `"},"maaf",null,17]`
	r := newReader(t, &geoserver{body: body}, func(s *open311.Settings) { s.Format = "json" })
	wheres := map[string]bool{}
	page := connectors.Page{More: true}
	for more := true; more; more = page.More {
		var err error
		if page, err = r.c.Poll.Poll(t.Context(), r.cursor); err != nil {
			t.Fatal(err)
		}
		r.cursor = page.Next
		for _, c := range page.Complaints {
			r.came[c.SourceID]++
		}
		for _, aside := range page.SetAside {
			wheres[aside.Where] = true
			if aside.Reason != connectors.Unreadable || len(aside.Raw) == 0 {
				t.Errorf("set aside as %+v", aside)
			}
		}
	}
	r.wantOnce(1, 1)
	if len(wheres) != 3 {
		t.Errorf("set aside are %v, want null, a text and a number", wheres)
	}
}

func TestOneOddRequestHidesNoOther(t *testing.T) {
	now := time.Now().UTC().Format(time.RFC3339)
	body := `<?xml version="1.0" encoding="ISO-8859-1"?>
<service_requests xmlns="http://wiki.open311.org/GeoReport_v2">
  <request><service_request_id>1</service_request_id><description>Lampu` + "\x0b" + ` di &#x0B;caf` + "\xe9" + ` mati&nbsp;lagi</description><requested_datetime>` + now + `</requested_datetime></request>
  <request><description>tanpa nomor</description><requested_datetime>` + now + `</requested_datetime></request>
  <request><service_request_id>3</service_request_id><service_name>Sampah</service_name><description/><lat>x</lat><long>108</long><requested_datetime>` + now + `</requested_datetime></request>
  <request><service_request_id>4</service_request_id><requested_datetime>` + now + `</requested_datetime></request>
  <request><service_request_id>5</service_request_id><description>Jalan</description><lat>0</lat><long>0</long><requested_datetime>` + now + `</requested_datetime><asing><a>1</a><a>2</a></asing></request>
</service_requests>`
	r := newReader(t, &geoserver{body: body})
	r.drain()
	r.drain()
	if len(r.came) != 3 || r.aside != 2 {
		t.Errorf("%d came and %d were set aside, want 3 and 2", len(r.came), r.aside)
	}
	if got := r.latest["1"].Text; got != "Lampu di café mati\u00a0lagi" {
		t.Errorf("the text is %q", got)
	}
	if r.latest["3"].Text != "Sampah" || r.latest["3"].Place.Lat != nil || r.latest["5"].Place.Lat != nil {
		t.Errorf("%+v, %+v", r.latest["3"], r.latest["5"])
	}
}

func TestARequestBecomesAComplaintWithItsFile(t *testing.T) {
	for _, format := range []string{"xml", "json"} {
		g := &geoserver{wraps: format == "json"}
		at := time.Now().Add(-time.Hour)
		g.add(1, at, func(q *geoRequest) { q.MediaURL = "https://kota.example/foto/1.jpg " })
		g.add(2, at, func(q *geoRequest) { q.MediaURL = "https://lain.example/2.jpg" })
		r := newReader(t, g, func(s *open311.Settings) { s.Format, s.Jurisdiction = format, "kota.example" })
		r.drain()
		c := r.latest["1"]
		if c.Text != "Lampu nomor 1 di Ranai mati" || c.Category != "lampu" || c.Place.Address != "Jl. Pramuka, Ranai" || *c.Place.Lat != 3.94 || c.ReportedAt.Unix() != at.Unix() {
			t.Errorf("%s: %+v", format, c)
		}
		if len(c.Attachments) != 1 || c.Attachments[0].Name != "1.jpg" || c.Missing != 0 {
			t.Errorf("%s: files %+v, missing %d", format, c.Attachments, c.Missing)
		}
		if d := r.latest["2"]; len(d.Attachments) != 0 || d.Missing != 1 {
			t.Errorf("%s: a host was asked that nobody named: %+v, missing %d", format, d.Attachments, d.Missing)
		}
		if !strings.Contains(g.asked[0], "jurisdiction_id=kota.example") || strings.Contains(g.asked[0], clientKey) {
			t.Errorf("%s: asked %s", format, g.asked[0])
		}
	}
}

func TestAMediaHostThatHangsCostsNoOtherHostsFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{hangs: "mati.example"}
		for id := range 16 {
			host := []string{"mati.example", "kota.example"}[id%2]
			g.add(id, time.Now().Add(-time.Hour), func(q *geoRequest) { q.MediaURL = "https://" + host + "/1.jpg" })
		}
		r := newReader(t, g, func(s *open311.Settings) { s.MediaHosts = []string{"mati.example"} })
		r.drain()
		for id := range 16 {
			if c := r.latest[strconv.Itoa(id)]; len(c.Attachments) != id%2 || c.Missing != 1-id%2 {
				t.Errorf("request %d: %d files, %d are missing", id, len(c.Attachments), c.Missing)
			}
		}
	})
}

// What a wrong map had set aside becomes, when map is corrected, what the server would give: with its file.
func TestRequestsThatWereSetAsideBecomeWhatTheServerWouldGive(t *testing.T) {
	for _, format := range []string{"xml", "json"} {
		g := &geoserver{}
		g.add(1, time.Now().Add(-time.Hour), func(q *geoRequest) { q.MediaURL = "https://kota.example/foto/1.jpg" })
		g.add(2, time.Now().Add(-time.Minute))
		wrong := newReader(t, g, func(s *open311.Settings) {
			s.Format, s.Map = format, maps.Clone(s.Map)
			s.Map["reported_at"] = connectors.Value{From: "requested_datetime", Layout: []string{"02-01-2006"}}
		})
		right := newReader(t, g, func(s *open311.Settings) { s.Format = format })
		right.drain()
		again := 0
		for more := true; more; {
			page, err := wrong.c.Poll.Poll(t.Context(), wrong.cursor)
			if err != nil {
				t.Fatal(err)
			}
			wrong.cursor, more = page.Next, page.More
			for _, aside := range page.SetAside {
				page, err := right.c.Reread.Reread(t.Context(), connectors.NewPatience(connectors.PhotosTimeout), aside)
				if err != nil || len(page.Complaints) != 1 {
					t.Fatalf("%s: %+v, %v", format, page, err)
				}
				got := page.Complaints[0]
				if want := right.latest[got.SourceID]; got.ContentHash() != want.ContentHash() || len(want.Attachments) != len(got.Attachments) {
					t.Errorf("%s: got %+v, want %+v", format, got, want)
				}
				again++
			}
		}
		if again != 2 || len(right.latest["1"].Attachments) != 1 {
			t.Errorf("%s: %d of 2 were set aside and are complaints now", format, again)
		}
	}
}
