package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// preset are settings of a preset with what an operator adds.
func preset(name, address string) *Settings {
	s := defaults()
	s.Preset, s.URL, s.Auth.Key.Value = name, address, config.NewSecret(apiKey)
	s.Since.First = connectors.Reach{All: true}
	return s
}

// koboServer answers as KoboToolbox: next links with http behind its proxy, times of UTC without a zone, a filter in the
// language of MongoDB, no more than 100 submissions at a time.
type koboServer struct {
	submissions []map[string]any
	photos      []string // asked for, with the credential
	asked       []url.Values
}

func (k *koboServer) add(id int, at time.Time, more map[string]any) {
	one := map[string]any{
		"_id": id, "_uuid": fmt.Sprintf("0e9cb04c-%04d", id), "isi_laporan": "lampu mati " + strconv.Itoa(id),
		"_submission_time": at.UTC().Format("2006-01-02T15:04:05"), "_geolocation": []any{nil, nil}, "_attachments": []any{},
	}
	for key, value := range more {
		one[key] = value
	}
	k.submissions = append(k.submissions, one)
}

func (k *koboServer) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Date", day().Format(http.TimeFormat))
	switch {
	case strings.Contains(r.URL.Path, "/attachments/"):
		k.photos = append(k.photos, r.URL.String()+" "+r.Header.Get("Authorization"))
		if strings.HasSuffix(r.URL.Path, "/hilang/") {
			w.WriteHeader(http.StatusNotFound)
			break
		}
		_, _ = w.WriteString("\xff\xd8\xff\xe0 foto")
	case r.Header.Get("Authorization") != "Token "+apiKey:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		k.list(w, r)
	}
	return w.Result(), nil
}

func (k *koboServer) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	k.asked = append(k.asked, query)
	var filter struct {
		Time struct {
			From string `json:"$gte"`
		} `json:"_submission_time"`
	}
	if text := query.Get("query"); text != "" && json.Unmarshal([]byte(text), &filter) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	found := slices.DeleteFunc(slices.Clone(k.submissions), func(one map[string]any) bool { return one["_submission_time"].(string) < filter.Time.From })
	limit, _ := strconv.Atoi(query.Get("limit"))
	start, _ := strconv.Atoi(query.Get("start"))
	end := min(start+min(limit, 100), len(found))
	body := map[string]any{"count": len(found), "next": nil, "previous": nil, "results": found[start:end]}
	if end < len(found) {
		query.Set("start", strconv.Itoa(end))
		body["next"] = "http://" + r.URL.Host + r.URL.Path + "?" + query.Encode()
	}
	_ = json.NewEncoder(w).Encode(body)
}

func TestKobo(t *testing.T) {
	k := &koboServer{}
	file := func(name string, deleted bool) map[string]any {
		return map[string]any{
			"download_url": "https://kobo.natuna.example/api/v2/assets/aX1/data/1/attachments/" + name + "/", "media_file_basename": name + ".jpg",
			"filename": "dinas/attachments/" + name + ".jpg", "mimetype": "image/jpeg", "is_deleted": deleted,
		}
	}
	k.add(1, day().Add(-3*time.Hour), map[string]any{
		"_geolocation": []any{3.9384, 108.3881},
		"_attachments": []any{file("lampu", false), file("lama", true), file("hilang", false), map[string]any{"download_url": "https://lain.example/a.jpg"}},
	})
	for i := range 150 {
		k.add(2+i, day().Add(-2*time.Hour), nil)
	}
	s := preset(kobo, "https://kobo.natuna.example/api/v2/assets/aX1/data/")
	s.Map = connectors.Mapping{"text": {From: "isi_laporan"}}
	c := openOn(t, k, s)
	page, fault := c.drain(t.Context())
	if fault != "" || len(page.Complaints) != 151 || len(page.SetAside) > 0 {
		t.Fatalf("got %d complaints, %d set aside, %s", len(page.Complaints), len(page.SetAside), fault)
	}
	first := page.Complaints[0]
	if first.SourceID != "1" || !first.ReportedAt.Equal(day().Add(-3*time.Hour)) || *first.Place.Lat != 3.9384 || first.Missing != 2 ||
		len(first.Attachments) != 1 || first.Attachments[0].Name != "lampu.jpg" || page.Complaints[1].Place.Lat != nil {
		t.Errorf("got %+v", first)
	}
	for _, asked := range k.photos {
		if !strings.HasPrefix(asked, "https://kobo.natuna.example/") || !strings.HasSuffix(asked, " Token "+apiKey) {
			t.Errorf("a photo was asked for: %s", asked)
		}
	}
	wantPart(t, "the log", c.said.String(), "lain.example, which is not among photos.hosts", "item=1")
	k.add(999, day().Add(-time.Hour), nil)
	k.asked = nil
	if got := c.ids(t); !slices.Equal(got, []string{"999"}) {
		t.Errorf("got %q", got)
	}
	if got := k.asked[0].Get("query"); got != `{"_submission_time":{"$gte":"2026-01-03T04:44:58"}}` {
		t.Errorf("asked with %s", got)
	}
	said, err := c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "the check", said, "kobo.natuna.example answers, the first page holds 100 items, 100 of them complaints", "holds 152")
}

