package telegram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/telegram/botapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token  = "7000000001:AAF-contoh_bukan_token_sungguhan_0001"
	secret = "rahasia_webhook-0001"
)

func warga() botapi.Person {
	return botapi.Person{ID: 812700044, FirstName: "Contoh", LastName: "Warga"}
}

// The promises of every connector, over both ways in which Telegram gives updates.
func TestItKeepsWhatEveryConnectorPromises(t *testing.T) {
	t.Run("polled", func(t *testing.T) {
		connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
			sim, server := startSimulator(t)
			return channel(t, sim, server, polled(server))
		}})
	})
	t.Run("webhook", func(t *testing.T) {
		connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
			sim, server := startSimulator(t)
			setWebhook(t, sim, "https://aduan.natuna.example/in/suite")
			c := channel(t, sim, server, hooked(server))
			c.Add = nil
			return c
		}})
	})
}

func startSimulator(t testing.TB) (*botapi.Server, *httptest.Server) {
	sim := botapi.New(token)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return sim, server
}

func polled(server *httptest.Server) *Settings {
	s := defaults()
	s.Token, s.BaseURL, s.Wait, s.Page, s.MaxFile = config.NewSecret(token), server.URL, 0, 2, 50_000
	return s
}

func hooked(server *httptest.Server) *Settings {
	s := polled(server)
	s.Secret = config.NewSecret(secret)
	return s
}

// setWebhook is what an operator does once.
func setWebhook(t testing.TB, sim *botapi.Server, address string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"url": address, "secret_token": secret})
	if err != nil {
		t.Fatal(err)
	}
	ask(t, sim, "setWebhook", string(body))
}

// ask calls a method of the Bot API as somebody else would.
func ask(t testing.TB, sim *botapi.Server, method, body string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	sim.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/bot"+token+"/"+method, strings.NewReader(body)))
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %s", method, answer.Body)
	}
	return answer.Body.String()
}

func channel(t testing.TB, sim *botapi.Server, server *httptest.Server, s *Settings) connectortest.Channel {
	added := 0
	sim.Write(warga(), botapi.Fields{"text": "Halo"}) // nobody is written to who never wrote
	if !s.Secret.Set() {
		ask(t, sim, "getUpdates", `{"offset":-1}`)
		ask(t, sim, "getUpdates", `{"offset":731000002}`)
	}
	return connectortest.Channel{
		Open:    func(env connectors.Env) (connectors.Connector, error) { return Definition().Open(env, s) },
		Secrets: []string{token, token[11:], secret, "Contoh", "Warga", "812700044", "lampu mati"},
		Break:   server.Close,
		Stall: func() {
			for _, method := range []string{"getUpdates", "sendMessage", "getFile"} {
				sim.Always(method, botapi.Fault{Hang: true})
			}
		},
		Add: func(_ testing.TB, n int) {
			for range n {
				added++
				sim.Write(warga(), botapi.Fields{"text": fmt.Sprintf("lampu mati di Sungai Ulu nomor %d", added)})
			}
		},
		Request: &connectortest.Request{
			Body: func(n int) (string, []byte) {
				return "application/json", []byte(fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1798800000,`+
					`"chat":{"id":812700044,"type":"private"},"from":{"id":812700044,"is_bot":false,"first_name":"Contoh"},"text":"lampu mati"}}`, n, n))
			},
			Sign: func(r *http.Request, _ []byte, _ time.Time) { r.Header.Set(secretHeader, secret) },
		},
		Answer: func(status int) {
			sim.Always("sendMessage", botapi.Fault{Status: status})
			sim.Always("getFile", botapi.Fault{Status: status})
		},
		Heard: func() []connectortest.Heard { return heard(sim) }, RepeatsHeard: true,
		Person: "812700044",
		Media: func(_ testing.TB, size int) (connectors.Media, []byte) {
			content := bytes.Repeat([]byte("natuna"), size/6+1)[:size]
			return connectors.Media{ID: sim.File("", "image/jpeg", content)["file_id"].(string)}, content
		},
		MaxFile: int(s.MaxFile),
	}
}

// heard is what a person sees; messages that a long saying was folded into are one.
func heard(sim *botapi.Server) []connectortest.Heard {
	var all []connectortest.Heard
	folded := false
	for _, sent := range sim.Sent() {
		one := connectortest.Heard{To: fmt.Sprint(sent.Chat), Text: sent.Text}
		if folded {
			all[len(all)-1].Text += sent.Text
		} else {
			all = append(all, one)
		}
		folded = len([]rune(sent.Text)) == mostText
	}
	return all
}
