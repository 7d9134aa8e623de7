package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
)

// The headers of a signed request.
const (
	timestampHeader = "X-Timestamp"
	signatureHeader = "X-Signature"
)

// credentials are what a request is known by: a signature or a bearer token.
type credentials struct {
	secret    config.Secret
	bearer    config.Secret
	tolerance time.Duration
}

func (c credentials) String() string {
	if c.bearer.Set() {
		return "with a bearer token"
	}
	return "signed with HMAC-SHA256, within " + config.Duration(c.tolerance).String()
}

// early checks what needs no body, so that a stranger's is not read.
func (c credentials) early(r *http.Request, now time.Time) error {
	if c.bearer.Set() {
		return c.checkBearer(r.Header.Get("Authorization"))
	}
	seconds, err := strconv.ParseInt(r.Header.Get(timestampHeader), 10, 64)
	if err != nil {
		return denied(timestampHeader + " is missing or not in Unix seconds")
	}
	// Compared as whole seconds: a time.Time would wrap round on an absurd number.
	within := int64(c.tolerance / time.Second)
	if seconds < now.Unix()-within || seconds > now.Unix()+within {
		return denied(timestampHeader + " is too far from our time; check the sender's clock, and sign again before sending again")
	}
	if _, err := signatureOf(r); err != nil {
		return denied(signatureHeader + " is missing or not the hexadecimal form of a SHA-256")
	}
	return nil
}

// check compares the signature; a bearer token was checked early.
func (c credentials) check(r *http.Request, body []byte) error {
	if c.bearer.Set() {
		return nil
	}
	sent, err := signatureOf(r)
	if err != nil || !hmac.Equal(sent, c.sign(r.Header.Get(timestampHeader), body)) {
		return denied(signatureHeader + " does not fit the body and " + timestampHeader)
	}
	return nil
}

func (c credentials) checkBearer(header string) error {
	scheme, token, _ := strings.Cut(header, " ")
	sent, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(c.bearer.Reveal()))
	if !strings.EqualFold(scheme, "Bearer") || !hmac.Equal(sent[:], want[:]) {
		return denied("Authorization: Bearer is missing or holds another token")
	}
	return nil
}

func signatureOf(r *http.Request) ([]byte, error) {
	written := strings.TrimSpace(r.Header.Get(signatureHeader))
	sum, err := hex.DecodeString(strings.TrimPrefix(written, "sha256="))
	if err == nil && len(sum) != sha256.Size {
		err = hex.ErrLength
	}
	return sum, err
}

// sign is HMAC-SHA256 over "<timestamp>.<body>".
func (c credentials) sign(timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(c.secret.Reveal()))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// headers sign a body that goes out.
func (c credentials) headers(body []byte, now time.Time) map[string]string {
	if c.bearer.Set() {
		return map[string]string{"Authorization": "Bearer " + c.bearer.Reveal()}
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return map[string]string{timestampHeader: timestamp, signatureHeader: hex.EncodeToString(c.sign(timestamp, body))}
}

func denied(detail string) error { return refuse(http.StatusUnauthorized, detail) }
