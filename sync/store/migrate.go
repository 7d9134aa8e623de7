package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Gateways that start together wait for each other: on PostgreSQL by a session
// lock, on SQLite by a lock on a file beside the database.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
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
