package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// Asked is a ticket whose status is to be asked for.
type Asked struct {
	Ref         complaint.Ref
	NationalID  string
	ForwardedAt time.Time
	ChangedAt   time.Time
	Until       time.Time // until then nobody else asks; also the mark of this question
}

// ClaimSync takes up to most tickets whose status is due. Until hold has passed no other gateway takes them; a crash
// delays the question by that much, nothing else.
func (s *Store) ClaimSync(ctx context.Context, most int, hold time.Duration) ([]Asked, error) {
	type asked struct {
		Ref         string
		NationalID  string `db:"national_id"`
		ForwardedAt int64  `db:"forwarded_at"`
		ChangedAt   int64  `db:"changed_at"`
		Until       int64  `db:"sync_at"`
	}
	now := s.now()
	var rows []asked
	err := s.inWriter(ctx, func(w *writer) (err error) {
		rows, err = all[asked](ctx, w.tx, s.q.ClaimSync, args{"most": most, "now": w.now, "until": milli(now.Add(hold))})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim tickets to ask about: %w", err)
	}
	out := make([]Asked, len(rows))
	for i, r := range rows {
		out[i] = Asked{complaint.Ref(r.Ref), r.NationalID, fromMilli(r.ForwardedAt), fromMilli(r.ChangedAt), fromMilli(r.Until)}
	}
	return out, nil
}

// Observation is what the platform said when asked.
type Observation struct {
	State  national.State
	SyncAt time.Time // ask again then, unless the complaint is final
	Held   time.Time // Asked.Until of the question; zero: it was not asked under a hold
}

// Record writes what is new in an observation: each event once, by its key; the complaint's status by its legal moves;
// and what the channels of this complaint and of those linked to it are to be told. ErrLost: somebody else asked after the
// hold had passed and knows more, or nothing more is asked; nothing was changed.
func (s *Store) Record(ctx context.Context, ref complaint.Ref, o Observation) error {
	return s.change(ctx, ref, func(ctx context.Context, w *writer) error { return w.record(ctx, ref, o) })
}

// PostponeSync asks again later. ErrLost: as with Record.
func (s *Store) PostponeSync(ctx context.Context, asked Asked, at time.Time) error {
	return s.change(ctx, asked.Ref, func(ctx context.Context, w *writer) error {
		return w.must(ctx, s.q.PostponeSync, args{"ref": asked.Ref, "sync_at": milli(at), "held": milli(asked.Until)})
	})
}

// forwardedKey is the key of the first event of every ticket, which is not stored: the platform has it since forwarded_at.
const forwardedKey = "forwarded"

type ticketState struct {
	Status     string
	Raw        string `db:"status_raw"`
	TrackingID string `db:"tracking_id"`
	HeldBy     string `db:"held_by"`
	Seq        int64  `db:"last_seq"`
	SyncAt     int64  `db:"sync_at"`
	moved      bool
	note       string // of the last event that moved it
}

func (w *writer) record(ctx context.Context, ref complaint.Ref, o Observation) error {
	t, err := one[ticketState](ctx, w.tx, w.s.q.LockTicket, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read the ticket of %s: %w", ref, notFound(err))
	}
	if !o.Held.IsZero() && t.SyncAt != milli(o.Held) {
		return ErrLost
	}
	keys, err := all[string](ctx, w.tx, w.s.q.EventKeys, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read the events of %s: %w", ref, err)
	}
	seen := map[string]bool{forwardedKey: true} // the ticket itself says so
	for _, key := range keys {
		seen[key] = true
	}
	if t.TrackingID == "" {
		t.TrackingID = o.State.TrackingID
	}
	if o.State.Agency != "" {
		t.HeldBy = o.State.Agency
	}
	before, carried, anew := t.Raw, false, false
	for _, e := range o.State.Events {
		if seen[e.Key] {
			continue
		}
		seen[e.Key], anew = true, true
		carried = carried || e.Raw == o.State.Raw
		if err := w.recordEvent(ctx, ref, &t, e); err != nil {
			return err
		}
	}
	// Where it stands is asked before what happened, and may be the older of the two. With nothing new to tell it is the younger: what
	// was told last was listed in no order, or lacks the way back.
	behind := !anew && complaint.Status(t.Status).CanBecome(o.State.Status)
	if o.State.Raw != "" && (o.State.Raw != before && !carried || behind) {
		if err := w.recordEvent(ctx, ref, &t, unsaidMove(t, o, w.now)); err != nil {
			return err
		}
	}
	if now := complaint.Status(t.Status); o.State.Raw != "" && (o.State.Status == now || !now.Final()) { // an end keeps its own word
		t.Raw = o.State.Raw
	}
	if err := w.updateTicket(ctx, ref, t, o.SyncAt); err != nil {
		return err
	}
	if (t.moved || t.Raw != before) && t.unheard(t.note) {
		return w.promote(ctx, ref, "the platform closed it unheard ("+t.Raw+")")
	}
	return nil
}

// unheard says whether the platform ended a complaint without anybody's answer to it: whoever told the same is heard then
// by a complaint of his own.
func (t ticketState) unheard(note string) bool {
	switch complaint.Status(t.Status) {
	case complaint.Archived, complaint.Rejected:
		return true
	case complaint.Closed:
		return notTheirs(t.Raw) || notTheirs(note)
	case complaint.Done, complaint.Other:
		return notTheirs(t.Raw)
	}
	return false
}

// notTheirs says whether words of the platform say "not our authority".
func notTheirs(words string) bool {
	words = strings.ToLower(words)
	return strings.Contains(words, "bukan wewenang") || strings.Contains(words, "bukan kewenangan")
}

// unsaidMove is the event of a platform whose status changed without one that says so.
func unsaidMove(t ticketState, o Observation, now int64) national.Event {
	return national.Event{
		Key: fmt.Sprintf("state %d", t.Seq+1), At: fromMilli(now), Status: o.State.Status, Raw: o.State.Raw, To: o.State.Agency,
	}
}

func (w *writer) recordEvent(ctx context.Context, ref complaint.Ref, t *ticketState, e national.Event) error {
	now := complaint.Status(t.Status)
	applied := e.Status == "" || e.Status == now || now.CanBecome(e.Status)
	t.Seq++
	if e.At.IsZero() { // the platform's own time cannot be read; a channel takes no news without one
		e.At = fromMilli(w.now)
	}
	if _, err := w.run(ctx, w.s.q.InsertEvent, args{
		"ref": ref, "seq": t.Seq, "key": e.Key, "at": milli(e.At), "status": e.Status, "raw": e.Raw,
		"agency": agencyOf(e), "note": complaint.CleanText(e.Text), "applied": bit(applied),
	}); err != nil {
		return fmt.Errorf("record an event of %s: %w", ref, err)
	}
	if !applied {
		return nil
	}
	tell := isNews(*t, e)
	if e.Raw != "" {
		t.Raw = e.Raw
	}
	if e.Status != "" && e.Status != now {
		t.Status, t.moved, t.note = string(e.Status), true, e.Text
	}
	if !tell {
		return nil
	}
	_, err := w.run(ctx, w.s.q.InsertWritebacks, args{"ref": ref, "seq": t.Seq})
	return err
}

// isNews says whether a channel is told of an event: it says something, moves the complaint, or names a status that only
// the platform's own word tells apart.
func isNews(t ticketState, e national.Event) bool {
	moves := e.Status != "" && e.Status != complaint.Status(t.Status)
	return e.Text != "" || moves || e.Status == complaint.Other && e.Raw != t.Raw
}

func agencyOf(e national.Event) string {
	if e.To != "" {
		return e.To
	}
	return e.From
}

func (w *writer) updateTicket(ctx context.Context, ref complaint.Ref, t ticketState, syncAt time.Time) error {
	if complaint.Status(t.Status).Final() {
		syncAt = time.Time{}
	}
	_, err := w.run(ctx, w.s.q.UpdateTicket, args{
		"ref": ref, "status": t.Status, "raw": t.Raw, "tracking_id": t.TrackingID, "held_by": t.HeldBy, "seq": t.Seq,
		"moved": bit(t.moved), "sync_at": milli(syncAt),
	})
	return err
}

// SyncOverdue is the earliest time a status should have been asked for; zero when none is waited for.
func (s *Store) SyncOverdue(ctx context.Context) (time.Time, error) {
	n, err := one[int64](ctx, s.look, s.q.SyncOverdue, args{})
	return fromMilli(n), err
}
