package store

import (
	"context"
	"fmt"

	"github.com/satupintu/satupintu/sync/retry"
)

// hurryBatch is how many deliveries one transaction brings forward: nobody waits long behind it.
const hurryBatch = 1000

// Hurry makes everything due that waits because its last attempt ended with one of the reasons. Among its class the oldest
// comes first, before what is accepted from now on. It returns how many deliveries it brought forward.
func (s *Store) Hurry(ctx context.Context, reasons []retry.Reason) (int, error) {
	hurried, after := 0, ""
	for {
		var refs []string
		err := s.inWriter(ctx, func(w *writer) (err error) {
			if refs, err = all[string](ctx, w.tx, s.q.PickLate, args{"reasons": reasons, "after": after, "most": hurryBatch, "now": w.now}); err != nil || len(refs) == 0 {
				return err
			}
			_, err = w.run(ctx, s.q.Hurry, args{"refs": refs})
			return err
		})
		hurried += len(refs)
		if err != nil {
			return hurried, fmt.Errorf("bring waiting deliveries forward: %w", err)
		}
		if len(refs) < hurryBatch {
			return hurried, nil
		}
		after = refs[len(refs)-1]
	}
}

// HurryNews makes due at once what one source is to be told and waits because it was told in vain, for one of the reasons.
func (s *Store) HurryNews(ctx context.Context, source string, reasons []retry.Reason) error {
	for {
		var hurried int64
		err := s.inWriter(ctx, func(w *writer) (err error) {
			hurried, err = w.run(ctx, s.q.HurryWritebacks, args{"source": source, "reasons": reasons, "most": hurryBatch})
			return err
		})
		if err != nil {
			return fmt.Errorf("bring news for %s forward: %w", source, err)
		}
		if hurried < hurryBatch {
			return nil
		}
	}
}
