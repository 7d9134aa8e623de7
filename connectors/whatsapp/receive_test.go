package whatsapp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
	"github.com/satupintu/satupintu/sync/complaint"
)

func point(lat, long float64) complaint.Place { return complaint.Place{Lat: &lat, Long: &long} }

func TestEachKindOfMessage(t *testing.T) {
	d := newDesk(t, nil)
	photo := d.api.Photo(warga, "Lampu mati\r\ndi Ranai\x00", []byte("\xff\xd8\xff\xe0"))
	document := d.api.Document(warga, `C:\surat\..\Surat `+"\u202e"+`Desa.pdf`, "application/pdf", []byte("%PDF-1.4"))
	unreadable := []connectors.Media{{ID: withheld}}
	withPlace := point(3.94, 108.38)
	withPlace.Address = "Kantor Desa, Jalan Pelabuhan, Sedanau"
	object := func(pairs ...any) map[string]any {
		made := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			made[pairs[i].(string)] = pairs[i+1]
		}
		return made
	}
	for name, c := range map[string]struct {
		sent cloudapi.Message
		want connectors.Message
	}{
		"text":     {d.api.Text(warga, " Jalan rusak di Sungai Ulu 😟 "), connectors.Message{Text: "Jalan rusak di Sungai Ulu 😟"}},
		"photo":    {photo, connectors.Message{Text: "Lampu mati\ndi Ranai", Media: []connectors.Media{{ID: photo.Media(), Type: "image/jpeg"}}}},
		"document": {document, connectors.Message{Media: []connectors.Media{{ID: document.Media(), Name: "Surat Desa.pdf", Type: "application/pdf"}}}},
		"voice": {d.api.Wrote(warga, "audio", object("id", "77", "mime_type", "audio/ogg; codecs=opus", "voice", true)),
			connectors.Message{Media: []connectors.Media{{ID: "77", Type: "audio/ogg; codecs=opus"}}}},
		"video":   {d.api.Wrote(warga, "video", object("id", "78", "caption", "Banjir")), connectors.Message{Text: "Banjir", Media: []connectors.Media{{ID: "78"}}}},
		"sticker": {d.api.Wrote(warga, "sticker", object("id", "79", "animated", false)), connectors.Message{Media: []connectors.Media{{ID: "79"}}}},
		"place":   {d.api.Location(warga, 3.94, 108.38, "Kantor Desa", "Jalan Pelabuhan, Sedanau"), connectors.Message{Place: withPlace}},
		"a place named in its address": {d.api.Wrote(warga, "location", object("name", "Midai", "address", "Midai, Natuna")),
			connectors.Message{Place: complaint.Place{Address: "Midai, Natuna"}}},
		"a place off the globe": {d.api.Location(warga, 300, 108, "", ""), connectors.Message{Media: unreadable}},
		"half a place":          {d.api.Wrote(warga, "location", object("latitude", 3.9)), connectors.Message{Media: unreadable}},
		"contacts": {d.api.Wrote(warga, "contacts", []any{object("name", object("formatted_name", "Pak RT"), "phones", []any{object("phone", "+62 812-7000-4422", "wa_id", "6281270004422")}), object("name", object("formatted_name", "Kantor"))}),
			connectors.Message{Text: "Kontak: Pak RT, +62 812-7000-4422\nKontak: Kantor"}},
		"a template's button": {d.api.Wrote(warga, "button", object("payload", "x", "text", "Sudah selesai")), connectors.Message{Text: "Sudah selesai"}},
		"a button": {d.api.Wrote(warga, "interactive", object("type", "button_reply", "button_reply", object("id", "1", "title", "Ya"))),
			connectors.Message{Text: "Ya"}},
		"a list": {d.api.Wrote(warga, "interactive", object("type", "list_reply", "list_reply", object("id", "1", "title", "Jalan", "description", "Jalan dan jembatan"))),
			connectors.Message{Text: "Jalan\nJalan dan jembatan"}},
		"a form":                 {d.api.Wrote(warga, "interactive", object("type", "nfm_reply", "nfm_reply", object("body", "Sent"))), connectors.Message{Media: unreadable}},
		"an edit":                {d.api.Wrote(warga, "edit", object("original_message_id", "wamid.x", "message", object("type", "text", "text", object("body", "Maksud saya RT 02")))), connectors.Message{Text: "Maksud saya RT 02"}},
		"an edit of an edit":     {d.api.Wrote(warga, "edit", object("message", object("type", "edit", "edit", object("message", object("type", "text", "text", object("body", "x")))))), connectors.Message{Media: unreadable}},
		"a poll":                 {d.api.Wrote(warga, "unsupported", object("type", "poll_creation")), connectors.Message{Media: unreadable}},
		"an order":               {d.api.Wrote(warga, "order", object("catalog_id", "1")), connectors.Message{Media: unreadable}},
		"a photo withheld":       {d.api.Wrote(warga, "image", object("mime_type", "image/jpeg")), connectors.Message{Media: unreadable}},
		"an odd photo":           {d.api.Wrote(warga, "image", object("id", "../messages", "caption", "Lihat")), connectors.Message{Text: "Lihat", Media: unreadable}},
		"a text of another form": {d.api.Wrote(warga, "text", []any{"Jalan"}), connectors.Message{Media: unreadable}},
		"an empty text":          {d.api.Text(warga, "\u200b\x00 "), connectors.Message{Text: "\u200b"}},
		"a place in strings":     {d.api.Wrote(warga, "location", object("latitude", "3.9", "longitude", "108.3")), connectors.Message{Place: point(3.9, 108.3)}},
		"a place that is no number": {d.api.Wrote(warga, "location", object("latitude", "sini", "longitude", []any{108}, "address", "Serasan")),
			connectors.Message{Place: complaint.Place{Address: "Serasan"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := d.receive(d.api.Messages(c.sent))
			if len(got) != 1 {
				t.Fatalf("%d messages came", len(got))
			}
			one := got[0]
			if one.Sender != wargaPhone || one.Reporter != (complaint.Reporter{Name: "Contoh Warga", Phone: "+" + wargaPhone}) || !one.At.Equal(d.clock.Now().Truncate(time.Second)) {
				t.Errorf("of %q at %s, %+v", one.Sender, one.At, one.Reporter)
			}
			if !bytes.Contains(one.Raw.Body, []byte(c.sent.ID())) || one.Raw.Type != "application/json" {
				t.Errorf("raw is %s", one.Raw.Body)
			}
			if one.Text != c.want.Text || !reflect.DeepEqual(one.Media, c.want.Media) || !reflect.DeepEqual(one.Place, c.want.Place) {
				t.Errorf("got  %q %+v %+v\nwant %q %+v %+v", one.Text, one.Media, one.Place, c.want.Text, c.want.Media, c.want.Place)
			}
		})
	}
}

