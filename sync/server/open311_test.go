package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// inEveryStore runs a test on SQLite and on PostgreSQL.
func inEveryStore(t *testing.T, test func(*testing.T, city)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newCity(t, "sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, newCity(t, storetest.StartPostgres(t).Database(t))) })
}

// A city app finds the service, learns what it asks for, posts, and follows its requests to their end; whoever reads along
// learns nothing about who posted.
func TestACityAppFollowsItsRequests(t *testing.T) {
	inEveryStore(t, func(t *testing.T, c city) {
		for _, format := range []string{"xml", "json"} {
			followRequests(t, c, c.app(format))
		}
	})
}

// A FixMyStreet that was set up anew counts from 1 again: nobody is given another person's request.
func TestACityAppThatCountsAnewGetsRequestsOfItsOwn(t *testing.T) {
	inEveryStore(t, func(t *testing.T, c city) {
		app := c.app("json")
		report := func(words, name string) url.Values {
			return url.Values{
				"service_code": {"jalan"}, "description": {words}, "first_name": {name}, "lat": {"3.79"}, "long": {"108.02"},
				"attribute[HOWMANYD]": {"2"}, "attribute[fixmystreet_id]": {"17"},
			}
		}
		siti := report("Jalan di Sedanau berlubang dalam", "Siti")
		budi := report("Jembatan kayu di Pulau Midai hampir roboh", "Budi")
		first, second := app.post(siti), app.post(budi)
		if first == second {
			t.Error("Budi was given Siti's request")
		}
		if again, andAgain := app.post(siti), app.post(budi); again != first || andAgain != second {
			t.Errorf("sent again they are %s and %s, at first %s and %s", again, andAgain, first, second)
		}
	})
}

func followRequests(t *testing.T, c city, app *georeport) {
	body, _ := app.get("discovery", nil)
	found := single[grDiscovery](app, body)
	if len(found.Endpoints) < 3 || found.Endpoints[0].Type != "production" || found.Endpoints[0].URL != c.endpoint {
		t.Fatalf("discovery %+v, want %s", found, c.endpoint)
	}
	app.endpoint = found.Endpoints[0].URL
	body, _ = app.get("services", nil)
	services := list[grService](app, body, "services", "service")
	if len(services) != 3 || services[2].Code != "jalan" || !services[2].Metadata || services[0].Metadata {
		t.Fatalf("services %+v", services)
	}
	body, _ = app.get("services/jalan", nil)
	if asks := single[grDefinition](app, body).Attributes; len(asks) != 2 || asks[0].Code != "HOWMANYD" || !asks[0].Required || asks[1].Variable {
		t.Fatalf("the service asks for %+v", asks)
	}
	who := url.Values{"first_name": {"Siti"}, "last_name": {"Contoh"}, "phone": {"081270004401"}, "email": {"siti@natuna.example"}}
	form := func(more ...string) url.Values {
		f := url.Values{"description": {"Saya Siti, 081270004401. Rusak di Sedanau."}, "lat": {"3.79"}, "long": {"108.02"}}
		for name, values := range who {
			f[name] = values
		}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f
	}
	id := app.format + "-1"
	road := app.post(form("service_code", "jalan", "attribute[HOWMANYD]", "2", "attribute[fixmystreet_id]", id))
	if again := app.post(form("service_code", "jalan", "attribute[HOWMANYD]", "2", "attribute[fixmystreet_id]", id)); again != road {
		t.Errorf("posted again it is %s, at first %s", again, road)
	}
	lamp := app.post(form("service_code", "lampu"))
	secret := app.post(form("service_code", "pungli"))
	c.forwarded()
	c.observe(road, national.Event{Key: "1", At: time.Now().Add(-240 * time.Hour), Status: complaint.Disposed, Raw: "Terdisposisi", To: "Dinas PU", Text: "Yth. Ibu Siti Contoh, kami teruskan"},
		national.Event{Key: "2", At: time.Now().Add(-239 * time.Hour), Status: complaint.Done, Raw: "Selesai", To: "Dinas PU", Text: "Sudah ditambal; 081270004401 sudah kami hubungi"})
	c.observe(secret, national.Event{Key: "1", At: time.Now(), Status: complaint.Done, Raw: "Selesai", Text: "rahasia sekali"})
	app.send(t.Context(), http.MethodPost, app.endpoint+"servicerequestupdates."+app.format, url.Values{
		"api_key": {cityKey}, "service_request_id": {road}, "update_id": {"5"}, "status": {"OPEN"}, "updated_datetime": {"2026-01-06T01:00:00Z"}, "description": {"Terima kasih"},
	}, http.StatusOK)

	body, _ = app.get("requests", url.Values{"status": {"open"}, "service_code": {"lampu"}})
	if open := app.requests(body); len(open) == 0 || open[0].ID != lamp || open[0].Status != "open" {
		t.Errorf("open lamps %+v, want %s first", open, lamp)
	}
	body, _ = app.get("requests/"+road, nil)
	if one := app.requests(body); len(one) != 1 || one[0].ID != road || one[0].Status != "closed" || one[0].Agency != "Dinas PU" || !strings.HasPrefix(one[0].Notes, "Sudah ditambal") {
		t.Errorf("the road is %+v", one)
	}
	body, _ = app.get("requests", url.Values{"service_request_id": {lamp + "," + secret + "," + road}, "status": {"open"}})
	if both := app.requests(body); len(both) != 2 {
		t.Errorf("three asked for, %+v came; want the two that are not secret", both)
	}
	app.send(t.Context(), http.MethodGet, app.endpoint+"requests/"+secret+"."+app.format, nil, http.StatusNotFound)
	checkUpdates(t, app, road, lamp, secret)
	for _, document := range app.read {
		for _, personal := range []string{"siti", "contoh", "4401", "natuna.example", "rahasia"} {
			if strings.Contains(strings.ToLower(document), personal) {
				t.Errorf("a public answer tells %q: %s", personal, document)
			}
		}
	}
}

// checkUpdates asks as FixMyStreet does: for the last two hours, whatever the platform's own times are.
func checkUpdates(t *testing.T, app *georeport, road, lamp, secret string) {
	t.Helper()
	now := time.Now()
	window := url.Values{"start_date": {now.Add(-2 * time.Hour).Format(time.RFC3339)}, "end_date": {now.Format(time.RFC3339)}}
	body, _ := app.get("servicerequestupdates", window)
	updates := list[grUpdate](app, body, "service_request_updates", "request_update")
	said, ids := map[string][]string{}, map[string]bool{}
	for _, u := range updates {
		at, err := time.Parse(time.RFC3339, u.At)
		if err != nil || at.Before(now.Add(-2*time.Hour)) || at.After(now) || ids[u.ID] {
			t.Errorf("%+v lies outside the window, or is there twice (%v)", u, err)
		}
		ids[u.ID] = true
		said[u.Request] = append(said[u.Request], u.Status)
	}
	if got := fmt.Sprint(said[road], said[lamp], said[secret]); got != "[open investigating fixed] [open] []" {
		t.Errorf("road, lamp and secret were said to be %s", got)
	}
	again, _ := app.get("servicerequestupdates", window)
	if again != body {
		t.Errorf("asked again, the updates are others:\n%s\nbefore:\n%s", again, body)
	}
}

const tenThousand = 10_000

func TestTenThousandRequestsPageStablyWhileNewOnesArrive(t *testing.T) {
	inEveryStore(t, func(t *testing.T, c city) {
		c.behind.Store(int64(time.Minute))
		there := c.fill(tenThousand)
		c.behind.Store(0)
		ended := time.Now().Add(-30 * time.Second).UTC().Format(time.RFC3339) // after those, before those that arrive
		stop := c.arriving()
		app := c.app("json")
		t.Run("by links", func(t *testing.T) {
			seen := map[string]int{}
			address := app.endpoint + "requests.json?page_size=499&status=open"
			for range 100 { // a walk that does not end is no walk
				if address == "" {
					break
				}
				body, header := app.send(t.Context(), http.MethodGet, address, nil, http.StatusOK)
				for _, one := range app.requests(body) {
					seen[one.ID]++
				}
				address = next(t, address, header)
			}
			wantOnce(t, there, seen, true)
		})
		t.Run("by numbers up to a time", func(t *testing.T) {
			wantOnce(t, there, byNumbers(app, url.Values{"end_date": {ended}}), true)
		})
		t.Run("by numbers alone nothing is missed", func(t *testing.T) {
			wantOnce(t, there, byNumbers(app, url.Values{}), false)
		})
		if posted := stop(); posted < 20 {
			t.Errorf("only %d requests arrived meanwhile: nothing was tried", posted)
		}
	})
}

// wantOnce wants each request that was there, and with exactly none of them twice.
func wantOnce(t *testing.T, there, seen map[string]int, exactly bool) {
	t.Helper()
	missed, twice := 0, 0
	for id := range there {
		if seen[id] == 0 {
			missed++
		}
	}
	for _, n := range seen {
		if n > 1 {
			twice++
		}
	}
	if missed > 0 || exactly && twice > 0 {
		t.Errorf("of %d requests %d were missed, and %d came twice", len(there), missed, twice)
	}
}

// byNumbers reads page after page until one is empty.
func byNumbers(app *georeport, query url.Values) map[string]int {
	seen := map[string]int{}
	query.Set("page_size", "1000")
	for page := 1; page < 100; page++ {
		query.Set("page", strconv.Itoa(page))
		body, _ := app.get("requests", query)
		all := app.requests(body)
		if len(all) == 0 {
			return seen
		}
		for _, one := range all {
			seen[one.ID]++
		}
	}
	app.Errorf("after a hundred pages there is still more")
	return seen
}

func TestTheOpen311DoorHasTheBoundsOfTheOthers(t *testing.T) {
	c := newCity(t, "sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))
	app := c.app("json")
	send := func(form url.Values, status int) {
		app.send(t.Context(), http.MethodPost, c.endpoint+"requests.json", form, status)
	}
	good := url.Values{"api_key": {cityKey}, "service_code": {"lampu"}, "address_string": {"Midai"}}
	send(good, 200)
	send(url.Values{"api_key": {"x"}}, 403)
	send(url.Values{"api_key": {cityKey}, "service_code": {"lampu"}}, 400)
	send(url.Values{"api_key": {strings.Repeat("x", maxBody)}}, 400)
	if err := c.store.Close(); err != nil {
		t.Fatal(err)
	}
	send(good, 503)
	app.send(t.Context(), http.MethodGet, c.endpoint+"requests.json", nil, 503)
	app.send(t.Context(), http.MethodGet, strings.Replace(c.endpoint, "kota-311", "lain", 1)+"requests.json", nil, 404)
	for reason, want := range map[string]float64{"bad_request": 2, "unauthenticated": 1, "unavailable": 1, "internal": 0} {
		if got := counted(t, c.registry, "satupintu_intake_refused_total", "kota-311", reason); got != want {
			t.Errorf("%v refusals counted for %s, want %v", got, reason, want)
		}
	}
}
