package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

// nearly is how much earlier than its request a complaint may have arrived by the list's account: a day without a time of
// day, and clocks that differ.
const nearly = 24 * time.Hour

// matter is one complaint of ours and what the list says of it.
type matter struct {
	ours  store.Whereabouts
	entry national.Entry
	line  Line
}

// comparison is one comparison under way.
type comparison struct {
	Options
	byRef      map[complaint.Ref][]int // entries of the list that carry a reference
	byTracking map[string]int          // entries by tracking id
	owner      map[string]complaint.Ref
	matched    []bool                           // of the entries
	unmarked   int                              // entries that are ours by their tracking id and show no reference
	missing    int                              // that the platform surely has and the list has not
	unread     map[complaint.Ref]national.Entry // rows without a tracking id, by the reference they carry
	strange    map[complaint.Ref]national.Entry // of them those whose reference we do not know
	beside     map[complaint.Ref]string         // what has a reference in its text that is not its own
	candidates []store.Whereabouts
	unsent     []store.Whereabouts // that are not in the list by their reference
	matters    []matter
	same       int
}

func newComparison(o Options) *comparison {
	c := &comparison{
		Options: o, byRef: map[complaint.Ref][]int{}, byTracking: map[string]int{}, owner: map[string]complaint.Ref{},
		matched: make([]bool, len(o.List.Entries)), unread: map[complaint.Ref]national.Entry{}, strange: map[complaint.Ref]national.Entry{}, beside: map[complaint.Ref]string{},
	}
	for i, e := range o.List.Entries {
		c.byTracking[e.TrackingID] = i
		if e.Ref != "" {
			c.byRef[e.Ref] = append(c.byRef[e.Ref], i)
		}
		for _, ref := range e.Others {
			if e.Disputed {
				c.byRef[ref] = append(c.byRef[ref], i)
			} else {
				c.beside[ref] = e.TrackingID
			}
		}
	}
	for _, e := range o.List.Unread {
		if e.Ref != "" {
			c.unread[e.Ref], c.strange[e.Ref] = e, e
		}
		for _, ref := range e.Others {
			c.beside[ref] = fmt.Sprintf("row %d", e.Row)
		}
	}
	return c
}

// take notes one complaint of ours.
func (c *comparison) take(w store.Whereabouts) {
	listed := len(c.byRef[w.Ref]) > 0
	for _, i := range c.byRef[w.Ref] {
		c.matched[i] = true
	}
	if i, ok := c.byTracking[w.TrackingID]; ok && w.TrackingID != "" {
		listed, c.matched[i], c.owner[w.TrackingID] = true, true, w.Ref
		if c.List.Entries[i].Ref == "" {
			c.unmarked++
		}
	}
	delete(c.strange, w.Ref)
	listed = listed || c.isUnread(w)
	within := c.deliveredWithin(w)
	if within && !listed {
		c.missing++
	}
	switch {
	case listed || open(w) || within:
		c.candidates = append(c.candidates, w)
	case unsent(w):
		c.unsent = append(c.unsent, w)
	}
}

// open says whether nobody knows if the platform has it.
func open(w store.Whereabouts) bool {
	return (w.State == store.Unknown || w.State == store.Held) && !w.SentAt.IsZero() && !w.AtPlatform()
}

// deliveredWithin says whether the platform got it in the time the list covers. Of one that only an earlier list named nobody
// knows when that was, but that it was after we had it.
func (c *comparison) deliveredWithin(w store.Whereabouts) bool {
	since := w.ForwardedAt
	if w.NationalID == "" {
		since = w.AcceptedAt
	}
	return w.AtPlatform() && !c.From.IsZero() && !since.Before(c.From) && w.ForwardedAt.Before(c.AsOf.Add(-c.Settle))
}

// decide says of each complaint what the list means for it.
func (c *comparison) decide() {
	for _, w := range c.candidates {
		m := matter{ours: w, line: Line{Ref: w.Ref, TrackingID: w.TrackingID, Was: known(w), At: w.SentAt}}
		i, conflict := c.entryOf(w)
		switch {
		case i < 0 && conflict == "" && c.isUnread(w):
		case i < 0 && conflict == "":
			c.absent(&m)
		case conflict != "":
			m.line.Kind, m.line.Why = Conflict, conflict
		default:
			m.entry = c.List.Entries[i]
			m.line.TrackingID, m.line.Status, m.line.At, m.line.Agency = m.entry.TrackingID, m.entry.Raw, m.entry.Arrived, m.entry.Agency
			m.line.Kind, m.line.Why = c.present(w, m.entry)
		}
		if m.line.Kind == "" {
			c.same++
			continue
		}
		c.matters = append(c.matters, m)
	}
}

