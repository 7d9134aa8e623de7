package store

import (
	"context"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// another says whether what came under a known id is another complaint and no edit of the known one: its words have little
// in common with the known ones, or two of text, reporter and time are others. An edit that is taken for another complaint
// is seen and set right by a person; the other way round somebody would never be heard.
func another(known, now complaint.Complaint) bool {
	before, after := dedup.Normalise(known.Text), dedup.Normalise(now.Text)
	if unlike(strings.Fields(before), strings.Fields(after)) {
		return true
	}
	others := 0
	for _, other := range []bool{
		before != after,
		differ(known.Reporter.Phone, now.Reporter.Phone) || differ(known.Reporter.Name, now.Reporter.Name),
		!known.ReportedAt.IsZero() && !now.ReportedAt.IsZero() && milli(known.ReportedAt) != milli(now.ReportedAt),
	} {
		if other {
			others++
		}
	}
	return others > 1
}

func differ(before, after string) bool {
	before, after = dedup.Normalise(before), dedup.Normalise(after)
	return before != "" && after != "" && before != after
}

// unlike says whether two texts share no more than half the words of the one that has fewer, and are not the same.
func unlike(before, after []string) bool {
	a, b := wordSet(before), wordSet(after)
	shared := 0
	for word := range a {
		if b[word] {
			shared++
		}
	}
	return 2*shared <= min(len(a), len(b)) && len(a)+len(b) > 0
}

func wordSet(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, word := range words {
		set[word] = true
	}
	return set
}

// keepBeside keeps one complaint of a page whose id another has, under one of its own.
func (w *writer) keepBeside(ctx context.Context, of Page, i int) (Kept, error) {
	said := of.Complaints[i]
	said.Attachments = nil // a photo may be there only at the second try
	own := of.Complaints[i]
	own.SourceID += " " + said.ContentHash()[:16]
	fates := map[sourceKey]*fate{}
	page := Page{Source: own.Source, Complaints: []complaint.Complaint{own}}
	if err := w.s.sortInto(fates, &page); err != nil {
		return Kept{}, err
	}
	if err := w.insertComplaints(ctx, fates, true); err != nil {
		return Kept{}, err
	}
	f := fates[sourceKey{own.Source, own.SourceID}]
	if !f.known {
		of.Complaints[i], of.encoded[i] = own, page.encoded[0]
	}
	return Kept{Ref: complaint.Ref(f.ref), Known: f.known, Decided: f.decided, claimed: f.claimed}, nil
}

// knownOf reads the complaints that lie under the ids of a page, where the page tells an edit from another complaint.
func (w *writer) knownOf(ctx context.Context, page Page, fates map[sourceKey]*fate) (map[complaint.Ref]readComplaint, error) {
	if page.SameID == nil && !page.Beside {
		return nil, nil
	}
	var refs []complaint.Ref
	for i, c := range page.Complaints {
		if f := fates[sourceKey{page.Source, c.SourceID}]; f.known && f.hash != page.encoded[i].hash {
			refs = append(refs, complaint.Ref(f.ref))
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	return w.s.complaints(ctx, w.tx, refs)
}
