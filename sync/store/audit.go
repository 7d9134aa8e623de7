package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Ledger proves that every complaint is somewhere. Accepted is what the gateway answered for; it must equal the sum of
// Delivered, Linked, Waiting, Held and Dead. Refused was never accepted.
type Ledger struct {
	Accepted  int64    `json:"accepted"`
	Delivered int64    `json:"delivered"`
	Linked    int64    `json:"linked"`
	Waiting   int64    `json:"waiting"`
	Held      int64    `json:"held"`
	Reviews   int64    `json:"reviews"` // of Held: those that wait for a person to say whether they are duplicates
	Dead      int64    `json:"dead"`
	Refused   int64    `json:"refused"`
	Messages  Messages `json:"messages"`
	// Late is, of each source, how many senders should have been looked at an hour ago. That is no fault: as deliveries that are
	// due, they wait for a gateway to run. Of a source that no gateway has any more nobody ever will.
	Late     map[string]int64 `json:"late,omitempty"`
	Balanced bool             `json:"balanced"`
	Problems []string         `json:"problems,omitempty"`
}

// Messages proves the same of what people said on channels of conversations: Heard is what the gateway answered for, counted
// apart as each came in, and must equal the sum of the others.
type Messages struct {
	Heard    int64 `json:"heard"`
	Waiting  int64 `json:"waiting"`  // until their sender is silent
	Asked    int64 `json:"asked"`    // their sender was asked what it is about
	Noted    int64 `json:"noted"`    // greetings nobody went on from, thanks
	Joined   int64 `json:"joined"`   // in a complaint
	Followed int64 `json:"followed"` // in a complaint about an earlier one
}

func (m Messages) sum() int64 { return m.Waiting + m.Asked + m.Noted + m.Joined + m.Followed }