func TestWhatSaysNothingIsLeftAlone(t *testing.T) {
	d := newDesk(t, nil)
	got := d.receive(d.api.Messages(
		d.api.Wrote(warga, "reaction", map[string]any{"message_id": "wamid.x", "emoji": "👍"}),
		d.api.Wrote(warga, "revoke", map[string]any{"original_message_id": "wamid.x"}),
		d.api.Wrote(warga, "system", map[string]any{"type": "user_changed_number", "wa_id": "6281270004422", "body": "User changed"}),
		d.api.Wrote(warga, "request_welcome", nil),
	))
	if len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	if said := d.log.String(); !strings.Contains(said, "messages=4") || strings.Contains(said, "62812") {
		t.Errorf("the log says %s", said)
	}
}

func TestABatchIsTakenInWholeAndInItsOrder(t *testing.T) {
	d := newDesk(t, nil)
	another := cloudapi.Person{Number: "6281270004422", Name: "Warga Lain"}
	late := d.api.Text(warga, "tiga").At(d.clock.Now().Add(-time.Hour))
	got := d.receive(
		d.api.Messages(d.api.Text(warga, "satu"), d.api.Text(another, "dua")),
		d.api.MessagesTo("999"),
		d.api.Status(cloudapi.Sent{ID: "wamid.x", To: wargaPhone}, "delivered", 0),
		cloudapi.Change{"field": "message_template_status_update", "value": map[string]any{"event": "APPROVED"}},
		d.api.Messages(late),
	)
	var texts, names []string
	for _, one := range got {
		texts, names = append(texts, one.Text), append(names, one.Reporter.Name)
	}
	if !reflect.DeepEqual(texts, []string{"satu", "dua", "tiga"}) || !reflect.DeepEqual(names, []string{"Contoh Warga", "Warga Lain", "Contoh Warga"}) {
		t.Errorf("got %q of %q", texts, names)
	}
	if want := d.clock.Now().Add(-time.Hour).Truncate(time.Second); len(got) != 3 || !got[2].At.Equal(want) {
		t.Errorf("what came late is not dated by its own time")
	}
	if said := d.log.String(); !strings.Contains(said, "another number") || !strings.Contains(said, "changes=1") || strings.Contains(said, "lain") {
		t.Errorf("the log says %s", said)
	}
}

