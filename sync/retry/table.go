package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Speaker is who gave an answer: the application we asked, or something in front of it.
type Speaker int

// The speakers. A proxy's 404 says that the way is blocked, the application's that the thing is not there.
const (
	Application Speaker = iota
	Proxy
	PassedOn   // a proxy whose words say that it lost the application after it had passed the request on, or may have
	Doorkeeper // what turns a request away before the application sees it: to sign in, or to the same path elsewhere
)

// Row is one line of the table: what was met, and what it means for the request. Only Transient and Permanent say that it
// was surely not carried out; so does SignIn.
type Row struct {
	Met     string // in words
	Verdict Verdict
	Reason  Reason
}

// Table is everything that can be met in place of a good answer, with what it means. The first line that fits holds.
func Table() []Row {
	var rows []Row
	for _, r := range statusRows() {
		rows = append(rows, r.Row)
	}
	for _, r := range transportRows() {
		rows = append(rows, r.Row)
	}
	return append(rows, unreadable())
}

type statusRow struct {
	Row
	fits func(status int, who Speaker) bool
}

func statusRows() []statusRow {
	from := func(least int) func(int, Speaker) bool {
		return func(status int, _ Speaker) bool { return status >= least }
	}
	oneOf := func(statuses ...int) func(int, Speaker) bool {
		return func(status int, _ Speaker) bool { return slices.Contains(statuses, status) }
	}
	ofProxy := func(statuses ...int) func(int, Speaker) bool {
		return func(status int, who Speaker) bool { return who != Application && slices.Contains(statuses, status) }
	}
	turnedAway := func(statuses ...int) func(int, Speaker) bool {
		return func(status int, who Speaker) bool { return who == Doorkeeper && slices.Contains(statuses, status) }
	}
	passedOn := func(status int) func(int, Speaker) bool {
		return func(met int, who Speaker) bool { return who == PassedOn && met == status }
	}
	return []statusRow{
		{Row{"401, 403, 407", SignIn, SignInFailed}, oneOf(401, 403, 407)},
		{Row{"429", Transient, Throttled}, oneOf(429)},
		{Row{"503 of a proxy that had passed the request on", Uncertain, BadGateway}, passedOn(503)},
		{Row{"any other 503", Transient, Unavailable}, oneOf(503)},
		{Row{"408, 421, 425", Transient, Unavailable}, oneOf(408, 421, 425)},
		{Row{"404, 405, 410 of a proxy: the API is not published just now", Transient, Unavailable}, ofProxy(404, 405, 410)},
		{Row{"502, 504", Uncertain, BadGateway}, oneOf(502, 504)},
		{Row{"500 and other 5xx", Uncertain, ServerError}, from(500)},
		{Row{"460, 499: of a proxy that was waited for no longer, and may have passed the request on", Uncertain, BadGateway}, oneOf(460, 499)},
		{Row{"other 4xx", Permanent, Rejected}, from(400)},
		{Row{"307, 308: to be repeated elsewhere", Transient, Unavailable}, oneOf(307, 308)},
		{Row{"301, 302 to a page to sign in; 301 to the same path elsewhere", Transient, Unavailable}, turnedAway(301, 302)},
		{Row{"other 3xx: never followed, and it may lead to what was made", Uncertain, Malformed}, from(300)},
		{Row{"2xx", Transient, Success}, from(200)},
		{Row{"1xx, which is no final answer", Uncertain, Malformed}, from(0)},
	}
}

func statusRowOf(status int, who Speaker) Row {
	for _, r := range statusRows() {
		if r.fits(status, who) {
			return r.Row
		}
	}
	return unreadable() // a number below zero
}

// unreadable is an answer that came with a 2xx: the request was very likely carried out.
func unreadable() Row {
	return Row{"2xx with an answer that is empty, breaks off, or is not the platform's", Uncertain, Malformed}
}

// FromStatus gives the error of an HTTP answer its verdict, as Table says; a 2xx gives nil. The header is read for
// Retry-After, and for where a redirect leads.
func FromStatus(status int, header http.Header, who Speaker, err error) error {
	if status/100 == 3 && toSignIn(header.Get("Location")) {
		who = Doorkeeper
	}
	row := statusRowOf(status, who)
	if row.Reason == Success {
		return nil
	}
	return &Error{Verdict: row.Verdict, Reason: row.Reason, After: retryAfter(header, time.Now()), Err: err}
}

// UnreadableAnswer is the error of an answer that came with a 2xx and cannot be read.
func UnreadableAnswer(err error) error {
	row := unreadable()
	return &Error{Verdict: row.Verdict, Reason: row.Reason, Err: err}
}

// toSignIn says whether a redirect leads to a page to sign in, by the last word of its path: who is sent there was not let in.
func toSignIn(location string) bool {
	to, err := url.Parse(location)
	if err != nil {
		return false
	}
	page, _, _ := strings.Cut(path.Base(to.Path), ".")
	switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(page)) {
	case "login", "logon", "signin", "masuk", "auth", "authorize", "sso":
		return true
	}
	return false
}

// MostAfter bounds what a peer may ask for, so that a broken clock over there does not silence us for a year.
const MostAfter = 24 * time.Hour

func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) { // then it is the most there is
		return time.Duration(min(max(seconds, 0), int64(MostAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), MostAfter)
	}
	return 0
}

type transportRow struct {
	Row
	wrote bool
	fits  func(error) bool
}

func transportRows() []transportRow {
	cancelled := func(err error) bool { return errors.Is(err, context.Canceled) }
	noName := func(err error) bool { var dns *net.DNSError; return errors.As(err, &dns) }
	nobody := func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
	anything := func(error) bool { return true }
	return []transportRow{
		{Row{"nothing was written: we stopped", Transient, Shutdown}, false, cancelled},
		{Row{"nothing was written: the name does not resolve", Transient, DNS}, false, noName},
		{Row{"nothing was written: nobody listens", Transient, Refused}, false, nobody},
		{Row{"nothing was written: no trusted connection", Transient, TLS}, false, isTLS},
		{Row{"nothing was written: no connection for another cause, or none in time", Transient, Unreachable}, false, anything},
		{Row{"something was written: we stopped", Uncertain, Shutdown}, true, cancelled},
		{Row{"something was written: no answer in time", Uncertain, Timeout}, true, isTimeout},
		{Row{"something was written: the connection broke, for whatever cause", Uncertain, Reset}, true, anything},
	}
}

// FromTransport gives an error of the transport its verdict, as Table says. wrote says whether any part of the request had
// been written to the connection; when it had not, the request was surely not carried out.
func FromTransport(err error, wrote bool) error {
	if err == nil {
		return nil
	}
	row := transportRowOf(err, wrote)
	return &Error{Verdict: row.Verdict, Reason: row.Reason, Err: err}
}

func transportRowOf(err error, wrote bool) Row {
	for _, r := range transportRows() {
		if r.wrote == wrote && r.fits(err) {
			return r.Row
		}
	}
	return Row{Verdict: Uncertain, Reason: Failed} // the last line of either kind fits everything
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func isTLS(err error) bool {
	var (
		record  tls.RecordHeaderError
		verify  *tls.CertificateVerificationError
		alert   tls.AlertError
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
	)
	return errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &alert) ||
		errors.As(err, &invalid) || errors.As(err, &host) || errors.As(err, &unknown)
}

// StatusError is the plain words of an answer that is not a success.
func StatusError(method, path string, status int, words string) error {
	if words == "" {
		words = http.StatusText(status)
	}
	return fmt.Errorf("%s %s: %d %s", method, path, status, words)
}
