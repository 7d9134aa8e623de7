package whatsapp

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// FuzzWebhook decodes whatever Meta might sign: each message that comes of it is fit, and the same the second time.
func FuzzWebhook(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		log := &connectortest.Log{}
		n := &number{settings: office(), env: connectors.Env{Log: slog.New(slog.NewTextHandler(log, nil))}}
		got, err := n.decode(body)
		var refused *connectors.RequestError
		if err != nil && (!errors.As(err, &refused) || len(got.Messages)+len(got.SetAside) > 0) {
			t.Fatalf("%d messages, %v", len(got.Messages), err)
		}
		for _, one := range got.Messages {
			wantFit(t, one)
			if number := one.Reporter.Phone; len(number) > 8 && strings.Contains(log.String(), number[1:]) {
				t.Errorf("the log has the number: %s", log)
			}
		}
		for _, aside := range got.SetAside {
			if !json.Valid(aside.Raw) || aside.Reason != connectors.Unreadable || aside.SourceID != "" && len(aside.SourceID) != 35 {
				t.Errorf("set aside: %+v", aside)
			}
		}
		if again, _ := n.decode(body); !reflect.DeepEqual(got, again) {
			t.Errorf("decoded again, it is another")
		}
	})
}

func wantFit(t *testing.T, m connectors.Message) {
	t.Helper()
	if len(m.ID) != 35 || !digits.MatchString(m.Sender) && !scopedID.MatchString(m.Sender) || !json.Valid(m.Raw.Body) {
		t.Errorf("id %q, sender %q, raw %q", m.ID, m.Sender, m.Raw.Body)
	}
	said := complaint.Complaint{SourceID: m.ID, Text: m.Text, Reporter: m.Reporter, Place: m.Place, Class: complaint.Ordinary}
	clean := said
	clean.Clean()
	if clean.ContentHash() != said.ContentHash() {
		t.Errorf("not cleaned: %+v", m)
	}
	if said.Place.Lat != nil {
		said.Text = "-"
		if err := said.Check(); err != nil && len(m.Place.Address) <= complaint.MaxText {
			t.Error(err)
		}
	}
	if m.Text == "" && len(m.Media) == 0 && m.Place == (complaint.Place{}) {
		t.Errorf("it says nothing: %+v", m)
	}
	for _, media := range m.Media {
		if !mediaID.MatchString(media.ID) || len(media.Name) > 150 || strings.ContainsAny(media.Name, "/\\\n") || complaint.CleanText(media.Name) != media.Name {
			t.Errorf("media %+v", media)
		}
	}
}

// FuzzCut shortens texts: never inside a letter, never longer than asked, and only what does not fit.
func FuzzCut(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = 4 + (most&0x7fffffff)%5000
		text = complaint.CleanText(text)
		got := cut(text, most)
		kept := strings.TrimSuffix(got, " …")
		if units(got) > most || !utf8.ValidString(got) || !strings.HasPrefix(text, kept) || units(text) <= most && got != text {
			t.Errorf("cut(%q, %d) = %q", text, most, got)
		}
	})
}

// FuzzFault reads whatever an answer that is not a success may hold: there is always a verdict, and none of its words.
func FuzzFault(f *testing.F) {
	f.Fuzz(func(t *testing.T, status int, body []byte, usage string) {
		status = 300 + (status&0x7fffffff)%300
		http := retry.FromStatus(status, nil, retry.Application, io.ErrUnexpectedEOF)
		got := retry.Of(faultOf(status, header(usage), body, http))
		if got.Err == nil || got.Reason == retry.Success || got.Reason == retry.Failed || got.After < 0 || got.After > mostWait {
			t.Errorf("%s, %s, after %s, %v", got.Verdict, got.Reason, got.After, got.Err)
		}
		if strings.Contains(got.Error(), "6281270004411") {
			t.Errorf("it says %v", got.Err)
		}
	})
}

func header(usage string) http.Header {
	return http.Header{"X-Business-Use-Case-Usage": {usage}}
}
