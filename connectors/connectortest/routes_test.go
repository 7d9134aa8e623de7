package connectortest

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// fakeDoor is an invented protocol server, sound but for one defect.
type fakeDoor struct {
	defect string
	files  connectors.FileStore
}

func routedFake(defect string) Routed {
	post := func(n int) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("lampu ", n)))
		r.Header.Set("Authorization", fakeSecret)
		return r
	}
	return Routed{
		Open: func(env connectors.Env) (connectors.Connector, error) {
			return connectors.Connector{Routes: fakeDoor{defect, env.Files}}, nil
		},
		Post: post,
		Stranger: func(n int) *http.Request {
			r := post(n)
			r.Header.Del("Authorization")
			return r
		},
		Secrets: []string{fakeSecret},
	}
}

func (f fakeDoor) Routes(d connectors.Desk) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := r.Header.Get("Authorization") == fakeSecret || f.defect == "takes strangers'"
		if f.defect == "keeps strangers' files" {
			_, _ = f.files.Put(r.Context(), "foto.jpg", strings.NewReader("x"))
		}
		if !known {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil && f.defect != "takes halves" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		f.take(w, r, d, string(body))
	})
}

func (f fakeDoor) take(w http.ResponseWriter, r *http.Request, d connectors.Desk, text string) {
	c := complaint.Complaint{SourceID: text, Text: text, Class: complaint.Ordinary, Raw: complaint.Payload{Type: "text/plain", Body: []byte(text)}}
	c.Clean()
	switch f.defect {
	case "unfit":
		c.Text = ""
	case "another each time":
		c.SourceID = rand.Text()
	case "one for all":
		c.SourceID = "1"
	case "answers early":
		w.WriteHeader(http.StatusOK)
	}
	_, err := d.TakeIn(r.Context(), []complaint.Complaint{c})
	switch {
	case err == nil || f.defect == "claims what was not kept":
		w.WriteHeader(http.StatusOK)
	case f.defect == "tells what failed":
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case f.defect == "tells the key":
		http.Error(w, fakeSecret, http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func TestASoundProtocolServerPasses(t *testing.T) {
	RunRoutes(t, func(testing.TB) Routed { return routedFake("") })
}

func TestEveryPromiseOfAProtocolServerHasTeeth(t *testing.T) {
	broken := map[string]string{
		"answers early": "before it is answered", "unfit": "before it is answered",
		"another each time": "sent again", "one for all": "sent again",
		"takes strangers'": "a stranger", "keeps strangers' files": "a stranger",
		"claims what was not kept": "cannot be kept", "tells what failed": "cannot be kept", "tells the key": "cannot be kept",
		"takes halves": "breaks off",
	}
	tried := map[string]bool{}
	for defect, about := range broken {
		for _, p := range routedPromises() {
			if !strings.Contains(p.says, about) {
				continue
			}
			tried[p.says] = true
			if failures := routedFailures(t, defect, p); len(failures) == 0 {
				t.Errorf("%q passes although the server %s", p.says, defect)
			}
		}
	}
	for _, p := range routedPromises() {
		if !tried[p.says] {
			t.Errorf("no broken server is tried on %q", p.says)
		}
	}
}

func routedFailures(t *testing.T, defect string, p routedPromise) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // Fatalf ends its goroutine
		defer close(done)
		tryRouted(r, routedFake(defect), p)
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}
