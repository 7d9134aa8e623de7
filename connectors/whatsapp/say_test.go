package whatsapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// news is a saying about a status, to somebody who wrote so long ago.
func (d *desk) news(to string, ago time.Duration) connectors.Saying {
	return connectors.Saying{
		Key: "SP-1KAZ5T8M3Q0X4RD/3", To: to, Text: "Laporan SP-1KAZ5T8M3Q0X4RD selesai.", HeardAt: d.clock.Now().Add(-ago),
		News: &connectors.StatusChange{Ref: "SP-1KAZ5T8M3Q0X4RD", Seq: 3, Status: complaint.Done},
	}
}

func (d *desk) say(s connectors.Saying) error {
	d.t.Helper()
	return d.open().Say(d.t.Context(), s)
}

func TestAPersonIsAnsweredWhereTheyWrote(t *testing.T) {
	for _, person := range []cloudapi.Person{warga, hidden} {
		d := newDesk(t, nil)
		got := d.receive(d.api.Messages(d.api.Text(person, "Air mati")))
		must(t, d.say(d.news(got[0].Sender, time.Hour)))
		sent := d.api.Sent()
		if len(sent) != 1 || sent[0].To != got[0].Sender || sent[0].Text != "Laporan SP-1KAZ5T8M3Q0X4RD selesai." || sent[0].Opaque != "SP-1KAZ5T8M3Q0X4RD/3" {
			t.Errorf("sent %+v", sent)
		}
	}
}

func TestTheWindowOf24Hours(t *testing.T) {
	for name, c := range map[string]struct {
		ago    time.Duration
		freely bool
	}{
		"just now": {0, true}, "almost 24 hours": {24*time.Hour - 2*time.Minute, true}, "so near that it may close on the way": {24*time.Hour - 30*time.Second, false},
		"24 hours": {24 * time.Hour, false}, "a month": {30 * 24 * time.Hour, false},
	} {
		d := newDesk(t, nil)
		d.api.Text(warga, "Air mati")
		d.clock.pass(c.ago)
		must(t, d.say(d.news(wargaPhone, c.ago)))
		sent := d.api.Sent()
		if len(sent) != 1 || (sent[0].Text != "") != c.freely {
			t.Errorf("%s: sent %+v", name, sent)
		}
		if !c.freely && (sent[0].Template != "status_laporan" || !reflect.DeepEqual(sent[0].Values, []string{"SP-1KAZ5T8M3Q0X4RD", "selesai"})) {
			t.Errorf("%s: sent %+v", name, sent)
		}
	}
	d := newDesk(t, nil)
	s := d.news(wargaPhone, 0)
	s.HeardAt = time.Time{}
	must(t, d.say(s))
	if sent := d.api.Sent(); len(sent) != 1 || sent[0].Template == "" {
		t.Errorf("to somebody of whom it is not known when they wrote: %+v", sent)
	}
}

func TestWhatMayNotBeSaidAfter24HoursSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		template string
		news     bool
		says     string
	}{
		"no template":          {"", true, "see template"},
		"words that no status": {"status_laporan", false, "statuses only"},
	} {
		d := newDesk(t, func(s *Settings) { s.Template.Name = c.template })
		s := d.news(wargaPhone, 25*time.Hour)
		if !c.news {
			s.News = nil
		}
		err := d.say(s)
		if got := retry.Of(err); got.Verdict != retry.Permanent || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %s, %v", name, got.Verdict, err)
		}
		if len(d.api.Sent()) > 0 || len(d.api.Asked()) > 0 {
			t.Errorf("%s: the Graph API was asked", name)
		}
	}
}

// The Graph API counts the 24 hours by itself: the person's message may have been an older one of theirs.
func TestTheGraphAPIsOwnCountIsHeeded(t *testing.T) {
	d := newDesk(t, nil)
	d.api.Forget(warga)
	must(t, d.say(d.news(wargaPhone, time.Hour)))
	if sent := d.api.Sent(); len(sent) != 1 || sent[0].Template != "status_laporan" {
		t.Errorf("sent %+v", sent)
	}
	d = newDesk(t, func(s *Settings) { s.Template.Name = "" })
	d.api.Forget(warga)
	if err := d.say(d.news(wargaPhone, time.Hour)); retry.Of(err).Verdict != retry.Permanent || !strings.Contains(err.Error(), "see template") {
		t.Errorf("without a template: %v", err)
	}
}

