package sms

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// push is a request as the server hands it over, with the secret as the last step of its path.
func push(method, contentType, query, body string) *http.Request {
	r := httptest.NewRequest(method, "/in/sms/"+ourSecret+"?"+query, strings.NewReader(body))
	r.SetPathValue(keyOfPath, ourSecret)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

const formType = "application/x-www-form-urlencoded"

func refusal(err error) int {
	var refused *connectors.RequestError
	if !errors.As(err, &refused) {
		return 0
	}
	return refused.Status
}

func TestAMessageAsEachGatewayPostsIt(t *testing.T) {
	lat, long := 3.9384, 108.3881
	person := complaint.Reporter{Phone: warga, Account: warga}
	named := complaint.Reporter{Name: "Contoh Warga", Phone: warga, Account: warga}
	for name, tt := range map[string]struct {
		preset string
		r      *http.Request
		want   connectors.Message
	}{
		"Kannel": {kannel, push("GET", "", "id=8b0ab0e9-2b4e&sender="+warga+"&text=lampu+mati+di+Sungai+Ulu&time=1767423900", ""), connectors.Message{
			Sender: warga, At: moment(), Reporter: person, Text: "lampu mati di Sungai Ulu",
			Raw: complaint.Payload{Type: formType, Body: []byte("id=8b0ab0e9-2b4e&sender=" + warga + "&text=lampu+mati+di+Sungai+Ulu&time=1767423900")},
		}},
		"Kannel with %t, which is UTC, and in Latin 1": {kannel, push("GET", "", "id=9&sender=%2B"+warga+"&text=caf%E9&time=2026-01-03+07:05:00", ""), connectors.Message{
			Sender: "+" + warga, At: moment(), Reporter: complaint.Reporter{Phone: "+" + warga, Account: "+" + warga}, Text: "café",
			Raw: complaint.Payload{Type: formType, Body: []byte("id=9&sender=%2B" + warga + "&text=caf%E9&time=2026-01-03+07:05:00")},
		}},
		"Fonnte as JSON": {fonnte, push("POST", "application/json", "", `{"device":"6281270004499","sender":"`+warga+`","message":"di sini","text":"","name":"Contoh Warga",`+
			`"location":"3.9384,108.3881","timestamp":1767423900,"inboxid":42,"url":"https://berkas.fonnte.com/a/foto","filename":"foto","extension":"jpg"}`), connectors.Message{
			Sender: warga, At: moment(), Reporter: named, Text: "di sini", Place: complaint.Place{Lat: &lat, Long: &long},
			Media: []connectors.Media{{ID: "https://berkas.fonnte.com/a/foto", Name: "foto.jpg", Type: "image/jpeg"}},
		}},
		"Fonnte as a form": {fonnte, push("POST", formType, "", url.Values{"sender": {warga}, "message": {"lampu\x00 mati"}, "name": {"Contoh Warga"}, "inboxid": {"43"}, "location": {"dekat masjid"}}.Encode()), connectors.Message{
			Sender: warga, Reporter: named, Text: "lampu mati", Place: complaint.Place{Address: "dekat masjid"},
		}},
		"playSMS": {playSMS, push("POST", formType+"; charset=utf-8", "", "sender=%2B"+warga+"&text=ADUAN+lampu+mati&time=2026-01-03+14%3A05%3A00"), connectors.Message{
			Sender: "+" + warga, At: moment(), Reporter: complaint.Reporter{Phone: "+" + warga, Account: "+" + warga}, Text: "ADUAN lampu mati",
		}},
	} {
		got, err := openWith(t, settingsFor(tt.preset, "http://127.0.0.1")).Receive.Receive(tt.r)
		if err != nil || len(got.Messages) != 1 || got.Answer != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		m := got.Messages[0]
		if len(m.ID) == 32 {
			tt.want.ID = m.ID
		}
		if tt.want.Raw.Type == "" {
			tt.want.Raw = m.Raw
		}
		if diff := cmp.Diff(tt.want, m); diff != "" || len(m.Raw.Body) == 0 {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.Told == nil || len(got.Told.Body) != 0 || !strings.HasPrefix(got.Told.Type, "text/plain") {
			t.Errorf("%s: told %+v; Kannel and playSMS send what is told to the person", name, got.Told)
		}
	}
}

func TestAMessageOfKannelIsReadInItsCharset(t *testing.T) {
	const said = "lampu mati 😟 – “sejak kemarin”"
	utf16be := func(text string) string {
		var raw []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			raw = append(raw, byte(unit>>8), byte(unit))
		}
		return string(raw)
	}
	for _, tt := range []struct{ text, charset, want string }{
		{utf16be(said), "UTF-16BE", said},
		{utf16be(said), "utf-16be", said},
		{utf16be("道路"), "UTF-16BE", "道路"},
		{utf16be("道路") + "x", "UTF-16BE", "道路\uFFFD"},
		{"lampu \x96 mati \x93sejak kemarin\x94", "WINDOWS-1252", "lampu – mati “sejak kemarin”"},
		{"\xc3\x83", "WINDOWS-1252", "Ãƒ"},
		{said, "UTF-8", said},
		{"caf\xe9", "GSM", "café"},
		{said, "GSM", said},
		{utf16be(said), "", said}, // a Kannel that was set up before charset was asked for
		{"ab", "", "ab"},
		{"lampu\x00\x00mati", "", "lampumati"},
	} {
		for _, method := range []string{"GET", "POST"} {
			form := url.Values{"id": {"8b0ab0e9"}, "sender": {warga}, "text": {tt.text}, "charset": {tt.charset}}.Encode()
			r := push("GET", "", form, "")
			if method == "POST" {
				r = push("POST", formType, "", form)
			}
			got, err := openWith(t, settingsFor(kannel, "http://127.0.0.1")).Receive.Receive(r)
			if err != nil || len(got.Messages) != 1 || got.Messages[0].Text != tt.want {
				t.Errorf("%q in %s: %+v, %v", tt.text, tt.charset, got.Messages, err)
			}
		}
	}
}

func TestWhatIsNoMessageOfAPersonIsLeftAlone(t *testing.T) {
	for query, says := range map[string]string{
		"sender=3636&text=Sisa+pulsa": "no telephone number", "sender=TELKOM&text=promo": "no telephone number", "sender=INFO-BMKG+1&text=cuaca": "no telephone number",
		"sender=120363040000000000%40g.us&text=a": "a group's", "sender=status%40broadcast&text=a": "a group's",
		"sender=081270004405,081270004406": "says nothing", "sender=" + warga + "&text=++": "says nothing", "sender=" + warga: "says nothing",
	} {
		c := openWith(t, settingsFor(kannel, "http://127.0.0.1"))
		got, err := c.Receive.Receive(push("GET", "", query, ""))
		if err != nil || len(got.Messages) > 0 || got.Answer == nil {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
		if said := c.said.String(); !strings.Contains(said, says) || strings.Contains(said, "0004405") {
			t.Errorf("%s: the log says %s", query, said)
		}
	}
	c := openWith(t, settingsFor(fonnte, "http://127.0.0.1"))
	got, err := c.Receive.Receive(push("POST", formType, "", "sender=120363040000000&member="+warga+"&message=halo"))
	if err != nil || len(got.Messages) > 0 || got.Answer == nil {
		t.Errorf("a group: %+v, %v", got, err)
	}
}

func TestANumberIsReadHoweverItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		warga + "@s.whatsapp.net": warga, warga + ":12@s.whatsapp.net": warga, warga + "@c.us": warga, "0812-7000-4405": "081270004405",
		"+62 812 7000 4405": "+6281270004405", "(0812) 7000.4405": "081270004405", "+62 (0)812-7000-4405": "+6281270004405",
		"\u202a+62\u00a0812\u20117000\u20114405\u202c": "+6281270004405",
	} {
		got, err := openWith(t, settingsFor(kannel, "http://127.0.0.1")).Receive.Receive(push("GET", "", url.Values{"sender": {written}, "text": {"lampu mati"}}.Encode(), ""))
		if err != nil || len(got.Messages) != 1 || got.Messages[0].Sender != want || got.Messages[0].Reporter.Phone != want {
			t.Errorf("%q: %+v, %v", written, got, err)
		}
	}
}