// Audit reads the ledger from one moment of the database, beside running gateways. It counts the complaints and the
// deliveries apart, and looks for what a mere sum would hide: a complaint without a delivery, a delivered one without a
// national id, a link to nothing.
func (s *Store) Audit(ctx context.Context) (Ledger, error) {
	tx, err := s.read.BeginTxx(ctx, &sql.TxOptions{Isolation: s.dialect.isolation(), ReadOnly: s.dialect == postgres})
	if err != nil {
		return Ledger{}, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	moment := snapshot{tx}
	l, err := s.countLedger(ctx, moment)
	if err != nil {
		return Ledger{}, fmt.Errorf("audit: %w", err)
	}
	if l.Problems, err = s.findProblems(ctx, moment); err != nil {
		return Ledger{}, fmt.Errorf("audit: %w", err)
	}
	if sum := l.Delivered + l.Linked + l.Waiting + l.Held + l.Dead; sum != l.Accepted {
		l.Problems = append(l.Problems, fmt.Sprintf("%d complaints were accepted, %d are accounted for", l.Accepted, sum))
	}
	if sum := l.Messages.sum(); sum != l.Messages.Heard {
		l.Problems = append(l.Problems, fmt.Sprintf("%d messages were heard, %d are accounted for", l.Messages.Heard, sum))
	}
	l.Balanced = len(l.Problems) == 0
	return l, nil
}

// snapshot is a transaction of the pool for reading, in which nothing is prepared.
type snapshot struct{ sqlx.ExtContext }

// isolation is that in which several reads see one moment. SQLite's is always so.
func (d dialect) isolation() sql.IsolationLevel {
	if d == postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

func (s *Store) countLedger(ctx context.Context, tx snapshot) (Ledger, error) {
	var l Ledger
	byState, err := countByState[State](ctx, tx, s.q.CountStates)
	if err != nil {
		return l, err
	}
	if l.Delivered, err = one[int64](ctx, tx, s.q.CountDone, args{}); err != nil {
		return l, err
	}
	for state, n := range byState {
		switch state {
		case New, Ready, Leased, Unknown:
			l.Waiting += n
		case Held:
			l.Held += n
		case Linked:
			l.Linked += n
		case Dead:
			l.Dead += n
		}
	}
	if l.Accepted, err = one[int64](ctx, tx, s.q.CountComplaints, args{}); err != nil {
		return l, err
	}
	if l.Reviews, err = one[int64](ctx, tx, s.q.CountReviews, args{}); err != nil {
		return l, err
	}
	if l.Refused, err = one[int64](ctx, tx, s.q.CountRefusals, args{}); err != nil {
		return l, err
	}
	if l.Messages, err = s.countMessages(ctx, tx); err != nil {
		return l, err
	}
	l.Late, err = s.countLate(ctx, tx)
	return l, err
}

// lookPatience is how long ago what somebody said should have been looked at for the audit to say so.
const lookPatience = time.Hour

func (s *Store) countLate(ctx context.Context, tx snapshot) (map[string]int64, error) {
	rows, err := all[struct {
		Source string
		N      int64
	}](ctx, tx, s.q.LateTalks, args{"before": milli(s.now().Add(-lookPatience))})
	late := make(map[string]int64, len(rows))
	for _, r := range rows {
		late[r.Source] = r.N
	}
	return late, err
}

func (s *Store) countMessages(ctx context.Context, tx sqlx.ExtContext) (Messages, error) {
	n, err := countByState[MessageState](ctx, tx, s.q.CountMessages)
	if err != nil {
		return Messages{}, err
	}
	m := Messages{
		Waiting: n[MessageWaiting], Asked: n[MessageAsked], Noted: n[MessageNoted], Joined: n[MessageJoined], Followed: n[MessageFollowed],
	}
	m.Heard, err = one[int64](ctx, tx, s.q.CountHeard, args{})
	return m, err
}

func countByState[S ~string](ctx context.Context, db sqlx.ExtContext, query *query) (map[S]int64, error) {
	type count struct {
		State string
		N     int64
	}
	rows, err := all[count](ctx, db, query, args{})
	counts := map[S]int64{}
	for _, r := range rows {
		counts[S(r.State)] = r.N
	}
	return counts, err
}

func (s *Store) findProblems(ctx context.Context, tx snapshot) ([]string, error) {
	var problems []string
	for _, check := range []struct {
		query *query
		words string
	}{
		{s.q.WithoutDelivery, "complaints have no delivery and no ticket"},
		{s.q.WithoutComplaint, "deliveries and tickets have no complaint"},
		{s.q.TicketWithoutID, "delivered complaints have no national id"},
		{s.q.LinkedToNothing, "linked complaints have no primary that stands for them"},
		{s.q.Unasked, "complaints are held for a review that nobody is asked for"},
		{s.q.Chained, "linked complaints have a primary that is linked itself"},
		{s.q.NamedNotDone, "complaints the platform has are counted as not sent"},
		{s.q.Vanished, "senders said more, or less, than the messages that are kept of them"},
		{s.q.UnheardMessages, "messages wait and nobody will look at them"},
		{s.q.JoinedToNothing, "messages are part of a complaint that is not there"},
	} {
		n, err := one[int64](ctx, tx, check.query, args{})
		if err != nil {
			return nil, err
		}
		if n > 0 {
			problems = append(problems, fmt.Sprintf("%d %s", n, check.words))
		}
	}
	return problems, nil
}

// Standing is what the metrics show of what is open in the store.
type Standing struct {
	Deliveries map[State]int64 // but those that are done
	News       map[State]int64 // but those that were told
	FollowUps  map[State]int64 // but those that are done
	OldestOpen time.Time       // acceptance of the oldest complaint neither delivered, linked, held nor dead, or of the oldest message that waits, or since when one that was asked about should have been looked at; zero: none
	Reviews    int64           // complaints that wait for a person to say whether they are duplicates
	Messages   map[MessageState]int64
	SyncDue    time.Time // the earliest status question that is due; zero: none is waited for
}

// Standing counts what is open, for the metrics. It looks at nothing that is over, of which there are many in time.
func (s *Store) Standing(ctx context.Context) (Standing, error) {
	var (
		st  Standing
		err error
	)
	if st.Deliveries, err = countByState[State](ctx, s.read, s.q.CountOpen); err != nil {
		return st, err
	}
	if st.News, err = countByState[State](ctx, s.read, s.q.CountUntold); err != nil {
		return st, err
	}
	if st.FollowUps, err = countByState[State](ctx, s.read, s.q.CountFollowUpsUntold); err != nil {
		return st, err
	}
	if st.Messages, err = countByState[MessageState](ctx, s.read, s.q.CountMessagesOpen); err != nil {
		return st, err
	}
	if st.Reviews, err = one[int64](ctx, s.read, s.q.CountReviews, args{}); err != nil {
		return st, err
	}
	oldest, err := one[int64](ctx, s.read, s.q.OldestOpen, args{"now": milli(s.now())})
	if err != nil {
		return st, err
	}
	st.OldestOpen = fromMilli(oldest)
	st.SyncDue, err = s.SyncOverdue(ctx)
	return st, err
}

// Past is what the metrics show of what is over.
type Past struct {
	Delivered int64
	Told      int64 // statuses
	FollowUps int64
	Messages  map[MessageState]int64
}

// Past counts what is over, for the metrics: all that ever was, so it takes long where there is much.
func (s *Store) Past(ctx context.Context) (Past, error) {
	var (
		p   Past
		err error
	)
	if p.Delivered, err = one[int64](ctx, s.read, s.q.CountDone, args{}); err != nil {
		return p, err
	}
	if p.Told, err = one[int64](ctx, s.read, s.q.CountTold, args{}); err != nil {
		return p, err
	}
	if p.FollowUps, err = one[int64](ctx, s.read, s.q.CountFollowUpsDone, args{}); err != nil {
		return p, err
	}
	p.Messages, err = countByState[MessageState](ctx, s.read, s.q.CountMessages)
	return p, err
}
