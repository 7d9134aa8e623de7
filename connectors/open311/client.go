package open311

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
)

// client is the connector that polls another server.
type client struct {
	settings *Settings
	env      connectors.Env
	mapper   *connectors.Mapper
	media    media
	rest     *resty.Client
	base     string // the endpoint, ending in a slash
}

func openClient(env connectors.Env, s *Settings, mapper *connectors.Mapper) (connectors.Connector, error) {
	c := &client{
		settings: s, env: env, mapper: mapper, media: newMedia(env, s), rest: connectors.NewClient(env.Transport, s.Timeout.D()),
		base: strings.TrimRight(s.URL, "/") + "/",
	}
	connector := connectors.Connector{Poll: c, Check: c, Reread: c}
	if s.Updates {
		connector.WriteStatus, connector.Public = c, true
	}
	return connector, nil
}

// get asks for a resource in the format configured.
func (c *client) get(ctx context.Context, resource string, query url.Values) (*resty.Response, error) {
	if c.settings.Jurisdiction != "" {
		query.Set("jurisdiction_id", c.settings.Jurisdiction)
	}
	address := c.base + resource + "." + c.settings.Format
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return connectors.Do(ctx, c.rest.R(), http.MethodGet, address)
}

// Check implements connectors.Checker.
func (c *client) Check(ctx context.Context) (string, error) {
	answer, err := c.get(ctx, "services", url.Values{})
	if err != nil {
		return "", fmt.Errorf("ask for the services: %w", err)
	}
	services, err := decodeList(c.settings.Format, answer.Body(), "services", "service")
	if err != nil {
		return "", fmt.Errorf("read the services: %w", err)
	}
	said := fmt.Sprintf("%d services at %s", len(services), hostOf(c.base))
	if !c.settings.Updates {
		return said + "; statuses are not told there (updates: false)", nil
	}
	return said + "; statuses are told by servicerequestupdates", nil
}

func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the server"
	}
	return parsed.Host
}

// WriteStatus implements connectors.StatusWriter. update_id is the same each time one change is told.
func (c *client) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	form := url.Values{
		keyField:             {c.settings.APIKey.Reveal()},
		"service_request_id": {change.SourceID},
		"update_id":          {string(change.Ref) + "-" + strconv.FormatInt(change.Seq, 10)},
		"status":             {strings.ToUpper(standingOf(change.Status).update)},
		"updated_datetime":   {w3c(change.At, c.env.Zone)},
		"description":        {shortened(spoken(c.env.Texts, change))},
	}
	if c.settings.Jurisdiction != "" {
		form.Set("jurisdiction_id", c.settings.Jurisdiction)
	}
	address := c.base + "servicerequestupdates." + c.settings.Format
	if _, err := connectors.Do(ctx, c.rest.R().SetFormDataFromValues(form), http.MethodPost, address); err != nil {
		return fmt.Errorf("tell the status of %s: %w", change.Ref, err)
	}
	return nil
}

// spoken is a status in words: where the complaint stands, who has it, and what they say.
func spoken(texts *connectors.Texts, change connectors.StatusChange) string {
	sentence := []rune(texts.Status(change.Status, change.Raw))
	sentence[0] = unicode.ToUpper(sentence[0])
	text := string(sentence)
	if change.Agency != "" {
		text += " (" + change.Agency + ")"
	}
	if !strings.HasSuffix(text, "!") {
		text += "."
	}
	if change.Note != "" {
		text += "\n\n" + change.Note
	}
	return legal(text)
}
