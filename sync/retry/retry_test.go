package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheVerdictSurvivesWrapping(t *testing.T) {
	base := errors.New("base")
	for name, c := range map[string]struct {
		err     error
		verdict Verdict
		reason  Reason
		after   time.Duration
	}{
		"nothing":    {nil, Transient, Success, 0},
		"unmarked":   {base, Transient, Failed, 0},
		"never":      {Never(base), Permanent, Rejected, 0},
		"after":      {After(base, time.Minute), Transient, Throttled, time.Minute},
		"after less": {After(base, -time.Minute), Transient, Throttled, 0},
		"unknown":    {Unknown(base), Uncertain, Failed, 0},
		"denied":     {Denied(base), SignIn, SignInFailed, 0},
		"shutdown":   {context.Canceled, Transient, Shutdown, 0},
		"because":    {Because(Unknown(base), Crashed), Uncertain, Crashed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.err
			if err != nil {
				err = fmt.Errorf("create: %w", fmt.Errorf("post: %w", err))
			}
			got := Of(err)
			if got.Verdict != c.verdict || got.Reason != c.reason || got.After != c.after {
				t.Errorf("got %s, %s, %s", got.Verdict, got.Reason, got.After)
			}
			if c.err != nil && c.err != context.Canceled && !errors.Is(err, base) {
				t.Error("the cause is lost")
			}
		})
	}
}

func speakers() []Speaker { return []Speaker{Application, Proxy, PassedOn, Doorkeeper} }

// The whole table of statuses, each by its number, so that no one can be forgotten or drift.
func TestEveryStatus(t *testing.T) {
	signIn := []int{401, 403, 407}
	transient := []int{408, 421, 425, 429, 503}
	uncertain := []int{100, 101, 102, 103, 199, 300, 301, 302, 303, 304, 460, 499}
	for status := 100; status < 600; status++ {
		for _, who := range speakers() {
			want := Permanent
			switch {
			case who == PassedOn && status == 503:
				want = Uncertain
			case slices.Contains(signIn, status):
				want = SignIn
			case slices.Contains(transient, status), status == 307, status == 308:
				want = Transient
			case who == Doorkeeper && (status == 301 || status == 302):
				want = Transient
			case status >= 500, slices.Contains(uncertain, status), status < 400:
				want = Uncertain
			case who != Application && (status == 404 || status == 405 || status == 410):
				want = Transient
			}
			err := FromStatus(status, nil, who, errors.New("answer"))
			if status >= 200 && status < 300 {
				if err != nil {
					t.Errorf("%d is an error: %v", status, err)
				}
				continue
			}
			if got := Of(err); got.Verdict != want || !slices.Contains(Reasons(), got.Reason) || got.Reason == Success {
				t.Errorf("%d from speaker %d: %s (%s), want %s", status, who, got.Verdict, got.Reason, want)
			}
		}
	}
}

