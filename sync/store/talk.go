package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// ErrMoreSaid means that a sender said more while what they had said was being made a complaint: nothing was changed.
var ErrMoreSaid = errors.New("the sender went on meanwhile")

// MessageState is where a message stands; migrations/00006_conversation.sql says what each means.
type MessageState string

// The states of a message.
const (
	MessageWaiting  MessageState = "waiting"
	MessageAsked    MessageState = "asked"
	MessageNoted    MessageState = "noted"
	MessageJoined   MessageState = "joined"
	MessageFollowed MessageState = "followed"
)

// MessageStates lists every state of a message.
func MessageStates() []MessageState {
	return []MessageState{MessageWaiting, MessageAsked, MessageNoted, MessageJoined, MessageFollowed}
}

// Talk is what one sender said and nobody has made a complaint of, held by this gateway until its lease ends. Err is set
// where it cannot be read.
type Talk struct {
	Source   string
	Sender   string  // as the channel writes it
	Messages []Heard // in the order in which they were sent
	HeardAt  time.Time
	Since    time.Time     // when the first message that waits was received; zero: none waits
	AskedAt  time.Time     // zero: the person was not asked in this conversation
	Last     complaint.Ref // the last complaint that came of what this sender said
	Attempts int           // this one included
	TriedAt  time.Time     // the first
	Until    time.Time     // by this process's clock, which never jumps: the claim's lease lasts at least until then
	Err      error

	key   string
	fence int64
	heard int64
}

// Heard is a message that is kept.
type Heard struct {
	connectors.Message
	State      MessageState // MessageWaiting or MessageAsked
	Arrived    string       // our mark of it; rises with each
	ReceivedAt time.Time
	Files      []File // one for each of Media
}

// File is what became of a file of a message.
type File struct {
	Attachment *complaint.Attachment `json:"attachment,omitempty"` // fetched
	Gone       bool                  `json:"gone,omitempty"`       // it cannot be had
}

// NextTalk is when something a sender said on a channel must be looked at next; zero: nothing waits.
func (s *Store) NextTalk(ctx context.Context, source string) (time.Time, error) {
	n, err := one[int64](ctx, s.look, s.q.TalkDue, args{"source": source})
	return fromMilli(n), err
}

type talkRow struct {
	Sender       string
	Heard        int64
	HeardAt      int64 `db:"heard_at"`
	WaitingSince int64 `db:"waiting_since"`
	AskedAt      int64 `db:"asked_at"`
	Ref          string
	Fence        int64
	Attempts     int
	TriedAt      int64 `db:"tried_at"`
}

