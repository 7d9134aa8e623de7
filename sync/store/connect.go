package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver registers itself as "postgres"
	_ "modernc.org/sqlite"
)

type dialect string

const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
)

// sqlitePragmas make an acknowledgement durable (FULL: every commit is synced) and readers independent of the writer.
const sqlitePragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"

func (s *Store) connect(ctx context.Context, dsn string) error {
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return s.connectSQLite(ctx, file)
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return s.connectPostgres(ctx, dsn)
	}
	return fmt.Errorf("store.dsn: want sqlite:FILE or postgres://…")
}

func (s *Store) connectSQLite(ctx context.Context, file string) error {
	s.dialect = sqlite
	if s.owner != "" {
		var err error
		if s.lock, err = lockFile(file + ".lock"); err != nil {
			return err
		}
	}
	if err := createPrivate(file); err != nil {
		return withRelease(err, s.lock)
	}
	name := "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + sqlitePragmas
	// An immediate transaction takes the write lock at its start instead of failing half-way.
	write, err := sqlx.ConnectContext(ctx, "sqlite", name+"&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("open the database %s: %w", file, withRelease(err, s.lock))
	}
	write.SetMaxOpenConns(1)
	read, err := sqlx.ConnectContext(ctx, "sqlite", name+"&_pragma=query_only(1)")
	if err != nil {
		_ = write.Close()
		return fmt.Errorf("open the database %s for reading: %w", file, withRelease(err, s.lock))
	}
	read.SetMaxOpenConns(4)
	s.write, s.read = write, read
	return nil
}

// createPrivate makes a new database file that only its owner reads: it holds personal data. SQLite gives the files it
// makes beside it the same mode.
func createPrivate(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return f.Close()
}

func withRelease(err error, lock *fileLock) error {
	_ = lock.release()
	return err
}

func (s *Store) connectPostgres(ctx context.Context, dsn string) error {
	s.dialect = postgres
	db, err := sqlx.ConnectContext(ctx, "postgres", dsn)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.write, s.read = db, db
	return s.refuseVolatile(ctx)
}

// refuseVolatile keeps promise 1: a server that answers a commit before it is on disk cannot hold acknowledgements.
func (s *Store) refuseVolatile(ctx context.Context) error {
	for _, setting := range []string{"synchronous_commit", "fsync"} {
		var value string
		if err := s.read.GetContext(ctx, &value, "SHOW "+setting); err != nil {
			return fmt.Errorf("ask PostgreSQL for %s: %w", setting, err)
		}
		if value == "off" {
			_ = s.read.Close()
			return fmt.Errorf("PostgreSQL runs with %s = off: an acknowledged complaint could be lost; set it on", setting)
		}
	}
	return nil
}

// inTx runs f in one transaction. f makes no network call but to this database.
func (s *Store) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	tx, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", errDatabase, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit; after an error or a panic it frees the connection
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w: %w", errDatabase, err)
	}
	return nil
}

// errDatabase is a failure that is no statement's own: the database is away, or busy for too long.
var errDatabase = errors.New("the database does not take the transaction")