func TestMessagesToAnotherNumberAreSetAside(t *testing.T) {
	d := newDesk(t, nil)
	body := d.api.Body(d.api.MessagesTo("999", d.api.Text(warga, "RAHASIA")), d.api.Messages(d.api.Text(warga, "untuk kami")))
	received, err := d.post(body)
	if err != nil || len(received.Messages) != 1 || received.Messages[0].Text != "untuk kami" || len(received.SetAside) != 1 || received.Told == nil {
		t.Fatalf("got %+v, %v", received, err)
	}
	aside := received.SetAside[0]
	if !strings.Contains(string(aside.Raw), "RAHASIA") || !strings.Contains(aside.Detail, "webhook of its own") {
		t.Errorf("set aside: %+v", aside)
	}
	if said := d.log.String(); !strings.Contains(said, "WARN") || strings.Contains(said+aside.Where+aside.Detail, "RAHASIA") || strings.Contains(said, wargaPhone) {
		t.Errorf("the log says %s", said)
	}
}

func TestARepeatIsTheSameMessage(t *testing.T) {
	d := newDesk(t, nil)
	first, second := d.api.Text(warga, "satu"), d.api.Text(warga, "dua")
	once := d.receive(d.api.Messages(first), d.api.Messages(second))
	again := d.receive(d.api.Messages(second, first), d.api.Messages(first))
	if len(again) != 3 || !reflect.DeepEqual(once[0], again[1]) || !reflect.DeepEqual(once[1], again[0]) || !reflect.DeepEqual(again[1], again[2]) || once[0].ID == once[1].ID {
		t.Errorf("first %+v\nthen %+v", once, again)
	}
}

// WhatsApp's own id of a message has the sender's number in it, in Base64.
func TestAMessagesIDSaysNothingOfItsSender(t *testing.T) {
	d := newDesk(t, nil)
	sent := d.api.Text(warga, "satu")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sent.ID(), "wamid."))
	if err != nil || !bytes.Contains(decoded, []byte(wargaPhone)) {
		t.Fatalf("the simulator's ids have lost what bites: %q, %v", decoded, err)
	}
	got := d.receive(d.api.Messages(sent))
	if id := got[0].ID; len(id) != len("wa-")+32 || strings.Contains(sent.ID(), id[3:]) {
		t.Errorf("the id is %q", id)
	}
}

func TestAPersonWithoutANumber(t *testing.T) {
	d := newDesk(t, nil)
	got := d.receive(d.api.Messages(d.api.Text(hidden, "Air mati")))
	if len(got) != 1 || got[0].Sender != hidden.ID || got[0].Reporter != (complaint.Reporter{Name: "Contoh Warga"}) {
		t.Fatalf("got %+v", got)
	}
	alone := `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"` + numberID + `"},
		"contacts":[{"user_id":"ID.20491208655302749977"}],"messages":[{"id":"wamid.1","type":"text","text":{"body":"Air mati"}}]}}]}]}`
	if got := d.receiveBody([]byte(alone)); len(got) != 1 || got[0].Sender != hidden.ID {
		t.Errorf("named only beside the message: %+v", got)
	}
}

