package server_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// georeport is a client of GeoReport v2, written from its specification. It knows an endpoint, a key and a format.
type georeport struct {
	*testing.T
	endpoint string
	key      string
	format   string
	client   *http.Client
	read     []string // every document that came from a GET
}

// The documents of the specification. A field is a text in XML, and in JSON a text, null, a boolean or a number.
type (
	grDiscovery struct {
		XMLName   xml.Name     `xml:"discovery" json:"-"`
		Changeset string       `xml:"changeset" json:"changeset"`
		Contact   string       `xml:"contact" json:"contact"`
		Endpoints []grEndpoint `xml:"endpoints>endpoint" json:"endpoints"`
	}
	grEndpoint struct {
		Specification string   `xml:"specification" json:"specification"`
		URL           string   `xml:"url" json:"url"`
		Type          string   `xml:"type" json:"type"`
		Formats       []string `xml:"formats>format" json:"formats"`
	}
	grService struct {
		Code     string `xml:"service_code" json:"service_code"`
		Name     string `xml:"service_name" json:"service_name"`
		Metadata bool   `xml:"metadata" json:"metadata"`
		Type     string `xml:"type" json:"type"`
	}
	grDefinition struct {
		XMLName    xml.Name      `xml:"service_definition" json:"-"`
		Code       string        `xml:"service_code" json:"service_code"`
		Attributes []grAttribute `xml:"attributes>attribute" json:"attributes"`
	}
	grAttribute struct {
		Variable bool   `xml:"variable" json:"variable"`
		Code     string `xml:"code" json:"code"`
		Datatype string `xml:"datatype" json:"datatype"`
		Required bool   `xml:"required" json:"required"`
		Order    int    `xml:"order" json:"order"`
	}
	grRequest struct {
		ID          string `xml:"service_request_id" json:"service_request_id"`
		Token       string `xml:"token" json:"token"`
		Status      string `xml:"status" json:"status"`
		Notes       string `xml:"status_notes" json:"status_notes"`
		Code        string `xml:"service_code" json:"service_code"`
		Agency      string `xml:"agency_responsible" json:"agency_responsible"`
		RequestedAt string `xml:"requested_datetime" json:"requested_datetime"`
		UpdatedAt   string `xml:"updated_datetime" json:"updated_datetime"`
		Description string `xml:"description" json:"description"`
	}
	grUpdate struct {
		ID          string `xml:"update_id" json:"update_id"`
		Request     string `xml:"service_request_id" json:"service_request_id"`
		Status      string `xml:"status" json:"status"`
		At          string `xml:"updated_datetime" json:"updated_datetime"`
		Description string `xml:"description" json:"description"`
	}
)

// send makes a request and returns the answer's body.
func (g *georeport) send(ctx context.Context, method, address string, form url.Values, status int) (string, http.Header) {
	g.Helper()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		g.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	answer, err := g.client.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		g.Fatal(err)
	}
	if answer.StatusCode != status {
		g.Fatalf("%s %s: %d %s, want %d", method, address, answer.StatusCode, body, status)
	}
	if method == http.MethodGet {
		g.read = append(g.read, string(body))
	}
	return string(body), answer.Header
}

func (g *georeport) get(resource string, query url.Values) (string, http.Header) {
	g.Helper()
	return g.send(g.Context(), http.MethodGet, g.endpoint+resource+"."+g.format+"?"+query.Encode(), nil, http.StatusOK)
}

// list reads a list's elements, which in XML have a root of their own and in JSON none.
func list[T any](g *georeport, text, root, element string) []T {
	g.Helper()
	var all []T
	if g.format == "json" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			g.Fatalf("%v in %s", err, text)
		}
		return all
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			g.Fatalf("%v in %s", err, text)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local == root {
			continue
		}
		var one T
		if start.Name.Local != element {
			g.Fatalf("%s holds %s, want %s", root, start.Name.Local, element)
		}
		if err := decoder.DecodeElement(&one, &start); err != nil {
			g.Fatalf("%v in %s", err, text)
		}
		all = append(all, one)
	}
}

func single[T any](g *georeport, text string) T {
	g.Helper()
	var one T
	decode := json.Unmarshal
	if g.format == "xml" {
		decode = xml.Unmarshal
	}
	if err := decode([]byte(text), &one); err != nil {
		g.Fatalf("%v in %s", err, text)
	}
	return one
}

func (g *georeport) requests(text string) []grRequest {
	g.Helper()
	return list[grRequest](g, text, "service_requests", "request")
}

// post creates a request and returns its id, asking for it by its token where it got one.
func (g *georeport) post(form url.Values) string {
	g.Helper()
	form.Set("api_key", g.key)
	body, _ := g.send(g.Context(), http.MethodPost, g.endpoint+"requests."+g.format, form, http.StatusOK)
	created := g.requests(body)
	if len(created) != 1 || (created[0].ID == "") == (created[0].Token == "") {
		g.Fatalf("created %s, want one request with an id or a token", body)
	}
	if created[0].ID != "" {
		return created[0].ID
	}
	body, _ = g.get("tokens/"+created[0].Token, nil)
	resolved := g.requests(body)
	if len(resolved) != 1 || resolved[0].ID == "" || resolved[0].Token != created[0].Token {
		g.Fatalf("the token %s is %s", created[0].Token, body)
	}
	return resolved[0].ID
}

// next is where a Link header leads, from the address it came with.
func next(t *testing.T, from string, header http.Header) string {
	t.Helper()
	target, rel, found := strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">")
	if !found || !strings.Contains(rel, `rel="next"`) {
		return ""
	}
	base, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	relative, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return base.ResolveReference(relative).String()
}
