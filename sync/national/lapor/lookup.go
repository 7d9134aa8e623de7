package lapor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// Lookup searches for our reference by the call the region's account has. It says ErrAbsent only when the list was read
// to its end and every entry shows a whole text without our marker; anything less certain is another error, because a
// wrong absence makes a second ticket. What asking again cannot make clearer is permanent: a person must decide.
func (p *platform) Lookup(ctx context.Context, ref complaint.Ref) (national.Ticket, error) {
	search := p.settings.Search
	query := url.Values{}
	for key, value := range search.Query {
		query.Set(key, strings.ReplaceAll(value, refSlot, string(ref)))
	}
	list, whole, err := p.client.walk(ctx, paged{first: get(strings.TrimLeft(search.Path, "/"), query), items: search.Items, most: search.Pages})
	if err != nil {
		return national.Ticket{}, fmt.Errorf("look up %s: %w", ref, err)
	}
	found, unclear := p.matches(list, ref)
	switch {
	case len(found) > 1:
		return national.Ticket{}, retry.Never(fmt.Errorf("look up %s: %d complaints of the platform carry this reference (ids %s): a person must say which one stays",
			ref, len(found), idsOf(found)))
	case len(found) == 1 && found[0].ID == "":
		return national.Ticket{}, retry.Never(fmt.Errorf("look up %s: found, but its entry has no %q: check search.id", ref, search.ID))
	case len(found) == 1 && whole:
		return found[0], nil
	case unclear != nil:
		return national.Ticket{}, retry.Never(fmt.Errorf("look up %s: %w", ref, unclear))
	case !whole:
		return national.Ticket{}, fmt.Errorf("look up %s: the search has more than %d pages, or repeats one: it cannot tell; make search.query narrower", ref, search.Pages)
	}
	return national.Ticket{}, national.ErrAbsent
}

// matches finds the entries with our marker. unclear says why an entry without it may yet be ours.
func (p *platform) matches(list []any, ref complaint.Ref) (found []national.Ticket, unclear error) {
	search := p.settings.Search
	for _, entry := range list {
		raw, ok := at(entry, search.Text).(string)
		if !ok {
			unclear = fmt.Errorf("an entry of the search has no text at %q: check search.text", search.Text)
			continue
		}
		text := p.client.clean.plain(raw)
		switch p.marker.found(raw, text) {
		case ref:
			found = appendNew(found, national.Ticket{ID: identity(at(entry, search.ID)), TrackingID: identity(at(entry, search.Tracking))})
		case "":
			if !p.marker.shown(raw, text) {
				unclear = errors.New("the search shows masked or shortened texts, and our marker stands at a text's end: check search.text")
			}
		}
	}
	return found, unclear
}

// appendNew passes over an entry that a shifting list showed twice.
func appendNew(found []national.Ticket, t national.Ticket) []national.Ticket {
	for _, known := range found {
		if known.ID == t.ID && t.ID != "" {
			return found
		}
	}
	return append(found, t)
}

func idsOf(found []national.Ticket) string {
	ids := make([]string, len(found))
	for i, t := range found {
		ids[i] = t.ID
	}
	return strings.Join(ids, ", ")
}
