package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Gateways that start together wait for each other: on PostgreSQL by a session
// lock, on SQLite by a lock on a file beside the database.
func (s *Store) migrate(ctx context.Context) error {
	plain, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	files := translated{plain, tableTokens[s.dialect]}
	flavour, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.dialect == postgres {
		flavour = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // looks each second, for five minutes
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	} else {
		unlock, err := lockMigration(s.file)
		if err != nil {
			return err
		}
		defer unlock()
	}
	provider, err := goose.NewProvider(flavour, s.write.DB, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// tableTokens are what differs between the databases when tables are made:
//
//	{clustered}  the table is its primary key's index and nothing else; PostgreSQL has no such tables
var tableTokens = map[dialect]*strings.Replacer{
	sqlite:   strings.NewReplacer("{clustered}", "WITHOUT ROWID"),
	postgres: strings.NewReplacer("{clustered}", ""),
}

// translated is a folder of migrations in the words of one database.
type translated struct {
	fs.FS
	words *strings.Replacer
}

// Open opens a file; a migration has its tokens replaced.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return words{f, strings.NewReader(t.words.Replace(string(text)))}, nil
}

// words is a file that reads otherwise.
type words struct {
	fs.File
	text *strings.Reader
}

func (w words) Read(to []byte) (int, error) { return w.text.Read(to) }

// tune tells PostgreSQL how the queue's table is used, once: its rows are changed a few times and then deleted, so pages
// keep room for the next version of a row and are cleaned early.
func (s *Store) tune(ctx context.Context) error {
	if s.dialect != postgres {
		return nil
	}
	var tuned bool
	err := s.write.GetContext(ctx, &tuned, "SELECT reloptions IS NOT NULL FROM pg_class WHERE oid = CAST('delivery' AS regclass)")
	if err != nil || tuned {
		return err
	}
	_, err = s.write.ExecContext(ctx, `ALTER TABLE delivery SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02,
		autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_threshold = 100000)`)
	return err
}

// lockMigration waits until no other program opens this SQLite database or changes its schema.
func lockMigration(file string) (func(), error) {
	fd, err := syscall.Open(file+".migrate", syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the migration lock: %w", err)
	}
	if err := syscall.Flock(fd, syscall.LOCK_EX); err != nil {
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("wait for the migration lock: %w", err)
	}
	return func() { _ = syscall.Close(fd) }, nil
}
