package rest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/config"
)

func TestANextLinkNeverLeadsAway(t *testing.T) {
	var hosts []string
	next := ""
	server := roundTrip(func(r *http.Request) (int, string) {
		hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host+" "+r.Header.Get("Authorization"))
		if r.URL.Query().Get("cursor") != "" {
			return 200, `{"data":{"aduan":[{"nomor":"2","isi":"b"}]}}`
		}
		return 200, fmt.Sprintf(`{"data":{"aduan":[{"nomor":"1","isi":"a"}]},"lanjut":%q}`, next)
	})
	s := agency(byNext)
	s.URL, s.Auth.Bearer = "https://aduan.natuna.example/api/laporan", config.NewSecret(apiKey)
	for link, want := range map[string]int{
		"http://aduan.natuna.example:8080/api/laporan?cursor=2": 2, "?cursor=2": 2, "/api/laporan?cursor=2": 2,
		"https://lain.example/api/laporan?cursor=2": 1, "//lain.example/?cursor=2": 1, "https://aduan.natuna.example.lain.example/?cursor=2": 1,
	} {
		next, hosts = link, nil
		c := openOn(t, server, s)
		page, fault := c.drain(t.Context())
		if len(page.Complaints) != want || (fault == "") != (want == 2) || want == 1 && !strings.Contains(fault, "another server") {
			t.Errorf("%s: %d complaints, %s", link, len(page.Complaints), fault)
		}
		for _, host := range hosts {
			if host != "https://aduan.natuna.example Bearer "+apiKey {
				t.Errorf("%s: asked %s", link, host)
			}
		}
	}
}

// roundTrip is a server without a network.
type roundTrip func(r *http.Request) (int, string)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f(r)
	w := httptest.NewRecorder()
	w.Header().Set("Date", day().Format(http.TimeFormat))
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result(), nil
}

func TestLinksThatLeadInACircleEnd(t *testing.T) {
	asked := 0
	server := roundTrip(func(r *http.Request) (int, string) {
		asked++
		at := r.URL.Query().Get("cursor")
		next := map[string]string{"": "?cursor=2", "2": "?cursor=3", "3": "?cursor=2"}[at]
		return 200, fmt.Sprintf(`{"data":{"aduan":[{"nomor":"a%s","isi":"a"}]},"lanjut":%q}`, at, next)
	})
	c := openOn(t, server, agency(byNext))
	if got := c.ids(t); len(got) != 3 {
		t.Errorf("got %q", got)
	}
	if asked > 20 {
		t.Errorf("asked %d times", asked)
	}
}

func TestLinksThatAreAlwaysNewAndLeadNowhereEnd(t *testing.T) {
	asked := 0
	server := roundTrip(func(*http.Request) (int, string) {
		asked++
		return 200, fmt.Sprintf(`{"data":{"aduan":[{"nomor":"1","isi":"a"}]},"lanjut":"?cursor=%d"}`, asked)
	})
	c := openOn(t, server, agency(byNext))
	if got := c.ids(t); len(got) != 1 || asked > 20 {
		t.Errorf("got %q, asked %d times", got, asked)
	}
}

func TestACursorThatIsNoLongerGoodBeginsAnew(t *testing.T) {
	l := newList()
	l.style, l.size = "cursor", 1
	for range 4 {
		l.add(l.clock)
	}
	c := openOn(t, l, agency(byCursor))
	page, err := c.Poll.Poll(t.Context(), "")
	must(t, err)
	c.from = page.Next
	spoilt := true
	l.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if spoilt && r.URL.Query().Get("cursor") != "" {
			w.WriteHeader(http.StatusGone)
			return true
		}
		return false
	}
	if got := c.ids(t); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	spoilt = false
	if got := c.ids(t); len(got) != 3 {
		t.Errorf("got %q", got)
	}
	wantPart(t, "the log", c.said.String(), "read again from its beginning")
}

func TestAKeyInTheAddressIsNotKeptInTheCursor(t *testing.T) {
	l := newList()
	l.style = "next"
	for range 5 {
		l.add(l.clock)
	}
	s := agency(byNext)
	s.Auth.Key = Key{Name: "kunci", In: inQuery, Value: config.NewSecret(apiKey)}
	c := openOn(t, l, s)
	page, err := c.Poll.Poll(t.Context(), "")
	must(t, err)
	wantPart(t, "the cursor", string(page.Next), "cursor=k2")
	wantNoPart(t, "the cursor", string(page.Next), apiKey)
	c.from = page.Next
	_ = c.ids(t)
	for _, address := range l.asked {
		if strings.Count(address, "kunci="+apiKey) != 1 {
			t.Errorf("asked %s", address)
		}
	}
}
