package email

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/connectors"
)

// Acknowledge implements connectors.Acknowledger: the page's complaints are marked as seen, or moved. What was left alone
// or set aside stays as it is. A mailbox that was rebuilt since is not touched.
func (c *connector) Acknowledge(ctx context.Context, page connectors.Page) error {
	at, err := readCursor(page.Next)
	if err != nil || len(at.taken) == 0 {
		return err
	}
	s, err := c.login(ctx)
	if err != nil {
		return err
	}
	defer s.end()
	validity, err := s.open(c.settings.Mailbox, writable)
	if err != nil || validity != at.validity {
		return err
	}
	if c.settings.Mark == markSeen {
		seen := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}
		if err := s.client.Store(uidSet(at.taken), seen, nil).Close(); err != nil {
			return s.fault("mark mails as seen", err)
		}
	}
	if c.settings.MoveTo == "" {
		return nil
	}
	if !s.client.Caps().Has(imap.CapMove) { // to copy and delete is to delete
		return fmt.Errorf("the server has no MOVE; leave out move_to, or move mail by a rule of the server")
	}
	if _, err := s.client.Move(uidSet(at.taken), c.settings.MoveTo).Wait(); err != nil {
		return s.fault("move mails to "+c.settings.MoveTo, err)
	}
	return nil
}
