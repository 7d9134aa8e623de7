// Package connectors is the contract a channel implements. A connector offers the abilities its channel has, as explicit
// fields, so that a misspelt method does not compile. What every connector must hold is written at its ability and
// tested by connectortest.
package connectors

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Connector is one open channel: at least one of Poll, Receive and Routes. Its abilities may all be called at once, and
// each several times at once, apart from Poll: one poll ends before the next begins.
type Connector struct {
	Poll         Poller
	Receive      Receiver
	Routes       Router
	Authenticate Authenticator // with Receive: who may ask for a status
	Acknowledge  Acknowledger
	WriteStatus  StatusWriter
	Say          Speaker  // with messages: answers to a person; the gateway words them, statuses too where WriteStatus is nil
	Fetch        Fetcher  // with messages that carry Media
	Reread       Rereader // what was set aside, once the settings are corrected
	Public       bool     // with WriteStatus: anybody may read what is written; it is given nothing else
	Check        Checker  // required: what `check --online` prints
	Close        func() error

	// SameID, where ids may begin anew (the numbers of a sheet do each month), is what is set aside of a complaint that has a
	// known one's id and is another complaint. Where it is nil, whatever comes under a known id is kept beside it as a revision.
	SameID func(complaint.Complaint) SetAside
	// Beside, where ids may begin anew and a sender waits for a reference, has such a complaint kept under an id of its own.
	Beside bool

	// Confirms says that polling from a page's Next tells the channel, which then forgets the page, that it is taken in: who only
	// looks asks once.
	Confirms bool

	// JoinWithin is, with messages, how long a sender must be silent until what they said becomes a complaint.
	JoinWithin time.Duration
}

// Talks says that the channel is one of conversations: it yields messages.
func (c Connector) Talks() bool { return c.JoinWithin > 0 && c.Say != nil }

// Tells says that the channel can be told what became of a complaint.
func (c Connector) Tells() bool { return c.WriteStatus != nil || c.Say != nil }

// Fit says what is missing for the channel to work: a gateway does not start with one that is not fit.
func (c Connector) Fit() error {
	switch {
	case c.Poll == nil && c.Receive == nil && c.Routes == nil:
		return errors.New("it takes nothing in")
	case c.Check == nil:
		return errors.New("it cannot be checked")
	case c.Say != nil && c.JoinWithin <= 0:
		return errors.New("it takes in messages and does not say how long a sender must be silent until they are a complaint")
	case c.Say == nil && c.JoinWithin != 0:
		return errors.New("it takes in messages and cannot answer them")
	case c.Say == nil && c.Fetch != nil:
		return errors.New("it fetches the files of messages and has no messages")
	}
	return nil
}

// Poller reads what is new since a cursor. The gateway owns the cursor and saves it in the same transaction as the page;
// the connector keeps no state that matters, and the same page twice is harmless. An empty page with the cursor it was
// given means that there is nothing new. An empty cursor means that nothing was read yet: where a first reading leaves older
// complaints alone, one that finds nothing leaves a cursor too, so that whatever comes after it is new.
type Poller interface {
	Poll(ctx context.Context, from Cursor) (Page, error)
}

// Receiver authenticates and decodes a request. It never answers: the gateway writes the 2xx after the commit. Errors
// are *RequestError where the sender is to blame; anything else is answered with 500.
type Receiver interface {
	Receive(r *http.Request) (Received, error)
}

// Router serves a protocol of its own (Open311) under /open311/{name}/v2/, taking in and reading only through the Desk. It
// has no need of WriteStatus: what a channel is to be told is there for it to fetch, through Desk.Updates. Routes is called
// once for each configuration.
type Router interface {
	Routes(d Desk) http.Handler
}

// Authenticator checks a request's credentials, as Receive does, for a request that carries no complaint. The error is a
// *RequestError.
type Authenticator interface {
	Authenticate(r *http.Request) error
}

// Acknowledger tells the channel, after the commit, that a page is taken in. It may be repeated; failure is counted, not
// fatal, and tried again at the next poll. When the gateway dies before, it is never told.
type Acknowledger interface {
	Acknowledge(ctx context.Context, page Page) error
}

// Rereader makes of SetAside.Raw what the channel would bring of it under the present settings: one complaint with its files,
// or something set aside. An empty page says that the settings leave it out now. An error that is ErrNotKept says that Raw does
// not hold enough of it. It asks the channel for no more than files and what Raw lacks, so that it may be done beside a gateway
// that reads the channel.
type Rereader interface {
	Reread(ctx context.Context, patience *Patience, aside SetAside) (Page, error)
}

// ErrNotKept is for what was set aside and of which too little was kept to read it again. What wraps it says what to do.
var ErrNotKept = errors.New("too little of it was kept to read it again")

// StatusWriter tells the channel what the national side said. It is harmless when repeated, where the channel lets it be:
// after a crash the last one is told again. The gateway calls it in order for each complaint. Errors carry their verdict
// (package retry). What is written must not come back through Poll as a complaint.
type StatusWriter interface {
	WriteStatus(ctx context.Context, change StatusChange) error
}

// Checker opens the channel, changes nothing, and returns what it saw, in words for an operator.
type Checker interface {
	Check(ctx context.Context) (string, error)
}

// Page is what one Poll found.
type Page struct {
	Complaints []complaint.Complaint // Ref, Source and ReceivedAt are the gateway's to fill
	Messages   []Message
	SetAside   []SetAside
	Next       Cursor
	More       bool // there is more: poll again at once
}

