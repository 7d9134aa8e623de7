package simulator

import (
	"bytes"
	"net/http"
	"net/url"
	"testing"
)

func FuzzAnyRequestIsAnswered(f *testing.F) {
	const boundary = "multipart/form-data; boundary=batas"
	f.Add("POST", "/complaints/complaint", "", "application/json", []byte(`{"title":"a","content":"b","user_id":7,"attachments":"[4199656]"}`))
	f.Add("POST", "/complaints/complaint/file", "", boundary,
		[]byte("--batas\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"a.jpg\"\r\n\r\nx\r\n--batas--\r\n"))
	f.Add("POST", "/complaints/followup/add", "", boundary,
		[]byte("--batas\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nx\r\n--batas--\r\n"))
	f.Add("POST", "/complaints/process/10000001/reject", "", "application/x-www-form-urlencoded", []byte("is_request=1&reason=21034"))
	f.Add("GET", "/complaints/10000001/followups", "page=99999999", "", []byte(nil))
	f.Add("GET", "/complaints/10000001/complaint", "", "", []byte(nil))
	f.Add("GET", "/complaints/search", "keyword=a&page_size=-1", "", []byte(nil))
	f.Add("POST", "/_sim/complaints/10000001/status", "", "", []byte(`{"status":"x"}`))
	f.Fuzz(func(t *testing.T, method, path, query, kind string, body []byte) {
		s := New(Options{Search: true})
		before := s.create(&request{header: http.Header{"Content-Type": {"json"}}, body: []byte(`{"title":"a","content":"b","user_id":7}`)})
		if before.status != http.StatusOK {
			t.Fatalf("the first complaint: %d", before.status)
		}
		values, _ := url.ParseQuery(query)
		in := &request{method: method, path: path, query: values, body: body, header: http.Header{
			"Authorization": {DefaultAuth}, "Token": {DefaultToken}, "Content-Type": {kind},
		}}
		out, err := s.exchange(t.Context(), in)
		if err != nil || out.status < 200 || out.status > 499 {
			t.Fatalf("%s %s: %d %s %v", method, path, out.status, out.body, err)
		}
		call, _ := s.route(in)
		if kept := len(s.Complaints()) == 2; kept != (call == CallCreate && out.status == http.StatusOK) {
			t.Fatalf("%s %s answered %d, a complaint kept: %v", method, path, out.status, kept)
		}
	})
}

func FuzzStateFile(f *testing.F) {
	f.Add([]byte(`{"complaint":{"at":"2026-03-02T01:00:00Z","body":{"title":"a","content":"b","user_id":7}}}` + "\n" +
		`{"entry":{"id":"10000001","at":"2026-03-02T02:00:00Z","status":"Selesai"}}` + "\n"))
	f.Add([]byte(`{"files":[{"id":"4199656"}]}` + "\n{"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := New(Options{})
		whole, err := readLines(bytes.NewReader(data), s.ledger.replay)
		if whole > int64(len(data)) || err == nil && bytes.IndexByte(data[whole:], '\n') >= 0 {
			t.Fatalf("%d whole bytes of %q", whole, data)
		}
		for _, c := range s.Complaints() {
			if c.Title == "" || c.Status == "" {
				t.Fatalf("%q was read as %+v", data, c)
			}
		}
	})
}
