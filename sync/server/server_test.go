package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/server"
	"github.com/satupintu/satupintu/sync/store"
)

func TestAnAcceptedComplaintIsInTheStoreAndAnsweredTheSameAgain(t *testing.T) {
	f := newFace(t)
	const body = `{"ticket": 7, "message": "Lampu mati di Sedanau"}`
	first := f.post(body)
	got := decode[accepted](t, first, http.StatusAccepted)
	if story, err := f.store.Story(t.Context(), got.Ref); err != nil || story.SourceID != "7" || story.Source != "portal" {
		t.Errorf("in the store: %+v, %v", story, err)
	}
	if got.StatusURL != f.url+"/complaints/"+string(got.Ref)+"/status" {
		t.Errorf("status_url is %s", got.StatusURL)
	}
	if again := f.post(body); again.status != first.status || again.body != first.body {
		t.Errorf("the same delivery was answered %d %s, at first %d %s", again.status, again.body, first.status, first.body)
	}
	if ledger, err := f.store.Audit(t.Context()); err != nil || ledger.Accepted != 1 {
		t.Errorf("%+v, %v", ledger, err)
	}
}

func TestAListIsAnsweredWithAListInItsOrder(t *testing.T) {
	f := newFace(t)
	one := decode[[]accepted](t, f.post(`[{"ticket": "b", "message": "air keruh"}]`), http.StatusAccepted)
	three := decode[[]accepted](t, f.post(`[{"ticket": "a", "message": "jalan rusak"}, {"ticket": "b", "message": "air keruh"}, {"ticket": "c", "message": "sampah"}]`), http.StatusAccepted)
	if len(one) != 1 || len(three) != 3 || three[1].Ref != one[0].Ref {
		t.Errorf("%+v, %+v", one, three)
	}
	for i, id := range []string{"a", "b", "c"} {
		if story, err := f.store.Story(t.Context(), three[i].Ref); err != nil || story.SourceID != id {
			t.Errorf("%d: %s, %v", i, story.SourceID, err)
		}
	}
}

