package cloudapi

import (
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The simulator has its own idea of the Cloud API.
func TestItSharesNoCodeWithWhatItTests(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			if name, _ := strconv.Unquote(spec.Path.Value); strings.Contains(name, "satupintu") {
				t.Errorf("%s imports %s", file.Name(), name)
			}
		}
	}
}

var warga = Person{Number: "6281270004411", Name: "Contoh Warga"}

// call makes a request to the Graph API and returns the status and the body.
func call(t *testing.T, a *API, method, target, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer t")
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	answer, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(answer)
}

func TestItHasTheRulesOfTheRealOne(t *testing.T) {
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	a := New(Options{PhoneNumberID: "1", Token: "t", Templates: []Template{{"status", "id", 1}}, Now: func() time.Time { return now }})
	text := `{"messaging_product":"whatsapp","to":"6281270004411","type":"text","text":{"body":"Halo"}}`
	template := `{"messaging_product":"whatsapp","to":"6281270004411","type":"template","template":{"name":"status","language":{"code":"id"},"components":[{"type":"body","parameters":[VALUE]}]}}`
	for _, step := range []struct {
		what, body string
		before     func()
		status     int
		says       string
	}{
		{"a stranger", text, nil, http.StatusBadRequest, `"code":131047`},
		{"within 24 hours", text, func() { a.Text(warga, "Air mati") }, http.StatusOK, `"id":"wamid.`},
		{"a text that is too long", strings.Replace(text, "Halo", strings.Repeat("x", 4097), 1), nil, http.StatusBadRequest, `"code":100`},
		{"after 24 hours", text, func() { now = now.Add(25 * time.Hour) }, http.StatusBadRequest, `"code":131047`},
		{"a template", strings.Replace(template, "VALUE", `{"type":"text","text":"SP-1"}`, 1), nil, http.StatusOK, `"id":"wamid.`},
		{"with a line end", strings.Replace(template, "VALUE", `{"type":"text","text":"a\nb"}`, 1), nil, http.StatusBadRequest, `"code":132018`},
		{"without its variable", strings.Replace(template, "VALUE", "", 1), nil, http.StatusBadRequest, `"code":132000`},
		{"another template", strings.NewReplacer(`"status"`, `"lain"`, "VALUE", "").Replace(template), nil, http.StatusNotFound, `"code":132001`},
		{"to two", strings.Replace(text, `"to"`, `"recipient":"ID.1","to"`, 1), nil, http.StatusBadRequest, `"code":100`},
	} {
		if step.before != nil {
			step.before()
		}
		if status, says := call(t, a, http.MethodPost, "/v25.0/1/messages", step.body); status != step.status || !strings.Contains(says, step.says) {
			t.Errorf("%s: %d %s", step.what, status, says)
		}
	}
	if len(a.Sent()) != 2 {
		t.Errorf("sent %+v", a.Sent())
	}
}

func TestItsLinksExpire(t *testing.T) {
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	a := New(Options{PhoneNumberID: "1", Token: "t", Now: func() time.Time { return now }})
	media := a.Keep("image/jpeg", []byte("foto"))
	link := func() string {
		_, said := call(t, a, http.MethodGet, "/v25.0/"+media, "")
		_, rest, _ := strings.Cut(said, `"url":"`)
		at, _, _ := strings.Cut(rest, `"`)
		return strings.ReplaceAll(at, `\u0026`, "&")
	}
	first := link()
	if status, said := call(t, a, http.MethodGet, first, ""); status != http.StatusOK || said != "foto" {
		t.Errorf("a fresh link: %d %q", status, said)
	}
	now = now.Add(6 * time.Minute)
	if status, _ := call(t, a, http.MethodGet, first, ""); status != http.StatusNotFound {
		t.Errorf("an old link: %d", status)
	}
	if status, _ := call(t, a, http.MethodGet, link(), ""); status != http.StatusOK {
		t.Errorf("a new link: %d", status)
	}
	a.Delete(media)
	if status, said := call(t, a, http.MethodGet, "/v25.0/"+media, ""); status != http.StatusBadRequest || !strings.Contains(said, `"error_subcode":33`) {
		t.Errorf("a file that is gone: %d %s", status, said)
	}
}
