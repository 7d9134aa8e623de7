package connectors

import (
	"strings"
	"testing"
	"time"
)

func TestAConditionHoldsOrDoesNotOrCannotBeTold(t *testing.T) {
	record := map[string]any{"sp4n_id": "", "umur": "rahasia"}
	for text, want := range map[string]bool{``: true, `sp4n_id == ""`: true, `sp4n_id != ""`: false, `(lain ?? "") == ""`: true} {
		c, err := NewCondition(text, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Holds(record); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`umur`, `umur > 3`} {
		c, err := NewCondition(text, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Holds(record); err == nil || got || strings.Contains(err.Error(), "rahasia") {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := NewCondition("sp4n_id ==", time.UTC); err == nil {
		t.Error("a broken expression is taken")
	}
}
