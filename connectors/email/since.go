package email

import (
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// start is the day from which on mails are read. Servers search by days.
func (p position) start(zone *time.Location) time.Time { return p.begun.Time().In(zone) }

// beginning is the note of a first poll now. Its day begins at midnight, since servers search by days.
func (c *connector) beginning(now time.Time) *connectors.Begun {
	return midnight(c.settings.Since.Begin(now, c.env.Zone), c.env.Zone)
}

func midnight(begun *connectors.Begun, zone *time.Location) *connectors.Begun {
	if begun == nil {
		return nil
	}
	at := begun.Time().In(zone)
	return &connectors.Begun{At: begun.At, Start: time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone).Unix()}
}

// begin decides where a first poll begins, or one that the setting since lets reach further back by now. A mailbox without
// older mail is read as if there were no such setting: its cursor says that it was looked at, so that what comes is new.
func (c *connector) begin(s *session, from connectors.Cursor, at position, validity uint32) (connectors.Cursor, position, error) {
	begun, wider := c.settings.Since.Wider(at.begun, s.zone)
	switch {
	case from == "":
		begun = c.beginning(time.Now())
	case !wider:
		return from, at, nil
	}
	at = position{validity: validity, begun: midnight(begun, s.zone)}
	if begun == nil {
		return at.cursor(), at, nil
	}
	count, until, err := s.older(at.start(s.zone))
	switch {
	case err != nil:
		return from, at, err
	case count == 0 && from == "":
		at.begun = nil
	case count > 0:
		c.env.Log.Warn("mails lie in the mailbox that are "+at.begun.LeftAlone("since", s.zone), "mailbox", c.settings.Mailbox, "older", count) //nolint:sloglint // a moment and a zone
	}
	at.until = until
	return at.cursor(), at, nil
}
