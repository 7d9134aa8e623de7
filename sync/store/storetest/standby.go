package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// StartStandby starts a second server that follows this one, and makes this one answer no commit before the other has it
// on its disk: what was committed outlives this server's.
func (p *Postgres) StartStandby(t testing.TB) *Postgres {
	t.Helper()
	dir, err := os.MkdirTemp("", "satupintu-pg-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Postgres{bin: p.bin, dir: dir, port: freePort(t)}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	if uid, gid, ok := postgresUser(); ok {
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	backup := s.command("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "satupintu", "-D",
		filepath.Join(dir, "data"), "-R", "-X", "stream", "-c", "fast")
	if out, err := backup.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	s.Start(t)
	p.ask(t, "ALTER SYSTEM SET synchronous_standby_names = '*'")
	p.ask(t, "SELECT pg_reload_conf()")
	p.until(t, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
	return s
}

// Promote makes a standby take writes, and waits until it does.
func (p *Postgres) Promote(t testing.TB) {
	t.Helper()
	p.ask(t, "SELECT pg_promote(true, 30)")
	p.until(t, "SELECT NOT pg_is_in_recovery()")
}

// FailoverDatabase makes an empty database and returns an address under which it is reached on whichever of the two
// servers takes writes.
func (p *Postgres) FailoverDatabase(t testing.TB, standby *Postgres) string {
	t.Helper()
	address, err := url.Parse(p.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "postgres", Path: address.Path, RawQuery: url.Values{
		"host": {"127.0.0.1,127.0.0.1"}, "port": {fmt.Sprintf("%d,%d", p.port, standby.port)}, "user": {"satupintu"},
		"sslmode": {"disable"}, "target_session_attrs": {"read-write"}, "connect_timeout": {"2"},
	}.Encode()}).String()
}

// ask runs one statement on the server.
func (p *Postgres) ask(t testing.TB, query string) {
	t.Helper()
	db, err := sql.Open("postgres", p.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// until waits until a query is true.
func (p *Postgres) until(t testing.TB, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("postgres", p.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for holds := false; !holds; <-tick.C {
		if err := db.QueryRowContext(ctx, query).Scan(&holds); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
}
