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
	if _, err := connectors.Do(ctx, request, http.MethodPost, c.address); err != nil {
		return fmt.Errorf("sending the status of %s: %w", change.Ref, err)
	}
	return nil
}
