package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// Speaker is who gave an answer: the application we asked, or something in front of it.
type Speaker int

// The speakers. A proxy's 404 says that the way is blocked, the application's that the thing is not there.
const (
	Application Speaker = iota
	Proxy
)

type verdictRow struct {
	verdict Verdict
	reason  Reason
}

// statusRow is the one table of HTTP statuses. What it does not name falls to its class.
func statusRow(status int, who Speaker) verdictRow {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return verdictRow{SignIn, SignInFailed}
	case status == http.StatusTooManyRequests:
		return verdictRow{Transient, Throttled}
	case status == http.StatusServiceUnavailable:
		return verdictRow{Transient, Unavailable}
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusMisdirectedRequest:
		return verdictRow{Transient, Unavailable}
	case who == Proxy && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone):
		return verdictRow{Transient, Unavailable}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return verdictRow{Uncertain, BadGateway}
	case status >= 500:
		return verdictRow{Uncertain, ServerError}
	case status >= 400:
		return verdictRow{Permanent, Rejected}
	case status >= 300: // redirects are never followed: a POST would arrive as a GET
		return verdictRow{Transient, Unavailable}
	case status >= 200:
		return verdictRow{Transient, Success}
	default: // 1xx is no final answer
		return verdictRow{Uncertain, Malformed}
	}
}

// FromStatus gives the error of an HTTP answer its verdict; a 2xx gives nil. The header is read for Retry-After.
//
//	401 403 407         sign-in: the whole platform is paused
//	429 503 408 421 425 transient: surely not carried out
//	404 405 410         permanent from the application, transient from a proxy (the API is not published just now)
//	other 4xx           permanent
//	500 502 504 5xx     uncertain: it may have been carried out before the answer went wrong
//	3xx                 transient: we do not follow, so nothing was carried out
func FromStatus(status int, header http.Header, who Speaker, err error) error {
	row := statusRow(status, who)
	if row.reason == Success {
		return nil
	}
	return &Error{Verdict: row.verdict, Reason: row.reason, After: retryAfter(header, time.Now()), Err: err}
}

// UnreadableAnswer is the error of an answer that came with a 2xx and cannot be read: the request was very likely
// carried out.
func UnreadableAnswer(err error) error {
	return &Error{Verdict: Uncertain, Reason: Malformed, Err: err}
}

// mostRetryAfter bounds what a peer may ask for, so that a broken clock over there does not silence us for a year.
const mostRetryAfter = 24 * time.Hour

func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return min(max(time.Duration(seconds)*time.Second, 0), mostRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), mostRetryAfter)
	}
	return 0
}

// FromTransport gives an error of the transport its verdict. wrote says whether any part of the request had been
// written to the connection; when it had not, the request was surely not carried out.
//
//	not written: refused, DNS, TLS, no route, dial time-out, cancelled   transient
//	written:     time-out, reset, end of file, cancelled, anything else  uncertain
func FromTransport(err error, wrote bool) error {
	if err == nil {
		return nil
	}
	reason := transportReason(err, wrote)
	if wrote {
		return &Error{Verdict: Uncertain, Reason: reason, Err: err}
	}
	return &Error{Verdict: Transient, Reason: reason, Err: err}
}

func transportReason(err error, wrote bool) Reason {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return Shutdown
	case isTimeout(err) && wrote:
		return Timeout
	case wrote:
		return Reset
	case errors.As(err, &dns):
		return DNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case isTLS(err):
		return TLS
	default:
		return Unreachable
	}
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
