package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/telegram/botapi"
)

// door is the gateway's: it takes in what Telegram posts, and fails as often as it is told to.
type door struct {
	c      *connector
	fails  int
	status int
	taken  []string
	aside  []connectors.SetAside
	times  []time.Duration
	began  time.Time
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.times = append(d.times, time.Since(d.began))
	if d.fails > 0 {
		d.fails--
		w.WriteHeader(d.status)
		return
	}
	received, err := d.c.Receive(r)
	var refused *connectors.RequestError
	if errors.As(err, &refused) {
		w.WriteHeader(refused.Status)
		return
	}
	for _, m := range received.Messages {
		d.taken = append(d.taken, m.Text)
	}
	d.aside = append(d.aside, received.SetAside...)
	_, _ = w.Write(received.Told.Body)
}

func hooks(s *Settings) { s.Secret = config.NewSecret(secret) }

// posts has Telegram post updates for a while.
func posts(t *testing.T, r *rig, d *door, during time.Duration) {
	d.c, d.began = r.connector, time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	r.sim.Post(ctx, inProcess{d})
}

func TestUpdatesArePostedUntilTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, hooks)
		setWebhook(t, r.sim, "https://aduan.natuna.example/in/telegram")
		r.sim.Write(warga(), says("satu"))
		r.sim.Write(warga(), says("dua"))
		d := &door{fails: 3, status: 503}
		go func() {
			<-time.After(10 * time.Second)
			r.sim.Write(warga(), says("tiga"))
		}()
		posts(t, r, d, time.Minute)
		if diff := cmp.Diff([]string{"satu", "dua", "tiga"}, d.taken); diff != "" || r.sim.Waiting() != 0 {
			t.Errorf("%d wait: %s", r.sim.Waiting(), diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 1 * time.Second, 3 * time.Second, 7 * time.Second, 7 * time.Second, 10 * time.Second}, d.times); diff != "" {
			t.Error(diff)
		}
	})
}

// One update that can never be taken must not stand in the way of other chats, and Telegram gives up on it after a day.
func TestARefusedUpdateHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, hooks)
		setWebhook(t, r.sim, "https://aduan.natuna.example/in/telegram")
		r.sim.Write(botapi.Person{ID: 812700045, FirstName: "Lain"}, says(strings.Repeat("panjang ", 1<<17)))
		r.sim.Write(warga(), says("satu"))
		d := &door{}
		posts(t, r, d, time.Minute)
		if diff := cmp.Diff([]string{"satu"}, d.taken); diff != "" || r.sim.Waiting() != 1 {
			t.Errorf("%d wait: %s", r.sim.Waiting(), diff)
		}
		said, err := r.Check(t.Context())
		if err != nil || !strings.Contains(said, "1 updates wait") || !strings.Contains(said, "413 Request Entity Too Large") {
			t.Errorf("Check says %q, %v", said, err)
		}
		<-time.After(24 * time.Hour)
		if r.sim.Waiting() != 0 {
			t.Errorf("after a day %d wait", r.sim.Waiting())
		}
	})
}

func TestAPostedMessageThatCannotBeReadIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, hooks)
		setWebhook(t, r.sim, "https://aduan.natuna.example/in/telegram")
		r.sim.Update(botapi.Fields{"message": botapi.Fields{"message_id": 1, "text": "RAHASIA", "chat": botapi.Fields{"id": "bukan nomor"}}})
		r.sim.Update(botapi.Fields{"message": botapi.Fields{"text": "RAHASIA", "chat": botapi.Fields{"id": 812700044, "type": "private"}}})
		r.sim.Write(warga(), says("satu"))
		d := &door{}
		posts(t, r, d, time.Minute)
		if len(d.aside) != 2 || len(d.times) != 3 || r.sim.Waiting() != 0 || !cmp.Equal(d.taken, []string{"satu"}) {
			t.Fatalf("of %d posts %d are set aside, %d wait, %q are taken", len(d.times), len(d.aside), r.sim.Waiting(), d.taken)
		}
		for _, one := range d.aside {
			if one.Reason != connectors.Unreadable || one.Where != "update "+one.SourceID || !strings.Contains(string(one.Raw), "RAHASIA") || strings.Contains(one.Detail, "RAHASIA") {
				t.Errorf("set aside is %+v", one)
			}
		}
	})
}

