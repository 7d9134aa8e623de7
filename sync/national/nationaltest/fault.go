package nationaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"syscall"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
)

// patience is how long the transport of these tests waits for an answer.
const patience = 30 * time.Second

// fault is one way a request fails, and what a platform must make of it.
type fault struct {
	name    string
	verdict retry.Verdict
	reason  retry.Reason
	after   time.Duration // what the other side asked to wait
	carried bool          // the other side carried the request out
	meet    func(r *http.Request, next http.RoundTripper) (*http.Response, error)
}

const (
	managerFault  = `{"fault":{"code":%d,"message":"%s","description":"See the API manager"}}`
	managerStatus = `{"code":"404","type":"Status report","message":"Not Found","description":"The requested resource is not available."}`
	managerXML    = `<ams:fault xmlns:ams="http://wso2.org/apimanager/security"><ams:code>900901</ams:code><ams:message>Invalid Credentials</ams:message></ams:fault>`
	soapFault     = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault><faultstring>off</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`
	lostReply     = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
	unreached     = "upstream connect error or disconnect/reset before headers. reset reason: connection failure"
	errorPage     = `<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>`
	loginPage     = `<!DOCTYPE html><html><body><form action="/login">Silakan masuk</form></body></html>`
)

// faults lists every failure; refusal writes the platform's own refusal.
func faults(refusal func(string) string) []fault {
	return append(append(transportFaults(), statusFaults(refusal)...), unreadableFaults()...)
}

func transportFaults() []fault {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	slowDial := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	noName := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "lapor.example", IsNotFound: true}}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	return []fault{
		{"connection refused", retry.Transient, retry.Refused, 0, false, unsent(refused)},
		{"no answer to the dial", retry.Transient, retry.Unreachable, 0, false, unsent(slowDial)},
		{"name does not resolve", retry.Transient, retry.DNS, 0, false, unsent(noName)},
		{"time-out, not carried out", retry.Uncertain, retry.Timeout, 0, false, silence(false)},
		{"time-out, carried out", retry.Uncertain, retry.Timeout, 0, true, silence(true)},
		{"connection closed, not carried out", retry.Uncertain, retry.Reset, 0, false, lost(reset, false)},
		{"answer lost", retry.Uncertain, retry.Reset, 0, true, lost(io.EOF, true)},
		{"answer breaks off", retry.Uncertain, retry.Reset, 0, true, brokenOff},
	}
}

func statusFaults(refusal func(string) string) []fault {
	const json = "application/json"
	wait := http.Header{"Retry-After": {"120"}}
	answers := func(status int, kind, body string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
		return instead(false, status, http.Header{"Content-Type": {kind}}, body)
	}
	return []fault{
		{"401 fault", retry.SignIn, retry.SignInFailed, 0, false, answers(401, json, fmt.Sprintf(managerFault, 900901, "Invalid Credentials"))},
		{"401 XML", retry.SignIn, retry.SignInFailed, 0, false, answers(401, "application/xml", managerXML)},
		{"403", retry.SignIn, retry.SignInFailed, 0, false, answers(403, json, `{"code":"900910","message":"The access token does not allow you to access the requested resource"}`)},
		{"404 of the API manager", retry.Transient, retry.Unavailable, 0, false, answers(404, "application/xml", soapFault)},
		{"404 of the API manager 4.x", retry.Transient, retry.Unavailable, 0, false, answers(404, json, managerStatus)},
		{"404 of the platform", retry.Permanent, retry.Rejected, 0, false, answers(404, json, refusal("Tidak ditemukan"))},
		{"422", retry.Permanent, retry.Rejected, 0, false, answers(422, json, refusal("Judul wajib diisi"))},
		{"413 page", retry.Permanent, retry.Rejected, 0, false, answers(413, "text/html", "<h1>413 Request Entity Too Large</h1>")},
		{"429", retry.Transient, retry.Throttled, 0, false, answers(429, "", "")},
		{"429 with Retry-After", retry.Transient, retry.Throttled, 2 * time.Minute, false, instead(false, 429, wait, "")},
		{"503 with Retry-After", retry.Transient, retry.Unavailable, 2 * time.Minute, false, instead(false, 503, wait, fmt.Sprintf(managerFault, 303001, "Suspended"))},
		{"503", retry.Transient, retry.Unavailable, 0, false, answers(503, "text/plain", "away")},
		{"503 of a proxy that lost the platform, not carried out", retry.Uncertain, retry.BadGateway, 0, false, answers(503, "text/plain", lostReply)},
		{"503 of a proxy that lost the platform, carried out", retry.Uncertain, retry.BadGateway, 0, true, instead(true, 503, nil, lostReply)},
		{"503 of a proxy that did not reach the platform", retry.Transient, retry.Unavailable, 0, false, answers(503, "text/plain", unreached)},
		{"302 to a login page", retry.Transient, retry.Unavailable, 0, false, instead(false, 302, http.Header{"Location": {"https://elsewhere.example/login"}}, "")},
		{"500, not carried out", retry.Uncertain, retry.ServerError, 0, false, answers(500, json, refusal("Server Error"))},
		{"500, carried out", retry.Uncertain, retry.ServerError, 0, true, instead(true, 500, nil, refusal("Server Error"))},
		{"502 page, not carried out", retry.Uncertain, retry.BadGateway, 0, false, answers(502, "text/html", errorPage)},
		{"502 page, carried out", retry.Uncertain, retry.BadGateway, 0, true, instead(true, 502, nil, errorPage)},
		{"504, not carried out", retry.Uncertain, retry.BadGateway, 0, false, answers(504, json, fmt.Sprintf(managerFault, 101504, "Send timeout"))},
		{"504, carried out", retry.Uncertain, retry.BadGateway, 0, true, instead(true, 504, nil, "")},
	}
}

func unreadableFaults() []fault {
	answers := func(carried bool, body string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
		return instead(carried, 200, nil, body)
	}
	return []fault{
		{"200, empty", retry.Uncertain, retry.Malformed, 0, true, answers(true, "")},
		{"200, JSON that stops", retry.Uncertain, retry.Malformed, 0, true, answers(true, `{"results":{"compl`)},
		{"200, no id", retry.Uncertain, retry.Malformed, 0, true, answers(true, `{}`)},
		{"200, null", retry.Uncertain, retry.Malformed, 0, true, answers(true, `null`)},
		{"200, something before the JSON", retry.Uncertain, retry.Malformed, 0, true, answers(true, "<br>Warning: x\n{}")},
		{"200, a page of somebody else", retry.Uncertain, retry.Malformed, 0, false, answers(false, loginPage)},
		{"200, endless", retry.Uncertain, retry.Malformed, 0, true, endless},
	}
}

func unsent(err error) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, err }
}

