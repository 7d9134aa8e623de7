package sms

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// speaking is a connector on a gateway.
func speaking(t *testing.T, preset string) (opened, *gateway) {
	g := &gateway{kind: preset}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return openWith(t, settingsFor(preset, server.URL)), g
}

func saying(text string) connectors.Saying {
	return connectors.Saying{Key: "kunci-1", To: warga, Text: text}
}

func TestWhatEachGatewayIsSent(t *testing.T) {
	for preset, want := range map[string]string{
		kannel:  "GET charset=UTF-8&coding=0&password=" + gatewaySecret + "&text=Laporan+SP-1%3A+selesai+%26+%22beres%22&to=" + warga + "&username=satupintu",
		playSMS: "GET app=ws&h=" + gatewaySecret + "&msg=Laporan+SP-1%3A+selesai+%26+%22beres%22&nofooter=1&op=pv&to=" + warga + "&unicode=0",
		fonnte:  "POST message=Laporan+SP-1%3A+selesai+%26+%22beres%22&target=" + warga,
	} {
		c, g := speaking(t, preset)
		must(t, c.Say.Say(t.Context(), saying(`Laporan SP-1: selesai & "beres"`)))
		if got := g.heard(); len(got) != 1 || got[0].method+" "+got[0].params.Encode() != want || got[0].key != "kunci-1" {
			t.Errorf("%s: sent %+v\nwant %s", preset, got, want)
		}
	}
}

func TestATextIsFoldedByItsAlphabet(t *testing.T) {
	for _, tt := range []struct {
		preset, text, coding string
		letters              int
		ends                 string
	}{
		{kannel, strings.Repeat("lampu mati ", 100), "0", 608, "mati..."},
		{kannel, "“Lampu” – mati…", "0", 17, "mati..."},
		{kannel, strings.Repeat("jalan 道路 ", 60), "2", 265, "..."},
		{playSMS, "道路", "1", 2, "道路"},
		{fonnte, strings.Repeat("lampu “mati” ", 100), "", 1300, " "},
	} {
		c, g := speaking(t, tt.preset)
		must(t, c.Say.Say(t.Context(), saying(tt.text)))
		got := g.heard()[0]
		if n := utf8.RuneCountInString(got.text); n > tt.letters || n < tt.letters-12 || got.coding != tt.coding || !strings.HasSuffix(got.text, tt.ends) {
			t.Errorf("%s %.20s: %d letters in coding %q, ending in %q", tt.preset, tt.text, n, got.coding, got.text[max(0, len(got.text)-20):])
		}
	}
}

func TestOnlyOnePersonIsSpokenTo(t *testing.T) {
	for _, to := range []string{"", "@semua", "#grup", warga + "," + warga, warga + " " + warga, warga + "|x", "3636", "120363040000000@g.us"} {
		c, g := speaking(t, playSMS)
		one := saying("halo")
		one.To = to
		err := c.Say.Say(t.Context(), one)
		if retry.Of(err).Verdict != retry.Permanent || len(g.heard()) > 0 || to != "" && strings.Contains(err.Error(), to) {
			t.Errorf("%q: %v", to, err)
		}
	}
}

