package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"
	"pgregory.net/rapid"
)

// It is lib/pq's own form, which lib/pq reads.
func TestAnArrayOfTextsIsReadAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune(`"\{},n `))))).Draw(t, "texts")
		value, err := textArray(texts).Value()
		if err != nil {
			t.Fatal(err)
		}
		if _, text := value.(string); !text { // bytes are the binary form where the DSN says binary_parameters=yes
			t.Fatalf("it is a %T", value)
		}
		var read pq.StringArray
		if err := read.Scan(value); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]string{}, texts...), append([]string{}, read...)); diff != "" {
			t.Errorf("%q: (-want +got):\n%s", value, diff)
		}
	})
	if value, err := textArray(nil).Value(); value != nil || err != nil {
		t.Errorf("no list is %v, %v", value, err)
	}
}
