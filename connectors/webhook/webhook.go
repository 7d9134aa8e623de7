package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// hook is one open webhook. It keeps nothing but the count of recent requests.
type hook struct {
	settings *Settings
	env      connectors.Env
	mapper   *connectors.Mapper
	keys     credentials
	limit    *rate.Limiter
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	s, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("webhook: opened with settings of %T", settings)
	}
	mapper, err := s.Map.Compile(env.Zone)
	if err != nil {
		return connectors.Connector{}, err
	}
	h := &hook{
		settings: s, env: env, mapper: mapper,
		keys:  credentials{secret: s.Secret, bearer: s.Bearer, tolerance: s.Tolerance.D()},
		limit: rate.NewLimiter(rate.Limit(s.Rate), int(max(1, math.Ceil(float64(s.Rate))))),
	}
	connector := connectors.Connector{Receive: h, Authenticate: h, Check: h}
	if s.Callback != "" {
		connector.WriteStatus = newCallback(h)
	}
	return connector, nil
}

// Receive implements connectors.Receiver. Nothing of a request is decoded before its sender is known, and no file is
// kept before all of its complaints are fit.
func (h *hook) Receive(r *http.Request) (connectors.Received, error) {
	if r.Method != http.MethodPost {
		return connectors.Received{}, refuse(http.StatusMethodNotAllowed, "send complaints with POST")
	}
	if err := h.keys.early(r, time.Now()); err != nil {
		return connectors.Received{}, err
	}
	body, err := h.read(r)
	if err != nil {
		return connectors.Received{}, err
	}
	if err := h.keys.check(r, body); err != nil {
		return connectors.Received{}, err
	}
	if !h.limit.Allow() {
		return connectors.Received{}, refuse(http.StatusTooManyRequests, "more than "+h.settings.Rate.String()+"; send it again later")
	}
	sent, err := h.decode(r.Header, body)
	if err != nil {
		return connectors.Received{}, err
	}
	return h.translate(r.Context(), sent)
}

// Authenticate implements connectors.Authenticator: a bearer token, or the signature of an empty body.
func (h *hook) Authenticate(r *http.Request) error {
	if err := h.keys.early(r, time.Now()); err != nil {
		return err
	}
	return h.keys.check(r, nil)
}

// read takes the whole body, since the signature needs it, and never more than the limit.
func (h *hook) read(r *http.Request) ([]byte, error) {
	if r.ContentLength > h.env.MaxBody {
		return nil, h.tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, h.env.MaxBody+1))
	var limited *http.MaxBytesError
	switch {
	case errors.As(err, &limited):
		return nil, h.tooLarge()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refuse(http.StatusBadRequest, "the body ends before its length")
	case err != nil:
		return nil, fmt.Errorf("reading the request: %w", err)
	case int64(len(body)) > h.env.MaxBody:
		return nil, h.tooLarge()
	}
	return body, nil
}

func (h *hook) tooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes; send fewer complaints or smaller files at a time", h.env.MaxBody))
}

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}

// Check implements connectors.Checker.
func (h *hook) Check(ctx context.Context) (string, error) {
	said := fmt.Sprintf("takes JSON and forms of up to %d bytes, %s, at most %s", h.env.MaxBody, h.keys, h.settings.Rate)
	if h.settings.Callback == "" {
		return said + "; no callback: statuses are not sent", nil
	}
	address, err := url.Parse(h.settings.Callback)
	if err != nil {
		return said, errors.New("the callback is not an address")
	}
	client := connectors.NewClient(h.env.Transport, callbackTimeout)
	answer, err := connectors.Do(ctx, client.R(), http.MethodHead, address.String())
	if answer == nil {
		return said, fmt.Errorf("the callback cannot be reached: %w", err)
	}
	said += fmt.Sprintf("; statuses go to %s, which answers", address.Host)
	if address.Scheme == "http" {
		said += " (not encrypted: use https)"
	}
	return said, nil
}
