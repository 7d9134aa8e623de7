package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// cityApp posts requests to the gateway by Open311 and fetches what became of them.
type cityApp struct {
	*region
	mu  sync.Mutex
	ids map[int]string // of requests, by number
}

const cityAppKey = "kunci-aplikasi-kota-01"

func newCityApp(t *testing.T, scenarios ...simulator.Scenario) *cityApp {
	t.Setenv("APLIKASI_KEY", cityAppKey)
	r := newRegion(t, "sqlite:natuna.db", `
  - name: kota-311
    kind: open311
    settings: { serve: true, api_keys: keys.yaml, services: services.yaml }
`, scenarios...)
	r.write("keys.yaml", "keys: [{ name: aplikasi-kota, key: { env: APLIKASI_KEY } }]")
	r.write("services.yaml", `
services:
  - service_code: jalan
    service_name: Jalan rusak
    attributes: [{ code: fixmystreet_id, variable: false }]
`)
	r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }")
	r.edit(`category: "15" }`, `category: "15", hand_over: "21034" }`)
	return &cityApp{region: r, ids: map[int]string{}}
}

func (a *cityApp) address(resource string) string {
	return "http://" + a.intake + "/open311/kota-311/v2/" + resource
}

func roadText(n int) string { return fmt.Sprintf("Jalan kota nomor %d rusak di Ranai", n) }

// post sends a request with a photo until it is answered with an id, which must be the same each time.
func (a *cityApp) post(ctx context.Context, n int) {
	for ctx.Err() == nil {
		if id := a.tryPost(ctx, n); id != "" {
			a.mu.Lock()
			defer a.mu.Unlock()
			if known := a.ids[n]; known != "" && known != id {
				a.Errorf("request %d is %s, and was %s", n, id, known)
			}
			a.ids[n] = id
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (a *cityApp) tryPost(ctx context.Context, n int) string {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{
		"api_key": cityAppKey, "service_code": "jalan", "lat": "3.94", "long": "108.38", "description": roadText(n), "first_name": "Warga",
		"last_name": "Ranai", "phone": "081270004401", "attribute[fixmystreet_id]": fmt.Sprint(n),
	} {
		_ = form.WriteField(name, value)
	}
	photo, err := form.CreateFormFile("photo1", fmt.Sprintf("jalan-%d.jpg", n))
	if err != nil {
		return ""
	}
	fmt.Fprintf(photo, "\xff\xd8\xff\xe0 jalan %d", n)
	_ = form.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.address("requests.json"), &body)
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	var created []struct {
		ID string `json:"service_request_id"`
	}
	if a.fetch(r, &created) != nil || len(created) != 1 {
		return ""
	}
	return created[0].ID
}

func (a *cityApp) fetch(r *http.Request, into any) error {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", answer.StatusCode, body)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// roadUpdate is what the gateway says about a request.
type roadUpdate struct {
	ID          string `json:"update_id"`
	Request     string `json:"service_request_id"`
	Status      string `json:"status"`
	Description string `json:"description"`
}

// heard is what is said about a request, in order. An update must come once.
func (a *cityApp) heard(n int) []string {
	r, err := http.NewRequestWithContext(a.Context(), http.MethodGet, a.address("servicerequestupdates.json"), nil)
	if err != nil {
		a.Fatal(err)
	}
	var updates []roadUpdate
	if a.fetch(r, &updates) != nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var said []string
	ids := map[string]bool{}
	for _, u := range updates {
		if ids[u.ID] {
			a.Errorf("the update %s comes twice", u.ID)
		}
		ids[u.ID] = true
		if u.Request == a.ids[n] {
			said = append(said, u.Status+" "+u.Description)
		}
	}
	return said
}

// A request of a city app goes once to the platform, with its photo, and every answer is there once to be fetched, wherever
// between two steps the gateway dies.
func TestACityAppIsAnsweredWhereverTheGatewayDies(t *testing.T) {
	storetest.Needs(t, "a minute")
	a := newCityApp(t, soonDone())
	points := slices.DeleteFunc(relay.Points(), func(p relay.Point) bool { return p == relay.PageKept }) // nothing is polled
	ctx, stop := context.WithCancel(t.Context())
	var posting sync.WaitGroup
	defer posting.Wait()
	defer stop()
	for n, point := range points {
		life := a.launch(deathPoint + "=" + string(point))
		posting.Go(func() { a.post(ctx, n) })
		if !within(halfMinute, life.ended) || !life.killed() {
			t.Fatalf("it did not die at %s:\n%s", point, a.lastWords())
		}
	}
	last := a.launch(clockFile + "=" + a.write("clock", "15m")) // what was asked at a death is asked again after five minutes
	defer last.kill()
	for n := range points {
		a.eventually(halfMinute, roadText(n)+" is said to be fixed", func() bool {
			said := a.heard(n)
			return len(said) > 0 && strings.HasPrefix(said[len(said)-1], "fixed")
		})
		wantRoad(t, a, n)
	}
	a.exactlyOnce(int64(len(points)))
}

func wantRoad(t *testing.T, a *cityApp, n int) {
	t.Helper()
	there := a.sim.ByMarker(roadText(n))
	if len(there) != 1 || len(there[0].Attachments) != 1 {
		t.Errorf("%q is %d times at the platform, want once with one photo: %+v", roadText(n), len(there), there)
	}
	a.post(t.Context(), n) // sent again it is the same, and no other
	said := a.heard(n)
	if len(said) < 3 || !strings.HasPrefix(said[0], "open Diteruskan") || !strings.Contains(strings.Join(said, "\n"), "Sedang kami proses.") {
		t.Errorf("%q is told %q, want its steps in order with what the agency answered", roadText(n), said)
	}
}

// What a person says later about a request is told the platform on its ticket, once, and is no request of its own.
func TestAnUpdateOfACityAppBecomesAFollowUp(t *testing.T) {
	a := newCityApp(t)
	a.start()
	a.post(t.Context(), 1)
	a.eventually(halfMinute, "the request is forwarded", func() bool { return len(a.heard(1)) == 1 })
	for range 2 {
		form := url.Values{
			"api_key": {cityAppKey}, "service_request_id": {a.ids[1]}, "update_id": {"9"}, "status": {"OPEN"},
			"updated_datetime": {time.Now().Format(time.RFC3339)}, "description": {"Lubangnya makin dalam sejak hujan kemarin."},
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.address("servicerequestupdates.json"), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var answer []roadUpdate
		if err := a.fetch(r, &answer); err != nil || len(answer) != 1 || answer[0].ID != "9" {
			t.Fatalf("answered %+v, %v", answer, err)
		}
	}
	there := a.sim.Complaints()
	told := func() int {
		n := 0
		for _, f := range a.sim.FollowUps(there[0].ID) {
			if strings.Contains(f.Text, "makin dalam") {
				n++
			}
		}
		return n
	}
	a.eventually(halfMinute, "the platform is told", func() bool { return told() > 0 })
	a.stop()
	a.start()
	if told() != 1 || len(a.sim.Complaints()) != 1 {
		t.Errorf("the platform is told %d times, and has %d complaints", told(), len(a.sim.Complaints()))
	}
	a.eventually(halfMinute, "the gateway answers again", a.ready)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.address("requests.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var listed []roadUpdate
	if err := a.fetch(r, &listed); err != nil || len(listed) != 1 || listed[0].Request != a.ids[1] {
		t.Errorf("listed %+v, %v: what was said later is a request of its own", listed, err)
	}
}
