package email

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Check implements connectors.Checker.
func (c *connector) Check(ctx context.Context) (string, error) {
	said, err := c.checkReading(ctx)
	if err != nil {
		return said, err
	}
	if c.settings.SMTP.Server == "" {
		return said + "; no smtp.server: statuses are not sent", nil
	}
	o, err := c.signIn(ctx)
	if err != nil {
		return said, fmt.Errorf("replies cannot be sent: %w", err)
	}
	defer o.end()
	return said + "; replies go out through " + c.settings.SMTP.Server + openly(c.settings.SMTP), nil
}

func (c *connector) checkReading(ctx context.Context) (string, error) {
	s, err := c.login(ctx)
	if err != nil {
		return "", err
	}
	defer s.end()
	data, err := s.client.Select(c.settings.Mailbox, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
	if err != nil {
		return "", s.fault("open the mailbox "+c.settings.Mailbox, err)
	}
	said := fmt.Sprintf("%s at %s holds %d mails%s", c.settings.Mailbox, c.settings.IMAP.Server, data.NumMessages, openly(c.settings.IMAP))
	if begun := c.beginning(time.Now()); begun != nil {
		older, _, err := s.older(begun.Time().In(s.zone))
		if err != nil {
			return "", err
		}
		if older > 0 {
			said += fmt.Sprintf("; a first poll looks at %d of them; %d are %s", max(0, int(data.NumMessages)-older), older, begun.LeftAlone("since", s.zone))
		}
	}
	if c.settings.Idle > 0 && !s.client.Caps().Has(imap.CapIdle) {
		said += "; the server has no IDLE, so that setting does nothing"
	}
	if c.settings.MoveTo == "" {
		return said, nil
	}
	if !s.client.Caps().Has(imap.CapMove) {
		return said, errors.New("the server has no MOVE: leave out move_to")
	}
	if _, err := s.open(c.settings.MoveTo, readOnly); err != nil {
		return said, fmt.Errorf("move_to: create that folder, or correct its name: %w", err)
	}
	return said + "; mail taken in is moved to " + c.settings.MoveTo, nil
}

func openly(server Server) string {
	if server.Security == noSecurity {
		return " (not encrypted: use tls or starttls)"
	}
	return ""
}