func TestSapawarga(t *testing.T) {
	const one = `{"id":"cm-17","complaint_id":"SW-0017","sp4n_id":null,"category_id":"infrastruktur","complaint_category":{"id":"infrastruktur","name":"Infrastruktur"},
		"photos":[{"url":"https://berkas.natuna.example/lubang.jpg"}],"title":"Jalan berlubang","description":"Jalan berlubang di Sedanau",
		"created_at":"2026-01-03T07:05:00.000Z","latitude":"3.79870","longitude":"107.96650","address":"Jalan Pelabuhan","user_name":"Contoh Warga",
		"user_phone":"081270004402","user_email":"warga.sedanau@surat.example","is_secret":1,"is_anonymous":"0"}`
	asked := []string{}
	server := roundTrip(func(r *http.Request) (int, string) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Api-Key")+r.Header.Get("X-Api-Key"))
		switch {
		case r.URL.Host == "berkas.natuna.example":
			return 200, "\xff\xd8\xff\xe0 foto"
		case r.URL.Query().Get("page") == "1":
			return 200, `{"data":{"data":[` + one + `,{"id":"cm-18","sp4n_id":"7000123","description":"sudah di SP4N"}],"page":1,"page_size":2,"total_data":2,"total_pages":1}}`
		}
		return 200, `{"data":{"data":null,"page":2,"total_data":2}}`
	})
	s := preset(sapawarga, "https://aduan.natuna.example/v1/aduan")
	s.Auth.Key.Name, s.Photos.Hosts = "Api-Key", []string{".natuna.example"}
	c := openOn(t, server, s)
	page, fault := c.drain(t.Context())
	if fault != "" || len(page.Complaints) != 1 || len(page.SetAside) > 0 {
		t.Fatalf("got %+v, %s", page, fault)
	}
	lat, long := 3.7987, 107.9665
	want := complaint.Complaint{
		SourceID: "cm-17", Title: "Jalan berlubang", Text: "Jalan berlubang di Sedanau", Class: complaint.Ordinary, Secret: true, Category: "Infrastruktur",
		Reporter:   complaint.Reporter{Name: "Contoh Warga", Phone: "081270004402", Email: "warga.sedanau@surat.example", Account: "081270004402"},
		Place:      complaint.Place{Address: "Jalan Pelabuhan", Lat: &lat, Long: &long},
		ReportedAt: time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC), Raw: complaint.Payload{Type: jsonType, Body: []byte(one)},
		Attachments: []complaint.Attachment{{Name: "lubang.jpg", Type: "image/jpeg", Size: 9, SHA256: "1e25f130e056a8a9fd7859d8fed208865a1252f9bbc49ce51b1416d2f5971f69"}},
	}
	if diff := cmp.Diff(want, page.Complaints[0]); diff != "" {
		t.Error(diff)
	}
	for _, address := range asked {
		if strings.Contains(address, "berkas.natuna.example") && strings.Contains(address, apiKey) {
			t.Errorf("the key went to another host: %s", address)
		}
	}
}

