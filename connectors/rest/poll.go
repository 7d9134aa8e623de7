package rest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// mostRequests bounds what one poll asks for: the reading goes on with the next.
const mostRequests = 100

// Poll reads pages until something on one of them is new, or the end.
func (c *connector) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	n, err := connectors.ReadCursor[note](from)
	if err != nil {
		return connectors.Page{}, err
	}
	first, place := from == "", c.placeSum()
	if n.Of != 0 && n.Of != place {
		n, first = note{}, true
	}
	n.Anew = n.Anew || first && c.settings.formerID != ""
	if wider, reaches := c.settings.Since.First.Wider(n.Begun, c.region); reaches {
		n = note{Begun: wider, Anew: n.Anew, Wrong: n.Wrong} // what was taken in comes again, and is known
	}
	r := &reading{connector: c, note: n, first: first}
	fresh, err := r.read(ctx)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("read the list of %s: %w", c.host(), err)
	}
	page := connectors.Page{More: r.note.Walk != nil || r.again}
	if r.note.Of = 0; r.note.blank() {
		r.note.Of = place
	}
	if page.Next, err = r.note.cursor(); err != nil {
		return connectors.Page{}, err
	}
	patience := connectors.NewPatience(connectors.PhotosTimeout)
	for i := range fresh {
		if err := c.deliver(ctx, patience, &fresh[i], &page); err != nil {
			return connectors.Page{}, err
		}
	}
	return page, nil
}

func (c *connector) placeSum() uint64 {
	s := c.settings
	return connectors.PlaceOf(s.URL, fmt.Sprint(s.Query), s.Items, s.Paging.Style, s.Since.Param, s.Since.Within)
}

// deliver puts an item on the page, if it is a complaint or was set aside.
func (c *connector) deliver(ctx context.Context, patience *connectors.Patience, one *item, page *connectors.Page) error {
	if one.aside != nil {
		page.SetAside = append(page.SetAside, *one.aside)
	}
	if !one.taken {
		return nil
	}
	err := c.photos.Of(ctx, patience, &one.made, c.photosOf(one.record), slog.String("item", one.made.SourceID))
	page.Complaints = append(page.Complaints, one.made)
	return err
}

// Reread implements connectors.Rereader: what is kept of an item is the item.
func (c *connector) Reread(ctx context.Context, patience *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	one := c.item(aside.Raw)
	return page, c.deliver(ctx, patience, &one, &page)
}

// read steps on until something is new, or the end. A failure on the way ends the poll where it is, so that a server that
// wants us to wait does not make us begin anew each time; the next poll meets it first, and tells.
func (r *reading) read(ctx context.Context) (fresh []item, err error) {
	for i := range mostRequests {
		before := r.note.clone()
		if fresh, err = r.step(ctx); err != nil {
			if i > 0 && ctx.Err() == nil {
				r.note, r.again = before, true
				return nil, nil
			}
			return nil, err
		}
		if len(fresh) > 0 || r.note.Walk == nil && !r.again {
			break
		}
	}
	return fresh, nil
}

// reading is one poll's part of a walk over the list.
type reading struct {
	*connector
	note  note
	first bool // nothing was read before
	again bool // the list is to be read once more at once
}

// step reads one page, beginning a walk where none is under way and ending it at the end. It returns what is new.
func (r *reading) step(ctx context.Context) ([]item, error) {
	if r.note.Walk == nil {
		r.begin()
	}
	w := r.note.Walk
	page, end, err := r.ask(ctx)
	switch {
	case err != nil:
		return nil, err
	case end != goesOn:
		return nil, r.end(ctx, end)
	}
	if w.Clock == 0 && r.settings.Since.Format != numberFormat {
		w.Clock = page.clock.Truncate(max(r.settings.Since.Overlap.D(), time.Minute)).UnixMicro()
	}
	if r.first {
		r.note.Begun, r.first = r.settings.Since.First.Begin(page.clock, r.region), false
	}
	items := r.items(page.entries)
	sum := sumOfPage(items)
	if w.Pages == 0 {
		w.First = sum
	}
	fresh := r.meet(items, page.clock)
	w.Pages++
	return fresh, r.onward(ctx, page, len(items), sum)
}

// begin begins a walk at the first page. The server is asked for what is new once something is known that must come then.
func (r *reading) begin() {
	w := &walk{At: r.firstPlace()}
	w.Asked = r.settings.Since.Param != "" && r.note.Low > 0 && !r.note.Check && r.note.Wrong != r.sinceSettings()
	r.note.Walk, r.again = w, false
}

func (c *connector) firstPlace() string {
	switch c.settings.Paging.Style {
	case byPage:
		return strconv.Itoa(c.settings.Paging.First)
	case byOffset:
		return "0"
	case byGrowing:
		return strconv.Itoa(c.settings.Paging.Size)
	}
	return ""
}

