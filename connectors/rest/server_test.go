package rest

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
	"time"
)

// list is a server that gives a list, and misbehaves as it is told. It shares no code with what it is there to test.
type list struct {
	mu      sync.Mutex
	entries []entry
	clock   time.Time
	asked   []string // addresses, in order

	style   string
	order   string // oldest, newest, mixed
	size    int    // the most it gives at a time
	cap     int    // pages it gives at most; 0: all
	past    string // behind the end: empty, repeat, first, 404, 400
	since   string // what it makes of it: strict, inclusive, ignored, inverted, hours ahead, nothing
	total   bool
	before  func() // called before each answer
	instead func(w http.ResponseWriter, r *http.Request) bool
}

type entry struct {
	ID     string    `json:"nomor"`
	Text   string    `json:"isi"`
	At     time.Time `json:"dibuat"`
	Phone  string    `json:"hp,omitempty"`
	Photos []photo   `json:"foto,omitempty"`
	Serial int       `json:"-"`
}

type photo struct {
	Address string `json:"url"`
	Gone    bool   `json:"dihapus"`
}

func day() time.Time { return time.Date(2026, 1, 3, 7, 0, 0, 0, time.UTC) }

func newList() *list {
	return &list{clock: day(), style: "page", order: "oldest", size: 2, past: "empty", since: "inclusive"}
}

// add puts an entry into the list that bears a time.
func (l *list) add(at time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.put(at)
}

func (l *list) put(at time.Time) string {
	serial := len(l.entries) + 1
	id := strconv.Itoa(serial)
	l.entries = append(l.entries, entry{
		ID: id, Text: "lampu mati di Sungai Ulu nomor " + id, At: at, Phone: "081270004401", Serial: serial,
	})
	return id
}

func (l *list) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, r.URL.String())
	if l.before != nil {
		l.before()
	}
	w.Header().Set("Date", l.clock.Format(http.TimeFormat))
	if l.instead != nil && l.instead(w, r) {
		return
	}
	found := l.sorted(l.filtered(r.URL.Query().Get("sejak")))
	l.answer(w, r, found)
}

func (l *list) filtered(since string) []entry {
	found := slices.Clone(l.entries)
	at, err := time.Parse(time.RFC3339, since)
	if since == "" || err != nil {
		return found
	}
	return slices.DeleteFunc(found, func(e entry) bool {
		switch l.since {
		case "strict":
			return !e.At.After(at)
		case "inclusive":
			return e.At.Before(at)
		case "inverted":
			return e.At.After(at)
		case "hours ahead":
			return e.At.Before(at.Add(7 * time.Hour))
		case "nothing":
			return true
		}
		return false
	})
}

func (l *list) sorted(found []entry) []entry {
	slices.SortFunc(found, func(a, b entry) int {
		older := cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Serial, b.Serial))
		switch l.order {
		case "newest":
			return -older
		case "mixed":
			return cmp.Or(cmp.Compare(a.Serial*7919%31, b.Serial*7919%31), older)
		}
		return older
	})
	return found
}

func (l *list) answer(w http.ResponseWriter, r *http.Request, found []entry) {
	size := l.size
	asked, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err == nil && (asked < size || l.style == "grow") {
		size = asked
	}
	start, all := l.start(r, size), len(found)
	if past := start >= len(found) && start > 0; past || l.cap > 0 && start >= l.cap*size {
		switch l.past {
		case "404", "400":
			status, _ := strconv.Atoi(l.past)
			w.WriteHeader(status)
			return
		case "repeat":
			start = max(0, (min(len(found), max(l.cap*size, 1))-1)/size*size)
		case "first":
			start = 0
		default:
			found = nil
		}
	}
	end := min(start+size, len(found))
	page := []entry{}
	if start < len(found) {
		page = found[start:end]
	}
	l.write(w, r, page, end, all)
}

func (l *list) start(r *http.Request, size int) int {
	query := r.URL.Query()
	switch l.style {
	case "page":
		n, _ := strconv.Atoi(query.Get("page"))
		return max(n-1, 0) * size
	case "offset":
		n, _ := strconv.Atoi(query.Get("offset"))
		return n
	case "cursor", "next":
		n, _ := strconv.Atoi(strings.TrimPrefix(query.Get("cursor"), "k"))
		return n
	}
	return 0
}

func (l *list) write(w http.ResponseWriter, r *http.Request, page []entry, end, all int) {
	body := map[string]any{"data": map[string]any{"aduan": page}}
	if l.total {
		body["jumlah"] = all
	}
	if more := end < all && len(page) > 0; more && l.style == "cursor" {
		body["lanjut"] = fmt.Sprint("k", end)
	}
	if end < all && len(page) > 0 && l.style == "next" {
		query := r.URL.Query()
		query.Set("cursor", fmt.Sprint("k", end))
		body["lanjut"] = "http://" + r.Host + r.URL.Path + "?" + query.Encode()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// RoundTrip lets the list be asked without a network.
func (l *list) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w.Result(), nil
}
