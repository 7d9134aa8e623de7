package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
)

// smsGateway pushes messages to us, and sends ours: as Fonnte does, whose messages carry photos, or as Kannel.
type smsGateway struct {
	name string
	mu   *sync.Mutex
	sent *[]url.Values
	at   string // its address
}

const smsSecret = "kunci-rahasia-0001"

func newSMSGateway(t *testing.T, name string) smsGateway {
	d := smsGateway{name: name, mu: &sync.Mutex{}, sent: &[]url.Values{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.at = server.URL
	return d
}

func fonnteDoor(t *testing.T, _ *servers) doorway {
	d := newSMSGateway(t, "fonnte")
	return d.doorway(talkedPoints(pushedPoints()), true, fmt.Sprintf(`
      send: { url: %q, secret: { value: { env: PORTAL_TOKEN } } }
      media: { hosts: [ 127.0.0.1 ] }
`, d.at+"/send"))
}

func kannelDoor(t *testing.T, _ *servers) doorway {
	d := newSMSGateway(t, "kannel")
	return d.doorway(photolessPoints(talkedPoints(pushedPoints())), false, fmt.Sprintf(`
      send: { url: %q, secret: { value: { env: PORTAL_TOKEN } } }
`, d.at+"/cgi-bin/sendsms"))
}

func (d smsGateway) doorway(points []relay.Point, photo bool, settings string) doorway {
	return doorway{
		door: d, name: d.name, points: points, photo: photo, tells: talkedNews(), repeats: true, greet: d.greet,
		files: map[string]string{"sms-secret": smsSecret},
		connector: fmt.Sprintf(`
  - name: %s
    kind: sms
    settings:
      preset: %[1]s
      secret: { file: sms-secret }
      join_within: 1s%s`, d.name, settings),
	}
}

// ServeHTTP hands out photos, and answers send calls as the gateway does.
func (d smsGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/foto/"); ok {
		n, _ := strconv.Atoi(strings.TrimSuffix(name, ".jpg"))
		_, _ = w.Write(doorPhoto(d.name, n))
		return
	}
	if err := r.ParseForm(); err != nil || r.Header.Get("Authorization")+r.Form.Get("password") != portalToken {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	d.mu.Lock()
	*d.sent = append(*d.sent, r.Form)
	d.mu.Unlock()
	if d.name == "kannel" {
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(w, "0: Accepted for delivery")
		return
	}
	_, _ = fmt.Fprintf(w, `{"detail":"success! message in queue","id":["80367170"],"process":"pending","status":true,"target":[%q]}`, r.Form.Get("target"))
}

func (smsGateway) number(n int) string { return fmt.Sprintf("62812700044%02d", n) }

func (d smsGateway) complain(r *region, n int) {
	r.Helper()
	message := d.message(n, doorText(d.name, n))
	if d.name == "fonnte" {
		message.Set("url", fmt.Sprintf("%s/foto/%d.jpg", d.at, n))
		message.Set("filename", "jembatan")
		message.Set("extension", "jpg")
	}
	d.push(r, message)
}

func (d smsGateway) greet(r *region, n int) {
	r.Helper()
	d.push(r, d.message(n, "Selamat pagi"))
}

// message is one of person n, as Fonnte or Kannel has it.
func (d smsGateway) message(n int, text string) url.Values {
	id, now := fmt.Sprint(time.Now().UnixNano()), fmt.Sprint(time.Now().Unix())
	if d.name == "kannel" {
		return url.Values{"id": {id}, "sender": {"+" + d.number(n)}, "text": {text}, "time": {now}}
	}
	return url.Values{
		"inboxid": {id}, "device": {"628127000000"}, "sender": {d.number(n)}, "name": {"Warga Midai"}, "message": {text}, "timestamp": {now},
	}
}

// push posts a message as a form, as Fonnte does, or sends it by GET, as Kannel does.
func (d smsGateway) push(r *region, message url.Values) {
	r.Helper()
	address := fmt.Sprintf("http://%s/in/%s/%s", r.intake, d.name, smsSecret)
	insist(r, func(ctx context.Context) bool {
		if d.name == "kannel" {
			return isOK(http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+message.Encode(), nil))
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(message.Encode()))
		if err == nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return isOK(request, err)
	})
}

// isOK says whether a request is answered with 200.
func isOK(request *http.Request, err error) bool {
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// heard are the texts of the send calls to the person.
func (d smsGateway) heard(_ *region, n int) (told []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, call := range *d.sent {
		if strings.TrimPrefix(call.Get("to")+call.Get("target"), "+") == d.number(n) {
			told = append(told, call.Get("text")+call.Get("message"))
		}
	}
	return told
}