func TestAStatusInThePlatformsWordsFitsTheTemplate(t *testing.T) {
	d := newDesk(t, nil)
	s := d.news(wargaPhone, 48*time.Hour)
	s.News.Status, s.News.Raw = complaint.Other, " Menunggu\n\t    verifikasi "+strings.Repeat("panjang ", 100)
	must(t, d.say(s))
	if sent := d.api.Sent(); len(sent) != 1 || !strings.HasPrefix(sent[0].Values[1], "Menunggu verifikasi panjang") || utf8.RuneCountInString(sent[0].Values[1]) > mostVariable {
		t.Errorf("sent %+v", sent)
	}
}

func TestWhatTheGraphAPISaysOfAFailure(t *testing.T) {
	for name, c := range map[string]struct {
		fault  cloudapi.Fault
		want   retry.Error // its Err is not looked at
		advice string
	}{
		"expired token":           {cloudapi.Fault{Status: 401, Code: 190, Subcode: 463}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "access token"},
		"token, with 400":         {cloudapi.Fault{Status: 400, Code: 190}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "access token"},
		"no rights":               {cloudapi.Fault{Status: 403, Code: 200}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "whatsapp_business_messaging"},
		"no capability":           {cloudapi.Fault{Status: 500, Code: 3}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "whatsapp_business_messaging"},
		"account locked":          {cloudapi.Fault{Status: 403, Code: 131031}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "Account quality"},
		"unpaid":                  {cloudapi.Fault{Status: 400, Code: 131042}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "Payment"},
		"not registered":          {cloudapi.Fault{Status: 400, Code: 133010}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "API Setup"},
		"another number's id":     {cloudapi.Fault{Status: 400, Code: 100, Subcode: 33}, retry.Error{Verdict: retry.SignIn, Reason: retry.SignInFailed}, "phone_number_id"},
		"one person too often":    {cloudapi.Fault{Status: 400, Code: 131056}, retry.Error{Reason: retry.Failed, After: time.Minute}, "one person"},
		"one person, with 429":    {cloudapi.Fault{Status: 429, Code: 131056}, retry.Error{Reason: retry.Failed, After: time.Minute}, "one person"},
		"throughput":              {cloudapi.Fault{Status: 429, Code: 130429}, retry.Error{Reason: retry.Throttled, After: 5 * time.Minute}, "too many"},
		"throughput, with a time": {cloudapi.Fault{Status: 429, Code: 130429, Header: map[string]string{"Retry-After": "42"}}, retry.Error{Reason: retry.Throttled, After: 42 * time.Second}, "too many"},
		"account's rate": {cloudapi.Fault{Status: 400, Code: 80007, Header: map[string]string{
			"X-Business-Use-Case-Usage": `{"1":[{"type":"whatsapp","estimated_time_to_regain_access":0},{"estimated_time_to_regain_access":7}]}`}},
			retry.Error{Reason: retry.Throttled, After: 7 * time.Minute}, "too many"},
		"a time beyond reason": {cloudapi.Fault{Status: 400, Code: 4, Header: map[string]string{"X-Business-Use-Case-Usage": `{"1":[{"estimated_time_to_regain_access":1e300}]}`}},
			retry.Error{Reason: retry.Throttled, After: 24 * time.Hour}, "too many"},
		"a time that is none": {cloudapi.Fault{Status: 400, Code: 4, Header: map[string]string{"X-Business-Use-Case-Usage": `{"1":7}`}},
			retry.Error{Reason: retry.Throttled, After: 5 * time.Minute}, "too many"},
		"spam":                         {cloudapi.Fault{Status: 400, Code: 131048}, retry.Error{Reason: retry.Throttled, After: time.Hour}, "reported"},
		"away":                         {cloudapi.Fault{Status: 503, Code: 2}, retry.Error{Reason: retry.Unavailable}, "not available"},
		"away, with 429":               {cloudapi.Fault{Status: 429, Code: 2}, retry.Error{Reason: retry.Throttled}, "not available"},
		"in maintenance":               {cloudapi.Fault{Status: 500, Code: 131057}, retry.Error{Reason: retry.Unavailable}, "not available"},
		"unknown to itself":            {cloudapi.Fault{Status: 500, Code: 1}, retry.Error{Verdict: retry.Uncertain, Reason: retry.ServerError}, "does not say"},
		"template unknown":             {cloudapi.Fault{Status: 404, Code: 132001}, retry.Error{Reason: retry.Rejected}, "WhatsApp Manager"},
		"template paused":              {cloudapi.Fault{Status: 400, Code: 132015}, retry.Error{Reason: retry.Rejected}, "WhatsApp Manager"},
		"undeliverable":                {cloudapi.Fault{Status: 400, Code: 131026}, retry.Error{Verdict: retry.Permanent, Reason: retry.Rejected}, "no WhatsApp"},
		"not wanted":                   {cloudapi.Fault{Status: 400, Code: 131049}, retry.Error{Verdict: retry.Permanent, Reason: retry.Rejected}, "delivered"},
		"to itself":                    {cloudapi.Fault{Status: 400, Code: 131021}, retry.Error{Verdict: retry.Permanent, Reason: retry.Rejected}, "itself"},
		"bad parameter":                {cloudapi.Fault{Status: 400, Code: 100}, retry.Error{Verdict: retry.Permanent, Reason: retry.Rejected}, "as the Graph API wants"},
		"a code of tomorrow":           {cloudapi.Fault{Status: 400, Code: 999999}, retry.Error{Verdict: retry.Permanent, Reason: retry.Rejected}, "999999"},
		"tomorrow's, with 503":         {cloudapi.Fault{Status: 503, Code: 999999}, retry.Error{Reason: retry.Unavailable}, "999999"},
		"a page of a proxy":            {cloudapi.Fault{Status: 502, Body: "<html>Bad Gateway"}, retry.Error{Verdict: retry.Uncertain, Reason: retry.BadGateway}, "502"},
		"an error without a code":      {cloudapi.Fault{Status: 400, Body: `{"error":{"message":"6281270004411"}}`}, retry.Error{Verdict: retry.Permanent, Reason: retry.Rejected}, "400"},
		"a page in place of an answer": {cloudapi.Fault{Status: 200, Body: "<html>Masuk"}, retry.Error{Verdict: retry.Uncertain, Reason: retry.Malformed}, "not that of the Graph API"},
		"an answer without a message":  {cloudapi.Fault{Status: 200, Body: `{"messages":[]}`}, retry.Error{Verdict: retry.Uncertain, Reason: retry.Malformed}, "names no message"},
		"an answer that breaks off":    {cloudapi.Fault{Status: 200, Break: true}, retry.Error{Verdict: retry.Uncertain, Reason: retry.Reset}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.api.Text(warga, "Air mati")
			d.api.Fail(c.fault)
			err := d.say(d.news(wargaPhone, time.Hour))
			got := retry.Of(err)
			if err == nil || got.Verdict != c.want.Verdict || got.Reason != c.want.Reason || got.After != c.want.After {
				t.Errorf("got %s, %s, after %s; %v", got.Verdict, got.Reason, got.After, err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.advice) || !strings.Contains(err.Error(), "SP-1KAZ5T8M3Q0X4RD/3")) {
				t.Errorf("it says %v, without %q", err, c.advice)
			}
			for _, secret := range []string{wargaPhone, accessToken, "Something is wrong", "Laporan"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("it says %v, with %q", err, secret)
				}
			}
			if len(d.api.Asked()) != 1 {
				t.Errorf("the Graph API was asked %q", d.api.Asked())
			}
		})
	}
}