func TestWordsOfASenderWhoCannotBeAnsweredAreSetAside(t *testing.T) {
	for _, sender := range []string{
		"081270004405,081270004406", "081270004405 081270004406", "123456789012345@lid", "@semua", "warga.ranai@natuna.example", "62812700044O5 x", "tel:" + warga, "8127000440511223",
	} {
		c := openWith(t, settingsFor(kannel, "http://127.0.0.1"))
		query := url.Values{"sender": {sender}, "text": {"RAHASIA"}}.Encode()
		got, err := c.Receive.Receive(push("GET", "", query, ""))
		if err != nil || len(got.SetAside) != 1 || len(got.Messages) > 0 || got.Told == nil || got.Answer != nil || got.Refuse != nil {
			t.Errorf("%s: %+v, %v", sender, got, err)
			continue
		}
		aside := got.SetAside[0]
		shown := aside.SourceID + aside.Where + aside.Detail + c.said.String()
		if string(aside.Raw) != query || aside.Reason != connectors.BadField || !strings.Contains(aside.Detail, "fields.sender") || strings.Contains(shown, sender) || strings.Contains(shown, "RAHASIA") {
			t.Errorf("%s: set aside %+v", sender, aside)
		}
	}
}

func TestTheIDOfAMessage(t *testing.T) {
	now := time.Date(2026, 1, 3, 14, 59, 0, 0, time.UTC)
	s := settingsFor(playSMS, "http://127.0.0.1")
	c := openWith(t, s)
	c.Receive.(*connector).now = func() time.Time { return now }
	id := func(query string) string {
		got, err := c.Receive.Receive(push("POST", formType, "", query))
		must(t, err)
		return got.Messages[0].ID
	}
	first := id("sender=" + warga + "&text=lampu+mati&time=2026-01-03+14:05:00")
	now = now.Add(30 * time.Hour)
	if again := id("sender=" + warga + "&text=lampu+mati&time=2026-01-03+14:05:00"); again != first {
		t.Errorf("sent again a day later the id is %s, it was %s", again, first)
	}
	ids := map[string]string{first: "the first"}
	for _, query := range []string{
		"sender=" + warga + "&text=lampu+mati&time=2026-01-03+14:05:01", "sender=" + warga + "&text=lampu+menyala&time=2026-01-03+14:05:00",
		"sender=6281270004406&text=lampu+mati&time=2026-01-03+14:05:00", "sender=" + warga + "&text=lampu+mati", "sender=" + warga + "&text=lampu+mati&time=kemarin+dulu+sekali",
	} {
		ids[id(query)] = query
	}
	if len(ids) != 5 { // a time that cannot be read is none
		t.Errorf("%d ids: %v", len(ids), ids)
	}
	timeless := id("sender=" + warga + "&text=lampu+mati")
	now = now.Add(20 * time.Minute)
	if again := id("sender=" + warga + "&text=lampu+mati"); again == timeless {
		t.Error("in the next hour the same words are heard again")
	}
	now = now.Truncate(time.Hour).Add(time.Minute)
	timeless = id("sender=" + warga + "&text=lampu+mati")
	now = now.Add(20 * time.Minute)
	if again := id("sender=" + warga + "&text=lampu+mati"); again != timeless {
		t.Error("a repeat twenty minutes later has another id")
	}
}