// write does what net/http's transport does: it reads the body and says so to the trace.
func write(r *http.Request) *http.Request {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return again
}

// carry has the request carried out and throws the answer away. The other side does not notice when the client goes.
func carry(r *http.Request, next http.RoundTripper) {
	if answer, err := next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context()))); err == nil {
		_ = answer.Body.Close()
	}
}

func silence(carried bool) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		if r = write(r); carried {
			carry(r, next)
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

func lost(err error, carried bool) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if r = write(r); carried {
			carry(r, next)
		}
		return nil, err
	}
}

func instead(carried bool, status int, header http.Header, body string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if r = write(r); carried {
			carry(r, next)
		}
		return answerWith(r, status, header, io.NopCloser(bytes.NewReader([]byte(body)))), nil
	}
}

func answerWith(r *http.Request, status int, header http.Header, body io.ReadCloser) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		Status: fmt.Sprint(status), StatusCode: status, Header: header.Clone(), Body: body, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}
}

func brokenOff(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	r = write(r)
	carry(r, next)
	body := io.MultiReader(bytes.NewReader([]byte(`{"results":`)), failing{io.ErrUnexpectedEOF})
	return answerWith(r, 200, nil, io.NopCloser(body)), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func endless(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	r = write(r)
	carry(r, next)
	return answerWith(r, 200, nil, io.NopCloser(&blanks{left: 1 << 30})), nil
}

// blanks is a body longer than anybody should read; reading it to its end is a failure of the reader.
type blanks struct{ left int }

func (b *blanks) Read(p []byte) (int, error) {
	if b.left -= len(p); b.left < 1<<29 {
		return 0, errors.New("half a GiB was read without a limit")
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// faulty meets the requests it is meant for with a fault, once or always.
type faulty struct {
	base  http.RoundTripper
	fault fault
	meant func(*http.Request) bool
	once  bool
	met   int
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.meant(r) || f.once && f.met > 0 {
		return f.base.RoundTrip(r)
	}
	f.met++
	return f.fault.meet(r, f.base)
}
