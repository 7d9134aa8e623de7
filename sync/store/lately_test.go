package store

import "testing"

// What is asked for now and then stays, whatever else is put; what nobody asks for goes.
func TestWhatIsAskedForStays(t *testing.T) {
	l := lately[int, string]{most: 3}
	l.put(0, "asked for")
	l.put(-1, "not asked for")
	for n := range 20 {
		l.put(n+1, "")
		if value, ok := l.get(0); !ok || value != "asked for" {
			t.Fatalf("after %d more it is %q, %t", n+1, value, ok)
		}
		if held := len(l.young) + len(l.old); held > 2*l.most {
			t.Fatalf("it holds %d, want at most %d", held, 2*l.most)
		}
	}
	if _, ok := l.get(-1); ok {
		t.Error("what nobody asked for is there")
	}
	if l.forget(); len(l.young)+len(l.old) > 0 {
		t.Error("it is not forgotten")
	}
}
