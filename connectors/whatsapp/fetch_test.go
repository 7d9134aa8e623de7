package whatsapp

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

var jpeg = bytes.Repeat([]byte("\xff\xd8\xff\xe0foto"), 1000)

func (d *desk) fetch(m connectors.Media) (complaint.Attachment, error) {
	d.t.Helper()
	return d.open().Fetch(d.t.Context(), m)
}

// wantNoFile wants nothing kept, and an error of the verdict that says something.
func (d *desk) wantNoFile(m connectors.Media, verdict retry.Verdict, says string) {
	d.t.Helper()
	got, err := d.fetch(m)
	if read := retry.Of(err); err == nil || read.Verdict != verdict || !strings.Contains(err.Error(), says) {
		d.t.Errorf("got %s, %v; want %s and %q", read.Verdict, err, verdict, says)
	}
	if got != (complaint.Attachment{}) || d.files.Count() > 0 {
		d.t.Errorf("kept %+v", got)
	}
}

func TestAFileIsFetchedThroughItsLink(t *testing.T) {
	d := newDesk(t, nil)
	messages := d.receive(d.api.Messages(
		d.api.Photo(warga, "Lampu mati", jpeg), d.api.Document(warga, "Surat Desa.pdf", "application/pdf", []byte("%PDF-1.4")),
		d.api.Wrote(warga, "audio", map[string]any{"id": d.api.Keep("audio/ogg; codecs=opus", []byte("OggS")), "mime_type": "audio/ogg; codecs=opus"}),
		d.api.Wrote(warga, "document", map[string]any{"id": d.api.Keep("application/x-dwg", []byte("AC1032"))}),
	))
	var names []string
	for _, one := range messages {
		kept, err := d.fetch(one.Media[0])
		must(t, err)
		names = append(names, kept.Name)
	}
	if !reflect.DeepEqual(names, []string{"foto.jpg", "Surat Desa.pdf", "suara.ogg", "lampiran"}) || !bytes.Equal(d.files.Kept("foto.jpg"), jpeg) {
		t.Errorf("kept %q", names)
	}
	if asked := d.api.Asked(); !reflect.DeepEqual(asked[:2], []string{"GET media", "GET download"}) {
		t.Errorf("asked %q", asked)
	}
}

func TestALinkThatHasExpiredIsRenewed(t *testing.T) {
	d := newDesk(t, nil)
	media := connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}
	d.api.Fail(cloudapi.Fault{On: "download", Times: 1, Status: http.StatusNotFound})
	if kept, err := d.fetch(media); err != nil || kept.Size != int64(len(jpeg)) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if asked := d.api.Asked(); !reflect.DeepEqual(asked, []string{"GET media", "GET download", "GET media", "GET download"}) {
		t.Errorf("asked %q", asked)
	}
}

func TestALinkThatNeverHoldsIsTriedLater(t *testing.T) {
	d := newDesk(t, nil)
	d.api.Fail(cloudapi.Fault{On: "download", Status: http.StatusGone})
	d.wantNoFile(connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}, retry.Transient, "expired")
	if asked := d.api.Asked(); len(asked) != 4 {
		t.Errorf("asked %q", asked)
	}
}

// The simulator's links are good for five minutes and after that lead nowhere, as the real ones.
func TestALinkIsNotKept(t *testing.T) {
	d := newDesk(t, nil)
	media := connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}
	for range 2 {
		_, err := d.fetch(media)
		must(t, err)
		d.clock.pass(6 * time.Minute)
		d.api.ExpireLinks()
	}
}

func TestAFileThatMetaHasDeleted(t *testing.T) {
	d := newDesk(t, nil)
	media := connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}
	d.api.Delete(media.ID)
	d.wantNoFile(media, retry.Permanent, "WhatsApp error 100")
}

func TestWhatWasWithheldIsNotAskedFor(t *testing.T) {
	d := newDesk(t, nil)
	messages := d.receive(d.api.Messages(d.api.Wrote(warga, "unsupported", map[string]any{"type": "poll_creation"})))
	d.wantNoFile(messages[0].Media[0], retry.Permanent, "did not hand over")
	d.wantNoFile(connectors.Media{ID: "../" + numberID}, retry.Permanent, "none of WhatsApp's")
	if asked := d.api.Asked(); len(asked) > 0 {
		t.Errorf("asked %q", asked)
	}
}

func TestAFileThatIsTooLargeIsNotLoaded(t *testing.T) {
	d := newDesk(t, func(s *Settings) { s.MaxFile = 1000 })
	media := connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}
	d.wantNoFile(media, retry.Permanent, "max_file")
	if asked := d.api.Asked(); !reflect.DeepEqual(asked, []string{"GET media"}) {
		t.Errorf("asked %q", asked)
	}
}