func TestAFileIsAnsweredWithWhatIsKeptOfIt(t *testing.T) {
	f := newFace(t)
	send := func(content string) answer { return f.send("POST", "/in/kecamatan", "text/csv", content) }
	refusals := func() []store.RefusalSeen {
		seen, err := f.store.Refusals(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	const file = "No,Laporan\n1,Lampu di Ranai mati\n2,\n3,Jalan di Midai rusak\n"
	type told struct {
		TakenIn  int `json:"taken_in"`
		Known    int `json:"known"`
		SetAside int `json:"set_aside"`
	}
	for _, want := range []told{{2, 0, 1}, {0, 2, 1}} { // sent again it is kept once, and its rows are known
		if got := decode[told](t, send(file), http.StatusOK); got != want {
			t.Errorf("answered %+v, want %+v", got, want)
		}
		if ledger, err := f.store.Audit(t.Context()); err != nil || ledger.Accepted != 2 || len(refusals()) != 1 {
			t.Errorf("%+v, %v; set aside %+v", ledger, err, refusals())
		}
	}
	got := decode[problem](t, send("No,Isi\n1,Lampu di Ranai mati\n"), http.StatusBadRequest)
	if got.Field != "Laporan" || !strings.Contains(got.Detail, "the file is kept") || len(refusals()) != 2 {
		t.Errorf("%+v; set aside %+v", got, refusals())
	}
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{file, "No,Isi\n1,x\n"} {
		if got := send(content); got.status != http.StatusServiceUnavailable {
			t.Errorf("without a store it is answered %d %s", got.status, got.body)
		}
	}
}

type problem struct {
	Title, Detail, Field string
	Status               int
}

func TestWhatIsRefusedSaysWhyAndKeepsNothing(t *testing.T) {
	f := newFace(t)
	unsigned := func(r *http.Request) { r.Header.Set("X-Signature", strings.Repeat("0", 64)) }
	const fit = `{"ticket": "1", "message": "lampu"}`
	for name, c := range map[string]struct {
		got    answer
		status int
		field  string
	}{
		"no text":          {f.post(`{"ticket": "1"}`), 400, "message"},
		"a bad point":      {f.post(`{"ticket": "1", "message": "x", "lat": "utara", "lng": 108}`), 400, "lat"},
		"one bad of a few": {f.post(`[` + fit + `, {"ticket": "2"}]`), 400, "[1].message"},
		"no JSON":          {f.post(`{"ticket": `), 400, ""},
		"not signed":       {f.send("POST", "/in/portal", "application/json", fit, unsigned), 401, ""},
		"too large":        {f.post(`{"ticket": "1", "message": "` + strings.Repeat("x", maxBody) + `"}`), 413, ""},
		"no known type":    {f.send("POST", "/in/portal", "text/csv", fit), 415, ""},
		"not a POST":       {f.send("PUT", "/in/portal", "application/json", fit), 405, ""},
		"no such channel":  {f.send("POST", "/in/kantor", "application/json", fit), 404, ""},
		"nothing there":    {f.send("GET", "/", "", ""), 404, ""},
	} {
		p := decode[problem](t, c.got, c.status)
		if p.Status != c.status || p.Title == "" || p.Detail == "" || !strings.HasPrefix(p.Field, c.field) || (c.field == "") != (p.Field == "") {
			t.Errorf("%s: %+v", name, p)
		}
		if kind := c.got.header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: %s", name, kind)
		}
	}
	if ledger, err := f.store.Audit(t.Context()); err != nil || ledger.Accepted != 0 {
		t.Errorf("%+v, %v", ledger, err)
	}
	for reason, want := range map[string]float64{"bad_request": 4, "unauthenticated": 1, "too_large": 1, "unsupported_type": 1, "method": 1} {
		if got := counted(t, f.registry, "satupintu_intake_refused_total", "portal", reason); got != want {
			t.Errorf("%v refusals counted for %s, want %v", got, reason, want)
		}
	}
}

func TestWithoutAStoreASenderIsToldToComeBack(t *testing.T) {
	f := newFace(t)
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := f.post(`{"ticket": "1", "message": "lampu"}`)
	if p := decode[problem](t, got, http.StatusServiceUnavailable); p.Detail == "" || got.header.Get("Retry-After") == "" {
		t.Errorf("%+v, Retry-After %q", p, got.header.Get("Retry-After"))
	}
}

func TestAPhotoIsKeptWithItsComplaint(t *testing.T) {
	f := newFace(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := errors.Join(form.WriteField("ticket", "9"), form.WriteField("message", "Jalan berlubang")); err != nil {
		t.Fatal(err)
	}
	part, err := form.CreateFormFile("foto", "../jalan.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("\x89PNG\r\n\x1a\nisi")); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	got := decode[accepted](t, f.send("POST", "/in/portal", form.FormDataContentType(), body.String()), http.StatusAccepted)
	if _, err := f.store.Decide(t.Context(), 10, func(complaint.Complaint) store.Decision { return store.Decision{} }, store.Appetite{}); err != nil {
		t.Fatal(err)
	}
	works, err := f.store.ClaimDue(t.Context(), store.Appetite{Most: 1, Lease: time.Minute}, store.Turn{})
	if err != nil || len(works) != 1 || works[0].Ref != got.Ref {
		t.Fatal(err)
	}
	if a := works[0].Job.Complaint.Attachments; len(a) != 1 || a[0].Name != "jalan.png" || a[0].Type != "image/png" || a[0].Size != 11 {
		t.Errorf("attachments %+v", a)
	}
}

func TestAChannelReadsItsOwnStatusAndNobodyElses(t *testing.T) {
	f := newFace(t)
	got := decode[accepted](t, f.post(`{"ticket": "7", "message": "Lampu mati"}`), http.StatusAccepted)
	path := strings.TrimPrefix(got.StatusURL, f.url)
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del("X-Signature")
			r.Header.Del("X-Timestamp")
			r.Header.Set("Authorization", "Bearer "+token)
		}
	}
	change := decode[connectors.StatusChange](t, f.send("GET", path, "", ""), http.StatusOK)
	if change.Ref != got.Ref || change.SourceID != "7" || change.Status != complaint.Received {
		t.Errorf("%+v", change)
	}
	if typed := f.send("GET", strings.ToLower(path), "", ""); typed.status != 200 {
		t.Errorf("a reference typed in small letters: %d", typed.status)
	}
	for name, c := range map[string]struct {
		got    answer
		status int
	}{
		"another channel":  {f.send("GET", path, "", "", bearer("token-desa")), 404},
		"a wrong token":    {f.send("GET", path, "", "", bearer("token")), 401},
		"no credentials":   {f.send("GET", path, "", "", func(r *http.Request) { r.Header = http.Header{} }), 401},
		"no such ref":      {f.send("GET", "/complaints/SP-000000000000000/status", "", ""), 404},
		"no ref at all":    {f.send("GET", "/complaints/x/status", "", ""), 400},
		"unsigned, no ref": {f.send("GET", "/complaints/x/status", "", "", bearer("x")), 401},
	} {
		if c.got.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, c.got.status, c.got.body, c.status)
		}
	}
}

