package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// claims lets one loop claim once at a time, and remembers what it claimed in a transaction of which it is not known whether it was
// committed: nobody works on that. Before the loop claims anything more it is taken back, so that no request seems to have gone out
// that did not. Only first claims (fence 1) are: what an earlier claim had begun is not known here, and waits for its lease.
type claims struct {
	sync.Mutex
	doubts []doubt
}

// doubt is one such transaction.
type doubt struct {
	refs []complaint.Ref // of its first claims
	at   int64           // its clock, by which its claims are told from any later ones of this gateway
	over <-chan struct{} // closed when the driver is through with the commit; nil: it is
	// A server whose client is gone may still carry the commit out: its claims are looked for until their leases have run out.
	lapses time.Time
}

// note remembers a transaction that ended with an error after it had claimed. The caller holds the lock.
func (c *claims) note(d doubt, err error) {
	if len(d.refs) == 0 {
		return
	}
	var pending *underWay
	if errors.As(err, &pending) {
		d.over = pending.over
	}
	c.doubts = append(c.doubts, d)
}

// claimIn runs f in a transaction. What f returns are the first claims it made. They are noted when the transaction fails after f has
// not: it may have been committed. The caller holds the lock.
func (s *Store) claimIn(ctx context.Context, c *claims, lease time.Duration, f func(*writer) ([]complaint.Ref, error)) (d doubt, err error) {
	err = s.inWriter(ctx, func(w *writer) error {
		d = doubt{at: w.now, lapses: time.Now().Add(lease)}
		refs, err := f(w)
		if err == nil {
			d.refs = refs
		}
		return err
	})
	if err != nil {
		c.note(d, err)
	}
	return d, err
}

func firstClaims(rows []claimedRow) (refs []complaint.Ref) {
	for _, r := range rows {
		if r.Fence == 1 {
			refs = append(refs, complaint.Ref(r.Ref))
		}
	}
	return refs
}

func firstDecided(decided []Decided) (refs []complaint.Ref) {
	for _, d := range decided {
		if d.Work != nil && d.Work.Fence == 1 {
			refs = append(refs, d.Ref)
		}
	}
	return refs
}

var errUnderWay = errors.New("a commit that was not waited for any longer is still under way")

// unclaim takes back what a loop is not sure about, and says how much that was. The caller holds its lock.
func (s *Store) unclaim(ctx context.Context, c *claims) (taken int64, err error) {
	var left []doubt
	for i, d := range c.doubts {
		n, err := s.unclaimOne(ctx, d)
		if err != nil {
			c.doubts = append(left, c.doubts[i:]...)
			return taken, fmt.Errorf("take back claims of which the answer was lost: %w", err)
		}
		taken += n
		if n == 0 && s.dialect == postgres && time.Now().Before(d.lapses) {
			left = append(left, d)
		}
	}
	c.doubts = left
	return taken, nil
}

func (s *Store) unclaimOne(ctx context.Context, d doubt) (taken int64, err error) {
	if d.over != nil {
		select {
		case <-d.over:
		default:
			return 0, errUnderWay
		}
	}
	err = s.inWriter(ctx, func(w *writer) error {
		taken, err = w.run(ctx, s.q.Unclaim, args{"refs": d.refs, "owner": s.owner, "at": d.at})
		return err
	})
	return taken, err
}

// TakeBack takes back first claims on which nobody works because the answer to their commit was lost, in each loop that claims nothing
// just now, and says how many. It waits for their commits as long as the context says.
func (s *Store) TakeBack(ctx context.Context) (taken int64, err error) {
	for _, c := range []*claims{&s.deciding, &s.claiming, &s.births.claims} {
		n, failed := s.takeBack(ctx, c)
		taken, err = taken+n, errors.Join(err, failed)
	}
	return taken, err
}

func (s *Store) takeBack(ctx context.Context, c *claims) (int64, error) {
	if !c.TryLock() {
		return 0, nil
	}
	defer c.Unlock()
	for _, d := range c.doubts {
		if d.over == nil {
			continue
		}
		select {
		case <-d.over:
		case <-ctx.Done():
		}
	}
	return s.unclaim(ctx, c)
}
