package store

import (
	"strings"
	"testing"
)

// A row that a statement is not given is never passed over in silence.
func TestRowsThatAreMissingAreAnError(t *testing.T) {
	q := compile(sqlite, "insert", "INSERT INTO step (ref, name) SELECT r.ref, r.name FROM {rows ref text, name text}", leaseClock{})
	asked := 0
	ask := func(one *statement, values []any) error {
		if len(values) != 2*one.rows || strings.Count(one.text, "?") != len(values) {
			t.Errorf("%d values for %d rows: %s", len(values), one.rows, one.text)
		}
		asked += one.rows
		return nil
	}
	for _, rows := range []set{nil, {"ref": []string{"SP-1"}}, {"ref": []string{"SP-1", "SP-2"}, "name": []string{"create"}}} {
		if err := q.piecewise(args{}, rows, ask); err == nil || asked > 0 {
			t.Errorf("%v: asked for %d rows, %v; want an error", rows, asked, err)
		}
	}
	many := make([]string, 150)
	if err := q.piecewise(args{}, set{"ref": many, "name": many}, ask); err != nil || asked != len(many) {
		t.Errorf("asked for %d of %d rows, %v", asked, len(many), err)
	}
}
