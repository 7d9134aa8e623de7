// Package reconcile compares our complaints with a platform's own list of them, such as its official spreadsheet.
//
// Promises:
//
//   - what is found there by our reference is not sent again; what is found twice is a person's to decide
//   - absence proves nothing, unless the list is said to be whole, lacks nothing that surely is there, shows our references,
//     leaves nothing unread, and covers the time of the request
//   - what a restored database took in once more is held, where the list has the same words under a reference it does not know
//   - a list never takes back what was learnt later than it was made
//   - the same list again changes nothing
//   - a report names references, tracking ids, statuses, dates and agencies, never a person or a text
package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/store"
)

// Options are what is compared, and what may be concluded from it.
type Options struct {
	Store *store.Store
	List  national.Export

	// Complete says that the list holds everything that reached the platform between From and AsOf: only then can an
	// absence prove anything, and only for a request that went out Settle before AsOf.
	Complete bool
	AsOf     time.Time // zero: what the list proves of itself
	From     time.Time // zero: the earliest arrival in the list
	Settle   time.Duration
	// Restored says that the database is an old copy, which may not know what was sent since: what the list has by our
	// reference counts as sent although no request is known. What was never sent and may be in the list all the same, by its
	// reference or by the same words under one that the database does not know, is held.
	Restored bool
	Redactor privacy.Redactor // what of a text is sent
	DryRun   bool             // change nothing, and report what would be
}

// Kind is what a line of a report says, from a closed set.
type Kind string

// The kinds, in the order of a report.
const (
	Found     Kind = "found"      // its outcome was not known; the platform has it
	NotSent   Kind = "not sent"   // its outcome was not known; the platform does not have it, and it is sent again
	Unknown   Kind = "unknown"    // its outcome stays unknown
	Conflict  Kind = "conflict"   // a person must look at it; nothing was changed, but for what a restored database holds
	Refreshed Kind = "refreshed"  // its status or its tracking id is news to us
	OnlyHere  Kind = "only here"  // delivered in the time the list covers, and not in it
	OnlyThere Kind = "only there" // in the list, and none of ours
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Found, NotSent, Unknown, Conflict, Refreshed, OnlyHere, OnlyThere} }

// Line is one complaint of a report.
type Line struct {
	Kind       Kind
	Ref        complaint.Ref
	TrackingID string
	Was        string // the status we knew; the platform's word where there is one
	Status     string // the one in the list
	At         time.Time
	Agency     string
	Why        string
}

// Report is what a comparison found.
type Report struct {
	From, AsOf time.Time // what the list covers
	Entries    int       // in the list
	Same       int       // complaints about which the list says nothing new
	Lines      []Line    // by kind, then by reference and tracking id
	Notes      []string
}

// Run compares, and changes what the comparison settles. An error leaves what was changed before it; running again goes on.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.AsOf.IsZero() {
		o.AsOf = o.List.Made
	}
	if o.From.IsZero() {
		o.From = o.List.From
	}
	c := newComparison(o)
	if err := c.read(ctx); err != nil {
		return Report{}, err
	}
	c.decide()
	if err := c.repeated(ctx); err != nil {
		return Report{}, err
	}
	if err := c.apply(ctx); err != nil {
		return Report{}, err
	}
	return c.report(), nil
}

const page = 1000

// read walks all complaints of ours, and keeps those the list may say something about.
func (c *comparison) read(ctx context.Context) error {
	for after := complaint.Ref(""); ; {
		ours, err := c.Store.Whereabouts(ctx, after, page)
		if err != nil {
			return err
		}
		for _, w := range ours {
			c.take(w)
		}
		if len(ours) < page {
			return nil
		}
		after = ours[len(ours)-1].Ref
	}
}

// apply makes the changes. What has moved on meanwhile is left to the next comparison.
func (c *comparison) apply(ctx context.Context) error {
	if c.DryRun {
		return nil
	}
	for i := range c.matters {
		m := &c.matters[i]
		err := c.change(ctx, m)
		switch {
		case errors.Is(err, store.ErrMoved):
			m.line.Kind, m.line.Why = Unknown, "it has moved on while it was compared: import the list again"
		case err != nil:
			return fmt.Errorf("record what the list says of %s: %w", m.ours.Ref, err)
		}
	}
	return nil
}

func (c *comparison) change(ctx context.Context, m *matter) error {
	switch m.line.Kind {
	case Found:
		return c.Store.ResolveListed(ctx, m.ours, c.found(m))
	case NotSent:
		return c.Store.ResolveUnlisted(ctx, m.ours, "the official list, whole up to "+c.AsOf.UTC().Format(time.RFC3339)+", does not have it")
	case Conflict:
		if c.Restored && unsent(m.ours) {
			return c.Store.HoldListed(ctx, m.ours.Ref, "an official list: "+m.line.Why)
		}
	case Refreshed:
		return c.Store.RecordListed(ctx, m.ours, c.found(m))
	}
	return nil
}

// found is an entry as the store takes it. A status the list is too old for is left out.
func (c *comparison) found(m *matter) store.Found {
	f := store.Found{TrackingID: m.entry.TrackingID}
	if m.line.Kind == Refreshed && !c.news(m.ours, m.entry) || c.AsOf.IsZero() || m.entry.Raw == "" {
		return f
	}
	f.Agency = m.entry.Agency
	f.Said = national.Event{
		Key: fmt.Sprintf("list %d %s", c.AsOf.UnixMilli(), m.entry.Raw), At: c.AsOf, Status: m.entry.Status, Raw: m.entry.Raw,
		To: m.entry.Agency, Text: m.entry.Why,
	}
	return f
}

func (c *comparison) report() Report {
	r := Report{From: c.From, AsOf: c.AsOf, Entries: len(c.List.Entries), Same: c.same, Notes: c.List.Notes}
	for _, m := range c.matters {
		r.Lines = append(r.Lines, m.line)
	}
	r.Lines = append(r.Lines, c.onlyThere()...)
	if n := len(c.strangers()); c.Restored && n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d complaints of the list carry a reference that this database does not know: "+
			"none of them may come in once more after queue resume", n))
	}
	if c.AsOf.IsZero() {
		r.Notes = append(r.Notes, "the list does not say when it was made, so no status is taken from it: say when with --as-of")
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.TrackingID, b.TrackingID))
	})
	return r
}
