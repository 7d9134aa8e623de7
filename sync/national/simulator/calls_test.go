package simulator_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

var update = flag.Bool("update", false, "write the golden files anew")

// step is one call of a golden table: the clock moves on, then the request is made.
type step struct {
	name         string
	wait         time.Duration
	method, path string
	kind, body   string
	header       map[string]string
}

func everyCall(t *testing.T) []step {
	const first, second, prefix = "10000001", "10000002", "/lapor/3.0.0"
	files, filesBody := form(t, nil,
		upload{"attachments[]", "lampu.jpg", "image/jpeg", "gambar"}, upload{"attachments[]", "surat.pdf", "application/pdf", "surat"},
		upload{"attachments[]", "TIANG.PNG", "application/octet-stream", "gambar dua"})
	wrong, wrongBody := form(t, nil, upload{"attachments", "lampu.jpg", "image/jpeg", "gambar"})
	said, saidBody := form(t, [][2]string{
		{"user_id", "77"}, {"institution_from_id", "21034"}, {"institution_to_id", "21030"}, {"complaint_id", first},
		{"template_code", "tindak_lanjut"}, {"rating", ""}, {"is_secret", "0"}, {"content", "<p>Tiang diganti.</p>"},
	}, upload{"attachment[0]", "tiang.jpg", "image/jpeg", "foto"})
	const asJSON = "application/json"
	withFiles := strings.Replace(createJSON("0002"), `"attachments":false`, `"attachments":"[4199656, 4199657]"`, 1)
	lost := strings.Replace(createJSON("0003"), `"attachments":false`, `"attachments":"[4200000]"`, 1)
	return []step{
		{name: "institutions", method: "GET", path: prefix + "/masters/institutions/external?page_size=1000"},
		{name: "institutions_page", method: "GET", path: prefix + "/masters/institutions/external"},
		{name: "templates", method: "GET", path: prefix + "/masters/templates?page_size=1000"},
		{name: "file", method: "POST", path: prefix + "/complaints/complaint/file", kind: files, body: filesBody},
		{name: "file_wrong_field", method: "POST", path: prefix + "/complaints/complaint/file", kind: wrong, body: wrongBody},
		{name: "file_not_multipart", method: "POST", path: prefix + "/complaints/complaint/file", kind: asJSON, body: "{}"},
		{name: "create_first", method: "POST", path: prefix + "/complaints/complaint", kind: asJSON, body: createJSON("0001")},
		{name: "create_second", method: "POST", path: prefix + "/complaints/complaint", kind: asJSON, body: withFiles},
		{name: "create_third", method: "POST", path: prefix + "/complaints/complaint", kind: asJSON, body: createJSON("0003")},
		{name: "create_fourth", method: "POST", path: prefix + "/complaints/complaint", kind: asJSON, body: createJSON("0004")},
		{name: "create_invalid", method: "POST", path: prefix + "/complaints/complaint", kind: asJSON, body: `{"title":" ","category_id":"jalan","attachments":[1]}`},
		{name: "create_file_missing", method: "POST", path: prefix + "/complaints/complaint", kind: asJSON, body: lost},
		{name: "create_form", method: "POST", path: prefix + "/complaints/complaint", kind: "application/x-www-form-urlencoded", body: "title=x"},
		{name: "status_new", method: "GET", path: prefix + "/complaints/" + first + "/complaint"},
		{name: "reject", wait: time.Hour, method: "POST", path: prefix + "/complaints/process/" + first + "/reject", kind: asJSON, body: `{"is_request":1,"reason":"21034","reason_description":"Bukan kewenangan kami","not_authority":1}`},
		{name: "reject_form", method: "POST", path: prefix + "/complaints/process/" + second + "/reject", kind: "application/x-www-form-urlencoded", body: "is_request=1&reason=21035&not_authority=1"},
		{name: "reject_invalid", method: "POST", path: prefix + "/complaints/process/" + first + "/reject", kind: asJSON, body: `{"is_request":0}`},
		{name: "reject_unknown", method: "POST", path: prefix + "/complaints/process/99/reject", kind: asJSON, body: `{}`},
		{name: "followup_add", wait: 48 * time.Hour, method: "POST", path: prefix + "/complaints/followup/add", kind: said, body: saidBody},
		{name: "followup_add_invalid", method: "POST", path: prefix + "/complaints/followup/add", kind: "application/json", body: `{}`},
		{name: "status_working", wait: 24 * time.Hour, method: "GET", path: prefix + "/complaints/" + first + "/complaint"},
		{name: "followups_first_page", wait: 30 * 24 * time.Hour, method: "GET", path: prefix + "/complaints/" + first + "/followups?page=1"},
		{name: "followups_last_page", method: "GET", path: prefix + "/complaints/" + first + "/followups?page=2"},
		{name: "followups_beyond", method: "GET", path: prefix + "/complaints/" + first + "/followups?page=99"},
		{name: "followups_unknown", method: "GET", path: prefix + "/complaints/7654321/followups?page=1"},
		{name: "status_done", method: "GET", path: prefix + "/complaints/" + first + "/complaint"},
		{name: "status_unknown", method: "GET", path: prefix + "/complaints/1/complaint"},
		{name: "search", method: "GET", path: prefix + "/complaints/search?keyword=SP-0002"},
		{name: "search_absent", method: "GET", path: prefix + "/complaints/search?keyword=SP-9999"},
		{name: "search_without_keyword", method: "GET", path: prefix + "/complaints/search"},
		{name: "no_such_path", method: "GET", path: prefix + "/complaints"},
		{name: "outside_the_base", method: "GET", path: "/masters/templates"},
		{name: "sign_in_missing", method: "GET", path: prefix + "/masters/templates", header: map[string]string{"Authorization": ""}},
		{name: "sign_in_wrong", method: "GET", path: prefix + "/masters/templates", header: map[string]string{"Authorization": "Bearer lain"}},
		{name: "sign_in_without_braces", method: "GET", path: prefix + "/masters/templates", header: map[string]string{"token": "00000000-0000-0000-0000-000000000000"}},
		{name: "sign_in_wrong_xml", method: "GET", path: prefix + "/masters/templates", header: map[string]string{"Authorization": "Bearer lain", "Accept": "application/xml"}},
		{name: "sim_stats", method: "GET", path: "/_sim/stats"},
		{name: "sim_complaints", method: "GET", path: "/_sim/complaints?marker=SP-0002"},
	}
}

