package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// office is an agency's server: a list of complaints with photos, two on a page, whose last page comes again past the end.
// Answers are sent to it.
type office struct {
	mu    sync.Mutex
	items []map[string]any
	told  map[string][]string // by number
	keys  map[string]bool     // Idempotency-Key of what was told: each is heard once
}

func officeDoor(t *testing.T, _ *servers) doorway {
	d := &office{told: map[string][]string{}, keys: map[string]bool{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	tells := []string{"[forwarded]", "Mohon ditindaklanjuti. [disposed]", "Sedang kami proses. [in_progress]", "Sudah selesai. [done]"}
	return doorway{
		door: d, name: "dinas", points: polledPoints(), photo: true, tells: tells,
		connector: fmt.Sprintf(`
  - name: dinas
    kind: rest
    every: 1s
    settings:
      url: %s/api/laporan
      auth: { bearer: { env: PORTAL_TOKEN } }
      items: hasil
      paging: { style: page, param: halaman }
      since: { field: dibuat }
      map: { id: nomor, text: isi, reporter.name: nama, reporter.phone: hp, reported_at: dibuat }
      photos: { list: foto }
      write_back:
        any: { method: PUT, path: "/api/laporan/{id}/jawaban", json: '{"status": "{status}", "jawaban": "{message}"}' }
`, server.URL),
	}
}

func (d *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+portalToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/laporan", d.list)
	mux.HandleFunc("GET /foto/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("n"))
		_, _ = w.Write(doorPhoto("dinas", n))
	})
	mux.HandleFunc("PUT /api/laporan/{id}/jawaban", d.hear)
	mux.ServeHTTP(w, r)
}

func (d *office) list(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	const size = 2
	page, _ := strconv.Atoi(r.URL.Query().Get("halaman"))
	last := max(len(d.items)-1, 0) / size * size
	start := min(max(page-1, 0)*size, last)
	_ = json.NewEncoder(w).Encode(map[string]any{"hasil": d.items[start:min(start+size, len(d.items))]})
}

func (d *office) hear(w http.ResponseWriter, r *http.Request) {
	var said struct{ Status, Jawaban string }
	key := r.Header.Get("Idempotency-Key")
	if json.NewDecoder(r.Body).Decode(&said) != nil || key == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if id := r.PathValue("id"); !d.keys[key] {
		d.keys[key] = true
		d.told[id] = append(d.told[id], said.Jawaban+" ["+said.Status+"]")
	}
}

func (d *office) complain(_ *region, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.items = append(d.items, map[string]any{
		"nomor": fmt.Sprint("D-", n), "isi": doorText("dinas", n), "nama": "Warga Midai", "hp": "081270004401",
		"dibuat": time.Now().Format(time.RFC3339), "foto": []string{fmt.Sprintf("/foto/%d", n)},
	})
}

func (d *office) heard(_ *region, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.told[fmt.Sprint("D-", n)])
}
