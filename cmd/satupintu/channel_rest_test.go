package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// office is an agency's server: a list of complaints with photos, two on a page, whose last page comes again past the end.
// Answers are sent to it.
type office struct {
	*httptest.Server
	mu    sync.Mutex
	items []map[string]any
	told  map[string][]string // by id; each change once, by its Idempotency-Key
	keys  map[string]bool
}

const officeToken = "kunci-dinas-0001"

func newOffice(t *testing.T) (o *office, connector string) {
	t.Helper()
	o = &office{told: map[string][]string{}, keys: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/laporan", o.list)
	mux.HandleFunc("GET /foto/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "\xff\xd8\xff\xe0 dermaga ", r.PathValue("name"))
	})
	mux.HandleFunc("PUT /api/laporan/{id}/jawaban", o.hear)
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+officeToken {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o, fmt.Sprintf(`
  - name: dinas
    kind: rest
    every: 1s
    settings:
      url: %s/api/laporan
      auth: { bearer: { file: token } }
      items: hasil
      paging: { style: page, param: halaman }
      since: { field: dibuat }
      map: { id: nomor, text: isi, reporter.name: nama, reporter.phone: hp, reported_at: dibuat }
      photos: { list: foto }
      write_back:
        any: { method: PUT, path: "/api/laporan/{id}/jawaban", json: '{"status": "{status}", "jawaban": "{message}"}' }
`, o.URL)
}

func (o *office) list(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	const size = 2
	at, _ := strconv.Atoi(r.URL.Query().Get("halaman"))
	start := min(max(at-1, 0)*size, max(len(o.items)-1, 0)/size*size)
	_ = json.NewEncoder(w).Encode(map[string]any{"hasil": slices.Clone(o.items[start:min(start+size, len(o.items))])})
}

func (o *office) hear(w http.ResponseWriter, r *http.Request) {
	var said struct{ Status, Jawaban string }
	key := r.Header.Get("Idempotency-Key")
	if json.NewDecoder(r.Body).Decode(&said) != nil || key == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.keys[key] {
		o.keys[key] = true
		o.told[r.PathValue("id")] = append(o.told[r.PathValue("id")], said.Status+" "+said.Jawaban)
	}
}

func (o *office) answers(id string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.told[id])
}

func officeText(n int) string { return fmt.Sprintf("Dermaga nomor %d rusak di Serasan", n) }

func (o *office) complain(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.items = append(o.items, map[string]any{
		"nomor": fmt.Sprint("D-", n), "isi": officeText(n), "nama": "Warga Serasan", "hp": "081270004408",
		"dibuat": time.Now().Format(time.RFC3339), "foto": []string{fmt.Sprintf("/foto/dermaga-%d.jpg", n)},
	})
}

// A complaint on an agency's list goes once to the platform, with its photo, and every answer comes back once, in order,
// wherever between two steps the gateway dies.
func TestAnAgencysListIsAnsweredWhereverTheGatewayDies(t *testing.T) {
	storetest.Needs(t, "a minute")
	o, connector := newOffice(t)
	r := newRegion(t, "sqlite:natuna.db", connector, soonDone())
	r.write("token", officeToken)
	r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }")
	r.edit(`category: "15" }`, `category: "15", hand_over: "21034" }`)
	points := relay.Points()
	for n, point := range points {
		o.complain(n)
		life := r.launch(deathPoint + "=" + string(point))
		if !within(halfMinute, life.ended) || !life.killed() {
			t.Fatalf("it did not die at %s:\n%s", point, r.lastWords())
		}
	}
	last := r.launch(clockFile + "=" + r.write("clock", "15m")) // what was asked at a death is asked again after five minutes
	defer last.kill()
	for n := range points {
		id := fmt.Sprint("D-", n)
		r.eventually(halfMinute, officeText(n)+" is told to be done", func() bool {
			told := o.answers(id)
			return len(told) > 0 && strings.HasPrefix(told[len(told)-1], "done ")
		})
		there := r.sim.ByMarker(officeText(n))
		if len(there) != 1 || len(there[0].Attachments) != 1 {
			t.Errorf("%q is %d times at the platform, want once with one photo: %+v", officeText(n), len(there), there)
		}
		if told := o.answers(id); len(told) < 3 || !strings.HasPrefix(told[0], "forwarded Laporan SP-") || !strings.Contains(told[len(told)-1], ": selesai") {
			t.Errorf("%q is told %q, want its steps in order, and in the end that it is done", officeText(n), told)
		}
	}
	r.exactlyOnce(int64(len(points)))
}
