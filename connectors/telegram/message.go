package telegram

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// read makes a message of an update. It returns nil for what is left alone, and says so in the log.
func (c *connector) read(u update, raw []byte) (*connectors.Message, error) {
	m, edited := u.Message, false
	if m == nil {
		m, edited = u.Edited, true
	}
	why := "it is no message"
	if m != nil {
		if m.ID == 0 || m.Chat.ID == 0 || m.Chat.Type == "" {
			return nil, errors.New("its message has no message_id or no chat")
		}
		why = c.leftAlone(m, edited)
	}
	if why != "" {
		c.env.Log.Info("an update was left alone", "update_id", *u.ID, "because", why)
		return nil, nil
	}
	return &connectors.Message{
		ID: m.id(), Sender: c.sender(m), At: m.sentAt(edited), Reporter: c.reporter(m), Text: c.textOf(m), Place: m.place(), Media: c.media(m),
		Raw: complaint.Payload{Type: "application/json", Body: raw},
	}, nil
}

// leftAlone says why a message is no person's word to us; empty when it is.
func (c *connector) leftAlone(m *message, edited bool) string {
	switch {
	case m.Chat.Type != privateChat && !c.listensTo(m.Chat.ID):
		return "it is of a group or channel that is not in groups"
	case m.Chat.Type != privateChat && (m.From == nil || m.From.ID == 0 || m.SenderChat != nil):
		return "nobody is named as its writer"
	case m.From != nil && m.From.IsBot:
		return "a bot wrote it"
	case edited && m.Location != nil:
		return "a shared position has moved"
	case m.text() == "" && m.place() == (complaint.Place{}) && len(c.media(m)) == 0 && m.ownPhone() == "":
		return "it holds neither text, file, place nor the sender's own number"
	}
	return ""
}

// id is the message's. The hash is of what Telegram sent, not of what we made of it, so that a new release of ours knows
// the messages that were taken in before it.
func (m *message) id() string {
	content := []any{m.Text, m.Caption}
	for _, point := range m.points() {
		content = append(content, point.Lat, point.Long)
	}
	if m.Venue != nil {
		content = append(content, m.Venue.Title, m.Venue.Address)
	}
	if m.Contact != nil {
		content = append(content, m.Contact.Phone, m.Contact.User)
	}
	content = append(content, largest(m.Photo, math.MaxInt64).Unique)
	for _, f := range m.files() {
		content = append(content, f.Unique)
	}
	written, err := json.Marshal(content)
	if err != nil { // coordinates came as JSON: they are numbers
		written = fmt.Appendf(nil, "%+v", content)
	}
	sum := sha256.Sum256(written)
	return fmt.Sprintf("%d:%d:%s", m.Chat.ID, m.ID, hex.EncodeToString(sum[:6]))
}

// sender is the chat, and in a group the person too: what two people say there are two matters.
func (c *connector) sender(m *message) string {
	chat := strconv.FormatInt(m.Chat.ID, 10)
	if m.Chat.Type == privateChat {
		return chat
	}
	return chat + ":" + strconv.FormatInt(m.From.ID, 10)
}

func (m *message) sentAt(edited bool) time.Time {
	at := m.Date
	if edited && m.EditDate > 0 {
		at = m.EditDate
	}
	if at <= 0 || at >= 1<<40 {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}

func (c *connector) reporter(m *message) complaint.Reporter {
	name := m.Chat.FirstName + " " + m.Chat.LastName
	if m.From != nil {
		name = m.From.FirstName + " " + m.From.LastName
	}
	return complaint.Reporter{Name: complaint.CleanText(name), Phone: m.ownPhone(), Account: c.sender(m)}
}

// ownPhone is the number in a contact that is the sender's own; another's is none of ours.
func (m *message) ownPhone() string {
	if m.Contact == nil || m.From == nil || m.Contact.User == 0 || m.Contact.User != m.From.ID {
		return ""
	}
	return complaint.CleanText(m.Contact.Phone)
}

func (m *message) text() string {
	if m.Text != "" {
		return complaint.CleanText(m.Text)
	}
	return complaint.CleanText(m.Caption)
}

var writtenRef = regexp.MustCompile(`\bSP-[0-9A-Z]{15}\b`)

// textOf is what was written. An answer to a message of ours names the complaint that ours is about, but not in a group: there
// ours may be about somebody else's, and whoever answers it may have a complaint of their own.
func (c *connector) textOf(m *message) string {
	text := withoutCommand(m.text())
	if m.Chat.Type != privateChat || m.ReplyTo == nil || m.ReplyTo.From == nil || m.ReplyTo.From.ID != c.bot || writtenRef.MatchString(text) {
		return text
	}
	ref, err := complaint.ParseRef(writtenRef.FindString(m.ReplyTo.Text))
	if err != nil {
		return text
	}
	return strings.TrimSpace("Menanggapi " + string(ref) + "\n\n" + text)
}

// leadingCommand is a command at the beginning of a text; in groups the name of the bot that is meant hangs on it, and each
// bot's ends so.
var leadingCommand = regexp.MustCompile(`(?i)^(/\w{1,32})(?:@\w{1,32}bot)?(\s|$)`)

// withoutCommand is a text without the bot's name behind its command, and without a command that says nothing: Telegram has
// everybody begin with /start.
func withoutCommand(text string) string {
	found := leadingCommand.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	rest := text[len(found[0]):]
	switch strings.ToLower(found[1]) {
	case "/start", "/help":
		return complaint.CleanText(rest)
	}
	return found[1] + found[2] + rest
}

// points are where a message points to, a venue's own first.
func (m *message) points() []location {
	var points []location
	if m.Venue != nil {
		points = append(points, m.Venue.Location)
	}
	if m.Location != nil {
		points = append(points, *m.Location)
	}
	return points
}

func (m *message) place() complaint.Place {
	var place complaint.Place
	if m.Venue != nil {
		place.Address = strings.Trim(complaint.CleanText(m.Venue.Title)+", "+complaint.CleanText(m.Venue.Address), ", ")
	}
	for _, point := range m.points() {
		if within(point.Lat, 90) && within(point.Long, 180) {
			place.Lat, place.Long = point.Lat, point.Long
			break
		}
	}
	return place
}

func within(degrees *float64, most float64) bool {
	return degrees != nil && *degrees >= -most && *degrees <= most
}
