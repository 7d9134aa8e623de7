package reconcile

import (
	"fmt"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

// absent says what it means that the list does not have a complaint.
func (c *comparison) absent(m *matter) {
	if !open(m.ours) {
		m.line.Kind, m.line.At = OnlyHere, m.ours.ForwardedAt
		return
	}
	if m.line.Kind, m.line.Why = NotSent, c.doubt(m.ours); m.line.Why != "" {
		m.line.Kind = Unknown
	}
}

// doubt says why the absence of a complaint is no proof; empty when it is one.
func (c *comparison) doubt(w store.Whereabouts) string {
	switch {
	case !c.Complete:
		return "not in the list, which proves nothing unless the list is whole (--complete)"
	case c.AsOf.IsZero():
		return "not in the list, but the list does not say when it was made (--as-of)"
	case !w.SentAt.Before(c.AsOf.Add(-c.Settle)):
		return "it went out too late to be sure to be in the list"
	case c.From.IsZero() || w.SentAt.Before(c.From):
		return "it went out before the time the list covers (--from)"
	case len(c.byRef) == 0:
		return "not in the list, but the list shows none of our references, so it cannot show this one"
	case c.missing > 0:
		return fmt.Sprintf("not in the list, but %d that the platform surely has are not in it either, so it is not whole", c.missing)
	case c.beside[w.Ref] != "":
		return fmt.Sprintf("not in the list by itself, but %s has its reference in its text", c.beside[w.Ref])
	case c.unmarked > 0:
		return fmt.Sprintf("not in the list, but %d complaints of ours show no reference there, so it may be hidden too", c.unmarked)
	}
	if n := c.hiding(w); n > 0 {
		return fmt.Sprintf("not in the list, but %d of its texts are not whole, and it may be one of them", n)
	}
	if n := c.unreadable(w); n > 0 {
		return fmt.Sprintf("not in the list, but %d of its rows or sheets cannot be read, and it may be in one of them", n)
	}
	return ""
}

// hiding counts the entries that may be a complaint although they do not say so.
func (c *comparison) hiding(w store.Whereabouts) int {
	n := 0
	for i, e := range c.List.Entries {
		if e.Ref == "" && !e.Clear && !c.matched[i] && maybeSince(w, e) {
			n++
		}
	}
	return n
}

// unreadable counts what was not read and may be a complaint.
func (c *comparison) unreadable(w store.Whereabouts) int {
	n := 0
	for _, e := range c.List.Unread {
		if e.Ref == "" && maybeSince(w, e) {
			n++
		}
	}
	return n
}

// maybeSince says whether an entry may have arrived since a request went out.
func maybeSince(w store.Whereabouts, e national.Entry) bool {
	return e.Arrived.IsZero() || !e.Arrived.Before(w.SentAt.Add(-nearly))
}