func TestEveryCallAnswersAsWrittenDown(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			at := newClock()
			sim := newSim(t, simulator.Options{
				Base: "/lapor/3.0.0/", Search: true, Now: at.now, PageSize: 4,
				Scenarios: simulator.Scenarios()[:1],
			})
			p := m.dial(t, sim)
			for _, s := range everyCall(t) {
				at.advance(s.wait)
				golden(t, s.name, p.play(t, s))
			}
		})
	}
}

// play makes one call and writes down the answer, the same in both modes.
func (p *peer) play(t *testing.T, s step) string {
	t.Helper()
	before := p.header
	p.header = map[string]string{}
	for _, set := range []map[string]string{before, s.header} {
		for name, value := range set {
			p.header[name] = value
		}
	}
	defer func() { p.header = before }()
	out, err := p.do(t.Context(), s.method, s.path, s.kind, s.body)
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	body := strings.ReplaceAll(out.body, p.base, "https://lapor.example")
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(body), "", "  ") == nil && body != "" {
		body = pretty.String()
	}
	// What Go's client adds by itself differs between a socket and none.
	body = regexp.MustCompile(`(?s)"header": \{.*?\n    \}`).ReplaceAllString(body, `"header": {}`)
	return fmt.Sprintf("%s %s\n\n%d %s\n\n%s\n", s.method, s.path, out.status, out.header.Get("Content-Type"), body)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
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
		t.Errorf("%s (-written down +got):\n%s", path, diff)
	}
}

func TestTheIDIsAnsweredInEachShape(t *testing.T) {
	for shape, want := range map[simulator.Shape]string{
		simulator.ShapeID:         `"complaint_id":10000001`,
		simulator.ShapeResults:    `"results":{"complaint":{"id":10000001}}`,
		simulator.ShapeDataID:     `"data":{"complaint_id":"10000001"}`,
		simulator.ShapeDataNested: `"data":{"results":{"complaint":{"id":10000001}}}`,
	} {
		p := inProcess(t, newSim(t, simulator.Options{Shape: shape}))
		if got := p.create(t, "0001"); got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("shape %d: got %d %s, want %s in it", shape, got.status, got.body, want)
		}
	}
}

func TestPageLinksLeadThroughEveryInstitutionOnce(t *testing.T) {
	eachMode(t, simulator.Options{}, func(t *testing.T, p *peer) {
		type page struct {
			Results struct {
				Data []struct {
					ID   int64
					Name string
				}
				Next *string `json:"next_page_url"`
			}
		}
		seen, next := map[int64]bool{}, "/masters/institutions/external?page_size=5"
		for range 10 {
			out := decode[page](t, p.get(t, next).body)
			for _, row := range out.Results.Data {
				if seen[row.ID] {
					t.Fatalf("institution %d came twice", row.ID)
				}
				seen[row.ID] = true
			}
			if out.Results.Next == nil {
				break
			}
			next = strings.TrimPrefix(*out.Results.Next, p.base)
		}
		if len(seen) != len(simulator.Institutions()) {
			t.Errorf("%d institutions seen, want %d", len(seen), len(simulator.Institutions()))
		}
	})
}

