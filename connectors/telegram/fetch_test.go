package telegram

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/telegram/botapi"
	"github.com/satupintu/satupintu/sync/retry"
)

// realEnv is the environment of a connector that speaks over sockets.
func realEnv(t *testing.T) connectors.Env {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return connectors.Env{
		Name: "telegram", Zone: time.UTC, MaxBody: 1 << 20, Transport: transport, Files: &connectortest.Shelf{}, Log: slog.New(slog.DiscardHandler),
	}
}

func TestAPhotoIsKeptByItsName(t *testing.T) {
	r := newRig(t)
	content := bytes.Repeat([]byte("natuna"), 50_000)
	r.sim.Write(warga(), botapi.Fields{"photo": r.sim.Photo(content), "caption": "Jalan rusak"})
	media := r.poll("").Messages[0].Media
	got, err := r.Fetch(t.Context(), media[0])
	if err != nil || got.Name != "foto-1.jpg" || !bytes.Equal(r.files.Kept("foto-1.jpg"), content) {
		t.Errorf("kept is %+v, %v", got, err)
	}
}

func TestALinkThatRanOutIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		media := connectors.Media{ID: r.sim.File("surat.pdf", "application/pdf", []byte("isi"))["file_id"].(string), Name: "surat.pdf"}
		r.sim.Fail("file", botapi.Fault{Status: 404, Description: "Not Found"})
		if _, err := r.Fetch(t.Context(), media); err == nil || retry.Of(err).Verdict == retry.Permanent {
			t.Errorf("a link that ran out: %v", err)
		}
		<-time.After(2 * time.Hour)
		if got, err := r.Fetch(t.Context(), media); err != nil || got.Size != 3 {
			t.Errorf("two hours later: %+v, %v", got, err)
		}
	})
}

func TestAFileThatCannotBeHadSaysWhetherItEverCan(t *testing.T) {
	for name, c := range map[string]struct {
		method  string
		fault   botapi.Fault
		verdict retry.Verdict
	}{
		"too big for Telegram":      {"getFile", botapi.Fault{Status: 400, Description: "Bad Request: file is too big"}, retry.Permanent},
		"of no known id":            {"getFile", botapi.Fault{Status: 400, Description: "Bad Request: invalid file_id"}, retry.Permanent},
		"not at hand":               {"getFile", botapi.Fault{Status: 400, Description: "Bad Request: wrong file_id or the file is temporarily unavailable"}, retry.Transient},
		"too fast":                  {"getFile", botapi.Fault{Status: 429, RetryAfter: 3}, retry.Transient},
		"token revoked":             {"getFile", botapi.Fault{Status: 401, Description: "Unauthorized"}, retry.SignIn},
		"larger than max_file":      {"getFile", botapi.Fault{Body: `{"ok":true,"result":{"file_path":"a","file_size":20971521}}`}, retry.Permanent},
		"a path of the server's":    {"getFile", botapi.Fault{Body: `{"ok":true,"result":{"file_path":"/var/lib/telegram-bot-api/a"}}`}, retry.Uncertain},
		"a path that climbs":        {"getFile", botapi.Fault{Body: `{"ok":true,"result":{"file_path":"../bot/getUpdates"}}`}, retry.Uncertain},
		"a path that climbs within": {"getFile", botapi.Fault{Body: `{"ok":true,"result":{"file_path":"a/../../b"}}`}, retry.Uncertain},
		"no path":                   {"getFile", botapi.Fault{Body: `{"ok":true,"result":{}}`}, retry.Uncertain},
		"download down":             {"file", botapi.Fault{Status: 503}, retry.Transient},
		"download fails":            {"file", botapi.Fault{Status: 500}, retry.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			id := r.sim.File("a", "text/plain", []byte("isi"))["file_id"].(string)
			r.sim.Fail(c.method, c.fault)
			got, err := r.Fetch(t.Context(), connectors.Media{ID: id})
			if err == nil || retry.Of(err).Verdict != c.verdict || got.Name != "" || r.files.Count() != 0 || strings.Contains(err.Error(), token[11:]) {
				t.Errorf("%+v, %v (%s), kept %d", got, err, retry.Of(err).Verdict, r.files.Count())
			}
		})
	}
}

