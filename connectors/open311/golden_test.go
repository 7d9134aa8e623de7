package open311_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
)

// The golden files are written by hand from the text of the specification, and from that of the extension for updates; the
// desk's complaints are those they show.
func goldenDesk() *desk {
	lat, long := 3.7993, 108.0251
	asked, done := time.Date(2026, 1, 3, 7, 5, 9, 999_000_000, time.UTC), time.Date(2026, 1, 5, 1, 0, 0, 0, time.UTC)
	old := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	const ref complaint.Ref = "SP-1KAZ5T8M3Q0X4RB"
	return &desk{
		listed: []connectors.Listed{
			{
				Ref: ref, Category: "jalan", Text: "Jalan berlubang di Sedanau.\nDalam sekali.\x0b", ReceivedAt: asked, UpdatedAt: done,
				Place:  complaint.Place{Address: "Jl. Pramuka, Sedanau, Bunguran Barat, Natuna", Lat: &lat, Long: &long},
				Status: complaint.Done, Note: "Sudah ditambal <kemarin> & \ufffediperiksa.", Agency: "Dinas Pekerjaan Umum",
			},
			{Ref: "SP-1KAZ5T8M3Q0X4RA", Category: "lampu", Status: complaint.Disposed, ReceivedAt: old, UpdatedAt: old},
		},
		updates: []connectors.Update{
			{ID: string(ref) + "-1", Ref: ref, Status: complaint.Forwarded, At: asked.Add(51 * time.Second)},
			{ID: string(ref) + "-2", Ref: ref, Status: complaint.Done, At: done, Agency: "Dinas Pekerjaan Umum", Note: "Sudah ditambal."},
		},
	}
}

type exchange struct {
	golden string
	path   string   // without its format
	query  string   // with its question mark
	fields []string // nil: GET
	status int
}

func exchanges() []exchange {
	lamp := []string{"api_key=" + appKey, "service_code=lampu", "address_string=Depan masjid, Midai"}
	update := []string{
		"api_key=" + fixmystreetKey, "service_request_id=SP-1KAZ5T8M3Q0X4RB", "update_id=248", "status=OPEN",
		"updated_datetime=2026-01-06T01:00:00Z", "description=Masih berlubang.",
	}
	return []exchange{
		{"discovery", "discovery", "", nil, 200},
		{"services", "services", "?jurisdiction_id=natuna.example", nil, 200},
		{"services", "services", "?jurisdiction_id=&tidak_dikenal=1", nil, 200},
		{"definition", "services/jalan", "", nil, 200},
		{"definition-empty", "services/lampu", "", nil, 200},
		{"created", "requests", "", pothole(), 200},
		{"created", "requests", "", with(pothole(), "lat=", "long=", "address_string=", "address_id=545483"), 200},
		{"created-token", "requests", "", with(lamp, "account_id=123456"), 200},
		{"created-blackbox", "requests", "", with(lamp, "service_code=pungli"), 200},
		{"token", "tokens/T-1KAZ5T8M3Q0X4RB", "", nil, 200},
		{"requests", "requests", "?start_date=2026-01-01T00:00:00Z&end_date=2026-02-01T00:00:00Z&status=open,closed", nil, 200},
		{"requests", "requests", "?service_request_id=SP-1KAZ5T8M3Q0X4RB,SP-1KAZ5T8M3Q0X4RA", nil, 200},
		{"request", "requests/SP-1KAZ5T8M3Q0X4RB", "", nil, 200},
		{"request-extended", "requests/SP-1KAZ5T8M3Q0X4RA", "?extensions=true", nil, 200},
		{"requests-none", "requests", "?service_request_id=12345", nil, 200},
		{"updates", "servicerequestupdates", "?start_date=2026-01-01T00:00:00Z&end_date=2026-02-01T00:00:00Z", nil, 200},
		{"updated", "servicerequestupdates", "", update, 200},

		{"error-key", "requests", "", with(pothole(), "api_key="), 403},
		{"error-key", "requests", "", with(pothole(), "api_key=kunci-lain"), 403},
		{"error-key", "servicerequestupdates", "", with(update, "api_key="), 403},
		{"error-no-service", "requests", "", with(pothole(), "service_code="), 400},
		{"error-service", "requests", "", with(pothole(), "service_code=006"), 404},
		{"error-service", "services/006", "", nil, 404},
		{"error-required", "requests", "", with(pothole(), "attribute[HOWMANYD]="), 400},
		{"error-several", "requests", "", with(pothole(), "lat=", "long=", "address_string=", "attribute[HOWMANYD]=tiga", "attribute[SURFACE]=B"), 400},
		{"error-jurisdiction", "requests", "", with(pothole(), "jurisdiction_id=city.gov"), 404},
		{"error-jurisdiction", "requests", "?jurisdiction_id=city.gov", nil, 404},
		{"error-jurisdiction", "services/jalan", "?jurisdiction_id=city.gov", nil, 404},
		{"error-request", "requests/SP-1KAZ5T8M3Q0X4RZ", "", nil, 404},
		{"error-request", "requests/638344", "", nil, 404},
		{"error-request", "servicerequestupdates", "", with(update, "service_request_id=SP-1KAZ5T8M3Q0X4RZ"), 404},
		{"error-token", "tokens/12345", "", nil, 404},
		{"error-token", "tokens/T-1KAZ5T8M3Q0X4RZ", "", nil, 404},
		{"error-date", "requests", "?start_date=kemarin", nil, 400},
		{"error-date", "servicerequestupdates", "?start_date=24-05-2010", nil, 400},
		{"error-span", "requests", "?start_date=2010-01-01T00:00:00Z&end_date=2010-06-24T00:00:00Z", nil, 400},
		{"error-update", "servicerequestupdates", "", with(update, "update_id=", "updated_datetime="), 400},
	}
}

