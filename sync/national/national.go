// Package national is the contract a national platform implements. A platform offers the abilities it has, as explicit
// fields, so that a misspelt method does not compile. Where Lookup is missing an unknown outcome goes to a person or
// to the official export, never to a resend.
package national

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Platform is one open national platform.
type Platform struct {
	Submit    Submitter // required
	Lookup    Lookuper
	Status    Statuser
	Reference Referencer
	Probe     Prober // required
	Export    Exporter
	FollowUps FollowUpper
	Close     func() error

	// LookupHint says, where Lookup is missing, what else can tell whether the platform has a complaint: words for an
	// operator that go on after "or", such as a command. Empty: a person searches the platform.
	LookupHint string
}

// Submitter sends one complaint, step by step. Every request that changes something over there is a step run through
// the Journal, which records its start before and its outcome after: Submit called again after a crash or a failure
// repeats no step that succeeded. Errors carry their verdict (package retry).
type Submitter interface {
	Submit(ctx context.Context, s Submission, j Journal) (Ticket, error)
}

// Lookuper finds what an unknown outcome left behind, by our own reference. ErrAbsent means that the platform answered
// properly and has nothing with that reference; any other error means that it cannot be told.
type Lookuper interface {
	Lookup(ctx context.Context, ref complaint.Ref) (Ticket, error)
}

// Statuser asks for one complaint's state and everything that was said about it, oldest first. id is Ticket.ID.
type Statuser interface {
	Status(ctx context.Context, id string) (State, error)
}

// Referencer reads the platform's own lists.
type Referencer interface {
	Reference(ctx context.Context) (Reference, error)
}

// Prober signs in and changes nothing. It returns what it saw, in words for an operator.
type Prober interface {
	Probe(ctx context.Context) (string, error)
}

// ErrAbsent is the answer of a Lookup that found nothing.
var ErrAbsent = errors.New("the platform has no complaint with this reference")

// Journal runs the steps of one submission durably.
type Journal interface {
	// Do runs a step, unless it is already recorded as done: then its recorded result is returned and run is not called.
	// Its start is durable before run is called. A result is what later steps need, such as an id; it is at most 4 KiB.
	Do(ctx context.Context, step Step, run func(context.Context) (result string, err error)) (string, error)
}

// Step names one request of a submission.
type Step struct {
	Name string // unique within the submission: "upload <sha256>", "create"
	// Harmless says that running the step twice does no harm (an uploaded file nobody refers to). The outcome of a
	// harmless step is never looked up: it is simply run again. The submission can do without it: one that fails again and
	// again may be recorded as done with an empty result.
	Harmless bool
	// Last says that no step of the submission follows: its outcome and the end of the delivery are recorded as one.
	Last bool
}

// StepCreate is the step that makes the national ticket. Every platform names it so, and its result is Ticket.Record: a
// Lookup that finds the ticket completes this step.
const StepCreate = "create"

// StepHandOver is the step after it that tells the platform a complaint is not the receiving agency's to answer, and whose
// it is. It asks the platform who has the complaint before it changes anything, and is done when that agency does: so it may
// be run again once nothing of the first run can still be under way (delivery.settle), and needs no Lookup. A refusal for
// good is Permanent, with the platform's words; the ticket stays known.
const StepHandOver = "hand-over"

// Submission is what a platform is sent.
type Submission struct {
	Complaint complaint.Complaint
	Agency    string // institution id of the platform
	Category  string // category id of the platform
	Location  string // location id of the platform; may be empty
	HandOver  string // institution id of the agency it is handed over to as not Agency's to answer; may be empty
	Earlier   string // tracking id of an earlier ticket of the same trouble, which the text then names; empty: none
	Files     []File
}

// File is one attachment, opened only while it is sent. fs.ErrNotExist says that it is gone: the complaint goes without it.
// After any other error of Open, or of reading, it may be had later: the step fails and is tried again.
type File struct {
	complaint.Attachment
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Ticket is a complaint at the platform. ID is what its API wants; TrackingID is what a citizen types on its site. They
// may differ, and neither is derived from the other.
type Ticket struct {
	ID         string `json:"id"`
	TrackingID string `json:"tracking_id,omitempty"`
}

// Record is a ticket as the result of StepCreate.
func (t Ticket) Record() string {
	record, _ := json.Marshal(t) // two strings always encode
	return string(record)
}

// ReadTicket reads what Record wrote. A record without an id is an error.
func ReadTicket(record string) (Ticket, error) {
	var t Ticket
	if err := json.Unmarshal([]byte(record), &t); err != nil {
		return t, fmt.Errorf("read the record of a ticket: %w", err)
	}
	if t.ID == "" {
		return t, errors.New("the record of a ticket has no id")
	}
	return t, nil
}

// State is what the platform says about one complaint now.
type State struct {
	Status     complaint.Status
	Raw        string // the platform's own word, always kept
	Agency     string // who has it, by name
	TrackingID string
	Events     []Event // oldest first
}

// Event is one thing that was said or done about a complaint at the platform.
type Event struct {
	Key    string // stable: the same event seen again has the same key
	At     time.Time
	Status complaint.Status // empty when the event changes no status
	Raw    string
	From   string // agency names
	To     string
	Text   string // plain text: HTML removed, placeholders filled
}

// Reference is the platform's own lists.
type Reference struct {
	Agencies []Named
}

// Named is an id with its name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Definition declares a kind of platform.
type Definition struct {
	Kind     string
	Summary  string
	Defaults func() config.Settings
	Open     func(Env, config.Settings) (Platform, error)
}

// Env is what the gateway gives a platform.
type Env struct {
	Zone *time.Location // the region's
	Log  *slog.Logger
	// Transport sends every request. It carries the gateway's rate limit and the time-out of a request, so a platform
	// sets neither.
	Transport http.RoundTripper
}
