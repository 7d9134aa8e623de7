package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// getUpdates are the parameters of that method.
type getUpdates struct {
	Offset  int64    `json:"offset,omitempty"` // 0: the earliest that was not confirmed
	Limit   int      `json:"limit"`
	Timeout int      `json:"timeout"` // seconds
	Allowed []string `json:"allowed_updates"`
}

// Poll implements connectors.Poller. Asking with an offset confirms what lies before it: the cursor is saved by then. Where
// the ids begin anew they may be lower than the offset, and Telegram then answers from its earliest: what comes is taken.
func (c *connector) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	offset, err := readCursor(from)
	if err != nil {
		return connectors.Page{}, err
	}
	ask := getUpdates{
		Offset: offset, Limit: c.settings.Page, Timeout: int(c.settings.Wait.D().Seconds()), Allowed: []string{"message", "edited_message"},
	}
	var updates []json.RawMessage
	if err := c.polls.call(ctx, "getUpdates", ask, &updates); err != nil {
		return connectors.Page{}, err
	}
	page, next := connectors.Page{Next: from, More: len(updates) >= c.settings.Page}, int64(0)
	for _, raw := range updates {
		id, err := c.take(&page, raw)
		if err != nil {
			return connectors.Page{}, err
		}
		next = max(next, id+1)
	}
	if next > 0 {
		page.Next = connectors.Cursor(strconv.FormatInt(next, 10))
	}
	return page, nil
}

// take adds an update to a page and returns its id.
func (c *connector) take(page *connectors.Page, raw json.RawMessage) (int64, error) {
	u, err := decode(raw)
	if u.ID == nil {
		return 0, retry.UnreadableAnswer(errors.New("getUpdates: an update has no update_id"))
	}
	var message *connectors.Message
	if err == nil {
		message, err = c.read(u, raw)
	}
	if message != nil {
		page.Messages = append(page.Messages, *message)
	}
	if err != nil {
		id := strconv.FormatInt(*u.ID, 10)
		page.SetAside = append(page.SetAside, connectors.SetAside{
			SourceID: id, Where: "update " + id, Reason: connectors.Unreadable, Detail: err.Error(), Raw: raw,
		})
	}
	return *u.ID, nil
}

func readCursor(cursor connectors.Cursor) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	offset, err := strconv.ParseInt(string(cursor), 10, 64)
	if err != nil || offset < 1 { // a negative offset would make Telegram forget what was not read
		return 0, errors.New("the cursor is not one of a telegram connector: was the connector's name used by another kind?")
	}
	return offset, nil
}
