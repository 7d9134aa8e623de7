package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Check implements connectors.Checker. It never asks for updates: that would end the poll of a running gateway.
func (c *connector) Check(ctx context.Context) (string, error) {
	var me struct {
		Username string `json:"username"`
		ReadsAll bool   `json:"can_read_all_group_messages"`
	}
	if err := c.calls.call(ctx, "getMe", struct{}{}, &me); err != nil {
		return "", err
	}
	var hook webhookInfo
	if err := c.calls.call(ctx, "getWebhookInfo", struct{}{}, &hook); err != nil {
		return "", err
	}
	said := fmt.Sprintf("the bot @%s; %d updates wait at Telegram", complaint.CleanText(me.Username), hook.Pending)
	if len(c.groups) > 0 && me.ReadsAll {
		said += "; privacy mode is off: every message of the groups is taken for a complaint"
	}
	if !c.settings.Secret.Set() {
		return c.checkPolled(said, hook)
	}
	return c.checkHooked(said, hook)
}

// webhookInfo is what we read of WebhookInfo.
type webhookInfo struct {
	URL       string `json:"url"` // empty: none is set
	Pending   int    `json:"pending_update_count"`
	ErrorAt   int64  `json:"last_error_date"` // Unix seconds; 0: never
	ErrorSays string `json:"last_error_message"`
}

// host is where the webhook goes; what else is in its address may be a secret.
func (h webhookInfo) host() string {
	address, err := url.Parse(h.URL)
	if err != nil || address.Host == "" {
		return "an address that cannot be read"
	}
	return address.Host
}

func (c *connector) checkPolled(said string, hook webhookInfo) (string, error) {
	if hook.URL != "" {
		return said, fmt.Errorf("a webhook is set for this bot, to %s, and Telegram gives updates one way only: "+
			"delete it with deleteWebhook, or set secret here", hook.host())
	}
	return said + "; they are polled", nil
}

func (c *connector) checkHooked(said string, hook webhookInfo) (string, error) {
	if hook.URL == "" {
		return said, errors.New("no webhook is set for this bot: call setWebhook with the gateway's address, /in/" + c.env.Name +
			", and the secret; or leave out secret to poll")
	}
	said += "; they are posted to " + hook.host()
	if address, err := url.Parse(hook.URL); err == nil && !strings.HasSuffix(address.Path, "/in/"+c.env.Name) {
		said += ", not to a path that ends in /in/" + c.env.Name
	}
	if hook.ErrorAt > 0 {
		said += fmt.Sprintf("; the last that failed, %s: %s", time.Unix(hook.ErrorAt, 0).In(c.env.Zone).Format("2006-01-02 15:04"), brief(hook.ErrorSays))
	}
	return said, nil
}

// brief is a line of Telegram's about our own server.
func brief(words string) string {
	const most = 200
	line := []rune(strings.Join(strings.Fields(complaint.CleanText(words)), " "))
	return string(line[:min(len(line), most)])
}
