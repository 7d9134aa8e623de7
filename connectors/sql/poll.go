package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// Poll reads rows until one of them is new, or the end.
func (c *connector) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	n, err := connectors.ReadCursor[note](from)
	if err != nil {
		return connectors.Page{}, err
	}
	first, place := from == "", c.placeSum()
	if n.Of != 0 && n.Of != place {
		n, first = note{}, true
	}
	s := &sweep{connector: c, note: n, first: first}
	if wider, reaches := c.settings.Since.Wider(n.Begun, c.zone); reaches {
		s.begins = true
		s.note = note{
			Begun: wider, Top: n.Top, Unit: n.Unit, Void: n.Void, Timeless: n.Timeless, Floor: n.Floor, Seen: n.Seen, Parts: n.Parts,
		}
	}
	s.fresh = s.note.Clock == 0
	if err := c.inTransaction(ctx, true, s.run); err != nil {
		return connectors.Page{}, fmt.Errorf("read from %s: %w", c.settings.Database, err)
	}
	if s.begins && s.note.Begun != nil {
		c.tellLeftAlone(ctx, s.note)
	}
	page := connectors.Page{Next: from, More: s.more}
	if s.fresh && !s.first && !s.more && !s.found && !s.begins && !s.back {
		return page, nil
	}
	if s.note.Of = 0; s.note.blank() {
		s.note.Of = place
	}
	if page.Next, err = s.note.cursor(); err != nil {
		return connectors.Page{}, err
	}
	patience := connectors.NewPatience(connectors.PhotosTimeout)
	for _, one := range s.taken {
		if err := c.deliver(ctx, patience, one, &page); err != nil {
			return connectors.Page{}, err
		}
	}
	return page, nil
}

func (c *connector) placeSum() uint64 {
	s := c.settings
	return connectors.PlaceOf(s.Host, s.Database, s.Table, s.Where, s.Query)
}

// sweep is one poll's work.
type sweep struct {
	*connector
	note  note
	fresh bool // it begins at Low
	now   time.Time

	first  bool // nothing was read before
	begins bool // where it begins is newly decided
	back   bool // something of it begins further back than where the last one ended

	taken []taken
	found bool // something was new, or is no longer waited for
	more  bool
}

// taken is what becomes one complaint: a row, or those of a long SMS.
type taken struct {
	record map[string]any
	rows   []row
	lacks  string // with a long SMS that cannot be understood: why
}

func (s *sweep) run(ctx context.Context, tx *sql.Tx) error {
	if err := tx.QueryRowContext(ctx, s.dialect.clock).Scan(&s.now); err != nil {
		return err
	}
	if err := s.begin(ctx, tx); err != nil {
		return err
	}
	var fresh []row
	if s.fresh {
		var err error
		if fresh, err = s.timeless(ctx, tx); err != nil {
			return err
		}
	}
	if s.fresh && !s.more {
		s.comeBack()
		s.note.Clock = coarse(s.now, s.settings.Overlap.D())
	}
	for !s.more {
		rows, err := s.source.page(s.note).read(ctx, tx, &s.note.Unit, s.settings.Page)
		if err != nil {
			return err
		}
		if err := s.goesForward(rows); err != nil {
			return err
		}
		unseen := s.unseen(rows)
		fresh = append(fresh, unseen...)
		if len(rows) < s.settings.Page {
			s.end()
			break
		}
		last := rows[len(rows)-1].key
		s.note.At = &last
		s.more = len(unseen) > 0
	}
	s.found = len(fresh) > 0
	return s.take(ctx, tx, fresh)
}

// comeBack begins at overlap before the database's clock where everything before a time to come counts as read: the clock was
// ahead when a row bore that time. What is met again has the same id.
func (s *sweep) comeBack() {
	now := s.now.UnixMicro()
	if s.note.Low <= now {
		return
	}
	s.log.Warn("the database's clock was ahead at an earlier poll; what came since overlap is read again", "read_up_to", time.UnixMicro(s.note.Low).UTC())
	s.note.Low, s.note.Top, s.back = now-s.settings.Overlap.D().Microseconds(), min(s.note.Top, now), true
}

// goesForward guards against rows that come for ever: a query that does not do as it should, a time that the table keeps
// more finely than we can say it.
func (s *sweep) goesForward(rows []row) error {
	last := s.note.At
	if s.source.custom.text == "" {
		if last != nil && len(rows) > 0 && rows[len(rows)-1].key == *last {
			return fmt.Errorf("%s gives the same rows again: row %s comes after itself; read it through a query", s.place(), last.ID.Text)
		}
		return nil
	}
	for i := range rows {
		if last != nil && (rows[i].Time < last.Time || rows[i].key == *last) {
			return errors.New("the query does not go forward: it must give rows after {after} and {id} only, in the order of time and id")
		}
		last = &rows[i].key
	}
	return nil
}

