// Package whatsapp takes in what people write to a WhatsApp number, by Meta's Cloud API, and answers them there.
//
// Its promises, beside those of every connector:
//
//   - Nothing is decoded before its signature holds. What one webhook carries is taken in whole or not at all; a message
//     that cannot be read is set aside, and does not keep the others out.
//   - What WhatsApp could not hand over (a poll, a photo that vanishes when seen) counts as a file that cannot be had, so
//     that the person is not left believing that it was seen.
//   - A message's ID is a hash of WhatsApp's own id, which has the sender's number written into it.
//   - The token goes to the Graph API and to the hosts of media_hosts, and nowhere else.
//   - Within 24 hours of a person's last message they are answered in words of any kind, later with the template only.
package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

const (
	askTimeout  = 30 * time.Second
	fileTimeout = 5 * time.Minute
)

// number is one open WhatsApp number. It keeps no state.
type number struct {
	settings *Settings
	env      connectors.Env
	graph    *resty.Client // answers in JSON
	files    *resty.Client
	now      func() time.Time
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	s, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("whatsapp: opened with settings of %T", settings)
	}
	n := &number{
		settings: s, env: env, now: time.Now,
		graph: connectors.NewClient(env.Transport, askTimeout), files: connectors.NewClient(env.Transport, fileTimeout),
	}
	return connectors.Connector{Receive: n, Say: n, Fetch: n, Check: n, JoinWithin: s.JoinWithin.D()}, nil
}

// address is that of a node of the Graph API, or of what hangs on it.
func (n *number) address(path ...string) string {
	address := n.settings.BaseURL + "/" + n.settings.Version
	for _, step := range path {
		address += "/" + url.PathEscape(step)
	}
	return address
}

// ask sends a request to the Graph API and reads its answer.
func (n *number) ask(ctx context.Context, request *resty.Request, method, address string, into any) error {
	answer, err := connectors.Do(ctx, request.SetAuthToken(n.settings.Token.Reveal()), method, address)
	switch {
	case answer == nil:
		return err
	case err != nil:
		return faultOf(answer.StatusCode(), answer.Header(), answer.Body(), err)
	}
	return readAnswer(answer.Body(), into)
}

// Check implements connectors.Checker.
func (n *number) Check(ctx context.Context) (string, error) {
	var profile struct {
		Display string `json:"display_phone_number"`
		Name    string `json:"verified_name"`
		Quality string `json:"quality_rating"`
	}
	request := n.graph.R().SetQueryParam("fields", "display_phone_number,verified_name,quality_rating")
	if err := n.ask(ctx, request, http.MethodGet, n.address(n.settings.PhoneNumberID), &profile); err != nil {
		return "", aboutNumber(err)
	}
	if profile.Display == "" {
		return "", errors.New("the Graph API knows no telephone number under phone_number_id: is it that of the business account?")
	}
	said := fmt.Sprintf("%s answers as %q, quality %s", profile.Display, complaint.CleanText(profile.Name), complaint.CleanText(profile.Quality))
	if n.settings.Template.Name == "" {
		said += "; no template: what happens later than 24 hours after a person wrote is not told"
	} else {
		said += fmt.Sprintf("; later than 24 hours after a person wrote, the template %s (%s) is sent", n.settings.Template.Name, n.settings.Template.Language)
	}
	return said, nil
}

// never is a failure that trying again does not mend.
func never(format string, args ...any) error { return retry.Never(fmt.Errorf(format, args...)) }
