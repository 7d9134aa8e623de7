package botapi

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Person is somebody on Telegram. The id of a private chat is the person's.
type Person struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name,omitempty"`
}

// Fields are a part of an object of the Bot API, by the API's own names.
type Fields map[string]any

type chat struct {
	lastMessage int64
	blocked     bool
	movedTo     int64 // the supergroup that the group became; 0: none
}

// Write has a person write to the bot in their private chat. The content is what the message holds, such as {"text": …}.
// It returns the message's id, which counts in each chat from 1.
func (s *Server) Write(from Person, content Fields) int64 {
	private := Fields{"id": from.ID, "type": "private", "first_name": from.FirstName}
	return s.WriteIn(private, from, content)
}

// WriteIn has a person write in a chat. A chat has at least an id and a type.
func (s *Server) WriteIn(in Fields, from Person, content Fields) int64 {
	id := s.nextMessage(in["id"].(int64))
	message := Fields{"message_id": id, "from": from, "chat": in, "date": s.Now().Unix()}
	maps.Copy(message, content)
	s.Update(Fields{"message": message})
	return id
}

// Edit has a person change a message: it now holds this content.
func (s *Server) Edit(from Person, id int64, content Fields) {
	message := Fields{
		"message_id": id, "from": from, "chat": Fields{"id": from.ID, "type": "private", "first_name": from.FirstName},
		"date": s.Now().Unix() - 60, "edit_date": s.Now().Unix(),
	}
	maps.Copy(message, content)
	s.Update(Fields{"edited_message": message})
}

func (s *Server) nextMessage(chatID int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chatID]
	if c == nil {
		c = &chat{}
		s.chats[chatID] = c
	}
	c.lastMessage++
	return c.lastMessage
}

// Block has a person block the bot; writing to it again would lift that.
func (s *Server) Block(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[id]; c != nil {
		c.blocked = true
	}
}

// Upgrade has a group become a supergroup.
func (s *Server) Upgrade(group, supergroup int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats[group].movedTo, s.chats[supergroup] = supergroup, &chat{}
}

// Photo puts a picture into Telegram and returns a message's photo: the picture in three sizes, of which the last is whole.
func (s *Server) Photo(content []byte) []Fields {
	small, middle := content[:len(content)/4], content[:len(content)/2]
	var sizes []Fields
	for i, body := range [][]byte{small, middle, content} {
		f := s.store("photos", ".jpg", body)
		f["width"], f["height"] = 90<<(2*i), 60<<(2*i)
		sizes = append(sizes, f)
	}
	return sizes
}

// File puts a file into Telegram and returns a message's document, video or voice.
func (s *Server) File(name, kind string, content []byte) Fields {
	f := s.store("documents", "", content)
	if name != "" {
		f["file_name"] = name
	}
	f["mime_type"] = kind
	return f
}

func (s *Server) store(folder, ending string, content []byte) Fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprintf("BQACAgUAAx0C%06dBAQ", len(s.stored)+1)
	s.stored[id] = &stored{content: content, folder: folder, ending: ending}
	return Fields{"file_id": id, "file_unique_id": fmt.Sprintf("AgAD%x", sum(content)), "file_size": len(content)}
}

// Update gives the bot an update as it is, but for its update_id, which it returns; 0 where the bot has not asked for
// updates of that kind.
func (s *Server) Update(content Fields) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, chatID := aboutWhat(content)
	if !s.wants(kind) {
		return 0
	}
	if s.expire(); !s.lastAt.IsZero() && s.Now().Sub(s.lastAt) >= quietWeek {
		s.lastID /= 2
	}
	s.lastID++
	s.lastAt = s.Now()
	content = maps.Clone(content)
	content["update_id"] = s.lastID
	body, err := json.Marshal(content)
	if err != nil {
		return 0
	}
	s.waiting = append(s.waiting, waitingUpdate{id: s.lastID, chat: chatID, body: body, until: s.lastAt.Add(retention), due: s.lastAt})
	s.wake()
	return s.lastID
}

// aboutWhat is an update's kind and the chat it is of.
func aboutWhat(content Fields) (kind string, chatID int64) {
	for kind, object := range content {
		fields, _ := object.(Fields)
		in, _ := fields["chat"].(Fields)
		chatID, _ = in["id"].(int64)
		return kind, chatID
	}
	return "", 0
}
