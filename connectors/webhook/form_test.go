package webhook

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

func TestAForm(t *testing.T) {
	hook := openHook(t, portal(), &shelf{})
	body := url.Values{"ticket": {"7"}, "message": {"Jalan rusak\r\ndi Midai"}, "hide_name": {"on"}, "foto": {"a", "b"}}.Encode()
	got, err := hook.Receive.Receive(post("application/x-www-form-urlencoded", []byte(body)))
	if err != nil || got.List || len(got.Complaints) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if c := got.Complaints[0]; c.Text != "Jalan rusak\ndi Midai" || !c.Anonymous || string(c.Raw.Body) != body || c.Raw.Type != formType {
		t.Errorf("got %+v", c)
	}
	latin := "ticket=7&message=Caf%E9"
	got, err = hook.Receive.Receive(post("application/x-www-form-urlencoded; charset=iso-8859-1", []byte(latin)))
	if err != nil || got.Complaints[0].Text != "Café" {
		t.Errorf("got %+v, %v", got, err)
	}
	for body, field := range map[string]string{"": "", "%zz": "", "ticket=7": "message", "ticket=7&message=a&message=b": "message", "payload=[]": ""} {
		_, err := hook.Receive.Receive(post("application/x-www-form-urlencoded", []byte(body)))
		if why := refused(t, err); why.Status != 400 || why.Field != field {
			t.Errorf("%q: %d %q %s", body, why.Status, why.Field, why.Detail)
		}
	}
}

type part struct{ name, file, contentType, body string }

func multipartBody(t testing.TB, parts ...part) (string, []byte) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.SetBoundary("batas-0001"); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		header := http.Header{"Content-Disposition": {`form-data; name="` + p.name + `"` + p.file}}
		if p.contentType != "" {
			header.Set("Content-Type", p.contentType)
		}
		out, err := w.CreatePart(map[string][]string(header))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, p.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), body.Bytes()
}

func TestAFormWithFiles(t *testing.T) {
	files := &shelf{}
	contentType, body := multipartBody(t,
		part{name: "ticket", body: "7"}, part{name: "message", body: "Jembatan rusak é"}, part{"phone", "", "text/plain; charset=iso-8859-1", "0812\xa0"},
		part{"foto", `; filename="C:\\fakepath\\jembatan.jpg"`, "image/jpeg", "\xff\xd8\xff\xe0"},
		part{"foto", `; filename="../../etc/passwd"`, "image/png", "PNG"},
		part{"foto", `; filename=""`, "application/octet-stream", ""},
		part{"suara", "", "audio/ogg", "OggS"})
	got, err := openHook(t, portal(), files).Receive.Receive(post(contentType, body))
	if err != nil || len(got.Complaints) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	c := got.Complaints[0]
	want := []complaint.Attachment{{Name: "jembatan.jpg", Size: 4, SHA256: "ffd8ffe0"}, {Name: "passwd", Size: 3, SHA256: "504e47"}, {Name: "attachment", Size: 4, SHA256: "4f676753"}}
	if diff := cmp.Diff(want, c.Attachments); diff != "" {
		t.Error(diff)
	}
	if raw := string(c.Raw.Body); c.Raw.Type != jsonType || raw != "{\"message\":\"Jembatan rusak é\",\"phone\":\"0812\u00a0\",\"ticket\":\"7\"}" {
		t.Errorf("Raw is %s %q", c.Raw.Type, raw)
	}
}

func TestAFormWithJSONAndFiles(t *testing.T) {
	photo := part{"foto", `; filename="a.jpg"`, "image/jpeg", "JPEG"}
	files := &shelf{}
	hook := openHook(t, portal(), files)
	contentType, body := multipartBody(t, part{"payload", "", "application/json", `{"ticket": 7, "message": "a"}`}, photo)
	got, err := hook.Receive.Receive(post(contentType, body))
	if err != nil || len(got.Complaints) != 1 || len(got.Complaints[0].Attachments) != 1 || string(got.Complaints[0].Raw.Body) != `{"ticket": 7, "message": "a"}` {
		t.Errorf("got %+v, %v", got, err)
	}
	contentType, body = multipartBody(t, part{name: "payload", body: `[{"ticket": 7, "message": "a"}, {"ticket": 8, "message": "b"}]`}, photo)
	_, err = hook.Receive.Receive(post(contentType, body))
	if why := refused(t, err); why.Status != 400 || why.Field != "payload" || len(files.names) != 1 {
		t.Errorf("%d %q %s, %q", why.Status, why.Field, why.Detail, files.names)
	}
}

func TestNoFileIsKeptOfARefusedRequest(t *testing.T) {
	files := &shelf{}
	hook := openHook(t, portal(), files)
	photo := part{"foto", `; filename="a.jpg"`, "image/jpeg", "JPEG"}
	contentType, body := multipartBody(t, part{name: "ticket", body: "7"}, photo)
	many := make([]part, complaint.MaxAttachments+1)
	for i := range many {
		many[i] = part{"f", `; filename="a"`, "", ""}
	}
	_, crowd := multipartBody(t, append(many, part{name: "ticket", body: "7"}, part{name: "message", body: "a"})...)
	for name, sent := range map[string][]byte{"no text": body, "cut": body[:len(body)-20], "cut in a part": body[:len(body)-80], "not one": []byte("x"), "empty": nil, "too large": crowd} {
		_, err := hook.Receive.Receive(post(contentType, sent))
		if why := refused(t, err); (why.Status != 400 && why.Status != 413) || len(files.names) > 0 {
			t.Errorf("%s: %d %s; files %q", name, why.Status, why.Detail, files.names)
		}
	}
	_, err := hook.Receive.Receive(post("multipart/form-data", body))
	if why := refused(t, err); why.Status != 400 {
		t.Errorf("without a boundary: %d", why.Status)
	}
}

func TestAFileThatCannotBeKeptIsOurFault(t *testing.T) {
	contentType, body := multipartBody(t, part{name: "ticket", body: "7"}, part{name: "message", body: "a"}, part{"f", `; filename="a"`, "", "x"})
	_, err := openHook(t, portal(), &shelf{fails: true}).Receive.Receive(post(contentType, body))
	var why *connectors.RequestError
	if err == nil || errors.As(err, &why) {
		t.Errorf("got %v, want an error that is answered with 500", err)
	}
}

func TestFileNames(t *testing.T) {
	for sent, want := range map[string]string{
		"a.jpg": "a.jpg", "/a/b.jpg": "b.jpg", `C:\a\b.jpg`: "b.jpg", "": "attachment", "..": "attachment", "a/": "attachment", " a\x00\n\tb ": "ab",
		"\u202egpj.exe": "gpj.exe", strings.Repeat("é", 150) + ".jpg": strings.Repeat("é", 98) + ".jpg", "\xff.jpg": "\uFFFD.jpg",
	} {
		if got := cleanName(sent); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", sent, got, want)
		}
	}
}
