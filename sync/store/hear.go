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
	var rows []args
	for _, job := range jobs {
		job.heard = 0
		for _, m := range job.page.Messages {
			key := sourceKey{job.page.Source, m.ID}
			if _, twice := said[key]; twice {
				continue
			}
			said[key] = spoken{m, key.source, job}
			row, err := w.messageRow(key.source, m)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b args) int { return cmp.Or(compareText(a, b, "source"), compareText(a, b, "id")) })
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
	turns := map[talkTurn]map[string]args{}
	for _, one := range fresh {
		turn := talkTurn{one.source, one.job.page.Joining}
		if turns[turn] == nil {
			turns[turn] = map[string]args{}
		}
		w.s.hearOne(turns[turn], one.source, one.Message, w.now)
	}
	for _, turn := range slices.SortedFunc(maps.Keys(turns), func(a, b talkTurn) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.Within, b.Within), cmp.Compare(a.Longest, b.Longest))
	}) {
		heard := slices.SortedFunc(maps.Values(turns[turn]), func(a, b args) int { return compareText(a, b, "sender") })
		if _, err := runSet(ctx, w.tx, w.s.q.Hear, args{
			"within": turn.Within.Milliseconds(), "longest": turn.Longest.Milliseconds(),
		}, columnsOf(w.s.q.Hear, heard)); err != nil {
			return fmt.Errorf("note who spoke: %w", err)
		}
	}
	return nil
}

func compareText(a, b args, column string) int {
	return cmp.Compare(textOf(a[column]), textOf(b[column]))
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// hearOne notes a new message in its sender's talk.
func (s *Store) hearOne(talks map[string]args, source string, m connectors.Message, now int64) {
	key := s.senderKey(source, m.Sender)
	said := cmp.Or(milli(m.At), now)
	if said > now {
		said = now // a channel's clock ahead of ours: nobody wrote later than now
	}
	if t := talks[key]; t != nil {
		before, _ := t["heard_at"].(int64)
		n, _ := t["heard"].(int64)
		t["heard"], t["heard_at"] = n+1, max(before, said)
		return
	}
	talks[key] = args{"source": source, "sender": key, "heard": int64(1), "heard_at": said, "received_at": now}
}

func (w *writer) messageRow(source string, m connectors.Message) (args, error) {
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
	return args{
		"source": source, "id": m.ID, "sender": w.s.senderKey(source, m.Sender), "arrived": string(w.s.minter.Mint()),
		"received_at": w.now, "content": content, "raw_type": m.Raw.Type, "raw": raw,
	}, nil
}
