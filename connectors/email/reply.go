package email

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/template"

	gomail "github.com/emersion/go-message/mail"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// mostReply is how long a reply's text may be, in bytes.
const mostReply = 100_000

// parseReply reads a reply's own template and tries it; nil without one.
func parseReply(text string) (*template.Template, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return connectors.ParseText(text)
}

// wording is the text of the reply about a change: the mailbox's own, or the region's.
func (c *connector) wording(change connectors.StatusChange) (string, error) {
	words := c.env.Texts.Words(change, c.env.Zone)
	if c.reply == nil {
		return c.env.Texts.Say(connectors.Mail, words)
	}
	var text strings.Builder
	err := c.reply.Execute(&text, words)
	return strings.TrimSpace(text.String()), err
}

// subject is what stands above a reply: the person's own, but for a secret complaint.
func (c *connector) subject(change connectors.StatusChange, old header) (string, error) {
	subject := titleOf(old.text("Subject"))
	if change.Secret {
		var err error
		if subject, err = c.env.Texts.Say(connectors.SecretSubject, c.env.Texts.Words(change, c.env.Zone)); err != nil {
			return "", err
		}
	}
	return strings.TrimSpace("Re: " + complaint.TitleFrom(subject)), nil
}

// compose writes the mail about a change, as an answer to the mail under old.
func (c *connector) compose(change connectors.StatusChange, old header, to person) ([]byte, error) {
	text, err := c.wording(change)
	if err != nil {
		return nil, fmt.Errorf("write the reply about %s: %w", change.Ref, err)
	}
	subject, err := c.subject(change, old)
	if err != nil {
		return nil, fmt.Errorf("write the reply about %s: %w", change.Ref, err)
	}
	if len(text) > mostReply {
		return nil, fmt.Errorf("the reply about %s is longer than %d bytes", change.Ref, mostReply)
	}
	var h gomail.Header
	h.SetAddressList("From", []*gomail.Address{{Name: c.settings.Name, Address: c.settings.Address}})
	h.SetAddressList("To", []*gomail.Address{{Address: to.address}})
	h.SetSubject(subject)
	h.SetDate(change.At.In(c.env.Zone))
	h.SetMessageID(c.own.messageID(change.Ref, change.Seq))
	if thread := threadOf(old); len(thread) > 0 {
		h.SetMsgIDList("In-Reply-To", thread[len(thread)-1:])
		h.SetMsgIDList("References", thread)
	}
	h.Set("Auto-Submitted", "auto-replied")
	h.Set("X-Auto-Response-Suppress", "All")
	h.Set(ourMark, string(change.Ref))
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	return written(h, text+"\n")
}

func written(h gomail.Header, text string) ([]byte, error) {
	var out bytes.Buffer
	body, err := gomail.CreateSingleInlineWriter(&out, h)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(body, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		return nil, err
	}
	return out.Bytes(), body.Close()
}

// threadOf is what an answer to a mail refers to, the mail itself last. Ids that are no plain text are left out.
func threadOf(old header) []string {
	own := idOf(old)
	if ids := old.ids("Message-ID"); len(ids) == 0 || ids[0] != own {
		return nil
	}
	before := old.ids("References")
	if len(before) == 0 {
		before = old.ids("In-Reply-To")
	}
	var thread []string
	for _, id := range before[max(0, len(before)-20):] {
		if plainRun.FindString(id) == id && len(id) <= mostID && id != own {
			thread = append(thread, id)
		}
	}
	return append(thread, own)
}
