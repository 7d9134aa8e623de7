package rest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
)

// photosOf are the files that an item names.
func (c *connector) photosOf(record map[string]any) []connectors.Photo {
	s := c.settings.Photos
	if s.List == "" {
		return nil
	}
	var entries []any
	switch found := connectors.At(record, s.List).(type) {
	case []any:
		entries = found
	case nil:
	default:
		entries = []any{found}
	}
	var photos []connectors.Photo
	for _, entry := range entries {
		address, _ := entry.(string)
		name := ""
		if object, is := entry.(map[string]any); is {
			if gone, _ := connectors.At(object, s.Unless).(bool); s.Unless != "" && gone {
				continue
			}
			address, name = textAt(object, s.URL), textAt(object, s.Name)
		}
		if address = strings.TrimSpace(address); address != "" {
			photos = append(photos, c.photo(address, name))
		}
	}
	return photos
}

// photo resolves an address on the list's server, where it is none of its own.
func (c *connector) photo(address, name string) connectors.Photo {
	one := connectors.Photo{Name: path.Base(name), At: address}
	at, err := c.base.Parse(address)
	if err != nil {
		return one
	}
	one.At, one.Host = at.String(), strings.ToLower(at.Host)
	if name == "" {
		one.Name = path.Base(at.Path)
	}
	return one
}

// allowFile lets files be fetched from the list's own server, with our credentials, and from the hosts of the settings,
// without. A citizen may have written the address: any other host could be a machine of the office.
func (c *connector) allowFile(ctx context.Context, at *url.URL, request *resty.Request) error {
	switch {
	case at.Scheme == c.base.Scheme && at.Host == c.base.Host:
		for name, value := range c.settings.Headers {
			request.SetHeader(name, value.Reveal())
		}
		if _, err := c.signIn(ctx, request); err != nil {
			return errors.New("we cannot sign in")
		}
		return nil
	case c.base.Hostname() == at.Hostname() && at.Port() == "", connectors.Hosts(c.settings.Photos.Hosts).Has(at.Hostname()):
		return nil
	}
	return fmt.Errorf("it lies on %s, which is not among photos.hosts", at.Hostname())
}
