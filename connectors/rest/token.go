package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// tokens asks for tokens by OAuth 2.0 client credentials (RFC 6749, 4.4), and keeps the last one while it is good.
type tokens struct {
	settings OAuth2
	client   *resty.Client
	turn     chan struct{} // one asks at a time; holds one value while nobody does
	token    string        // behind turn, as what follows
	until    time.Time
}

// early is how long before its end a token is no longer used; lasting is how long one is that does not say.
const (
	early   = 30 * time.Second
	lasting = 5 * time.Minute
)

func newTokens(settings OAuth2, client *resty.Client) *tokens {
	t := &tokens{settings: settings, client: client, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// get returns a token that is good.
func (t *tokens) get(ctx context.Context) (string, error) {
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if t.token != "" && time.Now().Before(t.until) {
		return t.token, nil
	}
	token, lasts, err := t.ask(ctx)
	if err != nil {
		return "", err
	}
	t.token, t.until = token, time.Now().Add(lasts)
	return token, nil
}

// drop forgets a token that was refused, unless another one took its place.
func (t *tokens) drop(token string) {
	<-t.turn
	defer func() { t.turn <- struct{}{} }()
	if t.token == token {
		t.token = ""
	}
}

func (t *tokens) ask(ctx context.Context) (token string, lasts time.Duration, err error) {
	form := map[string]string{"grant_type": "client_credentials"}
	if t.settings.Scope != "" {
		form["scope"] = t.settings.Scope
	}
	request := t.client.R().SetHeader("Accept", jsonType)
	if t.settings.In == inBody {
		form["client_id"], form["client_secret"] = t.settings.ClientID, t.settings.ClientSecret.Reveal()
	} else { // encoded as in a form: RFC 6749, 2.3.1
		request.SetBasicAuth(url.QueryEscape(t.settings.ClientID), url.QueryEscape(t.settings.ClientSecret.Reveal()))
	}
	answer, err := connectors.Do(ctx, request.SetFormData(form), http.MethodPost, t.settings.TokenURL)
	if err != nil {
		if answer != nil && answer.StatusCode() == http.StatusBadRequest { // so a wrong name or secret is told: RFC 6749, 5.2
			return "", 0, retry.Denied(err)
		}
		return "", 0, err
	}
	var given struct {
		Token string  `json:"access_token"`
		Lasts float64 `json:"expires_in"`
	}
	if err := json.Unmarshal(answer.Body(), &given); err != nil || given.Token == "" {
		return "", 0, retry.Because(errors.New("the answer holds no access_token"), retry.Malformed)
	}
	lasts = lasting
	if given.Lasts > 0 && given.Lasts < 1e9 {
		lasts = time.Duration(given.Lasts * float64(time.Second))
	}
	return given.Token, max(lasts-early, 0), nil
}
