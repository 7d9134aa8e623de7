package lapor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/sync/retry"
)

const mostAnswer = 10 << 20 // bytes of one answer

var errTooLong = fmt.Errorf("the answer is longer than %d MiB", mostAnswer>>20)

// client sends requests and reads answers. It may be used by several goroutines.
type client struct {
	rest    *resty.Client
	base    string // without a slash at its end
	clean   cleaner
	secrets []string // never repeated in an error
}

// call is one request.
type call struct {
	method  string
	path    string // below the base address
	query   url.Values
	prepare func(*resty.Request) // puts the body in; nil when there is none
	private private              // never repeated in an error
	aimless bool                 // its path names nothing: that it is missing says nothing about what was sent
}

func (q call) String() string { return q.method + " " + q.path }

func get(path string, query url.Values) call {
	return call{method: http.MethodGet, path: path, query: query}
}

// do sends a request and returns the platform's JSON object. Every error carries its verdict.
func (c *client) do(ctx context.Context, q call) (map[string]any, error) {
	note := &sent{}
	request := c.rest.R().SetContext(note.watch(ctx)).SetDoNotParseResponse(true).SetQueryParamsFromValues(q.query)
	if q.prepare != nil {
		q.prepare(request)
	}
	answer, err := request.Execute(q.method, c.base+"/"+q.path)
	if err != nil {
		return nil, retry.FromTransport(fmt.Errorf("%s: %w", q, retry.Cause(err)), note.yes.Load())
	}
	body, err := readAll(answer.RawBody())
	if failed := c.refused(q, answer, body); failed != nil {
		return nil, failed
	}
	switch {
	case errors.Is(err, errTooLong):
		return nil, retry.UnreadableAnswer(fmt.Errorf("%s: %w", q, err))
	case err != nil:
		return nil, retry.FromTransport(fmt.Errorf("%s: the answer broke off: %w", q, retry.Cause(err)), true)
	}
	return c.object(q, answer, body)
}

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	read, err := io.ReadAll(io.LimitReader(body, mostAnswer+1))
	if err == nil && len(read) > mostAnswer {
		return read, errTooLong
	}
	return read, err
}

// refused is the error of an answer that is not a 2xx; nil of one that is.
func (c *client) refused(q call, answer *resty.Response, body []byte) error {
	status := answer.StatusCode()
	if status >= 200 && status < 300 {
		return nil
	}
	err := retry.StatusError(q.method, q.path, status, c.quote(body, q.private))
	who := speaker(body)
	if moved(answer.RawResponse) {
		who = retry.Doorkeeper
	}
	if q.aimless && who == retry.Application && slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}, status) {
		return retry.Because(retry.FromStatus(status, answer.Header(), retry.Proxy, err), retry.Rejected)
	}
	return retry.FromStatus(status, answer.Header(), who, err)
}

// moved says whether an answer sends every request for this path elsewhere, to https perhaps. Who made something says 302 or
// 303, and where it is.
func moved(answer *http.Response) bool {
	if answer.StatusCode != http.StatusMovedPermanently || answer.Request == nil {
		return false
	}
	to, err := answer.Location()
	asked := answer.Request.URL
	return err == nil && to.String() != asked.String() && to.RawQuery == asked.RawQuery &&
		strings.TrimRight(to.Path, "/") == strings.TrimRight(asked.Path, "/")
}

// object reads the JSON of a 2xx answer. Anything that is not the platform's own object says nothing about whether the
// request was carried out.
func (c *client) object(q call, answer *resty.Response, body []byte) (map[string]any, error) {
	unreadable := func(what string) error {
		return retry.UnreadableAnswer(fmt.Errorf("%s: %d with %s", q, answer.StatusCode(), what))
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, unreadable("an empty answer")
	}
	v, err := parse(body)
	object, ok := v.(map[string]any)
	switch {
	case err != nil && strings.HasPrefix(string(bytes.TrimSpace(body)), "<"):
		return nil, unreadable("a page in place of JSON: " + c.quote(body, q.private))
	case err != nil:
		return nil, unreadable("an answer that is " + err.Error())
	case !ok:
		return nil, unreadable("JSON that is no object")
	case managerFault(object):
		return nil, unreadable("a fault of the API manager: " + c.quote(body, q.private))
	}
	return object, nil
}

// lacking is the error of a 2xx answer without what it should hold: permanent when the platform says plainly that it
// refuses, else uncertain.
func (c *client) lacking(q call, object map[string]any, what string) error {
	text := c.quote(encode(object), q.private)
	if refusal(object) {
		return retry.Never(fmt.Errorf("%s: refused: %s", q, text))
	}
	if text != "" {
		text = ": " + text
	}
	return retry.UnreadableAnswer(fmt.Errorf("%s: the answer has no %s%s", q, what, text))
}