func TestEveryAnswerIsAsTheSpecificationWritesIt(t *testing.T) {
	for _, format := range []string{"xml", "json"} {
		for _, x := range exchanges() {
			t.Run(format+" "+x.golden+" "+x.path, func(t *testing.T) {
				served := serve(t, goldenDesk(), func(s *open311.Settings) { s.Jurisdiction = "natuna.example" })
				got := ask(t, served, x.path+"."+format+x.query, x.fields)
				kind := map[string]string{"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}[format]
				if x.golden == "discovery" && format == "xml" {
					kind = "text/xml"
				}
				if got.status != x.status || got.header.Get("Content-Type") != kind {
					t.Errorf("answered %d %s, want %d %s: %s", got.status, got.header.Get("Content-Type"), x.status, kind, got.body)
				}
				golden, err := os.ReadFile("testdata/golden/" + x.golden + "." + format)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(read(t, format, string(golden)), read(t, format, got.body)); diff != "" {
					t.Errorf("(-specification +ours)\n%s\n%s", diff, got.body)
				}
			})
		}
	}
}

// read is a document without what makes no difference: blanks between elements, and the order of a JSON object.
func read(t *testing.T, format, text string) any {
	t.Helper()
	if format == "json" {
		var v any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		return v
	}
	if !strings.HasPrefix(strings.ToLower(text), `<?xml version="1.0" encoding="utf-8"?>`) {
		t.Errorf("no XML declaration with its encoding: %.60q", text)
	}
	return readXML(t, text)
}

// readXML lists the elements in their order, with their depth.
func readXML(t *testing.T, text string) []string {
	t.Helper()
	var lines, path []string
	inside := ""
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Space != "" || len(token.Attr) > 0 {
				t.Errorf("%s has a namespace or attributes", token.Name.Local)
			}
			path, inside = append(path, token.Name.Local), ""
			lines = append(lines, strings.Join(path, "/"))
		case xml.CharData:
			inside += string(token)
		case xml.EndElement:
			if strings.TrimSpace(inside) != "" {
				lines = append(lines, fmt.Sprintf("%s = %q", strings.Join(path, "/"), inside))
			}
			path, inside = path[:len(path)-1], ""
		}
	}
}
