package telegram

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// secretHeader carries what was given to setWebhook as secret_token.
const secretHeader = "X-Telegram-Bot-Api-Secret-Token"

// Receive implements connectors.Receiver. A request carries one update. The answer has an empty object for a body: in
// anything more Telegram would look for a method to call.
func (c *connector) Receive(r *http.Request) (connectors.Received, error) {
	if r.Method != http.MethodPost {
		return connectors.Received{}, refuse(http.StatusMethodNotAllowed, "send updates with POST")
	}
	if !config.NewSecret(r.Header.Get(secretHeader)).Equal(c.settings.Secret) {
		return connectors.Received{}, refuse(http.StatusUnauthorized, secretHeader+" is missing or another: give setWebhook the secret of the settings")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return connectors.Received{}, refuse(http.StatusUnsupportedMediaType, "send application/json")
	}
	body, err := c.readBody(r)
	if err != nil {
		return connectors.Received{}, err
	}
	u, err := decode(body)
	if err != nil {
		return connectors.Received{}, refuse(http.StatusBadRequest, err.Error())
	}
	messages, aside := c.take(u, body)
	return connectors.Received{Messages: messages, SetAside: aside, Told: &connectors.Answer{Type: "application/json", Body: []byte("{}")}}, nil
}

// readBody takes the whole body, and never more than the limit.
func (c *connector) readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, c.env.MaxBody+1))
	var limited *http.MaxBytesError
	switch {
	case errors.As(err, &limited) || int64(len(body)) > c.env.MaxBody:
		return nil, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", c.env.MaxBody))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refuse(http.StatusBadRequest, "the body ends before its length")
	case err != nil:
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return body, nil
}

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}
