package open311_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
)

const (
	fixmystreetKey = "kunci-fixmystreet-0001"
	appKey         = "kunci-aplikasi-0002"
	maxBody        = 1 << 20
)

var wib = time.FixedZone("WIB", 7*3600)

// desk is a gateway of which everything is known.
type desk struct {
	mu      sync.Mutex
	held    []complaint.Complaint // in the order they were taken in
	listed  []connectors.Listed
	updates []connectors.Update
	asked   connectors.Query
	span    connectors.UpdateQuery
	files   map[string][]byte
	fails   error
}

func (d *desk) desk() connectors.Desk {
	return connectors.Desk{TakeIn: d.takeIn, Read: d.read, List: d.list, Updates: d.update}
}

// firstRef is what the first complaint is called; those after it count up its last digit.
const firstRef = "SP-1KAZ5T8M3Q0X4R1"

func refOf(n int) complaint.Ref {
	return complaint.Ref(firstRef[:len(firstRef)-1] + string("123456789ABCDEFGHJKMNPQRSTVWXYZ"[n]))
}

func (d *desk) takeIn(_ context.Context, complaints []complaint.Complaint) ([]complaint.Ref, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var refs []complaint.Ref
	for _, c := range complaints {
		c.Clean()
		if err := c.Check(); err != nil {
			return nil, err
		}
		if d.fails != nil {
			return nil, d.fails
		}
		at := slices.IndexFunc(d.held, func(known complaint.Complaint) bool { return known.SourceID == c.SourceID })
		if at < 0 {
			at, d.held = len(d.held), append(d.held, c)
		}
		refs = append(refs, refOf(at))
	}
	return refs, nil
}

func (d *desk) read(_ context.Context, ref complaint.Ref) (connectors.StatusChange, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range d.held {
		if refOf(i) == ref {
			return connectors.StatusChange{Ref: ref, SourceID: c.SourceID}, d.fails
		}
	}
	for _, l := range d.listed {
		if l.Ref == ref {
			return connectors.StatusChange{Ref: ref, SourceID: "request/x"}, d.fails
		}
	}
	return connectors.StatusChange{}, errors.Join(fmt.Errorf("read: %w", connectors.ErrNotFound), d.fails)
}

func (d *desk) list(_ context.Context, q connectors.Query) ([]connectors.Listed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = q
	if len(q.Refs) == 0 {
		return d.listed[:min(len(d.listed), q.Most)], d.fails
	}
	var found []connectors.Listed
	for _, l := range d.listed {
		if slices.Contains(q.Refs, l.Ref) {
			found = append(found, l)
		}
	}
	return found, d.fails
}

func (d *desk) update(_ context.Context, q connectors.UpdateQuery) ([]connectors.Update, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.span = q
	return d.updates, d.fails
}

func (d *desk) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	body, err := io.ReadAll(r)
	sum := sha256.Sum256(body)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files == nil {
		d.files = map[string][]byte{}
	}
	d.files[name] = body
	return complaint.Attachment{Name: name, Type: http.DetectContentType(body), Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:])}, err
}

// taken is the only complaint that was taken in.
func (d *desk) taken(t *testing.T) complaint.Complaint {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.held) != 1 {
		t.Fatalf("%d complaints were taken in, want one", len(d.held))
	}
	return d.held[0]
}

// serve is a server over a desk, in front of it what stands in front of it in the gateway.
func serve(t *testing.T, d *desk, edit ...func(*open311.Settings)) *httptest.Server {
	t.Helper()
	return mount(t, d, opened(t, d, edit...))
}

func mount(t *testing.T, d *desk, c connectors.Connector) *httptest.Server {
	t.Helper()
	routes := http.StripPrefix("/open311/kota-311/v2", c.Routes.Routes(d.desk()))
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		routes.ServeHTTP(w, r)
	}))
	t.Cleanup(served.Close)
	return served
}

func opened(t *testing.T, d *desk, edit ...func(*open311.Settings)) connectors.Connector {
	t.Helper()
	s := settings(t)
	for _, e := range edit {
		e(s)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := open311.Definition().Open(connectors.Env{
		Name: "kota-311", Zone: wib, Log: slog.New(slog.DiscardHandler), Files: d, MaxBody: maxBody, Transport: http.DefaultTransport,
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settings serve what testdata/served says, written at a moment that is known.
func settings(t *testing.T) *open311.Settings {
	t.Helper()
	t.Setenv("FIXMYSTREET_KEY", fixmystreetKey)
	t.Setenv("APLIKASI_KEY", appKey)
	s, ok := open311.Definition().Defaults().(*open311.Settings)
	if !ok {
		t.Fatal("the settings have another type")
	}
	folder := t.TempDir()
	for _, name := range []string{"services.yaml", "keys.yaml"} {
		text, err := os.ReadFile("testdata/served/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written := time.Date(2026, 1, 3, 7, 5, 9, 700_000_000, time.UTC)
	if err := os.Chtimes(filepath.Join(folder, "services.yaml"), written, written); err != nil {
		t.Fatal(err)
	}
	s.Serve, s.ShowText = true, true
	s.APIKeys, s.Services = config.Path(filepath.Join(folder, "keys.yaml")), config.Path(filepath.Join(folder, "services.yaml"))
	s.PublicURL, s.Contact, s.KeyService = "https://aduan.natuna.example", "Dinas Kominfo Natuna, 0773 21103", "Tulis ke kunci@natuna.example"
	return s
}

const underneath = "/open311/kota-311/v2/"

// said is an answer.
type said struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, r *http.Request) said {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return said{answer.StatusCode, answer.Header, string(body)}
}

// ask makes a request; fields are a posted form, nil is a GET. Of "a=b" pairs.
func ask(t *testing.T, served *httptest.Server, path string, fields []string) said {
	t.Helper()
	method, body := http.MethodGet, ""
	if fields != nil {
		method, body = http.MethodPost, encoded(fields)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, served.URL+underneath+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return do(t, r)
}

// encoded is a form as the specification's example writes it: brackets are not escaped.
func encoded(fields []string) string {
	escape := strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", " ", "+", "\n", "%0A", ";", "%3B")
	var pairs []string
	for _, field := range fields {
		pairs = append(pairs, escape.Replace(field))
	}
	return strings.Join(pairs, "&")
}

// with is fields with some replaced; one without a value is left out.
func with(fields []string, changes ...string) []string {
	out := slices.Clone(fields)
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		out = slices.DeleteFunc(out, func(f string) bool { return strings.HasPrefix(f, name+"=") })
		if value != "" {
			out = append(out, change)
		}
	}
	return out
}

// pothole is a sound request.
func pothole() []string {
	return []string{
		"api_key=" + fixmystreetKey, "jurisdiction_id=natuna.example", "service_code=jalan", "lat=3.7993", "long=108.0251",
		"address_string=Jl. Pramuka, Sedanau", "email=siti@natuna.example", "first_name=Siti", "last_name=Contoh", "phone=081270004401",
		"description=Jalan berlubang di Sedanau.\nDalam sekali.", "attribute[HOWMANYD]=3",
	}
}
