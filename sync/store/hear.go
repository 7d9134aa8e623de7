package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
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

// hearAll keeps the messages of a group of pages. Rows go in the order of their keys, as those of complaints do.
func (w *writer) hearAll(ctx context.Context, jobs []*keepJob) error {
	for _, job := range jobs {
		if len(job.page.Messages) == 0 {
			continue
		}
		if err := w.hear(ctx, job); err != nil {
			return fmt.Errorf("keep messages: %w", err)
		}
	}
	return nil
}

// hear keeps the messages of one page, those that are not here yet, and has somebody look at them in time.
func (w *writer) hear(ctx context.Context, job *keepJob) error {
	page := job.page
	byID, rows := map[string]connectors.Message{}, []args(nil)
	for _, m := range page.Messages {
		if _, twice := byID[m.ID]; twice {
			continue
		}
		byID[m.ID] = m
		row, err := w.messageRow(page.Source, m)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b args) int { return cmp.Compare(textOf(a["id"]), textOf(b["id"])) })
	job.heard = 0
	talks := map[string]args{}
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		fresh, err := allSet[struct{ Source, ID string }](ctx, w.tx, w.s.q.InsertMessages, nil, columnsOf(w.s.q.InsertMessages, chunk))
		if err != nil {
			return err
		}
		job.heard += len(fresh)
		for _, f := range fresh {
			w.s.hearOne(talks, page.Source, byID[f.ID], w.now)
		}
	}
	heard := make([]args, 0, len(talks))
	for _, t := range talks {
		heard = append(heard, t)
	}
	if len(heard) == 0 {
		return nil
	}
	slices.SortFunc(heard, func(a, b args) int { return cmp.Compare(textOf(a["sender"]), textOf(b["sender"])) })
	_, err := runSet(ctx, w.tx, w.s.q.Hear, args{
		"within": page.Joining.Within.Milliseconds(), "longest": page.Joining.Longest.Milliseconds(),
	}, columnsOf(w.s.q.Hear, heard))
	return err
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