// isUnread says whether a complaint is in the list, in a row that says nothing more of it.
func (c *comparison) isUnread(w store.Whereabouts) bool {
	_, unread := c.unread[w.Ref]
	return unread
}

func known(w store.Whereabouts) string {
	if w.StatusRaw != "" {
		return w.StatusRaw
	}
	return string(w.Status)
}

// entryOf is the entry of a complaint; -1 when there is none. conflict says why several cannot all be its.
func (c *comparison) entryOf(w store.Whereabouts) (entry int, conflict string) {
	entries := c.byRef[w.Ref]
	if i, ok := c.byTracking[w.TrackingID]; ok && w.TrackingID != "" && !slices.Contains(entries, i) {
		entries = append(slices.Clone(entries), i)
	}
	switch {
	case len(entries) == 0 && c.isUnread(w) && !w.AtPlatform():
		return -1, fmt.Sprintf("row %d carries its reference, and no tracking id that can be read: look for it at the platform", c.unread[w.Ref].Row)
	case len(entries) == 0:
		return -1, ""
	case len(entries) > 1:
		return -1, "the platform has it as " + c.trackingIDs(entries) + ": a person must say which one stays"
	}
	e := c.List.Entries[entries[0]]
	switch other := c.owner[e.TrackingID]; {
	case e.Disputed:
		return -1, e.TrackingID + " carries several references of ours"
	case e.Ref != "" && e.Ref != w.Ref:
		return -1, fmt.Sprintf("its tracking id %s carries the reference %s in the list", e.TrackingID, e.Ref)
	case other != "" && other != w.Ref:
		return -1, fmt.Sprintf("%s carries its reference in the list, and is the tracking id of %s here", e.TrackingID, other)
	case w.TrackingID != "" && w.TrackingID != e.TrackingID:
		return -1, fmt.Sprintf("it is at the platform as %s, and in the list as %s", w.TrackingID, e.TrackingID)
	}
	return entries[0], ""
}

func (c *comparison) trackingIDs(entries []int) string {
	ids := make([]string, len(entries))
	for i, entry := range entries {
		ids[i] = c.List.Entries[entry].TrackingID
	}
	return strings.Join(ids, ", ")
}

// present says what it means that the list has a complaint. No kind: nothing new.
func (c *comparison) present(w store.Whereabouts, e national.Entry) (Kind, string) {
	early := !e.Arrived.IsZero() && e.Arrived.Before(firstOf(w.SentAt, w.AcceptedAt).Add(-nearly))
	switch {
	case w.AtPlatform() && w.State != store.Done: // it is there; what it waits for is another step
		return "", ""
	case w.AtPlatform() && c.news(w, e):
		return Refreshed, ""
	case w.AtPlatform() && w.TrackingID == "":
		return Refreshed, "its tracking id alone"
	case w.AtPlatform():
		return "", ""
	case w.State == store.Leased:
		return Unknown, "a gateway is working on it just now: import the list again"
	case early:
		return Conflict, "the list has its reference from before it was sent: somebody may have quoted it"
	case open(w):
		return Found, ""
	case c.Restored && slices.Contains([]store.State{store.Held, store.Ready, store.Dead}, w.State):
		return Found, "not known as sent: the database was restored"
	case c.Restored && w.State == store.New:
		return Conflict, "the list has it although it is not decided yet: the database was restored"
	case w.State == store.Linked:
		return Conflict, "the list has it although another complaint stands for it"
	}
	return Conflict, fmt.Sprintf("the list has it although it was never sent (%s): after restoring a backup, import with --restored", w.State)
}

func firstOf(times ...time.Time) time.Time {
	for _, at := range times {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// news says whether the list's status is another than ours, and the list younger than what we know.
func (c *comparison) news(w store.Whereabouts, e national.Entry) bool {
	asked := w.NationalID != "" && !w.SyncedAt.Before(c.AsOf)
	return e.Raw != "" && e.Raw != w.StatusRaw && !c.AsOf.IsZero() && !asked && !w.SaidAt.After(c.AsOf)
}

// onlyThere is what the list has and we do not.
func (c *comparison) onlyThere() []Line {
	var lines []Line
	for i, e := range c.List.Entries {
		if c.matched[i] {
			continue
		}
		line := Line{Kind: OnlyThere, Ref: e.Ref, TrackingID: e.TrackingID, Status: e.Raw, At: e.Arrived, Agency: e.Agency}
		if e.Ref != "" {
			line.Why = "carries a reference of ours that this database does not know"
		}
		lines = append(lines, line)
	}
	return lines
}
