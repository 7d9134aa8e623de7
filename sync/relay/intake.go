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

// TakeIn keeps what one channel brought, what it set aside with it. When it returns nil the channel may be told so. An unfit
// complaint fails the whole with a *complaint.FieldError, whose field begins with the complaint's place in a list of several.
func (r *Relay) TakeIn(ctx context.Context, source string, complaints []complaint.Complaint, asides ...connectors.SetAside) ([]store.Kept, error) {
	for i := range complaints {
		complaints[i].Clean()
		if err := complaints[i].Check(); err != nil {
			return nil, inList(err, i, len(complaints))
		}
	}
	r.at(BeforeKeep)
	p := store.Page{Source: source, Complaints: complaints, Refusals: refusals(asides)}
	kept, err := r.store.Keep(ctx, p)
	if err != nil {
		return nil, err
	}
	r.at(AfterKeep)
	r.kept(source, kept)
	r.setAside(p)
	return kept, nil
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

func (r *Relay) setAside(p store.Page) {
	for _, refusal := range p.Refusals {
		r.metrics.refused.WithLabelValues(p.Source, refusal.Reason).Inc()
	}
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
	fresh := 0
	for _, k := range kept {
		r.metrics.intake.WithLabelValues(source, intakeResult(k)).Inc()
		if !k.Known {
			fresh++
		}
		if k.Known {
			r.metrics.duplicates.WithLabelValues(string(dedup.Redelivery)).Inc()
		}
	}
	if fresh > 0 {
		r.metrics.lastSuccess.WithLabelValues(source).SetToCurrentTime()
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
	r.at(BeforeKeep)
	kept, err := r.store.Keep(ctx, p)
	if err != nil {
		return fmt.Errorf("keep a page of %s: %w", source, err)
	}
	r.at(AfterKeep)
	r.kept(source, kept)
	r.setAside(p)
	return nil
}

// LastChange is where a complaint stands, for the channel that filed it; another's is store.ErrNotFound.
func (r *Relay) LastChange(ctx context.Context, source string, ref complaint.Ref) (connectors.StatusChange, error) {
	change, seq, err := r.store.LastChange(ctx, source, ref)
	if err != nil {
		return connectors.StatusChange{}, err
	}
	return changeOf(store.News{Ref: ref, Told: seq, Change: change}), nil
}
