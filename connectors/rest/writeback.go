package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// call is a Call that was read.
type call struct {
	Call
	json any // the body's template; nil: there is none
}

// placeholder is a value's place in a template.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func placeholders() []string {
	return []string{"id", "ref", "status", "note", "agency", "tracking_id", "at", "to", "message"}
}

func newCall(c Call) (call, error) {
	made := call{Call: c}
	if c.JSON != "" {
		if err := json.Unmarshal([]byte(c.JSON), &made.json); err != nil {
			return call{}, errors.New("json is not JSON; put each value into a text: {\"status\": \"{status}\"}")
		}
	}
	for _, text := range made.texts() {
		for _, name := range placeholder.FindAllString(text, -1) {
			if !slices.Contains(placeholders(), name[1:len(name)-1]) {
				return call{}, fmt.Errorf("%s is none of {%s}", name, strings.Join(placeholders(), "}, {"))
			}
		}
	}
	return made, nil
}

// texts are all texts of a call that may hold values.
func (c call) texts() []string {
	texts := []string{c.Path}
	for _, values := range []map[string]string{c.Query, c.Form} {
		for _, text := range values {
			texts = append(texts, text)
		}
	}
	collect := func(text string) string { texts = append(texts, text); return text }
	_ = inTexts(c.json, collect) // changes nothing
	return texts
}

// inTexts is a JSON value with each text of it changed; keys stay.
func inTexts(value any, change func(string) string) any {
	switch v := value.(type) {
	case string:
		return change(v)
	case []any:
		made := make([]any, len(v))
		for i := range v {
			made[i] = inTexts(v[i], change)
		}
		return made
	case map[string]any:
		made := make(map[string]any, len(v))
		for key := range v {
			made[key] = inTexts(v[key], change)
		}
		return made
	}
	return value
}

// put puts values into a template; escape makes each fit for its place.
func put(template string, values map[string]string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(name string) string { return escape(values[name[1:len(name)-1]]) })
}

func plain(text string) string { return text }

func putAll(templates, values map[string]string) map[string]string {
	made := make(map[string]string, len(templates))
	for name, template := range templates {
		made[name] = put(template, values, plain)
	}
	return made
}

// WriteStatus sends the call of a status. A status without any is told nobody. The header Idempotency-Key is the same each
// time one change is sent.
func (c *connector) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	one, own := c.calls[string(change.Status)]
	if !own {
		if one, own = c.calls[anyStatus]; !own {
			return nil
		}
	}
	values := c.values(change)
	address, err := c.addressOf(one, values)
	if err != nil {
		return retry.Never(fmt.Errorf("tell the status of %s: %w", change.Ref, err))
	}
	prepare := func(request *resty.Request) {
		request.SetHeader("Idempotency-Key", string(change.Ref)+"-"+strconv.FormatInt(change.Seq, 10))
		switch {
		case one.json != nil:
			request.SetHeader("Content-Type", jsonType).SetBody(inTexts(one.json, func(t string) string { return put(t, values, plain) }))
		case len(one.Form) > 0:
			request.SetFormData(putAll(one.Form, values))
		}
	}
	method := one.Method
	if method == "" {
		method = http.MethodPost
	}
	answer, err := c.send(ctx, method, address, prepare)
	if err == nil {
		err = one.Good.of(answer.Body())
	}
	if err != nil {
		return fmt.Errorf("tell the status of %s: %w", change.Ref, err)
	}
	return nil
}

// of says whether an answer with a 2xx is that of a success. One that is not was not carried out.
func (g Good) of(body []byte) error {
	if g.Field == "" {
		return nil
	}
	record, err := connectors.Record(body)
	if err != nil {
		return retry.UnreadableAnswer(errors.New("the answer is no JSON object"))
	}
	if textAt(record, g.Field) != g.Is {
		return retry.Because(fmt.Errorf("the server says no: %s is not %s", g.Field, g.Is), retry.Rejected)
	}
	return nil
}

// addressOf is where a call goes: a path of the list's server, or the list's own address.
func (c *connector) addressOf(one call, values map[string]string) (string, error) {
	at, own := *c.base, putAll(one.Query, values)
	if one.Path == "" {
		at.RawQuery = queryOf(at.Query(), c.settings.Query, own)
		return at.String(), nil
	}
	for _, name := range placeholder.FindAllString(one.Path, -1) {
		if value := values[name[1:len(name)-1]]; value == "" || value == "." || value == ".." {
			return "", fmt.Errorf("%s is blank or a step, and has its place in the path", name)
		}
	}
	escaped := put(one.Path, values, url.PathEscape)
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return "", errors.New("the path cannot be read")
	}
	at.Path, at.RawPath, at.RawQuery = path, escaped, queryOf(nil, own)
	return at.String(), nil
}

// values are what a template may hold.
func (c *connector) values(change connectors.StatusChange) map[string]string {
	return map[string]string{
		"id": change.SourceID, "ref": string(change.Ref), "status": string(change.Status), "note": change.Note,
		"agency": change.Agency, "tracking_id": change.TrackingID, "at": change.At.In(c.region).Format(time.RFC3339), "to": change.To,
		"message": connectors.Fill(c.settings.Message, change.Words(c.region)),
	}
}
