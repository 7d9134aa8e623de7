package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

// unsent says whether no request of a complaint ever went out, as far as we know, and one will.
func unsent(w store.Whereabouts) bool {
	return slices.Contains([]store.State{store.New, store.Ready, store.Leased, store.Held}, w.State) && w.SentAt.IsZero() && !w.AtPlatform()
}

// repeated finds what a restored database took in once more: a channel that is read, or sends, again is given a new reference, and
// what was sent of it before is in the list with one that this database does not know. A person must say whether equal words are one
// complaint.
func (c *comparison) repeated(ctx context.Context) error {
	strangers := map[string][]national.Entry{} // by their words
	for _, e := range c.strangers() {
		for _, words := range e.Words {
			strangers[words] = append(strangers[words], e)
		}
	}
	if !c.Restored || len(strangers) == 0 {
		return nil
	}
	for some := range slices.Chunk(c.unsent, page) {
		refs := make([]complaint.Ref, len(some))
		for i, w := range some {
			refs[i] = w.Ref
		}
		told, err := c.Store.Told(ctx, refs...)
		if err != nil {
			return err
		}
		for _, w := range some {
			sent, _ := c.Redactor.Redact(told[w.Ref].Text)
			if same := strangers[national.Words(sent)]; len(same) > 0 {
				c.matters = append(c.matters, c.repeats(w, same))
			}
		}
	}
	return nil
}

// strangers are the entries that carry a reference of ours which this database does not know, in the list's order.
func (c *comparison) strangers() []national.Entry {
	var found []national.Entry
	for i, e := range c.List.Entries {
		if e.Ref != "" && !c.matched[i] {
			found = append(found, e)
		}
	}
	for _, e := range c.List.Unread {
		if _, is := c.strange[e.Ref]; is {
			found = append(found, e)
		}
	}
	return found
}

// repeats is what is said of a complaint with the same words as strangers.
func (c *comparison) repeats(w store.Whereabouts, same []national.Entry) matter {
	var there []string
	for _, e := range same {
		if one := fmt.Sprintf("%s (%s)", cmp.Or(e.TrackingID, fmt.Sprintf("row %d", e.Row)), e.Ref); !slices.Contains(there, one) {
			there = append(there, one)
		}
	}
	e := same[0]
	line := Line{
		Kind: Conflict, Ref: w.Ref, TrackingID: e.TrackingID, Was: known(w), Status: e.Raw, At: e.Arrived, Agency: e.Agency,
		Why: "the platform has the same words as " + strings.Join(there, ", ") + ", with a reference that this database does not know: it may have been sent before",
	}
	if w.State == store.Leased {
		line.Kind, line.Why = Unknown, line.Why+"; a gateway is working on it just now: pause, and import the list again"
	}
	return matter{ours: w, line: line}
}
