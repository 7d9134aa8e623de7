package whatsapp

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	numberID    = "106540352242922"
	appSecret   = "RAHASIA-APLIKASI"
	accessToken = "EAAG-TOKEN-RAHASIA"
	verifyToken = "KATA-VERIFIKASI"
	wargaPhone  = "6281270004411"
)

// People who write: one with a number, one who hides it.
var (
	warga  = cloudapi.Person{Number: wargaPhone, ID: "ID.13491208655302741918", Name: "Contoh Warga"}
	hidden = cloudapi.Person{ID: "ID.20491208655302749977", Name: "Contoh Warga"}
)

// The promises of every connector, for people with a number and for those who hide it.
func TestItKeepsWhatEveryConnectorPromises(t *testing.T) {
	for name, person := range map[string]cloudapi.Person{"with a number": warga, "with a username": hidden} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel { return channel(t, person) }})
		})
	}
}

func channel(t testing.TB, person cloudapi.Person) connectortest.Channel {
	d := newDesk(t, func(s *Settings) { s.MaxFile = 20_000 })
	d.api.Text(person, "Assalamualaikum")
	bodies := map[int][]byte{}
	return connectortest.Channel{
		Open:    func(env connectors.Env) (connectors.Connector, error) { return Definition().Open(env, d.settings) },
		Secrets: []string{appSecret, accessToken, verifyToken, person.Name, person.Number, person.ID, "Pipa bocor di Sedanau"},
		Break:   d.server.Close,
		Stall:   d.api.Stall,
		Request: &connectortest.Request{
			Body: func(n int) (string, []byte) {
				if bodies[n] == nil {
					bodies[n] = d.webhookOf(person, n)
				}
				return "application/json", bodies[n]
			},
			Sign: func(r *http.Request, body []byte, _ time.Time) { d.api.Sign(r, body) },
		},
		Answer: func(status int) {
			d.api.Mend()
			d.api.Fail(cloudapi.Fault{Status: status})
		},
		Heard:        d.heard,
		RepeatsHeard: true,
		Person:       person.Number + map[bool]string{true: person.ID}[person.Number == ""],
		Media: func(_ testing.TB, size int) (connectors.Media, []byte) {
			content := bytes.Repeat([]byte{0xff, 0xd8, 0xff, 0xe0}, size/4+1)[:size]
			return connectors.Media{ID: d.api.Keep("image/jpeg", content), Type: "image/jpeg"}, content
		},
		MaxFile: 20_000,
	}
}

// desk is a gateway's side of one simulated number.
type desk struct {
	t        testing.TB
	api      *cloudapi.API
	server   *httptest.Server
	settings *Settings
	files    *connectortest.Shelf
	log      *connectortest.Log
	clock    *clock
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newDesk(t testing.TB, change func(*Settings)) *desk {
	clock := &clock{now: time.Now()}
	api := cloudapi.New(cloudapi.Options{
		PhoneNumberID: numberID, Token: accessToken, AppSecret: appSecret, Now: clock.Now,
		Templates: []cloudapi.Template{{Name: "status_laporan", Language: "id", Variables: 2}, {Name: "salah", Language: "id", Variables: 3}},
	})
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	s := office()
	s.BaseURL = server.URL
	if change != nil {
		change(s)
	}
	return &desk{t: t, api: api, server: server, settings: s, files: &connectortest.Shelf{}, log: &connectortest.Log{}, clock: clock}
}

// office has settings that are sound.
func office() *Settings {
	s := defaults()
	s.PhoneNumberID = numberID
	s.AppSecret, s.Token, s.VerifyToken = config.NewSecret(appSecret), config.NewSecret(accessToken), config.NewSecret(verifyToken)
	s.Template.Name = "status_laporan"
	return s
}

// open opens the number, with the simulation's clock.
func (d *desk) open() *number {
	d.t.Helper()
	transport := &http.Transport{}
	d.t.Cleanup(transport.CloseIdleConnections)
	c, err := Definition().Open(connectors.Env{
		Name: "warga-wa", Zone: time.FixedZone("WIB", 7*3600), Files: d.files, MaxBody: 1 << 20, Transport: transport,
		Log: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}, d.settings)
	if err != nil {
		d.t.Fatal(err)
	}
	n := c.Receive.(*number)
	n.now = d.clock.Now
	return n
}

// receive posts a webhook.
func (d *desk) receive(changes ...cloudapi.Change) []connectors.Message {
	d.t.Helper()
	return d.receiveBody(d.api.Body(changes...))
}

func (d *desk) receiveBody(body []byte) []connectors.Message {
	d.t.Helper()
	received, err := d.post(body)
	if err != nil {
		d.t.Fatalf("a webhook is refused: %v", err)
	}
	if received.Answer != nil || received.Told == nil || len(received.Complaints) > 0 {
		d.t.Fatalf("a webhook gives %+v", received)
	}
	return received.Messages
}

func (d *desk) post(body []byte) (connectors.Received, error) {
	d.t.Helper()
	r, err := d.api.Request("http://satupintu.example/in/warga-wa", body)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.open().Receive(r)
}

func (d *desk) webhookOf(person cloudapi.Person, n int) []byte {
	var changes []cloudapi.Change
	for i := range n {
		changes = append(changes, d.api.Messages(d.api.Text(person, fmt.Sprintf("Pipa bocor di Sedanau (%d) 😟", i+1))))
	}
	return d.api.Body(changes...)
}

func (d *desk) heard() []connectortest.Heard {
	var all []connectortest.Heard
	for _, sent := range d.api.Sent() {
		all = append(all, connectortest.Heard{To: sent.To, Text: sent.Text})
	}
	return all
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}
