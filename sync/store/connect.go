package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	_ "modernc.org/sqlite"
)

type dialect string

const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
)

// sqlitePragmas make an acknowledgement durable (FULL: every commit is synced) and readers independent of the writer.
// The log grows to 32 MiB before the writer copies it into the database; a gateway copies it beside the writer (checkpointer).
const sqlitePragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
	"&_pragma=wal_autocheckpoint(8000)&_pragma=temp_store(MEMORY)"

// What each connection keeps of the file in memory, in KiB: the one that writes, and each of those that read.
const (
	writerCache = "&_pragma=cache_size(-16000)"
	readerCache = "&_pragma=cache_size(-6000)"
	mostReaders = 4
)

// mostWriters is how many connections to PostgreSQL all-day work has.
const mostWriters = 12

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
	s.file = file
	opened, err := lockMigration(file) // two that turn to the log at once would be in each other's way
	if err != nil {
		return withRelease(err, s.lock)
	}
	defer opened()
	name := "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + sqlitePragmas
	// An immediate transaction takes the write lock at its start instead of failing half-way.
	write, err := sqlx.ConnectContext(ctx, "sqlite", name+writerCache+"&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("open the database %s: %w", file, withRelease(err, s.lock))
	}
	write.SetMaxOpenConns(1)
	read, err := sqlx.ConnectContext(ctx, "sqlite", name+readerCache+"&_pragma=query_only(1)")
	if err != nil {
		_ = write.Close()
		return fmt.Errorf("open the database %s for reading: %w", file, withRelease(err, s.lock))
	}
	read.SetMaxOpenConns(mostReaders)
	read.SetMaxIdleConns(mostReaders) // each has its statements
	s.write, s.read, s.look = write, read, prepared{read}
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

// busySession is how the pool of all-day work is set up. Its plans look rows up by their keys, whatever is asked for: each is made
// once in a while (plansLive), and not again for each list it is given. A gateway that is frozen in the middle of a transaction
// loses it, and with it the locks that others wait for. A time-out of the server's would cancel a commit that waits for the
// standby: see once.
const busySession = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; " +
	"SET plan_cache_mode = force_generic_plan; SET idle_in_transaction_session_timeout = '5s'; SET statement_timeout = 0"

// connectPostgres opens two pools: one for what the gateway does all day, whose plans never scan a table, and one for
// looking at everything, such as an audit, whose plans are PostgreSQL's own choice.
func (s *Store) connectPostgres(ctx context.Context, dsn string) error {
	s.dialect = postgres
	busy, err := openPool(dsn, mostWriters, busySession, s.keys.forget, &s.patience)
	if err != nil {
		return err
	}
	free, err := openPool(dsn, 4, "", s.keys.forget, &patience{})
	if err != nil {
		return errors.Join(err, busy.Close())
	}
	for _, pool := range []*sqlx.DB{busy, free} {
		if err := pool.PingContext(ctx); err != nil {
			return errors.Join(fmt.Errorf("connect to PostgreSQL: %w", err), busy.Close(), free.Close())
		}
	}
	s.write, s.read, s.look = busy, free, prepared{busy}
	return nil
}

func openPool(dsn string, most int, setup string, opened func(), p *patience) (*sqlx.DB, error) {
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("store.dsn: %w", err)
	}
	connector.Dialer(newDialer(p))
	db := sqlx.NewDb(sql.OpenDB(durable{connector, setup, opened}), "postgres")
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

// durable refuses each new connection to a server that answers a commit before it is on disk, and to one that only
// follows: such a server cannot hold acknowledgements. It is asked for each connection, because after a failover the
// same address is another server.
type durable struct {
	driver.Connector
	setup  string
	opened func() // is told of each
}

