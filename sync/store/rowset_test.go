package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestRowsBecomeColumnsByTheirTags(t *testing.T) {
	type kind string
	type row struct {
		Name  kind    `db:"name"`
		Ref   string  `db:"ref"`
		Seq   int64   `db:"seq"`
		Other string  `db:"other"`
		Score float64 `db:"score"`
	}
	q := compile(postgres, "insert", "INSERT INTO step SELECT * FROM {rows ref text, name text, seq bigint, score text, place text}", leaseClock{})
	got := columnsOf(q, []*row{{"create", "SP-1", 1, "x", 0.5}, {"upload", "SP-2", 2, "y", 0.5}})
	want := set{"ref": []string{"SP-1", "SP-2"}, "name": []string{"create", "upload"}, "seq": []int64{1, 2}}
	if diff := cmp.Diff(want, got); diff != "" { // what is no text and no number is missed when the query is asked, as what is not there
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What PostgreSQL is asked for at once has a set of rows for each part; what both have is given to each.
func TestAQueryOfSeveralSetsNamesEachByItself(t *testing.T) {
	q := compile(postgres, "both", "WITH a AS (SELECT r.* FROM {rows ref text, seq bigint}) SELECT r.ref FROM {rows ref text, name text}", leaseClock{})
	want := "WITH a AS (SELECT r.* FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[])) AS r(ref, seq)) " +
		"SELECT r.ref FROM unnest(CAST($3 AS text[]), CAST($4 AS text[])) AS r(ref, name)"
	if diff := cmp.Diff(want, q.text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	values, err := q.bind(args{}, set{"ref": []string{"SP-1"}, "seq": []int64{7}, "name": []string{"create"}}, 0, 0)
	if err != nil || len(values) != 4 {
		t.Errorf("%d values, %v; want 4", len(values), err)
	}
}

func TestAQueryHasTheTextOfAnother(t *testing.T) {
	texts := map[string]string{"kept": "SELECT 1", "all": "WITH k AS ({query kept}) SELECT * FROM k"}
	if put, err := includeTexts(texts); err != nil || texts["all"] != "WITH k AS (SELECT 1) SELECT * FROM k" || !put["kept"] || put["all"] {
		t.Errorf("%q, %v, %v", texts["all"], put, err)
	}
	if _, err := includeTexts(map[string]string{"all": "SELECT * FROM ({query kept})"}); err == nil || !strings.Contains(err.Error(), "kept") {
		t.Errorf("a text that is not there: %v; want its name", err)
	}
	nested := map[string]string{"a": "({query b})", "b": "({query c})", "c": "SELECT 1"}
	if _, err := includeTexts(nested); err == nil || !strings.Contains(err.Error(), "query b has others") {
		t.Errorf("texts within texts within texts: %v", err)
	}
}