func TestSearchIsNotThereUnlessAsked(t *testing.T) {
	eachMode(t, simulator.Options{}, func(t *testing.T, p *peer) {
		if got := p.get(t, "/complaints/search?keyword=x"); got.status != 404 || !strings.Contains(got.body, "900906") {
			t.Errorf("got %d %s, want the API manager's 404", got.status, got.body)
		}
	})
}

func TestSearchLagsBehind(t *testing.T) {
	at := newClock()
	p := inProcess(t, newSim(t, simulator.Options{Search: true, SearchLag: time.Minute, Now: at.now}))
	p.create(t, "0001")
	found := func() bool { return strings.Contains(p.get(t, "/complaints/search?keyword=SP-0001").body, "10000001") }
	if found() {
		t.Error("found at once, want a lag")
	}
	at.advance(time.Minute)
	if !found() {
		t.Error("not found after the lag")
	}
}

func TestUnknownNumericIDsAreTakenUnlessAskedNotTo(t *testing.T) {
	body := strings.Replace(createJSON("0001"), "21031", "99999", 1)
	if got := inProcess(t, newSim(t, simulator.Options{})).post(t, "/complaints/complaint", body); got.status != 200 {
		t.Errorf("got %d %s, want it taken", got.status, got.body)
	}
	got := inProcess(t, newSim(t, simulator.Options{KnownIDs: true})).post(t, "/complaints/complaint", body)
	if got.status != 422 || !strings.Contains(got.body, "disposition_id") {
		t.Errorf("got %d %s, want 422 about disposition_id", got.status, got.body)
	}
}

func TestHeaderNamesAndValuesAreConfigurable(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{AuthHeader: "auth", Auth: "rahasia", TokenHeader: "Apikey", Token: "{1}"}))
	if got := p.get(t, "/masters/templates"); got.status != 401 {
		t.Errorf("the default headers: got %d, want 401", got.status)
	}
	p.header = map[string]string{"auth": "rahasia", "apikey": "{1}"}
	if got := p.get(t, "/masters/templates"); got.status != 200 {
		t.Errorf("the configured headers: got %d %s, want 200", got.status, got.body)
	}
	p.post(t, "/complaints/complaint", createJSON("0001"))
	if text := fmt.Sprint(p.sim.Complaints()); strings.Contains(text, "rahasia") || !strings.Contains(text, "(accepted)") {
		t.Errorf("sign-in values are shown: %s", text)
	}
}

func TestFilesAreKeptWithTheirHash(t *testing.T) {
	for _, lean := range []bool{false, true} {
		p := inProcess(t, newSim(t, simulator.Options{Lean: lean}))
		kind, body := form(t, nil, upload{"attachments[]", "a.jpg", "image/jpeg", "gambar"})
		if _, err := p.do(t.Context(), "POST", "/complaints/complaint/file", kind, body); err != nil {
			t.Fatal(err)
		}
		p.post(t, "/complaints/complaint", strings.Replace(createJSON("0001"), `"attachments":false`, `"attachments":"[4199656]"`, 1))
		got := p.sim.Complaints()[0].Attachments
		const sum = "00b385c9d7d4f3359c957cc7a97f9deb18a259d5524abdb07731ed6f79466433"
		if len(got) != 1 || got[0].SHA256 != sum || got[0].Size != 6 || !got[0].Picture {
			t.Fatalf("lean %v: got %+v, want one picture of 6 bytes with the hash %s", lean, got, sum)
		}
		file, ok := p.sim.File("4199656")
		if !ok || (string(file.Content) == "gambar") == lean {
			t.Errorf("lean %v: content %q, found %v", lean, file.Content, ok)
		}
		if _, ok := p.sim.File("4199657"); ok {
			t.Error("a file that was never sent is there")
		}
		if kept := p.sim.Complaints()[0].Body != nil; kept == lean {
			t.Errorf("lean %v: raw body kept: %v", lean, kept)
		}
	}
}

func TestTooLargeARequestIsTurnedAway(t *testing.T) {
	eachMode(t, simulator.Options{MaxBody: 100}, func(t *testing.T, p *peer) {
		if got := p.create(t, "0001"); got.status != 413 {
			t.Errorf("got %d, want 413", got.status)
		}
		if n := len(p.sim.Complaints()); n != 0 {
			t.Errorf("%d complaints, want none", n)
		}
	})
}
