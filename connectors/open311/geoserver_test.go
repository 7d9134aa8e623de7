package open311_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// geoserver is another city's GeoReport server, written from the specification, with the ways of real ones. It is a
// RoundTripper, so that no socket stands between it and a clock that is turned.
type geoserver struct {
	mu      sync.Mutex
	held    []geoRequest
	updates map[string]string // status and words by update_id
	order   []string          // of update_ids
	asked   []string          // queries of requests

	cap         int  // of one answer; 0: none
	oldestFirst bool // in the list
	pages       bool // page is understood
	repeatsLast bool // a page past the end repeats the last one
	noDates     bool // start_date and end_date are ignored
	wraps       bool // JSON lists stand in an object
	answer      int  // every answer's status; 0: as it should be
	body        string
	broken      bool
	stalls      chan struct{} // set: nothing is answered until it closes
	hangs       string        // a host that never answers
	behind      time.Duration // its clock is so much behind ours; 0: it says no time
}

// geoRequest is a request as that server keeps it.
type geoRequest struct {
	XMLName     xml.Name `xml:"request" json:"-"`
	ID          string   `xml:"service_request_id" json:"service_request_id"`
	Status      string   `xml:"status" json:"status"`
	ServiceName string   `xml:"service_name" json:"service_name"`
	ServiceCode string   `xml:"service_code" json:"service_code"`
	Description string   `xml:"description" json:"description"`
	Requested   string   `xml:"requested_datetime" json:"requested_datetime"`
	Updated     string   `xml:"updated_datetime" json:"updated_datetime"`
	Address     string   `xml:"address" json:"address"`
	Lat         string   `xml:"lat" json:"lat"`
	Long        string   `xml:"long" json:"long"`
	MediaURL    string   `xml:"media_url" json:"media_url"`
}

// add holds a request of a moment.
func (g *geoserver) add(id int, at time.Time, edit ...func(*geoRequest)) {
	r := geoRequest{
		ID: strconv.Itoa(id), Status: "open", ServiceName: "Lampu jalan mati", ServiceCode: "lampu",
		Description: fmt.Sprintf("Lampu nomor %d di Ranai mati", id), Requested: at.UTC().Format(time.RFC3339), Updated: at.UTC().Format(time.RFC3339),
		Address: "Jl. Pramuka, Ranai", Lat: "3.94", Long: "108.38",
	}
	for _, e := range edit {
		e(&r)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = append(g.held, r)
}

func (g *geoserver) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	stalls, broken := g.stalls, g.broken
	g.mu.Unlock()
	if broken {
		return nil, errors.New("connection refused")
	}
	if r.URL.Host == g.hangs {
		<-r.Context().Done()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if stalls != nil {
		select {
		case <-stalls:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	w := httptest.NewRecorder()
	if g.behind > 0 {
		w.Header().Set("Date", time.Now().Add(-g.behind).UTC().Format(http.TimeFormat))
	}
	g.ServeHTTP(w, r)
	return w.Result(), nil
}

func (g *geoserver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	resource, format, _ := strings.Cut(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], ".")
	switch {
	case g.answer != 0:
		w.WriteHeader(g.answer)
		_, _ = w.Write([]byte("<html>" + r.URL.RawQuery + "</html>"))
	case g.body != "":
		_, _ = w.Write([]byte(g.body))
	case strings.HasSuffix(r.URL.Path, ".jpg"):
		_, _ = w.Write([]byte(photo))
	case resource == "services":
		write(w, format, "services", []geoService{{Code: "lampu", Name: "Lampu jalan mati"}}, false)
	case resource == "servicerequestupdates" && r.Method == http.MethodPost:
		g.heard(w, r, format)
	case resource == "requests":
		g.asked = append(g.asked, r.URL.RawQuery)
		write(w, format, "service_requests", g.found(r), g.wraps)
	default:
		http.NotFound(w, r)
	}
}

type geoService struct {
	XMLName xml.Name `xml:"service" json:"-"`
	Code    string   `xml:"service_code" json:"service_code"`
	Name    string   `xml:"service_name" json:"service_name"`
}

type geoUpdate struct {
	XMLName xml.Name `xml:"request_update" json:"-"`
	ID      string   `xml:"update_id" json:"update_id"`
}

func write[T any](w http.ResponseWriter, format, root string, list []T, wrap bool) {
	if format == "json" {
		var v any = append([]T{}, list...)
		if wrap {
			v = map[string]any{root: v}
		}
		_ = json.NewEncoder(w).Encode(v)
		return
	}
	var out bytes.Buffer
	out.WriteString(xml.Header + "<" + root + ">")
	_ = xml.NewEncoder(&out).Encode(list)
	out.WriteString("</" + root + ">")
	_, _ = w.Write(out.Bytes())
}

func (g *geoserver) found(r *http.Request) []geoRequest {
	q := r.URL.Query()
	start, end := q.Get("start_date"), q.Get("end_date")
	var found []geoRequest
	for _, one := range g.held {
		at, err := time.Parse(time.RFC3339, one.Requested)
		utc := at.UTC().Format(time.RFC3339)
		if g.noDates || err != nil || (start == "" || utc >= start) && (end == "" || utc <= end) {
			found = append(found, one)
		}
	}
	slices.SortStableFunc(found, func(a, b geoRequest) int {
		if g.oldestFirst {
			return cmp.Compare(a.Requested, b.Requested)
		}
		return cmp.Compare(b.Requested, a.Requested)
	})
	return g.page(found, q.Get("page"))
}

func (g *geoserver) page(found []geoRequest, page string) []geoRequest {
	n, err := strconv.Atoi(page)
	if err != nil || !g.pages {
		n = 1
	}
	if g.cap == 0 {
		return found
	}
	from := (n - 1) * g.cap
	if from >= len(found) && g.repeatsLast && len(found) > 0 {
		from = (len(found) - 1) / g.cap * g.cap
	}
	from = min(from, len(found))
	return found[from:min(len(found), from+g.cap)]
}

func (g *geoserver) heard(w http.ResponseWriter, r *http.Request, format string) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("api_key") != clientKey {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	id := r.PostForm.Get("update_id")
	if g.updates == nil {
		g.updates = map[string]string{}
	}
	if _, known := g.updates[id]; !known {
		g.order = append(g.order, id)
	}
	g.updates[id] = r.PostForm.Get("service_request_id") + " " + r.PostForm.Get("status") + " " + r.PostForm.Get("updated_datetime") + " " + r.PostForm.Get("description")
	write(w, format, "service_request_updates", []geoUpdate{{ID: id}}, false)
}

// told is the updates in the order they came first.
func (g *geoserver) told() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var told []string
	for _, id := range g.order {
		told = append(told, id+" "+g.updates[id])
	}
	return told
}

const clientKey = "kunci-kota-lain-0003"
