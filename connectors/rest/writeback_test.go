package rest

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func change() connectors.StatusChange {
	return connectors.StatusChange{
		Ref: "SP-1KAZ5T8M3Q0X4RD", SourceID: `7/..?a="b&c`, Seq: 2, Status: complaint.InProgress, Note: "Petugas \"ke\" Sedanau & Midai\n{id}",
		Agency: "Dinas Perhubungan", TrackingID: "7000123", At: time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC), To: "081270004401",
	}
}

// heard is what a server was sent.
type heard struct {
	method, address, kind, key, body string
}

func listening(told *[]heard, status int, answer string) roundTrip {
	return func(r *http.Request) (int, string) {
		body := []byte{}
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		*told = append(*told, heard{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), string(body)})
		return status, answer
	}
}

func TestValuesAreEscapedAsTheirPlaceNeeds(t *testing.T) {
	var told []heard
	s := agency(byPage)
	s.URL = "https://aduan.natuna.example/api/laporan?wilayah=natuna"
	s.Query = map[string]string{"app": "ws"}
	s.WriteBack = map[string]Call{
		"in_progress": {Method: "PATCH", Path: "/api/laporan/{id}/status", Query: map[string]string{"oleh": "{agency}&x"}, JSON: `{"catatan": ["{note}", {"a": "{status} {tracking_id}"}], "n": 1}`},
		"done":        {Form: map[string]string{"pesan": "{note}", "kapan": "{at}"}},
		anyStatus:     {Method: "GET", Query: map[string]string{"pesan": "{message}", "ke": "{to}"}},
	}
	c := openOn(t, listening(&told, 200, ""), s)
	for _, status := range []complaint.Status{complaint.InProgress, complaint.Done, complaint.Closed} {
		one := change()
		one.Status = status
		must(t, c.WriteStatus.WriteStatus(t.Context(), one))
	}
	want := []heard{
		{"PATCH", "/api/laporan/7%2F..%3Fa=%22b&c/status?oleh=Dinas+Perhubungan%26x", "application/json", "SP-1KAZ5T8M3Q0X4RD-2",
			`{"catatan":["Petugas \"ke\" Sedanau \u0026 Midai\n{id}",{"a":"in_progress 7000123"}],"n":1}`},
		{"POST", "/api/laporan?app=ws&wilayah=natuna", "application/x-www-form-urlencoded", "SP-1KAZ5T8M3Q0X4RD-2",
			"kapan=2026-01-03T14%3A05%3A00%2B07%3A00&pesan=Petugas+%22ke%22+Sedanau+%26+Midai%0A%7Bid%7D"},
		{"GET", "/api/laporan?app=ws&ke=081270004401&pesan=Laporan+SP-1KAZ5T8M3Q0X4RD+%2803-01-2026+14.05%29%3A+ditutup.+Petugas+%22ke%22+Sedanau+%26+Midai%0A%7Bid%7D&wilayah=natuna",
			"", "SP-1KAZ5T8M3Q0X4RD-2", ""},
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("got  %+v\nwant %+v", told[i], want[i])
		}
	}
}

func TestAValueThatWouldLeaveThePathIsNeverSent(t *testing.T) {
	var told []heard
	s := agency(byPage)
	s.WriteBack = map[string]Call{anyStatus: {Path: "/api/laporan/{id}"}}
	c := openOn(t, listening(&told, 200, ""), s)
	for _, id := range []string{"..", ".", ""} {
		one := change()
		one.SourceID = id
		if err := c.WriteStatus.WriteStatus(t.Context(), one); retry.Of(err).Verdict != retry.Permanent || len(told) > 0 {
			t.Errorf("%q: %v, told %+v", id, err, told)
		}
	}
}

func TestAStatusWithoutACallIsToldNobody(t *testing.T) {
	var told []heard
	s := agency(byPage)
	s.WriteBack = map[string]Call{"done": {}}
	c := openOn(t, listening(&told, 200, ""), s)
	if err := c.WriteStatus.WriteStatus(t.Context(), change()); err != nil || len(told) > 0 {
		t.Errorf("told %+v, %v", told, err)
	}
	if c := openOn(t, listening(&told, 200, ""), agency(byPage)); c.WriteStatus != nil {
		t.Error("without write_back there is a write-back")
	}
}