// SetAside is something the channel holds that cannot become a complaint: a row without a text, a date nobody can read.
// It is kept with its reason, once, and shown to the operator; the rest of the page goes on.
type SetAside struct {
	SourceID string        // the channel's id, where it could be read
	Where    string        // such as "aduan.xlsx, sheet Januari, row 17"
	Reason   SetAsideCause // closed set: a metric label
	Detail   string        // what is wrong and what to do, without the complaint's words
	Raw      []byte        // as it came, for Rereader
}

// SetAsideCause is why something was set aside.
type SetAsideCause string

// The causes.
const (
	BadField    SetAsideCause = "bad_field"    // a value cannot be read, or a required one is missing
	SameID      SetAsideCause = "same_id"      // another row of the file has this id and other words: the id mapping is wrong
	Unreadable  SetAsideCause = "unreadable"   // the row or file cannot be parsed
	NotComplete SetAsideCause = "not_complete" // more of it was expected and never came
)

// SetAsideCauses lists every cause.
func SetAsideCauses() []SetAsideCause {
	return []SetAsideCause{BadField, SameID, Unreadable, NotComplete}
}

// OfSettings says that what was set aside for the cause may fit once the settings are corrected.
func (c SetAsideCause) OfSettings() bool { return c == BadField || c == SameID }

// Received is what a request carried.
type Received struct {
	Complaints []complaint.Complaint
	Messages   []Message
	SetAside   []SetAside // kept as a Page's are, in the transaction that keeps the complaints
	List       bool       // the sender sent a list and expects one
	// Undelivered are sayings that Say had handed over and the channel could not bring to their person, where it says so later.
	Undelivered []Undelivered
	// Told, when set, is the body of the answer after the commit, for channels that expect one of their own; it is sent with
	// 200. Unset: 202, and the references as JSON.
	Told *Answer
	// Tell is Told for a channel that is told what became of each of Complaints, in their order.
	Tell func([]Outcome) Answer
	// Refuse, when set, is the answer once SetAside is kept: the sender is to blame, and what it sent must not be lost all the
	// same. There are no complaints then.
	Refuse *RequestError
	// Answer, when set, is a handshake that carries no complaint: it is written as it is.
	Answer *Answer
}

// Outcome is what became of one complaint of a request.
type Outcome struct {
	Known   bool // it was here already, by its id
	Revised bool // it was here with other content: kept beside it, not forwarded
	SameID  bool // another complaint was here under its id: set aside, as Connector.SameID says
}

// Answer is a literal 200 answer.
type Answer struct {
	Type string
	Body []byte
}

// ErrFull is what reading a request's body fails with when there is no room for it now: the sender is told to come back.
var ErrFull = errors.New("too many large requests come at once")

// RequestError is a request that is the sender's fault.
type RequestError struct {
	Status int    // 400, 401, 405, 413, 415, 429
	Field  string // with 400: the field that is wrong, as the sender calls it where that is known
	Detail string // for the sender; no personal data, no secret
}

func (e *RequestError) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Detail
	}
	return e.Detail
}

// StatusChange is one piece of news about a complaint, for the channel it came from.
type StatusChange struct {
	Ref        complaint.Ref    `json:"ref"`
	SourceID   string           `json:"id"`
	Seq        int64            `json:"seq"` // rises with each change of one complaint
	Status     complaint.Status `json:"status"`
	Raw        string           `json:"national_status,omitempty"`
	Note       string           `json:"note,omitempty"`   // plain text
	Agency     string           `json:"agency,omitempty"` // by name
	TrackingID string           `json:"tracking_id,omitempty"`
	At         time.Time        `json:"at"`

	To     string `json:"-"` // Reporter.Account of the complaint: whom to tell, on channels that need to know. Personal data
	Secret bool   `json:"-"` // the complaint is secret: a person is told where it stands and no more, see Texts.Words
}

// Definition declares a connector kind.
type Definition struct {
	Kind     string
	Summary  string // one line
	Defaults func() config.Settings
	Open     func(Env, config.Settings) (Connector, error)
	// BringsFrom, when set, is the kind of national platform whose own complaints a channel with these settings brings; empty:
	// none. A gateway that forwards to that platform does not start with it: every complaint would be there twice.
	BringsFrom func(config.Settings) string
}

// Env is what the gateway gives a connector.
type Env struct {
	Name  string         // the connector's name
	Zone  *time.Location // the region's: of every local time that carries none
	Log   *slog.Logger
	Files FileStore
	// MaxBody is the largest request body, in bytes.
	MaxBody int64
	// Transport sends the connector's requests; it has no limit of its own.
	Transport http.RoundTripper
	// Texts are the words citizens read; nil: the shipped Indonesian.
	Texts *Texts
	// Sent reads back what the channel sent with a complaint of this connector (Complaint.Raw), for one that answers beside it.
	// It is nil in a check and a preview; the payload is empty when nothing of it is kept any more.
	Sent func(ctx context.Context, ref complaint.Ref) (complaint.Payload, error)
}

// FileStore keeps attachments by content.
type FileStore interface {
	// Put stores what r holds and returns an attachment with size, SHA-256 and the media type its bytes show. What is
	// put is durable when Put returns.
	Put(ctx context.Context, name string, r io.Reader) (complaint.Attachment, error)
}