// A download that breaks off must not be kept, whether or not its length was announced.
func TestHalfAFileIsNoFile(t *testing.T) {
	sim, server := startSimulator(t)
	env := realEnv(t)
	c := newConnector(env, polled(server))
	id := sim.File("a", "text/plain", bytes.Repeat([]byte("x"), 9000))["file_id"].(string)
	for _, cut := range []int{1, 300, 5000} {
		sim.Fail("file", botapi.Fault{Cut: cut})
		if _, err := c.Fetch(t.Context(), connectors.Media{ID: id}); err == nil || retry.Of(err).Verdict == retry.Permanent {
			t.Errorf("cut after %d bytes: %v", cut, err)
		}
	}
	if kept := env.Files.(*connectortest.Shelf).Count(); kept != 0 {
		t.Errorf("kept are %d halves", kept)
	}
	if got, err := c.Fetch(t.Context(), connectors.Media{ID: id}); err != nil || got.Size != 9000 {
		t.Errorf("then: %+v, %v", got, err)
	}
}

func TestAFullDiskIsNotTheFilesFault(t *testing.T) {
	r := newRig(t)
	r.files.Fail(errors.New("the disk is full"))
	_, err := r.Fetch(t.Context(), connectors.Media{ID: r.sim.File("a", "text/plain", []byte("isi"))["file_id"].(string)})
	if got := retry.Of(err); got.Verdict != retry.Transient || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("%v is %s", err, got.Verdict)
	}
}

// The token is part of every address, and Go's own errors quote addresses.
func TestNoErrorHoldsTheToken(t *testing.T) {
	sim, server := startSimulator(t)
	var log bytes.Buffer
	env := realEnv(t)
	env.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := newConnector(env, polled(server))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	id := sim.File("a", "text/plain", []byte("isi"))["file_id"].(string)
	try := func(how string, c *connector, ctx context.Context) {
		_, polled := c.Poll(ctx, "")
		_, fetched := c.Fetch(ctx, connectors.Media{ID: id})
		_, checked := c.Check(ctx)
		said := c.Say(ctx, connectors.Saying{To: "812700044", Text: "Diterima"})
		for what, err := range map[string]error{"Poll": polled, "Fetch": fetched, "Check": checked, "Say": said} {
			if err == nil {
				t.Errorf("%s, %s: no error", how, what)
			} else if strings.Contains(err.Error(), token[11:]) {
				t.Errorf("%s, %s: the token is in %v", how, what, err)
			}
		}
	}
	methods := []string{"getUpdates", "getFile", "getMe", "sendMessage"}
	for how, fault := range map[string]botapi.Fault{"hung up": {Lost: true}, "500": {Status: 500}, "no JSON": {Body: "<"}, "redirected": {Status: 302}} {
		for _, method := range methods {
			sim.Always(method, fault)
		}
		try(how, c, t.Context())
	}
	for _, method := range methods {
		sim.Always(method, botapi.Fault{})
	}
	try("cancelled", c, cancelled)
	for _, method := range append(methods, "file") {
		sim.Always(method, botapi.Fault{Hang: true})
	}
	short, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	try("out of time", c, short)
	server.CloseClientConnections()
	server.Close()
	try("gone", c, t.Context())
	bad := polled(server)
	for how, address := range map[string]string{"a bad address": "http://[::1", "no port": "http://127.0.0.1:99999", "no scheme": "127.0.0.1", "no name": "http://tidak-ada.invalid"} {
		bad.BaseURL = address
		try(how, newConnector(env, bad), t.Context())
	}
	bad.BaseURL, bad.Token = server.URL, config.NewSecret("1:\x7f"+token[11:])
	try("a token that is none", newConnector(env, bad), t.Context())
	if strings.Contains(log.String(), token[11:]) {
		t.Error("the token is in the log")
	}
}
