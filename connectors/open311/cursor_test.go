package open311

import (
	"slices"
	"testing"

	"github.com/satupintu/satupintu/connectors"
)

func TestWhatWasMetIsRememberedUntilTheNewerOfItsTimes(t *testing.T) {
	var n note
	for _, c := range []struct {
		met   []connectors.Mark
		fresh []bool
	}{
		{[]connectors.Mark{{Time: 10, Sum: 1}, {Time: 30, Sum: 2}, {Time: 10, Sum: 1}}, []bool{true, true, false}},
		{[]connectors.Mark{{Time: 50, Sum: 1}, {Time: 20, Sum: 2}}, []bool{false, false}},
		{nil, nil},
	} {
		if fresh := n.meet(c.met); !slices.Equal(fresh, c.fresh) {
			t.Errorf("of %v new are %v, want %v", c.met, fresh, c.fresh)
		}
	}
	if want := (connectors.Marks{{Time: 30, Sum: 2}, {Time: 50, Sum: 1}}); !slices.Equal(n.Seen, want) {
		t.Errorf("seen are %v, want %v", n.Seen, want)
	}
	n.forget(31)
	if fresh := n.meet([]connectors.Mark{{Time: 30, Sum: 2}, {Time: 40, Sum: 1}}); !slices.Equal(fresh, []bool{true, false}) {
		t.Errorf("after what lies before 31 is forgotten, new are %v", fresh)
	}
}

func TestTheFullestCursorFitsAndForgetsTheOldest(t *testing.T) {
	met := make([]connectors.Mark, mostSeen+10)
	for i := range met {
		met[i] = connectors.Mark{Time: int64(i), Sum: 1<<63 + uint64(i)}
	}
	n := note{Low: 1 << 40, Clock: 1 << 40, At: 1 << 40, Step: 1 << 40}
	n.meet(met)
	n.forget(0)
	if len(n.Seen) != mostSeen || n.Seen[0] != met[10] {
		t.Errorf("kept are %d, the oldest of %d", len(n.Seen), n.Seen[0].Time)
	}
	if written, err := connectors.CursorOf(n); err != nil {
		t.Errorf("the cursor has %d bytes: %v", len(written), err)
	}
}