// describe makes the Graph API say something else of a file.
func (d *desk) describe(text string) connectors.Media {
	d.api.Fail(cloudapi.Fault{On: "media", Status: http.StatusOK, Body: text})
	return connectors.Media{ID: "1000000001"}
}

func TestAFileThatIsLargerThanItSays(t *testing.T) {
	d := newDesk(t, func(s *Settings) { s.MaxFile = 1000 })
	media := d.describe(`{"url":"` + d.server.URL + `/whatsapp_business/attachments/?hash=x","file_size":"10","mime_type":"image/jpeg"}`)
	d.api.Fail(cloudapi.Fault{On: "download", Status: http.StatusOK, Body: string(jpeg)})
	d.wantNoFile(media, retry.Permanent, "max_file")
}

func TestTheTokenGoesToNoOtherHost(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	host := strings.TrimPrefix(other.URL, "http://")
	for name, c := range map[string]struct{ link, says string }{
		"another host":           {other.URL + "/foto", "media_hosts"},
		"one that looks like it": {"https://lookaside.fbsbx.com.example/foto", "lookaside.fbsbx.com.example"},
		"not encrypted":          {"http://lookaside.fbsbx.com/foto", "media_hosts"},
		"another port":           {"https://lookaside.fbsbx.com:8443/foto", "media_hosts"},
		"with a name before it":  {"https://lookaside.fbsbx.com@" + host + "/foto", "no address"},
		"no address":             {"file:///etc/passwd", "no address"},
		"nothing":                {"", "no address"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			media := d.describe(`{"url":"` + c.link + `","mime_type":"image/jpeg"}`)
			got, err := d.fetch(media)
			if err == nil || retry.Of(err).Verdict == retry.Permanent || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "/foto") {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	d := newDesk(t, nil)
	media := connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}
	d.api.Fail(cloudapi.Fault{On: "download", Status: http.StatusFound, Header: map[string]string{"Location": other.URL}})
	d.wantNoFile(media, retry.Uncertain, "302")
	if asked.Load() > 0 {
		t.Errorf("another host was asked %d times", asked.Load())
	}
}

// hosts sends what is for one host to a server on this machine.
type hosts struct {
	server http.Handler
	asked  []string
}

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.asked = append(h.asked, r.URL.Host+" "+r.Header.Get("Authorization"))
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestMetasOwnHostsGetTheToken(t *testing.T) {
	d := newDesk(t, func(s *Settings) { s.BaseURL = defaults().BaseURL })
	way := &hosts{server: d.api}
	c, err := Definition().Open(connectors.Env{Files: d.files, Transport: way}, d.settings)
	must(t, err)
	media := d.describe(`{"url":"https://lookaside.fbsbx.com/whatsapp_business/attachments/?hash=x","mime_type":"image/jpeg"}`)
	d.api.Fail(cloudapi.Fault{On: "download", Status: http.StatusOK, Body: string(jpeg)})
	if kept, err := c.Fetch.Fetch(t.Context(), media); err != nil || kept.Size != int64(len(jpeg)) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if want := []string{"graph.facebook.com Bearer " + accessToken, "lookaside.fbsbx.com Bearer " + accessToken}; !reflect.DeepEqual(way.asked, want) {
		t.Errorf("asked %q", way.asked)
	}
}

func TestWhatComesInPlaceOfAFile(t *testing.T) {
	for name, c := range map[string]struct {
		fault   cloudapi.Fault
		verdict retry.Verdict
		says    string
	}{
		"half of it":       {cloudapi.Fault{Status: http.StatusOK, Break: true}, retry.Uncertain, "breaks off"},
		"a web page":       {cloudapi.Fault{Status: http.StatusOK, Body: "<html>", Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}, retry.Uncertain, "web page"},
		"a refused token":  {cloudapi.Fault{Status: http.StatusUnauthorized, Code: 190}, retry.SignIn, "access token"},
		"a bare 401":       {cloudapi.Fault{Status: http.StatusUnauthorized}, retry.SignIn, "401"},
		"too many of them": {cloudapi.Fault{Status: http.StatusTooManyRequests}, retry.Transient, "429"},
		"a failure":        {cloudapi.Fault{Status: http.StatusInternalServerError}, retry.Uncertain, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			c.fault.On = "download"
			d.api.Fail(c.fault)
			d.wantNoFile(connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}, c.verdict, c.says)
		})
	}
}

func TestAStoreThatIsFullIsTriedAgain(t *testing.T) {
	d := newDesk(t, nil)
	d.files.Fail(errors.New("no space left on device"))
	d.wantNoFile(connectors.Media{ID: d.api.Keep("image/jpeg", jpeg)}, retry.Transient, "no space left")
}