func TestReasonsOfStatuses(t *testing.T) {
	for status, want := range map[int]Reason{
		400: Rejected, 401: SignInFailed, 403: SignInFailed, 413: Rejected, 422: Rejected, 429: Throttled,
		500: ServerError, 502: BadGateway, 503: Unavailable, 504: BadGateway, 302: Malformed,
		303: Malformed, 307: Unavailable, 460: BadGateway, 499: BadGateway,
	} {
		if got := Of(FromStatus(status, nil, Application, errors.New("x"))).Reason; got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
	if got := Of(FromStatus(503, nil, PassedOn, errors.New("x"))).Reason; got != BadGateway {
		t.Errorf("503 of a proxy that had passed the request on: %s, want %s", got, BadGateway)
	}
}

// Who made something may answer with where it is (Post/Redirect/Get); who is sent to sign in was not let in.
func TestOnlyARedirectToSignInWasSurelyNotCarriedOut(t *testing.T) {
	for location, signIn := range map[string]bool{
		"https://lapor.example/login":                             true,
		"/login.php?next=%2Fcomplaints":                           true,
		"https://sso.natuna.example/realms/x/openid-connect/auth": true,
		"../users/sign_in":                                        true,
		"https://lapor.example/oauth2/authorize?client_id=1":      true,
		"/Masuk/": true,
		"":        false,
		"/":       false,
		"https://lapor.example/complaints/10000001":                 false,
		"http://10.0.0.5:8080/complaints/10000001":                  false,
		"/complaints?after=login":                                   false,
		"/login/complaints":                                         false,
		"https://lapor.example/complaints/masuk-angin-di-ranai.php": false,
		"://%zz/login":                                              false,
	} {
		for status, want := range map[int]Verdict{301: Transient, 302: Transient, 303: Uncertain, 307: Transient, 308: Transient} {
			if !signIn && status <= 303 {
				want = Uncertain
			}
			if got := Of(FromStatus(status, http.Header{"Location": {location}}, Application, errors.New("x"))); got.Verdict != want {
				t.Errorf("%d to %q: %s, want %s", status, location, got.Verdict, want)
			}
		}
	}
}

func TestWhereAnAnswerLeadsCountsOnlyOfARedirect(t *testing.T) {
	for _, status := range []int{404, 500, 503} {
		for _, who := range speakers() {
			got := Of(FromStatus(status, http.Header{"Location": {"/login"}}, who, errors.New("x")))
			if want := Of(FromStatus(status, nil, who, errors.New("x"))); got.Verdict != want.Verdict || got.Reason != want.Reason {
				t.Errorf("%d from speaker %d: %s (%s), want %s (%s)", status, who, got.Verdict, got.Reason, want.Verdict, want.Reason)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"120":                           2 * time.Minute,
		"-5":                            0,
		"99999999":                      24 * time.Hour,
		"2147483648":                    24 * time.Hour,
		"9223372036854775807":           24 * time.Hour,
		"99999999999999999999":          24 * time.Hour,
		"-99999999999999999999":         0,
		"60.5":                          0,
		"soon":                          0,
		"Tue, 24 Nov 2026 08:00:30 GMT": 30 * time.Second,
		"Tue, 24 Nov 2026 07:00:00 GMT": 0,
		"Tue, 24 Nov 2099 07:00:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestTransportErrors(t *testing.T) {
	op := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for name, c := range map[string]struct {
		err    error
		unsent Reason
		sent   Reason
	}{
		"refused":     {err: op(os.NewSyscallError("connect", syscall.ECONNREFUSED)), unsent: Refused, sent: Reset},
		"dns":         {err: op(&net.DNSError{Err: "no such host", Name: "lapor.example"}), unsent: DNS, sent: Reset},
		"tls record":  {err: tls.RecordHeaderError{Msg: "not TLS"}, unsent: TLS, sent: Reset},
		"certificate": {err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, unsent: TLS, sent: Reset},
		"time-out":    {err: context.DeadlineExceeded, unsent: Unreachable, sent: Timeout},
		"net timeout": {err: op(os.ErrDeadlineExceeded), unsent: Unreachable, sent: Timeout},
		"reset":       {err: op(syscall.ECONNRESET), unsent: Unreachable, sent: Reset},
		"eof":         {err: io.ErrUnexpectedEOF, unsent: Unreachable, sent: Reset},
		"cancelled":   {err: context.Canceled, unsent: Shutdown, sent: Shutdown},
	} {
		t.Run(name, func(t *testing.T) {
			wrapped := fmt.Errorf("post: %w", c.err)
			if got := Of(FromTransport(wrapped, false)); got.Verdict != Transient || got.Reason != c.unsent {
				t.Errorf("not written: %s (%s), want transient (%s)", got.Verdict, got.Reason, c.unsent)
			}
			if got := Of(FromTransport(wrapped, true)); got.Verdict != Uncertain || got.Reason != c.sent {
				t.Errorf("written: %s (%s), want uncertain (%s)", got.Verdict, got.Reason, c.sent)
			}
		})
	}
	if FromTransport(nil, true) != nil {
		t.Error("no error became one")
	}
}

func TestAnUnreadableAnswerIsUncertain(t *testing.T) {
	if got := Of(UnreadableAnswer(errors.New("not JSON"))); got.Verdict != Uncertain || got.Reason != Malformed {
		t.Errorf("got %s (%s)", got.Verdict, got.Reason)
	}
}

func TestBackoffStaysWithinItsBounds(t *testing.T) {
	b := Backoff{First: 30 * time.Second, Max: 6 * time.Hour, Factor: 2, Jitter: 0.2}
	rapid.Check(t, func(t *rapid.T) {
		attempt := rapid.IntRange(0, 10_000).Draw(t, "attempt")
		asked := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "asked"))
		got := b.Delay(attempt, asked)
		if got < asked || got < 24*time.Second || got > max(asked, time.Duration(float64(b.Max)*1.2)) {
			t.Fatalf("Delay(%d, %s) = %s", attempt, asked, got)
		}
	})
	plain := Backoff{First: time.Second, Max: 10 * time.Second, Factor: 2}
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 5: 10 * time.Second} {
		if got := plain.Delay(attempt, 0); got != want {
			t.Errorf("attempt %d: %s, want %s", attempt, got, want)
		}
	}
}

// The table is whole: every line of it is reached, and nothing that can be met falls between them.
func TestEveryLineOfTheTableIsReached(t *testing.T) {
	reached := map[Row]bool{unreadable(): true}
	for status := 0; status < 1000; status++ {
		for _, who := range speakers() {
			reached[statusRowOf(status, who)] = true
		}
	}
	dial := func(err error) error { return fmt.Errorf("post: %w", &net.OpError{Op: "dial", Err: err}) }
	for _, err := range []error{
		context.Canceled, context.DeadlineExceeded, dial(&net.DNSError{}), dial(syscall.ECONNREFUSED),
		&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, io.EOF, errors.New("what nobody thought of"),
	} {
		for _, wrote := range []bool{false, true} {
			row := transportRowOf(err, wrote)
			reached[row] = true
			if wrote != (row.Verdict == Uncertain) {
				t.Errorf("%v, written %t: %s", err, wrote, row.Verdict)
			}
		}
	}
	for _, row := range Table() {
		if !reached[row] {
			t.Errorf("nothing reaches %q", row.Met)
		}
		delete(reached, row)
		if !slices.Contains(Reasons(), row.Reason) {
			t.Errorf("%q has the reason %q, which is none", row.Met, row.Reason)
		}
	}
	for row := range reached {
		t.Errorf("%+v is met and stands in no line", row)
	}
}
