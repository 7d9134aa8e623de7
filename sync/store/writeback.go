package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
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

// Change is a status as a channel is told it. Of a complaint that is linked to somebody else's secret one it holds where that
// one stands, and nothing that was said about it.
type Change struct {
	SourceID   string
	Status     complaint.Status
	Raw        string
	Note       string
	Agency     string
	TrackingID string // as it was when the channel was first told, so that what is told again is the same
	At         time.Time

	To string // Reporter.Account: whom to tell. Personal data
	// Persons are those whose names Note may hold: who filed the complaint that is told, and the one it is about. None: they
	// cannot be read. Personal data.
	Persons []complaint.Reporter
	Secret  bool      // the complaint whose channel is told is secret, or the one it is about
	HeardAt time.Time // when that person last wrote on the channel; zero: they never did, or it is not a channel of conversations
	// Added is, with a receipt, the sender's own complaint that this one adds to, and Status where that one stands.
	Added complaint.Ref
}

// IsReceipt says that a complaint of messages came in, and nothing more yet.
func (n News) IsReceipt() bool { return n.Seq == 0 }

// ClaimNews takes up to most things one source is to be told, for the length of a lease. Of one complaint it takes only
// the earliest that is not yet told, so that its channel hears everything in order.
func (s *Store) ClaimNews(ctx context.Context, source string, most int, lease time.Duration) ([]News, error) {
	type claimed struct {
		Ref        string
		EventRef   string `db:"event_ref"`
		Seq        int64
		Told       int64
		Attempts   int
		Since      int64
		TrackingID string `db:"tracking_id"`
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
		news[i].Change.TrackingID = r.TrackingID
		if err := s.readChange(ctx, &news[i]); err != nil {
			return nil, err
		}
	}
	return news, nil
}

type toldRow struct {
	Source   string
	SourceID string `db:"source_id"`
	Reporter string
	Secret   int64
	At       int64
}

func (s *Store) readChange(ctx context.Context, n *News) error {
	if n.IsReceipt() {
		return s.readReceipt(ctx, n)
	}
	type change struct {
		toldRow
		Status      string
		Raw         string
		Note        string
		Agency      string
		ThenStatus  string `db:"then_status"`
		AboutSecret int64  `db:"about_secret"`
		About       string `db:"about_reporter"`
	}
	c, err := one[change](ctx, s.look, s.q.ReadChange, args{"ref": n.Ref, "event_ref": n.About, "seq": n.Seq})
	if err != nil {
		return fmt.Errorf("read the news about %s: %w", n.About, notFound(err))
	}
	status := c.Status
	if status == "" { // an event that says something and moves nothing: where it stood then, not where it stands now
		status = c.ThenStatus
	}
	n.Change = Change{
		SourceID: c.SourceID, Status: complaint.Status(status), Raw: c.Raw, Note: c.Note, Agency: c.Agency, TrackingID: n.Change.TrackingID, At: fromMilli(c.At),
	}
	n.Change.Secret = c.AboutSecret == 1
	if n.Change.Secret && n.About != n.Ref {
		n.Change = n.Change.standing()
	}
	own, err := s.reporter(c.Reporter, string(n.Ref))
	about, aboutErr := s.reporter(c.About, string(n.About))
	if err == nil && aboutErr == nil {
		n.Change.Persons = []complaint.Reporter{own, about}
	}
	return s.readListener(ctx, n, c.toldRow)
}

// standing is the change without what was said.
func (c Change) standing() Change {
	c.Raw, c.Note, c.Agency, c.TrackingID = "", "", "", ""
	return c
}

// readListener reads whom news is told, and when they last wrote. What cannot be unsealed is nobody.
func (s *Store) readListener(ctx context.Context, n *News, r toldRow) error {
	n.Change.Secret = n.Change.Secret || r.Secret == 1
	var who complaint.Reporter
	plain, err := s.show(r.Reporter, "reporter "+string(n.Ref))
	if err != nil || json.Unmarshal(plain, &who) != nil || who.Account == "" {
		return nil //nolint:nilerr // a channel that needs to know whom refuses it, and that is shown
	}
	n.Change.To = who.Account
	at, err := one[int64](ctx, s.look, s.q.HeardAt, args{"source": r.Source, "sender": s.senderKey(r.Source, who.Account)})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read when a sender last wrote: %w", err)
	}
	n.Change.HeardAt = fromMilli(at)
	return nil
}

// readReceipt reads what is said when a complaint came in. One that adds to a complaint of the same sender says where that
// one stands; to anybody else nothing of it is said.
func (s *Store) readReceipt(ctx context.Context, n *News) error {
	r, err := one[struct {
		toldRow
		About string
	}](ctx, s.look, s.q.ReadReceipt, args{"ref": n.Ref})
	if err != nil {
		return fmt.Errorf("read the receipt of %s: %w", n.Ref, notFound(err))
	}
	n.Change = Change{SourceID: r.SourceID, Status: complaint.Received, At: fromMilli(r.At)}
	if err := s.readListener(ctx, n, r.toldRow); err != nil || r.About == "" {
		return err
	}
	about := complaint.Ref(r.About)
	_, own, err := s.Named(ctx, r.Source, n.Change.To, []complaint.Ref{about}, nil)
	if err != nil || !own {
		return err
	}
	last, _, err := s.LastChange(ctx, r.Source, about)
	if err != nil {
		return err
	}
	n.Change.Added, n.Change.Status, n.Change.Raw = about, last.Status, last.Raw
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

// Undelivered gives up news, by Ref and Told, that its channel had taken and could not bring to its person; also while we still
// settle that it was taken. What is to be told again anyway is left alone.
func (s *Store) Undelivered(ctx context.Context, source string, n News, detail string) error {
	return s.order(ctx, s.q.Undelivered, args{"source": source, "ref": n.Ref, "told": n.Told, "reason": retry.Rejected, "detail": detail})
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
	who, err := one[identity](ctx, s.look, s.q.ComplaintSource, args{"ref": ref})
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
		Hidden     sql.NullInt64
		Seq        int64 `db:"last_seq"`
		ChangedAt  int64 `db:"changed_at"`
	}
	l, err := one[last](ctx, s.look, s.q.LastChange, args{"ref": ref})
	if errors.Is(err, sql.ErrNoRows) { // not decided yet
		return Change{SourceID: who.SourceID, Status: complaint.Received, At: fromMilli(who.ReceivedAt)}, 0, nil
	}
	change := Change{
		SourceID: l.SourceID, Status: complaint.Status(l.Status), Raw: l.Raw, Agency: l.HeldBy, TrackingID: l.TrackingID, At: fromMilli(l.ChangedAt),
	}
	if l.Hidden.Int64 == 1 {
		change = change.standing()
	}
	return change, l.Seq, err
}

// Sent is what a channel sent with one of its complaints. Another source's complaint is ErrNotFound, and so is what is not
// kept any more.
func (s *Store) Sent(ctx context.Context, source string, ref complaint.Ref) (complaint.Payload, error) {
	found, err := s.complaints(ctx, s.look, []complaint.Ref{ref})
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
