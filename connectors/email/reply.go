package email

import (
	"bytes"
	_ "embed" // for reply.id.txt
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	gomail "github.com/emersion/go-message/mail"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

//go:embed reply.id.txt
var replyText string

// words are what a reply's template sees.
type words struct {
	Ref        string // SP-…
	Status     string // in Indonesian
	Agency     string
	Note       string
	TrackingID string
	At         string // local time, such as 03-01-2026 14.05
}

// mostReply is how long a reply's text may be, in bytes.
const mostReply = 100_000

// parseReply reads a reply's template, or the built-in one, and tries it.
func parseReply(text string) (*template.Template, error) {
	if strings.TrimSpace(text) == "" {
		text = replyText
	}
	parsed, err := template.New("reply").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	return parsed, parsed.Execute(io.Discard, words{Ref: "SP-1KAZ5T8M3Q0X4RD", Status: connectors.InIndonesian(complaint.Done, "")})
}

func (c *connector) replyWords(change connectors.StatusChange) words {
	return words{
		Ref: string(change.Ref), Status: connectors.InIndonesian(change.Status, complaint.CleanText(change.Raw)), Agency: complaint.CleanText(change.Agency),
		Note: complaint.CleanText(change.Note), TrackingID: complaint.CleanText(change.TrackingID), At: c.local(change.At),
	}
}

func (c *connector) local(at time.Time) string { return at.In(c.env.Zone).Format("02-01-2006 15.04") }

// compose writes the mail about a change, as an answer to the mail under old.
func (c *connector) compose(change connectors.StatusChange, old header, to person) ([]byte, error) {
	var text bytes.Buffer
	if err := c.reply.Execute(&text, c.replyWords(change)); err != nil {
		return nil, fmt.Errorf("write the reply about %s: %w", change.Ref, err)
	}
	if text.Len() > mostReply {
		return nil, fmt.Errorf("the reply about %s is longer than %d bytes", change.Ref, mostReply)
	}
	var h gomail.Header
	h.SetAddressList("From", []*gomail.Address{{Name: c.settings.Name, Address: c.settings.Address}})
	h.SetAddressList("To", []*gomail.Address{{Address: to.address}})
	h.SetSubject(strings.TrimSpace("Re: " + complaint.TitleFrom(titleOf(old.text("Subject")))))
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
	return written(h, strings.TrimSpace(text.String())+"\n")
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