func TestAnIDOfTheGatewayIsNotBelievedAlone(t *testing.T) {
	now := time.Date(2026, 1, 3, 14, 59, 0, 0, time.UTC)
	s := settingsFor(fonnte, "http://127.0.0.1")
	c := openWith(t, s)
	c.Receive.(*connector).now = func() time.Time { return now }
	id := func(query string) string {
		got, err := c.Receive.Receive(push("POST", formType, "", "sender="+warga+"&"+query))
		must(t, err)
		return got.Messages[0].ID
	}
	for _, given := range []string{"7", "0", strings.Repeat("7", complaint.MaxSourceID+1)} {
		said := "inboxid=" + given + "&message=lampu+mati&timestamp=1767423900"
		ids := map[string]string{id(said): said}
		for _, query := range []string{
			"inboxid=" + given + "&message=jalan+rusak&timestamp=1767423900", "inboxid=" + given + "&message=lampu+mati&timestamp=1767423901",
			"inboxid=" + given + "&message=lampu+mati&timestamp=1767423900&location=3.9,108.3",
			"inboxid=" + given + "&message=lampu+mati&timestamp=1767423900&url=https://berkas.fonnte.com/a", "inboxid=1" + given + "&message=lampu+mati&timestamp=1767423900",
		} {
			ids[id(query)] = query
		}
		if len(ids) != 6 {
			t.Errorf("id %.10s: %d ids of 6 messages", given, len(ids))
		}
		now = now.Add(30 * time.Hour)
		if ids[id(said)] != said {
			t.Errorf("id %.10s: a repeat a day later has another id", given)
		}
	}
	first := id("inboxid=7&message=lampu+mati")
	now = now.Add(30 * time.Hour)
	if again := id("inboxid=7&message=lampu+mati"); again != first {
		t.Error("with an id and without a time, a repeat a day later has another id")
	}
	first = id("inboxid=0&message=lampu+mati")
	now = now.Add(30 * time.Hour)
	if again := id("inboxid=0&message=lampu+mati"); again == first {
		t.Error("without an id and a time, the same words a day later are lost")
	}
}

