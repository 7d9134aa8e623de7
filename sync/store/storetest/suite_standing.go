package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/store"
)

func standings() []promise {
	return []promise{
		{"what is open is counted by its state", countedByState},
		{"a complaint that is decided once more is found as before", decidedOnceMore},
	}
}

func countedByState(t *testing.T, h Harness) {
	w := begin(t, h)
	for n, state := range []store.State{store.Unknown, store.Unknown, store.Held, store.Dead} {
		w.unknown(n, state)
	}
	for n := range 6 {
		w.keep(report(10 + n))
	}
	w.decideAll(judge)
	w.claim(2)
	w.keep(report(20), report(21), report(22), report(23), report(24))
	st, err := w.Standing(t.Context())
	w.must(err)
	want := map[store.State]int64{store.New: 5, store.Ready: 4, store.Leased: 2, store.Unknown: 2, store.Held: 1, store.Dead: 1}
	if diff := cmp.Diff(want, st.Deliveries); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func decidedOnceMore(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	w.exec("UPDATE delivery SET state = 'new', decided_at = 0")
	w.decideAll(judgeByText)
	w.state(first, store.Ready)
	second := w.keep(copyOf(1, "again"))[0].Ref
	if decided := w.decideAll(judgeByText); len(decided) != 1 || decided[0].Primary != first {
		t.Errorf("%s is decided as %+v, want it linked to %s", second, decided, first)
	}
	if prints, keys := w.prints(), w.entries(); len(prints) != 2 || keys != keysOf(prints) {
		t.Errorf("%d keys of %d complaints", keys, len(prints))
	}
}