func TestARequestIsRefusedByItsFault(t *testing.T) {
	r := newRig(t, hooks)
	for name, c := range map[string]struct {
		change func(*http.Request)
		body   string
		status int
	}{
		"GET":                {func(r *http.Request) { r.Method = http.MethodGet }, "", 405},
		"no secret":          {func(r *http.Request) { r.Header.Del(secretHeader) }, "", 401},
		"a part of it":       {func(r *http.Request) { r.Header.Set(secretHeader, secret[:5]) }, "", 401},
		"more than it":       {func(r *http.Request) { r.Header.Set(secretHeader, secret+"0") }, "", 401},
		"a form":             {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, "", 415},
		"too large":          {func(*http.Request) {}, strings.Repeat(" ", 1<<20+1), 413},
		"too large upstream": {func(r *http.Request) { r.Body = http.MaxBytesReader(nil, r.Body, 3) }, written(`"text":"a"`), 413},
		"no JSON":            {func(*http.Request) {}, "RAHASIA", 400},
		"no update":          {func(*http.Request) {}, `{"pesan":"RAHASIA"}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodPost, "/in/telegram", strings.NewReader(c.body))
			request.Header.Set(secretHeader, secret)
			request.Header.Set("Content-Type", "application/json")
			c.change(request)
			_, err := r.Receive(request)
			var refused *connectors.RequestError
			if !errors.As(err, &refused) || refused.Status != c.status || strings.Contains(refused.Detail, "RAHASIA") || strings.Contains(refused.Detail, secret) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheAnswerToTelegramCallsNoMethod(t *testing.T) {
	r := newRig(t, hooks)
	for _, raw := range []string{written(`"text":"Lampu mati"`), `{"update_id":1,"channel_post":{}}`} {
		request := httptest.NewRequest(http.MethodPost, "/in/telegram", strings.NewReader(raw))
		request.Header.Set(secretHeader, secret)
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
		received, err := r.Receive(request)
		if err != nil || received.Answer != nil || received.Told == nil || string(received.Told.Body) != "{}" {
			t.Errorf("%s is answered with %+v, %v", raw, received, err)
		}
	}
}

func TestCheckSaysWhatItSaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		groups := func(s *Settings) { s.Groups = []string{"-1001234500044"} }
		r := newRig(t, groups)
		r.sim.Write(warga(), says("Halo"))
		check(t, r, "the bot @AduanNatunaBot; 1 updates wait at Telegram; they are polled", "")
		r.sim.Fail("getMe", botapi.Fault{Body: `{"ok":true,"result":{"username":"AduanNatunaBot","can_read_all_group_messages":true}}`})
		check(t, r, "the bot @AduanNatunaBot; 1 updates wait at Telegram; privacy mode is off: every message of the groups is taken for a complaint; they are polled", "")
		r.sim.Fail("getMe", botapi.Fault{Status: 401, Description: "Unauthorized"})
		check(t, r, "", "getMe: 401: Telegram does not know this bot: the token was revoked or mistyped; take it from @BotFather")
		if r.sim.Calls("getUpdates") != 0 {
			t.Error("Check asks for updates: that ends the poll of a running gateway")
		}

		r = newRig(t, hooks)
		check(t, r, "the bot @AduanNatunaBot; 0 updates wait at Telegram", "no webhook is set for this bot: call setWebhook with the gateway's address, /in/telegram, and the secret; or leave out secret to poll")
		setWebhook(t, r.sim, "https://aduan.natuna.example/lama?kunci=RAHASIA")
		check(t, r, "the bot @AduanNatunaBot; 0 updates wait at Telegram; they are posted to aduan.natuna.example, not to a path that ends in /in/telegram", "")
		setWebhook(t, r.sim, "https://aduan.natuna.example/in/telegram")
		r.sim.Write(warga(), says("Halo"))
		posts(t, r, &door{fails: 1, status: 502}, time.Second/2)
		check(t, r, "the bot @AduanNatunaBot; 1 updates wait at Telegram; they are posted to aduan.natuna.example; the last that failed, "+
			time.Now().Add(-time.Second/2).In(r.env.Zone).Format("2006-01-02 15:04")+": Wrong response from the webhook: 502 Bad Gateway", "")
	})
}

func check(t *testing.T, r *rig, want, fault string) {
	t.Helper()
	said, err := r.Check(t.Context())
	if got := fmt.Sprint(err); said != want || err == nil != (fault == "") || err != nil && got != fault {
		t.Errorf("Check says %q, %v\nwant %q, %s", said, err, want, fault)
	}
}