func (d durable) Connect(ctx context.Context) (driver.Conn, error) {
	var on *wire
	opened, err := d.Connector.Connect(context.WithValue(ctx, wireKey{}, &on))
	if err != nil {
		return nil, err
	}
	conn, ok := opened.(pqConn)
	if !ok {
		return nil, errors.Join(errors.New("the PostgreSQL driver cannot be asked as database/sql asks"), opened.Close())
	}
	if err := d.check(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	d.opened()
	return &replanning{conn, on, time.Now()}, nil
}

func (d durable) check(ctx context.Context, conn pqConn) error {
	if d.setup != "" {
		if _, err := conn.ExecContext(ctx, d.setup, nil); err != nil {
			return fmt.Errorf("set up a connection: %w", err)
		}
	}
	const ask = "SELECT current_setting('synchronous_commit'), current_setting('fsync'), CAST(pg_is_in_recovery() AS text)"
	rows, err := conn.QueryContext(ctx, ask, nil)
	if err != nil {
		return fmt.Errorf("ask PostgreSQL how durable it is: %w", err)
	}
	defer rows.Close()
	said := make([]driver.Value, 3)
	if err := rows.Next(said); err != nil {
		return fmt.Errorf("ask PostgreSQL how durable it is: %w", err)
	}
	return refuseVolatile(fmt.Sprint(said[0]), fmt.Sprint(said[1]), fmt.Sprint(said[2]))
}

// refuseVolatile keeps promise 1.
func refuseVolatile(synchronousCommit, fsync, following string) error {
	switch {
	case following == "true":
		return errors.New("this PostgreSQL server only follows another (pg_is_in_recovery): use the primary's address")
	case synchronousCommit == "off" || fsync == "off":
		return fmt.Errorf("PostgreSQL runs with synchronous_commit = %s and fsync = %s: an acknowledged complaint could be lost; set both on",
			synchronousCommit, fsync)
	}
	return nil
}

// inTx runs f in one transaction. f makes no network call but to this database. PostgreSQL undoes one of two transactions
// that wait for each other: that one is run again, a little later, so that the other has what it waited for, mostUndone times in all.
func (s *Store) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	for tries := 1; ; tries++ {
		err := s.once(ctx, f)
		var undone *pq.Error
		if !errors.As(err, &undone) || undone.Code != deadlockDetected || tries == mostUndone {
			return err
		}
		select {
		case <-time.After(undonePause/2 + rand.N(undonePause)):
		case <-ctx.Done():
			return err
		}
	}
}

const (
	deadlockDetected = "40P01"
	mostUndone       = 4
	undonePause      = 50 * time.Millisecond
)

// once waits no longer than the context says, and never takes a commit back. One that is cancelled while PostgreSQL waits for its
// synchronous standby is answered as if it were on both servers, and is on one: it would be acknowledged, and lost with that server.
func (s *Store) once(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	conn, tx, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", errDatabase, err)
	}
	on := wireOf(conn)
	committing := false
	defer func() { // after an error or a panic it frees the connection
		if !committing {
			_ = tx.Rollback()
			_ = conn.Close()
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w: %w", errDatabase, err)
	}
	committing = true
	var failed error
	over := make(chan struct{})
	go func() {
		defer close(over)
		failed = on.commit(tx.Commit)
		_ = conn.Close()
		if failed == nil {
			s.checkpoints.wrote()
		}
	}()
	select {
	case <-over:
		err = failed
	case <-ctx.Done(): // it is not known, and may still be; whoever asks again meets it
		err = &underWay{ctx.Err(), over}
	}
	if err != nil {
		return fmt.Errorf("commit: %w: %w", errDatabase, err)
	}
	return nil
}

// wireOf is the wire of a connection to PostgreSQL; nil on SQLite.
func wireOf(conn *sqlx.Conn) (on *wire) {
	_ = conn.Raw(func(driverConn any) error { // it fails of a broken one, which has no commit
		if r, ok := driverConn.(*replanning); ok {
			on = r.wire
		}
		return nil
	})
	return on
}

// underWay is a commit that was not waited for any longer.
type underWay struct {
	error
	over <-chan struct{} // closed when it has ended
}

func (u *underWay) Unwrap() error { return u.error }

// begin waits for a connection as long as the context says and begins a transaction that does not end with it. A connection that
// broke while nobody used it, as all have when the server was started again, is no failure: the next one is taken.
func (s *Store) begin(ctx context.Context) (*sqlx.Conn, *sqlx.Tx, error) {
	for tries := 0; ; tries++ {
		conn, err := s.write.Connx(ctx)
		if err != nil {
			return nil, nil, err
		}
		tx, err := conn.BeginTxx(context.WithoutCancel(ctx), nil)
		if err == nil {
			return conn, tx, nil
		}
		_ = conn.Close()
		if tries == mostWriters || !errors.Is(err, driver.ErrBadConn) {
			return nil, nil, err
		}
	}
}

// errDatabase is a failure that is no statement's own: the database is away, or busy for too long.
var errDatabase = errors.New("the database does not take the transaction")
