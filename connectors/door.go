package connectors

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/satupintu/satupintu/config"
)

// Door lets in those of a channel's requests that are POSTs, carry its credentials, are not too large and do not come too
// fast. Its errors are *RequestError, but for a line that breaks.
type Door struct {
	keys    Credentials
	rate    config.Rate
	limit   *rate.Limiter
	maxBody int64
}

// NewDoor makes a door for bodies of up to maxBody bytes.
func NewDoor(keys Credentials, most config.Rate, maxBody int64) *Door {
	return &Door{keys, most, rate.NewLimiter(rate.Limit(most), int(max(1, math.Ceil(float64(most))))), maxBody}
}

// Body reads a request's body. Nothing of it is read before what needs none of it is checked.
func (d *Door) Body(r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, refusal(http.StatusMethodNotAllowed, "send complaints with POST")
	}
	if err := d.keys.Early(r, time.Now()); err != nil {
		return nil, err
	}
	body, err := ReadBody(r, d.maxBody)
	if err != nil {
		return nil, err
	}
	if err := d.keys.Check(r, body); err != nil {
		return nil, err
	}
	if !d.limit.Allow() {
		return nil, refusal(http.StatusTooManyRequests, "more than "+d.rate.String()+"; send it again later")
	}
	return body, nil
}

// Authenticate implements Authenticator: a bearer token, or the signature of an empty body.
func (d *Door) Authenticate(r *http.Request) error {
	if err := d.keys.Early(r, time.Now()); err != nil {
		return err
	}
	return d.keys.Check(r, nil)
}

// String says what the door lets in: "of up to 4096 bytes, signed with HMAC-SHA256, within 5m, at most 50/s".
func (d *Door) String() string {
	return fmt.Sprintf("of up to %d bytes, %s, at most %s", d.maxBody, d.keys, d.rate)
}

// ReadBody takes a request's whole body, since a signature needs it, and never more than so many bytes. The error is a
// *RequestError where the sender is to blame.
func ReadBody(r *http.Request, most int64) ([]byte, error) {
	tooLarge := refusal(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes; send fewer complaints or smaller files at a time", most))
	if r.ContentLength > most {
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	var limited *http.MaxBytesError
	switch {
	case errors.As(err, &limited):
		return nil, tooLarge
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refusal(http.StatusBadRequest, "the body ends before its length")
	case err != nil:
		return nil, fmt.Errorf("reading the request: %w", err)
	case int64(len(body)) > most:
		return nil, tooLarge
	}
	return body, nil
}

func refusal(status int, detail string) error { return &RequestError{Status: status, Detail: detail} }
