package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// cluster is a PostgreSQL server of this run's own, with every setting as it comes.
type cluster struct {
	bin  string
	dir  string
	port int
	cmd  *exec.Cmd
	db   *sql.DB
	made int
}

// startCluster makes a cluster below a folder and starts it. Stop it.
func startCluster(ctx context.Context, below string) (*cluster, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return nil, errors.New("no PostgreSQL server is installed: apt-get install postgresql, or give -store sqlite")
	}
	s := &cluster{bin: filepath.Dir(found[len(found)-1])}
	if s.dir, err = os.MkdirTemp(below, "postgres-"); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *cluster) start(ctx context.Context) error {
	if uid, gid, ok := postgresUser(); ok {
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	if out, err := s.command("initdb", "-D", "data", "-U", "satupintu", "-A", "trust", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address, ok := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil || !ok {
		return errors.Join(err, errors.New("find a free port"))
	}
	s.port = address.Port
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = s.command("postgres", "-D", "data", "-p", strconv.Itoa(s.port), "-k", s.dir, "-h", "127.0.0.1")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	if s.db, err = sql.Open("postgres", s.dsn("postgres")); err != nil {
		return err
	}
	return s.answer(ctx)
}

func (s *cluster) answer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer; see %s: %w", filepath.Join(s.dir, "log"), err)
		}
	}
}

// command runs a program of the server as the user postgres where we are root, because it refuses root, and in a group
// of its own.
func (s *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	if uid, gid, ok := postgresUser(); ok {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return cmd
}

func postgresUser() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	uid, err = strconv.Atoi(u.Uid)
	if err != nil {
		return 0, 0, false
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err == nil
}

func (s *cluster) pid() int { return s.cmd.Process.Pid }

func (s *cluster) dsn(name string) string {
	return fmt.Sprintf("postgres://satupintu@127.0.0.1:%d/%s?sslmode=disable", s.port, name)
}

// database makes an empty database, with nothing of an earlier one left to be written.
func (s *cluster) database(ctx context.Context) (dsn string, drop func(), err error) {
	s.made++
	name := fmt.Sprintf("natuna%d", s.made)
	for _, text := range []string{"CREATE DATABASE " + name, "CHECKPOINT"} {
		if _, err := s.db.ExecContext(ctx, text); err != nil {
			return "", nil, err
		}
	}
	return s.dsn(name), func() {
		_, _ = s.db.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)") // it goes with the server
	}, nil
}

// syncs is how often the write-ahead log was synced since the server began.
func (s *cluster) syncs(ctx context.Context) (int64, error) {
	query := "SELECT coalesce(sum(fsyncs), 0)::bigint FROM pg_stat_io WHERE object = 'wal'"
	var version, n int64
	if err := s.db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::bigint").Scan(&version); err != nil {
		return 0, err
	}
	if version < 180000 {
		query = "SELECT wal_sync FROM pg_stat_wal"
	}
	return n, s.db.QueryRowContext(ctx, query).Scan(&n)
}

// stop ends the server and removes its data.
func (s *cluster) stop() error {
	if s.db != nil {
		_ = s.db.Close()
	}
	if s.cmd != nil && s.cmd.Process != nil {
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGQUIT)
		_ = s.cmd.Wait()
	}
	return os.RemoveAll(s.dir)
}
