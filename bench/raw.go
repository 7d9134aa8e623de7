package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"

	_ "github.com/lib/pq" // the driver registers itself as "postgres"
	_ "modernc.org/sqlite"
)

// batch is how many rows a commit of the raw inserts holds.
const batch = 500

// inserts is the limit of what a database keeps: rows of a kibibyte, many a commit, one writer, nothing else.
type inserts struct {
	db     *sql.DB
	insert func(ctx context.Context, tx *sql.Tx, rows [][]byte, from int) error
	kept   int
}

func rawPostgres(ctx context.Context, e env) (side, error) {
	db, err := sql.Open("postgres", e.dsn)
	if err != nil {
		return nil, err
	}
	return newInserts(ctx, db, func(ctx context.Context, tx *sql.Tx, rows [][]byte, from int) error {
		text, args := &strings.Builder{}, make([]any, 0, 2*len(rows))
		for i, row := range rows {
			fmt.Fprintf(text, ",($%d,$%d)", 2*i+1, 2*i+2)
			args = append(args, fmt.Sprint(from+i), string(row))
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO raw (id, body) VALUES "+text.String()[1:], args...)
		return err
	})
}

func rawSQLite(ctx context.Context, e env) (side, error) {
	db, err := openSQLite(e.dsn)
	if err != nil {
		return nil, err
	}
	return newInserts(ctx, db, func(ctx context.Context, tx *sql.Tx, rows [][]byte, from int) error {
		one, err := tx.PrepareContext(ctx, "INSERT INTO raw (id, body) VALUES (?, ?)")
		if err != nil {
			return err
		}
		defer one.Close()
		for i, row := range rows {
			if _, err := one.ExecContext(ctx, fmt.Sprint(from+i), string(row)); err != nil {
				return err
			}
		}
		return nil
	})
}

func newInserts(ctx context.Context, db *sql.DB, insert func(context.Context, *sql.Tx, [][]byte, int) error) (side, error) {
	if _, err := db.ExecContext(ctx, "CREATE TABLE raw (id TEXT PRIMARY KEY, body TEXT NOT NULL)"); err != nil {
		return nil, err
	}
	return &inserts{db: db, insert: insert}, nil
}

func (i *inserts) Drive(ctx context.Context, n int) error {
	rows := make([][]byte, n)
	for j := range rows {
		rows[j] = payload(0, j)
	}
	for len(rows) > 0 {
		most := min(batch, len(rows))
		tx, err := i.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := i.insert(ctx, tx, rows[:most], i.kept); err != nil {
			_ = tx.Rollback()
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		rows, i.kept = rows[most:], i.kept+most
	}
	return nil
}

func (i *inserts) Take(context.Context, []byte) error {
	return fmt.Errorf("the raw inserts take no senders")
}

func (i *inserts) Delivered(context.Context) (int, error) { return i.kept, nil }

func (i *inserts) Close(context.Context) error { return i.db.Close() }

// posts is the limit of what the loopback and the stub carry.
type posts struct {
	client *http.Client
	env    env
}

func rawPost(_ context.Context, e env) (side, error) {
	return &posts{&http.Client{Transport: e.transport(plainTransport(atOnce))}, e}, nil
}

func (p *posts) Take(_ context.Context, body []byte) error { return post(p.client, p.env.stub, body) }

func (p *posts) Delivered(context.Context) (int, error) { return int(p.env.answers.Load()), nil }

func (p *posts) Close(context.Context) error {
	p.client.CloseIdleConnections()
	return nil
}
