package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors/telegram/botapi"
)

// bot is Telegram: each complaint is two messages of a person of its own, its answers are replies in that person's chat.
type bot struct {
	name string
	sim  *botapi.Server
}

const botToken = "7000000001:AAF-contoh"

// newBot is a bot whose gateway has more settings than its token.
func newBot(t *testing.T, name, settings string) (b bot, connector string) {
	b = bot{name, botapi.New(botToken)}
	server := httptest.NewServer(b.sim)
	t.Cleanup(func() {
		server.CloseClientConnections() // a waiting getUpdates among them
		server.Close()
	})
	return b, fmt.Sprintf(`
  - name: %s
    kind: telegram
    every: 1s
    settings: { token: { file: bot-token }, join_within: 1s, base_url: %q%s }
`, name, server.URL, settings)
}

func telegramDoor(t *testing.T, _ *servers) doorway {
	d, connector := newBot(t, "bot", ", wait: 5s")
	return doorway{
		door: d, name: "bot", connector: connector, points: talkedPoints(polledPoints()), photo: true, repeats: true,
		tells: talkedNews(), greet: d.greet, files: map[string]string{"bot-token": botToken},
	}
}

func (bot) person(n int) botapi.Person {
	return botapi.Person{ID: int64(5000 + n), FirstName: "Warga Midai"}
}

func (d bot) complain(r *region, n int) {
	r.Helper()
	d.sim.Write(d.person(n), botapi.Fields{"text": doorText(d.name, n)})
	d.sim.Write(d.person(n), botapi.Fields{"photo": d.sim.Photo(doorPhoto(d.name, n))})
}

func (d bot) greet(r *region, n int) {
	r.Helper()
	d.sim.Write(d.person(n), botapi.Fields{"text": "Selamat pagi"})
}

// heard are the replies in the person's chat, each to what the person said first.
func (d bot) heard(_ *region, n int) (told []string) {
	for _, sent := range d.sim.Sent() {
		if sent.Chat == d.person(n).ID && sent.ReplyTo == 1 {
			told = append(told, sent.Text)
		}
	}
	return told
}

// hookedBot has its updates posted to the gateway.
type hookedBot struct{ bot }

func telegramHookDoor(t *testing.T, _ *servers) doorway {
	b, connector := newBot(t, "bot-webhook", ", secret: { env: PORTAL_TOKEN }")
	return doorway{
		door: hookedBot{b}, name: b.name, connector: connector,
		points: talkedPoints(pushedPoints()), photo: true, repeats: true, tells: talkedNews(), greet: b.greet,
		files: map[string]string{"bot-token": botToken},
	}
}

// complain has the text come as the photo's caption: two updates are posted apart, and a death may lie between them for
// longer than messages are joined.
func (d hookedBot) complain(r *region, n int) {
	r.Helper()
	if n == 0 {
		d.hook(r)
	}
	d.sim.Write(d.person(n), botapi.Fields{"photo": d.sim.Photo(doorPhoto(d.name, n)), "caption": doorText(d.name, n)})
}

// hook does what an operator does once, and has Telegram post from then on: while the gateway is there, since Telegram's
// growing pauses would add up over all the deaths.
func (d hookedBot) hook(r *region) {
	r.Helper()
	ask := fmt.Sprintf(`{"url": "http://%s/in/%s", "secret_token": %q, "allowed_updates": ["message"]}`, r.intake, d.name, portalToken)
	answer := httptest.NewRecorder()
	d.sim.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/bot"+botToken+"/setWebhook", strings.NewReader(ask)))
	if answer.Code != http.StatusOK {
		r.Fatalf("setWebhook: %s", answer.Body)
	}
	insist(r, func(ctx context.Context) bool {
		if r.ready() {
			d.sim.PostOnce(ctx, http.DefaultTransport)
		}
		return false
	})
}
