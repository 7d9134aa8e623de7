package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// News is something a channel is to be told, held by this gateway until its lease ends.
type News struct {
	Ref      complaint.Ref // the complaint whose channel is told
	About    complaint.Ref // the complaint it is about: Ref itself, or its primary
	Seq      int64         // of the event, among those of About
	Told     int64         // the number it is told under, among all that Ref's channel is told
	Attempts int
	Since    time.Time
	Change   Change
}

// Change is a status as a channel is told it.
type Change struct {
	SourceID   string
	Status     complaint.Status
	Raw        string
	Note       string
	Agency     string
	TrackingID string
	At         time.Time
}

// ClaimNews takes up to most things one source is to be told, for the length of a lease. Of one complaint it takes only
// the earliest that is not yet told, so that its channel hears everything in order.
func (s *Store) ClaimNews(ctx context.Context, source string, most int, lease time.Duration) ([]News, error) {
	type claimed struct {
		Ref      string
		EventRef string `db:"event_ref"`
		Seq      int64
		Told     int64
		Attempts int
		Since    int64
	}
	var rows []claimed
	err := s.inWriter(ctx, func(w *writer) (err error) {
		rows, err = all[claimed](ctx, w.tx, s.q.ClaimWritebacks, args{
			"source": source, "most": most, "owner": s.owner, "now": w.now, "lease": lease.Milliseconds(),
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim news for %s: %w", source, err)
	}
	news := make([]News, len(rows))
	for i, r := range rows {
		news[i] = News{Ref: complaint.Ref(r.Ref), About: complaint.Ref(r.EventRef), Seq: r.Seq, Told: r.Told, Attempts: r.Attempts, Since: fromMilli(r.Since)}
		if err := s.readChange(ctx, &news[i]); err != nil {
			return nil, err
		}
	}
	return news, nil
}

func (s *Store) readChange(ctx context.Context, n *News) error {
	type change struct {
		SourceID   string `db:"source_id"`
		Status     string
		Raw        string
		Note       string
		Agency     string
		At         int64
		TrackingID string `db:"tracking_id"`
		ThenStatus string `db:"then_status"`
	}
	c, err := one[change](ctx, s.read, s.q.ReadChange, args{"ref": n.Ref, "event_ref": n.About, "seq": n.Seq})
	if err != nil {
		return fmt.Errorf("read the news about %s: %w", n.About, notFound(err))
	}
	status := c.Status
	if status == "" { // an event that says something and moves nothing: where it stood then, not where it stands now
		status = c.ThenStatus
	}
	n.Change = Change{c.SourceID, complaint.Status(status), c.Raw, c.Note, c.Agency, c.TrackingID, fromMilli(c.At)}
	return nil
}

// SettleNews ends a claim on news: told (Done), to be told again (Ready), or given up (Dead).
func (s *Store) SettleNews(ctx context.Context, n News, to Settlement) error {
	return s.change(ctx, n.Ref, func(ctx context.Context, w *writer) error {
		return w.must(ctx, s.q.SettleWriteback, args{
			"ref": n.Ref, "event_ref": n.About, "seq": n.Seq, "owner": s.owner, "attempts": n.Attempts,
			"state": to.State, "due": milli(to.Due), "reason": to.Reason, "detail": to.Detail, "uncounted": bit(to.Uncounted),
		})
	})
}

// RescueNews returns news to the queue whose lease has run out, or that an earlier run of the gateway named by dead held.
func (s *Store) RescueNews(ctx context.Context, dead string) error {
	return s.order(ctx, s.q.RescueWritebacks, args{"dead": dead})
}

// LastChange is where a complaint stands, for the channel that filed it. Another source's complaint is ErrNotFound.
func (s *Store) LastChange(ctx context.Context, source string, ref complaint.Ref) (Change, int64, error) {
	type identity struct {
		Source     string
		SourceID   string `db:"source_id"`
		ReceivedAt int64  `db:"received_at"`
	}
	who, err := one[identity](ctx, s.read, s.q.ComplaintSource, args{"ref": ref})
	if err != nil {
		return Change{}, 0, notFound(err)
	}
	if who.Source != source {
		return Change{}, 0, ErrNotFound
	}
	type last struct {
		SourceID   string `db:"source_id"`
		Status     string
		Raw        string `db:"status_raw"`
		HeldBy     string `db:"held_by"`
		TrackingID string `db:"tracking_id"`
		Seq        int64  `db:"last_seq"`
		ChangedAt  int64  `db:"changed_at"`
	}
	l, err := one[last](ctx, s.read, s.q.LastChange, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) { // not decided yet
		return Change{SourceID: who.SourceID, Status: complaint.Received, At: fromMilli(who.ReceivedAt)}, 0, nil
	}
	return Change{l.SourceID, complaint.Status(l.Status), l.Raw, "", l.HeldBy, l.TrackingID, fromMilli(l.ChangedAt)}, l.Seq, err
}

// Sent is what a channel sent with one of its complaints. Another source's complaint is ErrNotFound, and so is what is not
// kept any more.
func (s *Store) Sent(ctx context.Context, source string, ref complaint.Ref) (complaint.Payload, error) {
	found, err := s.complaints(ctx, s.read, []complaint.Ref{ref})
	if err != nil {
		return complaint.Payload{}, err
	}
	switch c := found[ref]; {
	case c.err != nil:
		return complaint.Payload{}, c.err
	case c.Source != source || len(c.Raw.Body) == 0:
		return complaint.Payload{}, ErrNotFound
	default:
		return c.Raw, nil
	}
}