// ClaimTalks takes up to most senders of a channel that have been silent long enough, for the length of a lease. A lease
// that ran out is taken over here.
func (s *Store) ClaimTalks(ctx context.Context, source string, most int, lease time.Duration) ([]Talk, error) {
	until := time.Now().Add(lease) // before the claim, which may take long
	var rows []talkRow
	err := s.inWriter(ctx, func(w *writer) (err error) {
		rows, err = all[talkRow](ctx, w.tx, s.q.ClaimTalks, args{
			"source": source, "most": most, "owner": s.owner, "now": w.now, "lease": lease.Milliseconds(),
		})
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	talks, err := s.readTalks(ctx, source, rows)
	for i := range talks {
		talks[i].Until = until
	}
	return talks, err
}

// mostMessages is how many messages of one sender are read at once: what waits before what was asked about, in order of
// arrival. The rest is looked at after them.
const mostMessages = 1000

func (s *Store) readTalks(ctx context.Context, source string, rows []talkRow) ([]Talk, error) {
	talks := make([]Talk, len(rows))
	for i, r := range rows {
		t := &talks[i]
		*t = Talk{
			Source: source, HeardAt: fromMilli(r.HeardAt), Since: fromMilli(r.WaitingSince), AskedAt: fromMilli(r.AskedAt),
			Last: complaint.Ref(r.Ref), Attempts: r.Attempts, TriedAt: fromMilli(r.TriedAt), key: r.Sender, fence: r.Fence, heard: r.Heard,
		}
		messages, err := all[messageRow](ctx, s.look, s.q.OpenMessages, args{"source": source, "sender": r.Sender, "most": mostMessages})
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		for _, m := range messages {
			h, err := s.readMessage(source, m)
			if t.Err = errors.Join(t.Err, err); err == nil {
				t.Sender = h.Sender
				t.Messages = append(t.Messages, h)
			}
		}
		slices.SortStableFunc(t.Messages, func(a, b Heard) int {
			return cmp.Or(a.sent().Compare(b.sent()), cmp.Compare(a.Arrived, b.Arrived))
		})
	}
	return talks, nil
}

// sent is when a message was sent, as far as the channel says.
func (h Heard) sent() time.Time {
	if h.At.IsZero() {
		return h.ReceivedAt
	}
	return h.At
}

type messageRow struct {
	ID, Sender, Arrived, State string
	ReceivedAt                 int64 `db:"received_at"`
	Content, Files, Raw        string
	RawType                    string `db:"raw_type"`
}

func (s *Store) readMessage(source string, r messageRow) (Heard, error) {
	h := Heard{State: MessageState(r.State), Arrived: r.Arrived, ReceivedAt: fromMilli(r.ReceivedAt)}
	failed := func(err error) (Heard, error) { return h, fmt.Errorf("read a message of %s: %w", source, err) }
	where := source + " " + r.ID
	content, err := s.show(r.Content, "message "+where)
	if err != nil {
		return failed(err)
	}
	if err := json.Unmarshal(content, &h.Message); err != nil {
		return failed(errors.New("it is not as it was written"))
	}
	raw, err := s.show(r.Raw, "raw message "+where)
	if err != nil {
		return failed(err)
	}
	h.Raw = complaint.Payload{Type: r.RawType, Body: raw}
	if r.Files != "" {
		if err := json.Unmarshal([]byte(r.Files), &h.Files); err != nil {
			return failed(err)
		}
	}
	for len(h.Files) < len(h.Media) {
		h.Files = append(h.Files, File{})
	}
	return h, nil
}

// SaveFiles records what was fetched of a message's files, and lengthens the lease. ErrLost: somebody else holds the talk.
func (s *Store) SaveFiles(ctx context.Context, t Talk, id string, files []File, lease time.Duration) error {
	encoded, err := json.Marshal(files)
	if err != nil {
		return fmt.Errorf("encode the files of a message: %w", err)
	}
	return s.inWriter(ctx, func(w *writer) error {
		if err := w.renewTalk(ctx, t, lease); err != nil {
			return err
		}
		_, err := w.run(ctx, s.q.SaveFiles, args{"source": t.Source, "id": id, "files": string(encoded)})
		return err
	})
}

// RenewTalk lengthens the lease. ErrLost: it ended, or somebody else holds the talk.
func (s *Store) RenewTalk(ctx context.Context, t Talk, lease time.Duration) error {
	return s.inWriter(ctx, func(w *writer) error { return w.renewTalk(ctx, t, lease) })
}

func (w *writer) renewTalk(ctx context.Context, t Talk, lease time.Duration) error {
	return w.must(ctx, w.s.q.RenewTalk, args{"source": t.Source, "sender": t.key, "fence": t.fence, "owner": w.s.owner, "lease": lease.Milliseconds()})
}

// PostponeTalk ends a claim: it is looked at again then, or earlier when the sender goes on. Uncounted: we stopped, nobody
// failed.
func (s *Store) PostponeTalk(ctx context.Context, t Talk, due time.Time, uncounted bool) error {
	return s.order(ctx, s.q.PostponeTalk, args{
		"source": t.Source, "sender": t.key, "fence": t.fence, "owner": s.owner, "heard": t.heard, "due": milli(due), "uncounted": bit(uncounted),
	})
}

// FreeTalks gives back what an earlier run of the gateway named by dead held.
func (s *Store) FreeTalks(ctx context.Context, dead string) error {
	return s.order(ctx, s.q.FreeTalks, args{"dead": dead})
}

// Ending says what became of messages that are no complaint: they were asked about, or there is nothing to do.
type Ending struct {
	State   MessageState // MessageAsked or MessageNoted
	IDs     []string
	AskedAt time.Time
	Due     time.Time     // when an answer is no longer waited for; zero: nothing is waited for
	Within  time.Duration // what the sender said meanwhile is looked at then

	ref, last complaint.Ref // the complaint they are in, and the one the sender's next words may be about
}

// EndTalk ends a claim without a complaint. ErrLost: somebody else holds it now, and nothing was changed.
func (s *Store) EndTalk(ctx context.Context, t Talk, e Ending) error {
	return s.inWriter(ctx, func(w *writer) error {
		if _, err := w.lockTalk(ctx, t); err != nil {
			return err
		}
		return w.endTalk(ctx, t, e)
	})
}

func (w *writer) lockTalk(ctx context.Context, t Talk) (heard int64, err error) {
	rows, err := all[int64](ctx, w.tx, w.s.q.LockTalk, args{"source": t.Source, "sender": t.key, "fence": t.fence, "owner": w.s.owner})
	if err == nil && len(rows) == 0 {
		err = ErrLost
	}
	if err != nil {
		return 0, err
	}
	return rows[0], nil
}

// endTalk marks messages and says when their sender is looked at next.
func (w *writer) endTalk(ctx context.Context, t Talk, e Ending) error {
	n, err := w.run(ctx, w.s.q.MarkMessages, args{"source": t.Source, "ids": e.IDs, "state": string(e.State), "ref": e.ref})
	if err != nil {
		return fmt.Errorf("mark messages: %w", err)
	}
	if int(n) != len(e.IDs) {
		return fmt.Errorf("mark messages: %d of %d were marked before", len(e.IDs)-int(n), len(e.IDs))
	}
	left, err := one[MessageState](ctx, w.tx, w.s.q.StillOpen, args{"source": t.Source, "sender": t.key})
	if err != nil {
		return err
	}
	end := args{
		"source": t.Source, "sender": t.key, "waiting_since": int64(0), "asked_at": milli(e.AskedAt), "due": milli(e.Due), "ref": e.last,
	}
	switch soon := w.now + e.Within.Milliseconds(); {
	case left == MessageWaiting:
		end["waiting_since"], end["due"] = w.now, soon
	case left == MessageAsked && e.Due.IsZero(): // more was asked about than was read
		end["due"] = soon
	}
	return w.must(ctx, w.s.q.EndTalk, end)
}
