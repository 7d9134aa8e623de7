package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Cursor returns how far a connector has read; empty when it never has.
func (s *Store) Cursor(ctx context.Context, connector string) (string, error) {
	position, err := one[string](ctx, s.look, s.q.ReadCursor, args{"connector": connector})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return position, err
}

// moveCursors moves each page's cursor and returns the pages whose cursor stood where they said.
func (w *writer) moveCursors(ctx context.Context, jobs []*keepJob) ([]*keepJob, error) {
	var live []*keepJob
	for _, job := range jobs {
		moved, err := w.moveCursor(ctx, job.page)
		if err != nil {
			return nil, fmt.Errorf("move the cursor of %s: %w", job.page.Source, err)
		}
		if job.lost = !moved; moved {
			live = append(live, job)
		}
	}
	return live, nil
}

func (w *writer) moveCursor(ctx context.Context, page Page) (bool, error) {
	if page.Cursor == nil {
		return true, nil
	}
	move := args{"connector": page.Source, "position": page.Cursor.From, "next": page.Cursor.To}
	if page.Cursor.From == "" {
		if n, err := w.run(ctx, w.s.q.InsertCursor, move); err != nil || n == 1 {
			return n == 1, err
		}
	}
	n, err := w.run(ctx, w.s.q.MoveCursor, move)
	return n == 1, err
}
