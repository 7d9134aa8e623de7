package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// outcome is what became of one complaint that a channel was told is safe, seen from all three sides.
type outcome struct {
	told
	source   string
	sourceID string // the id as the gateway was given it
	answers  []complaint.Ref
	story    store.Story // empty when the gateway does not know it
	tickets  []simulator.Complaint
	heard    complaint.Status
	path     path
}

// path is how a complaint came to the platform.
type path int

const (
	straight  path = iota
	lookedUp       // its answer was lost, and it was found
	sentAgain      // a lookup proved that it was never carried out
	waited         // the platform was busy or away
)

// outcomes looks every complaint up that was told: what the demonstration knows itself is the measure, not the database.
func (d *demo) outcomes(ctx context.Context) ([]outcome, error) {
	known, err := d.listed(ctx)
	if err != nil {
		return nil, err
	}
	var all []outcome
	for _, c := range d.regency.portal {
		answers, heard := d.portal.knows(c.id)
		all = append(all, outcome{told: c, source: portalName, sourceID: c.id, answers: answers, heard: heard})
	}
	for _, c := range d.regency.counter {
		all = append(all, outcome{told: c, source: counterName, sourceID: counterID(c.id)})
	}
	for i := range all {
		o := &all[i]
		ref, found := known[o.source+" "+o.sourceID]
		if !found {
			continue
		}
		if o.story, err = d.look.store.Story(ctx, ref); err != nil {
			return nil, err
		}
		o.tickets = d.sim.ByMarker("[Ref " + string(ref) + "]")
		o.path = o.pathTaken()
	}
	return all, nil
}

// listed are the references of all the gateway keeps, by source and id.
func (d *demo) listed(ctx context.Context) (map[string]complaint.Ref, error) {
	const most = 200
	known := map[string]complaint.Ref{}
	for after := complaint.Ref(""); ; {
		entries, err := d.look.store.List(ctx, store.States(), after, most)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			known[e.Source+" "+e.SourceID] = e.Ref
			after = e.Ref
		}
		if len(entries) < most {
			return known, nil
		}
	}
}

// pathTaken compares when the platform made the ticket with the attempts: one made before the last attempt was lost and
// found.
func (o *outcome) pathTaken() path {
	attempts := o.story.Attempted
	if len(attempts) < 2 || len(o.tickets) == 0 {
		return straight
	}
	last := attempts[len(attempts)-1]
	switch {
	case o.tickets[0].CreatedAt.Before(last.Started.Add(-time.Millisecond)):
		return lookedUp
	case slices.ContainsFunc(attempts, func(a store.Attempt) bool { return a.Reason == string(retry.Absent) }):
		return sentAgain
	default:
		return waited
	}
}

// safe says that the complaint is where it was promised to be: at the platform, or with one that is.
func (o *outcome) safe(primaries map[complaint.Ref]bool) bool {
	switch o.story.State {
	case store.Done:
		return len(o.tickets) > 0
	case store.Linked:
		return primaries[o.story.Primary]
	}
	return false
}

// wrong says what must not be, of one complaint that is not lost; empty when all is well.
func (o *outcome) wrong() string {
	for _, ref := range o.answers {
		if ref != o.story.Ref {
			return fmt.Sprintf("%s %s was answered %s and is kept as %s", o.source, o.sourceID, ref, o.story.Ref)
		}
	}
	switch {
	case o.story.State == store.Done && len(o.tickets) != 1:
		return fmt.Sprintf("%s is at the platform %d times", o.story.Ref, len(o.tickets))
	case o.story.State == store.Done && o.tickets[0].ID != o.story.NationalID:
		return fmt.Sprintf("%s is at the platform as %s, not as %s", o.story.Ref, o.tickets[0].ID, o.story.NationalID)
	case o.story.State == store.Linked && len(o.tickets) != 0:
		return fmt.Sprintf("%s is linked, and at the platform as well", o.story.Ref)
	case o.photo != nil && o.story.State == store.Done && len(o.tickets[0].Attachments) != 1:
		return fmt.Sprintf("%s came with a photo and has %d at the platform", o.story.Ref, len(o.tickets[0].Attachments))
	}
	return ""
}

// wrongLinks compares who is linked with who told a thing again. Of two that tell the same, whichever came second is linked
// to the other.
func wrongLinks(all []outcome) []string {
	byID := map[string]*outcome{}
	expected := map[complaint.Ref]complaint.Ref{}
	for i := range all {
		o := &all[i]
		byID[o.id] = o
		if first, ok := byID[o.repeats]; ok && o.repeats != "" {
			expected[o.story.Ref], expected[first.story.Ref] = first.story.Ref, o.story.Ref
		}
	}
	var wrong []string
	for _, o := range all {
		other, again := expected[o.story.Ref]
		switch {
		case o.story.State == store.Linked && o.story.Primary != other:
			wrong = append(wrong, fmt.Sprintf("%s is linked to %s, which tells something else", o.story.Ref, o.story.Primary))
		case o.story.State == store.Done && again && o.repeats != "" && byID[o.repeats].story.State == store.Done && !unheard(&o, byID[o.repeats]):
			wrong = append(wrong, fmt.Sprintf("%s tells the same as %s, and both are at the platform", o.story.Ref, other))
		}
	}
	return wrong
}

// unheard says that the platform closed one of two that tell the same without hearing it, so that the other took its place.
func unheard(two ...*outcome) bool {
	return slices.ContainsFunc(two, func(o *outcome) bool {
		return o.story.Status == complaint.Rejected || o.story.Status == complaint.Archived
	})
}

// note is the outcome in a few words.
func (o *outcome) note() string {
	var words []string
	if len(o.answers) > 1 {
		words = append(words, "sent twice, one ticket")
	}
	if o.story.State == store.Linked {
		words = append(words, "linked to "+string(o.story.Primary)+" ("+o.story.LinkWhy+")")
	}
	if o.photo != nil {
		words = append(words, "with photo")
	}
	switch o.path {
	case lookedUp:
		words = append(words, "answer lost ("+o.story.Attempted[0].Reason+"), found by lookup")
	case sentAgain:
		words = append(words, "proven absent, then sent again")
	case waited:
		words = append(words, "platform "+o.story.Attempted[0].Reason+", sent when it could")
	}
	return strings.Join(words, ", ")
}
