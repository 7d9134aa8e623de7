package store

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// keySegment is a segment as it is listed.
type keySegment struct {
	ID        int64
	Mark      int64
	Entries   int
	Blocks    int
	NewestAt  int64  `db:"newest_at"`
	OldestRef string `db:"oldest_ref"`
	NewestRef string `db:"newest_ref"`
	Merging   bool

	digest segment.Segment
}

// blockBits are the bits of a block's number that say which of its segment it is.
const blockBits = 20

// liveSegments are those in which keys are found, the one with the newest complaint first.
func (s *Store) liveSegments(ctx context.Context, db sqlx.ExtContext) ([]keySegment, error) {
	return all[keySegment](ctx, db, s.q.ListSegments, args{"lease": mergeLease.Milliseconds()})
}

// block is the number under which one of the segment's blocks lies.
func (k *keySegment) block(n int) int64 { return k.ID<<blockBits + int64(n) }

// span is from where and up to where the numbers of a segment's blocks go.
func span(id int64) args { return args{"first": id << blockBits, "upto": (id + 1) << blockBits} }

// How segments go.
const (
	goneGrace   = 10 * time.Second // who began to read one that was merged goes on reading it so long
	sweptAtOnce = 512              // blocks that are deleted in one transaction
	expiredFor  = 24 * time.Hour   // what is found no more lies in one for so long at most, until that is written without it
)

func summaryArgs(of segment.Summary) args {
	return args{
		"entries": of.Entries, "blocks": of.Blocks, "newest_at": of.NewestAt, "oldest_ref": of.OldestRef, "newest_ref": of.NewestRef,
	}
}

// insertSegment keeps a segment that is found at once; nil: it would be empty.
func (w *writer) insertSegment(ctx context.Context, summary segment.Summary, groups []segment.Group) (*keySegment, error) {
	if summary.Entries == 0 {
		return nil, nil
	}
	k, err := w.newSegment(ctx, "live", summary)
	for i := 0; err == nil && i < len(groups); i++ {
		if err = w.insertGroup(ctx, k, groups[i]); err == nil {
			err = k.digest.Add(groups[i].Digest)
		}
	}
	return k, err
}

func (w *writer) newSegment(ctx context.Context, state string, summary segment.Summary) (k *keySegment, err error) {
	k = &keySegment{Mark: rand.Int64(), OldestRef: summary.OldestRef}
	a := summaryArgs(summary)
	a["mark"], a["state"] = k.Mark, state
	k.ID, err = one[int64](ctx, w.tx, w.s.q.InsertSegment, a)
	return k, err
}

func (w *writer) insertGroup(ctx context.Context, k *keySegment, g segment.Group) error {
	ids := make([]int64, len(g.Blocks))
	for i := range ids {
		ids[i] = k.block(g.First + i)
	}
	if _, err := runSet(ctx, w.tx, w.s.q.InsertKeyBlocks, args{}, set{"id": ids, "data": g.Blocks}); err != nil {
		return err
	}
	_, err := runSet(ctx, w.tx, w.s.q.InsertKeyDigests, args{}, set{"id": ids[:1], "data": [][]byte{g.Digest}})
	return err
}

// sweepSegments deletes some of what is not read any longer, and of what was never finished.
func (w *writer) sweepSegments(ctx context.Context) error {
	if _, err := w.run(ctx, w.s.q.RetireUnfinished, args{"lease": (6 * mergeLease).Milliseconds()}); err != nil {
		return err
	}
	gone, err := all[int64](ctx, w.tx, w.s.q.GoneSegments, args{"grace": goneGrace.Milliseconds(), "most": mergedMost})
	if err != nil {
		return err
	}
	left := int64(sweptAtOnce)
	for _, id := range gone {
		a := span(id)
		a["most"] = left
		n, err := w.run(ctx, w.s.q.DeleteKeyBlocks, a)
		if err != nil {
			return err
		}
		if left -= n; left <= 0 { // the rest of it another time
			return nil
		}
		if _, err := w.run(ctx, w.s.q.DeleteKeyDigests, span(id)); err != nil {
			return err
		}
		a = span(id)
		a["id"] = id
		if _, err := w.run(ctx, w.s.q.DeleteSegment, a); err != nil { // unless there are blocks left, behind a gap
			return err
		}
	}
	return nil
}

// expireKeys has keys follow their prints: complaints that were accepted before a time, and before any that has a print, are found no
// more. A segment of nothing else is removed; of others they are left out when those are merged.
func (s *Store) expireKeys(ctx context.Context, before time.Time) error {
	return s.inWriter(ctx, func(w *writer) error {
		oldest, err := one[complaint.Ref](ctx, w.tx, s.q.OldestPrint, args{})
		if err != nil {
			return err
		}
		expired := complaint.FirstRef(before)
		if oldest != "" {
			expired = min(expired, oldest)
		}
		s.index.expire(expired, min(expired, complaint.FirstRef(before.Add(-expiredFor))))
		if _, err := w.run(ctx, w.s.q.RetireExpired, args{"before": expired}); err != nil {
			return err
		}
		return w.sweepSegments(ctx)
	})
}

func (x *keyIndex) expire(expired, long complaint.Ref) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.expired, x.longExpired = expired, long
}

// putAside has a segment neither merged nor mended for a while.
func (x *keyIndex) putAside(k keySegment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.aside == nil {
		x.aside = map[int64]time.Time{}
	}
	x.aside[k.Mark] = time.Now()
}

func (x *keyIndex) isAside(k keySegment) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	since, is := x.aside[k.Mark]
	return is && time.Since(since) < asideFor
}

// expiry is which complaints are found no more, and which of them have not been for so long that segments are written without them.
func (x *keyIndex) expiry() (expired, long complaint.Ref) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.expired, x.longExpired
}

// KeyEntries is how many entries the index of keys has: for each complaint that can be found as many as it has keys.
func (s *Store) KeyEntries(ctx context.Context) (n int, err error) {
	live, err := s.liveSegments(ctx, s.read)
	for _, k := range live {
		n += k.Entries
	}
	return n, err
}
