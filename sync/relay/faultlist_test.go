package relay_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// mishap is one thing that goes wrong with a step.
type mishap struct {
	what  string
	point string // the gateway dies at this moment of the step; otherwise meet
	meets int    // how many requests of the step meet it; 0 is one
	meet  meeting
}

// meeting is what becomes of one request. It may have it carried out; die ends the gateway's worker.
type meeting func(m *meddler, r *http.Request) (*http.Response, error)

// mishaps is the list the table is made of.
func mishaps() []mishap {
	return append(append(deaths(), silences()...), answers()...)
}

func deaths() []mishap {
	return []mishap{
		{what: "we die before the start is recorded", point: "begin"},
		{what: "we die between record and request", point: "request"},
		{what: "we die during the request, which is not carried out", meet: dying(false, 0)},
		{what: "we die during the request, which is carried out", meet: dying(true, 0)},
		{what: "we die during the request, which is carried out 3 s later", meet: dying(true, 3*time.Second)},
		{what: "we die after the answer", point: "answer"},
		{what: "we die after the answer is recorded", point: "recorded"},
	}
}

func silences() []mishap {
	dial := func(err error) *net.OpError { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	refused := dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	noName := dial(&net.DNSError{Err: "no such host", Name: "lapor.example", IsNotFound: true})
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	return []mishap{ // the first three are tried once more at once, because nothing was written
		{what: "connection refused", meets: 2, meet: unsent(refused)},
		{what: "the name does not resolve", meets: 2, meet: unsent(noName)},
		{what: "no connection in time", meets: 2, meet: unsent(dial(os.ErrDeadlineExceeded))},
		{what: "the certificate is not trusted", meet: unsent(untrusted)},
		{what: "time-out, not carried out", meet: silence(false, 0)},
		{what: "time-out, carried out", meet: silence(true, 0)},
		{what: "time-out, carried out 3 s after it", meet: silence(true, 3*time.Second)},
		{what: "connection reset, not carried out", meet: broken(false, reset)},
		{what: "connection reset, carried out", meet: broken(true, reset)},
		{what: "the answer breaks off, carried out", meet: breaksOff},
	}
}

const (
	managerSays  = `{"fault":{"code":900901,"message":"Invalid Credentials","description":"See the API manager"}}`
	managerLacks = `{"code":"404","type":"Status report","message":"Not Found","description":"The requested resource is not available."}`
	proxyPage    = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1><hr>nginx</body></html>"
	proxyLost    = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
	madeAmiss    = `{"success":true,"message":"Laporan diterima","results":{"laporan":{"id":10000001}},"errors":["surel pemberitahuan gagal"]}`
	loginPage    = "<!DOCTYPE html><html><body><form action=\"/login\">Silakan masuk</form></body></html>"
)

func answers() []mishap {
	own := func(words string) string { return `{"message":"` + words + `"}` }
	not, did := false, true
	return []mishap{
		{what: "101, carried out", meet: answer(did, 101, "", 0)},
		{what: "301 to the same path on another host", meet: sentOn(not, 301, "https://v4.lapor.example{path}")},
		{what: "302 to a page to sign in", meet: sentOn(not, 302, "https://lapor.example/login")},
		{what: "302 to another page, not carried out", meet: sentOn(not, 302, "https://lapor.example/beranda")},
		{what: "302 to what was made, carried out", meet: sentOn(did, 302, "/complaints/10000001")},
		{what: "303 to what was made, carried out", meet: sentOn(did, 303, "/complaints/10000001")},
		{what: "307 to another place", meet: sentOn(not, 307, "https://v4.lapor.example/laporan")},
		{what: "400 of the platform", meet: answer(not, 400, own("Permintaan tidak dapat dibaca"), 0)},
		{what: "401 of the API manager", meet: answer(not, 401, managerSays, 0)},
		{what: "403 of the API manager", meet: answer(not, 403, managerSays, 0)},
		{what: "404 of the platform", meet: answer(not, 404, own("Instansi tidak ditemukan"), 0)},
		{what: "404 of the API manager", meet: answer(not, 404, managerLacks, 0)},
		{what: "404 of something in front of it", meet: answer(not, 404, proxyPage, 0)},
		{what: "409 of the platform", meet: answer(not, 409, own("Laporan sedang diubah"), 0)},
		{what: "413 of something in front of it", meet: answer(not, 413, proxyPage, 0)},
		{what: "422 of the platform", meet: answer(not, 422, own("Judul wajib diisi"), 0)},
		{what: "429", meet: answer(not, 429, "", 0)},
		{what: "429 with Retry-After", meet: answer(not, 429, "", 2*time.Minute)},
		{what: "460 of a proxy, carried out", meet: answer(did, 460, proxyPage, 0)},
		{what: "499 of a proxy, not carried out", meet: answer(not, 499, proxyPage, 0)},
		{what: "499 of a proxy, carried out", meet: answer(did, 499, proxyPage, 0)},
		{what: "500, not carried out", meet: answer(not, 500, own("Server Error"), 0)},
		{what: "500, carried out", meet: answer(did, 500, own("Server Error"), 0)},
		{what: "502 page, not carried out", meet: answer(not, 502, proxyPage, 0)},
		{what: "502 page, carried out", meet: answer(did, 502, proxyPage, 0)},
		{what: "503", meet: answer(not, 503, own("Sedang pemeliharaan"), 0)},
		{what: "503 with Retry-After", meet: answer(not, 503, own("Sedang pemeliharaan"), 2*time.Minute)},
		{what: "503 of a proxy that had passed it on, not carried out", meet: answer(not, 503, proxyLost, 0)},
		{what: "503 of a proxy that had passed it on, carried out", meet: answer(did, 503, proxyLost, 0)},
		{what: "504, not carried out", meet: answer(not, 504, "", 0)},
		{what: "504, carried out", meet: answer(did, 504, "", 0)},
		{what: "200 with JSON that stops, carried out", meet: answer(did, 200, `{"success":true,"results":{"compl`, 0)},
		{what: "200 without a body, carried out", meet: answer(did, 200, "", 0)},
		{what: "200 without an id, carried out", meet: answer(did, 200, "{}", 0)},
		{what: "200 with its id elsewhere and with errors, carried out", meet: answer(did, 200, madeAmiss, 0)},
		{what: "200 with a page, carried out", meet: answer(did, 200, loginPage, 0)},
		{what: "200 with a page, not carried out", meet: answer(not, 200, loginPage, 0)},
		{what: "200 that plainly refuses", meet: answer(not, 200, `{"success":false,"message":"Kategori tidak dikenal"}`, 0)},
	}
}

func dying(carried bool, later time.Duration) meeting {
	return func(m *meddler, r *http.Request) (*http.Response, error) {
		if r = m.written(r); carried {
			m.carryOut(r, later)
		}
		m.died()
		runtime.Goexit()
		return nil, nil
	}
}

func unsent(err error) meeting {
	return func(*meddler, *http.Request) (*http.Response, error) { return nil, err }
}

func silence(carried bool, later time.Duration) meeting {
	return func(m *meddler, r *http.Request) (*http.Response, error) {
		ctx := r.Context()
		if r = m.written(r); carried && later == 0 {
			m.carryOut(r, 0)
		}
		<-ctx.Done()
		if carried && later > 0 {
			m.carryOut(r, later)
		}
		return nil, context.Cause(ctx)
	}
}

func broken(carried bool, err error) meeting {
	return func(m *meddler, r *http.Request) (*http.Response, error) {
		if r = m.written(r); carried {
			m.carryOut(r, 0)
		}
		return nil, err
	}
}

func breaksOff(m *meddler, r *http.Request) (*http.Response, error) {
	r = m.written(r)
	m.carryOut(r, 0)
	return said(r, 200, io.MultiReader(strings.NewReader(`{"results":`), torn{})), nil
}

type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func answer(carried bool, status int, body string, retryAfter time.Duration) meeting {
	return func(m *meddler, r *http.Request) (*http.Response, error) {
		if r = m.written(r); carried {
			m.carryOut(r, 0)
		}
		response := said(r, status, strings.NewReader(body))
		if retryAfter > 0 {
			response.Header.Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		}
		return response, nil
	}
}

// sentOn answers with a redirect; {path} in it is the path that was asked.
func sentOn(carried bool, status int, to string) meeting {
	return func(m *meddler, r *http.Request) (*http.Response, error) {
		response, err := answer(carried, status, loginPage, 0)(m, r)
		response.Header.Set("Location", strings.ReplaceAll(to, "{path}", r.URL.Path))
		return response, err
	}
}

func said(r *http.Request, status int, body io.Reader) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(status), StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}
}