func TestAFailedDeliveryIsLoggedByOurKeyAndWithoutTheNumber(t *testing.T) {
	d := newDesk(t, nil)
	sent := cloudapi.Sent{ID: "wamid." + base64.StdEncoding.EncodeToString([]byte(wargaPhone)), To: wargaPhone, Opaque: "SP-1KAZ5T8M3Q0X4RD/2"}
	odd := sent
	odd.Opaque = "bukan kunci kami " + wargaPhone
	if got := d.receive(d.api.Status(sent, "failed", 131026), d.api.Status(odd, "failed", 999), d.api.Status(sent, "read", 0)); len(got) != 0 {
		t.Errorf("a status gives %+v", got)
	}
	said := d.log.String()
	for _, want := range []string{"saying=SP-1KAZ5T8M3Q0X4RD/2 code=131026", "saying=unknown code=999", "has no WhatsApp any more"} {
		if !strings.Contains(said, want) {
			t.Errorf("the log does not say %q: %s", want, said)
		}
	}
	if strings.Count(said, "\n") != 2 || strings.Contains(said, wargaPhone) || strings.Contains(said, "wamid") {
		t.Errorf("the log says %s", said)
	}
}

func TestAFailedDeliveryIsPassedOnByOurKey(t *testing.T) {
	d := newDesk(t, nil)
	sent := cloudapi.Sent{ID: "wamid.1", To: wargaPhone, Opaque: "SP-1KAZ5T8M3Q0X4RD-2"}
	odd := sent
	odd.Opaque = "bukan kunci kami " + wargaPhone
	got, err := d.post(d.api.Body(d.api.Status(sent, "sent", 0), d.api.Status(sent, "failed", 131026), d.api.Status(odd, "failed", 131026)))
	want := connectors.Undelivered{
		Key: "SP-1KAZ5T8M3Q0X4RD-2", Detail: "WhatsApp error 131026: it cannot be delivered: the person has no WhatsApp any more, or blocks the number",
	}
	if err != nil || len(got.Undelivered) != 1 || got.Undelivered[0] != want {
		t.Errorf("passed on is %+v, %v", got.Undelivered, err)
	}
}

func TestTheHandshake(t *testing.T) {
	d := newDesk(t, nil)
	ask := func(token, mode, challenge string) (connectors.Received, error) {
		query := url.Values{"hub.verify_token": {token}, "hub.mode": {mode}, "hub.challenge": {challenge}}
		return d.open().Receive(httptest.NewRequest(http.MethodGet, "/in/warga-wa?"+query.Encode(), nil))
	}
	received, err := ask(verifyToken, "subscribe", "1158201444")
	if err != nil || received.Answer == nil || string(received.Answer.Body) != "1158201444" || received.Answer.Type != "text/plain; charset=utf-8" || len(received.Messages) > 0 {
		t.Errorf("got %+v, %v", received, err)
	}
	for name, c := range map[string]struct {
		token, mode, challenge string
		status                 int
	}{
		"another token": {"kata-lain", "subscribe", "1", 401}, "no token": {"", "subscribe", "1", 401},
		"another mode": {verifyToken, "unsubscribe", "1", 400}, "a page as challenge": {verifyToken, "subscribe", "<script>", 400},
		"no challenge": {verifyToken, "subscribe", "", 400},
	} {
		received, err := ask(c.token, c.mode, c.challenge)
		wantRefused(t, name, err, c.status)
		if received.Answer != nil {
			t.Errorf("%s: answered with %q", name, received.Answer.Body)
		}
	}
}

func wantRefused(t *testing.T, name string, err error, status int) {
	t.Helper()
	var refused *connectors.RequestError
	if !errors.As(err, &refused) || refused.Status != status {
		t.Errorf("%s: got %v, want a refusal with %d", name, err, status)
	}
}

func TestOnlyMetaIsBelieved(t *testing.T) {
	d := newDesk(t, nil)
	body := d.webhookOf(warga, 1)
	sound, err := d.api.Request("/in/warga-wa", body)
	must(t, err)
	signature := sound.Header.Get(signatureHeader)
	for name, spoil := range map[string]func(r *http.Request){
		"no signature":       func(r *http.Request) { r.Header.Del(signatureHeader) },
		"the old SHA-1":      func(r *http.Request) { r.Header.Set(signatureHeader, "sha1="+signature[7:47]) },
		"without its prefix": func(r *http.Request) { r.Header.Set(signatureHeader, signature[7:]) },
		"half of it":         func(r *http.Request) { r.Header.Set(signatureHeader, signature[:39]) },
		"an empty one":       func(r *http.Request) { r.Header.Set(signatureHeader, "sha256=") },
		"another body":       func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(append([]byte(" "), body...))) },
		"the same, decoded": func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), `\ud83d\ude1f`, "😟")))
		},
		"signed by another app": func(r *http.Request) { r.Header.Set(signatureHeader, otherApp(body)) },
	} {
		r, err := d.api.Request("/in/warga-wa", body)
		must(t, err)
		r.ContentLength = -1
		spoil(r)
		received, err := d.open().Receive(r)
		wantRefused(t, name, err, http.StatusUnauthorized)
		if len(received.Messages) > 0 {
			t.Errorf("%s: %d messages are taken in", name, len(received.Messages))
		}
	}
}

