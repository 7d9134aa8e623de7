package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// RefusalsOf lists a source's refusals for some reasons in the order of their ids, after one, at most so many. Their Raw is
// what RefusalRaw gives: it may be large.
func (s *Store) RefusalsOf(ctx context.Context, source string, reasons []string, after string, most int) ([]RefusalSeen, error) {
	rows, err := all[refusalRow](ctx, s.read, s.q.RefusalsOf, args{"source": source, "reasons": reasons, "after": after, "most": most})
	if err != nil {
		return nil, fmt.Errorf("list refusals: %w", err)
	}
	return seenOf(rows), nil
}

// RefusalRaw is what was refused as it came; empty when nothing of it was kept, or it is no longer refused.
func (s *Store) RefusalRaw(ctx context.Context, id string) ([]byte, error) {
	kept, err := all[string](ctx, s.read, s.q.RefusalRaw, args{"id": id})
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	raw, err := s.show(kept[0], "refusal "+id)
	if err != nil {
		return nil, fmt.Errorf("open refusal %s: %w", id, err)
	}
	return raw, nil
}

// Again is what a source's refusals have become under other settings.
type Again struct {
	Source string
	Rows   []Reread
	// SameID words why a complaint that has a known one's id, and is another, stays refused.
	SameID func(complaint.Complaint) Refusal
	DryRun bool // nothing is changed
}

// Reread is one refusal that was read again.
type Reread struct {
	ID        string               // of the refusal
	Reason    string               // for which it was refused
	Complaint *complaint.Complaint // what it is now, cleaned and checked; nil: it is still refused
	Still     Refusal              // why it is
}

// KeepAgain keeps complaints as Keep does, and takes away their refusals in the same transaction; what is still refused gets
// its new reason. What became of each complaint is returned in the order of the rows that have one. A complaint with a known
// one's id is no revision of it where it is another, or was told apart from it when it was refused: it stays refused.
func (s *Store) KeepAgain(ctx context.Context, again Again) (kept []Kept, err error) {
	err = s.inWriter(ctx, func(w *writer) error {
		if kept, err = w.keepAgain(ctx, again); err != nil {
			return err
		}
		if again.DryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, fmt.Errorf("keep what was refused: %w", err)
	}
	return kept, nil
}

// errDryRun undoes a transaction whose outcome is all that is wanted.
var errDryRun = errors.New("nothing is to be changed")

func (w *writer) keepAgain(ctx context.Context, again Again) ([]Kept, error) {
	page := Page{Source: again.Source, SameID: again.SameID}
	var taken []string
	for _, row := range again.Rows {
		if row.Complaint == nil {
			if err := w.refuseStill(ctx, row.ID, row.Still); err != nil {
				return nil, err
			}
			continue
		}
		c := *row.Complaint
		c.Source, c.ReceivedAt = again.Source, fromMilli(w.now)
		page.Complaints, page.apart = append(page.Complaints, c), append(page.apart, row.Reason == string(connectors.SameID))
		taken = append(taken, row.ID)
	}
	fates := map[sourceKey]*fate{}
	if err := w.s.sortInto(fates, &page); err != nil {
		return nil, err
	}
	if err := w.insertComplaints(ctx, fates, true); err != nil {
		return nil, err
	}
	kept, err := w.answer(ctx, page, fates)
	if err != nil {
		return nil, err
	}
	for i, k := range kept {
		if k.SameID {
			if err := w.refuseStill(ctx, taken[i], again.SameID(page.Complaints[i])); err != nil {
				return nil, err
			}
			taken[i] = ""
		}
	}
	taken = slices.DeleteFunc(taken, func(id string) bool { return id == "" })
	_, err = w.run(ctx, w.s.q.DeleteRefusals, args{"ids": taken})
	return kept, err
}

// refuseStill notes why something is refused now.
func (w *writer) refuseStill(ctx context.Context, id string, r Refusal) error {
	_, err := w.run(ctx, w.s.q.UpdateRefusal, args{
		"id": id, "source_id": complaint.CleanText(r.SourceID), "reason": r.Reason, "detail": complaint.CleanText(r.Detail),
	})
	return err
}