// meet notes the items of a page and returns those that were not handed out yet. What lies before Low is settled.
func (r *reading) meet(items []item, clock time.Time) []item {
	n, w := &r.note, r.note.Walk
	var (
		open  []item
		marks []connectors.Mark
	)
	for _, one := range items {
		at := one.mark.Time
		if at != 0 {
			w.Mixed = w.Mixed || at < w.Max
			w.Max = max(w.Max, at)
		}
		if at != 0 && at < n.Low {
			w.Items++
			continue
		}
		if r.settings.Since.Format == numberFormat || at <= clock.UnixMicro() {
			n.Top = max(n.Top, at)
		}
		if one.former != 0 && !n.Anew {
			n.rename(connectors.Mark{Time: at, Sum: one.former}, one.mark)
		}
		open, marks = append(open, one), append(marks, one.mark)
	}
	isFresh, first := n.meet(marks)
	w.Items += first
	var fresh []item
	for i, one := range open {
		switch {
		case !isFresh[i]:
			continue
		case !r.leaves(one):
			fresh = append(fresh, one)
		case !n.Crowded:
			n.Left++
		}
		w.New = true
	}
	n.bound()
	n.Crowded = n.Crowded || n.Begun != nil && w.Full
	return fresh
}

// leaves says whether an item was there long before the first reading. One that is as old and came later is new.
func (r *reading) leaves(one item) bool {
	n, at := r.note, r.age(one)
	return n.Begun != nil && (!n.Ended || n.Crowded) && !at.IsZero() && at.Before(n.Begun.Time()) && (one.taken || one.aside != nil)
}

// age is when an item was written, so far as it says: zero when it does not.
func (c *connector) age(one item) time.Time {
	switch {
	case !one.made.ReportedAt.IsZero():
		return one.made.ReportedAt
	case one.mark.Time != 0 && c.settings.Since.Format != numberFormat:
		return time.UnixMicro(one.mark.Time)
	}
	return time.Time{}
}

// tellLeftAlone says at the end of a reading how many older items were left alone, and forgets where it began when none was.
func (r *reading) tellLeftAlone() {
	n := &r.note
	if n.Left > n.Told {
		r.log.Warn("complaints are in the list that are "+n.Begun.LeftAlone("since.first", r.region), "older", n.Left) //nolint:sloglint // a moment and a zone
		n.Told = n.Left
	}
	if n.Ended && n.Left == 0 {
		n.Begun, n.Ended, n.Crowded = nil, false, false
	}
}

// onward finds the next place, or the end.
func (r *reading) onward(ctx context.Context, page page, count int, sum uint64) error {
	w, paging := r.note.Walk, r.settings.Paging
	end := goesOn
	switch paging.Style {
	case noPaging:
		end = atEnd
	case byPage, byOffset:
		end = r.turn(count)
	case byCursor, byNext:
		end = r.follow(page.next)
	case byGrowing:
		end = r.grow(count)
	}
	if end == goesOn && paging.Style != byGrowing {
		if met := (connectors.Mark{Time: pageSum, Sum: sum}); w.Sums.Has(met) && count > 0 {
			w.Still++
		} else {
			w.Still, w.Sums = 0, w.Sums.With(met)
		}
		if w.Still >= 2 {
			end = repeats
		}
	}
	if end == goesOn && w.Pages >= paging.Most {
		r.log.Warn("the list has more pages than paging.most; what lies behind them is not read", "most", paging.Most)
		end = cutShort
	}
	w.Count = count
	if end == goesOn {
		return nil
	}
	if end != cutShort && page.total > w.Items {
		r.log.Warn("the list says that it holds more than it gives; nothing of it counts as read", "says", page.total, "gave", w.Items)
		end = cutShort
	}
	return r.end(ctx, end)
}

// Kinds of entries in walk.Sums.
const (
	pageSum = 1
	linkSum = 2
)

// turn goes on by number. A short page is not the last: servers give fewer items than they are asked for.
func (r *reading) turn(count int) ending {
	w := r.note.Walk
	if count == 0 {
		return atEnd
	}
	step := 1
	if r.settings.Paging.Style == byOffset {
		step = count
	}
	at, err := strconv.Atoi(w.At)
	if err != nil || at > math.MaxInt32 {
		return cutShort
	}
	w.At = strconv.Itoa(at + step)
	return goesOn
}

// follow goes on by the answer's own cursor or link. One that was followed already leads in a circle.
func (r *reading) follow(next string) ending {
	w := r.note.Walk
	if next == "" {
		return atEnd
	}
	met := connectors.Mark{Time: linkSum, Sum: sumOf([]byte(next))}
	if w.Sums.Has(met) || next == w.At {
		r.log.Warn("the list's next page is one that was read already; the reading ends there")
		return repeats
	}
	w.Sums, w.At = w.Sums.With(met), next
	return goesOn
}

// grow asks for more until less comes. The very number that was asked for before may be the most the server gives.
func (r *reading) grow(count int) ending {
	w := r.note.Walk
	asked, err := strconv.Atoi(w.At)
	switch {
	case err != nil:
		return cutShort
	case count < asked && w.Pages > 1 && count == w.Count:
		r.log.Warn("the server may give no more at a time than it gave; what lies behind is not read", "gave", count)
		return cutShort
	case count < asked:
		return atEnd
	case asked >= mostItems:
		r.log.Warn("the server has more than is asked for at a time; what lies behind is not read", "most", mostItems)
		return cutShort
	}
	w.At = strconv.Itoa(min(2*asked, mostItems))
	return goesOn
}

func sumOfPage(items []item) uint64 {
	var all []byte
	for _, one := range items {
		all = strconv.AppendUint(append(all, ' '), one.mark.Sum, 16)
		all = strconv.AppendInt(append(all, '@'), one.mark.Time, 16)
	}
	return cmp.Or(sumOf(all), 1)
}
