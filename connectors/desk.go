package connectors

import (
	"context"
	"errors"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Desk is how a Router reaches the gateway: as its own channel, and no other. What List and Updates give may be shown to
// anybody: nothing of a secret complaint is in it, and nothing that tells who complained.
type Desk struct {
	// TakeIn keeps complaints durably and returns their references in the same order. An unfit one is a
	// *complaint.FieldError.
	TakeIn func(ctx context.Context, complaints []complaint.Complaint) ([]complaint.Ref, error)
	// Read returns the last status of a complaint this connector filed, a secret one too: it is for who filed it. Any other
	// is ErrNotFound.
	Read func(ctx context.Context, ref complaint.Ref) (StatusChange, error)
	// List returns complaints, the newest first.
	List func(ctx context.Context, q Query) ([]Listed, error)
	// Updates returns what was said about complaints, in the order it became known.
	Updates func(ctx context.Context, q UpdateQuery) ([]Update, error)
}

// ErrNotFound means that the channel filed no such complaint.
var ErrNotFound = errors.New("no such complaint")

// LaterWord begins the SourceID of what a person said later about a complaint of a Router's channel. It is taken in as a
// complaint, which names the first one, and is left out of lists and updates.
const LaterWord = "update/"

// Query says which complaints are wanted. Times are inclusive and to the millisecond; zero ones bound nothing.
type Query struct {
	Refs []complaint.Ref // these, whatever else is asked

	Categories             []string // one of these; empty: any
	From, To               time.Time
	UpdatedFrom, UpdatedTo time.Time
	Open, Closed           bool // neither: both
	BeforeAt               time.Time
	BeforeRef              complaint.Ref // those listed after the one with BeforeAt and BeforeRef, wherever new ones arrive
	Skip                   int
	Most                   int
}

// Listed is a complaint as anybody may see it. Of an anonymous one neither words nor place are there.
type Listed struct {
	Ref        complaint.Ref
	Category   string
	Anonymous  bool
	Title      string
	Text       string // without numbers of persons, mail addresses and the reporter's name
	Place      complaint.Place
	ReceivedAt time.Time
	UpdatedAt  time.Time // never before ReceivedAt
	Status     complaint.Status
	Note       string // what was last said about it
	Agency     string // by name
}

// UpdateQuery says which updates are wanted: those that became known from From to To, both inclusive; zero: no bound.
type UpdateQuery struct {
	From, To time.Time
	Skip     int
	Most     int
}

// Update is something that was said about a complaint, as anybody may see it.
type Update struct {
	ID     string // the same for ever, and no other's
	Ref    complaint.Ref
	Status complaint.Status // where the complaint stood then
	Note   string
	Agency string
	At     time.Time // when it became known here; it never lies before an earlier update's
}