// unseen are the rows that were not handed out yet. It notes them, and the newest time.
func (s *sweep) unseen(rows []row) []row {
	var unseen []row
	var seen []connectors.Mark
	for _, one := range rows {
		s.note.Top = max(s.note.Top, min(one.Time, s.now.Add(rounding).UnixMicro()))
		if mark := seenOf(one.key); !s.note.Seen.Has(mark) {
			unseen, seen = append(unseen, one), append(seen, mark)
		}
	}
	all, cut := s.note.Seen.With(seen...).After(s.low(false), mostSeen)
	s.note.Seen, s.note.Full = all, s.note.Full || cut
	return unseen
}

// rounding is how far ahead of its clock a database may write a time that it keeps in whole seconds.
const rounding = time.Second

// low is what is settled when a sweep ends: Overlap before the newest row. A sweep of several pages may have passed a time
// before a row of that time was committed; after one, nothing counts as settled that was not when it began.
func (s *sweep) low(onePage bool) int64 {
	newest := s.note.Top
	if !onePage {
		newest = min(newest, s.note.Clock)
	}
	return max(s.note.Low, newest-(s.settings.Overlap.D()+rounding).Microseconds())
}

// coarse is a clock that stands still for a while, so that the same page read twice has the same cursor.
func coarse(now time.Time, step time.Duration) int64 {
	return now.Truncate(max(step, time.Minute)).UnixMicro()
}

// end ends the sweep. Where more rows lie inside the overlap than can be kept in mind, the clock alone says when they are
// settled.
func (s *sweep) end() {
	s.note.Low = s.low(s.fresh && s.note.At == nil)
	if s.note.Full {
		settled := min(s.note.Top+1, s.note.Clock-s.settings.Overlap.D().Microseconds())
		s.note.Low = max(s.note.Low, settled)
		s.log.Warn("more rows than can be kept in mind bear times inside the overlap; some are read again until it has passed",
			"table", s.settings.Table, "overlap", s.settings.Overlap.String())
	}
	s.note.Seen, _ = s.note.Seen.After(s.note.Low, mostSeen)
	s.note.At, s.note.Clock, s.note.Full = nil, 0, false
}

// take decides what becomes of new rows.
func (s *sweep) take(ctx context.Context, tx *sql.Tx, rows []row) error {
	if s.settings.Parts.UDH != "" {
		return s.join(ctx, tx, rows)
	}
	for _, one := range rows {
		s.taken = append(s.taken, taken{record: one.record, rows: []row{one}})
	}
	return nil
}

// deliver puts a complaint on the page, or sets it aside.
func (c *connector) deliver(ctx context.Context, patience *connectors.Patience, one taken, page *connectors.Page) error {
	made, err := c.mapper.Map(one.record)
	made.Raw = payload(recordsOf(one.rows)...)
	if c.settings.Outbox.Creator != "" {
		made.Reporter.Account = c.sender(one.record)
	}
	aside := connectors.SetAside{
		SourceID: made.SourceID, Where: c.place() + ", row " + one.rows[0].ID.Text, Reason: connectors.BadField, Raw: made.Raw.Body,
	}
	i := slices.IndexFunc(c.hiding, func(column string) bool { _, there := one.record[column]; return !there })
	switch {
	case one.lacks != "":
		aside.Reason, aside.Detail = connectors.NotComplete, one.lacks
	case i >= 0:
		aside.Detail = fmt.Sprintf("the row has no column %q, by which map knows who is anonymous or secret: have query give it, or correct map", c.hiding[i])
	case err != nil:
		aside.Detail = err.Error()
	default:
		err = c.photos.of(ctx, patience, &made, one.record, one.rows[0].ID)
		page.Complaints = append(page.Complaints, made)
		return err
	}
	page.SetAside = append(page.SetAside, aside)
	return nil
}

func (c *connector) place() string {
	if c.settings.Table == "" {
		return c.settings.Database
	}
	return "table " + c.settings.Table
}

// ids are the rows that a complaint was made of, as its payload holds them.
func (c *connector) ids(raw []byte) ([]rowID, error) {
	records, err := records(raw)
	if err != nil {
		return nil, err
	}
	var ids []rowID
	for _, record := range records {
		id, ok := idIn(record, c.settings.ID)
		if !ok {
			return nil, errors.New("a row was kept without its id")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Acknowledge runs the configured statement for each row of the page.
func (c *connector) Acknowledge(ctx context.Context, page connectors.Page) error {
	var ids []rowID
	for _, raw := range raws(page) {
		more, err := c.ids(raw)
		if err != nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
		ids = append(ids, more...)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.SortFunc(ids, compareIDs) // so that two gateways never wait for each other
	err := c.inTransaction(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, c.acknowledge.text, c.acknowledge.args(map[string]any{"id": id.param()})...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("acknowledge %d rows: %w", len(ids), err)
	}
	return nil
}

func raws(page connectors.Page) [][]byte {
	var all [][]byte
	for _, c := range page.Complaints {
		all = append(all, c.Raw.Body)
	}
	for _, aside := range page.SetAside {
		all = append(all, aside.Raw)
	}
	return all
}