func otherApp(body []byte) string {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	cloudapi.New(cloudapi.Options{AppSecret: "APLIKASI-LAIN"}).Sign(r, body)
	return r.Header.Get(signatureHeader)
}

// unread fails when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("a body is read that nobody signed")
	return 0, io.EOF
}

func TestABodyThatNobodySignedIsNotRead(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/in/warga-wa", unread{t})
	_, err := newDesk(t, nil).open().Receive(r)
	wantRefused(t, "unsigned", err, http.StatusUnauthorized)
}

func TestOtherRequestsAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	_, err := d.open().Receive(httptest.NewRequest(http.MethodPut, "/in/warga-wa", nil))
	wantRefused(t, "PUT", err, http.StatusMethodNotAllowed)
	for name, body := range map[string]string{
		"no JSON": "hub.mode=subscribe", "a list": "[]", "of no known kind": `{"object":7,"entry":[]}`,
		"two documents": `{"object":"whatsapp_business_account"}{}`,
	} {
		_, err := d.post([]byte(body))
		wantRefused(t, name, err, http.StatusBadRequest)
	}
	body := bytes.Replace(d.webhookOf(warga, 1), []byte("whatsapp_business_account"), []byte("page"), 1)
	if got := d.receiveBody(body); len(got) != 0 {
		t.Errorf("another product's webhook gives %+v", got)
	}
}

