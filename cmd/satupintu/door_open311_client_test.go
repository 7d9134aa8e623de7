package main

import (
	"cmp"
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
)

// otherCity is another city's GeoReport server, which is polled and told by servicerequestupdates.
type otherCity struct {
	at string

	mu       sync.Mutex
	requests []cityRequest
	told     map[string][]string // by service_request_id
	known    map[string]bool     // update_id of what was told: each is heard once
}

// cityRequest is a request by the specification.
type cityRequest struct {
	ID          string `json:"service_request_id"`
	Status      string `json:"status"`
	ServiceCode string `json:"service_code"`
	ServiceName string `json:"service_name"`
	Description string `json:"description"`
	Requested   string `json:"requested_datetime"`
	Address     string `json:"address"`
	MediaURL    string `json:"media_url"`
}

func otherCityDoor(t *testing.T, _ *servers) doorway {
	d := &otherCity{told: map[string][]string{}, known: map[string]bool{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.at = server.URL
	return doorway{
		door: d, name: "kota-lain", points: polledPoints(), photo: true,
		tells: []string{"Diteruskan ke SP4N-LAPOR! [OPEN]", "Mohon ditindaklanjuti.", "Sedang kami proses. [IN_PROGRESS]", "Sudah selesai. [FIXED]"},
		connector: fmt.Sprintf(`
  - name: kota-lain
    kind: open311
    every: 1s
    settings: { url: %s/open311/v2/, format: json, api_key: { env: PORTAL_TOKEN }, updates: true }
`, server.URL),
	}
}

func (d *otherCity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name, ofPhoto := strings.CutPrefix(r.URL.Path, "/foto/")
	resource := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/open311/v2/"), ".json")
	switch {
	case ofPhoto:
		n, _ := strconv.Atoi(strings.TrimSuffix(name, ".jpg"))
		_, _ = w.Write(doorPhoto("kota-lain", n))
	case resource == "requests":
		_ = json.NewEncoder(w).Encode(d.since(r.URL.Query().Get("start_date"), r.URL.Query().Get("end_date")))
	case resource == "servicerequestupdates" && r.Method == http.MethodPost:
		d.hear(w, r)
	default:
		http.NotFound(w, r)
	}
}

// since are the requests of a span, the newest first.
func (d *otherCity) since(start, end string) []cityRequest {
	from, _ := time.Parse(time.RFC3339, start)
	to, err := time.Parse(time.RFC3339, end)
	if err != nil {
		to = time.Now().Add(time.Hour)
	}
	found := slices.DeleteFunc(slices.Clone(d.requests), func(one cityRequest) bool {
		at, err := time.Parse(time.RFC3339, one.Requested)
		return err != nil || at.Before(from) || at.After(to)
	})
	slices.SortStableFunc(found, func(a, b cityRequest) int { return cmp.Compare(b.Requested, a.Requested) })
	return found
}

func (d *otherCity) hear(w http.ResponseWriter, r *http.Request) {
	id, update := r.FormValue("service_request_id"), r.FormValue("update_id")
	if r.FormValue("api_key") != portalToken || update == "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if !d.known[update] {
		d.known[update] = true
		d.told[id] = append(d.told[id], r.FormValue("description")+" ["+r.FormValue("status")+"]")
	}
	_ = json.NewEncoder(w).Encode([]map[string]string{{"update_id": update}})
}

func (*otherCity) id(n int) string { return fmt.Sprint(638 + n) }

func (d *otherCity) complain(_ *region, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = append(d.requests, cityRequest{
		ID: d.id(n), Status: "open", ServiceCode: "jalan", ServiceName: "Jalan rusak", Description: doorText("kota-lain", n), Address: "Midai",
		Requested: time.Now().UTC().Format(time.RFC3339), MediaURL: fmt.Sprintf("%s/foto/%d.jpg", d.at, n),
	})
}

func (d *otherCity) heard(_ *region, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.told[d.id(n)])
}
