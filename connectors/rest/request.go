package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// page is one answer of the list.
type page struct {
	answer
	clock time.Time // the server's, or ours where it says none or a later one
}

// ask asks for the walk's next page. Past the first one, an answer may mean that there is no such page.
func (r *reading) ask(ctx context.Context) (page, ending, error) {
	w := r.note.Walk
	address, err := r.place(w)
	if err != nil {
		return page{}, goesOn, err
	}
	got, err := r.send(ctx, http.MethodGet, address, nil)
	if err != nil {
		if end := r.pastTheEnd(w, got); end != goesOn {
			return page{}, end, nil
		}
		return page{}, goesOn, tooLarge(err)
	}
	read := page{clock: connectors.ClockOf(got)}
	if got.StatusCode() == http.StatusNoContent {
		read.total = -1
		return read, goesOn, nil
	}
	if read.answer, err = r.decode(got.Body()); err != nil {
		return page{}, goesOn, retry.Because(err, retry.Malformed)
	}
	return read, goesOn, nil
}

func tooLarge(err error) error {
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		return errors.New("the answer is larger than 32 MiB: ask for fewer items at a time (paging.limit, paging.size)")
	}
	return err
}

// pastTheEnd says what a refusal of a page means: servers answer 404 past the end, and other refusals at a cap of theirs. A
// cursor or link that is refused was good once.
func (r *reading) pastTheEnd(w *walk, got *resty.Response) ending {
	if got == nil || w.Pages == 0 {
		return goesOn
	}
	status, byNumber := got.StatusCode(), r.settings.Paging.Style == byPage || r.settings.Paging.Style == byOffset
	switch status {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusGone, http.StatusUnprocessableEntity, http.StatusRequestedRangeNotSatisfiable:
		if !byNumber {
			return broken
		}
		if status == http.StatusNotFound {
			return atEnd
		}
		r.log.Warn("the server refuses a further page; what may lie behind is not read", "page", w.Pages+1, "status", status)
		return cutShort
	}
	return goesOn
}

// place is the address of the walk's next page.
func (r *reading) place(w *walk) (string, error) {
	s := r.settings
	if s.Paging.Style == byNext && w.At != "" {
		return r.onOurHost(w.At)
	}
	at, turn := *r.base, map[string]string{}
	if s.Paging.Limit != "" {
		turn[s.Paging.Limit] = strconv.Itoa(s.Paging.Size)
	}
	switch s.Paging.Style {
	case byPage, byOffset:
		turn[s.Paging.Param] = w.At
	case byCursor:
		if w.At != "" {
			turn[s.Paging.Param] = w.At
		}
	case byGrowing:
		turn[s.Paging.Limit] = w.At
	}
	if w.Asked {
		turn[s.Since.Param] = r.asked(r.note.Low)
	}
	at.RawQuery = connectors.QueryOf(at.Query(), s.Query, turn)
	return at.String(), nil
}

// onOurHost is a next link on the server that the settings name. Behind a proxy a server may write http, or another port, in
// its links; it is asked the way we know. Another server is never asked.
func (r *reading) onOurHost(link string) (string, error) {
	at, err := r.base.Parse(link)
	if err != nil {
		return "", errors.New("the next link is no address")
	}
	if !strings.EqualFold(at.Hostname(), r.base.Hostname()) {
		return "", fmt.Errorf("the next link leads to another server, %s, which is not asked", at.Hostname())
	}
	ours := *r.base
	ours.Path, ours.RawPath, ours.RawQuery = at.Path, at.RawPath, at.RawQuery
	return ours.String(), nil
}

// withoutKey takes our key out of a next link, before it is kept.
func (c *connector) withoutKey(link string) string {
	key := c.settings.Auth.Key
	at, err := url.Parse(link)
	if err != nil || key.In != inQuery || !at.Query().Has(key.Name) {
		return link
	}
	query := at.Query()
	query.Del(key.Name)
	at.RawQuery = query.Encode()
	return at.String()
}

// send sends a request to the list's server, signed in. A token that is refused is renewed, once.
func (c *connector) send(ctx context.Context, method, address string, prepare func(*resty.Request)) (*resty.Response, error) {
	for renewed := false; ; renewed = true {
		request := c.client.R().SetHeader("Accept", jsonType)
		if prepare != nil {
			prepare(request)
		}
		for name, value := range c.settings.Headers {
			request.SetHeader(name, value.Reveal())
		}
		token, err := c.signIn(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("sign in: %w", err)
		}
		got, err := connectors.Do(ctx, request, method, address)
		if got == nil || got.StatusCode() != http.StatusUnauthorized || token == "" || renewed {
			return got, err
		}
		c.tokens.drop(token)
	}
}

// signIn puts our credentials on a request. With OAuth 2.0 it returns the token.
func (c *connector) signIn(ctx context.Context, request *resty.Request) (token string, err error) {
	auth := c.settings.Auth
	switch {
	case auth.Bearer.Set():
		request.SetHeader("Authorization", "Bearer "+auth.Bearer.Reveal())
	case auth.Basic.User != "":
		request.SetBasicAuth(auth.Basic.User, auth.Basic.Password.Reveal())
	case auth.Key.Value.Set() && auth.Key.In == inQuery:
		request.SetQueryParam(auth.Key.Name, auth.Key.Prefix+auth.Key.Value.Reveal())
	case auth.Key.Value.Set():
		request.SetHeader(auth.Key.Name, auth.Key.Prefix+auth.Key.Value.Reveal())
	case auth.OAuth2.TokenURL != "":
		if token, err = c.tokens.get(ctx); err == nil {
			request.SetHeader("Authorization", "Bearer "+token)
		}
	}
	return token, err
}
