package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Filing is a complaint made of messages.
type Filing struct {
	Complaint complaint.Complaint // cleaned and checked; Ref, Source and ReceivedAt are the store's to fill
	IDs       []string            // the messages that are in it
	About     complaint.Ref       // the earlier complaint it is about; empty: none
	Own       bool                // with About: that one is the sender's own
	// Whole says that nothing may have been said meanwhile: otherwise it is ErrMoreSaid, and nothing is changed.
	Whole  bool
	Within time.Duration // what the sender said meanwhile is looked at then
}

// FileTalk ends a claim with a complaint: the complaint and its delivery, its messages' end, its link where it is about an
// earlier one, and the receipt to be said, in one transaction. One that is about an earlier complaint is told on that one's
// ticket; its own channel hears nothing of it.
func (s *Store) FileTalk(ctx context.Context, t Talk, f Filing) (kept Kept, as MessageState, err error) {
	f.Complaint.Source, f.Complaint.ReceivedAt = t.Source, s.now()
	var filed complaint.Complaint
	err = s.inWriter(ctx, func(w *writer) (err error) {
		filed, as, err = w.fileTalk(ctx, t, f)
		return err
	})
	if err != nil {
		return Kept{}, as, fmt.Errorf("make a complaint of messages: %w", err)
	}
	s.recent.put(filed, time.Now())
	return Kept{Ref: filed.Ref}, as, nil
}

func (w *writer) fileTalk(ctx context.Context, t Talk, f Filing) (complaint.Complaint, MessageState, error) {
	failed := func(err error) (complaint.Complaint, MessageState, error) { return complaint.Complaint{}, "", err }
	heard, err := w.lockTalk(ctx, t)
	if err == nil && f.Whole && heard != t.heard {
		err = ErrMoreSaid
	}
	if err != nil {
		return failed(err)
	}
	c, err := w.keepNew(ctx, f.Complaint)
	if err != nil {
		return failed(err)
	}
	as, last := MessageJoined, c.Ref
	if f.About != "" {
		added, err := w.addTo(ctx, c.Ref, f.About)
		if err != nil {
			return failed(err)
		}
		if added {
			as = MessageFollowed
		}
		if added && f.Own {
			last = f.About
		}
	}
	if _, err := w.run(ctx, w.s.q.InsertReceipt, args{"ref": c.Ref, "source": t.Source}); err != nil {
		return failed(err)
	}
	return c, as, w.endTalk(ctx, t, Ending{State: as, IDs: f.IDs, Within: f.Within, ref: c.Ref, last: last})
}

// keepNew keeps what a person said as a complaint of its own. Each message is heard once, so one that has the id of a complaint
// that is here already is another matter: a channel may name its messages as it named its complaints before, or count anew. It
// gets an id that nobody has.
func (w *writer) keepNew(ctx context.Context, c complaint.Complaint) (complaint.Complaint, error) {
	for {
		fates := map[sourceKey]*fate{}
		if err := w.s.sortInto(fates, &Page{Source: c.Source, Complaints: []complaint.Complaint{c}}); err != nil {
			return c, err
		}
		if err := w.insertComplaints(ctx, fates, false); err != nil {
			return c, err
		}
		f := fates[sourceKey{c.Source, c.SourceID}]
		if !f.known {
			c.Ref = complaint.Ref(f.ref)
			return c, nil
		}
		c.SourceID += " " + string(w.s.minter.Mint())
	}
}

// addTo has a complaint told on the ticket of the one it is about, or of that one's primary. False: nobody stands there any
// more, and it goes on alone.
func (w *writer) addTo(ctx context.Context, ref, about complaint.Ref) (bool, error) {
	primary, err := w.primaryOf(ctx, about)
	if err != nil {
		return false, err
	}
	stands, err := w.stands(ctx, primary)
	if err != nil || !stands {
		return false, err
	}
	if _, err := w.run(ctx, w.s.q.HoldBack, args{"ref": ref}); err != nil {
		return false, fmt.Errorf("hold %s back: %w", ref, err)
	}
	m := Matter{
		Earlier: about, Kind: dedup.FollowUp, Score: 1, Why: "its sender names the complaint it is about",
		WhyID: "pengirimnya menyebut laporan yang dimaksud",
	}
	return true, w.link(ctx, linking{ref: ref, primary: primary, matter: m, quiet: true})
}

// Named finds the complaint that a person names: by our reference, or, of this sender's own, by the platform's tracking id.
// A tracking id is a few digits, and anybody's house number or year may be one: what it leads to of somebody else's is a
// coincidence. Own says that it came from this sender of this channel. Not found: an empty reference.
func (s *Store) Named(ctx context.Context, source, sender string, refs []complaint.Ref, tracks []string) (ref complaint.Ref, own bool, err error) {
	var tracked []complaint.Ref
	if len(tracks) > 0 {
		if tracked, err = all[complaint.Ref](ctx, s.look, s.q.TrackedAs, args{"ids": tracks, "source": source}); err != nil {
			return "", false, fmt.Errorf("look for a tracking id: %w", err)
		}
	}
	if len(refs)+len(tracked) == 0 {
		return "", false, nil
	}
	found, err := s.complaints(ctx, s.look, slices.Concat(refs, tracked))
	if err != nil {
		return "", false, err
	}
	for _, r := range slices.Concat(refs, tracked) {
		if found[r].sentBy(source, sender) {
			return r, true, nil
		}
	}
	for _, r := range refs {
		if found[r].Ref != "" {
			return r, false, nil
		}
	}
	return "", false, nil
}

// sentBy says whether a complaint can be read and came from this sender of this channel.
func (c readComplaint) sentBy(source, sender string) bool {
	return c.err == nil && c.Source == source && c.Reporter.Account == sender && sender != ""
}
