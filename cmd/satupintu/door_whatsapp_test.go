package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
)

// messenger is WhatsApp: each complaint is two messages of a person of its own, its answers are messages to that person.
type messenger struct{ api *cloudapi.API }

const messengerSecret = "rahasia-aplikasi"

func whatsappDoor(t *testing.T, _ *servers) doorway {
	d := messenger{cloudapi.New(cloudapi.Options{PhoneNumberID: "106540352242922", Token: portalToken, AppSecret: messengerSecret})}
	graph := httptest.NewServer(d.api)
	t.Cleanup(graph.Close)
	return doorway{
		door: d, name: "warga-wa", points: talkedPoints(pushedPoints()), photo: true, repeats: true,
		tells: talkedNews(), greet: d.greet,
		files: map[string]string{"wa-app-secret": messengerSecret},
		connector: fmt.Sprintf(`
  - name: warga-wa
    kind: whatsapp
    settings:
      phone_number_id: "106540352242922"
      app_secret: { file: wa-app-secret }
      token: { env: PORTAL_TOKEN }
      verify_token: { env: PORTAL_TOKEN }
      join_within: 1s
      base_url: %s
`, graph.URL),
	}
}

func (messenger) person(n int) cloudapi.Person {
	return cloudapi.Person{Number: fmt.Sprintf("62812700044%02d", n), Name: "Warga Midai"}
}

// complain has the person's text and photo come in one webhook, as Meta batches them, so that no death lies between them
// for longer than messages are joined.
func (d messenger) complain(r *region, n int) {
	r.Helper()
	d.post(r, d.api.Text(d.person(n), doorText("warga-wa", n)), d.api.Photo(d.person(n), "", doorPhoto("warga-wa", n)))
}

func (d messenger) greet(r *region, n int) {
	r.Helper()
	d.post(r, d.api.Text(d.person(n), "Selamat pagi"))
}

func (d messenger) post(r *region, messages ...cloudapi.Message) {
	r.Helper()
	body := d.api.Body(d.api.Messages(messages...))
	insist(r, func(ctx context.Context) bool {
		request, err := d.api.Request("http://"+r.intake+"/in/warga-wa", body)
		if err != nil {
			return false
		}
		return isOK(request.WithContext(ctx), nil)
	})
}

func (d messenger) heard(_ *region, n int) (told []string) {
	for _, sent := range d.api.Sent() {
		if sent.To == d.person(n).Number {
			told = append(told, strings.TrimSpace(sent.Text))
		}
	}
	return told
}
