package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still until it is told to move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)} } // 08.00 WIB, a Monday

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// peer is a client of one simulator, in one of its two modes.
type peer struct {
	sim    *simulator.Simulator
	client *http.Client
	base   string
	header map[string]string
}

type mode struct {
	name string
	dial func(testing.TB, *simulator.Simulator) *peer
}

// modes are the two ways in: through a socket and in process. Everything but a refused connection holds in both.
func modes() []mode { return []mode{{"served", served}, {"transport", inProcess}} }

func newPeer(sim *simulator.Simulator, client *http.Client, base string) *peer {
	return &peer{sim, client, base, map[string]string{
		"Authorization": simulator.DefaultAuth, "token": simulator.DefaultToken, "Accept": "application/json",
	}}
}

func served(t testing.TB, sim *simulator.Simulator) *peer {
	server := httptest.NewServer(sim)
	client := server.Client()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	return newPeer(sim, client, server.URL)
}

func inProcess(_ testing.TB, sim *simulator.Simulator) *peer {
	return newPeer(sim, &http.Client{Transport: sim.Transport()}, "https://lapor.example")
}

func eachMode(t *testing.T, options simulator.Options, run func(*testing.T, *peer)) {
	t.Helper()
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) { run(t, m.dial(t, newSim(t, options))) })
	}
}

func newSim(t testing.TB, options simulator.Options) *simulator.Simulator {
	t.Helper()
	if options.Now == nil {
		options.Now = newClock().now
	}
	sim := simulator.New(options)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Errorf("closing the simulator: %v", err)
		}
	})
	return sim
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (p *peer) do(ctx context.Context, method, path, kind, body string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for name, value := range p.header {
		r.Header.Set(name, value)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data)}, err
}

func (p *peer) get(t testing.TB, path string) reply {
	t.Helper()
	out, err := p.do(t.Context(), http.MethodGet, path, "", "")
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return out
}

func (p *peer) post(t testing.TB, path, body string) reply {
	t.Helper()
	out, err := p.do(t.Context(), http.MethodPost, path, "application/json", body)
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return out
}

func (p *peer) create(t testing.TB, title string) reply {
	t.Helper()
	return p.post(t, "/complaints/complaint", createJSON(title))
}

func createJSON(title string) string {
	return fmt.Sprintf(`{"title":%q,"content":"Lampu jalan di Ranai padam.\n[Ref SP-%s]","channel":13,`+
		`"is_new_user_slider":true,"nameUser":"Warga Contoh","phoneUser":"081200000000","disposition_id":"21031",`+
		`"category_id":27,"is_anonymous":false,"is_secret":0,"attachments":false}`, title, title)
}

type upload struct{ field, name, kind, data string }

// form writes a multipart body with a fixed boundary.
func form(t testing.TB, values [][2]string, files ...upload) (kind, body string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary("batas"); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if err := w.WriteField(v[0], v[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, f.field, f.name)},
			"Content-Type":        {f.kind},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), out.String()
}

func decode[T any](t testing.TB, body string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("reading %s: %v", body, err)
	}
	return out
}