func TestATemplateOfOtherVariablesIsOursToMend(t *testing.T) {
	d := newDesk(t, func(s *Settings) { s.Template.Name = "salah" })
	err := d.say(d.news(wargaPhone, 48*time.Hour))
	if got := retry.Of(err); got.Verdict != retry.Transient || got.Reason != retry.Rejected || !strings.Contains(err.Error(), "two variables") {
		t.Errorf("got %s, %s: %v", got.Verdict, got.Reason, err)
	}
}

func TestALongTextIsCutBetweenWords(t *testing.T) {
	d := newDesk(t, nil)
	d.api.Text(warga, "Air mati")
	s := d.news(wargaPhone, time.Hour)
	s.Text = strings.Repeat("Perbaikan lampu jalan selesai… 😟 ", 300)
	must(t, d.say(s))
	text := d.api.Sent()[0].Text
	if !strings.HasSuffix(text, " …") || !strings.HasPrefix(s.Text, strings.TrimSuffix(text, " …")+" ") || units(text) > mostText || units(text) < mostText-40 {
		t.Errorf("%d units, ending %q", units(text), text[len(text)-60:])
	}
	if got := cut("Laporan selesai. "+strings.Repeat("x", 5000), mostText); units(got) != mostText {
		t.Errorf("of a text without spaces %d units are left", units(got))
	}
	for text, want := range map[string]string{
		"Air mati": "Air mati", "satu dua tiga empat": "satu dua …", "satuduatigaempat": "satuduati …", "satu duatigaempat": "satu …", "😟😟😟😟😟😟😟": "😟😟😟😟 …",
	} {
		if got := cut(text, 11); got != want {
			t.Errorf("cut(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWhatCannotBeSaidIsNotTried(t *testing.T) {
	d := newDesk(t, nil)
	for name, change := range map[string]func(*connectors.Saying){
		"nobody":     func(s *connectors.Saying) { s.To = "" },
		"a path":     func(s *connectors.Saying) { s.To = "../123" },
		"with signs": func(s *connectors.Saying) { s.To = "+62 812" },
		"nothing":    func(s *connectors.Saying) { s.Text = " \x00 " },
	} {
		s := d.news(wargaPhone, time.Hour)
		change(&s)
		if err := d.say(s); retry.Of(err).Verdict != retry.Permanent || strings.Contains(err.Error(), "812") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked := d.api.Asked(); len(asked) > 0 {
		t.Errorf("the Graph API was asked %q", asked)
	}
}

func TestAnOddKeyStaysHere(t *testing.T) {
	d := newDesk(t, nil)
	d.api.Text(warga, "Air mati")
	s := d.news(wargaPhone, time.Hour)
	s.Key = "kunci dengan spasi"
	must(t, d.say(s))
	if sent := d.api.Sent(); len(sent) != 1 || sent[0].Opaque != "" {
		t.Errorf("sent %+v", sent)
	}
}

func TestNobodyListening(t *testing.T) {
	d := newDesk(t, nil)
	d.server.Close()
	err := d.say(d.news(wargaPhone, time.Hour))
	if got := retry.Of(err); got.Verdict != retry.Transient || got.Reason != retry.Refused {
		t.Errorf("got %s, %s: %v", got.Verdict, got.Reason, err)
	}
}

func TestTheCheckSaysWhatItSaw(t *testing.T) {
	d := newDesk(t, nil)
	said, err := d.open().Check(t.Context())
	if err != nil || said != `+62 773 0000 000 answers as "Layanan Aduan Natuna", quality GREEN; later than 24 hours after a person wrote, the template status_laporan (id) is sent` {
		t.Errorf("said %q, %v", said, err)
	}
	d.settings.Template.Name = ""
	if said, err := d.open().Check(t.Context()); err != nil || !strings.Contains(said, "no template") {
		t.Errorf("said %q, %v", said, err)
	}
	for name, c := range map[string]struct {
		fault cloudapi.Fault
		says  string
	}{
		"another account's number": {cloudapi.Fault{Status: 400, Code: 100, Subcode: 33}, "phone_number_id"},
		"expired token":            {cloudapi.Fault{Status: 401, Code: 190}, "access token"},
		"an id of another thing":   {cloudapi.Fault{Status: http.StatusOK, Body: `{"id":"1"}`}, "business account"},
	} {
		d.api.Mend()
		d.api.Fail(c.fault)
		if said, err := d.open().Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: said %q, %v", name, said, err)
		}
	}
}

func TestMeaningsDoNotOverlap(t *testing.T) {
	seen := map[int]bool{}
	for _, m := range meanings() {
		var marked *retry.Error
		if m.words == "" || !errors.As(m.mark(errors.New("x")), &marked) {
			t.Errorf("codes %v have no words or no verdict", m.codes)
		}
		for _, code := range m.codes {
			if seen[code] {
				t.Errorf("code %d has two meanings", code)
			}
			seen[code] = true
		}
	}
}

// bodies keeps what is posted.
type bodies struct{ posted [][]byte }

func (b *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	b.posted = append(b.posted, body)
	w := httptest.NewRecorder()
	_, _ = w.WriteString(`{"messages":[{"id":"wamid.1"}]}`)
	return w.Result(), err
}

func TestWhatGoesOverTheWire(t *testing.T) {
	wire := &bodies{}
	c, err := Definition().Open(connectors.Env{Transport: wire}, office())
	must(t, err)
	d := newDesk(t, nil)
	must(t, c.Say.Say(t.Context(), d.news(wargaPhone, time.Hour)))
	must(t, c.Say.Say(t.Context(), d.news(hidden.ID, 48*time.Hour)))
	for i, file := range []string{"testdata/text.json", "testdata/template.json"} {
		var pretty bytes.Buffer
		must(t, json.Indent(&pretty, wire.posted[i], "", "  "))
		if got, want := pretty.String(), strings.TrimSpace(readFile(t, file)); got != want {
			t.Errorf("%s: posted\n%s", file, got)
		}
	}
}
