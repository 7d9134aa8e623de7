package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Page is what one source brought: complaints, messages, what was set aside, and, for a polled source, the move of its cursor.
type Page struct {
	Source     string
	Complaints []complaint.Complaint // cleaned and checked; Ref and ReceivedAt are the store's to fill
	Messages   []connectors.Message  // cleaned and checked
	Joining    Joining               // with Messages
	Refusals   []Refusal
	Cursor     *CursorMove
	// SameID, where ids may begin anew, words the refusal of a complaint that has a known one's id and is another. Without
	// it whatever comes under a known id with other content is a revision.
	SameID func(complaint.Complaint) Refusal
	// Beside, where ids may begin anew and nobody looks at what is set aside, has such a complaint kept all the same, under an id
	// made of that one and its content: sent again it is known.
	Beside bool

	apart   []bool    // of Complaints that were told apart from a known one before, whatever they have in common
	encoded []encoded // of Complaints, made before anybody's transaction waits for it
}

// CursorMove takes a connector's cursor from where it was read to where the next poll starts.
type CursorMove struct{ From, To string }

// Refusal is something that was never accepted, and why.
type Refusal struct {
	SourceID string
	Where    string
	Reason   string
	Detail   string
	Raw      []byte
}

// Kept is what became of one complaint of a page.
type Kept struct {
	Ref     complaint.Ref
	Known   bool // it was here already, by its source and source id
	Revised bool // it was here with other content: recorded beside it, not forwarded
	SameID  bool // another complaint was here under its id: it is among the refusals, and not kept
	Decided bool // it was decided as it was kept: see DecideAtBirth
	claimed bool // and claimed
}

// Keep stores a page of complaints, their deliveries, messages and the connector's cursor in one transaction, together with
// whatever else is being kept just now. When Keep returns nil the page may be acknowledged: nothing in it can be lost. A
// complaint already known by its source and source id is left as it is and reported in Kept; where that is all there is to say, and
// it was said a short while ago, it is said without a transaction. A cursor that is not where
// CursorMove.From says is ErrLost, and nothing of the page is kept.
func (s *Store) Keep(ctx context.Context, page Page) ([]Kept, error) {
	kept, _, err := s.KeepAll(ctx, page)
	return kept, err
}

// KeepAll is Keep that also says how many of the page's messages are new.
func (s *Store) KeepAll(ctx context.Context, page Page) (_ []Kept, heard int, _ error) {
	now := s.now()
	for i := range page.Complaints {
		page.Complaints[i].Source = page.Source
		page.Complaints[i].ReceivedAt = now
	}
	if err := page.encode(); err != nil {
		return nil, 0, fmt.Errorf("keep: %w", err)
	}
	if kept, ok := s.keptBefore(page); ok {
		return kept, 0, nil
	}
	database := s.keys.inDatabase()
	job := &keepJob{page: page}
	if err := s.keeps.ask(ctx, job); err != nil {
		if ctx.Err() == nil { // else it was only not waited for
			s.keys.forget()
		}
		return nil, 0, fmt.Errorf("keep: %w", err)
	}
	if job.lost {
		return nil, 0, fmt.Errorf("move the cursor of %s: %w", page.Source, ErrLost)
	}
	kept := time.Now()
	for i, k := range job.kept {
		if page.isPlain() && !k.Revised {
			s.keys.put(database, sourceKey{page.Source, page.Complaints[i].SourceID}, keptKey{k.Ref, page.encoded[i].hash})
		}
		if k.Known {
			continue
		}
		page.Complaints[i].Ref = k.Ref
		if !k.claimed { // whoever claimed it has it, and may be done with it
			s.recent.put(page.Complaints[i], kept)
		}
	}
	return job.kept, job.heard, nil
}

type keepJob struct {
	page  Page
	kept  []Kept
	heard int // messages that are new
	lost  bool
}

type sourceKey struct{ source, id string }

// applyKeeps writes a group of pages in one transaction. Rows go in the order of their keys, so that two gateways that
// take in the same complaints never wait for each other in a circle.
func applyKeeps(ctx context.Context, w *writer, jobs []*keepJob) error {
	live, err := w.moveCursors(ctx, jobs)
	if err != nil {
		return err
	}
	fates := map[sourceKey]*fate{}
	for _, job := range live {
		if err := w.s.sortInto(fates, &job.page); err != nil {
			return err
		}
	}
	readAgain := slices.ContainsFunc(live, func(job *keepJob) bool { return job.page.Cursor != nil })
	if err := w.insertComplaints(ctx, fates, readAgain); err != nil {
		return err
	}
	for _, job := range live {
		if err := w.finishPage(ctx, job, fates); err != nil {
			return err
		}
	}
	return w.hearAll(ctx, live)
}

