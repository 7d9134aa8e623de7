package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"sync"
	"testing"
)

// cityApp posts requests to the gateway by Open311 and fetches what became of them.
type cityApp struct {
	mu  *sync.Mutex
	ids map[int]string // of requests, by number
}

const cityAppName = "aplikasi-kota"

func cityAppDoor(t *testing.T, _ *servers) doorway {
	d := cityApp{&sync.Mutex{}, map[int]string{}}
	tells := []string{"Diteruskan ke SP4N-LAPOR! [open]", "Mohon ditindaklanjuti.", "Sedang kami proses. [in_progress]", "Sudah selesai. [fixed]"}
	return doorway{
		door: d, name: cityAppName, points: pushedPoints(), photo: true, tells: tells,
		files: map[string]string{
			"keys.yaml": "keys: [{ name: aplikasi, key: { env: PORTAL_TOKEN } }]",
			"services.yaml": `
services:
  - service_code: jalan
    service_name: Jalan rusak
    attributes: [{ code: fixmystreet_id, variable: false }]
`},
		connector: fmt.Sprintf(`
  - name: %s
    kind: open311
    settings: { serve: true, api_keys: keys.yaml, services: services.yaml }
`, cityAppName),
	}
}

// complain posts a request with a photo until it is answered with an id, which must be the same each time.
func (d cityApp) complain(r *region, n int) {
	r.Helper()
	insist(r, func(ctx context.Context) bool {
		id := d.post(ctx, r, n)
		d.mu.Lock()
		defer d.mu.Unlock()
		if known := d.ids[n]; known != "" && id != "" && known != id {
			r.Errorf("request %d is %s, and was %s", n, id, known)
		}
		d.ids[n] = id
		return id != ""
	})
}

func (d cityApp) post(ctx context.Context, r *region, n int) (id string) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{
		"api_key": portalToken, "service_code": "jalan", "lat": "3.94", "long": "108.38", "description": doorText(cityAppName, n),
		"first_name": "Warga", "last_name": "Midai", "phone": "081270004401", "attribute[fixmystreet_id]": fmt.Sprint(n),
	} {
		_ = form.WriteField(name, value) // a buffer takes all
	}
	if photo, err := form.CreateFormFile("photo1", "jembatan.jpg"); err == nil {
		_, _ = photo.Write(doorPhoto(cityAppName, n))
	}
	_ = form.Close()
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, cityAddress(r, "requests"), &body)
	if err != nil {
		return ""
	}
	ask.Header.Set("Content-Type", form.FormDataContentType())
	var created []struct {
		ID string `json:"service_request_id"`
	}
	if fetchJSON(ask, &created) != nil || len(created) != 1 {
		return ""
	}
	return created[0].ID
}

func cityAddress(r *region, resource string) string {
	return "http://" + r.intake + "/open311/" + cityAppName + "/v2/" + resource + ".json"
}

func fetchJSON(ask *http.Request, into any) error {
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, body)
	}
	return json.Unmarshal(body, into)
}

// heard are the updates of a request, once the request itself is closed.
func (d cityApp) heard(r *region, n int) (told []string) {
	d.mu.Lock()
	id := d.ids[n]
	d.mu.Unlock()
	var requests []struct {
		ID     string `json:"service_request_id"`
		Status string `json:"status"`
	}
	var updates []struct {
		Request     string `json:"service_request_id"`
		Status      string `json:"status"`
		Description string `json:"description"`
	}
	for resource, into := range map[string]any{"requests/" + id: &requests, "servicerequestupdates": &updates} {
		ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, cityAddress(r, resource), nil)
		if err != nil {
			r.Fatal(err)
		}
		if id == "" || fetchJSON(ask, into) != nil {
			return nil
		}
	}
	if len(requests) != 1 || requests[0].ID != id || requests[0].Status != "closed" {
		return nil
	}
	for _, u := range updates {
		if u.Request == id {
			told = append(told, u.Description+" ["+u.Status+"]")
		}
	}
	return told
}
