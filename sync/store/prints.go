package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

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
	const most = 5000
	var prints []Printed
	for after := complaint.FirstRef(since); ; {
		page, err := s.printsAfter(ctx, s.read, after, most)
		if err != nil {
			return nil, err
		}
		prints, after = append(prints, page.prints...), page.upto
		if page.last {
			return prints, nil
		}
	}
}

// printPage are prints in the order of their complaints' references.
type printPage struct {
	prints []Printed
	upto   complaint.Ref // of the last complaint, whether or not its print could be read
	last   bool          // there are no more
}

func (s *Store) printsAfter(ctx context.Context, db sqlx.ExtContext, after complaint.Ref, most int) (printPage, error) {
	rows, err := all[struct{ Ref, Print string }](ctx, db, s.q.PrintsAfter, args{"after": after, "most": most})
	if err != nil {
		return printPage{}, fmt.Errorf("read the prints: %w", err)
	}
	page := printPage{upto: after, last: len(rows) < most}
	for _, r := range rows {
		page.upto = complaint.Ref(r.Ref)
		if p, err := dedup.DecodePrint(r.Print); err == nil {
			page.prints = append(page.prints, Printed{page.upto, p})
		}
	}
	return page, nil
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
