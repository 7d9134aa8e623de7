package trial

import (
	"testing"

	"github.com/satupintu/satupintu/sync/dedup"
)

func TestTargetsAreMetOrMissed(t *testing.T) {
	row := func(linked, together int) SturdinessRow {
		return SturdinessRow{Linked: Share{linked, 1000}, Together: Share{together, 1000}}
	}
	same, never, seldom := &Target{Linked: 0.95, Together: 0.99}, &Target{AtMost: true}, &Target{Linked: 0.001, AtMost: true}
	for _, c := range []struct {
		target *Target
		row    SturdinessRow
		met    bool
	}{
		{same, row(950, 990), true}, {same, row(949, 1000), false}, {same, row(960, 989), false},
		{never, row(0, 500), true}, {never, row(1, 1), false}, {seldom, row(1, 1), true}, {seldom, row(2, 2), false}, {nil, row(0, 0), true},
	} {
		if got := c.target.met(c.row); got != c.met {
			t.Errorf("%+v of %+v: %v", c.target, c.row, got)
		}
	}
}

func TestEachKindHasARowAndTheLastSumsUp(t *testing.T) {
	rows, err := Sturdiness(dedup.Options{}, Invented(50, 1), 60, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(Suites())*11 {
		t.Fatalf("%d rows", len(rows))
	}
	var cases int
	for _, r := range rows {
		if r.Kind != AllKinds {
			cases += r.Linked.Of
			continue
		}
		if r.Linked.Of != cases || cases != 60 {
			t.Errorf("%s, %s, %gx: %d cases, the rows have %d", r.Matter, r.Reporter, r.Rate, r.Linked.Of, cases)
		}
		cases = 0
	}
}

func TestWithoutComplaintsThereAreNoCases(t *testing.T) {
	if _, err := Sturdiness(dedup.Options{}, nil, 60, 1); err == nil {
		t.Error("made cases out of nothing")
	}
}
