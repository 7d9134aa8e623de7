package webhook

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func TestASignatureThatOthersMakeIsUnderstood(t *testing.T) {
	// printf '1767423900.{"ticket":1}' | openssl dgst -sha256 -hmac kunci-contoh-0001
	const theirs = "45e85511407cc1eb514fbece64b0a986887f56973616942bbcd014f24b645f11"
	got := hex.EncodeToString((connectors.Credentials{Secret: config.NewSecret(key)}).Sign("1767423900", []byte(`{"ticket":1}`)))
	if got != theirs {
		t.Errorf("got %s, want %s", got, theirs)
	}
}

func TestWhoMaySend(t *testing.T) {
	body := []byte(`{"ticket":"1","message":"a"}`)
	for name, spoil := range map[string]func(*http.Request){
		"no signature": func(r *http.Request) { r.Header.Del(connectors.SignatureHeader) },
		"no time":      func(r *http.Request) { r.Header.Del(connectors.TimestampHeader) },
		"half a signature": func(r *http.Request) {
			r.Header.Set(connectors.SignatureHeader, r.Header.Get(connectors.SignatureHeader)[:32])
		},
		"another body": func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"ticket":"2","message":"a"}`)) },
		"time not signed": func(r *http.Request) {
			r.Header.Set(connectors.TimestampHeader, strconv.FormatInt(time.Now().Unix()+1, 10))
		},
		"milliseconds":       func(r *http.Request) { sign(r, body, time.UnixMilli(time.Now().UnixMilli()*1000)) },
		"the end of time":    func(r *http.Request) { r.Header.Set(connectors.TimestampHeader, "9223372036854775807") },
		"six minutes ago":    func(r *http.Request) { sign(r, body, time.Now().Add(-6*time.Minute)) },
		"in six minutes":     func(r *http.Request) { sign(r, body, time.Now().Add(6*time.Minute)) },
		"bearer, not signed": func(r *http.Request) { r.Header = http.Header{"Authorization": {"Bearer " + key}} },
		"signed without a key": func(r *http.Request) {
			r.Header.Set(connectors.SignatureHeader, hex.EncodeToString((connectors.Credentials{}).Sign(r.Header.Get(connectors.TimestampHeader), body)))
		},
	} {
		r := post("application/json", body)
		spoil(r)
		_, err := openHook(t, portal(), &shelf{}).Receive.Receive(r)
		if why := refused(t, err); why.Status != 401 {
			t.Errorf("%s: %d", name, why.Status)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"four minutes ago": func(r *http.Request) { sign(r, body, time.Now().Add(-4*time.Minute)) },
		"in four minutes":  func(r *http.Request) { sign(r, body, time.Now().Add(4*time.Minute)) },
		"upper case": func(r *http.Request) {
			r.Header.Set(connectors.SignatureHeader, strings.ToUpper(r.Header.Get(connectors.SignatureHeader)))
		},
		"sha256=": func(r *http.Request) {
			r.Header.Set(connectors.SignatureHeader, "sha256="+r.Header.Get(connectors.SignatureHeader))
		},
	} {
		r := post("application/json", body)
		change(r)
		if _, err := openHook(t, portal(), &shelf{}).Receive.Receive(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASignatureEndsWithItsTolerance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := []byte(`{"ticket":"1","message":"a"}`)
		hook := openHook(t, portal(), &shelf{})
		for _, c := range []struct {
			wait   time.Duration
			passes bool
		}{{5 * time.Minute, true}, {5*time.Minute + time.Second, false}} {
			r := post("application/json", body)
			<-time.After(c.wait)
			if _, err := hook.Receive.Receive(r); (err == nil) != c.passes {
				t.Errorf("after %s: %v", c.wait, err)
			}
		}
	})
}

func TestTheBodyOfAStrangerIsNotRead(t *testing.T) {
	s := portal()
	s.Secret, s.Bearer = config.Secret{}, config.NewSecret(key)
	for name, settings := range map[string]*Settings{"bearer": s, "signature": portal()} {
		r := httptest.NewRequest(http.MethodPost, "/", unreadable{t})
		r.Header.Set("Content-Type", "application/json")
		_, err := openHook(t, settings, &shelf{}).Receive.Receive(r)
		if why := refused(t, err); why.Status != 401 {
			t.Errorf("%s: %d", name, why.Status)
		}
	}
}

func TestABodyThatSaysItIsTooLargeIsNotRead(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", unreadable{t})
	r.ContentLength = 4097
	sign(r, nil, time.Now())
	_, err := openHook(t, portal(), &shelf{}).Receive.Receive(r)
	if why := refused(t, err); why.Status != 413 {
		t.Errorf("got %d", why.Status)
	}
}

type unreadable struct{ t *testing.T }

func (p unreadable) Read([]byte) (int, error) {
	p.t.Error("the body is read")
	return 0, io.EOF
}

func TestABearerToken(t *testing.T) {
	s := portal()
	s.Secret, s.Bearer = config.Secret{}, config.NewSecret(key)
	hook := openHook(t, s, &shelf{})
	for header, passes := range map[string]bool{"Bearer " + key: true, "bearer " + key: true, "Bearer " + key + "1": false, "Bearer ": false, "": false, key: false, "Basic " + key: false} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"ticket":"1","message":"a"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", header)
		_, err := hook.Receive.Receive(r)
		if (err == nil) != passes || (hook.Authenticate.Authenticate(r) == nil) != passes {
			t.Errorf("%q: %v", header, err)
		}
	}
}
