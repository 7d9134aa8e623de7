package telegram

import (
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
	body, err := connectors.ReadBody(r, c.env.MaxBody)
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

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}
