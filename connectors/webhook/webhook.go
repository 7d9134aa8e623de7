package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// hook is one open webhook. It keeps nothing but the count of recent requests.
type hook struct {
	settings *Settings
	env      connectors.Env
	mapper   *connectors.Mapper
	keys     connectors.Credentials
	door     *connectors.Door
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
	h := &hook{settings: s, env: env, mapper: mapper, keys: s.credentials()}
	h.door = connectors.NewDoor(h.keys, s.Rate, env.MaxBody)
	connector := connectors.Connector{Receive: h, Authenticate: h.door, Check: h}
	if s.Callback != "" {
		connector.WriteStatus = newCallback(h)
	}
	return connector, nil
}

// Receive implements connectors.Receiver. Nothing of a request is decoded before its sender is known, and no file is
// kept before all of its complaints are fit.
func (h *hook) Receive(r *http.Request) (connectors.Received, error) {
	body, err := h.door.Body(r)
	if err != nil {
		return connectors.Received{}, err
	}
	sent, err := h.decode(r.Header, body)
	if err != nil {
		return connectors.Received{}, err
	}
	return h.translate(r.Context(), sent)
}

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}

// Check implements connectors.Checker.
func (h *hook) Check(ctx context.Context) (string, error) {
	said := "takes JSON and forms " + h.door.String()
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
