// Package sms is the connector kind sms: messages that an SMS gateway posts to us, and answers through its send call.
//
// What it promises:
//
//   - A request is taken only with the secret, and from the addresses of the settings, before anything of it is read. Only
//     proxies that the settings name are believed about where a request comes from.
//   - The same message sent again has the same id, and another message another one, whatever the gateway numbers them.
//   - Only a person's number is answered, one at a time: a short code, a name, a group, or a list of numbers never is.
//   - Words of a sender who can be none of these are never dropped: they are set aside for somebody to look at.
//   - A text is cut into parts by the alphabet it needs, at most as many as the settings say, and then at a word.
//   - A gateway that says no with a 200 is understood; what it means for the next attempt is in the error.
//   - A file is fetched from the hosts of the settings only.
//   - No error and no log line carries a secret, a number, a name or words of a person.
package sms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	"golang.org/x/time/rate"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

type connector struct {
	settings *Settings // whole
	zone     *time.Location
	maxBody  int64
	limit    *rate.Limiter
	now      func() time.Time
	call     *connectors.Worded
	client   *resty.Client
	files    connectors.FileStore
	download connectors.Download
	log      *slog.Logger
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	own, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("open a sms connector with settings of another kind: %T", settings)
	}
	s := own.whole()
	zone, err := s.zone(env.Zone)
	if err != nil {
		return connectors.Connector{}, &config.FieldError{Field: "zone", Reason: zoneFault}
	}
	c := &connector{
		settings: s, zone: zone, maxBody: env.MaxBody, now: time.Now, files: env.Files, log: env.Log,
		limit:    rate.NewLimiter(rate.Limit(s.Rate), int(max(1, math.Ceil(float64(s.Rate))))),
		client:   connectors.NewClient(env.Transport, s.Send.Timeout.D()),
		download: connectors.Download{Client: connectors.NewClient(env.Transport, connectors.PhotoTimeout), Most: int64(s.Media.MaxSize)},
	}
	c.download.Allow = c.allowFile
	c.download.Texts = true // somebody may send one, and nothing that only we may read is asked for
	if c.call, err = s.Send.compile(); err != nil {
		return connectors.Connector{}, &config.FieldError{Field: "send", Reason: err.Error()}
	}
	return connectors.Connector{Receive: c, Authenticate: c, Say: c, Fetch: c, Check: c, JoinWithin: s.JoinWithin.D()}, nil
}

func (s Send) compile() (*connectors.Worded, error) {
	return connectors.Wording{Query: s.Query, Form: s.Form, JSON: s.JSON}.Compile(places())
}

// zone is that of times without one.
func (s *Settings) zone(region *time.Location) (*time.Location, error) {
	if s.Zone == "" {
		return region, nil
	}
	return time.LoadLocation(s.Zone)
}

// allowFile lets files be fetched from the hosts of the settings: a person may have had a hand in the address, and any other
// host could be a machine of the office.
func (c *connector) allowFile(_ context.Context, at *url.URL, _ *resty.Request) error {
	if !connectors.Hosts(c.settings.Media.Hosts).Has(at.Hostname()) {
		return fmt.Errorf("it lies on %s, which is not among media.hosts", at.Hostname())
	}
	return nil
}

// Fetch implements connectors.Fetcher: a file's ID is its address.
func (c *connector) Fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	body, err := c.download.Get(ctx, m.ID)
	if err != nil {
		return complaint.Attachment{}, fmt.Errorf("fetch a file: %w", err)
	}
	name := m.Name
	if at, err := url.Parse(m.ID); name == "" && err == nil {
		name = path.Base(at.Path)
	}
	kept, err := c.files.Put(ctx, name, bytes.NewReader(body))
	if err != nil {
		return complaint.Attachment{}, fmt.Errorf("keep a file: %w", err)
	}
	return kept, nil
}

// Check implements connectors.Checker. The gateway is asked without anything to send.
func (c *connector) Check(ctx context.Context) (string, error) {
	said := "takes messages at its secret address"
	if c.settings.SecretIn != inPath {
		said = fmt.Sprintf("takes messages with the secret in the %s %s", c.settings.SecretIn, c.settings.SecretName)
	}
	if len(c.settings.From) == 0 {
		said += "; WARNING: from any address, name the gateway's in from"
	}
	at, err := url.Parse(c.settings.Send.URL)
	if err != nil {
		return "", errors.New("send.url is not an address")
	}
	answer, err := connectors.Do(ctx, c.client.R(), http.MethodHead, (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}).String())
	if answer == nil {
		return "", fmt.Errorf("the gateway that sends cannot be reached: %w", err)
	}
	said += fmt.Sprintf("; %s, which sends, answers", at.Host)
	if at.Scheme == "http" && !strings.HasPrefix(at.Hostname(), "127.") && at.Hostname() != "localhost" {
		said += " (WARNING: not encrypted)"
	}
	return said, nil
}

// Say implements connectors.Speaker. The gateway gets the text whole and cuts it into parts as we counted them.
func (c *connector) Say(ctx context.Context, s connectors.Saying) error {
	if !isNumber(s.To) {
		return retry.Never(errors.New("say something: the receiver is no telephone number"))
	}
	values := c.values(s)
	send := c.settings.Send
	at, err := url.Parse(send.URL)
	if err != nil {
		return retry.Never(errors.New("say something: send.url is not an address"))
	}
	at.RawQuery = connectors.QueryOf(at.Query(), c.call.Query(values))
	request := c.client.R().SetHeader("Idempotency-Key", s.Key)
	switch {
	case !send.Secret.Value.Set():
	case send.Secret.In == inQuery:
		request.SetQueryParam(send.Secret.Name, send.Secret.Value.Reveal())
	default:
		request.SetHeader(send.Secret.Name, send.Secret.Value.Reveal())
	}
	c.call.Body(request, values)
	answer, err := connectors.Do(ctx, request, send.Method, at.String())
	if answer != nil {
		err = verdict(send.Answer, answer.StatusCode(), answer.Body(), err)
	}
	if err != nil {
		return fmt.Errorf("say something: %w", err)
	}
	return nil
}

// values are what the send call may hold.
func (c *connector) values(s connectors.Saying) map[string]string {
	values := map[string]string{"to": s.To, "text": s.Text, "key": s.Key, "coding": "0", "unicode": "0"}
	if c.settings.Send.Parts == 0 {
		return values
	}
	folded := connectors.FoldSMS(s.Text, c.settings.Send.Parts)
	values["text"] = folded.Text()
	if folded.Unicode {
		values["coding"], values["unicode"] = "2", "1"
	}
	return values
}
