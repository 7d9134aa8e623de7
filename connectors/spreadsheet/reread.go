package spreadsheet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// Reread implements connectors.Rereader: what is kept of a row is its cells under their titles. Of a sheet, and of a file, nothing
// is kept, or all of it as it was sent: those are read again by themselves, or sent again.
func (c *connector) Reread(_ context.Context, _ *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	row, err := readRow(aside.Raw)
	if err != nil {
		return page, fmt.Errorf("it is no row: put it right where it came from, or have it sent again: %w", connectors.ErrNotKept)
	}
	raw := aside.Raw
	aside = connectors.SetAside{Where: aside.Where, Raw: raw}
	if missing := c.rule.missing(row.keys); len(missing) > 0 {
		aside.Reason, aside.Detail = connectors.BadField, "it lacks the column "+quoted(missing)+": "+c.rule.advice(missing)
		page.SetAside = append(page.SetAside, aside)
		return page, nil
	}
	one, unfit := c.fit(row.record(c.rule, c.settings.Map, c.zone), raw)
	if unfit != nil {
		aside.SourceID, aside.Reason, aside.Detail = one.SourceID, unfit.cause, unfit.detail
		page.SetAside = append(page.SetAside, aside)
		return page, nil
	}
	page.Complaints = append(page.Complaints, one)
	return page, nil
}

// keptRow is a row as recorder.raw wrote it.
type keptRow struct {
	keys  []string
	cells map[string]string
}

func readRow(raw []byte) (keptRow, error) {
	row := keptRow{cells: map[string]string{}}
	if !json.Valid(raw) {
		return row, errors.New("it is no JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.Token()
		if err != nil {
			return row, nil //nolint:nilerr // the end: it is whole
		}
		key, ok := token.(string)
		if !ok && token != json.Delim('{') && token != json.Delim('}') {
			return row, errors.New("it is no object")
		}
		if !ok {
			continue
		}
		var cell string
		if err := decoder.Decode(&cell); err != nil {
			return row, err
		}
		if _, twice := row.cells[key]; !twice {
			row.keys = append(row.keys, key)
		}
		row.cells[key] = cell
	}
}

// record is the row as the mapping sees it, in the mapping's own spelling, and dates as it wants them written.
func (r keptRow) record(rule headerRule, mapping connectors.Mapping, zone *time.Location) map[string]any {
	record := make(map[string]any, len(r.cells))
	for key, cell := range r.cells {
		record[key] = cell
	}
	for _, want := range slices.Concat(rule.names, rule.maybe) {
		if _, there := r.cells[want]; there {
			continue
		}
		if i := slices.IndexFunc(r.keys, func(key string) bool { return folded(key) == folded(want) }); i >= 0 {
			record[want] = r.cells[r.keys[i]]
		}
	}
	for _, field := range []string{"incident_at", "reported_at"} {
		value := mapping[field]
		if len(value.Layout) == 0 {
			continue
		}
		for key, cell := range record {
			if at, err := time.ParseInLocation(time.DateTime, cell.(string), zone); err == nil && folded(key) == folded(value.From) {
				record[key] = at.Format(value.Layout[0])
			}
		}
	}
	return record
}
