package rest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// ending is how a walk ends.
type ending int

const (
	goesOn   ending = iota
	atEnd           // the server has said so
	repeats         // the server gives what it gave: past the end, or because the list moved on meanwhile
	cutShort        // there may be more that cannot be reached
	broken          // a cursor or link is no longer good
)

// end ends the walk, and decides what counts as read.
func (r *reading) end(ctx context.Context, how ending) error {
	w := r.note.Walk
	if how == repeats && w.Pages > 1 {
		moved, err := r.firstPageMoved(ctx)
		if err != nil {
			return err
		}
		w.New = w.New || moved
	}
	switch {
	case how == broken:
		r.log.Warn("the list cannot be read on from where it was left; it is read again from its beginning")
		r.drop()
	case w.Asked:
		r.endAsked(how)
	default:
		r.endWhole(how)
	}
	r.note.Walk = nil
	r.tellLeftAlone()
	return nil
}

// firstPageMoved reads the first page again. When it is another, items came in while pages were turned, and pushed others
// onto pages that had been read: what looks like the end may be none.
func (r *reading) firstPageMoved(ctx context.Context) (bool, error) {
	last := *r.note.Walk
	defer func() { *r.note.Walk = last }()
	r.note.Walk.At, r.note.Walk.Pages = r.firstPlace(), 0
	page, _, err := r.ask(ctx)
	if err != nil {
		return false, err
	}
	return sumOfPage(r.items(page.entries)) != last.First, nil
}

// drop ends a walk that proves nothing: what was handed out is kept in mind, and nothing counts as read.
func (r *reading) drop() {
	r.note.Seen = r.note.Seen.With(r.note.Met...)
	r.note.Met = nil
}

// endAsked ends a reading of what is new. It counts only when everything came that is known to lie in what was asked for.
func (r *reading) endAsked(how ending) {
	n := &r.note
	lacking := n.lacking()
	witnessed := slices.ContainsFunc(n.Met, func(m connectors.Mark) bool { return byID(m.Sum) && m.Time >= n.Low })
	if len(lacking) > 0 || !witnessed {
		n.Lacked, n.Check = lacking, true
		r.again = true
		r.drop()
		return
	}
	r.settle(how)
}

// endWhole ends a reading of the whole list.
func (r *reading) endWhole(how ending) {
	n := &r.note
	came := sumsOf(n.Met)
	if slices.ContainsFunc(n.Lacked, func(m connectors.Mark) bool { return came[m.Sum] }) {
		r.log.Warn("the server does not give what is new when it is asked for it: the whole list is read from now on; look at since",
			"param", r.settings.Since.Param)
		n.Wrong = r.sinceSettings()
	}
	n.Lacked, n.Check = nil, false
	r.settle(how)
}

// rounding is how far ahead of its clock a server may write a time that it keeps in whole seconds.
const rounding = time.Second

// settle moves Low as far as is sure. Pages that are turned while the list moves may hide an item: after several pages
// nothing is settled until one more reading has found nothing new.
func (r *reading) settle(how ending) {
	n, w := &r.note, r.note.Walk
	onePage := w.Pages == 1 || r.settings.Paging.Style == byGrowing
	if how == cutShort || w.New && !onePage {
		r.drop() // what did not come may have been pushed onto a page that was read before
	} else {
		n.Seen, n.Met = n.Met, nil
		n.Anew = n.Anew || r.settings.formerID != ""
		n.Ended = n.Begun != nil
	}
	bySince := r.settings.Since.Param != "" && n.Wrong != r.sinceSettings()
	if !bySince && !w.Full {
		n.Again = 0
		return // everything that is there is known
	}
	const (
		enough = 2  // readings, where newness cannot be told
		tries  = 20 // readings at once; a list that is never the same is read again with the next poll
	)
	switch {
	case how == cutShort && w.Mixed:
		n.Again = 0
		return // what lies behind may be older than what was read
	case w.New && !onePage && (!w.Full || n.Again+1 < enough):
		n.Again = min(n.Again+1, tries)
		r.again = bySince && n.Again < tries
		return
	}
	n.Again = 0
	newest := n.Top
	if !onePage && w.Clock != 0 {
		newest = min(newest, w.Clock)
	}
	n.Low = max(n.Low, newest-r.behind())
	n.Seen = slices.DeleteFunc(slices.Clone(n.Seen), func(m connectors.Mark) bool { return m.Time != 0 && m.Time < n.Low })
	if w.Full && !bySince {
		r.log.Warn(fmt.Sprintf("the list holds more than %d items; give since, or let it leave out what is done", mostSeen)) //nolint:sloglint // a constant
	}
}

// behind is how far back items are looked at again.
func (c *connector) behind() int64 {
	if c.settings.Since.Format == numberFormat {
		return int64(c.settings.Since.Behind)
	}
	return (c.settings.Since.Overlap.D() + rounding).Microseconds()
}

// sinceSettings are what a finding about since holds of.
func (c *connector) sinceSettings() string {
	s := c.settings.Since
	return fmt.Sprintf("%s %s %s %s %s", s.Param, s.Field, s.Format, s.Within, s.Zone)
}
