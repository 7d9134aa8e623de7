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
	insistence
	name string
	mu   *sync.Mutex
	sent *[]url.Values
	at   string // its address
}

const smsSecret = "kunci-rahasia-0001"

func newSMSGateway(t *testing.T, name string) smsGateway {
	d := smsGateway{insistence: newInsistence(t), name: name, mu: &sync.Mutex{}, sent: &[]url.Values{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.at = server.URL
	return d
}

func fonnteDoor(t *testing.T, _ *servers) doorway {
	d := newSMSGateway(t, "fonnte")
	return d.doorway(talkedPoints(pushedPoints()), 1, fmt.Sprintf(`
      send: { url: %q, secret: { value: { env: PORTAL_TOKEN } } }
      media: { hosts: [ 127.0.0.1 ] }
`, d.at+"/send"))
}

func kannelDoor(t *testing.T, _ *servers) doorway {
	d := newSMSGateway(t, "kannel")
	points := without(wordlessPoints(talkedPoints(pushedPoints())), relay.FileFetched, relay.FileSaved)
	return d.doorway(points, 0, fmt.Sprintf(`
      send: { url: %q, secret: { value: { env: PORTAL_TOKEN } } }
`, d.at+"/cgi-bin/sendsms"))
}

func (d smsGateway) doorway(points []relay.Point, photos int, settings string) doorway {
	return doorway{
		door: d, name: d.name, points: points, photos: photos, tells: talkedNews(), repeats: true,
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
	if err := r.ParseForm(); err != nil || r.Header.Get("Authorization")+r.Form.Get("password") != "token-portal" {
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
	r.write("sms-secret", smsSecret)
	now := fmt.Sprint(time.Now().Unix())
	address, text := fmt.Sprintf("http://%s/in/%s/%s", r.intake, d.name, smsSecret), doorText(d.name, n)
	ask := func(ctx context.Context) (*http.Request, error) {
		q := url.Values{"id": {fmt.Sprint("k-", n)}, "sender": {"+" + d.number(n)}, "text": {text}, "time": {now}}
		return http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+q.Encode(), nil)
	}
	if d.name == "fonnte" {
		ask = func(ctx context.Context) (*http.Request, error) {
			form := url.Values{
				"device": {"628127000000"}, "sender": {d.number(n)}, "message": {text}, "name": {"Warga Midai"}, "timestamp": {now},
				"inboxid": {fmt.Sprint(9000 + n)}, "url": {fmt.Sprintf("%s/foto/%d.jpg", d.at, n)}, "filename": {"jembatan"}, "extension": {"jpg"},
			}
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
			if err == nil {
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			return request, err
		}
	}
	d.until(r, func(ctx context.Context) bool { return isOK(ask(ctx)) })
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
