package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
		u, err := decode(raw)
		if err != nil {
			return connectors.Page{}, retry.UnreadableAnswer(fmt.Errorf("getUpdates: %w", err))
		}
		messages, aside := c.take(u, raw)
		page.Messages, page.SetAside = append(page.Messages, messages...), append(page.SetAside, aside...)
		next = max(next, *u.ID+1)
	}
	if next > 0 {
		page.Next = connectors.Cursor(strconv.FormatInt(next, 10))
	}
	return page, nil
}

// take is what an update brings: a message, or what is set aside because it cannot be read, or nothing of either.
func (c *connector) take(u update, raw []byte) ([]connectors.Message, []connectors.SetAside) {
	message, err := c.read(u, raw)
	switch {
	case err != nil:
		id := strconv.FormatInt(*u.ID, 10)
		return nil, []connectors.SetAside{{SourceID: id, Where: "update " + id, Reason: connectors.Unreadable, Detail: err.Error(), Raw: raw}}
	case message != nil:
		return []connectors.Message{*message}, nil
	}
	return nil, nil
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
