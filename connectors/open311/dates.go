package open311

import (
	"errors"
	"strings"
	"time"
)

// readDate reads a date as the protocol writes it (a W3C note of ISO 8601): a day alone, or with a time and a zone. What
// clients make of it is read too: fractions of a second, a blank for the plus that was not escaped, a zone without a
// colon. A time that carries no zone is in zone.
func readDate(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, ' '); i > 10 {
		text = text[:i] + "+" + text[i+1:]
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", "2006-01", "2006",
	} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil && at.Year() > 1900 && at.Year() < 2200 {
			return at, nil
		}
	}
	return time.Time{}, errors.New("is not a date such as 2010-01-01T00:00:00Z")
}
