package connectors

import (
	"context"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Message is one message of a person on a channel of conversations, where a matter comes in pieces: a text, then a photo,
// then where it is, then "sudah ada?". The gateway keeps each durably, and makes one complaint of what one sender says
// until they have been silent for Connector.JoinWithin. The same message twice is harmless.
type Message struct {
	ID     string    `json:"id"`     // the channel's own, one of its kind on this channel
	Sender string    `json:"sender"` // whom an answer goes to, as Saying.To: a number, a chat. Personal data
	At     time.Time `json:"at"`     // when it was sent; zero when the channel does not say

	Reporter complaint.Reporter `json:"reporter,omitzero"` // what the channel knows of the sender
	Text     string             `json:"text,omitempty"`    // as the person wrote it, a caption among it
	Place    complaint.Place    `json:"place,omitzero"`
	Media    []Media            `json:"media,omitempty"`

	Raw complaint.Payload `json:"-"`
}

// Media is a file of a message that must still be fetched.
type Media struct {
	ID   string `json:"id"`             // as Fetch needs it
	Name string `json:"name,omitempty"` // as the sender called it
	Type string `json:"type,omitempty"` // media type, as the channel says
}

// Fetcher gets a file of a message and keeps it in Env.Files. The gateway calls it after the message is kept, and again
// after an error that is not permanent; an expired link is the connector's to renew. A file that cannot be had holds
// nothing up: the complaint goes on without it and says so.
type Fetcher interface {
	Fetch(ctx context.Context, m Media) (complaint.Attachment, error)
}

// Speaker says something to a person on a channel of conversations: that their complaint came in, what became of it, what
// is not clear. The words are the gateway's. After a crash the last saying is said again, with the same key. Errors carry
// their verdict (package retry).
type Speaker interface {
	Say(ctx context.Context, s Saying) error
}

// Undelivered is a saying that did not reach its person. The operator is shown it among what was not told.
type Undelivered struct {
	Key    string // Saying.Key
	Detail string // why, for an operator; no personal data
}

// Saying is one message to a person.
type Saying struct {
	Key     string    // the same whenever this saying is repeated, for channels that tell repeats apart
	To      string    // a Message.Sender of this channel
	ReplyTo string    // the ID of the message it answers, where there is one
	Text    string    // plain text; the connector cuts or folds it as its channel needs
	HeardAt time.Time // when the person last wrote, for channels that let one speak freely only so long
	// News is set when this tells what became of a complaint, for channels that must say so in a form of their own.
	News *StatusChange
}