func TestOnlyWhoKnowsTheSecretIsHeard(t *testing.T) {
	for place, set := range map[string]func(r *http.Request, secret string){
		inPath:   func(r *http.Request, secret string) { r.SetPathValue(keyOfPath, secret) },
		inHeader: func(r *http.Request, secret string) { r.Header.Set("X-Kunci", secret) },
		inParam: func(r *http.Request, secret string) {
			query := r.URL.Query()
			query.Set("X-Kunci", secret)
			r.URL.RawQuery = query.Encode()
		},
	} {
		s := settingsFor(kannel, "http://127.0.0.1")
		s.SecretIn, s.SecretName = place, "X-Kunci"
		c := openWith(t, s)
		for secret, status := range map[string]int{ourSecret: 0, ourSecret + "x": 401, ourSecret[1:]: 401, "": 401, strings.ToUpper(ourSecret): 401} {
			r := httptest.NewRequest("GET", "/in/sms?id=1&text=a&sender="+warga, nil)
			set(r, secret)
			got, err := c.Receive.Receive(r)
			if refusal(err) != status || (err == nil) != (status == 0) || (len(got.Messages) == 1) != (status == 0) {
				t.Errorf("%s, %q: %+v, %v", place, secret, got, err)
			}
			for _, m := range got.Messages {
				if strings.Contains(string(m.Raw.Body), ourSecret) {
					t.Errorf("%s: the secret is kept with the message: %s", place, m.Raw.Body)
				}
			}
		}
	}
}

