package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

const (
	mostText  = 4096 // UTF-16 code units of one message
	mostParts = 10   // of one saying; a longer one ends in "…"
)

// sendMessage are the parameters of that method. There is no parse_mode: what is said is plain text.
type sendMessage struct {
	Chat    int64        `json:"chat_id"`
	Text    string       `json:"text"`
	ReplyTo *replyTo     `json:"reply_parameters,omitempty"`
	Preview linkPreviews `json:"link_preview_options"`
}

type replyTo struct {
	Message int64 `json:"message_id"`
	Anyway  bool  `json:"allow_sending_without_reply"` // the person may have deleted theirs
}

type linkPreviews struct {
	Off bool `json:"is_disabled"`
}

// Say implements connectors.Speaker.
func (c *connector) Say(ctx context.Context, s connectors.Saying) error {
	chat, _, err := numbers(s.To)
	if err != nil {
		return retry.Never(errors.New("whom to answer is not a chat of Telegram"))
	}
	for i, part := range fold(s.Text) {
		say := sendMessage{Chat: chat, Text: part, Preview: linkPreviews{Off: true}}
		if in, asked, err := numbers(s.ReplyTo); err == nil && in == chat && asked != 0 && i == 0 {
			say.ReplyTo = &replyTo{Message: asked, Anyway: true}
		}
		if chat, err = c.send(ctx, say); err != nil {
			return afterPart(i, err)
		}
	}
	return nil
}

// send sends a message and says where to. A group that has become a supergroup is written to under its new id, where the
// message that is answered is not known by its old one.
func (c *connector) send(ctx context.Context, say sendMessage) (chat int64, err error) {
	var sent json.RawMessage
	err = c.calls.call(ctx, "sendMessage", say, &sent)
	var to *moved
	if errors.As(err, &to) {
		c.env.Log.Warn("a group has become a supergroup, and nothing is heard from it until groups has its new id", "group", say.Chat, "now", to.to)
		say.Chat, say.ReplyTo = to.to, nil
		err = c.calls.call(ctx, "sendMessage", say, &sent)
	}
	return say.Chat, err
}

// afterPart gives the failure of a later part its verdict: something was said, so that it is not sure that nothing was.
func afterPart(i int, err error) error {
	read := retry.Of(err)
	if i > 0 && read.Verdict == retry.Transient {
		read.Verdict, read.Err = retry.Uncertain, err
		return &read
	}
	return err
}

// numbers reads the first two numbers of a sender or a message's id: the chat, and what is in it; 0 where there is none.
func numbers(id string) (chat, inside int64, err error) {
	first, rest, more := strings.Cut(id, ":")
	if chat, err = strconv.ParseInt(first, 10, 64); err != nil || !more {
		return chat, 0, err
	}
	second, _, _ := strings.Cut(rest, ":")
	inside, err = strconv.ParseInt(second, 10, 64)
	return chat, inside, err
}

// fold cuts a text into messages, between words where there are any. It never cuts a letter in half.
func fold(text string) []string {
	var parts []string
	for rest := strings.TrimSpace(text); rest != "" || len(parts) == 0; {
		cut := cutAt(rest, mostText)
		if len(parts) == mostParts-1 && cut < len(rest) {
			return append(parts, strings.TrimSpace(rest[:cutAt(rest, mostText-1)])+"…")
		}
		parts = append(parts, strings.TrimRightFunc(rest[:cut], unicode.IsSpace))
		rest = strings.TrimSpace(rest[cut:])
	}
	return parts
}

// cutAt is how many bytes of a text fit into so many UTF-16 code units: up to a line's end where one lies in the second
// half, else between words, else between letters.
func cutAt(text string, most int) int {
	units, line, word := 0, 0, 0
	for i, r := range text {
		units += max(utf16.RuneLen(r), 1)
		switch {
		case units > most && line > i/2:
			return line
		case units > most && word > i/2:
			return word
		case units > most:
			return i
		case r == '\n':
			line, word = i, i
		case unicode.IsSpace(r):
			word = i
		}
	}
	return len(text)
}
