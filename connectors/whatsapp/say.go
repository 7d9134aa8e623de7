package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

const (
	// window is how long after a person's last message they may be told anything; margin is what a request may take.
	window = 24 * time.Hour
	margin = time.Minute
	// mostText is how long a text may be, in UTF-16 units, the most careful reading of "4096 characters".
	mostText = 4096
)

// outgoing is a message to a person: to their number, or to the id that stands for one who hides it.
type outgoing struct {
	Product   string        `json:"messaging_product"`
	Kind      string        `json:"recipient_type"`
	To        string        `json:"to,omitempty"`
	Recipient string        `json:"recipient,omitempty"`
	Type      string        `json:"type"`
	Text      *outgoingText `json:"text,omitempty"`
	Template  *outgoingForm `json:"template,omitempty"`
	Opaque    string        `json:"biz_opaque_callback_data,omitempty"`
}

type outgoingText struct {
	Body string `json:"body"`
}

type outgoingForm struct {
	Name       string              `json:"name"`
	Language   map[string]string   `json:"language"`
	Components []outgoingComponent `json:"components"`
}

type outgoingComponent struct {
	Type       string              `json:"type"`
	Parameters []map[string]string `json:"parameters"`
}

// Say implements connectors.Speaker. WhatsApp cannot tell a repeat from a second message: what is said again is read
// again. Where the Graph API says that the 24 hours are over, though they seemed not to be, the template is sent.
func (n *number) Say(ctx context.Context, s connectors.Saying) error {
	if !digits.MatchString(s.To) && !scopedID.MatchString(s.To) {
		return never("say %s: the recipient is neither a number nor an id of WhatsApp", s.Key)
	}
	err := errClosed
	if n.now().Sub(s.HeardAt) < window-margin { // a time that is not known is ages ago
		err = n.sayFreely(ctx, s)
	}
	if errors.Is(err, errClosed) || hasCode(err, windowClosed) {
		err = n.sayByTemplate(ctx, s)
	}
	if err != nil {
		return fmt.Errorf("say %s: %w", s.Key, aboutNumber(err))
	}
	return nil
}

var errClosed = errors.New("the 24 hours are over")

func (n *number) sayFreely(ctx context.Context, s connectors.Saying) error {
	text := cut(complaint.CleanText(s.Text), mostText)
	if text == "" {
		return never("there is nothing to say")
	}
	return n.send(ctx, s, outgoing{Type: "text", Text: &outgoingText{Body: text}})
}

func (n *number) sayByTemplate(ctx context.Context, s connectors.Saying) error {
	switch {
	case n.settings.Template.Name == "":
		return never("more than 24 hours have passed since the person wrote, and the settings name no template, so this cannot be told; see template")
	case s.News == nil:
		return never("more than 24 hours have passed since the person wrote, and the template tells of statuses only")
	}
	var values []map[string]string
	for _, value := range []string{string(s.News.Ref), n.env.Texts.Status(s.News.Status, s.News.Raw)} {
		// A variable takes neither line ends nor runs of spaces.
		value = cut(strings.Join(strings.Fields(complaint.CleanText(value)), " "), mostVariable)
		values = append(values, map[string]string{"type": "text", "text": value})
	}
	return n.send(ctx, s, outgoing{Type: "template", Template: &outgoingForm{
		Name: n.settings.Template.Name, Language: map[string]string{"code": n.settings.Template.Language},
		Components: []outgoingComponent{{Type: "body", Parameters: values}},
	}})
}

// mostVariable keeps a status in the platform's own words from making the template too long.
const mostVariable = 200

func (n *number) send(ctx context.Context, s connectors.Saying, message outgoing) error {
	message.Product, message.Kind = "whatsapp", "individual"
	if scopedID.MatchString(s.To) {
		message.Recipient = s.To
	} else {
		message.To = s.To
	}
	if keyForm.MatchString(s.Key) {
		message.Opaque = s.Key
	}
	var sent struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	request := n.graph.R().SetHeader("Content-Type", "application/json").SetBody(message)
	if err := n.ask(ctx, request, http.MethodPost, n.address(n.settings.PhoneNumberID, "messages"), &sent); err != nil {
		return err
	}
	if len(sent.Messages) == 0 {
		return retry.UnreadableAnswer(errors.New("the answer names no message"))
	}
	return nil
}

// keyForm is that of a saying's key as it may stand in a request and, when the message fails later, in a log.
var keyForm = regexp.MustCompile(`^[A-Za-z0-9._:/#-]{1,100}$`)

// mostWord is how long a word may be that is not cut, in bytes.
const mostWord = 200

// cut shortens a text to so many UTF-16 units, between words where there is one to cut at, and shows that it did.
func cut(text string, most int) string {
	if units(text) <= most {
		return text
	}
	const more = " …"
	kept, size := 0, 0
	for i, r := range text {
		size += max(utf16.RuneLen(r), 1)
		if size > most-len([]rune(more)) {
			kept = i
			break
		}
	}
	short := text[:kept]
	if at := strings.LastIndexAny(short, " \n\t"); at > max(0, len(short)-mostWord) {
		short = short[:at]
	}
	return strings.TrimRight(short, " \n\t") + more
}

func units(text string) int {
	total := 0
	for _, r := range text {
		total += max(utf16.RuneLen(r), 1)
	}
	return total
}
