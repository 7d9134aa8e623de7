package storetest

import (
	"testing"

	"github.com/satupintu/satupintu/sync/store"
)

// mendings are the promises about an index of keys of which the database lost something.
func mendings() []promise {
	return []promise{
		{"a block that is gone is written anew when somebody is looked for in it", mends("key_block", "DELETE FROM key_block", 3)},
		{"a block that is cut off is written anew, and merged with others", mends("key_block", "UPDATE key_block SET data = substr(data, 1, 2)", 12)},
		{"a digest that is gone is written anew", mends("key_digest", "DELETE FROM key_digest", 3)},
	}
}

// mends damages what lies first of so many segments. While it is damaged no decision is made that would have to look into it; after
// that everybody is found.
func mends(table, damage string, segments int) func(*testing.T, Harness) {
	return func(t *testing.T, h Harness) {
		w := begin(t, h)
		a := w.batches(0, segments, 2, 2)
		w.must(w.Store.Close())
		another := open(t, h, w.clock, "natuna/2")
		another.exec(damage + " WHERE id = (SELECT min(id) FROM " + table + ")")
		another.keep(copyOf(0, "a copy"))
		if decided, err := another.Decide(t.Context(), 10, a.judge, store.Appetite{}); err == nil {
			t.Errorf("%d were decided without who lies there", len(decided))
		}
		for range 3 {
			_, err := another.MergeKeys(t.Context())
			another.must(err)
		}
		another.decideAll(a.judge)
		another.lookFor(a, "after", []int{0, 1, 2, 2*segments - 1})
		if got, want := another.entries(), keysOf(another.prints()); got != want {
			t.Errorf("%d keys of %d", got, want)
		}
	}
}
