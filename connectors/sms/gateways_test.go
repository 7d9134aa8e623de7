package sms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// gateway is a gateway of SMS that answers as it is told. It shares no code with what it is there to test.
type gateway struct {
	mu      sync.Mutex
	kind    string
	sent    []sending
	answers int // HTTP status; 0: as usual
	says    string
	files   map[string][]byte
	stalled bool
	stop    chan struct{}
}

type sending struct {
	method, to, text, coding, key string
	params                        url.Values
}

const (
	gatewaySecret = "sandi-gerbang-0001"
	ourSecret     = "kunci-rahasia-0001"
)

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	status, says, stalled := g.answers, g.says, g.stalled
	file, isFile := g.files[r.URL.Path]
	g.mu.Unlock()
	switch {
	case stalled:
		select {
		case <-g.stop:
		case <-r.Context().Done():
		}
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusForbidden)
	case status != 0:
		w.WriteHeader(status)
		_, _ = w.Write([]byte(says))
	case isFile:
		_, _ = w.Write(file)
	case strings.HasPrefix(r.URL.Path, "/files/"):
		w.WriteHeader(http.StatusNotFound)
	default:
		g.send(w, r)
	}
}

func (g *gateway) send(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	one := sending{method: r.Method, params: r.Form, key: r.Header.Get("Idempotency-Key")}
	secret := r.Header.Get("Authorization")
	switch g.kind {
	case "kannel":
		one.to, one.text, one.coding, secret = r.Form.Get("to"), r.Form.Get("text"), r.Form.Get("coding"), r.Form.Get("password")
	case "playsms":
		one.to, one.text, one.coding, secret = r.Form.Get("to"), r.Form.Get("msg"), r.Form.Get("unicode"), r.Form.Get("h")
	default:
		one.to, one.text = r.PostForm.Get("target"), r.PostForm.Get("message")
	}
	g.mu.Lock()
	good := secret == gatewaySecret
	if good && g.says == "" {
		g.sent = append(g.sent, one)
	}
	says := g.says
	g.mu.Unlock()
	g.answer(w, good, says, one.to)
}

func (g *gateway) answer(w http.ResponseWriter, good bool, says, to string) {
	switch {
	case says != "":
		_, _ = w.Write([]byte(says))
	case g.kind == "kannel" && !good:
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("Authorization failed for sendsms"))
	case g.kind == "kannel":
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("0: Accepted for delivery"))
	case g.kind == "playsms" && !good:
		_, _ = w.Write([]byte(`{"status":"ERR","error":"100","timestamp":1767423900}`))
	case g.kind == "playsms":
		_ = json.NewEncoder(w).Encode(map[string]any{"data": []map[string]string{{"status": "OK", "error": "0", "smslog_id": "30", "to": to}}, "error_string": nil})
	case !good:
		_, _ = w.Write([]byte(`{"reason":"token invalid","requestid":331477110,"status":false}`))
	default:
		_, _ = fmt.Fprintf(w, `{"detail":"success! message in queue","id":["80367170"],"process":"pending","status":true,"target":[%q]}`, to)
	}
}

func (g *gateway) heard() []sending {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]sending(nil), g.sent...)
}

func moment() time.Time { return time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC) }
