package telegram

import (
	"encoding/json"
	"errors"
)

// update is what we read of Telegram's Update: https://core.telegram.org/bots/api#update
type update struct {
	ID      *int64   `json:"update_id"`
	Message *message `json:"message"`
	Edited  *message `json:"edited_message"`
}

type message struct {
	ID         int64    `json:"message_id"` // one of its kind in its chat
	Date       int64    `json:"date"`       // Unix seconds
	EditDate   int64    `json:"edit_date"`
	Chat       chat     `json:"chat"`
	From       *user    `json:"from"`
	SenderChat *chat    `json:"sender_chat"` // who speaks, where that is a group or channel
	Text       string   `json:"text"`
	Caption    string   `json:"caption"`
	ReplyTo    *message `json:"reply_to_message"`

	Photo     []file    `json:"photo"` // one picture in several sizes
	Document  *file     `json:"document"`
	Video     *file     `json:"video"`
	Audio     *file     `json:"audio"`
	Voice     *file     `json:"voice"`
	VideoNote *file     `json:"video_note"`
	Animation *file     `json:"animation"` // comes with the same file as document
	Sticker   *file     `json:"sticker"`
	Location  *location `json:"location"`
	Venue     *venue    `json:"venue"` // comes with the same point as location
	Contact   *contact  `json:"contact"`
}

type chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // private, group, supergroup, channel
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

const privateChat = "private"

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

type file struct {
	ID     string `json:"file_id"`        // for getFile; another one each time the file is seen
	Unique string `json:"file_unique_id"` // the same for the same file
	Size   int64  `json:"file_size"`      // bytes; 0 where it is not told
	Name   string `json:"file_name"`
	Type   string `json:"mime_type"`
	Width  int64  `json:"width"`
	Height int64  `json:"height"`
}

type location struct {
	Lat  *float64 // degrees
	Long *float64
}

// UnmarshalJSON leaves a point that cannot be read empty: half of one would be another place.
func (l *location) UnmarshalJSON(raw []byte) error {
	var point struct {
		Lat  *float64 `json:"latitude"`
		Long *float64 `json:"longitude"`
	}
	if json.Unmarshal(raw, &point) == nil {
		l.Lat, l.Long = point.Lat, point.Long
	}
	return nil
}

type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

type contact struct {
	Phone string `json:"phone_number"`
	User  int64  `json:"user_id"` // 0: not somebody on Telegram
}

var errNoUpdate = errors.New("it is no update of the Bot API")

// decode reads an update. A field of another type than we know is left out, and the rest read: Telegram adds to its types.
// What has no update_id has none in the result either.
func decode(raw []byte) (update, error) {
	var u update
	err := json.Unmarshal(raw, &u)
	var otherType *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &otherType) {
		return update{}, errNoUpdate
	}
	if u.ID == nil || *u.ID <= 0 || *u.ID >= 1<<53 {
		return update{}, errNoUpdate
	}
	return u, nil
}
