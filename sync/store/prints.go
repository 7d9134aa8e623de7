package store

import (
	"context"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Prints returns up to most prints, those of the newest complaints first. One that cannot be read is left out.
func (s *Store) Prints(ctx context.Context, most int) ([]dedup.Print, error) {
	kept, err := all[string](ctx, s.read, s.q.NewestPrints, args{"most": most})
	if err != nil {
		return nil, fmt.Errorf("read the newest prints: %w", err)
	}
	prints := make([]dedup.Print, 0, len(kept))
	for _, text := range kept {
		if p, err := dedup.DecodePrint(text); err == nil {
			prints = append(prints, p)
		}
	}
	return prints, nil
}

// Printed is a print with the complaint it is of.
type Printed struct {
	Ref   complaint.Ref
	Print dedup.Print
}

// PrintsSince returns the prints of complaints accepted since a time, the oldest first. One that cannot be read is left out.
func (s *Store) PrintsSince(ctx context.Context, since time.Time) ([]Printed, error) {
	const page = 5000
	var prints []Printed
	for after := complaint.FirstRef(since); ; {
		rows, err := all[struct{ Ref, Print string }](ctx, s.read, s.q.PrintsAfter, args{"after": after, "most": page})
		if err != nil {
			return nil, fmt.Errorf("read the prints: %w", err)
		}
		for _, r := range rows {
			after = complaint.Ref(r.Ref)
			if p, err := dedup.DecodePrint(r.Print); err == nil {
				prints = append(prints, Printed{after, p})
			}
		}
		if len(rows) < page {
			return prints, nil
		}
	}
}

// expireAtOnce keeps the transactions short in which the index forgets: intake waits for none of them.
const expireAtOnce = 200

// ExpirePrints forgets by what complaints are found that were accepted before a time, up to most of them, and returns how
// many they were.
func (s *Store) ExpirePrints(ctx context.Context, before time.Time, most int) (int, error) {
	expired := 0
	for expired < most {
		var n int
		err := s.inWriter(ctx, func(w *writer) (err error) {
			n, err = w.expirePrints(ctx, complaint.FirstRef(before), min(expireAtOnce, most-expired))
			return err
		})
		if err != nil {
			return expired, fmt.Errorf("forget old prints: %w", err)
		}
		expired += n
		if n < expireAtOnce {
			break
		}
	}
	if err := s.expireKeys(ctx, before); err != nil {
		return expired, fmt.Errorf("forget old keys: %w", err)
	}
	return expired, nil
}

func (w *writer) expirePrints(ctx context.Context, before complaint.Ref, most int) (int, error) {
	old, err := all[complaint.Ref](ctx, w.tx, w.s.q.OldestPrints, args{"before": before, "most": most})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	_, err = w.run(ctx, w.s.q.DeletePrints, args{"refs": old})
	return len(old), err
}
