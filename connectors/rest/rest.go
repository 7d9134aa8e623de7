// Package rest is the connector kind rest: a JSON list that is polled page by page.
//
// What it promises:
//
//   - Nothing is taken on trust that the answers can show. A server that is asked for what is new must bring everything that
//     is known to be so new, or the whole list is read; a short page is not the last one; a page that comes again is the end
//     only when the first page is still the same; a list that says that it holds more than it gives counts as not read.
//   - An item is found whenever it was written, so long as that was within Overlap of the time it bears. Pages that are turned
//     while the list moves can hide an item: after several pages nothing is settled until one more reading finds nothing new.
//     A time in the future is taken in at once and moves nothing else out of sight.
//   - Every reading ends: at pages that come again, at links that lead in a circle, at paging.most.
//   - An item is handed out once, and again when its time changes; only when more than 25,000 items are to be kept in mind are
//     some of them handed out again. That is harmless: the id is the same.
//   - Items older than Since.First are left alone by the first reading, and it says how many; when that reaches further back
//     later, they are taken in.
//   - An item that cannot become a complaint is set aside with its id.
//   - A photo that cannot be had never holds up its complaint, which says how many are missing.
//   - Credentials go to the list's own server, over the connection that the settings name, and to nobody else: no redirect is
//     followed, no link to another server, and no file is asked of a server that the settings do not name.
//   - No error and no log line carries a credential or an item's words.
//
// What it cannot see is a list that ends early without a word, newest first, before everything in it was read: name the total
// (paging.total) where the server gives it.
package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

type connector struct {
	settings *Settings // whole
	base     *url.URL
	zone     *time.Location // of since
	region   *time.Location
	where    connectors.Condition
	mapper   *connectors.Mapper
	photos   connectors.Photos
	client   *resty.Client
	tokens   *tokens
	texts    *connectors.Texts
	calls    map[string]call // by status, and anyStatus
	log      *slog.Logger
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	own, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("open a rest connector with settings of another kind: %T", settings)
	}
	s := own.whole()
	c := &connector{settings: s, region: env.Zone, log: env.Log, texts: env.Texts, client: connectors.NewClient(env.Transport, s.Timeout.D())}
	c.tokens = newTokens(s.Auth.OAuth2, c.client)
	if err := c.compile(env.Zone); err != nil {
		return connectors.Connector{}, err
	}
	files := connectors.Download{Client: connectors.NewClient(env.Transport, connectors.PhotoTimeout), Most: int64(s.Photos.MaxSize), Allow: c.allowFile}
	c.photos = connectors.Photos{Files: env.Files, Log: env.Log, Most: s.Photos.Most, Fetch: files.Get}
	offered := connectors.Connector{Poll: c, Check: c, Reread: c}
	if len(c.calls) > 0 {
		offered.WriteStatus = c
	}
	return offered, nil
}

// compile prepares what the settings hold in languages of their own.
func (c *connector) compile(region *time.Location) error {
	s := c.settings
	var err error
	if c.base, err = url.Parse(s.URL); err != nil {
		return &config.FieldError{Field: "url", Reason: "is not an address"}
	}
	if c.zone, err = s.zone(region); err != nil {
		return &config.FieldError{Field: "since.zone", Reason: zoneFault}
	}
	if c.mapper, err = s.Map.Compile(region); err != nil {
		return err
	}
	if c.where, err = connectors.NewCondition(s.Where, region); err != nil {
		return &config.FieldError{Field: "where", Reason: err.Error()}
	}
	c.calls = map[string]call{}
	for status, one := range s.WriteBack {
		if c.calls[status], err = newCall(one); err != nil {
			return &config.FieldError{Field: "write_back." + status, Reason: err.Error()}
		}
	}
	return nil
}

// zone is that of times without one.
func (s *Settings) zone(region *time.Location) (*time.Location, error) {
	if s.Since.Zone == "" {
		return region, nil
	}
	return time.LoadLocation(s.Since.Zone)
}

// host is how the list's server is called in what we say.
func (c *connector) host() string { return c.base.Host }

// Check reads the first page and says what it saw.
func (c *connector) Check(ctx context.Context) (string, error) {
	r := &reading{connector: c}
	r.begin()
	page, _, err := r.ask(ctx)
	if err != nil {
		return "", fmt.Errorf("check the list of %s: %w", c.host(), err)
	}
	said := fmt.Sprintf("%s answers, the first page holds %d items", c.host(), len(page.entries))
	items := c.items(page.entries)
	taken, timeless, older, fault := 0, 0, 0, ""
	begun := c.settings.Since.First.Begin(page.clock, c.region)
	for _, one := range items {
		if at := c.age(one); one.taken && begun != nil && !at.IsZero() && at.Before(begun.Time()) {
			older++
		}
		switch {
		case one.taken:
			taken++
		case one.aside != nil:
			fault = one.aside.Detail
		}
		if one.mark.Time == 0 {
			timeless++
		}
	}
	if len(items) > 0 && taken == 0 && fault != "" {
		return "", errors.New(said + ", and none becomes a complaint: " + fault)
	}
	said += fmt.Sprintf(", %d of them complaints", taken)
	if older > 0 {
		said += fmt.Sprintf("; a first reading leaves %d of these alone that are %s", older, begun.LeftAlone("since.first", c.region))
	}
	if c.settings.Since.Field != "" && len(items) > 0 && timeless == len(items) {
		return "", errors.New(said + ": none has a time that can be read at since.field")
	}
	if page.total >= 0 {
		said += fmt.Sprintf("; the list says that it holds %d", page.total)
	}
	if c.base.Scheme == "http" {
		said += "; WARNING: not encrypted, use https"
	}
	return said, nil
}
