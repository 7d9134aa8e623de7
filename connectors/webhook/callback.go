package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

const callbackTimeout = 30 * time.Second

// callback posts statuses. Any 2xx is a success, whatever its body says.
type callback struct {
	address string
	keys    connectors.Credentials
	client  *resty.Client
}

func newCallback(h *hook) *callback {
	return &callback{address: h.settings.Callback, keys: h.keys, client: connectors.NewClient(h.env.Transport, callbackTimeout)}
}

// WriteStatus implements connectors.StatusWriter. The header Idempotency-Key is the same each time one change is sent.
func (c *callback) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	body, err := json.Marshal(change)
	if err != nil {
		return retry.Never(fmt.Errorf("writing the status of %s: %w", change.Ref, err))
	}
	request := c.client.R().
		SetHeaders(c.keys.Headers(body, time.Now())).
		SetHeader("Content-Type", "application/json").
		SetHeader("Idempotency-Key", string(change.Ref)+"-"+strconv.FormatInt(change.Seq, 10)).
		SetBody(body)
	answer, err := connectors.Do(ctx, request, http.MethodPost, c.address)
	if err == nil {
		return nil
	}
	if passes(answer, err) {
		err = &retry.Error{Verdict: retry.Transient, Reason: retry.Rejected, After: retry.Of(err).After, Err: err}
	}
	return fmt.Errorf("sending the status of %s: %w", change.Ref, err)
}

// passes says whether a refusal may pass: a portal in the middle of a release says 400, 405 or 422 to what it takes tomorrow,
// and the citizen waits for the answer. Only 404 and 410 say that nobody knows the complaint there.
func passes(answer *resty.Response, err error) bool {
	return answer != nil && retry.Of(err).Verdict == retry.Permanent &&
		answer.StatusCode() != http.StatusNotFound && answer.StatusCode() != http.StatusGone
}
