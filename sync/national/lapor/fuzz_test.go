package lapor

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/satupintu/satupintu/sync/complaint"
)

func seeds(f *testing.F) {
	for _, body := range []string{
		`{"complaint_id":5012345,"tracking_id":"1234567"}`, `{"results":{"complaint":{"id":"7"}}}`, `{"data":{"results":{"complaint":{"id":98765432109876543210}}}}`,
		`{"results":{"images":[{"id":1}],"docs":{"3":{"id":"2"}}}}`, `{"results":{"data":[],"next_page_url":"?page=2"}}`,
		`{"results":{"data":{"status_name":"Selesai","status_logs":[{"note":"x","timestamp":"24-11-2026 08:00:00"}]},"data_logs":[{"id":1,"data":"{\"status_new\":{\"name\":\"x\"}}"}]}}`,
		`{"id":1,"content":"<p>{{ institution_from }}</p>","attachments":{"docs":[{"path":"/a/b.pdf"}]}}`,
		`{"fault":{"code":900901,"message":"Invalid"}}`, `<ams:fault/>`, `<html><title>x</title>`, ``, `null`, `[[[[`, `{"success":false,"errors":{"a":["b",{"c":1}]}}`,
	} {
		f.Add([]byte(body))
	}
}

func FuzzTheCreateAnswer(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parse(body)
		object, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		ticket := ticketOf(object)
		for _, id := range []string{ticket.ID, ticket.TrackingID, fileID(object)} {
			if id != strings.TrimSpace(id) || len(id) > mostID || id == "0" {
				t.Errorf("%s gives the id %q", body, id)
			}
		}
		if ticket.ID != "" && len(encode(ticket)) > 4<<10 {
			t.Errorf("the record has %d bytes", len(encode(ticket)))
		}
	})
}

func FuzzTheStatusAnswer(f *testing.F) {
	seeds(f)
	p := bench()
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parse(body)
		if err != nil {
			return
		}
		lists := [][]any{listed(v, "results.data"), listed(v, "results.data_logs"), listed(detail(map[string]any{"results": v}), "status_logs"), {v}}
		for _, list := range lists {
			seen := map[string]bool{}
			events := p.events(list, list, list)
			for i, e := range events {
				if e.Key == "" || seen[e.Key] || !utf8.ValidString(e.Text) || i > 0 && e.At.Before(events[i-1].At) {
					t.Errorf("event %d of %s: %+v", i, body, e)
				}
				seen[e.Key] = true
			}
		}
	})
}

func FuzzTheFollowUps(f *testing.F) {
	seeds(f)
	p := bench()
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parse(body)
		object, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		if list, err := p.client.list(get("x", nil), object, "results.data"); err == nil {
			for i, row := range list {
				if again := p.event("followup", row); again != p.event("followup", row) {
					t.Errorf("row %d reads differently the second time", i)
				}
			}
		}
		if next, more := nextPage(object, "results.data", 3); !more && next != 0 {
			t.Errorf("no more pages, and yet %d", next)
		}
	})
}

func FuzzTheFaultsOfOthers(f *testing.F) {
	seeds(f)
	p := bench()
	sent := privateOf(complaint.Complaint{Text: "satu dua tiga empat lima", Reporter: complaint.Reporter{Name: "Siti Contoh", Email: "siti@surat.example"}})
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = speaker(body)
		said := p.client.quote(append(body, " siti@surat.example rahasia-sekali satu dua tiga empat lima"...), sent)
		if strings.ContainsAny(said, "\n\r\t") || utf8.RuneCountInString(said) > mostWords || !utf8.ValidString(said) {
			t.Errorf("not one short line: %q", said)
		}
		for _, private := range []string{"siti@surat.example", "dua tiga empat lima"} {
			if strings.Contains(said, private) && !strings.Contains(string(body), "tiga") { // a word glued to another is not ours
				t.Errorf("%q says %q", said, private)
			}
		}
	})
}

func FuzzTheMarker(f *testing.F) {
	f.Add("[Ref {ref}]", "Lampu mati.\n\n[Ref SP-1]")
	f.Add("{ref}", "")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if strings.Count(pattern, refSlot) != 1 || strings.ContainsAny(pattern, "\r\n") {
			return
		}
		m, err := newMarker(pattern)
		if err != nil {
			return
		}
		_ = m.of(text)
	})
}
