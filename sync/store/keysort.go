package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/pressly/goose/v3"

	"github.com/satupintu/satupintu/sync/store/segment"
)

// AddSegment puts entries that are in order into the index of keys, as one segment, in a transaction of the caller's. It is for
// filling an index with what was kept elsewhere; what a gateway decides it puts there itself.
func AddSegment(ctx context.Context, tx *sql.Tx, sorted iter.Seq2[segment.Entry, error]) error {
	var id int64
	err := tx.QueryRowContext(ctx, `INSERT INTO key_segment (mark, state, entries, blocks, newest_at, oldest_ref, newest_ref, made_at, gone_at, merging_until)
		VALUES ($1, 'live', 0, 0, 0, '', '', 0, 0, 0) RETURNING id`, rand.Int64()).Scan(&id)
	if err != nil {
		return fmt.Errorf("add a segment: %w", err)
	}
	k := keySegment{ID: id}
	b := segment.NewBuilder(func(g segment.Group) error {
		for i, block := range g.Blocks {
			if _, err := tx.ExecContext(ctx, "INSERT INTO key_block (id, data) VALUES ($1, $2)", k.block(g.First+i), block); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO key_digest (id, data) VALUES ($1, $2)", k.block(g.First), g.Digest)
		return err
	})
	for e, err := range sorted {
		if err == nil {
			err = b.Add(e)
		}
		if err != nil {
			return fmt.Errorf("add a segment: %w", err)
		}
	}
	of, err := b.Close()
	if err == nil && of.Entries == 0 {
		_, err = tx.ExecContext(ctx, "DELETE FROM key_segment WHERE id = $1", id)
	} else if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE key_segment SET entries = $1, blocks = $2, newest_at = $3, oldest_ref = $4, newest_ref = $5 WHERE id = $6",
			of.Entries, of.Blocks, of.NewestAt, of.OldestRef, of.NewestRef, id)
	}
	if err != nil {
		return fmt.Errorf("add a segment: %w", err)
	}
	return nil
}

// sortKeys is the migration that makes one segment of the keys that earlier versions kept as rows.
func sortKeys() *goose.Migration {
	down := func(context.Context, *sql.Tx) error { return nil } // as with the migration before, there is no way back
	return goose.NewGoMigration(13, &goose.GoFunc{RunTx: sortKeyRows}, &goose.GoFunc{RunTx: down})
}

func sortKeyRows(ctx context.Context, tx *sql.Tx) error {
	if err := AddSegment(ctx, tx, keyRows(ctx, tx)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DROP TABLE print_key")
	return err
}

// keyRows are the rows of earlier versions. Those of one key lie from the oldest to the newest, and go the other way.
func keyRows(ctx context.Context, tx *sql.Tx) iter.Seq2[segment.Entry, error] {
	return func(yield func(segment.Entry, error) bool) {
		var same []segment.Entry
		yieldSame := func() bool {
			for _, e := range slices.Backward(same) {
				if !yield(e, nil) {
					return false
				}
			}
			same = same[:0]
			return true
		}
		for after, more := (segment.Entry{Key: -1 << 63}), true; more; {
			page, err := rowsAfter(ctx, tx, after)
			if err != nil {
				yield(segment.Entry{}, err)
				return
			}
			for _, e := range page {
				if len(same) > 0 && same[0].Key != e.Key && !yieldSame() {
					return
				}
				same, after = append(same, e), e
			}
			more = len(page) == rowsAtATime
		}
		yieldSame()
	}
}

const rowsAtATime = 20_000

func rowsAfter(ctx context.Context, tx *sql.Tx, after segment.Entry) (page []segment.Entry, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT key, at, ref FROM print_key WHERE (key, at, ref) > ($1, $2, $3) ORDER BY key, at, ref LIMIT $4",
		after.Key, after.At, after.Ref, rowsAtATime)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e segment.Entry
		if err := rows.Scan(&e.Key, &e.At, &e.Ref); err != nil {
			return nil, err
		}
		page = append(page, e)
	}
	return page, rows.Err()
}
