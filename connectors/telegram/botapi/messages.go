package botapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
	"unicode/utf16"
)

// mostText bounds a message, in UTF-16 code units.
const mostText = 4096

// Sent is a message of the bot.
type Sent struct {
	Chat    int64
	ID      int64
	ReplyTo int64 // 0: to none
	Text    string
	At      time.Time
}

// Sent are the bot's messages, the oldest first.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// sendMessage: https://core.telegram.org/bots/api#sendmessage
func (s *Server) sendMessage(body *json.Decoder) answer {
	var ask struct {
		Chat  int64  `json:"chat_id"`
		Text  string `json:"text"`
		Parse string `json:"parse_mode"`
		Reply *struct {
			Message int64 `json:"message_id"`
			Anyway  bool  `json:"allow_sending_without_reply"`
		} `json:"reply_parameters"`
	}
	if err := body.Decode(&ask); err != nil {
		return refuse(http.StatusBadRequest, "Bad Request: can't parse JSON object")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[ask.Chat]
	switch {
	case c == nil:
		return refuse(http.StatusBadRequest, "Bad Request: chat not found")
	case c.movedTo != 0:
		moved := refuse(http.StatusBadRequest, "Bad Request: group chat was upgraded to a supergroup chat")
		moved.Parameters = &parameters{MovedTo: c.movedTo}
		return moved
	case c.blocked:
		return refuse(http.StatusForbidden, "Forbidden: bot was blocked by the user")
	case ask.Text == "":
		return refuse(http.StatusBadRequest, "Bad Request: message text is empty")
	case len(utf16.Encode([]rune(ask.Text))) > mostText:
		return refuse(http.StatusBadRequest, "Bad Request: message is too long")
	case ask.Parse != "":
		return refuse(http.StatusBadRequest, "Bad Request: can't parse entities: "+ask.Text)
	}
	sent := Sent{Chat: ask.Chat, ID: c.lastMessage + 1, Text: ask.Text, At: s.Now()}
	if ask.Reply != nil {
		switch {
		case ask.Reply.Message >= 1 && ask.Reply.Message <= c.lastMessage:
			sent.ReplyTo = ask.Reply.Message
		case !ask.Reply.Anyway:
			return refuse(http.StatusBadRequest, "Bad Request: message to be replied not found")
		}
	}
	c.lastMessage++
	s.sent = append(s.sent, sent)
	return grant(Fields{"message_id": sent.ID, "date": sent.At.Unix(), "chat": Fields{"id": sent.Chat, "type": "private"}, "text": sent.Text})
}