func TestManySendersAtOnceAreEachKeptOnce(t *testing.T) {
	f := newFace(t)
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for n := range 20 {
				got := f.post(fmt.Sprintf(`{"ticket": "%d-%d", "message": "lampu %d"}`, sender/2, n, n))
				if got.status != http.StatusAccepted {
					t.Errorf("%d: %s", got.status, got.body)
				}
			}
		})
	}
	senders.Wait()
	if ledger, err := f.store.Audit(t.Context()); err != nil || ledger.Accepted != 80 {
		t.Errorf("%+v, %v; want 80", ledger, err)
	}
}

func TestTheAdminFace(t *testing.T) {
	ready, loaded := errors.New("not every loop is running"), error(nil)
	admin := server.Admin{
		Gatherer: prometheus.NewRegistry(), Ready: func() error { return ready }, Reload: func() error { return loaded },
	}
	ask := func(method, path string) (int, string) {
		w := httptest.NewRecorder()
		admin.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/-/healthy", 200}, {"GET", "/-/ready", 503}, {"GET", "/metrics", 200}, {"POST", "/-/reload", 200}, {"GET", "/-/reload", 405},
	} {
		if status, body := ask(c.method, c.path); status != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
	ready, loaded = nil, errors.New("gateway.yaml:3:1: region: is missing")
	if status, _ := ask("GET", "/-/ready"); status != 200 {
		t.Errorf("ready: %d", status)
	}
	if status, body := ask("POST", "/-/reload"); status != 500 || !strings.Contains(body, "gateway.yaml:3:1") || !strings.Contains(body, "the old one stays") {
		t.Errorf("reload: %d %s", status, body)
	}
}

// sms is a channel of conversations that expects an answer of its own.
type sms struct{}

func (sms) Receive(r *http.Request) (connectors.Received, error) {
	said := connectors.Received{Messages: []connectors.Message{{ID: r.FormValue("id"), Sender: r.FormValue("from"), Text: r.FormValue("text")}}}
	if r.FormValue("plain") == "" {
		said.Told = &connectors.Answer{Type: "text/plain", Body: []byte("ACK/Jasmin")}
	}
	return said, nil
}

func (sms) Say(context.Context, connectors.Saying) error { return nil }

func TestAChannelThatExpectsAnAnswerOfItsOwnGetsItAfterTheCommit(t *testing.T) {
	f := newFace(t)
	for range 2 { // sent again, it is answered again
		a := f.send("GET", "/in/sms?id=1&from=0812700044&text=Lampu+mati", "", "")
		if a.status != http.StatusOK || a.body != "ACK/Jasmin" || a.header.Get("Content-Type") != "text/plain" {
			t.Errorf("answered %d %q", a.status, a.body)
		}
	}
	if a := f.send("GET", "/in/sms?id=2&from=0812700044&text=di+Ranai&plain=1", "", ""); a.status != http.StatusAccepted || strings.TrimSpace(a.body) != "[]" {
		t.Errorf("without one it was answered %d %q", a.status, a.body)
	}
	want := store.Messages{Heard: 2, Waiting: 2}
	if ledger, err := f.store.Audit(t.Context()); err != nil || ledger.Messages != want {
		t.Errorf("%+v, %v", ledger, err)
	}
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	if a := f.send("GET", "/in/sms?id=4&from=0812700044&text=halo", "", ""); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "ACK") {
		t.Errorf("what was not kept was answered %d %q", a.status, a.body)
	}
}
