package open311

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

const (
	mostAsked = 40               // requests of one poll
	mostPages = 100              // of one second, where a server caps what it answers
	coarse    = 10 * time.Minute // a sweep's clock, so that the same page read twice has the same cursor
)

// Poll asks for requests until one of them is new, or the end.
func (c *client) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	n, err := connectors.ReadCursor[note](from)
	if err != nil {
		return connectors.Page{}, err
	}
	s := &sweep{client: c, note: n, fresh: n.Clock == 0}
	s.begin(time.Now())
	for s.asked < mostAsked && !s.ended && len(s.found) == 0 {
		if err := s.window(ctx); err != nil {
			return connectors.Page{}, fmt.Errorf("ask %s for requests: %w", hostOf(c.base), err)
		}
	}
	page := connectors.Page{Next: from, More: !s.ended}
	if from != "" && s.fresh && s.ended && len(s.found) == 0 && s.note.Low >= n.Low && s.note.Low-n.Low < int64(c.settings.Overlap.D().Seconds()) {
		return page, nil // nothing new, and nothing to gain by moving on
	}
	if page.Next, err = connectors.CursorOf(s.note); err != nil {
		return connectors.Page{}, err
	}
	patience := connectors.NewPatience(connectors.PhotosTimeout)
	for _, one := range s.found {
		if err := c.deliver(ctx, patience, one, &page); err != nil {
			return connectors.Page{}, err
		}
	}
	return page, nil
}

// sweep is one poll's work.
type sweep struct {
	*client
	note  note
	fresh bool // it begins at Low
	asked int
	ended bool
	found []item
}

func (s *sweep) begin(now time.Time) {
	if !s.fresh {
		return
	}
	switch {
	case s.note.Low == 0:
		s.note.Low = now.Add(-s.settings.Since.D()).Truncate(coarse).Unix()
	case s.note.Low > now.Unix(): // our clock was ahead when it came there: nothing would be read until then
		s.env.Log.Warn("the clock was ahead at an earlier poll; what came since overlap is read again", "read_up_to", time.Unix(s.note.Low, 0).UTC())
		s.note.Low = now.Add(-s.settings.Overlap.D()).Truncate(coarse).Unix()
	}
	s.note.Clock, s.note.At = max(now.Truncate(coarse).Unix(), s.note.Low), s.note.Low
}

// window asks for the next one, the smaller the more the server has for it.
func (s *sweep) window(ctx context.Context) error {
	step := s.note.Step
	if step == 0 {
		step = int64(s.settings.Window.D().Seconds())
	}
	w := span{from: s.note.At, to: s.note.At + step}
	if w.to >= s.note.Clock {
		w.to = 0
	}
	answer, w, err := s.whole(ctx, w)
	if err != nil {
		return err
	}
	var (
		wanted []item
		marks  []connectors.Mark
	)
	for _, one := range answer {
		if at, ok := s.wants(one, w); ok {
			wanted, marks = append(wanted, one), append(marks, connectors.Mark{Time: at, Sum: sum(one)})
		}
	}
	for i, fresh := range s.note.meet(marks) {
		if fresh {
			s.found = append(s.found, wanted[i])
		}
	}
	s.moveOn(w)
	return nil
}

// moveOn notes how far the sweep has come.
func (s *sweep) moveOn(w span) {
	settled := s.note.Clock - int64(s.settings.Overlap.D().Seconds())
	if w.to == 0 {
		s.ended = true
		s.note.Low = max(s.note.Low, settled)
		s.note.forget(s.note.Low)
		s.note.Clock, s.note.At, s.note.Step = 0, 0, 0
		return
	}
	s.note.At, s.note.Step = w.to, min(2*(w.to-w.from), int64(s.settings.Window.D().Seconds()))
	s.note.forget(min(s.note.At, settled))
}

// span is a part of time, both ends included; to is 0 where it has no end.
type span struct{ from, to int64 }

// whole asks for a span, and for less and less of it while the answer looks capped. It returns what was got whole.
func (s *sweep) whole(ctx context.Context, w span) ([]item, span, error) {
	for {
		answer, err := s.ask(ctx, w, 1)
		if err != nil {
			return nil, w, err
		}
		if !looksCapped(len(answer)) {
			return answer, w, nil
		}
		end := w.to
		if end == 0 {
			end = max(s.note.Clock, w.from) + int64(coarse.Seconds())
		}
		if end-w.from <= 1 || s.strays(answer, w) {
			answer, err = s.pages(ctx, w, answer)
			return answer, w, err
		}
		w.to = w.from + (end-w.from)/2
	}
}

// looksCapped says whether a number of answers may be a server's limit: the protocol has 1000, servers have 20, 25, 50,
// 100, 200 or 500 too. One that only happens to be round costs a few questions more.
func looksCapped(n int) bool { return n > 0 && (n%10 == 0 || n%25 == 0) }

// strays says whether an answer has what was not asked for: then the server does not filter by time, and a smaller window
// gives no smaller answer.
func (s *sweep) strays(answer []item, w span) bool {
	return slices.ContainsFunc(answer, func(one item) bool {
		at, ok := s.requested(one)
		return ok && (at < w.from-1 || w.to > 0 && at > w.to+1)
	})
}