// fate is what happens to one source key within a group: the first row with it is inserted, unless it is known.
type fate struct {
	row   row
	first complaint.Complaint
	known bool   // it was in the database before this group
	ref   string // under which it lies there
	hash  string
	told  bool // its first bearer in this group has been answered

	decided, claimed bool // as it is kept
}

func (s *Store) sortInto(fates map[sourceKey]*fate, page *Page) error {
	if err := page.encode(); err != nil {
		return err
	}
	for i, c := range page.Complaints {
		key := sourceKey{page.Source, c.SourceID}
		if fates[key] != nil {
			continue
		}
		c.Ref = s.minter.Mint()
		r, err := s.toRow(c, page.encoded[i])
		if err != nil {
			return err
		}
		r.Urgency = int64(c.Class.Urgency())
		fates[key] = &fate{row: r, first: c, ref: r.Ref, hash: r.Hash}
	}
	return nil
}

// finishPage answers a page's complaints and records refusals.
func (w *writer) finishPage(ctx context.Context, job *keepJob, fates map[sourceKey]*fate) (err error) {
	if job.kept, err = w.answer(ctx, job.page, fates); err != nil {
		return err
	}
	refusals := slices.Clip(job.page.Refusals)
	for i, k := range job.kept {
		if k.SameID {
			refusals = append(refusals, job.page.SameID(job.page.Complaints[i]))
		}
	}
	for _, refusal := range refusals {
		if err := w.refuse(ctx, job.page.Source, refusal); err != nil {
			return err
		}
	}
	return nil
}

// answer says what became of a page's complaints, and records revisions.
func (w *writer) answer(ctx context.Context, page Page, fates map[sourceKey]*fate) ([]Kept, error) {
	kept := make([]Kept, len(page.Complaints))
	known, err := w.knownOf(ctx, page, fates)
	if err != nil {
		return nil, err
	}
	for i, c := range page.Complaints {
		f := fates[sourceKey{page.Source, c.SourceID}]
		k := Kept{Ref: complaint.Ref(f.ref), Known: f.known || f.told, Decided: f.decided, claimed: f.claimed}
		f.told = true
		before := f.first
		if f.known {
			before = known[k.Ref].Complaint
		}
		switch {
		case k.Known && page.SameID != nil && page.encoded[i].hash != f.hash && (page.isApart(i) || another(before, c)):
			k.SameID = true
		case k.Known && page.Beside && page.encoded[i].hash != f.hash && another(before, c):
			if k, err = w.keepBeside(ctx, page, i); err != nil {
				return nil, err
			}
		case k.Known:
			if k.Revised, err = w.reviseIfOther(ctx, f, c, page.encoded[i].hash); err != nil {
				return nil, err
			}
		}
		kept[i] = k
	}
	return kept, nil
}

func (p Page) isApart(i int) bool { return i < len(p.apart) && p.apart[i] }

// reviseIfOther keeps what a known complaint says now, when that is something else.
func (w *writer) reviseIfOther(ctx context.Context, f *fate, c complaint.Complaint, hash string) (bool, error) {
	if hash == f.hash {
		return false, nil
	}
	return true, w.revise(ctx, f.ref, hash, c)
}

func (w *writer) revise(ctx context.Context, ref, hash string, c complaint.Complaint) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode a revision: %w", err)
	}
	content, err := w.s.hide(plain, "revision "+ref+" "+hash)
	if err != nil {
		return err
	}
	_, err = w.run(ctx, w.s.q.InsertRevision, args{"ref": ref, "hash": hash, "seen_at": w.now, "content": content})
	return err
}

func (w *writer) refuse(ctx context.Context, source string, r Refusal) error {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q ", source, r.Where)
	h.Write(r.Raw)
	id := hex.EncodeToString(h.Sum(nil)[:16])
	raw, err := w.s.hide(r.Raw, "refusal "+id)
	if err != nil {
		return err
	}
	_, err = w.run(ctx, w.s.q.InsertRefusal, args{
		"id": id, "source": source, "source_id": complaint.CleanText(r.SourceID), "place": complaint.CleanText(r.Where), "reason": r.Reason,
		"detail": complaint.CleanText(r.Detail), "raw": raw, "seen_at": w.now,
	})
	return err
}
