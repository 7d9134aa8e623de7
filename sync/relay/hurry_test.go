package relay

import (
	"errors"
	"testing"
)

// Otherwise what failed because of its channel would wait for its own pause, which may be hours.
func TestWhatCouldNotBeBroughtForwardIsBroughtForwardAgain(t *testing.T) {
	out, asked, broken := &outlet{again: true}, 0, errors.New("the database is away")
	for i, want := range []error{broken, nil, nil} {
		err := out.onceItWorksAgain(func() error {
			if asked++; asked == 1 {
				return broken
			}
			return nil
		})
		if !errors.Is(err, want) {
			t.Errorf("time %d: got %v, want %v", i+1, err, want)
		}
	}
	if asked != 2 {
		t.Errorf("it was tried %d times, want 2: until it worked, and never after", asked)
	}
}
