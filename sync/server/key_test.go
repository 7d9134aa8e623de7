package server_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/server"
)

// keys is a channel that notes the last step of each address, and fails on one.
type keys struct{ heard []string }

func (k *keys) Receive(r *http.Request) (connectors.Received, error) {
	k.heard = append(k.heard, r.PathValue("key"))
	if r.PathValue("key") == "kunci-rahasia-gagal" {
		panic("out of order")
	}
	return connectors.Received{Answer: &connectors.Answer{Type: "text/plain"}}, nil
}

func TestAKeyBehindAConnectorsNameReachesItAndNoLog(t *testing.T) {
	var said strings.Builder
	channel := &keys{}
	web := server.New(relay.NewMetrics(prometheus.NewRegistry()), slog.New(slog.NewTextHandler(&said, nil)))
	web.Serve(&server.Site{Channels: []relay.Channel{{Name: "sms", Kind: "sms", Connector: connectors.Connector{Receive: channel}}}, MaxBody: 10})
	statuses := map[string]int{"/in/sms": 200, "/in/sms/kunci-rahasia": 200, "/in/sms/kunci-rahasia-gagal": 500, "/in/sms/a/b": 404, "/in/lain/kunci-rahasia": 404}
	for path, want := range statuses {
		w := httptest.NewRecorder()
		web.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want || strings.Contains(w.Body.String(), "rahasia") {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	slices.Sort(channel.heard)
	if want := []string{"", "kunci-rahasia", "kunci-rahasia-gagal"}; !slices.Equal(channel.heard, want) {
		t.Errorf("the channel heard %q, want %q", channel.heard, want)
	}
	if strings.Contains(said.String(), "kunci-rahasia") {
		t.Errorf("the log says %s", &said)
	}
}
