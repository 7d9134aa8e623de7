package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// api calls the methods of the Bot API. The token is part of every address: an address is never put into an error.
type api struct {
	client *resty.Client
	server string
	token  config.Secret
}

func newAPI(env connectors.Env, s *Settings, timeout time.Duration) *api {
	return &api{connectors.NewClient(env.Transport, timeout), strings.TrimRight(s.BaseURL, "/"), s.Token}
}

// reply is what every method answers.
type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`        // seconds
		MovedTo    int64 `json:"migrate_to_chat_id"` // the supergroup that a group became
	} `json:"parameters"`
}

// call calls a method and reads its result. Errors carry their verdict.
func (a *api) call(ctx context.Context, method string, params, result any) error {
	answer, err := connectors.Do(ctx, a.client.R().SetBody(params), http.MethodPost, a.server+"/bot"+a.token.Reveal()+"/"+method)
	if answer == nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	var r reply
	unread := json.Unmarshal(answer.Body(), &r)
	switch {
	case unread == nil && !r.OK && r.Code >= 400:
		return fmt.Errorf("%s: %w", method, refused(r))
	case err != nil:
		return notTelegrams(answer, fmt.Errorf("%s: %w", method, err))
	case unread != nil || !r.OK || json.Unmarshal(r.Result, result) != nil:
		return retry.UnreadableAnswer(fmt.Errorf("%s: the answer is not Telegram's: does something on the way answer in its place?", method))
	}
	return nil
}

// notTelegrams gives an answer that is not the Bot API's its verdict: a proxy's, or a page that a provider puts in its
// place. Such a no is never for good: it says nothing of the person or the file.
func notTelegrams(answer *resty.Response, err error) error {
	err = retry.FromStatus(answer.StatusCode(), answer.Header(), retry.Proxy, err)
	if retry.Of(err).Verdict == retry.Permanent {
		return later(err)
	}
	return err
}

// open begins to download a file. The caller closes the body. Its length is -1 where it is not told.
func (a *api) open(ctx context.Context, path string) (*http.Response, error) {
	address, err := url.JoinPath(a.server, "file", "bot"+a.token.Reveal(), path)
	if err != nil {
		return nil, retry.UnreadableAnswer(errors.New("getFile: the path is none"))
	}
	answer, err := connectors.Do(ctx, a.client.R().SetDoNotParseResponse(true), http.MethodGet, address)
	if answer == nil {
		return nil, err
	}
	if err != nil {
		_ = answer.RawBody().Close()          // what an error page says is of no use
		return nil, notTelegrams(answer, err) // where the link ran out, the next fetch makes another
	}
	return answer.RawResponse, nil
}

// refusal is an answer of the Bot API that says no, in our words: the API's own may quote what a person wrote.
type refusal struct {
	code  int
	says  string // a part of the description
	words string
	mark  func(error) error
}

// later marks what is refused now and may be granted later.
func later(err error) error {
	return &retry.Error{Verdict: retry.Transient, Reason: retry.Unavailable, Err: err}
}

const unknownToken = "Telegram does not know this bot: the token was revoked or mistyped; take it from @BotFather"

// refusals are those that mean more than their code does. The first that fits holds.
func refusals() []refusal {
	return []refusal{
		{401, "", unknownToken, retry.Denied},
		{404, "Not Found", unknownToken, retry.Denied}, // what a token that never was is answered with
		{409, "webhook", "a webhook is set for this bot, and Telegram gives updates one way only: delete it with deleteWebhook, or set secret here", later},
		{409, "", "another program asks for this bot's updates with the same token: stop it, or give each a bot of its own", later},
		{403, "blocked by the user", "the person has blocked the bot", retry.Never},
		{403, "user is deactivated", "the person's account is no more", retry.Never},
		{403, "can't initiate conversation", "the person has never written to the bot", retry.Never},
		{403, "kicked", "the bot was removed from the group", retry.Never},
		{403, "was deleted", "the group was deleted", retry.Never},
		{403, "not a member", "the bot is not in the group", retry.Never},
		{400, "chat not found", "there is no such chat", retry.Never},
		{400, "upgraded to a supergroup", "the group has another id since it became a supergroup: put that into groups", retry.Never},
		{400, "file is too big", "the file is larger than Telegram hands out", retry.Never},
		{400, "temporarily unavailable", "the file is not at hand just now", later},
	}
}

// moved is a refusal because the group is a supergroup now, which has another id.
type moved struct {
	to int64
	error
}

func (m *moved) Unwrap() error { return m.error }

func refused(r reply) error {
	if r.Code == http.StatusTooManyRequests {
		return retry.After(errors.New("429: Telegram asks us to slow down"), time.Duration(min(max(r.Parameters.RetryAfter, 0), 86400))*time.Second)
	}
	for _, one := range refusals() {
		if r.Code == one.code && strings.Contains(r.Description, one.says) {
			err := one.mark(fmt.Errorf("%d: %s", r.Code, one.words))
			if to := r.Parameters.MovedTo; to != 0 {
				return &moved{to, err}
			}
			return err
		}
	}
	return retry.FromStatus(r.Code, nil, retry.Application, fmt.Errorf("Telegram answers %d %s", r.Code, http.StatusText(r.Code)))
}
