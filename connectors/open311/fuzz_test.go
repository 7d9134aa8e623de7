package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// wantItems wants what any list gives: records with their bytes, and complaints of them that are fit or named as unfit.
func wantItems(t *testing.T, c *client, items []item, err error) {
	t.Helper()
	if err != nil {
		var marked *retry.Error
		if !errors.As(err, &marked) || len(items) > 0 {
			t.Fatalf("an error without a verdict, or with a part of the list: %v, %d", err, len(items))
		}
		return
	}
	for _, one := range items {
		if one.record == nil || !json.Valid(one.raw) {
			t.Fatalf("an element without its fields or bytes: %+v", one)
		}
		made, err := c.mapper.Map(c.record(one))
		if err == nil {
			err = made.Check()
			if err != nil {
				t.Fatalf("an unfit complaint: %v", err)
			}
		}
		sum(one)
		addresses(one.record["media_url"])
	}
}

func fuzzedClient(t testing.TB) *client {
	s := defaults()
	mapper, err := s.Map.Compile(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return &client{settings: s, env: connectors.Env{Zone: time.UTC}, mapper: mapper}
}

func FuzzXMLList(f *testing.F) {
	f.Add([]byte(`<service_requests><request><service_request_id>1</service_request_id><description>Lampu &amp; jalan</description><lat>3.9</lat><long>108</long><requested_datetime>2026-01-03T14:05:00+07:00</requested_datetime></request></service_requests>`))
	f.Add([]byte(`<?xml version="1.0" encoding="latin1"?><service_requests xmlns="x"><request><a><b>1</b><b/></a>&#x0B;&nbsp;</request></service_requests>`))
	f.Add([]byte(`<errors/>`))
	c := fuzzedClient(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := decodeList(xmlFormat, body, "service_requests", "request")
		wantItems(t, c, items, err)
	})
}

func FuzzJSONList(f *testing.F) {
	f.Add([]byte(`[{"service_request_id":638344,"status":"closed","description":null,"lat":3.9,"long":"108","media_url":["a","b"]}]`))
	f.Add([]byte(`{"service_requests":[{"service_request_id":"1"}]}`))
	f.Add([]byte(`[{"service_request_id":12345678901234567890,"requested_datetime":1767423900}]`))
	c := fuzzedClient(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := decodeList(jsonFormat, body, "service_requests", "request")
		wantItems(t, c, items, err)
	})
}

func FuzzForm(f *testing.F) {
	f.Add(formType, []byte("service_code=jalan&lat=3.9&long=108&description=Lubang&attribute[HOWMANYD]=3&attribute[X][]=a&attribute[X][]=b&api_key=k"))
	f.Add(filesType+"; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=\"photo1\"; filename=\"../a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n--b--\r\n"))
	f.Add("text/plain", []byte("x"))
	var services serviceFile
	if err := decodeText("services.yaml", []byte(fuzzedServices), &services); err != nil {
		f.Fatal(err)
	}
	services.fillIn()
	c := fuzzedClient(f)
	e := &endpoint{server: &server{settings: c.settings, mapper: c.mapper, services: services}}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/requests.xml", bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		form, err := readForm(r)
		var refused *failure
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("an error that is nobody's: %v", err)
		}
		if err != nil {
			return
		}
		for _, one := range services.Services {
			one.check(form)
			made, err := e.complaint(form, one, "kota")
			if err == nil {
				err = made.Check()
			}
			var field *complaint.FieldError
			if err != nil && (!errors.As(err, &field) || len(fieldReasons(err)) == 0) {
				t.Fatalf("an error that names no field: %v", err)
			}
			if kept, err := url.ParseQuery(string(made.Raw.Body)); err != nil || kept.Has(keyField) {
				t.Fatalf("what is kept has the key, or cannot be read: %s, %v", made.Raw.Body, err)
			}
		}
		for _, file := range form.files {
			if file.name == "" || len(file.name) > 200 || !utf8.ValidString(file.name) || strings.ContainsAny(file.name, "/\\\x00") {
				t.Fatalf("a file is called %q", file.name)
			}
		}
	})
}

const fuzzedServices = `
services:
  - service_code: jalan
    service_name: Jalan rusak
    attributes:
      - { code: HOWMANYD, datatype: number, required: true }
      - { code: X, datatype: multivaluelist, values: [{ key: a, name: A }, { key: b, name: B }] }
      - { code: SINCE, datatype: datetime }
`

func FuzzServices(f *testing.F) {
	f.Add([]byte(fuzzedServices))
	f.Add([]byte("services: [{ service_code: a, service_name: b, attributes: [{ code: c, order: -1, variable: false, required: true }] }]"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		var services serviceFile
		if decodeText("services.yaml", text, &services) != nil {
			return
		}
		services.fillIn()
		e := &endpoint{server: &server{services: services}}
		for _, s := range services.Services {
			said, err := e.definition(s.Code)
			if err != nil {
				t.Fatalf("a service of the file has no definition: %v", err)
			}
			wantWellFormed(t, said)
		}
		all, err := e.list(request{})
		if err != nil || len(all.fields) == 0 {
			t.Fatalf("a sound file gives no list: %v", err)
		}
		wantWellFormed(t, all)
	})
}

func wantWellFormed(t *testing.T, e element) {
	t.Helper()
	body, err := e.render(jsonFormat)
	if err != nil || !json.Valid(body) {
		t.Fatalf("no JSON: %s, %v", body, err)
	}
	if body, err = e.render(xmlFormat); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("no XML: %v in %s", err, body)
		}
	}
}