func TestASecretInAFormAsPlaySMSPostsIt(t *testing.T) {
	s := settingsFor(playSMS, "http://127.0.0.1")
	s.SecretIn, s.SecretName = inParam, "kunci"
	c := openWith(t, s)
	body := "kunci=" + ourSecret + "&sender=" + warga + "&text=lampu+mati&time=2026-01-03+14:05:00"
	r := httptest.NewRequest("POST", "/in/sms", strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	got, err := c.Receive.Receive(r)
	if err != nil || len(got.Messages) != 1 || strings.Contains(string(got.Messages[0].Raw.Body), ourSecret) {
		t.Errorf("got %+v, %v", got, err)
	}
	r = httptest.NewRequest("POST", "/in/sms", strings.NewReader("kunci="+ourSecret[1:]+"&%zz"))
	r.Header.Set("Content-Type", formType)
	if _, err := c.Receive.Receive(r); refusal(err) != 401 {
		t.Errorf("a stranger's broken form: %v", err)
	}
}

func TestWhereARequestComesFrom(t *testing.T) {
	s := settingsFor(kannel, "http://127.0.0.1")
	s.From, s.Proxies = []Network{network("10.1.0.0/16"), network("2001:db8::7/128")}, []Network{network("10.9.0.1/32"), network("10.9.0.2/32")}
	c := openWith(t, s)
	for _, tt := range []struct {
		peer, forwarded string
		taken           bool
	}{
		{"10.1.2.3:5000", "", true},
		{"[::ffff:10.1.2.3]:5000", "", true},
		{"[2001:db8::7]:5000", "", true},
		{"10.2.0.1:5000", "", false},
		{"10.2.0.1:5000", "10.1.2.3", false}, // not our proxy: anybody may write it
		{"10.1.2.3:5000", "8.8.8.8", true},
		{"10.9.0.1:5000", "10.1.2.3", true},
		{"10.9.0.1:5000", "10.1.2.3, 8.8.8.8", false}, // the proxy saw 8.8.8.8
		{"10.9.0.1:5000", "8.8.8.8, 10.1.2.3", true},
		{"10.9.0.1:5000", "8.8.8.8, 10.1.2.3, 10.9.0.2", true},
		{"10.9.0.1:5000", "10.1.2.3, bukan alamat", false},
		{"10.9.0.1:5000", "", false},
		{"@", "", false},
	} {
		r := push("GET", "", "id=1&text=a&sender="+warga, "")
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		_, err := c.Receive.Receive(r)
		if (err == nil) != tt.taken || err != nil && refusal(err) != 401 {
			t.Errorf("%s for %q: %v", tt.peer, tt.forwarded, err)
		}
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	for status, r := range map[int]*http.Request{
		405: push("PUT", formType, "", ""),
		400: push("POST", "application/json", "", `{"sender":`),
		413: push("POST", formType, "", "text="+strings.Repeat("a", 5000)),
		415: push("POST", "text/xml", "", "<a/>"),
	} {
		if _, err := openWith(t, settingsFor(kannel, "http://127.0.0.1")).Receive.Receive(r); refusal(err) != status {
			t.Errorf("want %d, got %v", status, err)
		}
	}
	_, err := openWith(t, settingsFor(kannel, "http://127.0.0.1")).Receive.Receive(push("GET", "", "text=a", ""))
	var refused *connectors.RequestError
	if !errors.As(err, &refused) || refused.Status != 400 || refused.Field != "sender" {
		t.Errorf("without a sender: %v", err)
	}
	s := settingsFor(kannel, "http://127.0.0.1")
	s.Rate = 1
	c := openWith(t, s)
	_, first := c.Receive.Receive(push("GET", "", "text=a&sender="+warga, ""))
	_, second := c.Receive.Receive(push("GET", "", "text=b&sender="+warga, ""))
	if first != nil || refusal(second) != 429 {
		t.Errorf("more than the rate: %v, %v", first, second)
	}
}

func TestTheAnswerToTheGatewayIsTheOperators(t *testing.T) {
	s := settingsFor(kannel, "http://127.0.0.1")
	s.Told = Told{Type: "application/json", Body: `{"status":true}`}
	got, err := openWith(t, s).Receive.Receive(push("GET", "", "text=a&sender="+warga, ""))
	if err != nil || got.Told.Type != "application/json" || string(got.Told.Body) != `{"status":true}` {
		t.Errorf("got %+v, %v", got.Told, err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add("GET", "", "id=1&sender="+warga+"&text=lampu+mati&time=1767423900", "")
	f.Add("POST", "application/json", "", `{"sender":"`+warga+`","message":"a","location":"1,2","url":"https://a/b","extension":".jpg","timestamp":1}`)
	f.Add("POST", formType, "sender="+warga, "message=%ff&filename=../a&url=%00&location=NaN,1")
	f.Fuzz(func(t *testing.T, method, contentType, query, body string) {
		if method != http.MethodGet {
			method = http.MethodPost
		}
		r := httptest.NewRequest(method, "/in/sms", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", contentType)
		r.SetPathValue(keyOfPath, ourSecret)
		c := openWith(t, settingsFor(fonnte, "http://127.0.0.1"))
		got, err := c.Receive.Receive(r)
		if err != nil {
			if status := refusal(err); status < 400 || status > 429 {
				t.Errorf("%d: %v", status, err)
			}
			return
		}
		for _, m := range got.Messages {
			said := complaint.Complaint{SourceID: m.ID, Text: m.Text + "-", Reporter: m.Reporter, Place: m.Place, Class: complaint.Ordinary}
			for _, media := range m.Media {
				said.Attachments = append(said.Attachments, complaint.Attachment{Name: media.Name})
				if media.ID == "" {
					t.Error("a file without an address")
				}
			}
			clean := said
			clean.Attachments = append([]complaint.Attachment(nil), said.Attachments...)
			clean.Clean()
			if said.Check() != nil || clean.ContentHash() != said.ContentHash() || !isNumber(m.Sender) {
				t.Errorf("taken: %+v, %v", m, said.Check())
			}
		}
	})
}