// playSMSServer answers as index.php?app=ws: newest first, no page, no total; an error where nothing is there.
type playSMSServer struct {
	inbox int
	other int // this number was given to another person's message
	asked []url.Values
}

func (p *playSMSServer) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	p.asked = append(p.asked, query)
	w := httptest.NewRecorder()
	switch {
	case query.Get("h") != apiKey || query.Get("u") != "dinas":
		_, _ = w.WriteString(`{"status":"ERR","error":"100","timestamp":1767423900}`)
	case query.Get("op") == "pv":
		_, _ = fmt.Fprintf(w, `{"data":[{"status":"OK","error":"0","smslog_id":"30","queue":"afb5","to":%q}],"error_string":null}`, query.Get("to"))
	case query.Get("op") == "ix":
		p.list(w, query)
	}
	return w.Result(), nil
}

func (p *playSMSServer) list(w http.ResponseWriter, query url.Values) {
	last, _ := strconv.Atoi(query.Get("last"))
	most, _ := strconv.Atoi(query.Get("c"))
	var rows []map[string]string
	for id := p.inbox; id > last && len(rows) < most; id-- {
		rows = append(rows, map[string]string{"id": strconv.Itoa(id), "src": "+6281270004403", "dst": "1708", "msg": "lampu mati", "dt": "2026-01-03 14:05:00"})
		if id == p.other {
			rows[len(rows)-1]["src"], rows[len(rows)-1]["msg"] = "+6281270004409", "jalan rusak"
		}
	}
	if len(rows) == 0 {
		_, _ = fmt.Fprint(w, `{"status":"ERR","error":"501","timestamp":1767423900}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": rows, "error_string": nil})
}

func TestPlaySMS(t *testing.T) {
	p := &playSMSServer{}
	s := preset(playSMS, "https://sms.natuna.example/index.php")
	s.Query = map[string]string{"u": "dinas"}
	c := openOn(t, p, s)
	if got := c.ids(t); len(got) > 0 || c.from == "" {
		t.Errorf("an empty inbox gives %q and the cursor %q", got, c.from)
	}
	p.inbox = 730
	if got := c.ids(t); len(got) != 730 {
		t.Errorf("of 730 messages %d came", len(got))
	}
	p.inbox, p.asked = 1130, nil
	page, fault := c.drain(t.Context())
	if fault != "" || len(page.Complaints) != 400 || p.asked[0].Get("last") != "679" {
		t.Errorf("of 400 messages %d came, asked %v, %s", len(page.Complaints), p.asked, fault)
	}
	one := page.Complaints[0]
	if one.Reporter.Phone != "+6281270004403" || !one.ReportedAt.Equal(time.Date(2026, 1, 3, 14, 5, 0, 0, wib())) {
		t.Errorf("got %+v", one)
	}
	tell := change()
	tell.To = one.Reporter.Account
	must(t, c.WriteStatus.WriteStatus(t.Context(), tell))
	if said := p.asked[len(p.asked)-1]; said.Get("op") != "pv" || said.Get("to") != "+6281270004403" || !strings.Contains(said.Get("msg"), "sedang diproses") || said.Get("u") != "dinas" {
		t.Errorf("told %v", said)
	}
	for note, unicode := range map[string]string{"Sudah “selesai”": "0", "Sudah beres ☺": "1"} {
		tell.Note = note + strings.Repeat(" Petugas sudah ke lapangan.", 100)
		must(t, c.WriteStatus.WriteStatus(t.Context(), tell))
		said := p.asked[len(p.asked)-1]
		if parts := connectors.FoldSMS(said.Get("msg"), 100).Parts; said.Get("unicode") != unicode || len(parts) > 4 || strings.ContainsRune(said.Get("msg"), '“') {
			t.Errorf("told in %d parts, %v", len(parts), said)
		}
	}
	s.Query["u"] = "lain"
	if _, err := openOn(t, p, s).Poll.Poll(t.Context(), ""); err == nil {
		t.Error("a refusal is taken for an empty inbox")
	}
}

func playSMSChannel(t *testing.T, p *playSMSServer, set func(*Settings)) *channel {
	t.Helper()
	s := preset(playSMS, "https://sms.natuna.example/index.php")
	s.Query = map[string]string{"u": "dinas"}
	if set != nil {
		set(s)
	}
	return openOn(t, p, s)
}

func TestANumberThatPlaySMSUsesAgainIsAnotherPersonsMessage(t *testing.T) {
	p := &playSMSServer{inbox: 9}
	c := playSMSChannel(t, p, nil)
	if got := c.ids(t); len(got) != 9 {
		t.Fatalf("of 9 messages %d came", len(got))
	}
	p.other = 9 // the last was deleted, and the table's counter fell back
	page, fault := c.drain(t.Context())
	if fault != "" || len(page.Complaints) != 1 || page.Complaints[0].Reporter.Account != "+6281270004409" {
		t.Errorf("got %+v, %s", page.Complaints, fault)
	}
	if again := c.ids(t); len(again) > 0 {
		t.Errorf("again: %q", again)
	}
}

// What was taken in under its number alone does not come again when the gateway begins to make ids in another way.
func TestMessagesOfPlaySMSThatWereTakenInByTheirNumberDoNotComeAgain(t *testing.T) {
	p := &playSMSServer{inbox: 730}
	before := playSMSChannel(t, p, func(s *Settings) { s.Map = connectors.Mapping{"id": {From: "id"}} })
	if got := before.ids(t); len(got) != 730 || got[0] != "730" {
		t.Fatalf("of 730 messages %d came, %q first", len(got), got[0])
	}
	c := playSMSChannel(t, p, nil)
	c.from = before.from
	if got := c.ids(t); len(got) > 0 {
		t.Errorf("%d came again", len(got))
	}
	p.inbox = 733
	if got := c.ids(t); len(got) != 3 {
		t.Errorf("of 3 new messages %d came", len(got))
	}
	p.other = 730
	if got := c.ids(t); len(got) != 1 {
		t.Errorf("another's message with a number of before: %d came", len(got))
	}
}

func TestRequestsOfOnesOwnToPlaySMSHaveItsNumber(t *testing.T) {
	p := &playSMSServer{inbox: 1}
	c := playSMSChannel(t, p, func(s *Settings) { s.WriteBack = map[string]Call{anyStatus: {Path: "/tandai/{id}"}} })
	if got := c.ids(t); !slices.Equal(got, []string{"1"}) {
		t.Errorf("got %q", got)
	}
}

func TestAnAnswerThroughPlaySMSIsFoldedByItsAlphabet(t *testing.T) {
	for _, tt := range []struct {
		note, unicode string
		letters       int // at most
		ends          string
	}{
		{"Petugas ke “Sungai Ulu” – besok…", "0", 153, "besok..."},
		{strings.Repeat("petugas ke lokasi ", 100), "0", 4 * 153, "..."},
		{"Petugas ke 道路", "1", 70, "道路"},
		{strings.Repeat("jalan 道路 ", 100), "1", 4 * 67, "..."},
	} {
		p := &playSMSServer{}
		c := playSMSChannel(t, p, func(s *Settings) { s.Message = "{note}" })
		one := change()
		one.Note = tt.note
		must(t, c.WriteStatus.WriteStatus(t.Context(), one))
		said := p.asked[len(p.asked)-1]
		if n := len([]rune(said.Get("msg"))); n > tt.letters || said.Get("unicode") != tt.unicode || !strings.HasSuffix(said.Get("msg"), tt.ends) {
			t.Errorf("%.30s: %d letters, unicode %s: %s", tt.note, n, said.Get("unicode"), said.Get("msg"))
		}
	}
	p := &playSMSServer{}
	long := change()
	long.Note = strings.Repeat("petugas ke lokasi ", 100)
	must(t, playSMSChannel(t, p, func(s *Settings) { s.SMSParts = 1 }).WriteStatus.WriteStatus(t.Context(), long))
	if n := len(p.asked[0].Get("msg")); n > 160 {
		t.Errorf("one part holds %d letters", n)
	}
}
