package sms

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const warga = "6281270004405"

// The promises of every connector, with each preset.
func TestItKeepsWhatEveryConnectorPromises(t *testing.T) {
	for _, preset := range []string{kannel, fonnte, playSMS} {
		t.Run(preset, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel { return gatewayChannel(t, preset) }})
		})
	}
}

func gatewayChannel(t testing.TB, preset string) connectortest.Channel {
	g := &gateway{kind: preset, files: map[string][]byte{}, stop: make(chan struct{})}
	server := httptest.NewServer(g)
	t.Cleanup(func() { close(g.stop); server.Close() })
	s := settingsFor(preset, server.URL)
	s.SecretIn, s.SecretName = inHeader, "X-Kunci"
	s.Media = Media{Hosts: []string{"127.0.0.1"}, MaxSize: 20_000}
	return connectortest.Channel{
		Open: func(env connectors.Env) (connectors.Connector, error) {
			if err := s.Validate(); err != nil {
				return connectors.Connector{}, err
			}
			return Definition().Open(env, s)
		},
		Secrets: []string{ourSecret, gatewaySecret, warga, "lampu mati di Sungai Ulu", "Contoh Warga"},
		Break:   server.Close,
		Stall:   func() { g.mu.Lock(); defer g.mu.Unlock(); g.stalled = true },
		Request: &connectortest.Request{
			Body: func(n int) (string, []byte) {
				return "application/x-www-form-urlencoded", []byte(url.Values{
					s.whole().Fields.Sender: {warga}, s.whole().Fields.Text: {fmt.Sprint("lampu mati di Sungai Ulu ", n)},
					s.whole().Fields.Time: {"1767423900"}, "name": {"Contoh Warga"},
				}.Encode())
			},
			Sign: func(r *http.Request, _ []byte, _ time.Time) { r.Header.Set("X-Kunci", ourSecret) },
		},
		Answer: func(status int) { g.mu.Lock(); defer g.mu.Unlock(); g.answers = status },
		Heard: func() []connectortest.Heard {
			var heard []connectortest.Heard
			for _, one := range g.heard() {
				heard = append(heard, connectortest.Heard{To: one.to, Text: one.text})
			}
			return heard
		},
		RepeatsHeard: true,
		Person:       warga,
		Media: func(_ testing.TB, size int) (connectors.Media, []byte) {
			content := bytes.Repeat([]byte("\xff\xd8\xff\xe0"), size/4+1)[:size]
			g.mu.Lock()
			defer g.mu.Unlock()
			name := fmt.Sprintf("/files/%d.jpg", len(g.files))
			g.files[name] = content
			return connectors.Media{ID: server.URL + name, Name: "lampu.jpg"}, content
		},
		MaxFile: 20_000,
	}
}

// settingsFor are those of a preset whose gateway listens at an address.
func settingsFor(preset, address string) *Settings {
	s := defaults()
	s.Preset, s.Secret = preset, config.NewSecret(ourSecret)
	s.Send.URL, s.Send.Secret.Value = address+"/kirim", config.NewSecret(gatewaySecret)
	if preset == kannel {
		s.Send.Query = map[string]string{"username": "satupintu"}
	}
	return s
}

type opened struct {
	connectors.Connector
	said *connectortest.Log
}

func openWith(t testing.TB, s *Settings) opened {
	t.Helper()
	must(t, s.Validate())
	said := &connectortest.Log{}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := Definition().Open(connectors.Env{
		Name: "sms", Zone: time.FixedZone("WIB", 7*3600), MaxBody: 4096, Transport: transport, Log: slog.New(slog.NewTextHandler(said, nil)), Files: &connectortest.Shelf{},
	}, s)
	must(t, err)
	return opened{c, said}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func network(text string) Network { return Network{netip.MustParsePrefix(text)} }
