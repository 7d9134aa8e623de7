package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// call is a Call that was read.
type call struct {
	Call
	worded *connectors.Worded
}

func placeholders() []string {
	return []string{"id", "ref", "status", "note", "agency", "tracking_id", "at", "to", "message", "sms", "unicode"}
}

func newCall(c Call) (call, error) {
	worded, err := connectors.Wording{Path: c.Path, Query: c.Query, Form: c.Form, JSON: c.JSON}.Compile(placeholders())
	return call{c, worded}, err
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
		one.worded.Body(request, values)
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
	at, own := *c.base, one.worded.Query(values)
	if one.Path == "" {
		at.RawQuery = connectors.QueryOf(at.Query(), c.settings.Query, own)
		return at.String(), nil
	}
	escaped, err := one.worded.Path(values)
	if err != nil {
		return "", err
	}
	if at.Path, err = url.PathUnescape(escaped); err != nil {
		return "", errors.New("the path cannot be read")
	}
	at.RawPath, at.RawQuery = escaped, connectors.QueryOf(nil, own)
	return at.String(), nil
}

// mostParts bounds {sms}, as the kind sms does where nothing else is configured.
const mostParts = 4

// values are what a template may hold.
func (c *connector) values(change connectors.StatusChange) map[string]string {
	message := c.texts.Message(c.settings.Message, change, c.region)
	sms, coded := connectors.FoldSMS(message, mostParts), "0"
	if sms.Unicode {
		coded = "1"
	}
	return map[string]string{
		"id": change.SourceID, "ref": string(change.Ref), "status": string(change.Status), "note": change.Note,
		"agency": change.Agency, "tracking_id": change.TrackingID, "at": change.At.In(c.region).Format(time.RFC3339), "to": change.To,
		"message": message, "sms": sms.Text(), "unicode": coded,
	}
}