func TestWhatCannotBeReadIsSetAsideAndKeepsNothingElseOut(t *testing.T) {
	d := newDesk(t, nil)
	const (
		noID     = `{"from":"6281270004411","type":"text","text":{"body":"RAHASIA"}}`
		noSender = `{"id":"wamid.NjI4MTI3MDAwNDQxMQ","type":"text","text":{"body":"RAHASIA"}}`
	)
	body := []byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":8},{"field":"messages"},
		{"field":"messages","value":{"metadata":{"phone_number_id":"` + numberID + `"},"messages":[7,` + noID + `,` + noSender + `,
		{"id":"wamid.3","from":"6281270004411","timestamp":"kemarin","type":"text","text":{"body":"utuh"}},
		{"id":"wamid.4","from":"6281270004411","timestamp":-5,"text":{"body":"tanpa jenis"}}]}}]}]}`)
	received, err := d.post(body)
	got := received.Messages
	if err != nil || len(got) != 2 || got[0].Text != "utuh" || !got[0].At.IsZero() || got[1].Media[0].ID != withheld || !got[1].At.IsZero() {
		t.Fatalf("got %+v, %v", got, err)
	}
	var raw []string
	for _, aside := range received.SetAside {
		raw = append(raw, string(aside.Raw))
		shown := aside.SourceID + " " + aside.Where + " " + aside.Detail
		if aside.Reason != connectors.Unreadable || aside.Where == "" || aside.Detail == "" || strings.Contains(shown+d.log.String(), "RAHASIA") || strings.Contains(shown, "NjI4") {
			t.Errorf("set aside for %q: %s", aside.Reason, shown)
		}
	}
	if !reflect.DeepEqual(raw, []string{`{"field":"messages","value":8}`, `{"field":"messages"}`, "7", noID, noSender}) || received.Told == nil || received.Refuse != nil {
		t.Errorf("set aside are %q, told %v", raw, received.Told)
	}
	if again, err := d.post(body); err != nil || !reflect.DeepEqual(again, received) {
		t.Errorf("posted again it is %+v, %v", again, err)
	}
}

func TestAFieldOfAnotherTypeTakesNothingWithItButItself(t *testing.T) {
	const good = `{"id":"wamid.1","from":"6281270004411","type":"text","text":{"body":"utuh"}}`
	ours := func(rest string) string {
		return `{"field":"messages","value":{"metadata":{"phone_number_id":"` + numberID + `"},` + rest + `}}`
	}
	entry := func(changes string) string { return `{"id":"1","changes":` + changes + `}` }
	for name, c := range map[string]struct {
		entries string
		taken   int
		aside   []string
	}{
		"a number as wa_id":      {`[` + entry(`[`+ours(`"contacts":[{"wa_id":6281270004411,"profile":{"name":"Contoh"}}],"messages":[`+good+`]`)+`]`) + `]`, 1, nil},
		"contacts that are none": {`[` + entry(`[`+ours(`"contacts":{"wa_id":1},"messages":[`+good+`]`)+`]`) + `]`, 1, nil},
		"a profile that is none": {`[` + entry(`[`+ours(`"contacts":[{"wa_id":"6281270004411","profile":"Contoh"},7],"messages":[`+good+`]`)+`]`) + `]`, 1, nil},
		"a code as text":         {`[` + entry(`[`+ours(`"errors":[{"code":"131031"},{"code":[]},"x"],"messages":[`+good+`]`)+`]`) + `]`, 1, nil},
		"a status that is none":  {`[` + entry(`[`+ours(`"statuses":[7,{"status":"failed","errors":[{"code":"131026"}]},{"status":1,"errors":{}}],"messages":[`+good+`]`)+`]`) + `]`, 1, nil},
		"a number as sender":     {`[` + entry(`[`+ours(`"messages":[{"id":"wamid.2","from":6281270004411},`+good+`]`)+`]`) + `]`, 1, []string{`{"id":"wamid.2","from":6281270004411}`}},
		"messages that are none": {`[` + entry(`[`+ours(`"messages":{"a":1}`)+`,`+ours(`"messages":[`+good+`]`)+`]`) + `]`, 1, []string{ours(`"messages":{"a":1}`)}},
		"a change that is none":  {`[` + entry(`[7,{"field":8},`+ours(`"messages":[`+good+`]`)+`]`) + `]`, 1, []string{`7`, `{"field":8}`}},
		"changes that are none":  {`[` + entry(`{"a":1}`) + `,` + entry(`[`+ours(`"messages":[`+good+`]`)+`]`) + `]`, 1, []string{entry(`{"a":1}`)}},
		"an entry that is none":  {`[7,` + entry(`[`+ours(`"messages":[`+good+`]`)+`]`) + `]`, 1, []string{`7`}},
		"entries that are none":  {`{"a":1}`, 0, []string{`{"a":1}`}},
	} {
		d := newDesk(t, nil)
		received, err := d.post([]byte(`{"object":"whatsapp_business_account","entry":` + c.entries + `}`))
		if err != nil || len(received.Messages) != c.taken || received.Refuse != nil {
			t.Errorf("%s: %+v, %v", name, received, err)
		}
		var aside []string
		for _, one := range received.SetAside {
			aside = append(aside, string(one.Raw))
		}
		if !reflect.DeepEqual(aside, c.aside) {
			t.Errorf("%s: set aside are %q, want %q", name, aside, c.aside)
		}
		if log := d.log.String(); name == "a code as text" && !strings.Contains(log, "code=131031") || strings.Contains(log, wargaPhone) {
			t.Errorf("%s: the log says %s", name, log)
		}
	}
}

func TestAReportOfFailureIsLogged(t *testing.T) {
	d := newDesk(t, nil)
	d.receiveBody([]byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"` + numberID + `"},
		"errors":[{"code":131031,"title":"Account has been locked","message":"of 6281270004411"}]}}]}]}`))
	if said := d.log.String(); !strings.Contains(said, "code=131031") || !strings.Contains(said, "Account quality") || strings.Contains(said, wargaPhone) {
		t.Errorf("the log says %s", said)
	}
}

func TestNoSecretSignsNothing(t *testing.T) {
	s := office()
	s.AppSecret = config.NewSecret(" ")
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "app_secret") {
		t.Errorf("an empty secret is taken: %v", err)
	}
}
