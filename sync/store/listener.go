package store

import (
	"context"
	"fmt"
)

// Listen records which channels a gateway has that are told what becomes of their complaints, and which that are told nothing.
// News is kept for whoever listens, whether or not the gateway that hears of it has that channel: one that is only now in the
// configuration of one of several gateways, or out of all of them for a day, hears everything once it is there. Call it before
// anything of a channel is taken in.
func (s *Store) Listen(ctx context.Context, listening, deaf []string) error {
	type listener struct {
		Source string `db:"source"`
	}
	rows := make([]*listener, len(listening))
	for i, source := range listening {
		rows[i] = &listener{source}
	}
	err := s.inWriter(ctx, func(w *writer) error {
		if err := insertSet(ctx, w, s.q.InsertListeners, rows); err != nil || len(deaf) == 0 {
			return err
		}
		_, err := w.run(ctx, s.q.DeleteListeners, args{"sources": deaf})
		return err
	})
	if err != nil {
		return fmt.Errorf("record which channels are told: %w", err)
	}
	return nil
}

// Retire ends a channel that is gone for good: no more news is kept for it, and what waited to be told, or was refused, is told
// no more. It returns how much that was, and ErrNoListener for a name that nothing is kept for.
func (s *Store) Retire(ctx context.Context, source, by string) (untold int64, err error) {
	err = s.inWriter(ctx, func(w *writer) error {
		listened, err := w.run(ctx, s.q.DeleteListeners, args{"sources": []string{source}})
		if err != nil {
			return err
		}
		untold, err = w.run(ctx, s.q.RetireNews, args{"source": source, "detail": by + " said that the channel is gone for good"})
		if err == nil && listened+untold == 0 {
			return ErrNoListener
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("retire %s: %w", source, err)
	}
	return untold, nil
}
