package telegram

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/telegram/botapi"
)

// rig is a connector that speaks with a simulated Bot API in this process, so that a bubble's clock is the clock of both.
type rig struct {
	*connector
	t     *testing.T
	sim   *botapi.Server
	files *connectortest.Shelf
	log   *bytes.Buffer
}

func newRig(t *testing.T, change ...func(*Settings)) *rig {
	s := defaults()
	s.Token, s.BaseURL, s.Wait = config.NewSecret(token), "https://api.telegram.example", 0
	for _, one := range change {
		one(s)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, sim: botapi.New(token), files: &connectortest.Shelf{}, log: &bytes.Buffer{}}
	r.connector = newConnector(connectors.Env{
		Name: "telegram", Zone: time.FixedZone("WIB", 7*3600), MaxBody: 1 << 20, Transport: inProcess{r.sim}, Files: r.files,
		Log: slog.New(slog.NewTextHandler(r.log, nil)),
	}, s)
	return r
}

// inProcess carries requests to a handler without a socket.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.handler.ServeHTTP(recorder, r)
	_ = r.Body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// poll polls and wants no error.
func (r *rig) poll(from connectors.Cursor) connectors.Page {
	r.t.Helper()
	page, err := r.Poll(r.t.Context(), from)
	if err != nil {
		r.t.Fatalf("Poll: %v", err)
	}
	return page
}

// texts are what a page's messages say, on one line.
func texts(page connectors.Page) string {
	var all []string
	for _, m := range page.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, " | ")
}

func says(text string) botapi.Fields { return botapi.Fields{"text": text} }
