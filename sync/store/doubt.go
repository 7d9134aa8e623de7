package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
)

// claims are what one loop claims. What it claimed first in a transaction of which it is not known whether it was committed is worked
// on by nobody; before the loop claims anything more it is taken back, so that no request seems to have gone out that did not.
type claims struct {
	sync.Mutex
	doubts []doubt
}

// doubt is one such transaction.
type doubt struct {
	refs []complaint.Ref
	at   int64           // its clock, by which its claims are told from any later ones of this gateway
	over <-chan struct{} // closed when its commit has ended; nil: it has
}

// doubt notes claims that were made in a transaction that ended with an error. The caller holds the lock.
func (c *claims) doubt(err error, at int64, refs []complaint.Ref) {
	if len(refs) == 0 {
		return
	}
	d := doubt{refs: refs, at: at}
	var pending *underWay
	if errors.As(err, &pending) {
		d.over = pending.over
	}
	c.doubts = append(c.doubts, d)
}

func firstClaims(rows []claimedRow) (refs []complaint.Ref) {
	for _, r := range rows {
		if r.Fence == 1 {
			refs = append(refs, complaint.Ref(r.Ref))
		}
	}
	return refs
}

func claimedOf(decided []Decided) (refs []complaint.Ref) {
	for _, d := range decided {
		if d.Work != nil && d.Work.Fence == 1 {
			refs = append(refs, d.Ref)
		}
	}
	return refs
}

var errUnderWay = errors.New("a commit that was not waited for any longer is still under way")

// unclaim takes back what a loop is not sure about. The caller holds its lock.
func (s *Store) unclaim(ctx context.Context, c *claims) error {
	for len(c.doubts) > 0 {
		d := c.doubts[0]
		err := s.unclaimOne(ctx, d)
		if err != nil {
			return fmt.Errorf("take back claims of which the answer was lost: %w", err)
		}
		c.doubts = c.doubts[1:]
	}
	return nil
}

func (s *Store) unclaimOne(ctx context.Context, d doubt) error {
	if d.over != nil {
		select {
		case <-d.over:
		default:
			return errUnderWay
		}
	}
	return s.inWriter(ctx, func(w *writer) error {
		_, err := w.run(ctx, s.q.Unclaim, args{"refs": d.refs, "owner": s.owner, "at": d.at})
		return err
	})
}

// TakeBack takes back claims on which nobody works because the answer to their commit was lost, where nobody claims just now. It
// waits for their commits as long as the context says.
func (s *Store) TakeBack(ctx context.Context) error {
	var errs []error
	for _, c := range []*claims{&s.deciding, &s.claiming, &s.births.claims} {
		if !c.TryLock() {
			continue
		}
		for _, d := range c.doubts {
			if d.over == nil {
				continue
			}
			select {
			case <-d.over:
			case <-ctx.Done():
			}
		}
		errs = append(errs, s.unclaim(ctx, c))
		c.Unlock()
	}
	return errors.Join(errs...)
}
