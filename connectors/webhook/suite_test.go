package webhook

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

func TestItKeepsWhatEveryConnectorPromises(t *testing.T) {
	signed := func(s *Settings) { s.Secret = config.NewSecret(key) }
	bearer := func(s *Settings) { s.Secret, s.Bearer = config.Secret{}, config.NewSecret(key) }
	for name, c := range map[string]struct {
		settings func(*Settings)
		body     func(n int) (string, []byte)
	}{
		"signed JSON":          {signed, jsonBody},
		"bearer and a form":    {bearer, formBody},
		"signed form of files": {signed, filesBody},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
				s := portal()
				c.settings(s)
				return channel(t, s, c.body)
			}})
		})
	}
}

func jsonBody(n int) (string, []byte) {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"ticket": %d, "message": "Lampu mati di Ranai", "sender": {"name": "Contoh Warga"}, "phone": "081200000001"}`, i+1)
	}
	return jsonType, []byte("[" + strings.Join(items, ",") + "]")
}

func formBody(n int) (string, []byte) {
	return formType, []byte(url.Values{"ticket": {fmt.Sprint(n)}, "message": {"Lampu mati di Ranai"}, "phone": {"081200000001"}}.Encode())
}

func filesBody(n int) (string, []byte) {
	const line = "\r\n"
	part := func(name, more, text string) string {
		return "--batas" + line + `Content-Disposition: form-data; name="` + name + `"` + more + line + line + text + line
	}
	return filesType + "; boundary=batas", []byte(part("ticket", "", fmt.Sprint(n)) + part("message", "", "Lampu mati di Ranai") +
		part("foto", `; filename="lampu.jpg"`, "\xff\xd8\xff\xe0") + "--batas--" + line)
}

// channel is a portal with a callback.
func channel(t testing.TB, s *Settings, body func(n int) (string, []byte)) connectortest.Channel {
	var (
		mu     sync.Mutex
		told   []string
		answer atomic.Int32
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := int(answer.Load())
		if status != 0 {
			w.WriteHeader(status)
		}
		mu.Lock()
		defer mu.Unlock()
		if id := r.Header.Get("Idempotency-Key"); r.Method == http.MethodPost && status == 0 && !slices.Contains(told, id) {
			told = append(told, id)
		}
	}))
	t.Cleanup(server.Close)
	s.Callback = server.URL + "/status?token=RAHASIA"
	keys := connectors.Credentials{Secret: s.Secret, Bearer: s.Bearer}
	return connectortest.Channel{
		Open:    func(env connectors.Env) (connectors.Connector, error) { return Definition().Open(env, s) },
		Secrets: []string{key, "RAHASIA", "Contoh Warga", "081200000001"},
		Break:   server.Close,
		Request: &connectortest.Request{
			Body: body, Timed: s.Secret.Set(),
			Sign: func(r *http.Request, body []byte, at time.Time) {
				for name, value := range keys.Headers(body, at) {
					r.Header.Set(name, value)
				}
			},
		},
		Lenient: true,
		Answer:  func(status int) { answer.Store(int32(status)) },
		Told: func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(told)
		},
	}
}
