package relay

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/store"
)

// TakeIn keeps the complaints one channel brought. When it returns nil the channel may be told so. An unfit complaint fails
// the whole with a *complaint.FieldError, whose field begins with the complaint's place in a list of several.
func (r *Relay) TakeIn(ctx context.Context, source string, complaints []complaint.Complaint) ([]store.Kept, error) {
	return r.Receive(ctx, source, connectors.Received{Complaints: complaints})
}

// Receive is TakeIn for all that a request carried: messages among it, and what its channel set aside. A message that is
// unfit is set aside too.
func (r *Relay) Receive(ctx context.Context, source string, in connectors.Received) ([]store.Kept, error) {
	for i := range in.Complaints {
		in.Complaints[i].Clean()
		if err := in.Complaints[i].Check(); err != nil {
			return nil, inList(err, i, len(in.Complaints))
		}
	}
	p := store.Page{Source: source, Complaints: in.Complaints, Refusals: refusals(in.SetAside)}
	messages, aside := fitting(in.Messages)
	p.Messages, p.Refusals = messages, append(p.Refusals, aside...)
	var err error
	if p.Joining, err = r.joining(source, p.Messages); err != nil {
		return nil, err
	}
	kept, err := r.keep(ctx, p)
	if err != nil {
		return nil, err
	}
	return kept, r.undelivered(ctx, source, in.Undelivered)
}

// undelivered notes what a channel had taken and could not bring to its person. What is no news, such as a question, is in the
// channel's log only.
func (r *Relay) undelivered(ctx context.Context, source string, sayings []connectors.Undelivered) error {
	for _, one := range sayings {
		if ref, told, ok := newsOf(one.Key); ok {
			if err := r.store.Undelivered(ctx, source, store.News{Ref: ref, Told: told}, one.Detail); err != nil {
				return fmt.Errorf("note what did not reach its person: %w", err)
			}
		}
	}
	return nil
}

// sameID is what becomes of another complaint under a known id, at a channel whose ids may begin anew: how it is set aside, or that it
// is kept beside the known one. Neither: they do not.
func (r *Relay) sameID(source string) (aside func(complaint.Complaint) store.Refusal, beside bool) {
	for _, c := range r.channels {
		if c.Name == source {
			return sameIDOf(c), c.Beside
		}
	}
	return nil, false
}

func sameIDOf(c Channel) func(complaint.Complaint) store.Refusal {
	if c.SameID == nil {
		return nil
	}
	return func(one complaint.Complaint) store.Refusal { return refusals([]connectors.SetAside{c.SameID(one)})[0] }
}

func refusals(asides []connectors.SetAside) []store.Refusal {
	var all []store.Refusal
	for _, aside := range asides {
		all = append(all, store.Refusal{
			SourceID: aside.SourceID, Where: aside.Where, Reason: string(aside.Reason), Detail: aside.Detail, Raw: aside.Raw,
		})
	}
	return all
}

// inList says which element of a list a field belongs to.
func inList(err error, i, of int) error {
	var field *complaint.FieldError
	if of < 2 || !errors.As(err, &field) {
		return err
	}
	return &complaint.FieldError{Field: "[" + strconv.Itoa(i) + "]." + field.Field, Reason: field.Reason}
}

func (r *Relay) kept(source string, kept []store.Kept) {
	fresh, undecided := 0, false
	for _, k := range kept {
		if k.SameID {
			r.metrics.refused.WithLabelValues(source, string(connectors.SameID)).Inc()
			continue
		}
		r.metrics.intake.WithLabelValues(source, intakeResult(k)).Inc()
		if !k.Known {
			fresh++
			undecided = undecided || !k.Decided
		}
		if k.Known {
			r.metrics.duplicates.WithLabelValues(string(dedup.Redelivery)).Inc()
		}
	}
	if fresh > 0 {
		r.metrics.lastSuccess.WithLabelValues(source).SetToCurrentTime()
	}
	if undecided {
		r.decidable.send()
	}
}

func intakeResult(k store.Kept) string {
	switch {
	case k.Revised:
		return "revised"
	case k.Known:
		return "known"
	default:
		return "new"
	}
}

// keepPage keeps a polled page with its cursor. What is unfit is set aside, and the rest goes on.
func (r *Relay) keepPage(ctx context.Context, source string, from connectors.Cursor, page connectors.Page) error {
	p := store.Page{
		Source: source, Cursor: &store.CursorMove{From: string(from), To: string(page.Next)}, Refusals: refusals(page.SetAside),
	}
	for _, c := range page.Complaints {
		c.Clean()
		if err := c.Check(); err != nil {
			p.Refusals = append(p.Refusals, store.Refusal{
				SourceID: c.SourceID, Where: "complaint " + c.SourceID, Reason: string(connectors.BadField), Detail: err.Error(), Raw: c.Raw.Body,
			})
			continue
		}
		p.Complaints = append(p.Complaints, c)
	}
	messages, aside := fitting(page.Messages)
	p.Messages, p.Refusals = messages, append(p.Refusals, aside...)
	var err error
	if p.Joining, err = r.joining(source, p.Messages); err != nil {
		return err
	}
	if _, err := r.keep(ctx, p); err != nil {
		return fmt.Errorf("keep a page of %s: %w", source, err)
	}
	return nil
}

// keep keeps a page and counts what became of it.
func (r *Relay) keep(ctx context.Context, p store.Page) ([]store.Kept, error) {
	r.at(BeforeKeep)
	p.SameID, p.Beside = r.sameID(p.Source)
	kept, heard, err := r.store.KeepAll(ctx, p)
	if err != nil {
		return nil, err
	}
	r.at(AfterKeep)
	r.kept(p.Source, kept)
	r.heard(p.Source, heard, len(p.Messages))
	for _, refusal := range p.Refusals {
		r.metrics.refused.WithLabelValues(p.Source, refusal.Reason).Inc()
	}
	return kept, nil
}

// LastChange is where a complaint stands, for the channel that filed it; another's is store.ErrNotFound.
func (r *Relay) LastChange(ctx context.Context, source string, ref complaint.Ref) (connectors.StatusChange, error) {
	change, seq, err := r.store.LastChange(ctx, source, ref)
	if err != nil {
		return connectors.StatusChange{}, err
	}
	return changeOf(store.News{Ref: ref, Told: seq, Change: change}), nil
}