func TestWhatAGatewaysNoMeans(t *testing.T) {
	const success = retry.Verdict(-1)
	for _, tt := range []struct {
		preset  string
		status  int
		says    string
		verdict retry.Verdict
	}{
		{kannel, 202, "0: Accepted for delivery", success},
		{kannel, 202, "3: Queued for later delivery\n", success},
		{kannel, 200, "Sent.", success},
		{kannel, 200, "<html>", retry.Uncertain},
		{kannel, 403, "Not routable. Do not try again.", retry.Permanent},
		{kannel, 403, "Authorization failed for sendsms", retry.SignIn},
		{kannel, 400, "Missing receiver number, rejected", retry.Permanent},
		{kannel, 503, "Temporal failure, try again later.", retry.Transient},
		{fonnte, 200, `{"status":true,"id":["1"]}`, success},
		{fonnte, 200, `{"Status":true}`, success},
		{fonnte, 200, `{"reason":"token invalid","status":false}`, retry.SignIn},
		{fonnte, 200, `{"reason":"target invalid","status":false}`, retry.Permanent},
		{fonnte, 200, `{"reason":"insufficient quota","status":false}`, retry.Transient},
		{fonnte, 200, `{"reason":"request invalid on disconnected device","requestid":331477110,"status":false}`, retry.Transient},
		{fonnte, 200, `{"reason":"RAHASIA","status":false}`, retry.Transient},
		{fonnte, 200, `{}`, retry.Uncertain},
		{fonnte, 200, `RAHASIA`, retry.Uncertain},
		{fonnte, 429, ``, retry.Transient},
		{playSMS, 200, `{"data":[{"status":"OK","error":"0"}],"error_string":null}`, success},
		{playSMS, 200, `{"status":"OK","error":"0","smslog_id":"1"}`, success},
		{playSMS, 200, `{"status":"ERR","error":"100","timestamp":1}`, retry.SignIn},
		{playSMS, 200, `{"status":"ERR","error":"106"}`, retry.SignIn},
		{playSMS, 200, `{"data":[{"status":"ERR","error":"103"}]}`, retry.Transient},
		{playSMS, 200, `{"data":[{"status":"ERR","error":"200","to":"RAHASIA"}]}`, retry.Transient},
		{playSMS, 200, `{"data":[{"status":"ERR","error":"201"}]}`, retry.Permanent},
		{playSMS, 200, `{"status":"ERR","error":"ERR 102"}`, retry.Permanent},
		{playSMS, 200, `{"status":"ERR","error":"baru"}`, retry.Transient},
		{playSMS, 200, `{"data":[]}`, retry.Uncertain},
		{playSMS, 200, ``, retry.Uncertain},
		{playSMS, 500, `{"status":"OK"}`, retry.Uncertain},
	} {
		c, g := speaking(t, tt.preset)
		g.answers, g.says = tt.status, tt.says
		err := c.Say.Say(t.Context(), saying("halo"))
		if (err == nil) != (tt.verdict == success) || err != nil && retry.Of(err).Verdict != tt.verdict {
			t.Errorf("%s %d %s: %v (%s), want %s", tt.preset, tt.status, tt.says, err, retry.Of(err).Verdict, tt.verdict)
		}
		for _, secret := range []string{"RAHASIA", gatewaySecret, warga} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s %s: the error says %v", tt.preset, tt.says, err)
			}
		}
	}
}

func TestAFileIsFetchedFromNamedHostsOnly(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write([]byte("foto"))
	}))
	defer server.Close()
	c := openWith(t, settingsFor(fonnte, server.URL))
	_, err := c.Fetch.Fetch(t.Context(), connectors.Media{ID: server.URL + "/a.jpg"})
	if retry.Of(err).Verdict != retry.Permanent || asked > 0 || !strings.Contains(err.Error(), "media.hosts") {
		t.Errorf("asked %d times: %v", asked, err)
	}
	s := settingsFor(fonnte, server.URL)
	s.Media.Hosts = []string{"127.0.0.1"}
	got, err := openWith(t, s).Fetch.Fetch(t.Context(), connectors.Media{ID: server.URL + "/a.jpg"})
	if err != nil || got.Name != "a.jpg" || got.Size != 4 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTheCheckWarnsOfWhatIsOpen(t *testing.T) {
	c, g := speaking(t, kannel)
	said, err := c.Check.Check(t.Context())
	if err != nil || !strings.Contains(said, "WARNING: from any address") || len(g.heard()) > 0 || strings.Contains(said, ourSecret) {
		t.Errorf("the check says %s, %v, and sends %+v", said, err, g.heard())
	}
}