// pages asks for page after page until one brings nothing new: servers without pages, or past their last one, repeat.
func (s *sweep) pages(ctx context.Context, w span, first []item) ([]item, error) {
	all, known := slices.Clone(first), map[uint64]bool{}
	for _, one := range first {
		known[sum(one)] = true
	}
	for page := 2; page <= mostPages; page++ {
		answer, err := s.ask(ctx, w, page)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, one := range answer {
			if !known[sum(one)] {
				known[sum(one)] = true
				all = append(all, one)
			}
		}
		if len(all) == before {
			if page == 2 && len(answer) > 0 && len(first) >= 50 {
				s.env.Log.Warn("the server answers with as many requests as it may, and has no pages: it may hide others; ask whoever runs it",
					"requests", len(first), "from", time.Unix(w.from, 0).UTC().Format(time.RFC3339))
			}
			return all, nil
		}
	}
	s.env.Log.Warn("the server has more pages than are read; the rest is not seen", "pages", mostPages)
	return all, nil
}

func (s *sweep) ask(ctx context.Context, w span, page int) ([]item, error) {
	s.asked++
	query := url.Values{"start_date": {w3c(time.Unix(w.from, 0), time.UTC)}}
	if w.to > 0 {
		query.Set("end_date", w3c(time.Unix(w.to, 0), time.UTC))
	}
	if page > 1 {
		query.Set("page", strconv.Itoa(page))
	}
	answer, err := s.get(ctx, "requests", query)
	if err != nil {
		return nil, err
	}
	s.note.Clock = max(s.note.Low, min(s.note.Clock, connectors.ClockOf(answer).Truncate(coarse).Unix()))
	return decodeList(s.settings.Format, answer.Body(), "service_requests", "request")
}

// wants says whether a request is to be handed out, unless it was, and its time. One that is older than what was asked for
// was read before, or lies before the first poll; one that is newer is taken, whatever its clock says.
func (s *sweep) wants(one item, w span) (at int64, ok bool) {
	at, dated := s.requested(one)
	if !dated {
		at = s.note.Clock // nobody knows: it is remembered for as long as one of today
	}
	return at, at >= w.from-1 && (s.settings.Closed || textIn(one, "status") != "closed")
}

func (c *client) requested(one item) (int64, bool) {
	at, err := connectors.ParseTime(textIn(one, "requested_datetime"), nil, c.env.Zone)
	return at.Unix(), err == nil
}

// sum is of what makes a request what it is: its id and its words, not how it stands.
func sum(one item) uint64 {
	h := fnv.New64a()
	if one.broken {
		_, _ = h.Write(one.raw) // it cannot fail
		return h.Sum64()
	}
	for _, field := range []string{"service_request_id", "service_code", "description", "address", "lat", "long", "media_url", "requested_datetime"} {
		fmt.Fprintf(h, "%q ", textIn(one, field))
	}
	return h.Sum64()
}

// textIn is a field as text; empty where there is none, or no text.
func textIn(one item, field string) string {
	switch v := one.record[field].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// deliver puts a request on the page, or sets it aside.
func (c *client) deliver(ctx context.Context, patience *connectors.Patience, one item, page *connectors.Page) error {
	if one.broken {
		page.SetAside = append(page.SetAside, connectors.SetAside{
			Where: fmt.Sprintf("list entry %016x", sum(one)), Reason: connectors.Unreadable, Detail: "the server's list holds an entry that is no object; the others are taken", Raw: one.raw,
		})
		return nil
	}
	made, err := c.mapper.Map(c.record(one))
	made.Raw = complaint.Payload{Type: "application/json", Body: one.raw}
	if err != nil {
		page.SetAside = append(page.SetAside, connectors.SetAside{
			SourceID: made.SourceID, Where: "request " + made.SourceID, Reason: connectors.BadField, Detail: err.Error(), Raw: one.raw,
		})
		return nil //nolint:nilerr // the request is set aside with it
	}
	if err := c.media.keep(ctx, patience, &made, nil, addresses(one.record["media_url"])); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	page.Complaints = append(page.Complaints, made)
	return nil
}

// Reread implements connectors.Rereader: what is kept of a request is the request, as JSON also where the server speaks XML.
func (c *client) Reread(ctx context.Context, patience *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	record, err := connectors.Record(aside.Raw)
	return page, c.deliver(ctx, patience, item{record: record, raw: aside.Raw, broken: err != nil}, &page)
}

// record is a request as a mapping sees it: the protocol's fields, without what is no time and no place.
func (c *client) record(one item) map[string]any {
	record := make(map[string]any, len(one.record)+2)
	for name, v := range one.record {
		record[name] = v
	}
	record["id"] = textIn(one, "service_request_id")
	record["text"] = textIn(one, "description")
	if record["text"] == "" {
		record["text"] = textIn(one, "service_name")
	}
	if _, ok := c.requested(one); !ok {
		delete(record, "requested_datetime")
	}
	record["lat"], record["long"] = textIn(one, "lat"), textIn(one, "long")
	withoutNowhere(record)
	return record
}

// addresses are those of a request's files, one or several.
func addresses(v any) []string {
	switch v := v.(type) {
	case string:
		if v = complaint.CleanText(v); v != "" {
			return []string{v}
		}
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, addresses(one)...)
		}
		return all
	}
	return nil
}
