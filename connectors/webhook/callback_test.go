package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func change() connectors.StatusChange {
	return connectors.StatusChange{
		Ref: "SP-1KAZ5T8M3Q0X4RD", SourceID: "7", Seq: 2, Status: complaint.InProgress, Raw: "Dalam Proses", Note: "Petugas menuju Sedanau",
		Agency: "Dinas Perhubungan", TrackingID: "7000123", At: time.Date(2026, 1, 3, 14, 5, 0, 0, wib()),
	}
}

func openWith(t *testing.T, transport http.RoundTripper, callback string) connectors.Connector {
	t.Helper()
	s := portal()
	s.Callback = callback
	c, err := Definition().Open(connectors.Env{Zone: wib(), MaxBody: 4096, Transport: transport}, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAStatusIsPostedSigned(t *testing.T) {
	var body []byte
	var header http.Header
	keys := connectors.Credentials{Secret: config.NewSecret(key), Tolerance: time.Minute}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		header = r.Header
		if err := errors.Join(keys.Early(r, time.Now()), keys.Check(r, body)); err != nil {
			t.Errorf("the signature: %v", err)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	c := openWith(t, http.DefaultTransport, server.URL+"/status?portal=1")
	if err := c.WriteStatus.WriteStatus(t.Context(), change()); err != nil {
		t.Fatal(err)
	}
	if got := header.Get("Idempotency-Key"); got != "SP-1KAZ5T8M3Q0X4RD-2" {
		t.Errorf("Idempotency-Key is %q", got)
	}
	var pretty any
	if err := json.Unmarshal(body, &pretty); err != nil {
		t.Fatal(err)
	}
	written, err := json.MarshalIndent(pretty, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "status.json", string(written)+"\n")
}

func TestABearerIsSentBack(t *testing.T) {
	keys := connectors.Credentials{Bearer: config.NewSecret(key)}
	if got := keys.Headers(nil, time.Now()); len(got) != 1 || got["Authorization"] != "Bearer "+key {
		t.Errorf("got %d headers, %q", len(got), got["Authorization"])
	}
}

func TestWithoutACallbackThereIsNoWriteBack(t *testing.T) {
	if c := openWith(t, nil, ""); c.WriteStatus != nil {
		t.Error("there is one")
	}
}

func TestARefusalIsNeverSentAgainAtOnce(t *testing.T) {
	for status, verdict := range map[int]retry.Verdict{
		http.StatusNotFound: retry.Permanent, http.StatusGone: retry.Permanent, http.StatusBadRequest: retry.Transient,
		http.StatusMethodNotAllowed: retry.Transient, http.StatusUnprocessableEntity: retry.Transient, http.StatusTooManyRequests: retry.Transient, http.StatusServiceUnavailable: retry.Transient,
		http.StatusInternalServerError: retry.Uncertain, http.StatusTemporaryRedirect: retry.Transient, http.StatusUnauthorized: retry.SignIn,
	} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(status)
		}))
		err := openWith(t, http.DefaultTransport, server.URL+"/status?token=RAHASIA").WriteStatus.WriteStatus(t.Context(), change())
		server.Close()
		got := retry.Of(err)
		if got.Verdict != verdict || asked.Load() != 1 || got.After != time.Hour || strings.Contains(err.Error(), "RAHASIA") {
			t.Errorf("%d: %s after %d requests, wait %s: %v", status, got.Verdict, asked.Load(), got.After, err)
		}
	}
}

func TestOnlyWhatNeverLeftIsSentAgain(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked.Add(1)
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	}))
	defer server.Close()
	err := openWith(t, &http.Transport{DisableKeepAlives: true}, server.URL+"/?token=RAHASIA").WriteStatus.WriteStatus(t.Context(), change())
	if got := retry.Of(err); got.Verdict != retry.Uncertain || got.Reason != retry.Reset || asked.Load() != 1 || strings.Contains(err.Error(), "RAHASIA") {
		t.Errorf("a broken answer: %s %s after %d requests: %v", got.Verdict, got.Reason, asked.Load(), err)
	}

	var dialled atomic.Int32
	refusing := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		dialled.Add(1)
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
	}}
	err = openWith(t, refusing, "http://portal.example/?token=RAHASIA").WriteStatus.WriteStatus(t.Context(), change())
	if got := retry.Of(err); got.Verdict != retry.Transient || got.Reason != retry.Unreachable || dialled.Load() != 2 || strings.Contains(err.Error(), "RAHASIA") {
		t.Errorf("no connection: %s %s after %d dials: %v", got.Verdict, got.Reason, dialled.Load(), err)
	}
}

func TestOurOwnEndIsToldApart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := openWith(t, http.DefaultTransport, "http://127.0.0.1:1/").WriteStatus.WriteStatus(ctx, change())
	if got := retry.Of(err); got.Verdict != retry.Transient || got.Reason != retry.Shutdown {
		t.Errorf("got %s %s: %v", got.Verdict, got.Reason, err)
	}
}

func TestTheCheckSaysWhatItWouldTake(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			t.Errorf("the check sends %s", r.Method)
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for callback, want := range map[string]string{
		"":         "takes JSON and forms of up to 4096 bytes, signed with HMAC-SHA256, within 5m, at most 50/s; no callback: statuses are not sent",
		server.URL: "takes JSON and forms of up to 4096 bytes, signed with HMAC-SHA256, within 5m, at most 50/s; statuses go to " + host + ", which answers (not encrypted: use https)",
	} {
		got, err := openWith(t, http.DefaultTransport, callback).Check.Check(t.Context())
		if err != nil || got != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
	if _, err := openWith(t, http.DefaultTransport, "http://127.0.0.1:1/?token=RAHASIA").Check.Check(t.Context()); err == nil || strings.Contains(err.Error(), "RAHASIA") {
		t.Errorf("nobody there: %v", err)
	}
}
