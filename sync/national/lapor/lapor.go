// Package lapor speaks SP4N-LAPOR!'s v3 REST interface, so far as that is publicly known: its specification is shown to
// developer accounts only. What may differ between accounts is a setting, and answers are read tolerantly.
//
// What it promises:
//
//   - Nothing is sent twice by this package: only a connection that was never made is tried again, once.
//   - Every error carries its verdict (package retry). What may have been carried out is uncertain, never transient.
//   - Our reference stands on the text's last line, and a lookup says absent only when the search proves it.
//   - Identity numbers are sent nowhere, names and contacts in the user fields alone. No error repeats what was sent.
//   - A follow-up we added is no event: what one citizen wrote is told to no other.
//   - An answer that cannot be read is an error, never an empty state. Events keep their keys from poll to poll.
package lapor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/national"
)

// Definition declares the kind lapor.
func Definition() national.Definition {
	return national.Definition{
		Kind:     "lapor",
		Summary:  "SP4N-LAPOR! by its v3 REST interface",
		Defaults: defaults,
		Open:     open,
	}
}

// exportHint is for an outcome that only the official spreadsheet can tell.
const exportHint = "download the official spreadsheet once it covers that time, and run satupintu import lapor-export FILE.xlsx"

type platform struct {
	settings Settings
	client   *client
	marker   marker
	clock    clock
	statuses statuses
	zone     *time.Location
	log      *slog.Logger
}

func open(env national.Env, given config.Settings) (national.Platform, error) {
	settings, ok := given.(*Settings)
	if !ok {
		return national.Platform{}, fmt.Errorf("open lapor: settings are a %T", given)
	}
	mark, err := newMarker(settings.Marker)
	if err != nil {
		return national.Platform{}, fmt.Errorf("open lapor: marker: %w", err)
	}
	p := &platform{
		settings: *settings, client: newClient(env.Transport, settings), marker: mark,
		clock: clock{zone: env.Zone, layout: settings.DateLayout}, statuses: newStatuses(settings.Statuses),
		zone: env.Zone, log: env.Log,
	}
	opened := national.Platform{Submit: p, Status: p, Reference: p, Probe: p, Export: p, FollowUps: p, Close: func() error { return nil }}
	switch settings.Lookup {
	case "search":
		opened.Lookup = p
	case "export":
		opened.LookupHint = exportHint
	}
	return opened, nil
}

func newClient(transport http.RoundTripper, settings *Settings) *client {
	rest := newRest(transport)
	rest.SetHeader("Accept", "application/json").SetHeader("User-Agent", "satupintu")
	var values []string
	for _, name := range slices.Sorted(maps.Keys(settings.Headers)) {
		rest.SetHeader(name, settings.Headers[name].Reveal())
		values = append(values, settings.Headers[name].Reveal())
	}
	return &client{rest: rest, base: strings.TrimRight(settings.BaseURL, "/"), clean: newCleaner(), secrets: secretsOf(values)}
}

const (
	institutions    = "masters/institutions/external"
	mostReference   = 100 // pages of 1000
	institutionSize = "1000"
)

// Reference reads the platform's institutions, every page of them.
func (p *platform) Reference(ctx context.Context) (national.Reference, error) {
	first := get(institutions, url.Values{"page_size": {institutionSize}})
	list, whole, err := p.client.walk(ctx, paged{first: first, items: "results.data", most: mostReference})
	if err != nil {
		return national.Reference{}, fmt.Errorf("read the institutions: %w", err)
	}
	var agencies []national.Named
	for _, row := range list {
		if id, name := identity(at(row, "id")), p.client.clean.line(words(at(row, "name"))); id != "" && name != "" {
			agencies = append(agencies, national.Named{ID: id, Name: name})
		}
	}
	switch {
	case len(agencies) == 0:
		return national.Reference{}, errors.New("read the institutions: the platform's list is empty")
	case !whole:
		p.log.WarnContext(ctx, "the list of institutions did not end; what was read is used", "count", len(agencies))
	}
	return national.Reference{Agencies: agencies}, nil
}

// Probe asks for one institution: the smallest call that needs to be signed in.
func (p *platform) Probe(ctx context.Context) (string, error) {
	q := get(institutions, url.Values{"page_size": {"1"}})
	object, err := p.client.do(ctx, q)
	if err != nil {
		return "", err
	}
	if _, err := p.client.list(q, object, "results.data"); err != nil {
		return "", err
	}
	if total := first(object, "results.total", "results.meta.total", "total"); total != "" {
		return "signed in; " + total + " institutions", nil
	}
	return "signed in; the list of institutions can be read", nil
}
