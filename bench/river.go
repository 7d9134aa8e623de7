package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// tuning is how river is set up.
type tuning struct {
	workers  int
	cooldown time.Duration // between fetches
	poll     time.Duration
	writers  int // that gather inserts; 0: each sender inserts its own
}

// single is river as people write it: an insert for each complaint, but for the pause between fetches, whose default of
// 100 ms would alone hold 64 workers to 640 jobs a second.
func single() tuning {
	return tuning{workers: atOnce, cooldown: 5 * time.Millisecond, poll: 100 * time.Millisecond}
}

// queue is river with one kind of job.
type queue[T any] struct {
	want   int
	client *river.Client[T]
	gather *gatherer
	counts func(ctx context.Context) (completed, all int, err error)
	close  func() error
}

// worker posts a report to the platform, as the gateway does.
type worker struct {
	river.WorkerDefaults[Report]
	client *http.Client
	url    string
}

func (w *worker) Work(_ context.Context, job *river.Job[Report]) error {
	return post(w.client, w.url, job.Args.createBody())
}

// openQueue brings the database up to date and starts a client.
func openQueue[T any](ctx context.Context, e env, driver riverdriver.Driver[T], t tuning) (*queue[T], error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("river's migrations: %w", err)
	}
	workers := river.NewWorkers()
	client := &http.Client{Transport: e.transport(plainTransport(t.workers))}
	if err := river.AddWorkerSafely(workers, &worker{client: client, url: e.stub}); err != nil {
		return nil, err
	}
	q := &queue[T]{want: e.want}
	if q.client, err = river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: t.workers}}, Workers: workers, Logger: log,
		FetchCooldown: t.cooldown, FetchPollInterval: t.poll,
	}); err != nil {
		return nil, err
	}
	if t.writers > 0 {
		q.gather = gather(t.writers, func(ctx context.Context, params []river.InsertManyParams) error {
			_, err := q.client.InsertMany(ctx, params)
			return err
		})
	}
	return q, q.client.Start(ctx)
}

func pgxQueue(ctx context.Context, e env, t tuning) (side, error) {
	cfg, err := pgxpool.ParseConfig(e.dsn)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 16 // as many as the gateway opens
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	q, err := openQueue(ctx, e, riverpgxv5.New(pool), t)
	if err != nil {
		return nil, err
	}
	q.counts = func(ctx context.Context) (completed, all int, err error) {
		return completed, all, pool.QueryRow(ctx, countJobs).Scan(&completed, &all)
	}
	q.close = func() error { pool.Close(); return nil }
	return q, nil
}

func pqQueue(ctx context.Context, e env, t tuning) (side, error) {
	db, err := sql.Open("postgres", e.dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	q, err := openQueue(ctx, e, riverdatabasesql.New(db), t)
	if err != nil {
		return nil, err
	}
	q.useDB(db)
	return q, nil
}

func sqliteQueue(ctx context.Context, e env, t tuning) (side, error) {
	db, err := openSQLite(e.dsn)
	if err != nil {
		return nil, err
	}
	q, err := openQueue(ctx, e, riversqlite.New(db), t)
	if err != nil {
		return nil, err
	}
	q.useDB(db)
	return q, nil
}

// openSQLite opens a database with the gateway's own durability, and with one connection, as river's driver advises.
func openSQLite(dsn string) (*sql.DB, error) {
	const pragmas = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(dsn, "sqlite:")+pragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

const countJobs = "SELECT coalesce(sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END), 0), count(*) FROM river_job"

func (q *queue[T]) useDB(db *sql.DB) {
	q.counts = func(ctx context.Context) (completed, all int, err error) {
		return completed, all, db.QueryRowContext(ctx, countJobs).Scan(&completed, &all)
	}
	q.close = db.Close
}

func (q *queue[T]) Take(ctx context.Context, body []byte) error {
	r, err := readReport(body)
	if err != nil {
		return err
	}
	if q.gather != nil {
		return q.gather.insert(ctx, r)
	}
	_, err = q.client.Insert(ctx, r, nil)
	return err
}

func (q *queue[T]) Handler() http.Handler { return front(q.Take) }

func (q *queue[T]) Delivered(ctx context.Context) (int, error) {
	completed, _, err := q.counts(ctx)
	return completed, err
}

func (q *queue[T]) Close(ctx context.Context) error {
	if q.gather != nil {
		q.gather.close()
	}
	err := q.client.Stop(ctx)
	completed, all, failed := q.counts(ctx)
	err = errors.Join(err, failed, q.close())
	if err == nil && (completed != q.want || all != q.want) {
		err = fmt.Errorf("%d jobs, %d of them completed; want %d", all, completed, q.want)
	}
	return err
}

func singlePgx(ctx context.Context, e env) (side, error)    { return pgxQueue(ctx, e, single()) }
func singlePq(ctx context.Context, e env) (side, error)     { return pqQueue(ctx, e, single()) }
func singleSQLite(ctx context.Context, e env) (side, error) { return sqliteQueue(ctx, e, single()) }

// tuned is the best that was found of 64 to 1000 workers, 1 to 100 ms between fetches and one to four writers.
func tuned(cooldown time.Duration) tuning {
	return tuning{workers: 200, cooldown: cooldown, poll: 50 * time.Millisecond, writers: 1}
}

func tunedPgx(ctx context.Context, e env) (side, error) {
	return pgxQueue(ctx, e, tuned(10*time.Millisecond))
}

func tunedPq(ctx context.Context, e env) (side, error) {
	return pqQueue(ctx, e, tuned(10*time.Millisecond))
}

func tunedSQLite(ctx context.Context, e env) (side, error) {
	return sqliteQueue(ctx, e, tuned(20*time.Millisecond))
}
