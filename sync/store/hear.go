package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// Joining says when what one sender says is looked at: when they have been silent for Within, and at the latest Longest
// after we received the first of it.
type Joining struct{ Within, Longest time.Duration }

// senderKey is what a sender is found by.
func (s *Store) senderKey(source, sender string) string {
	if s.seal == nil {
		return sender
	}
	return s.seal.Hash("sender "+source, sender)
}

// spoken is a message of a group of pages, and the first page that brought it.
type spoken struct {
	connectors.Message
	source string
	job    *keepJob
}

// hearAll keeps the messages of a group of pages, those that are not here yet, and has somebody look at them in time. Rows
// go in the order of their keys across all pages, as those of complaints do.
func (w *writer) hearAll(ctx context.Context, jobs []*keepJob) error {
	said := map[sourceKey]spoken{}
	var rows []*newMessageRow
	for _, job := range jobs {
		job.heard = 0
		for _, m := range job.page.Messages {
			key := sourceKey{job.page.Source, m.ID}
			if _, twice := said[key]; twice {
				continue
			}
			said[key] = spoken{m, key.source, job}
			row, err := w.toNewMessageRow(key.source, m)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b *newMessageRow) int { return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID)) })
	var fresh []spoken
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		kept, err := allSet[struct{ Source, ID string }](ctx, w.tx, w.s.q.InsertMessages, nil, columnsOf(w.s.q.InsertMessages, chunk))
		if err != nil {
			return fmt.Errorf("keep messages: %w", err)
		}
		for _, k := range kept {
			one := said[sourceKey{k.Source, k.ID}]
			one.job.heard++
			fresh = append(fresh, one)
		}
	}
	return w.noteTalks(ctx, fresh)
}

// talkTurn is in which order senders' talks are noted: those of one source together, by when its pages have them looked at.
type talkTurn struct {
	source string
	Joining
}

// noteTalks notes new messages in their senders' talks.
func (w *writer) noteTalks(ctx context.Context, fresh []spoken) error {
	turns := map[talkTurn]map[string]*heardRow{}
	for _, one := range fresh {
		turn := talkTurn{one.source, one.job.page.Joining}
		if turns[turn] == nil {
			turns[turn] = map[string]*heardRow{}
		}
		w.s.hearOne(turns[turn], one.source, one.Message, w.now)
	}
	for _, turn := range slices.SortedFunc(maps.Keys(turns), func(a, b talkTurn) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.Within, b.Within), cmp.Compare(a.Longest, b.Longest))
	}) {
		heard := slices.SortedFunc(maps.Values(turns[turn]), func(a, b *heardRow) int { return cmp.Compare(a.Sender, b.Sender) })
		if _, err := runSet(ctx, w.tx, w.s.q.Hear, args{
			"within": turn.Within.Milliseconds(), "longest": turn.Longest.Milliseconds(),
		}, columnsOf(w.s.q.Hear, heard)); err != nil {
			return fmt.Errorf("note who spoke: %w", err)
		}
	}
	return nil
}

// heardRow is what is noted of one sender's talk.
type heardRow struct {
	Source     string `db:"source"`
	Sender     string `db:"sender"`
	Heard      int64  `db:"heard"` // messages that are new
	HeardAt    int64  `db:"heard_at"`
	ReceivedAt int64  `db:"received_at"`
}

// hearOne notes a new message in its sender's talk.
func (s *Store) hearOne(talks map[string]*heardRow, source string, m connectors.Message, now int64) {
	key := s.senderKey(source, m.Sender)
	said := cmp.Or(milli(m.At), now)
	if said > now {
		said = now // a channel's clock ahead of ours: nobody wrote later than now
	}
	if t := talks[key]; t != nil {
		t.Heard, t.HeardAt = t.Heard+1, max(t.HeardAt, said)
		return
	}
	talks[key] = &heardRow{source, key, 1, said, now}
}

// newMessageRow is the row of a message that comes in.
type newMessageRow struct {
	Source     string `db:"source"`
	ID         string `db:"id"`
	Sender     string `db:"sender"`
	Arrived    string `db:"arrived"`
	ReceivedAt int64  `db:"received_at"`
	Content    string `db:"content"`
	RawType    string `db:"raw_type"`
	Raw        string `db:"raw"`
}

func (w *writer) toNewMessageRow(source string, m connectors.Message) (*newMessageRow, error) {
	where := source + " " + m.ID
	plain, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode a message: %w", err)
	}
	content, err := w.s.hide(plain, "message "+where)
	if err != nil {
		return nil, err
	}
	raw, err := w.s.hide(m.Raw.Body, "raw message "+where)
	if err != nil {
		return nil, err
	}
	return &newMessageRow{
		Source: source, ID: m.ID, Sender: w.s.senderKey(source, m.Sender), Arrived: string(w.s.minter.Mint()),
		ReceivedAt: w.now, Content: content, RawType: m.Raw.Type, Raw: raw,
	}, nil
}
