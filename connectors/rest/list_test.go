package rest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// answering is a server with one answer for everything.
func answering(status int, header, body string) *list {
	l := newList()
	l.instead = func(w http.ResponseWriter, _ *http.Request) bool {
		if name, value, given := strings.Cut(header, ": "); given {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
	return l
}

func TestAnAnswerThatIsNoListIsAnErrorAndMovesNothing(t *testing.T) {
	for _, tt := range []struct {
		status       int
		header, body string
		says         string
		verdict      retry.Verdict
		after        time.Duration
	}{
		{200, "", "<!DOCTYPE html><title>Masuk</title>RAHASIA", "a web page in place of JSON", retry.Transient, 0},
		{200, "", `{"data":{"aduan":[{"nomor":"1","isi":"RAHASIA"},{"nom`, "goes wrong at byte", retry.Transient, 0},
		{200, "", "", "the body is not JSON", retry.Transient, 0},
		{200, "", `{"data":{"aduan":{"nomor":"RAHASIA"}}}`, "no list at data.aduan", retry.Transient, 0},
		{200, "", `{"galat":"RAHASIA"}`, "no list at data.aduan", retry.Transient, 0},
		{200, "", `{"data":{"aduan":[` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `]}}`, "nested more than", retry.Transient, 0},
		{200, "", `{"data":{"aduan":["` + strings.Repeat("RAHASIA", 5<<20) + `"]}}`, "larger than 32 MiB", retry.Transient, 0},
		{429, "Retry-After: 120", "", "429", retry.Transient, 2 * time.Minute},
		{503, "Retry-After: 60", "<html>", "503", retry.Transient, time.Minute},
		{302, "Location: https://lain.example/", "", "302", retry.Uncertain, 0},
		{302, "Location: https://lain.example/login", "", "302", retry.Transient, 0},
		{401, "", "", "401", retry.SignIn, 0},
		{404, "", "", "404", retry.Permanent, 0},
	} {
		l := answering(tt.status, tt.header, tt.body)
		c := openOn(t, l, agency(byPage))
		page, err := c.Poll.Poll(t.Context(), "")
		if err == nil || page.Next != "" || len(page.Complaints)+len(page.SetAside) > 0 {
			t.Errorf("%d %.40s: %d complaints, next %q, %v", tt.status, tt.body, len(page.Complaints), page.Next, err)
			continue
		}
		wantPart(t, "the error", err.Error(), tt.says)
		wantNoPart(t, "the error", err.Error(), "RAHASIA", "/api/laporan", "lain.example")
		if got := retry.Of(err); tt.says != "larger than 32 MiB" && got.Verdict != tt.verdict || got.After != tt.after {
			t.Errorf("%d %.40s: %s after %s, want %s after %s", tt.status, tt.body, got.Verdict, got.After, tt.verdict, tt.after)
		}
		if len(l.asked) != 1 {
			t.Errorf("%d: the server is asked %d times", tt.status, len(l.asked))
		}
	}
}

func TestAnAnswerThatBreaksOffIsNotTakenForTheWhole(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"data":{"aduan":[]}}`))
	}))
	defer server.Close()
	s := agency(byPage)
	s.URL = server.URL
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if page, err := openOn(t, transport, s).Poll.Poll(t.Context(), ""); err == nil {
		t.Errorf("taken: %+v", page)
	}
}

func TestWhatCannotBeReadIsSetAsideOnceAndTheRestGoesOn(t *testing.T) {
	l := answering(200, "", `{"data":{"aduan":[
		{"nomor":"1","isi":"lampu mati"}, "hanya teks", {"nomor":"2"}, {"isi":"tanpa nomor"},
		{"nomor":"3","isi":"jalan rusak"}, {"nomor":"3","isi":"sampah"}, {"nomor":"3","isi":"jalan rusak"}, {"nomor":"4","isi":"air mati"}]}}`)
	s := agency(noPaging)
	s.Where = `type(isi) != "string" || isi != "air mati"`
	c := openOn(t, l, s)
	page, fault := c.drain(t.Context())
	if got := idsOf(page); fault != "" || !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("got %q, %s", got, fault)
	}
	var aside []string
	for _, one := range page.SetAside {
		aside = append(aside, string(one.Reason)+" "+one.SourceID)
		if len(one.Raw) == 0 || one.Detail == "" {
			t.Errorf("set aside without its words or a reason: %+v", one)
		}
	}
	if want := []string{"unreadable ", "bad_field 2", "bad_field ", "same_id 3"}; !slices.Equal(aside, want) {
		t.Errorf("set aside %q, want %q", aside, want)
	}
	if again, fault := c.drain(t.Context()); fault != "" || len(again.SetAside)+len(again.Complaints) > 0 {
		t.Errorf("again: %+v, %s", again, fault)
	}
}

// A server that refuses what lies behind a cap, newest first, has told that there may be more: nothing counts as read.
func TestWhatLiesBehindARefusalDoesNotCountAsRead(t *testing.T) {
	l := newList()
	l.order, l.cap, l.past = "newest", 2, "400"
	for range 9 {
		l.clock = l.clock.Add(time.Hour)
		l.add(l.clock)
	}
	s := agency(byPage)
	s.Since.Param = "sejak"
	c := openOn(t, l, s)
	if got := c.ids(t); len(got) != 4 {
		t.Errorf("got %q", got)
	}
	wantPart(t, "the log", c.said.String(), "refuses a further page")
	l.cap = 0
	if got := c.ids(t); len(got) != 5 {
		t.Errorf("after the cap is gone: got %q", got)
	}
}

func TestAListThatGivesLessThanItSaysDoesNotCountAsRead(t *testing.T) {
	l := newList()
	l.order, l.cap, l.total = "newest", 2, true
	for range 9 {
		l.clock = l.clock.Add(time.Hour)
		l.add(l.clock)
	}
	s := agency(byPage)
	s.Since.Param, s.Paging.Total = "sejak", "jumlah"
	c := openOn(t, l, s)
	_ = c.ids(t)
	wantPart(t, "the log", c.said.String(), "holds more than it gives")
	l.cap = 0
	if got := c.ids(t); len(got) != 5 {
		t.Errorf("after the cap is gone: got %q", got)
	}
}

func TestAServerThatDoesNotGiveWhatIsNewIsFoundOutOnceAndSaid(t *testing.T) {
	l := newList()
	l.since = "inverted"
	s := agency(noPaging)
	l.style, l.size = "none", 1000
	s.Since.Param = "sejak"
	c := openOn(t, l, s)
	l.add(l.clock)
	_ = c.ids(t)
	l.clock = l.clock.Add(time.Hour)
	l.add(l.clock)
	if got := c.ids(t); !slices.Equal(got, []string{"2"}) {
		t.Errorf("got %q", got)
	}
	wantPart(t, "the log", c.said.String(), "does not give what is new", "param=sejak")
	l.asked = nil
	if got := c.ids(t); len(got) != 0 || len(l.asked) != 1 || strings.Contains(l.asked[0], "sejak") {
		t.Errorf("got %q, asked %q", got, l.asked)
	}
	s.Since.Format = unixFormat // mended: asked anew
	c2 := openOn(t, l, s)
	c2.from, l.asked, l.since = c.from, nil, "ignored"
	_ = c2.ids(t)
	if _, asked := slices.BinarySearch(l.asked, ""); asked || !strings.Contains(strings.Join(l.asked, " "), "sejak=17") {
		t.Errorf("after the settings were mended, asked %q", l.asked)
	}
}

// A server that lets few requests through at a time, and then wants us to wait, is read to its end all the same.
func TestAServerThatWantsUsToWaitIsReadOnWhereItStopped(t *testing.T) {
	l := newList()
	for range 40 {
		l.add(l.clock)
	}
	c := openOn(t, l, agency(byPage))
	_ = c.ids(t)
	asked, told := 0, 0
	l.instead = func(w http.ResponseWriter, _ *http.Request) bool {
		if asked++; asked%4 != 0 {
			return false
		}
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	l.add(l.clock)
	var got []string
	for range 40 {
		page, err := c.Poll.Poll(t.Context(), c.from)
		if err != nil {
			told++
			if retry.Of(err).After != 30*time.Second {
				t.Fatal(err)
			}
			continue
		}
		got, c.from = append(got, idsOf(page)...), page.Next
	}
	if !slices.Equal(got, []string{"41"}) {
		t.Errorf("got %q; the server's wish was told %d times", got, told)
	}
}

func TestAServerThatIsAwayIsTold(t *testing.T) {
	l := newList()
	for range 5 {
		l.add(l.clock)
	}
	c := openOn(t, l, agency(byPage))
	_ = c.ids(t)
	asked := 0
	l.instead = func(w http.ResponseWriter, _ *http.Request) bool {
		if asked++; asked > 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return asked > 2
	}
	page, err := c.Poll.Poll(t.Context(), c.from)
	must(t, err)
	if !page.More {
		t.Error("a poll that failed on its way says that it is done")
	}
	if _, err := c.Poll.Poll(t.Context(), page.Next); retry.Of(err).Reason != retry.Unavailable {
		t.Errorf("the next poll says %v", err)
	}
}

func TestMoreThanCanBeKeptInMindIsHandedOutAndEnds(t *testing.T) {
	l := newList()
	l.style, l.size = "none", 1_000_000
	for i := range mostSeen + 500 {
		l.clock = l.clock.Add(time.Second)
		if i%2 == 0 {
			l.clock = l.clock.Add(time.Minute)
		}
		l.add(l.clock)
	}
	c := openOn(t, l, agency(noPaging))
	if got := c.ids(t); len(got) != mostSeen+500 {
		t.Errorf("got %d", len(got))
	}
	if len(c.from) > connectors.MostCursor {
		t.Errorf("the cursor has %d bytes", len(c.from))
	}
	before := c.from
	if got := c.ids(t); len(got) > 0 || c.from != before {
		t.Errorf("again: got %d", len(got))
	}
	wantPart(t, "the log", c.said.String(), "holds more than 25000 items")
}

func TestTheFullestCursorFits(t *testing.T) {
	n := note{Low: 1, Top: 2, Wrong: strings.Repeat("x", 1000), Walk: &walk{At: strings.Repeat("x", mostPlace), Clock: day().UnixMicro()}}
	for i := range mostSeen {
		n.Seen = append(n.Seen, connectors.Mark{Time: int64(i), Sum: 1 << 60})
	}
	for i := range 2 * mostPages {
		n.Walk.Sums = append(n.Walk.Sums, connectors.Mark{Time: int64(i), Sum: 1 << 60})
	}
	n.Lacked = n.Seen[:mostLacked]
	if text, err := n.cursor(); err != nil {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestTheValueThatAsksForWhatIsNew(t *testing.T) {
	low := time.Date(2026, 1, 3, 7, 5, 0, 500_000_000, time.UTC).UnixMicro()
	for format, want := range map[string]string{
		rfc3339Format: "2026-01-03T14:04:59+07:00", unixFormat: "1767423899", unixMSFormat: "1767423899500", dateFormat: "2026-01-03",
		"2006-01-02 15:04": "2026-01-03 14:04",
	} {
		s := agency(noPaging)
		s.Since.Param, s.Since.Format = "sejak", format
		must(t, s.Validate())
		c := &connector{settings: s.whole(), zone: wib()}
		if got := c.asked(low); got != want {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
	}
	c := &connector{zone: wib(), settings: &Settings{Since: Since{Format: numberFormat, Within: `{"id":{"$gt":{since}}}`}}}
	if got := c.asked(18); got != `{"id":{"$gt":17}}` {
		t.Errorf("a number: %s", got)
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte(`{"data":{"aduan":[{"nomor":"1","isi":"a","dibuat":"2026-01-03 14:05","foto":[{"url":"x"}]},7]},"lanjut":"?cursor=2","jumlah":3}`))
	f.Add([]byte(`{"data":{"aduan":null}}`))
	f.Add([]byte("\uFEFF<html>"))
	s := agency(byNext)
	s.Paging.Total = "jumlah"
	s.Photos.List, s.Photos.URL = "foto", "url"
	f.Fuzz(func(t *testing.T, body []byte) {
		c := openOn(t, roundTrip(func(*http.Request) (int, string) { return 200, string(body) }), s)
		page, err := c.Poll.Poll(t.Context(), "")
		if err != nil {
			return
		}
		for _, one := range page.Complaints {
			if one.Check() != nil || len(one.Raw.Body) == 0 {
				t.Errorf("taken: %+v", one)
			}
		}
		n, err := connectors.ReadCursor[note](page.Next)
		must(t, err)
		if again, err := n.cursor(); err != nil || again != page.Next {
			t.Errorf("written again the cursor is %q, %v; it was %q", again, err, page.Next)
		}
	})
}

func FuzzCursor(f *testing.F) {
	n := note{Low: 1, Top: 2, Seen: connectors.Marks{{Time: 1, Sum: 2}}, Walk: &walk{At: "2", Clock: 3, Sums: connectors.Marks{{Time: 1, Sum: 3}}}, Wrong: "x"}
	written, err := n.cursor()
	must(f, err)
	f.Add(string(written))
	f.Add(`{"seen":"AAAA"}`)
	f.Fuzz(func(t *testing.T, text string) {
		n, err := connectors.ReadCursor[note](connectors.Cursor(text))
		if err != nil {
			return
		}
		written, err := n.cursor()
		if err != nil {
			return
		}
		again, err := connectors.ReadCursor[note](written)
		must(t, err)
		if twice, err := again.cursor(); err != nil || twice != written {
			t.Errorf("written again the cursor is %s, %v; it was %s", twice, err, written)
		}
		l := newList()
		l.add(l.clock)
		c := openOn(t, l, agency(byPage))
		c.from = connectors.Cursor(text)
		if page, _ := c.drain(t.Context()); len(page.SetAside) > 0 {
			t.Errorf("set aside: %+v", page.SetAside)
		}
	})
}
