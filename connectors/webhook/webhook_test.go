package webhook

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const key = "kunci-contoh-0001"

func wib() *time.Location { return time.FixedZone("WIB", 7*3600) }

// shelf is a FileStore that remembers what was put.

type shelf struct {
	names []string
	fails bool
}

func (s *shelf) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	if s.fails {
		return complaint.Attachment{}, errors.New("the disk is full")
	}
	body, err := io.ReadAll(r)
	s.names = append(s.names, name)
	return complaint.Attachment{Name: name, Size: int64(len(body)), SHA256: hex.EncodeToString(body[:min(4, len(body))])}, err
}

func portal() *Settings {
	s := Definition().Defaults().(*Settings)
	s.Secret = config.NewSecret(key)
	s.Map = connectors.Mapping{
		"id": {From: "ticket"}, "title": {From: "subject"}, "text": {From: "message"}, "anonymous": {From: "hide_name"},
		"reporter.name": {From: "sender.name"}, "reporter.phone": {From: "phone"},
		"reported_at": {From: "created", Layout: []string{"02-01-2006 15:04"}},
	}
	return s
}

func openHook(t testing.TB, s *Settings, files *shelf) connectors.Connector {
	t.Helper()
	c, err := Definition().Open(connectors.Env{
		Name: "portal", Zone: wib(), Log: slog.New(slog.DiscardHandler), Files: files, MaxBody: 4096, Transport: http.DefaultTransport,
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func post(contentType string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	sign(r, body, time.Now())
	return r
}

func sign(r *http.Request, body []byte, at time.Time) {
	for name, value := range (connectors.Credentials{Secret: config.NewSecret(key)}).Headers(body, at) {
		r.Header.Set(name, value)
	}
}

func refused(t *testing.T, err error) *connectors.RequestError {
	t.Helper()
	var refused *connectors.RequestError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a RequestError", err)
	}
	return refused
}

func TestOneComplaintAndAList(t *testing.T) {
	files := &shelf{}
	hook := openHook(t, portal(), files)
	one := `{"ticket": 12345678901234567890, "message": "Lampu jalan mati", "hide_name": "ya", "sender": {"name": "Contoh Warga"}, "phone": "0812", "created": "03-01-2026 14:05"}`
	got, err := hook.Receive.Receive(post("application/json; charset=utf-8", []byte("\uFEFF "+one)))
	if err != nil {
		t.Fatal(err)
	}
	want := connectors.Received{Complaints: []complaint.Complaint{{
		SourceID: "12345678901234567890", Title: "Lampu jalan mati", Text: "Lampu jalan mati", Class: complaint.Ordinary, Anonymous: true,
		Reporter: complaint.Reporter{Name: "Contoh Warga", Phone: "0812"}, ReportedAt: time.Date(2026, 1, 3, 14, 5, 0, 0, wib()),
		Raw: complaint.Payload{Type: "application/json", Body: []byte(one)},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = hook.Receive.Receive(post("application/vnd.portal+json", []byte(`[{"ticket":"1","message":"a"}, {"ticket":"2","message":"b"}]`)))
	if err != nil || !got.List || len(got.Complaints) != 2 || string(got.Complaints[1].Raw.Body) != `{"ticket":"2","message":"b"}` {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = hook.Receive.Receive(post("application/json", []byte(`[{"ticket":"1","message":"a"}]`)))
	if err != nil || !got.List {
		t.Errorf("a list of one is a list: %+v, %v", got, err)
	}
}

func TestAListInsideABody(t *testing.T) {
	s := portal()
	s.Items = "data.items"
	hook := openHook(t, s, &shelf{})
	got, err := hook.Receive.Receive(post("application/json", []byte(`{"page": 1, "data": {"items": [{"ticket":"1","message":"a"}]}}`)))
	if err != nil || !got.List || len(got.Complaints) != 1 || got.Complaints[0].SourceID != "1" {
		t.Errorf("got %+v, %v", got, err)
	}
	for body, field := range map[string]string{
		`{"data": {}}`: "data.items", `{"data": {"items": {}}}`: "data.items", `{"data": {"items": []}}`: "data.items", `[]`: "data.items",
		`{"data": {"items": [{"ticket":"1","message":"a"},{"ticket":"2"}]}}`: "data.items[1].message",
	} {
		_, err := hook.Receive.Receive(post("application/json", []byte(body)))
		if got := refused(t, err); got.Status != 400 || got.Field != field {
			t.Errorf("%s: %d %q", body, got.Status, got.Field)
		}
	}
}

func TestABadRequestIsRefusedWholeWithTheFieldsName(t *testing.T) {
	var report strings.Builder
	for _, body := range []string{
		`{"ticket": "1"}`,
		`{"message": "a"}`,
		`{}`,
		`{"ticket": "1", "message": "PRIBADI", "created": "PRIBADI", "hide_name": "PRIBADI"}`,
		`{"ticket": "1", "message": {"PRIBADI": 1}}`,
		`[{"ticket": "1", "message": "a"}, {"ticket": "2", "message": "b"}, {"ticket": "3", "message": "c"}, {"ticket": "4"}]`,
		`[{"ticket": "1", "message": "a"}, {"ticket": "1", "message": "b"}]`,
		`[{"ticket": "1", "message": "a"}, "PRIBADI"]`,
		`[{"ticket": "1", "message": "a"}, null]`,
		`[]`,
		`null`,
		`"PRIBADI"`,
		``,
		`{"ticket": "1", "message": "a"} PRIBADI`,
		`{"ticket": "1", "message": "a"}{}`,
		`{"ticket": "1", "message": "PRIBADI`,
		`<html>PRIBADI</html>`,
		`{"ticket": "1", "message": "a", "x": ` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
	} {
		files := &shelf{}
		got, err := openHook(t, portal(), files).Receive.Receive(post("application/json", []byte(body)))
		why := refused(t, err)
		if len(got.Complaints) > 0 || len(files.names) > 0 || strings.Contains(why.Error(), "PRIBADI") {
			t.Errorf("%s: %d complaints, %v", body, len(got.Complaints), why)
		}
		if len(body) > 100 && strings.Contains(body, "[[[") {
			body = `{… "x": [[[…`
		}
		fmt.Fprintf(&report, "%s\n  %d field=%q %s\n", body, why.Status, why.Field, why.Detail)
	}
	golden(t, "refusals.txt", report.String())
}

func TestWhatIsHarmlessIsTaken(t *testing.T) {
	for body, text := range map[string]string{
		`{"ticket": "1", "message": "a", "message": "b"}`:                 "b",
		"{\"ticket\": \"1\", \"message\": \"a\xff\"}":                     "a\uFFFD",
		`{"ticket": "1", "message": "a\u0000\r\nb"}`:                      "a\nb",
		`{"ticket": "1", "message": "a", "x": {"y": [1, {"z": "[[[["}]}}`: "a",
	} {
		got, err := openHook(t, portal(), &shelf{}).Receive.Receive(post("application/json", []byte(body)))
		if err != nil || got.Complaints[0].Text != text {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
	}
}

func TestTheSameComplaintTwiceInAListIsNoFault(t *testing.T) {
	got, err := openHook(t, portal(), &shelf{}).Receive.Receive(post("application/json", []byte(`[{"ticket":"1","message":"a"},{"ticket":"1","message":"a"}]`)))
	if err != nil || len(got.Complaints) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOtherWaysOfSending(t *testing.T) {
	hook := openHook(t, portal(), &shelf{})
	body := []byte(`{"ticket":"1","message":"a"}`)
	for status, change := range map[int]func(*http.Request){
		405: func(r *http.Request) { r.Method = http.MethodPut },
		413: func(r *http.Request) { r.Body = http.MaxBytesReader(nil, r.Body, 5) },
		415: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		400: func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), shortReader{})) },
	} {
		r := post("application/json", body)
		change(r)
		_, err := hook.Receive.Receive(r)
		if why := refused(t, err); why.Status != status {
			t.Errorf("got %d %s, want %d", why.Status, why.Detail, status)
		}
	}
	_, err := hook.Receive.Receive(post("application/json; charset=klingon", body))
	if why := refused(t, err); why.Status != 415 {
		t.Errorf("an unknown charset: %d", why.Status)
	}
}

type shortReader struct{}

func (shortReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestMoreThanTheRateIsRefusedAndStrangersDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := portal()
		s.Rate = 2
		hook := openHook(t, s, &shelf{})
		send := func(known bool) int {
			r := post("application/json", []byte(`{"ticket":"1","message":"a"}`))
			if !known {
				r.Header.Set(connectors.SignatureHeader, strings.Repeat("0", 64))
			}
			if _, err := hook.Receive.Receive(r); err != nil {
				return refused(t, err).Status
			}
			return 200
		}
		var got []int
		for _, known := range []bool{false, false, false, true, true, true, true} {
			got = append(got, send(known))
		}
		<-time.After(time.Second)
		got = append(got, send(true))
		if diff := cmp.Diff([]int{401, 401, 401, 200, 200, 429, 429, 200}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSettingsThatCannotWork(t *testing.T) {
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(`
callback: ftp://portal.example/status
tolerance: 0s
rate: 5
mapp: {}
map: { id: ticket, text: { from: message, layot: x }, reported_at: { from: created, layout: jam } }
`), &node); err != nil {
		t.Fatal(err)
	}
	err := config.Decode(&node, Definition().Defaults(), config.Place{File: "gateway.yaml", Path: "connectors[0].settings"}).Err()
	if err == nil {
		t.Fatal("the settings are taken")
	}
	golden(t, "problems.txt", err.Error()+"\n")
}

func TestSettingsThatContradict(t *testing.T) {
	s := portal()
	s.Bearer = config.NewSecret(key)
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "bearer: is given beside secret") {
		t.Errorf("got %v", err)
	}
	for address, reason := range map[string]string{
		"https://u:RAHASIA@portal.example/": "name or password", "https:///RAHASIA": "has no host", "portal.example/RAHASIA": "must begin with", "https://portal.example/#RAHASIA": "# part",
		"https://[RAHASIA": "is not an address",
	} {
		if got := connectors.BadAddress(address); !strings.Contains(got, reason) || strings.Contains(got, "RAHASIA") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	contentType, body := multipartBody(f, part{name: "ticket", body: "7"}, part{name: "message", body: "a"}, part{"f", `; filename="a"`, "image/png", "x"})
	f.Add(contentType, body)
	f.Add("application/json", []byte(`[{"ticket":"1","message":"a","sender":{"name":"b"}}]`))
	f.Add("application/x-www-form-urlencoded; charset=big5", []byte("ticket=1&message=a%a4%40&payload=x"))
	f.Add("application/x-www-form-urlencoded", []byte(`payload={"ticket":1,"message":"a"}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		files := &shelf{}
		got, err := openHook(t, portal(), files).Receive.Receive(post(contentType, body))
		if err != nil {
			if why := refused(t, err); why.Status < 400 || why.Status > 415 || len(files.names) > 0 {
				t.Errorf("%d, files %q", why.Status, files.names)
			}
			return
		}
		for _, c := range got.Complaints {
			if c.Check() != nil || len(c.Raw.Body) == 0 {
				t.Errorf("taken: %+v", c)
			}
		}
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
