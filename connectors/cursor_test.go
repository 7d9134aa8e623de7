package connectors_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
)

func TestACursorIsReadAsItWasWritten(t *testing.T) {
	type note struct {
		At   int64            `json:"at"`
		Text string           `json:"text"`
		Seen connectors.Marks `json:"seen"`
	}
	n := note{At: 7, Text: "Ranai", Seen: connectors.Marks{{Time: 1, Sum: 2}, {Time: 1 << 40, Sum: 1 << 63}}}
	written, err := connectors.CursorOf(n)
	if err != nil {
		t.Fatal(err)
	}
	again, err := connectors.ReadCursor[note](written)
	if err != nil || again.At != n.At || again.Text != n.Text || len(again.Seen) != 2 || !again.Seen.Has(n.Seen[1]) {
		t.Errorf("%s is read as %+v, %v", written, again, err)
	}
	if none, err := connectors.ReadCursor[note](""); err != nil || none.At != 0 {
		t.Errorf("an empty cursor is read as %+v, %v", none, err)
	}
	for _, broken := range []connectors.Cursor{written[:len(written)-2], `{"at":1,"seen":"AAAA"}`, `{"at":1,"seen":"?"}`, "7 3"} {
		if got, err := connectors.ReadCursor[note](broken); err == nil || got.At != 0 {
			t.Errorf("%s is read as %+v", broken, got)
		}
	}
	n.Text = strings.Repeat("a", connectors.MostCursor)
	if long, err := connectors.CursorOf(n); !errors.Is(err, connectors.ErrLongCursor) || long != "" {
		t.Errorf("a long note gives %d bytes, %v", len(long), err)
	}
}
