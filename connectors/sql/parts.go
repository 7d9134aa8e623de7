package sql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// sms is the rows of one long SMS, as far as they have come. A part that came twice counts once.
type sms struct {
	part   part // of any of them; total and ref are the same in all
	sender string
	parts  map[int]row
	rows   []row // all of them, repeats too
	since  int64 // when the first was met
}

// join puts long SMS together from new rows and those that wait, and takes what is complete, or has waited long enough.
func (s *sweep) join(ctx context.Context, tx *sql.Tx, rows []row) error {
	var candidates []candidate
	waiting, err := s.stillThere(ctx, tx)
	if err != nil {
		return err
	}
	candidates = append(candidates, waiting...)
	for _, one := range rows {
		if p, ok := s.partOf(one); ok {
			candidates = append(candidates, candidate{one, p, s.now.UnixMicro()})
			continue
		}
		s.taken = append(s.taken, taken{record: one.record, rows: []row{one}})
	}
	s.note.Parts = nil
	groups := s.group(candidates)
	slices.SortStableFunc(groups, func(a, b *sms) int { return compareIDs(a.rows[0].ID, b.rows[0].ID) })
	for _, one := range groups {
		s.settle(one)
	}
	return nil
}

type candidate struct {
	row
	part  part
	since int64
}

func (s *sweep) partOf(one row) (part, bool) {
	header, _ := one.record[s.settings.Parts.UDH].(string)
	return parseUDH(header)
}

// stillThere reads the rows that wait. One that is gone is waited for no longer.
func (s *sweep) stillThere(ctx context.Context, tx *sql.Tx) ([]candidate, error) {
	var found []candidate
	for batch := range slices.Chunk(s.note.Parts, s.settings.Page) {
		since := map[rowID]int64{}
		var ids []rowID
		for _, one := range batch {
			ids = append(ids, one.ID)
			since[one.ID] = one.Since
		}
		rows, err := s.source.byID(ids).read(ctx, tx, &s.note.Unit, len(ids))
		if err != nil {
			return nil, err
		}
		for _, one := range rows {
			if p, ok := s.partOf(one); ok {
				found = append(found, candidate{one, p, since[one.ID]})
			}
		}
		s.found = s.found || len(rows) < len(ids)
	}
	return found, nil
}

// group tells which rows are of one SMS: the same sender, reference and number of parts, sent within the setting within,
// and no part twice with different words. References are used again, so the rows are looked at in the order they came.
func (s *sweep) group(candidates []candidate) []*sms {
	slices.SortStableFunc(candidates, func(a, b candidate) int { return compareIDs(a.ID, b.ID) })
	var groups []*sms
	for i, one := range candidates {
		if i > 0 && one.ID == candidates[i-1].ID {
			continue // a row that waits and came again
		}
		fits := slices.IndexFunc(groups, func(g *sms) bool { return s.fits(g, one) })
		if fits < 0 {
			groups = append(groups, &sms{part: one.part, sender: s.text(one.row, s.settings.Parts.Sender), parts: map[int]row{}, since: one.since})
			fits = len(groups) - 1
		}
		g := groups[fits]
		g.rows, g.since = append(g.rows, one.row), min(g.since, one.since)
		if _, there := g.parts[one.part.n]; !there {
			g.parts[one.part.n] = one.row
		}
	}
	return groups
}

func (s *sweep) fits(g *sms, one candidate) bool {
	same := g.part.ref == one.part.ref && g.part.wide == one.part.wide && g.part.total == one.part.total
	if !same || g.sender != s.text(one.row, s.settings.Parts.Sender) {
		return false
	}
	for _, other := range g.rows {
		if apart := s.sentAt(other).Sub(s.sentAt(one.row)).Abs(); apart > s.settings.Parts.Within.D() {
			return false
		}
	}
	there, repeated := g.parts[one.part.n]
	return !repeated || s.text(there, s.settings.Parts.Text) == s.text(one.row, s.settings.Parts.Text)
}

func (s *sweep) text(one row, column string) string {
	text, _ := one.record[column].(string)
	return text
}

func (s *sweep) sentAt(one row) time.Time {
	at, _ := one.record[s.settings.Parts.Time].(time.Time)
	return at
}

// settle takes an SMS, or lets it wait.
func (s *sweep) settle(one *sms) {
	complete := len(one.parts) == one.part.total
	waited := time.Duration(s.now.UnixMicro()-one.since) * time.Microsecond
	full := len(s.note.Parts)+len(one.rows) > mostWaiting
	if !complete && !full && waited < s.settings.Parts.Wait.D() {
		for _, row := range one.rows {
			s.note.Parts = append(s.note.Parts, waiting{row.ID, one.since})
		}
		return
	}
	s.found = true
	s.taken = append(s.taken, s.joined(one))
}

// joined is an SMS as one record: the first part's, with all the words. A part that is missing leaves a mark where it
// would stand, so that nobody takes the rest for the whole.
func (s *sweep) joined(one *sms) taken {
	first, there := one.parts[1]
	if !there {
		return taken{record: one.rows[0].record, rows: one.rows, lacks: fmt.Sprintf(
			"the first of the %d parts of a long SMS did not come within %s, or came so much earlier that its complaint was taken without these; "+
				"what came is kept here: look for the rest in %s, or ask the sender",
			one.part.total, s.settings.Parts.Wait, s.place())}
	}
	var words strings.Builder
	for n := 1; n <= one.part.total; n++ {
		part, there := one.parts[n]
		if there {
			words.WriteString(s.text(part, s.settings.Parts.Text))
			continue
		}
		fmt.Fprintf(&words, " [bagian %d dari %d SMS ini tidak diterima] ", n, one.part.total)
	}
	record := make(map[string]any, len(first.record))
	for column, value := range first.record {
		record[column] = value
	}
	record[s.settings.Parts.Text] = words.String()
	rows := slices.Clone(one.rows)
	slices.SortStableFunc(rows, func(a, b row) int { return compareFirst(a, b, first) })
	return taken{record: record, rows: rows}
}

// compareFirst puts the row of the first part first: the complaint bears its id.
func compareFirst(a, b, first row) int {
	switch {
	case a.ID == first.ID && b.ID != first.ID:
		return -1
	case b.ID == first.ID && a.ID != first.ID:
		return 1
	}
	return 0
}