func TestASuccessIsWhatTheServerCallsOne(t *testing.T) {
	for answer, verdict := range map[string]retry.Verdict{
		`{"data":[{"status":"OK"}]}`: -1, `{"data":[{"status":"ERR","error":"RAHASIA"}]}`: retry.Transient, `{}`: retry.Transient, `<html>RAHASIA`: retry.Uncertain,
	} {
		var told []heard
		s := agency(byPage)
		s.WriteBack = map[string]Call{anyStatus: {Good: Good{Field: "data.0.status", Is: "OK"}}}
		err := openOn(t, listening(&told, 200, answer), s).WriteStatus.WriteStatus(t.Context(), change())
		if (err == nil) != (verdict == -1) || err != nil && (retry.Of(err).Verdict != verdict || strings.Contains(err.Error(), "RAHASIA")) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestEveryWayToSignIn(t *testing.T) {
	for name, tt := range map[string]struct {
		auth Auth
		want string
	}{
		"bearer": {Auth{Bearer: config.NewSecret("k")}, "Bearer k"},
		"basic":  {Auth{Basic: Basic{"u", config.NewSecret("k")}}, "Basic dTpr"},
		"header": {Auth{Key: Key{Name: "Authorization", In: inHeader, Prefix: "Token ", Value: config.NewSecret("k")}}, "Token k"},
		"query":  {Auth{Key: Key{Name: "h", In: inQuery, Value: config.NewSecret("k&")}}, "h=k%26"},
		"openly": {Auth{}, ""},
	} {
		got := ""
		s := agency(noPaging)
		s.Auth = tt.auth
		_, err := openOn(t, roundTrip(func(r *http.Request) (int, string) {
			if got = r.Header.Get("Authorization"); got == "" {
				got = r.URL.RawQuery[:strings.IndexByte(r.URL.RawQuery+"&", '&')]
			}
			return 200, `{"data":{"aduan":[]}}`
		}), s).Poll.Poll(t.Context(), "")
		if err != nil || tt.want != got && !strings.Contains(got, "limit") {
			t.Errorf("%s: sent %q, want %q, %v", name, got, tt.want, err)
		}
	}
}

func TestATokenIsKeptAndRenewedWhenItIsRefused(t *testing.T) {
	for _, in := range []string{inHeader, inBody} {
		given, refused := 0, "token-1"
		var asked []string
		s := agency(noPaging)
		s.Auth = Auth{OAuth2: OAuth2{TokenURL: "https://masuk.natuna.example/token", ClientID: "satu pintu", ClientSecret: config.NewSecret(apiKey), Scope: "baca", In: in}}
		c := openOn(t, roundTrip(func(r *http.Request) (int, string) {
			if r.URL.Host == "masuk.natuna.example" {
				given++
				body, _ := io.ReadAll(r.Body)
				user, password, _ := r.BasicAuth()
				if signed := user+" "+password == "satu+pintu "+apiKey; signed != (in == inHeader) {
					t.Errorf("%s: signed in with %q", in, user)
				}
				want := "grant_type=client_credentials&scope=baca"
				if in == inBody {
					want = "client_id=satu+pintu&client_secret=" + apiKey + "&" + want
				}
				if string(body) != want {
					t.Errorf("%s: sent %s", in, body)
				}
				return 200, `{"access_token":"token-` + string(rune('0'+given)) + `","expires_in":3600}`
			}
			asked = append(asked, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			if asked[len(asked)-1] == refused {
				return 401, ""
			}
			return 200, `{"data":{"aduan":[]}}`
		}), s)
		for range 3 {
			_, err := c.Poll.Poll(t.Context(), "")
			must(t, err)
		}
		if want := []string{"token-1", "token-2", "token-2", "token-2"}; !slices.Equal(asked, want) || given != 2 {
			t.Errorf("%s: asked with %q, %d tokens", in, asked, given)
		}
		refused, asked = "token-2", nil
		_, err := c.Poll.Poll(t.Context(), "")
		must(t, err)
		if given != 3 {
			t.Errorf("%s: %d tokens", in, given)
		}
	}
}

func TestASecondRefusalIsToldAndNotTriedFurther(t *testing.T) {
	asked, given := 0, 0
	s := agency(noPaging)
	s.Auth = Auth{OAuth2: OAuth2{TokenURL: "https://masuk.natuna.example/token", ClientID: "a", ClientSecret: config.NewSecret(apiKey), In: inHeader}}
	status := 200
	c := openOn(t, roundTrip(func(r *http.Request) (int, string) {
		if r.URL.Host == "masuk.natuna.example" {
			given++
			return status, `{"access_token":"t"}`
		}
		asked++
		return 401, ""
	}), s)
	if _, err := c.Poll.Poll(t.Context(), ""); retry.Of(err).Verdict != retry.SignIn || asked != 2 || given != 2 {
		t.Errorf("asked %d times with %d tokens: %v", asked, given, err)
	}
	status = 400
	if _, err := c.Poll.Poll(t.Context(), ""); retry.Of(err).Verdict != retry.SignIn || strings.Contains(err.Error(), apiKey) {
		t.Errorf("a wrong secret: %v", err)
	}
}
