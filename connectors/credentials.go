package connectors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/satupintu/satupintu/config"
)

// The headers of a signed request.
const (
	TimestampHeader = "X-Timestamp" // Unix seconds
	SignatureHeader = "X-Signature" // hexadecimal
)

// Credentials are what a channel's requests are known by, and ours to it: a signature or a bearer token. Only one of Secret
// and Bearer is set.
type Credentials struct {
	Secret    config.Secret // of the HMAC-SHA256 that signs each request
	Bearer    config.Secret
	Tolerance time.Duration // how far a signed request's time may lie from our clock
}

// Faults says what is wrong with the settings, one *config.FieldError for each thing. prefix stands before their names.
func (c Credentials) Faults(prefix string) []error {
	var errs []error
	wrong := func(field, reason string) {
		errs = append(errs, &config.FieldError{Field: prefix + field, Reason: reason})
	}
	switch {
	case c.Secret.Set() && c.Bearer.Set():
		wrong("bearer", "is given beside secret; keep one of them")
	case !c.Secret.Set() && !c.Bearer.Set():
		wrong("secret", "is missing: give secret for signed requests, or bearer for a token")
	}
	for field, secret := range map[string]config.Secret{"secret": c.Secret, "bearer": c.Bearer} {
		if weak := Weak(secret); weak != "" {
			wrong(field, weak)
		}
	}
	if c.Tolerance <= 0 {
		wrong("tolerance", "must be above zero")
	}
	return errs
}

// leastSecret is how many characters keep guessers out: openssl rand -hex 32 makes 64.
const leastSecret = 16

// Weak says why a secret keeps nobody out; empty: it does, or is not set.
func Weak(secret config.Secret) string {
	switch text := secret.Reveal(); {
	case !secret.Set():
		return ""
	case strings.ContainsFunc(text, unicode.IsSpace):
		return "holds blanks: make one with openssl rand -hex 32"
	case len(text) < leastSecret:
		return fmt.Sprintf("is shorter than %d characters, and nothing else keeps strangers out: make one with openssl rand -hex 32", leastSecret)
	}
	return ""
}

// String says how requests are known, in words.
func (c Credentials) String() string {
	if c.Bearer.Set() {
		return "with a bearer token"
	}
	return "signed with HMAC-SHA256, within " + config.Duration(c.Tolerance).String()
}

// Early checks what needs no body, so that a stranger's is not read.
func (c Credentials) Early(r *http.Request, now time.Time) error {
	if c.Bearer.Set() {
		return c.checkBearer(r.Header.Get("Authorization"))
	}
	seconds, err := strconv.ParseInt(r.Header.Get(TimestampHeader), 10, 64)
	if err != nil {
		return denied(TimestampHeader + " is missing or not in Unix seconds")
	}
	// Compared as whole seconds: a time.Time would wrap round on an absurd number.
	within := int64(c.Tolerance / time.Second)
	if seconds < now.Unix()-within || seconds > now.Unix()+within {
		return denied(TimestampHeader + " is too far from our time; check the sender's clock, and sign again before sending again")
	}
	if _, err := sentSignature(r); err != nil {
		return denied(SignatureHeader + " is missing or not the hexadecimal form of a SHA-256")
	}
	return nil
}

// Check compares the signature; a bearer token was checked early.
func (c Credentials) Check(r *http.Request, body []byte) error {
	if c.Bearer.Set() {
		return nil
	}
	sent, err := sentSignature(r)
	if err != nil || !hmac.Equal(sent, c.Sign(r.Header.Get(TimestampHeader), body)) {
		return denied(SignatureHeader + " does not fit the body and " + TimestampHeader)
	}
	return nil
}

func (c Credentials) checkBearer(header string) error {
	scheme, token, _ := strings.Cut(header, " ")
	sent, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(c.Bearer.Reveal()))
	if !strings.EqualFold(scheme, "Bearer") || !hmac.Equal(sent[:], want[:]) {
		return denied("Authorization: Bearer is missing or holds another token")
	}
	return nil
}

func sentSignature(r *http.Request) ([]byte, error) {
	written := strings.TrimSpace(r.Header.Get(SignatureHeader))
	sum, err := hex.DecodeString(strings.TrimPrefix(written, "sha256="))
	if err == nil && len(sum) != sha256.Size {
		err = hex.ErrLength
	}
	return sum, err
}

// Sign is HMAC-SHA256 over "<timestamp>.<body>".
func (c Credentials) Sign(timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(c.Secret.Reveal()))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Headers sign a body that goes out.
func (c Credentials) Headers(body []byte, now time.Time) map[string]string {
	if c.Bearer.Set() {
		return map[string]string{"Authorization": "Bearer " + c.Bearer.Reveal()}
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return map[string]string{TimestampHeader: timestamp, SignatureHeader: hex.EncodeToString(c.Sign(timestamp, body))}
}

func denied(detail string) error { return refusal(http.StatusUnauthorized, detail) }
