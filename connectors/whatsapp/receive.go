package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

const signatureHeader = "X-Hub-Signature-256"

// Receive implements connectors.Receiver: Meta's handshake, and its webhooks.
func (n *number) Receive(r *http.Request) (connectors.Received, error) {
	switch r.Method {
	case http.MethodGet:
		return n.handshake(r)
	case http.MethodPost:
	default:
		return connectors.Received{}, refuse(http.StatusMethodNotAllowed, "webhooks come with POST")
	}
	sent, err := signatureOf(r.Header.Get(signatureHeader))
	if err != nil {
		return connectors.Received{}, refuse(http.StatusUnauthorized, signatureHeader+" is missing or not sha256= and 64 hexadecimal digits")
	}
	body, err := connectors.ReadBody(r, n.env.MaxBody)
	if err != nil {
		return connectors.Received{}, err
	}
	if !hmac.Equal(sent, sign(n.settings.AppSecret, body)) {
		return connectors.Received{}, refuse(http.StatusUnauthorized, signatureHeader+" does not fit the body; is app_secret the secret of this app?")
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return connectors.Received{}, refuse(http.StatusUnsupportedMediaType, "webhooks are application/json")
	}
	received, err := n.decode(body)
	if err != nil {
		return connectors.Received{}, err
	}
	received.Told = &connectors.Answer{Type: "text/plain; charset=utf-8", Body: []byte("OK")}
	return received, nil
}

// challengeForm is that of what Meta wants to hear back.
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

func (n *number) handshake(r *http.Request) (connectors.Received, error) {
	asked := r.URL.Query()
	challenge := asked.Get("hub.challenge")
	switch {
	case !n.settings.VerifyToken.Equal(config.NewSecret(asked.Get("hub.verify_token"))):
		return connectors.Received{}, refuse(http.StatusUnauthorized, "hub.verify_token is not the verify_token of the settings")
	case asked.Get("hub.mode") != "subscribe" || !challengeForm.MatchString(challenge):
		return connectors.Received{}, refuse(http.StatusBadRequest, "a handshake has hub.mode=subscribe and a hub.challenge")
	}
	return connectors.Received{Answer: &connectors.Answer{Type: "text/plain; charset=utf-8", Body: []byte(challenge)}}, nil
}

func signatureOf(header string) ([]byte, error) {
	written, ok := strings.CutPrefix(header, "sha256=")
	sum, err := hex.DecodeString(written)
	if err == nil && (!ok || len(sum) != sha256.Size) {
		err = hex.ErrLength
	}
	return sum, err
}

// sign is HMAC-SHA256 over the body as it came.
func sign(secret config.Secret, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	return mac.Sum(nil)
}

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}
